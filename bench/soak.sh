#!/bin/sh
# bench/soak.sh [SECONDS] [RATE]: watches a veth pair for SECONDS (default 60) at RATE packets a second (default 5000), with
# journal, metrics and findings, and looks at its memory. Fails where it grew by more than a twentieth after the first
# fifth of the time, or where something was dropped. Needs root and tcpreplay; RAMPART names the program.
set -eu
cd "$(dirname "$0")/.."
if [ "${RAMPART_APART:-}" = "" ]; then
  [ "$(id -u)" = 0 ] || { echo "skipped: needs root"; exit 77; }
  command -v tcpreplay > /dev/null || { echo "skipped: there is no tcpreplay"; exit 77; }
  unshare --net true 2> /dev/null || { echo "skipped: no network namespaces here"; exit 77; }
  RAMPART_APART=1 exec unshare --net "$0" "$@"
fi
seconds=${1:-60}
rate=${2:-5000}
program=${RAMPART:-$PWD/build/release/rampart}
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null || true; rm -rf "$folder"' EXIT
chmod 777 "$folder"
echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6
ip link set lo up
ip link add va mtu 65535 type veth peer name vb mtu 65535
ip link set va arp off up
ip link set vb arp off up
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=tests/live python3 - "$folder" << 'END'
import pathlib
import sys
from support import HMI, PLANT, SCADA, STRANGER, Capture
folder = pathlib.Path(sys.argv[1])
(folder / "plant.yaml").write_text(PLANT, encoding="utf-8")
capture = Capture()
for i in range(5_000):
    capture.read(SCADA, register=i % 300)
    capture.write(SCADA, i % 120)
    capture.write(HMI, i % 7)
    capture.read(f"10.{9 + i % 3}.{i % 50}.{i % 200}")
capture.read(STRANGER)
capture.save(folder / "mix.pcap")
END
owner="setpriv --reuid nobody --regid nogroup --clear-groups"
$owner "$program" init "$folder/journal" --name bench/soak > /dev/null
"$program" watch "$folder/plant.yaml" --interface vb --journal "$folder/journal" --json "$folder/events" --operations none \
  --metrics 9464 --quiet --workers 2 2> "$folder/said" &
pid=$!
while ! [ -s "$folder/events" ]; do sleep 0.1; done
tcpreplay --intf1 va --preload-pcap --timer=nano --pps="$rate" --loop 100000000 --duration "$seconds" "$folder/mix.pcap" > /dev/null 2>&1 &
sender=$!

memory() { awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"; }
step=$((seconds / 20))
[ "$step" -gt 0 ] || step=1
early=0
latest=0
passed=0
while [ "$passed" -lt "$seconds" ] && kill -0 $sender 2> /dev/null; do
  sleep "$step"
  passed=$((passed + step))
  latest=$(memory)
  [ "$passed" -gt $((seconds / 5)) ] || early=$latest
  printf '%6s s  %8s KiB\n' "$passed" "$latest"
  : > "$folder/events"  # a file that is read along, not the disk, is looked at
done
wait $sender || true
python3 - << 'END' > "$folder/numbers"
import urllib.request
print(urllib.request.urlopen("http://127.0.0.1:9464/metrics", timeout=10).read().decode())
END
kill -TERM $pid
wait $pid
packets=$(awk '/^rampart_capture_packets_total/ { print $2 }' "$folder/numbers")
dropped=$(awk '/^rampart_capture_dropped_total/ { print $2 }' "$folder/numbers")
echo "soak: $packets packets in $seconds s, $dropped dropped, $early KiB after a fifth, $latest KiB at the end"
[ "$dropped" = 0 ] && [ "$latest" -le $((early + early / 20)) ] && [ "$early" -gt 0 ]
