#!/usr/bin/env python3
"""What `rampart firewall --export suricata` writes, read by Suricata itself."""

import pathlib
import shutil
import tempfile
import unittest

import support


class Suricata(unittest.TestCase):
    def test_suricata_takes_every_rule(self):
        with tempfile.TemporaryDirectory() as folder:
            plant, rules = pathlib.Path(folder) / "plant.yaml", pathlib.Path(folder) / "rampart.rules"
            plant.write_text(support.PLANT, encoding="utf-8")
            text = support.run(support.PROGRAM, "firewall", plant, "--as", "gw-1", "--export", "suricata").stdout
            rules.write_text(text, encoding="utf-8")
            answer = support.run("suricata", "-T", "-S", rules, "-l", folder, "--set", "detect.profile=low", check=False)
            self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
            self.assertNotIn("error parsing signature", answer.stdout + answer.stderr)
            self.assertIn(f"{len(text.splitlines())} rules", answer.stdout + answer.stderr)


if __name__ == "__main__":
    if shutil.which("suricata") is None:
        support.skip("there is no suricata")
    unittest.main()
