#!/bin/sh
# bench/live.sh [SECONDS]: packets a second that live capture takes before the first drop, with 1 and 2 workers, beside
# `tcpdump -w /dev/null`. A veth pair in a network namespace of its own, tcpreplay at rising rates, SECONDS (default 3)
# at each. Sender and receiver share the machine's cores. Needs root, tcpreplay, tcpdump and the release build.
# RAMPART_CAPTURE names the Ethernet capture to replay; else one is made of Modbus conversations.
set -eu
cd "$(dirname "$0")/.."
if [ "${RAMPART_APART:-}" = "" ]; then
  [ "$(id -u)" = 0 ] || { echo "live.sh: needs root" >&2; exit 1; }
  RAMPART_APART=1 exec unshare --net "$0" "$@"
fi
seconds=${1:-3}
program=$PWD/build/release/rampart
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null || true; rm -rf "$folder"' EXIT
chmod 755 "$folder"
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
ip link set lo up
ip link add va mtu 65535 type veth peer name vb mtu 65535
ip link set va arp off up
ip link set vb arp off up

capture=${RAMPART_CAPTURE:-}
if [ -z "$capture" ]; then
  capture=$folder/modbus.pcap
  PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/live python3 - "$capture" << 'END'
import sys
from support import Capture
capture = Capture()
for i in range(10_000):
    capture.read(f"10.1.0.{10 + i % 40}", register=i % 1000, server=f"10.2.0.{10 + i % 7}")
capture.save(sys.argv[1])
END
fi
echo "replayed: $(capinfos -Tmrc "$capture" 2> /dev/null | cut -d, -f2) packets, $(wc -c < "$capture") octets; $(nproc) cores"

# send RATE: sends at RATE packets a second (0: as fast as can be); gives what was sent and the rate that was reached.
send() {
  speed="--pps=$1"
  [ "$1" != 0 ] || speed=--topspeed
  tcpreplay --intf1 va --preload-pcap "$speed" --loop 100000000 --duration "$seconds" "$capture" > "$folder/sent" 2>&1
  awk '/^Actual:/ { sent = $2 } /^Rated:/ { for (i = 1; i < NF; ++i) if ($(i + 1) == "pps") rate = $i } END { print sent, rate }' "$folder/sent"
}

# Each gives the packets that the kernel dropped in $folder/dropped.
rampart() {
  rm -f "$folder/events"
  "$program" watch --interface vb --workers "$1" --quiet --operations none --json "$folder/events" --user root 2> "$folder/said" &
  pid=$!
  while ! [ -s "$folder/events" ]; do sleep 0.05; done
  send "$2" > "$folder/rate"
  sleep 0.2
  kill -TERM $pid
  wait $pid || cat "$folder/said" >&2
  grep -o '"kind":"kernel-drop".*"count":[0-9]*' "$folder/events" | grep -o '"count":[0-9]*' | cut -d: -f2 |
    awk '{ sum += $1 } END { print sum + 0 }' > "$folder/dropped"
  grep '"run":"stop"' "$folder/events" | grep -o '"packets":[0-9]*' | cut -d: -f2 > "$folder/seen"
}
tcpdump_alone() {
  tcpdump -i vb -B 65536 -w /dev/null 2> "$folder/said" &
  pid=$!
  while ! grep -q listening "$folder/said"; do sleep 0.05; done
  send "$2" > "$folder/rate"
  sleep 0.2
  kill -INT $pid
  wait $pid || true
  awk '/dropped by kernel/ { print $1 }' "$folder/said" > "$folder/dropped"
  awk '/packets captured/ { print $1 }' "$folder/said" > "$folder/seen"
}

# first_drop NAME COMMAND ARGUMENT: rising rates until something was dropped.
first_drop() {
  best=0
  for rate in 25000 50000 75000 100000 150000 200000 250000 300000 400000 500000 600000 800000 0; do
    "$2" "$3" "$rate"
    read -r sent reached < "$folder/rate"
    read -r dropped < "$folder/dropped"
    read -r seen < "$folder/seen"
    printf '%-22s asked %8s/s  sent %9s at %10s/s  seen %9s  dropped %s\n' "$1" "$rate" "$sent" "$reached" "$seen" "$dropped"
    [ "$dropped" = 0 ] || break
    best=$(echo "$best $reached" | awk '{ print ($2 > $1 ? $2 : $1) }')  # a busy machine does not send at rising rates
  done
  printf '%-22s no drop up to %s packets/s\n' "$1" "$best"
}

first_drop "tcpdump -w /dev/null" tcpdump_alone -
first_drop "rampart, 1 worker" rampart 1
first_drop "rampart, 2 workers" rampart 2
