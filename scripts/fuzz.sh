#!/usr/bin/env bash
# Fuzzes every parser for the given total of minutes, starting from fuzz/{seeds,corpus} and the corpus
# of earlier runs in target/fuzz. Names of targets after the minutes select those; JOBS=2 runs two at
# a time.
#
# cargo-fuzz needs a nightly compiler only for its flags; the stable one accepts them with
# RUSTC_BOOTSTRAP.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v cargo-fuzz >/dev/null 2>&1 || { echo "missing: cargo-fuzz (cargo install cargo-fuzz)" >&2; exit 1; }

minutes=${1:-1} jobs=${JOBS:-1} out=$PWD/target/fuzz
shift || true
wanted=("$@")
crates=(crates/socketio/fuzz fuzz)
mkdir -p "$out"
# Databases are opened all the time: use a memory disk if there is one.
fast=$([ -w /dev/shm ] && echo /dev/shm || echo "$out")
scratch=$(mktemp -d -p "$fast" madang-fuzz.XXXXXX)
trap 'rm -rf "$scratch"' EXIT

targets=()
for crate in "${crates[@]}"; do
  RUSTC_BOOTSTRAP=1 cargo fuzz build --fuzz-dir "$crate" --target-dir "$out"
  for file in "$crate"/targets/*.rs; do
    name=$(basename "$file" .rs)
    if [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $name "* ]]; then targets+=("$crate:$name"); fi
  done
done
[ ${#targets[@]} -gt 0 ] || { echo "error: no such target: ${wanted[*]}" >&2; exit 1; }
built=$(find "$out" -path '*/release/frame' -type f -perm -u+x -printf '%h\n' -quit)
seconds=$(awk "BEGIN { print int($minutes * 60 * $jobs / ${#targets[@]}) + 1 }")

fuzz() {
  local crate=${1%:*} name=${1#*:}
  mkdir -p "$out/corpus/$name" "$out/finds/$name" "$out/log"
  local from=("$crate/seeds/$name")
  [ ! -d "$crate/corpus/$name" ] || from+=("$crate/corpus/$name")
  TMPDIR=$scratch ASAN_OPTIONS=detect_odr_violation=0 "$built/$name" -max_total_time="$seconds" -timeout=10 \
    -print_final_stats=1 -artifact_prefix="$out/finds/$name/" "$out/corpus/$name" "${from[@]}" \
    >"$out/log/$name" 2>&1
}

echo "fuzzing ${#targets[@]} targets for ${seconds}s each, $jobs at a time"
rm -rf "$out/failed" && mkdir "$out/failed"
for target in "${targets[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || true; done
  { fuzz "$target" || touch "$out/failed/${target#*:}"; } &
done
wait

printf '\n%-14s %12s %8s %9s %8s  %s\n' target executions 'per s' coverage inputs find
for target in "${targets[@]}"; do
  name=${target#*:} log=$out/log/${target#*:}
  stat() { sed -n "s/^stat::$1: *//p" "$log" | tail -n 1; }
  reached() { { grep -o " $1: [0-9]*" "$log" || true; } | tail -n 1 | grep -o '[0-9]*$' || echo -; }
  find=$([ -e "$out/failed/$name" ] && { sed -n 's/.*Test unit written to //p' "$log" | tail -n 1 | grep . || echo "see $log"; } || true)
  printf '%-14s %12s %8s %9s %8s  %s\n' "$name" "$(stat number_of_executed_units)" "$(stat average_exec_per_sec)" \
    "$(reached cov)" "$(reached corp)" "${find#"$PWD/"}"
done
[ -z "$(ls "$out/failed")" ] || { echo "error: crashing inputs are in target/fuzz/finds; add each as a seed and a test" >&2; exit 1; }
