#!/usr/bin/env python3
"""The scripts people start end with one clear line where something is missing. Programs they call are replaced by
small ones in a folder of their own, so that nothing is installed and no network is asked."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent


class Scripts(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.programs = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def replace(self, name, text):
        path = self.programs / name
        path.write_text("#!/bin/sh\n" + text, encoding="utf-8")
        path.chmod(0o755)

    def call(self, *command, only=None):
        environment = dict(os.environ, PATH=f"{self.programs}:{only or os.environ['PATH']}")
        return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=50)

    def install(self, *groups):
        return self.call("tools/install.sh", *groups)

    def last_line(self, answer):
        return (answer.stdout + answer.stderr).strip().splitlines()[-1]

    def test_nothing_missing_never_calls_apt(self):
        self.replace("dpkg-query", 'shift 3\nfor name in "$@"; do echo "ii  $name"; done\n')
        self.replace("apt-get", "echo called >&2; exit 9\n")
        answer = self.install("build", "test", "demo")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertNotIn("called", answer.stderr)

    def test_removed_package_counts_as_missing(self):
        self.replace("dpkg-query", 'shift 3\nfor name in "$@"; do echo "rc  $name"; done\nexit 1\n')
        self.replace("id", "echo 0\n")
        self.replace("apt-get", 'case "$*" in *install*) echo "got $*"; esac\n')
        answer = self.install("fuzz")
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertRegex(answer.stdout, "got .*--no-install-recommends .*clang-16")

    def test_no_network_names_the_command_to_try_again(self):
        self.replace("dpkg-query", "exit 1\n")
        self.replace("id", "echo 0\n")
        self.replace("apt-get", "exit 100\n")
        answer = self.install("demo")
        self.assertEqual(answer.returncode, 1)
        self.assertIn("apt-get install --no-install-recommends", self.last_line(answer))
        self.assertIn("libmodbus-dev", self.last_line(answer))

    def test_neither_root_nor_sudo_says_what_root_must_run(self):
        self.replace("dpkg-query", "exit 1\n")
        self.replace("id", "echo 1000\n")
        for name in ("dirname", "awk", "sort", "grep", "env"):
            os.symlink(f"/usr/bin/{name}", self.programs / name)
        answer = self.call("/bin/sh", "tools/install.sh", "demo", only=str(self.programs))
        self.assertEqual(answer.returncode, 1)
        self.assertIn("as root run: apt-get install", self.last_line(answer))

    def test_unknown_group_is_named(self):
        answer = self.install("kitchen")
        self.assertEqual(answer.returncode, 1)
        self.assertIn("kitchen", self.last_line(answer))

    def test_unknown_options_are_refused(self):
        for script in ("./run", "./test"):
            answer = self.call(script, "--frobnicate")
            self.assertEqual(answer.returncode, 2)
            self.assertIn("--frobnicate", self.last_line(answer))

    def test_run_stays_on_the_loopback(self):
        answer = self.call("./run", "--once", "--built", "--network", "10.0")
        self.assertEqual(answer.returncode, 2)
        answer = self.call(sys.executable, "demo/attack.py", "--network", "10.0")
        self.assertEqual(answer.returncode, 2)
        self.assertIn("loopback", answer.stderr)

    def test_skipped_tests_are_listed_with_reasons(self):
        results = self.programs / "results.xml"
        results.write_text(
            '<testsuite><testcase name="a" status="run"><system-out>fine</system-out></testcase>'
            '<testcase name="b" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/><system-out>skipped: no tcpdump</system-out></testcase>'
            '<testcase name="c" status="notrun"><skipped/><system-out>[ RUN      ] A.B\nx_test.cpp:3: Skipped\n'
            "../shared is absent\n\n[  SKIPPED ] A.B (0 ms)</system-out></testcase>"
            '<testcase name="d" status="notrun"><skipped/><system-out></system-out></testcase>'
            '<testcase name="e" status="notrun"><skipped message="Unable to find executable"/></testcase></testsuite>', encoding="utf-8")
        answer = self.call(sys.executable, "tools/skipped.py", str(results))
        self.assertEqual(answer.stdout.splitlines(),
                         ["4 skipped:", "  b: no tcpdump", "  c: ../shared is absent", "  d: it gives no reason",
                          "  e: Unable to find executable"])


if __name__ == "__main__":
    unittest.main()
