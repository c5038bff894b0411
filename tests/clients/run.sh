#!/usr/bin/env bash
# Clients that others wrote, old and new, walking through everything the sockets say: the stock JavaScript
# client and python-socketio, each by polling, by WebSocket and by upgrade, each on a server of its
# own, and each coming back by itself when its server is stopped or killed; then the typed client of packages/client
# and the examples. MADANG names the program; without it a debug build is made. `run.sh typed` runs the typed client
# alone, also against an older program.
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
# Built again only when its input has changed.
venv() {
  local folder=$1 requirements=$2
  if ! cmp -s "$requirements" "$folder/requirements.txt"; then
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$requirements"
    cp "$requirements" "$folder/requirements.txt"
  fi
}
venv python/venv python/requirements.txt
venv python/venv/old python/requirements-old.txt

# The types, the size and the use of the wire are checked by the build.
typed() {
  local package; package=$(cd ../../packages/client && pwd)
  [ "$package/node_modules/.package-lock.json" -nt "$package/package-lock.json" ] || (cd "$package" && npm ci --no-audit --no-fund --loglevel=error)
  (cd "$package" && npm run --silent check && npm run --silent build)
  MADANG=$MADANG node --test --test-reporter=dot node/typed_client.test.mjs
  echo "typed client: nothing lost or doubled by cuts, kills, gaps, a restored backup and a new process"
}

typed
[ "${1:-}" != typed ] || exit 0

temporary=$(mktemp -d)
server=
cleanup() {
  [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
  rm -rf "$temporary"
}
trap cleanup EXIT

# Starts a server in a folder and on a port, and waits until it is ready; sets server and address.
start() {
  local folder=$1 port=$2
  # That of the last start would look like an answer.
  rm -f "$folder/ready"
  (cd "$folder" && exec env -u PUBLIC_URL -u ALLOWED_ORIGINS -u TRUSTED_PROXIES "$MADANG" serve --port "$port" --bind 127.0.0.1 \
    --data-dir data --rate-limits off --connections-per-address 0 >ready 2>log) &
  server=$!
  for _ in $(seq 200); do
    grep -qs "ready on" "$folder/ready" && break
    kill -0 "$server" 2>/dev/null || { cat "$folder/log" >&2; echo "clients: the server does not start" >&2; exit 1; }
    sleep 0.05
  done
  address=$(sed -n 's/^Madang is ready on //p' "$folder/ready")
  [ -n "$address" ] || { echo "clients: the server is not ready in 10 seconds" >&2; exit 1; }
}

walk() {
  local folder; folder=$(mktemp -d "$temporary/XXXXXX")
  start "$folder" 0
  "$@" "$address" "$server" "$way" || { tail -n 40 "$folder/log" >&2; echo "clients: $label, $way failed" >&2; exit 1; }
  wait "$server" || { echo "clients: the server ended badly after $label, $way" >&2; exit 1; }
  server=
  rm -rf "$folder"
}

# Restarts the server under a client, which must come back by itself.
restart() {
  local signal=$1 folder client; shift
  folder=$(mktemp -d "$temporary/XXXXXX")
  start "$folder" 0
  "$@" "$address" "$way" >"$folder/client" &
  client=$!
  until grep -qs joined "$folder/client"; do
    kill -0 "$client" 2>/dev/null || { tail -n 40 "$folder/log" >&2; echo "clients: $label, $way did not join" >&2; exit 1; }
    sleep 0.05
  done
  kill -"$signal" "$server"
  wait "$server" 2>/dev/null || true
  start "$folder" "${address##*:}"
  wait "$client" || { tail -n 40 "$folder/log" >&2; echo "clients: $label, $way did not come back after $signal" >&2; exit 1; }
  kill -KILL "$server"
  wait "$server" 2>/dev/null || true
  server=
  rm -rf "$folder"
  echo "$label, $way: back after $signal"
}

# Runs everything with one client: tour <label> <program> <folder> <extension of its scripts>.
tour() {
  local label=$1; shift
  walk "$1" "$2/walk.$3"
  for signal in TERM KILL; do
    restart "$signal" "$1" "$2/restart.$3"
  done
}

for way in polling websocket upgrade; do
  for client in socket.io-client{-3.0,-4.0,-4.4,}; do
    CLIENT=$client tour "$client" node node mjs
  done
  tour python-socketio python/venv/bin/python python py
  tour python-socketio-5.0 python/venv/old/bin/python python py
done
way= label=socket.io-client
walk node node/tutorials.mjs
way=socket label="example bots"
walk node node/bots.mjs
MADANG=$MADANG node --test --test-reporter=dot node/terminal.test.mjs
echo "example terminals: TypeScript and Python print and store each line once"
