#!/usr/bin/env bash
# Files in moto, an S3 store that others wrote: starts it on a free port and runs the tests of tests/bucket/moto.rs.
set -euo pipefail
cd "$(dirname "$0")"

missing() { echo "bucket: $1 is missing; $2" >&2; exit 1; }
command -v python3 >/dev/null 2>&1 || missing python3 "install Python 3.10 or later"
python3 -c 'import ensurepip, venv' 2>/dev/null || missing "python3's venv" "install python3-venv"

# Built again only when its input has changed.
if ! cmp -s requirements.txt venv/requirements.txt; then
  rm -rf venv
  python3 -m venv venv
  venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
  cp requirements.txt venv/requirements.txt
fi

temporary=$(mktemp -d)
moto=
cleanup() {
  [ -z "$moto" ] || kill "$moto" 2>/dev/null || true
  rm -rf "$temporary"
}
trap cleanup EXIT

venv/bin/python serve.py >"$temporary/address" 2>"$temporary/log" &
moto=$!
for _ in $(seq 600); do
  [ -s "$temporary/address" ] && break
  kill -0 "$moto" 2>/dev/null || { cat "$temporary/log" >&2; echo "bucket: moto does not start" >&2; exit 1; }
  sleep 0.05
done
address=$(cat "$temporary/address")
[ -n "$address" ] || { echo "bucket: moto is not ready in 30 seconds" >&2; exit 1; }

cd ../..
S3_TEST_ADDRESS=$address cargo test --workspace --locked --test all -- --ignored bucket::moto ||
  { tail -n 40 "$temporary/log" >&2; exit 1; }
