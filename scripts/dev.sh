#!/usr/bin/env bash
# Serves a debug build and restarts it after each edit. esbuild rebuilds scripts and styles as they
# change; the debug build reads them from web/dist, so they need no compiling.
set -u
cd "$(dirname "$0")/.."

children=()
stop() { kill "${children[@]}" "${server:-}" 2>/dev/null; exit 0; }
trap stop INT TERM

(cd web && npm run --silent build && exec npm run --silent dev) &
children+=($!)
until [ -f web/dist/manifest.json ]; do sleep 0.2; done

state() {
  find src crates templates migrations Cargo.toml Cargo.lock web/dist/manifest.json -type f -newer "$1" -not -path '*/target/*' 2>/dev/null | head -1
}

mark=$(mktemp)
server=""
while true; do
  touch "$mark"
  if cargo build --quiet; then
    if [ -n "$server" ]; then kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; fi
    target/debug/madang serve &
    server=$!
  fi
  while [ -z "$(state "$mark")" ]; do sleep 0.5; done
done
