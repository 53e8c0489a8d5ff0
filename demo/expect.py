#!/usr/bin/env python3
"""Holds the findings of a watched recording against what the attack did.

usage: expect.py [--network 127.62] events.json

Prints one line for each expected finding, seen or missing; ends with 1 where one is missing, and where ordinary
traffic of the plant before the attack was taken for something else.
"""

import argparse
import json
import sys

# name, last two numbers of who did it, to whom (None: anybody), words of which one stands in id or reason of the finding,
# how many servers must be concerned: a scan is the same thing said of many.
EXPECTED = (
    ("scan by the unknown client", ".99.66", None, ("scan-hosts",), 1),
    ("operation of the unknown client", ".99.66", ".10.11", ("unknown-client", "unknown-asset"), 1),
    ("write that no rule allows, by eng-1", ".20.31", ".10.11", ("no-rule",), 1),
    ("intake-valve out of its range, by hmi-1", ".20.21", ".10.11", ("value-out-of-range",), 1),
    ("intake-valve moved too far, by hmi-1", ".20.21", ".10.11", ("step-too-large",), 1),
    ("chlorine out of its range, by hmi-1", ".20.21", ".10.12", ("value-out-of-range",), 1),
)
OF_PLANT = {"unencrypted", "unauthenticated", "no-integrity"}


def alerts_of(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event.get("event_type") == "alert":
                yield event


def words_of(event):
    rampart = event.get("rampart", {})
    return {str(rampart.get(key, "")).replace("_", "-") for key in ("finding", "reason")}


def matches(event, network, client, server, words):
    if event.get("src_ip") != network + client:
        return False
    if server is not None and event.get("dest_ip") != network + server:
        return False
    return any(word in said for word in words for said in words_of(event))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="127.62")
    parser.add_argument("events")
    arguments = parser.parse_args()
    try:
        alerts = list(alerts_of(arguments.events))
    except (OSError, ValueError) as error:
        print(f"expected findings: {arguments.events} cannot be read: {error}", file=sys.stderr)
        return 1
    missing = 0
    for name, client, server, words, servers in EXPECTED:
        those = [a for a in alerts if matches(a, arguments.network, client, server, words)]
        found = those[0] if len({a.get("dest_ip") for a in those}) >= servers else None
        missing += found is None
        print(f"  {'seen   ' if found else 'MISSING'}  {name}" + (f" (packet {found.get('pcap_cnt')})" if found else ""))
    # SCADA is not attacked from: whatever is said of what it does is a false alarm. That Modbus proves nobody's
    # identity is said of the plant, and true.
    false_alarms = [a for a in alerts if a.get("src_ip") == arguments.network + ".20.10" and not words_of(a) & OF_PLANT]
    for alarm in false_alarms[:5]:
        print(f"  FALSE    packet {alarm.get('pcap_cnt')}: {alarm.get('alert', {}).get('signature')}")
    print(f"{len(EXPECTED) - missing} of {len(EXPECTED)} expected findings, {len(false_alarms)} false alarms")
    return 1 if missing or false_alarms else 0


if __name__ == "__main__":
    sys.exit(main())
