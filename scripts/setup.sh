#!/usr/bin/env bash
# Checks what a build (`setup.sh build`) or the tests (`setup.sh test`) need and installs what is missing, or names it
# if it cannot.
set -euo pipefail
scope=${1:-test}

packages=()
need() { command -v "$1" >/dev/null 2>&1 || packages+=("$2"); }
need cc gcc
need make make
if [ "$scope" = test ]; then
  need curl curl
  need git git
  need strace strace
  need pebble pebble
  need promtool prometheus
  need dpkg-deb dpkg
  need setpriv util-linux
  # Debian keeps the programs of PostgreSQL out of PATH.
  command -v initdb >/dev/null 2>&1 || compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || packages+=(postgresql)
  need redis-server redis-server
  # The tests start /usr/sbin/pgbouncer, which is in the search path of root alone.
  [ -x /usr/sbin/pgbouncer ] || packages+=(pgbouncer)
  need python3 python3
  # Chromium without windows: the tests take half the time of the whole browser.
  need "${CHROMIUM:-chromium-headless-shell}" chromium-headless-shell
  need "${CHROMIUM:-chromium}" chromium
  python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || packages+=(python3-venv)
  # Without a Korean font the browser tests render boxes of the wrong width.
  fc-list :lang=ko 2>/dev/null | grep -q . || packages+=(fontconfig fonts-noto-cjk)
  fc-list 2>/dev/null | grep -qi emoji || packages+=(fonts-noto-color-emoji)
fi

for tool in cargo node npm; do
  command -v "$tool" >/dev/null 2>&1 || { echo "error: $tool is missing (install Rust with rustup, and Node.js 20 or later)" >&2; exit 1; }
done
node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' ||
  { echo "error: Node.js 20 or later is needed; this is $(node --version)" >&2; exit 1; }

[ ${#packages[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "error: these packages are missing (Debian names): ${packages[*]}; install them and run again" >&2
  exit 1
elif [ "$(id -u)" -eq 0 ]; then
  as_root=()
elif command -v sudo >/dev/null 2>&1; then
  as_root=(sudo)
else
  echo "error: these packages are missing; run as root: apt-get install ${packages[*]}" >&2
  exit 1
fi
echo "installing: ${packages[*]}"
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
