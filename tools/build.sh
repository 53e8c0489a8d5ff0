#!/bin/sh
# tools/build.sh PRESET [TARGET...]: configures and builds one preset of CMakePresets.json, with progress. Without
# targets, everything. What the configuration says goes to build/PRESET/configure.log and is shown where it fails.
set -eu
cd "$(dirname "$0")/.."
preset=${1:?usage: tools/build.sh PRESET [TARGET...]}
shift

mkdir -p "build/$preset"
log=build/$preset/configure.log
printf 'build: configuring %s\n' "$preset"
if ! cmake --preset "$preset" ${RAMPART_CMAKE_FLAGS:-} > "$log" 2>&1; then
  cat "$log" >&2
  printf 'build: the configuration of "%s" failed, see %s\n' "$preset" "$log" >&2
  exit 1
fi
printf 'build: compiling %s\n' "$preset"
export NINJA_STATUS="[%f/%t %es] "
if ! cmake --build "build/$preset" --parallel "$(nproc)" ${1:+--target} "$@"; then
  printf 'build: compiling "%s" failed; the first message above with "error:" says where\n' "$preset" >&2
  exit 1
fi
