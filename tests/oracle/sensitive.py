#!/usr/bin/env python3
"""Shows that the oracle sees a single wrong address, value, outcome or flag, and a single missing line.

usage: sensitive.py PROGRAM CAPTURES       ends with 77 where tshark or the captures are missing
"""

import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "tools"))

from oracle import compare, rampart  # noqa: E402


def wrong_address(events):
    events[3].data["object"] = "holding-register 7"


def wrong_value(events):
    event = next(event for event in events if event.data.get("values") and event.code != 0xF0)
    event.data["values"][0] += 1


def wrong_outcome(events):
    events[1].data["outcome"] = {"code": 9, "name": "other"}


def missing_line(events):
    del events[2]


def wrong_flags(events):
    values = (answer.get("values") for event in events for answer in event.data.get("answers", ()))
    next(value for value in values if value and "flags" in value[0])[0]["flags"] ^= 0x40


def wrong_tag(events):
    event = next(event for event in events if event.data.get("object", "").startswith("tag "))
    event.data["object"] += "x"


def wrong_octets(events):
    event = next(event for event in events if event.data["function"]["name"] == "storage-transfer")
    event.data["values"][0] = "00" + event.data["values"][0][2:-2] + "77"


CASES = (
    ("modbus/cisagov__modbus_example.pcap", wrong_address, {"object"}),
    ("modbus/cisagov__modbus_example.pcap", wrong_value, {"values"}),
    ("modbus/cisagov__modbus_example.pcap", wrong_outcome, {"outcome"}),
    ("modbus/cisagov__modbus_example.pcap", missing_line, {"tshark-only"}),
    ("s7comm/cisagov__s7comm_plus.pcap", wrong_value, {"values"}),
    ("dnp3/oisf__dnp3-eve.pcap", wrong_flags, {"flags"}),
    ("iec104/emreekin__50.pcap", wrong_flags, {"flags"}),
    ("iec104/emreekin__62.pcap", missing_line, {"tshark-only"}),
    ("enip-cip/emreekin__specialCIP.pcap", wrong_tag, {"object", "ours-only"}),
    ("enip-cip/iti__EIP-FirmwareChange.pcap", wrong_octets, {"values", "packet"}),
)


def main():
    program, captures = sys.argv[1], pathlib.Path(sys.argv[2])
    if shutil.which("tshark") is None or not captures.is_dir():
        print("skipped: tshark or the captures are missing")
        return 77
    failed = 0
    honest = rampart.read
    for name, spoil, expected in CASES:

        def spoiled(*arguments, spoil=spoil):
            events = honest(*arguments)
            spoil(events)
            return events

        rampart.read = spoiled
        found = {difference.kind for difference in compare.capture(program, str(captures / name)).differences}
        if found != expected:
            print(f"{name}, {spoil.__name__}: found {found or 'nothing'}, expected {expected}")
            failed += 1
    print(f"{len(CASES) - failed} of {len(CASES)} spoiled readings found")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
