#!/usr/bin/env bash
# The browser tests, against the debug build that the other tests have made.
set -euo pipefail
cd "$(dirname "$0")/../e2e"
npm ci --no-audit --no-fund --loglevel=error
export MADANG_BIN="${MADANG_BIN:-$PWD/../target/debug/madang}"
npm test
