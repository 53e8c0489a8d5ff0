#!/usr/bin/env python3
"""What is asked wrongly gets one clear message and status 2; what cannot be done, status 1. Nothing is changed."""

import unittest

from support import JournalCase


class Nonsense(JournalCase):
    def wrong(self, *words, says):
        self.refused(*words, says=says, status=2)

    def test_of_options(self):
        journal = self.journal
        self.wrong("journal", says="subcommand")
        self.wrong("journal", "frobnicate", says="subcommand")
        self.wrong("journal", "show", says="folder")
        self.wrong("init", journal, says="--name")
        self.wrong("init", journal, "--name", "two words", says="'two words' cannot name a journal")
        self.wrong("init", journal, "--name", "a+b", says="cannot name")
        self.wrong("init", journal, "--name", "a", "--most-size", "much", says="'much' is no size")
        self.wrong("init", journal, "--name", "a", "--most-size", "1MiB", says="at least 32MiB")
        self.wrong("init", journal, "--name", "a", "--keep-days", "0", says="--keep-days")
        self.assertFalse(journal.exists())

    def test_of_filters(self):
        self.init()
        show = ("journal", "show", self.journal)
        self.wrong(*show, "--since", "yesterday", says="--since: 'yesterday' is no time")
        self.wrong(*show, "--until", "2026-02-30", says="--until")
        self.wrong(*show, "--since", "2h", "--until", "3h", says="--until is not after --since")
        self.wrong(*show, "--kind", "findings", says="did you mean finding?")
        self.wrong(*show, "--sr", "SR 77.1", says="no requirement 'SR 77.1'")
        self.wrong(*show, "--from", "5", "--to", "5", says="--to is not after --from")
        self.wrong(*show, "--from", "-1", says="--from")
        self.wrong(*show, "--last", "0", says="--last")

    def test_of_keys_and_proofs(self):
        key = self.init()
        verify = ("journal", "verify")
        self.wrong(*verify, says="give the folder of a journal, or --proof")
        self.wrong(*verify, self.journal, "--proof", self.plant, says="or --proof")
        self.wrong(*verify, "--proof", self.plant, says="--proof needs --key")
        self.wrong(*verify, self.journal, "--key", "works/x+00000000+AAAA", says="neither a verifier key nor a file")
        self.wrong(*verify, self.journal, "--key", self.plant, says="plant.yaml:1: this line is no verifier key")
        self.refused(*verify, "--proof", self.plant, "--key", key, says="is no proof")
        self.refused(*verify, self.journal, "--checkpoint", self.folder / "none", says="no such file")
        self.refused("journal", "prove", self.journal, "999999", says="999999")
        self.wrong("journal", "prove", self.journal, "first", says="number")

    def test_of_witnesses(self):
        key = self.init()
        state, secret = self.folder / "state", self.folder / "secret.pem"
        witness = ("journal", "witness", state)
        self.wrong(*witness, "-", "--name", "w", "--trust", key, says="--key FILE or --pkcs11")
        self.wrong(*witness, "--name", "w", "--key", secret, says="give a request")
        self.wrong(*witness, self.plant, "--name", "w w", "--key", secret, "--trust", key, says="cannot name a witness")
        self.wrong(*witness, self.plant, "--name", "w", "--key", secret, says="--trust")
        self.refused(*witness, self.plant, "--name", "w", "--key", secret, "--trust", key, says="secret.pem")
        self.rampart(*witness, "--name", "w", "--key", secret, "--make-key")
        self.refused(*witness, self.plant, "--name", "w", "--key", secret, "--trust", key, says="not cosigned")
        self.wrong("journal", "checkpoint", self.journal, "--add", self.plant, says="--add needs --witness")
        self.refused("journal", "checkpoint", self.journal, "--add", self.plant, "--witness", key, says="no line of")

    def test_of_exports(self):
        self.init()
        export = ("journal", "export", self.journal, "--format")
        self.wrong(*export, "xml", says="xml")
        self.wrong(*export, "cef", "--to", "host", says="--to sends syslog")
        self.wrong(*export, "syslog", "--to", "host:0", says="is no host")
        self.wrong(*export, "syslog", "--to", "host", "-o", "x", says="exclude each other")
        self.wrong(*export, "syslog", "--ca", "x", says="need --to")
        self.wrong(*export, "syslog", "--to", "host", "--certificate", "x", says="come together")
        self.wrong(*export, "tlog", says="-o must name it")
        self.wrong(*export, "tlog", "-o", self.folder / "t", "--zone", "lower", says="no filters")
        self.refused(*export, "cef", "-o", self.folder / "no" / "where", says="cannot write")

    def test_of_folders_that_are_no_journals(self):
        self.some_traffic()
        for nowhere in (self.folder / "nowhere", self.folder):
            for words in (("show",), ("follow",), ("verify",), ("prove", "1"), ("checkpoint",), ("persons",), ("prune",),
                          ("export", "--format", "cef"), ("rotate-key", "--reason", "x"), ("forget", "x")):
                self.refused("journal", words[0], nowhere, *words[1:], says=str(nowhere))
            self.refused("backup", nowhere, self.folder / "b", "--no-keys", says=str(nowhere))
            self.refused("watch", self.plant, "--read", self.capture, "--journal", nowhere, "--quiet", says=str(nowhere))
            self.refused("set", self.plant, "zones/lower/target", "2", "--journal", nowhere, says=str(nowhere))
        self.assertNotIn("target: 2", self.plant.read_text(encoding="utf-8"))
        self.assertFalse((self.folder / "segments").exists())

    def test_of_watching(self):
        self.some_traffic()
        self.wrong("watch", self.plant, "--read", self.capture, "--all-operations", says="--journal")

    def test_a_journal_in_use_is_named(self):
        self.init()
        self.some_traffic()
        holder = self.hold()
        self.refused("watch", "--read", self.capture, "--journal", self.journal, "--quiet", says=str(self.journal))
        self.refused("journal", "rotate-key", self.journal, "--reason", "x", says=str(self.journal))
        self.assertIsNone(holder.poll())


if __name__ == "__main__":
    unittest.main()
