#!/usr/bin/env python3
"""The key of a journal is exchanged, in a file and in a token, and who trusts the first key goes on trusting."""

import json
import pathlib
import sys
import unittest

from support import JournalCase

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import softhsm  # noqa: E402  (of the folder above)


class Keys(JournalCase):
    def rotated(self, out):
        return next(line.strip() for line in out.splitlines() if line.strip().startswith("works/sensor-1+"))

    def check(self, first, next_key):
        """Verified by the first key, both keys told, goes on being written."""
        self.watch()
        report = json.loads(self.rampart("journal", "verify", self.journal, "--key", first, "--json"))
        self.assertTrue(report["good"])
        self.assertEqual(report["keys"], [first, next_key])
        self.assertEqual(report["signed_size"], report["size"])
        change = [r["rampart"] for r in self.show("--kind", "key-change")]
        self.assertEqual([(c["before"], c["after"]) for c in change], [(first, next_key)])
        return change[0]

    def test_a_key_in_a_file_is_exchanged(self):
        first = self.init()
        self.some_traffic()
        self.watch()
        old = (self.journal / "keys" / "journal.pem").read_bytes()
        next_key = self.rotated(self.rampart("journal", "rotate-key", self.journal, "--reason", "two years are over"))
        self.assertNotEqual(first, next_key)
        self.assertNotEqual((self.journal / "keys" / "journal.pem").read_bytes(), old)
        self.assertFalse((self.journal / "keys" / "next.pem").exists())
        change = self.check(first, next_key)
        self.assertEqual(change["reason"], "two years are over")
        self.assertRegex(change["person"], r"^p-[0-9a-f]{16}$")
        report = json.loads(self.rampart("journal", "verify", self.journal, "--key", next_key, "--json"))
        self.assertTrue(report["good"], report)
        third = self.rotated(self.rampart("journal", "rotate-key", self.journal, "--reason", "again"))
        report = json.loads(self.rampart("journal", "verify", self.journal, "--key", first, "--json"))
        self.assertEqual(report["keys"], [first, next_key, third])

    def test_a_reason_must_be_given(self):
        self.init()
        self.refused("journal", "rotate-key", self.journal, "--reason", " ", says="say why", status=2)

    def test_a_key_file_that_others_may_read_is_refused(self):
        self.init()
        self.some_traffic()
        (self.journal / "keys" / "journal.pem").chmod(0o644)
        self.refused("watch", "--read", self.capture, "--journal", self.journal, "--quiet", says="journal.pem")


@unittest.skipUnless(softhsm.IS_THERE, "softhsm2 is not installed")
class Tokens(Keys):
    def setUp(self):
        super().setUp()
        self.token = softhsm.Token(self, self.folder)

    def test_a_key_stays_in_its_token_and_is_exchanged_there(self):
        first = self.init("--pkcs11", self.token.uri("first"))
        self.assertFalse((self.journal / "keys" / "journal.pem").exists())
        self.assertNotIn(softhsm.PIN, (self.journal / "keys" / "journal.token").read_text(encoding="utf-8"))
        self.some_traffic()
        self.watch()
        out = self.rampart("journal", "rotate-key", self.journal, "--reason", "new", "--pkcs11", self.token.uri("second"))
        self.check(first, self.rotated(out))

    def test_a_key_moves_from_a_file_into_a_token(self):
        first = self.init()
        self.some_traffic()
        self.watch()
        out = self.rampart("journal", "rotate-key", self.journal, "--reason", "token bought", "--pkcs11", self.token.uri("now"))
        self.assertFalse((self.journal / "keys" / "journal.pem").exists())
        self.check(first, self.rotated(out))

    def test_a_token_that_is_not_there_is_named(self):
        uri = self.token.uri("x").replace("works", "elsewhere")
        self.refused("init", self.journal, "--name", "a", "--pkcs11", uri, says="elsewhere")
        self.refused("init", self.folder / "b", "--name", "a", "--pkcs11", "pkcs11:object=x", says="token")


if __name__ == "__main__":
    unittest.main()
