#!/usr/bin/env bash
# Runs the browser tests against the debug build.
set -euo pipefail
cd "$(dirname "$0")/../e2e"
npm ci --no-audit --no-fund --loglevel=error
export MADANG_BIN="${MADANG_BIN:-$PWD/../target/debug/madang}"
npm test
