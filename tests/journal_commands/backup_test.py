#!/usr/bin/env python3
"""A node is lost and begins again from its backup."""

import json
import os
import pty
import unittest

from support import JournalCase


class Backup(JournalCase):
    def setUp(self):
        super().setUp()
        self.key = self.init()
        self.some_traffic()
        self.watch()
        self.file = self.folder / "node.backup"
        self.restored = self.folder / "restored"
        self.passphrase = self.folder / "passphrase"
        self.passphrase.write_text("correct horse battery staple\n", encoding="utf-8")

    def backup(self, *words):
        return self.rampart("backup", self.journal, self.file, "--plant", self.plant, "--passphrase-file", self.passphrase,
                            *words)

    def restore(self, *words, status=0):
        return self.rampart("restore", self.file, self.restored, "--passphrase-file", self.passphrase, *words,
                            status=status)

    def events(self, journal):
        return [r["rampart"]["event"] for r in self.show("--kind", "journal-event", journal=journal)]

    def test_what_is_restored_verifies_and_goes_on(self):
        self.assertIn("sealed", self.backup())
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.assertIn("backed-up", self.events(self.journal))
        before = len(self.show("--kind", "finding"))
        checkpoint = self.folder / "checkpoint"
        checkpoint.write_text(self.rampart("journal", "checkpoint", self.journal), encoding="utf-8")
        self.restore("--key", self.key)
        self.assertIn("restored", self.events(self.restored))
        self.rampart("journal", "verify", self.restored, "--key", self.key)
        self.assertEqual((self.restored / "keys" / "journal.pem").stat().st_mode & 0o777, 0o600)
        self.rampart("watch", self.plant, "--read", self.capture, "--journal", self.restored, "--quiet")
        report = json.loads(self.rampart("journal", "verify", self.restored, "--key", self.key, "--json"))
        self.assertTrue(report["good"])
        self.assertEqual(len(self.show("--kind", "finding", journal=self.restored)), 2 * before)
        # What was written after the backup is missing from it: a checkpoint kept elsewhere tells.
        self.rampart("journal", "verify", self.restored, "--key", self.key, "--checkpoint", checkpoint, status=3)

    def test_a_backup_that_was_touched_is_refused_and_nothing_written(self):
        self.backup()
        good = self.file.read_bytes()
        for at in (10, len(good) // 2, len(good) - 10):
            self.file.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
            self.restore("--key", self.key, status=1)
            self.assertFalse(self.restored.exists() and any(self.restored.iterdir()))
        self.file.write_bytes(good[:len(good) // 2])
        self.restore("--key", self.key, status=1)

    def test_the_passphrase_must_be_right_and_long(self):
        self.backup()
        self.passphrase.write_text("wrong horse battery staple\n", encoding="utf-8")
        self.restore("--key", self.key, status=1)
        self.assertFalse(self.restored.exists() and any(self.restored.iterdir()))
        self.passphrase.write_text("short\n", encoding="utf-8")
        self.refused("backup", self.journal, self.folder / "b", "--passphrase-file", self.passphrase, says="too short",
                     status=2)
        self.refused("backup", self.journal, self.folder / "b", says="--passphrase-file", status=2)

    def test_a_passphrase_is_asked_for_on_a_terminal_and_not_shown(self):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        asked = self.start("backup", self.journal, self.file, stdin=slave)
        os.close(slave)
        for question in ("names: ", "again: "):
            said = ""
            while not said.endswith(question):
                said += asked.stderr.read(1)
            os.write(master, b"correct horse battery staple\n")
        self.assertEqual(asked.wait(timeout=60), 0)
        os.set_blocking(master, False)
        try:
            self.assertNotIn(b"horse", os.read(master, 4096))
        except OSError:
            pass  # nothing was shown at all
        self.restore("--key", self.key)

    def test_without_keys_it_can_be_read_and_verified(self):
        self.rampart("backup", self.journal, self.file, "--no-keys")
        out = self.rampart("restore", self.file, self.restored, "--no-keys", "--key", self.key)
        self.assertIn("not gone on with", out)
        self.assertFalse((self.restored / "keys" / "journal.pem").exists())
        self.rampart("journal", "verify", self.restored, "--key", self.key)
        self.assertEqual(self.rampart("journal", "show", self.restored, "--last", "1").count("\n"), 1)

    def test_a_folder_with_anything_in_it_is_left_alone(self):
        self.backup()
        self.restored.mkdir()
        (self.restored / "note").write_text("mine", encoding="utf-8")
        self.restore("--key", self.key, status=1)
        self.assertEqual([path.name for path in self.restored.iterdir()], ["note"])


if __name__ == "__main__":
    unittest.main()
