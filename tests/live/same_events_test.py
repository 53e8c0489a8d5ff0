#!/usr/bin/env python3
"""What a capture says does not depend on whether it is read from a file or heard on a wire, nor on the workers."""

import collections
import json
import os
import pathlib
import struct
import subprocess
import unittest

from support import HMI, PLC, PROGRAM, SCADA, STRANGER, Capture, LiveCase, go_apart, replay

CAPTURES = pathlib.Path(os.environ.get("RAMPART_CAPTURES", "../shared/captures"))
FILES = ["modbus/cisagov__modbus_example.pcap", "modbus/emreekin__WriteMultipleCoil.pcap",
         "dnp3/iti__select_operate_and_responses.pcap", "dnp3/zeek__dnp3_udp_read.pcap", "dnp3/oisf__dnp3-eve.pcap",
         "s7comm/cisagov__s7ident.pcap", "lab/modbus_lab_s.pcap"]
# What depends on when and as which packet something was seen.
OF_THE_MOMENT = {"timestamp", "pcap_cnt", "answer_pcap_cnt", "first_pcap_cnt", "flow_id", "start", "end", "age",
                 "latency_us"}


def without_moment(value):
    if isinstance(value, dict):
        return {key: without_moment(item) for key, item in value.items() if key not in OF_THE_MOMENT}
    if isinstance(value, list):
        return [without_moment(item) for item in value]
    return value


def told(lines):
    """The events, each with how often it was told. Repeats of a finding are counted by packet time: added up here."""
    events = collections.Counter()
    for line in lines:
        # What is new or unusual is held against a learning window, and that is time: a replay is faster.
        if line["event_type"] == "alert" and line["alert"]["category"] == "Not seen before":
            continue
        if line["event_type"] == "stats" or line.get("rampart", {}).get("kind") in ("blind", "kernel-drop"):
            continue
        line = without_moment(line)
        count = line.get("rampart", {}).pop("count", 1) if line["event_type"] == "alert" else 1
        events[json.dumps(line, sort_keys=True)] += count
    return events


class SameEvents(LiveCase):
    def from_file(self, capture, plant=()):
        subprocess.run([PROGRAM, "watch", *plant, "--read", capture, "--json", self.events, "--quiet"], check=True,
                       timeout=120)
        lines = self.lines()
        self.events.unlink()
        packets = [line["rampart"]["packets"] for line in lines if line["rampart"].get("run") == "stop"][0]
        return told(lines), packets

    def from_wire(self, capture, packets, workers, plant=()):
        process = self.start(*plant, "--interface", "vb", "--json", self.events, "--workers", workers, "--quiet",
                             "--metrics", 9464)
        self.ready()
        replay(capture, "--topspeed")
        mine = f'rampart_capture_packets_total{{interface="vb"}} {packets}\n'
        self.until(lambda: mine in self.get(9464, "/metrics")[1], f"{packets} packets")
        self.stop(process)
        lines = self.lines()
        self.events.unlink()
        return told(lines)

    def assert_same(self, file, wire, what):
        self.assertGreater(sum(file.values()), 0, what)
        self.assertEqual(sorted((file - wire).elements()), sorted((wire - file).elements()), what)

    def test_of_a_plant_with_tags_and_findings(self):
        capture = Capture()
        for tags in (b"", struct.pack(">HH", 0x8100, 101), struct.pack(">HHHH", 0x88A8, 7, 0x8100, 0x2065)):
            capture.read(SCADA, tags=tags)
            capture.write(SCADA, 50, tags=tags)
            capture.write(SCADA, 500, tags=tags)
            capture.write(HMI, 5, tags=tags)
            capture.read(STRANGER, tags=tags)
        capture.packet(SCADA, PLC, (40_001, 502), b"this is not Modbus at all")
        path = self.folder / "tags.pcap"
        capture.save(path)
        file, packets = self.from_file(path, [self.plant])
        self.assertEqual(packets, capture.packets)
        self.assertIn('"vlan": [101]', "".join(file))
        for workers in (1, 2, 4):
            self.assert_same(file, self.from_wire(path, packets, workers, [self.plant]), f"{workers} workers")

    def test_of_captures_of_every_protocol(self):
        there = [CAPTURES / file for file in FILES if (CAPTURES / file).exists()]
        if not there:
            self.skipTest(f"no captures at {CAPTURES}")
        for capture in there:
            with self.subTest(capture=capture.name):
                file, packets = self.from_file(capture)
                for workers in (1, 2):
                    self.assert_same(file, self.from_wire(capture, packets, workers), f"{workers} workers")


if __name__ == "__main__":
    go_apart("tcpreplay")
    unittest.main()
