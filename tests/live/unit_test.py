#!/usr/bin/env python3
"""The service's unit: what it may do, and that systemd takes it as it is."""

import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import units  # noqa: E402  (of the folder above)

UNIT = "rampart-watch@.service"


class Unit(unittest.TestCase):
    def test_rights_are_two_and_no_more(self):
        found = units.settings(UNIT)
        for key in ("AmbientCapabilities", "CapabilityBoundingSet"):
            self.assertEqual(found[key], ["CAP_NET_RAW CAP_NET_ADMIN"])
        self.assertEqual(found["User"], ["rampart"])
        self.assertEqual(found["RestrictAddressFamilies"], ["AF_PACKET AF_UNIX AF_INET AF_INET6"])
        self.assertEqual(found["IPAddressDeny"], ["any"])

    def test_everything_else_is_closed(self):
        found = units.settings(UNIT)
        for key in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectClock", "ProtectHostname",
                    "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "ProtectControlGroups",
                    "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality",
                    "MemoryDenyWriteExecute"):
            self.assertEqual(found.get(key), ["yes"], key)
        self.assertEqual(found["ProtectSystem"], ["strict"])
        self.assertEqual(found["SystemCallFilter"][0], "@system-service")

    def test_the_manager_notices_a_watch_that_hangs(self):
        found = units.settings(UNIT)
        self.assertEqual(found["Type"], ["notify"])
        self.assertGreaterEqual(int(found["WatchdogSec"][0]), 10, "a beat comes once a second")
        self.assertEqual(found["Restart"], ["always"])

    def test_systemd_takes_it_and_calls_it_safe(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("there is no systemd-analyze")
        verified, secure = units.analyze(UNIT, "rampart", "rampart", "rampart-watch@eth0.service")
        about_it = [line for line in (verified.stdout + verified.stderr).splitlines() if "rampart-watch" in line]
        self.assertEqual(about_it, [])
        self.assertEqual(verified.returncode, 0, verified.stderr)
        self.assertEqual(secure.returncode, 0, secure.stdout + secure.stderr)


if __name__ == "__main__":
    unittest.main()
