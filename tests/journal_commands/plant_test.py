#!/usr/bin/env python3
"""Another plant, or a rule of it, is a record that says who changed what, in the words of the file."""

import hashlib
import unittest

from support import JournalCase


class PlantChanges(JournalCase):
    def setUp(self):
        super().setUp()
        self.key = self.init()
        self.some_traffic()

    def changes(self):
        return [r["rampart"] for r in self.show("--kind", "plant-change")]

    def rules(self):
        return [r["rampart"] for r in self.show("--kind", "rule-change")]

    def edit(self, old, new):
        text = self.plant.read_text(encoding="utf-8")
        self.assertIn(old, text)
        self.plant.write_text(text.replace(old, new), encoding="utf-8")

    def digest(self):
        return hashlib.sha256(self.plant.read_bytes()).hexdigest()

    def test_the_first_plant_is_a_change_and_the_same_again_is_none(self):
        self.watch()
        first = self.digest()
        self.watch()
        self.assertEqual([(c["how"], c["after_sha256"]) for c in self.changes()], [("loaded", first)])
        self.assertEqual(self.rules(), [])
        self.assertTrue((self.journal / "blobs" / first[:2] / first).exists())
        runs = [r["rampart"] for r in self.show("--kind", "run")]
        self.assertEqual([run["run"] for run in runs], ["start", "stop"] * 2)
        self.assertEqual({run["plant_sha256"] for run in runs}, {first})
        self.assertIn("workers=1", runs[0]["settings"])
        self.assertRegex(runs[0]["person"], "^p-")

    def test_rules_added_removed_and_altered_are_told_in_the_words_of_the_file(self):
        self.watch()
        before = self.digest()
        old = "{id: poll, allow: read, protocol: modbus, from: [scada, hmi], to: [plc]}"
        new = "{id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}"
        self.edit(old, new + "\n      - {id: peek, allow: read, protocol: modbus, from: [hmi], to: [plc]}")
        self.watch()
        change = self.changes()[-1]
        self.assertEqual((change["before_sha256"], change["after_sha256"]), (before, self.digest()))
        told = {(rule["rule"], rule["change"]): (rule.get("before", ""), rule.get("after", "")) for rule in self.rules()}
        self.assertEqual(told, {("poll", "altered"): (old, new), ("peek", "added"):
                                ("", "{id: peek, allow: read, protocol: modbus, from: [hmi], to: [plc]}")})
        self.edit("\n      - {id: peek, allow: read, protocol: modbus, from: [hmi], to: [plc]}", "")
        self.watch()
        self.assertEqual((self.rules()[-1]["rule"], self.rules()[-1]["change"]), ("peek", "removed"))

    def test_set_tells_who_changed_which_value(self):
        self.watch()
        path = "conduits/up-down/rules/move/rate"
        self.rampart("set", self.plant, path, "5/min", "--journal", self.journal)
        change = self.changes()[-1]
        self.assertEqual((change["how"], change["path"], change["before"], change["after"]), ("set", path, "60/min", "5/min"))
        self.assertRegex(change["person"], "^p-")
        self.assertEqual([(rule["rule"], rule["change"]) for rule in self.rules()], [("move", "altered")])
        self.watch()  # the same plant: nothing more to tell
        self.assertEqual(len(self.changes()), 2)
        self.rampart("journal", "verify", self.journal, "--key", self.key)

    def test_a_plant_set_without_its_journal_is_found_by_the_next_watch(self):
        self.watch()
        self.rampart("set", self.plant, "conduits/up-down/rules/move/rate", "5/min")
        self.watch()
        self.assertEqual(self.changes()[-1]["how"], "loaded")
        self.assertEqual([(rule["rule"], rule["change"]) for rule in self.rules()], [("move", "altered")])

    def test_where_the_text_before_is_gone_it_is_said(self):
        self.watch()
        digest = self.digest()
        (self.journal / "blobs" / digest[:2] / digest).unlink()
        self.edit("rate: 60/min", "rate: 6/min")
        self.watch()
        self.assertIn("rules not compared", self.changes()[-1]["how"])
        self.assertEqual(self.rules(), [])


if __name__ == "__main__":
    unittest.main()
