#!/usr/bin/env python3
"""The helper's unit: one right, two families of sockets, and systemd takes it as it is."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

UNIT = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "rampart-firewall-helper.service"


def settings():
    found = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


class Unit(unittest.TestCase):
    def test_its_right_is_one(self):
        found = settings()
        for key in ("AmbientCapabilities", "CapabilityBoundingSet"):
            self.assertEqual(found[key], ["CAP_NET_ADMIN"])
        self.assertEqual(found["User"], ["rampart-firewall"])
        self.assertEqual(found["RestrictAddressFamilies"], ["AF_UNIX AF_NETLINK"])
        self.assertEqual(found["NoNewPrivileges"], ["yes"])
        self.assertEqual(found["ProtectSystem"], ["strict"])

    def test_rules_are_there_before_anything_is_routed(self):
        self.assertIn("network-pre.target", settings()["Before"])

    def test_systemd_takes_it_and_calls_it_safe(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("there is no systemd-analyze")
        with tempfile.TemporaryDirectory() as folder:
            # Where nothing is installed the program and the user are not there: others stand in for them.
            text = UNIT.read_text(encoding="utf-8").replace("/usr/bin/rampart-firewall-helper", "/bin/true")
            text = text.replace("User=rampart-firewall", "User=daemon").replace("Group=rampart-firewall", "Group=daemon")
            unit = pathlib.Path(folder) / "rampart-firewall-helper.service"
            unit.write_text(text, encoding="utf-8")
            answer = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True,
                                    timeout=60, check=False)
            self.assertEqual([line for line in (answer.stdout + answer.stderr).splitlines() if "rampart-firewall" in line], [])
            answer = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=30", str(unit)],
                                    capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)


if __name__ == "__main__":
    unittest.main()
