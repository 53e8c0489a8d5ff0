#!/usr/bin/env python3
"""The way of a journal: made, watched into, read, verified, proven, witnessed, tampered with, exported."""

import json
import pathlib
import shutil
import unittest

from support import JournalCase


class Story(JournalCase):
    def setUp(self):
        super().setUp()
        self.key = self.init()
        self.some_traffic()
        self.watch()

    def test_init_tells_key_and_keeps_the_secret_to_its_owner(self):
        self.assertRegex(self.key, r"^works/sensor-1\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*$")
        key_file = self.journal / "keys" / "journal.pem"
        self.assertEqual(key_file.stat().st_mode & 0o777, 0o600)
        self.assertIn(self.key, (self.journal / "keys" / "journal.vkeys").read_text(encoding="utf-8"))

    def test_init_never_touches_what_is_there(self):
        before = (self.journal / "keys" / "journal.pem").read_bytes()
        self.refused("init", self.journal, "--name", "other", says="not empty")
        self.assertEqual((self.journal / "keys" / "journal.pem").read_bytes(), before)

    def test_init_takes_retention(self):
        other = self.folder / "other"
        self.rampart("init", other, "--name", "works/other", "--keep-days", "30", "--most-size", "100MiB")
        settings = (other / "settings").read_text(encoding="utf-8")
        self.assertRegex(settings, r"(?m)^keep_days\s+30\b")
        self.assertRegex(settings, rf"(?m)^most_octets\s+{100 << 20}\b")

    def test_shows_what_happened(self):
        kinds = self.kinds()
        for kind in ("stats", "operation", "alert", "asset", "flow"):
            self.assertIn(kind, kinds)
        # The run's end is told after all that it saw.
        self.assertEqual(kinds[-3:], ["read-summary", "stats", "journal-event"])
        lines = self.rampart("journal", "show", self.journal).splitlines()
        self.assertTrue(any("wrote 200 to holding-register 100 of plc" in line for line in lines), lines)
        self.assertTrue(any("scada" in line and "allowed 0 to 100" in line for line in lines), lines)

    def test_each_filter_chooses_what_it_says(self):
        everything = self.show()
        self.assertEqual(set(self.kinds("--kind", "finding")), {"alert"})
        self.assertEqual(set(self.kinds("--kind", "run", "--kind", "finding")), {"stats", "alert"})
        by_hmi = self.show("--asset", "hmi", "--kind", "transaction")
        # Its first read ever is kept by itself, the write too.
        self.assertEqual([record["rampart"]["values"] for record in by_hmi], [[7], [5]])
        self.assertEqual(self.show("--asset", "nowhere"), [])
        self.assertIn("no record is like that", self.error)
        self.assertGreater(len(self.show("--zone", "lower")), len(by_hmi))
        self.assertTrue(self.show("--conduit", "up-down"))
        self.assertTrue(self.show("--sr", "sr5.2"))
        self.assertEqual(self.show("--sr", "SR 5.2"), self.show("--sr", "SR 5.2"))
        of_packets = self.show("--since", "2026-11-02", "--until", "2026-11-02T10:00:00.150Z", "--kind", "transaction")
        self.assertEqual([record["rampart"]["values"] for record in of_packets], [[10], [20]])
        self.assertEqual(self.show("--since", "2026-11-02T10:01:00Z", "--kind", "transaction"), [])
        some = self.show("--from", "3", "--to", "6")
        self.assertEqual([record["rampart"]["record"] for record in some], [3, 4, 5])
        self.assertEqual(some, everything[3:6])
        self.assertEqual(len(self.show("--last", "2")), 2)
        newest = self.show("--last", "1", "--kind", "transaction")
        self.assertEqual(newest, [r for r in everything if r["event_type"] == "operation"][-1:])

    def test_a_person_is_found_by_name_and_identifier(self):
        table = self.rampart("journal", "persons", self.journal).split()
        identifier, name = table[0], table[1]
        self.assertRegex(identifier, r"^p-[0-9a-f]{16}$")
        by_name = self.show("--person", name, "--kind", "run")
        self.assertTrue(by_name)
        self.assertEqual(by_name, self.show("--person", identifier, "--kind", "run"))

    def test_verifies_by_key_file_and_its_own_key(self):
        self.assertIn(self.key, self.rampart("journal", "verify", self.journal, "--key", self.key) + self.key)
        keys = self.folder / "keys.txt"
        keys.write_text(f"# kept by the auditor\n{self.key}\n", encoding="utf-8")
        self.rampart("journal", "verify", self.journal, "--key", keys)
        self.rampart("journal", "verify", self.journal)
        report = json.loads(self.rampart("journal", "verify", self.journal, "--key", self.key, "--json"))
        self.assertEqual((report["good"], report["faults"], report["own_key"]), (True, [], False))
        self.assertEqual(report["signed_size"], report["size"])
        stranger = self.folder / "stranger"
        out = self.rampart("init", stranger, "--name", "works/stranger")
        other = next(line.strip() for line in out.splitlines() if line.strip().startswith("works/stranger+"))
        self.rampart("journal", "verify", self.journal, "--key", other, status=3)

    def test_a_record_is_proven_to_a_stranger(self):
        number = self.show("--kind", "finding")[0]["rampart"]["record"]
        proof = self.folder / "record.proof"
        self.rampart("journal", "prove", self.journal, number, "-o", proof)
        said = self.rampart("journal", "verify", "--proof", proof, "--key", self.key)
        self.assertIn("the proof holds", said)
        self.assertIn(f"record {number}", said)
        text = proof.read_text(encoding="utf-8")
        at = text.index("\n", text.index("extra") if "extra" in text else 40) + 5
        proof.write_text(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:], encoding="utf-8")
        self.assertNotEqual(self.status_of("journal", "verify", "--proof", proof, "--key", self.key), 0)

    def test_a_flipped_octet_is_found_and_its_record_named(self):
        self.rampart("journal", "show", self.journal, "--asset", "ghost-of-the-works")
        number = next(r["rampart"]["record"] for r in self.show("--kind", "journal-read")
                      if "ghost-of-the-works" in r["rampart"]["filter"])
        self.rampart("journal", "verify", self.journal, "--key", self.key)
        for path in (self.journal / "segments").glob("*.seg"):
            data = path.read_bytes()
            if (at := data.find(b"ghost-of-the-works")) >= 0:
                path.write_bytes(data[:at] + b"G" + data[at + 1:])
        said = self.rampart("journal", "verify", self.journal, "--key", self.key, status=3)
        self.assertIn(str(number), said)
        report = json.loads(self.rampart("journal", "verify", self.journal, "--key", self.key, "--json", status=3))
        self.assertFalse(report["good"])
        self.assertEqual(report["faults"][0]["from"], number)
        # What cannot be read is said, and the rest is shown.
        shown = self.rampart("journal", "show", self.journal, status=1)
        self.assertIn("cannot be read", self.error)
        self.assertGreater(len(shown.splitlines()), 10)

    def test_a_witness_cosigns_growth_and_refuses_a_fork(self):
        state, key_file = self.folder / "witness", self.folder / "witness.pem"
        self.rampart("journal", "witness", state, "--name", "city/witness", "--key", key_file, "--make-key")
        witness = next(line for line in self.error.splitlines() if line.startswith("city/witness+"))
        twin = self.folder / "twin"
        shutil.copytree(self.journal, twin)

        def ask(journal, since, status=0):
            request = self.folder / "request"
            request.write_text(self.rampart("journal", "checkpoint", journal, "--since", since), encoding="utf-8")
            return self.rampart("journal", "witness", state, request, "--name", "city/witness", "--key", key_file,
                                "--trust", self.key, status=status)

        lines = self.folder / "cosignature"
        lines.write_text(ask(self.journal, 0), encoding="utf-8")
        self.rampart("journal", "checkpoint", self.journal, "--add", lines, "--witness", witness)
        report = json.loads(self.rampart("journal", "verify", self.journal, "--key", self.key, "--witness", witness, "--json"))
        self.assertGreater(report["witnessed_size"], 10)
        seen = report["witnessed_size"]
        # The answer may come late, while another process has the journal open and has signed since.
        holder = self.hold()
        self.rampart("journal", "checkpoint", self.journal, "--add", lines, "--witness", witness)
        holder.stdin.close()
        self.assertEqual(holder.wait(timeout=30), 0)
        # The journal grows: what was seen before must be said rightly.
        self.watch()
        ask(self.journal, 0, status=1)
        self.assertIn(f"--since {seen}", self.error)
        self.assertIn("city/witness", ask(self.journal, seen))
        # A copy that went another way is another journal under the same name.
        ask(self.journal, 0, status=1)
        seen = int(self.error.rsplit("--since ", 1)[1].split()[0])
        shutil.rmtree(self.journal)
        shutil.copytree(twin, self.journal)
        for _ in range(4):
            self.rampart("watch", "--read", self.capture, "--journal", self.journal, "--quiet")
        self.assertEqual(ask(self.journal, seen, status=3), "")
        self.assertIn("NOT cosigned", self.error)

    def test_an_older_checkpoint_must_be_a_part_of_it(self):
        kept = self.folder / "checkpoint.txt"
        kept.write_text(self.rampart("journal", "checkpoint", self.journal), encoding="utf-8")
        self.assertTrue(kept.read_text(encoding="utf-8").startswith("works/sensor-1\n"))
        twin = self.folder / "twin"
        shutil.copytree(self.journal, twin)
        self.watch()
        self.rampart("journal", "verify", self.journal, "--key", self.key, "--checkpoint", kept)
        later = self.folder / "later.txt"
        later.write_text(self.rampart("journal", "checkpoint", self.journal), encoding="utf-8")
        self.rampart("journal", "verify", twin, "--key", self.key, "--checkpoint", later, status=3)

    def test_exports_each_format_to_a_file(self):
        for form in ("jsonl", "syslog", "cef", "ocsf"):
            path = self.folder / f"export.{form}"
            self.rampart("journal", "export", self.journal, "--format", form, "-o", path, "--kind", "finding")
            lines = path.read_text(encoding="utf-8").splitlines()
            self.assertGreaterEqual(len(lines), 3, form)
            self.assertIn(f"exported {len(lines)} records", self.error)
            for line in lines:
                if form == "cef":
                    self.assertTrue(line.startswith("CEF:0|"), line)
                elif form == "syslog":
                    self.assertRegex(line, r"^<1?\d{1,2}>1 ")
                else:
                    json.loads(line)
        self.assertEqual(len(self.rampart("journal", "export", self.journal, "--format", "cef", "--kind", "finding")
                             .splitlines()), len(lines))

    def test_exports_tiles_for_other_peoples_tools(self):
        tiles = self.folder / "tiles"
        self.rampart("journal", "export", self.journal, "--format", "tlog", "-o", tiles)
        self.assertTrue((tiles / "checkpoint").read_text(encoding="utf-8").startswith("works/sensor-1\n"))
        self.assertTrue(any(pathlib.Path(tiles).glob("tile/entries/**/*")))

    def test_watch_keeps_every_read_where_asked(self):
        before = len(self.show("--kind", "transaction"))
        self.assertTrue(self.show("--kind", "read-summary"))
        self.watch("--all-operations")
        self.assertGreaterEqual(len(self.show("--kind", "transaction")) - before, 25)

    def test_prune_says_what_it_removed(self):
        self.assertIn("removed 0 records", self.rampart("journal", "prune", self.journal))


if __name__ == "__main__":
    unittest.main()
