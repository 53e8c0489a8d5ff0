#!/usr/bin/env python3
"""Floods of conversations, fragments and ARP, and a million conversations at once: bounded, counted, alive."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.environ.get("RAMPART", "build/release/rampart")
MAKE_FLOOD = os.environ.get("MAKE_FLOOD", "build/release/make_flood")
SANITIZED = bool(os.environ.get("RAMPART_SANITIZE"))  # memory is not what it is; a tenth of the packets
PLANT = pathlib.Path(__file__).resolve().parents[2] / "demo" / "plant.yaml"
GIB = 1 << 30


class Floods(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rampart-flood-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def watch(self, kind, count, *words):
        """Gives the run's totals, the kinds of losses and the largest memory in octets."""
        count //= 10 if SANITIZED else 1
        events = self.folder / "events.json"
        flood = subprocess.Popen([MAKE_FLOOD, kind, str(count), "-"], stdout=subprocess.PIPE)
        watch = subprocess.Popen([PROGRAM, "watch", *words, "--read", "-", "--json", str(events), "--operations", "none",
                                  "--quiet"], stdin=flood.stdout)
        flood.stdout.close()
        _, status, usage = os.wait4(watch.pid, 0)
        watch.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(flood.wait(timeout=60), 0)
        self.assertEqual(watch.returncode, 0)
        totals, ends = None, {}
        with events.open(encoding="utf-8") as file:
            for line in file:
                # A million lines of flows: only what is looked at is taken apart.
                if '"event_type":"stats"' in line:
                    totals = json.loads(line)["rampart"]
                elif '"event_type":"flow"' in line:
                    end = line.rsplit('"reason":"', 1)[1].split('"', 1)[0]
                    ends[end] = ends.get(end, 0) + 1
        self.assertEqual(totals["packets"], count)
        return totals, ends, usage.ru_maxrss * 1024

    def test_a_million_conversations_at_once_take_less_than_a_gibibyte(self):
        totals, ends, memory = self.watch("flows", 1_000_000)
        self.assertEqual(totals["flows"], totals["packets"])
        self.assertEqual(ends, {"capture-end": totals["flows"]}, "none had to go")
        print(f"a million conversations: {memory / (1 << 20):.0f} MiB")
        if not SANITIZED:
            self.assertLess(memory, GIB)

    def test_more_conversations_than_there_is_room_for_make_the_oldest_go_and_are_counted(self):
        totals, ends, memory = self.watch("flows", 1_500_000)
        self.assertEqual(sum(ends.values()), totals["packets"])
        if not SANITIZED:
            self.assertGreater(totals["evicted_flows"], 400_000)
            self.assertEqual(ends["evicted"], totals["evicted_flows"])
            self.assertLess(memory, GIB)

    def test_a_scan_is_bounded_with_a_plant(self):
        totals, _, memory = self.watch("syn", 300_000, str(PLANT))
        self.assertGreater(totals["findings"], 0)
        if not SANITIZED:
            self.assertLess(memory, GIB)

    def test_fragments_without_an_end_are_bounded(self):
        totals, _, memory = self.watch("fragments", 300_000)
        self.assertEqual(totals["flows"], 0)
        if not SANITIZED:
            self.assertLess(memory, 200 << 20, "450 MB of fragments came")

    def test_arp_is_bounded(self):
        totals, _, memory = self.watch("arp", 500_000)
        self.assertEqual(totals["packets"], 50_000 if SANITIZED else 500_000)
        if not SANITIZED:
            self.assertLess(memory, GIB)


if __name__ == "__main__":
    unittest.main()
