#!/usr/bin/env python3
"""A watch that is stopped, or whose journal cannot be written any more, ends in order and says what is missing."""

import json
import resource
import signal
import subprocess
import unittest

from support import PROGRAM, SCADA, Capture, JournalCase


class Trouble(JournalCase):
    def setUp(self):
        super().setUp()
        self.key = self.init()

    def verified(self):
        return json.loads(self.rampart("journal", "verify", self.journal, "--key", self.key, "--json"))

    def test_a_watch_that_is_stopped_keeps_and_signs_what_it_saw(self):
        for stop in (signal.SIGINT, signal.SIGTERM):
            watching = self.hold()
            capture = Capture()
            capture.write(SCADA, 42)
            packets = bytes(capture.bytes[24:])
            watching.send_signal(stop)
            watching.stdin.buffer.write(packets)
            watching.stdin.flush()
            self.assertEqual(watching.wait(timeout=30), 1)
            self.assertIn("stopped before the end", watching.stderr.read())
        runs = [record["rampart"]["run"] for record in self.show("--kind", "run")]
        self.assertEqual(runs, ["start", "stop", "start", "stop"])
        report = self.verified()
        self.assertEqual((report["good"], report["unsigned_records"]), (True, 0))

    def test_a_watch_goes_on_when_its_journal_cannot_be_written(self):
        capture = Capture()
        for number in range(1500):
            capture.write(SCADA, number % 100)
        capture.save(self.capture)

        def small_files():
            # A disk that takes no more: writes beyond the limit fail, and no signal ends the program.
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, 64 << 10))

        answer = subprocess.run([PROGRAM, "watch", self.plant, "--read", self.capture, "--journal", self.journal],
                                capture_output=True, text=True, timeout=120, preexec_fn=small_files, check=False)
        self.assertEqual(answer.returncode, 1, answer.stderr)
        self.assertIn("rampart: ALARM: ", answer.stderr)
        self.assertRegex(answer.stderr, r"(?m)^rampart: the journal is not complete: ")
        self.assertIn("1,500 operations", answer.stdout.replace("1500", "1,500"))
        # What was kept until then is whole, and the next watch goes on.
        self.some_traffic()
        self.watch()
        self.assertTrue(self.verified()["good"])


if __name__ == "__main__":
    unittest.main()
