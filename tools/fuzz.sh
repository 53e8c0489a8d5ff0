#!/usr/bin/env bash
# tools/fuzz.sh [SECONDS [TARGET...]]: builds the libFuzzer targets (clang-16, ASan and UBSan) and runs each for SECONDS
# (default 60), as many at once as there are processors. Starts from tests/corpus/TARGET; what is new goes to
# build/fuzz/corpus/TARGET. Ends with one line for each target: executions, executions a second, finding or none.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { printf 'fuzz: SECONDS must be a number\n' >&2; exit 2; }
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  mapfile -t targets < <(find src -name '*_fuzz.cpp' -exec basename {} .cpp \; | sort)
fi
[ ${#targets[@]} -gt 0 ] || { printf 'fuzz: no targets\n' >&2; exit 1; }

tools/build.sh fuzz "${targets[@]}" || { printf 'fuzz: FAILED: the targets do not compile\n' >&2; exit 1; }

fuzz_one() {
  local target=$1 work=build/fuzz/corpus/$1 log=build/fuzz/$1.log seeds=()
  mkdir -p "$work"
  [ ! -d "tests/corpus/$target" ] || seeds=("tests/corpus/$target")
  if "build/fuzz/$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/$target-" "$work" ${seeds[@]+"${seeds[@]}"} > "$log" 2>&1 < /dev/null; then
    awk -v target="$target" '/^stat::number_of_executed_units/ { all = $2 } /^stat::average_exec_per_sec/ { rate = $2 }
      END { printf "fuzz: %-28s %12d executions %8d a second, no finding\n", target, all, rate }' "$log"
  else
    printf 'fuzz: %-28s FINDING, see %s and the input build/fuzz/%s-*\n' "$target" "$log" "$target"
    return 1
  fi
}
export -f fuzz_one
export seconds
printf 'fuzz: %d targets, %d seconds each, %d at once\n' "${#targets[@]}" "$seconds" "$(nproc)"
if ! printf '%s\0' "${targets[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'fuzz_one "$1" || exit 1' fuzz; then
  printf 'fuzz: FAILED: a target has a finding\n' >&2
  exit 1
fi
printf 'fuzz: OK\n'
