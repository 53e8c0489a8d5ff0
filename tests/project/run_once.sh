#!/bin/sh
# The demonstration as a test: real stacks, a real recording, on addresses of its own. Skipped with a reason where the
# programs or the right to record are missing.
set -eu
cd "$(dirname "$0")/../.."

skip() { printf 'skipped: %s\n' "$*"; exit 77; }

[ -x build/release/rampart ] || skip "build/release/rampart is not built, ./test builds it"
[ -x build/release/demo_plant ] || skip "build/release/demo_plant is not built (libmodbus is missing?)"
command -v tcpdump > /dev/null || skip "tcpdump is not installed"
said=$(timeout 0.5 tcpdump -i lo -c 1 'net 127.63.0.0/16' 2>&1) || true
case $said in
  *"listening on"*) ;;
  *) skip "this user may not record the loopback: $(printf '%s' "$said" | tail -n 1)" ;;
esac

exec ./run --once --built --network 127.63
