#!/usr/bin/env python3
"""Who reads or exports a journal leaves a record of it, whoever holds the journal at that time."""

import shutil
import signal
import unittest

from support import JournalCase, wait_for


class ReadingIsRecorded(JournalCase):
    def setUp(self):
        super().setUp()
        self.key = self.init()
        self.some_traffic()
        self.watch()

    def reads(self, *words):
        return [record["rampart"] for record in self.show("--kind", "journal-read", *words)]

    def test_the_second_reading_shows_the_first(self):
        self.assertEqual(self.reads(), [])
        first = self.reads()
        self.assertEqual([read["what"] for read in first], ["show"])
        self.assertIn("journal-read", first[0]["filter"])
        self.assertEqual(first[0]["records"], 0)
        self.rampart("journal", "show", self.journal, "--from", "2", "--to", "5")
        last = self.reads()[-1]
        self.assertEqual((last["from"], last["to"], last["records"]), (2, 5, 3))
        self.assertRegex(last["person"], r"^p-[0-9a-f]{16}$")
        self.assertEqual(last["destination"], "file or pipe")

    def test_proofs_exports_and_names_are_readings_too(self):
        self.rampart("journal", "prove", self.journal, "1")
        self.rampart("journal", "export", self.journal, "--format", "cef", "-o", self.folder / "out.cef")
        self.rampart("journal", "persons", self.journal)
        reads = self.reads()
        self.assertEqual([read["what"] for read in reads], ["prove", "export cef", "persons"])
        self.assertEqual(reads[1]["destination"], str(self.folder / "out.cef"))
        self.assertGreater(reads[1]["records"], 10)

    def test_a_reading_is_recorded_while_another_process_holds_the_journal(self):
        holder = self.hold()
        self.rampart("journal", "show", self.journal, "--zone", "lower")
        self.assertNotIn("not recorded", self.error)
        found = wait_for("the holder takes the reading over",
                         lambda: [read for read in self.reads() if "lower" in read["filter"]])
        self.assertRegex(found[0]["person"], r"^p-[0-9a-f]{16}$")
        holder.stdin.close()
        self.assertEqual(holder.wait(timeout=30), 0)
        self.rampart("journal", "verify", self.journal, "--key", self.key)

    def test_follow_shows_what_comes_and_says_when_it_began_and_ended(self):
        following = self.start("journal", "follow", self.journal, "--from", "5", "--json")
        first = following.stdout.readline()
        self.assertIn('"record":5', first)
        self.watch()
        shown = [first]
        while '"run":"stop"' not in shown[-1] or sum('"run":"stop"' in line for line in shown) < 2:
            shown.append(following.stdout.readline())
            self.assertTrue(shown[-1], "follow ended")
        following.send_signal(signal.SIGINT)
        out, error = following.communicate(timeout=30)
        self.assertEqual((following.returncode, error), (0, ""))
        self.assertNotIn('"what":"follow"', "".join(shown) + out)
        what = [read["what"] for read in self.reads()]
        self.assertEqual(what, ["follow", "follow ended"])

    def test_a_copy_that_cannot_be_written_is_read_with_a_warning(self):
        copy = self.folder / "copy"
        shutil.copytree(self.journal, copy)
        # A file where the inbox should be and a lock that is no file: nobody can write here, root neither.
        shutil.rmtree(copy / "inbox", ignore_errors=True)
        (copy / "inbox").write_text("", encoding="utf-8")
        (copy / "lock").unlink(missing_ok=True)
        (copy / "lock").mkdir()
        out = self.rampart("journal", "show", copy, "--last", "3")
        self.assertEqual(len(out.splitlines()), 3)
        self.assertIn("warning: this reading is not recorded", self.error)

    def test_a_reader_that_wants_no_more_is_recorded_as_well(self):
        for _ in range(3):
            self.watch("--all-operations")
        showing = self.start("journal", "show", self.journal, "--json")
        showing.stdout.readline()
        showing.stdout.close()
        self.assertIn(showing.wait(timeout=30), (0, 1))
        self.assertEqual([read["what"] for read in self.reads()], ["show"])

    def test_a_name_is_forgotten_and_its_records_stay(self):
        identifier, name = self.rampart("journal", "persons", self.journal).split()
        self.rampart("journal", "forget", self.journal, name)
        erased = [r["rampart"] for r in self.show("--kind", "journal-event") if r["rampart"]["event"] == "name-erased"]
        self.assertEqual([event["reason"] for event in erased], [identifier])
        self.assertNotIn(identifier, self.rampart("journal", "persons", self.journal))
        self.assertTrue(self.show("--person", identifier))
        self.rampart("journal", "verify", self.journal, "--key", self.key)
        self.refused("journal", "forget", self.journal, "nobody-at-all", says="nobody called 'nobody-at-all'")


if __name__ == "__main__":
    unittest.main()
