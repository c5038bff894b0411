#!/usr/bin/env bash
# Clients that others wrote, walking through everything the sockets say: the stock JavaScript
# client and python-socketio, each by polling, by WebSocket and by upgrade, each on a server of its
# own. MADANG names the program; without it a debug build is made.
set -euo pipefail
cd "$(dirname "$0")"

missing() { echo "clients: $1 is missing; $2" >&2; exit 1; }
command -v node >/dev/null 2>&1 || missing node "install Node.js 20 or later"
command -v npm >/dev/null 2>&1 || missing npm "it comes with Node.js"
command -v python3 >/dev/null 2>&1 || missing python3 "install Python 3.10 or later"
python3 -c 'import ensurepip, venv' 2>/dev/null || missing "python3's venv" "install python3-venv"

if [ -z "${MADANG:-}" ]; then
  (cd ../.. && cargo build --quiet --locked --bin madang)
  MADANG=$(cd ../.. && pwd)/target/debug/madang
fi
[ -x "$MADANG" ] || missing "$MADANG" "build it, or name another in MADANG"

(cd node && npm ci --no-audit --no-fund --loglevel=error)
# Rebuilt only when its content has changed.
if ! cmp -s python/requirements.txt python/venv/requirements.txt; then
  rm -rf python/venv
  python3 -m venv python/venv
  python/venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r python/requirements.txt
  cp python/requirements.txt python/venv/requirements.txt
fi

house=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
  rm -rf "$house"
}
trap cleanup EXIT

walk() {
  local folder; folder=$(mktemp -d "$house/XXXXXX")
  (cd "$folder" && exec env -u PUBLIC_URL -u ALLOWED_ORIGINS -u TRUSTED_PROXIES "$MADANG" serve --port 0 --bind 127.0.0.1 \
    --data-dir data --rate-limits off --connections-per-address 0 >ready 2>log) &
  server=$!
  for _ in $(seq 200); do
    grep -qs "ready on" "$folder/ready" && break
    kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; echo "clients: the server does not start" >&2; exit 1; }
    sleep 0.05
  done
  local address; address=$(sed -n 's/^Madang is ready on //p' "$folder/ready")
  [ -n "$address" ] || { echo "clients: the server is not ready in 10 seconds" >&2; exit 1; }
  "$@" "$address" "$server" "$way" || { tail -n 40 "$folder/log" >&2; echo "clients: $1, $way failed" >&2; exit 1; }
  wait "$server" || { echo "clients: the server ended badly after $1, $way" >&2; exit 1; }
  server=
  rm -rf "$folder"
}

for way in polling websocket upgrade; do
  walk node node/walk.mjs
  walk python/venv/bin/python python/walk.py
done
way=
walk node node/tutorials.mjs
