#!/usr/bin/env python3
"""The units of the authority and of who renews: no right at all, and that systemd takes them as they are."""

import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import units  # noqa: E402  (of the folder above)

UNITS = {"rampart-pki.service": ("rampart-pki", None), "rampart-pki-renew@.service": ("rampart", "rampart-pki-renew@gw-1.service")}


class Units(unittest.TestCase):
    def test_they_have_no_right_but_their_users(self):
        for unit, (user, _) in UNITS.items():
            found = units.settings(unit)
            self.assertEqual(found["CapabilityBoundingSet"], [""], unit)
            self.assertNotIn("AmbientCapabilities", found, unit)
            self.assertEqual(found["User"], [user])
            self.assertEqual(found["RestrictAddressFamilies"], ["AF_UNIX AF_INET AF_INET6"], unit)
            self.assertEqual(found["NoNewPrivileges"], ["yes"], unit)

    def test_the_authoritys_folder_is_its_users_alone(self):
        found = units.settings("rampart-pki.service")
        self.assertEqual((found["StateDirectory"], found["StateDirectoryMode"], found["UMask"]), (["rampart-pki"], ["0700"], ["0077"]))

    def test_systemd_takes_them_and_calls_them_safe(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("there is no systemd-analyze")
        for unit, (user, name) in UNITS.items():
            verified, secure = units.analyze(unit, "rampart", user, name)
            about_it = [line for line in (verified.stdout + verified.stderr).splitlines() if "rampart-pki" in line]
            self.assertEqual(about_it, [])
            self.assertEqual(verified.returncode, 0, verified.stderr)
            self.assertEqual(secure.returncode, 0, secure.stdout + secure.stderr)


if __name__ == "__main__":
    unittest.main()
