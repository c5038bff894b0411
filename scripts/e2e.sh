#!/usr/bin/env bash
# The browser tests, against the debug build that the other tests have made.
set -euo pipefail
cd "$(dirname "$0")/../e2e"
npm ci --no-audit --no-fund --loglevel=error
export MADANG_BIN="${MADANG_BIN:-$PWD/../target/debug/madang}"
# A headless browser on a busy machine stalls now and then: seen once in a dozen runs, cause unknown.
# What fails twice in a row is no stall.
npm test || { echo "the browser tests failed; once more"; npm test; }
