#!/usr/bin/env python3
"""The gateway's unit: what it may do, what it keeps over a restart, and that systemd takes it as it is."""

import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import units  # noqa: E402  (of the folder above)

UNIT = "rampart-guard@.service"


class Unit(unittest.TestCase):
    def test_rights_are_two_and_no_more(self):
        found = units.settings(UNIT)
        for key in ("AmbientCapabilities", "CapabilityBoundingSet"):
            self.assertEqual(found[key], ["CAP_NET_BIND_SERVICE CAP_NET_ADMIN"])
        self.assertEqual(found["User"], ["rampart"])
        self.assertEqual(found["RestrictAddressFamilies"], ["AF_UNIX AF_INET AF_INET6 AF_NETLINK"])
        self.assertEqual(found["NoNewPrivileges"], ["yes"])

    def test_the_program_can_close_its_own_list_of_system_calls(self):
        for unit in (UNIT, "rampart-watch@.service", "rampart-firewall-helper.service"):
            self.assertIn("seccomp", " ".join(units.settings(unit)["SystemCallFilter"]).split(), unit)

    def test_sockets_stay_over_a_restart_and_who_hangs_is_noticed(self):
        found = units.settings(UNIT)
        self.assertGreaterEqual(int(found["FileDescriptorStoreMax"][0]), 64)
        self.assertEqual(found["Restart"], ["always"])
        self.assertGreaterEqual(int(found["WatchdogSec"][0]), 10, "a beat comes once a second")

    def test_systemd_takes_it_and_calls_it_safe(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("there is no systemd-analyze")
        verified, secure = units.analyze(UNIT, "rampart", "rampart", "rampart-guard@gw-1.service")
        about_it = [line for line in (verified.stdout + verified.stderr).splitlines() if "rampart-guard" in line]
        self.assertEqual(about_it, [])
        self.assertEqual(verified.returncode, 0, verified.stderr)
        self.assertEqual(secure.returncode, 0, secure.stdout + secure.stderr)


if __name__ == "__main__":
    unittest.main()
