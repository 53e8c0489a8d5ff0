#!/usr/bin/env python3
"""demo/expect.py, which decides whether ./run --once succeeds, fails for each finding that is missing."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

EXPECT = pathlib.Path(__file__).resolve().parent.parent.parent / "demo" / "expect.py"


def alert(client, server, **said):
    return {"event_type": "alert", "src_ip": "127.63" + client, "dest_ip": "127.63" + server, "pcap_cnt": 1, "rampart": said}


SCAN = (alert(".99.66", ".10.1", finding="scan-hosts"),)
OTHERS = (alert(".99.66", ".10.11", reason="unknown-client"),
          alert(".20.31", ".10.11", reason="no-rule"),
          alert(".20.21", ".10.11", reason="value_out_of_range"),
          alert(".20.21", ".10.11", reason="step-too-large"),
          alert(".20.21", ".10.12", reason="value-out-of-range"))
ALL = SCAN + OTHERS


def judge(events):
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        for event in events:
            file.write(json.dumps(event) + "\n")
        file.flush()
        return subprocess.run([sys.executable, EXPECT, "--network", "127.63", file.name], capture_output=True, text=True)


class Expect(unittest.TestCase):
    def test_all_findings_succeed(self):
        answer = judge(ALL)
        self.assertEqual(answer.returncode, 0, answer.stdout)
        self.assertNotIn("MISSING", answer.stdout)

    def test_each_missing_finding_fails(self):
        for number in range(len(ALL)):
            answer = judge(ALL[:number] + ALL[number + 1:])
            self.assertEqual(answer.returncode, 1)
            self.assertEqual(answer.stdout.count("MISSING"), 1, answer.stdout)

    def test_finding_of_another_client_does_not_count(self):
        answer = judge(SCAN + OTHERS[:1] + (alert(".20.32", ".10.11", reason="no-rule"),) + OTHERS[2:])
        self.assertEqual(answer.returncode, 1)

    def test_finding_about_scada_is_a_false_alarm(self):
        answer = judge(ALL + (alert(".20.10", ".10.11", reason="no-rule"),))
        self.assertEqual(answer.returncode, 1)
        self.assertIn("1 false alarms", answer.stdout)

    def test_operation_lines_do_not_count(self):
        answer = judge([dict(event, event_type="operation") for event in ALL])
        self.assertEqual(answer.returncode, 1)


if __name__ == "__main__":
    unittest.main()
