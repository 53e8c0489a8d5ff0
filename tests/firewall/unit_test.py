#!/usr/bin/env python3
"""The helper's unit: one right, two families of sockets, and systemd takes it as it is."""

import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import units  # noqa: E402  (of the folder above)

UNIT = "rampart-firewall-helper.service"


class Unit(unittest.TestCase):
    def test_its_right_is_one(self):
        found = units.settings(UNIT)
        for key in ("AmbientCapabilities", "CapabilityBoundingSet"):
            self.assertEqual(found[key], ["CAP_NET_ADMIN"])
        self.assertEqual(found["User"], ["rampart-firewall"])
        self.assertEqual(found["RestrictAddressFamilies"], ["AF_UNIX AF_NETLINK"])
        self.assertEqual(found["NoNewPrivileges"], ["yes"])
        self.assertEqual(found["ProtectSystem"], ["strict"])

    def test_rules_are_there_before_anything_is_routed(self):
        self.assertIn("network-pre.target", units.settings(UNIT)["Before"])

    def test_systemd_takes_it_and_calls_it_safe(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("there is no systemd-analyze")
        verified, secure = units.analyze(UNIT, "rampart-firewall-helper", "rampart-firewall")
        self.assertEqual([line for line in (verified.stdout + verified.stderr).splitlines() if "rampart-firewall" in line], [])
        self.assertEqual(secure.returncode, 0, secure.stdout + secure.stderr)


if __name__ == "__main__":
    unittest.main()
