#!/usr/bin/env bash
# Fuzzes each parser for so many minutes in all. cargo-fuzz wants a nightly compiler for its
# flags alone; the stable one takes them with RUSTC_BOOTSTRAP.
set -euo pipefail
cd "$(dirname "$0")/../crates/socketio"
command -v cargo-fuzz >/dev/null 2>&1 || { echo "missing: cargo-fuzz (cargo install cargo-fuzz)" >&2; exit 1; }
export RUSTC_BOOTSTRAP=1
mapfile -t targets < <(cargo fuzz list)
seconds=$(( ${1:-1} * 60 / ${#targets[@]} ))
for target in "${targets[@]}"; do
  echo "fuzzing $target for ${seconds}s"
  cargo fuzz run "$target" -- -max_total_time="$seconds" -timeout=5
done
