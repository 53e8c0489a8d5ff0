#!/usr/bin/env python3
"""The service's unit: what it may do, and that systemd takes it as it is."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

UNIT = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "rampart-watch@.service"


def settings():
    found = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


class Unit(unittest.TestCase):
    def test_rights_are_two_and_no_more(self):
        found = settings()
        for key in ("AmbientCapabilities", "CapabilityBoundingSet"):
            self.assertEqual(found[key], ["CAP_NET_RAW CAP_NET_ADMIN"])
        self.assertEqual(found["User"], ["rampart"])
        self.assertEqual(found["RestrictAddressFamilies"], ["AF_PACKET AF_UNIX AF_INET AF_INET6"])
        self.assertEqual(found["IPAddressDeny"], ["any"])

    def test_everything_else_is_closed(self):
        found = settings()
        for key in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "ProtectClock", "ProtectHostname",
                    "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "ProtectControlGroups",
                    "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "LockPersonality",
                    "MemoryDenyWriteExecute"):
            self.assertEqual(found.get(key), ["yes"], key)
        self.assertEqual(found["ProtectSystem"], ["strict"])
        self.assertEqual(found["SystemCallFilter"][0], "@system-service")

    def test_the_manager_notices_a_watch_that_hangs(self):
        found = settings()
        self.assertEqual(found["Type"], ["notify"])
        self.assertGreaterEqual(int(found["WatchdogSec"][0]), 10, "a beat comes once a second")
        self.assertEqual(found["Restart"], ["always"])

    def test_systemd_takes_it_and_calls_it_safe(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("there is no systemd-analyze")
        with tempfile.TemporaryDirectory() as folder:
            # Where nothing is installed the program and the user are not there: others stand in for them.
            text = UNIT.read_text(encoding="utf-8").replace("/usr/bin/rampart", "/bin/true")
            text = text.replace("User=rampart", "User=daemon").replace("Group=rampart", "Group=daemon")
            unit = pathlib.Path(folder) / "rampart-watch@eth0.service"
            unit.write_text(text, encoding="utf-8")
            answer = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True,
                                    timeout=60, check=False)
            about_it = [line for line in (answer.stdout + answer.stderr).splitlines() if "rampart-watch" in line]
            self.assertEqual(about_it, [])
            self.assertEqual(answer.returncode, 0, answer.stderr)
            answer = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--threshold=30", str(unit)],
                                    capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)


if __name__ == "__main__":
    unittest.main()
