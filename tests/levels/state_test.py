#!/usr/bin/env python3
"""Statements: added, listed, withdrawn; kept beside the plant and told to the journal; never above what was seen."""

import hashlib
import json
import unittest

from story import LevelsCase

ADD = ["--by", "j.koch", "--reason", "emergency supply tried out", "--until", "2w"]


class States(LevelsCase):
    def add(self, *words, status=0):
        return self.rampart("state", "add", self.plant, *words, *ADD, status=status)

    def answer(self, aspect, zone="control"):
        return self.aspect(self.json(), zone, aspect)

    def test_a_statement_answers_what_nobody_sees_and_its_withdrawal_takes_that_back(self):
        document = self.folder / "protocol.txt"
        document.write_text("all went well", encoding="utf-8")
        self.assertEqual(self.answer("SR 7.5/a")["answer"], "not-assessed")
        out = self.add("SR 7.5/a", "--scope", "zone control", "--document", document, "--journal", self.journal)
        self.assertIn("st-1", out)
        kept = [json.loads(line) for line in (self.folder / "plant.statements.jsonl").read_text("utf-8").splitlines()]
        self.assertEqual(kept[0]["sha256"], hashlib.sha256(document.read_bytes()).hexdigest())
        aspect = self.answer("SR 7.5/a")
        self.assertEqual((aspect["answer"], aspect["stated"], aspect["statements"]), ("met", True, ["st-1"]))
        self.assertEqual(self.answer("SR 7.5/a", "remote")["answer"], "not-assessed")
        self.rampart("state", "withdraw", self.plant, "st-1", "--by", "m.weber", "--journal", self.journal)
        self.assertEqual(self.answer("SR 7.5/a")["answer"], "not-assessed")
        told = [record["rampart"] for record in self.show("--kind", "statement")]
        self.assertEqual([one.get("withdrawn", False) for one in told], [False, True])
        self.assertRegex(told[0]["person"], "^p-")
        listed = self.rampart("state", "list", self.plant, "--all")
        self.assertIn("WITHDRAWN by m.weber", " ".join(listed.split()))
        self.assertNotIn("SR 7.5/a", self.rampart("state", "list", self.plant))
        self.refused("state", "withdraw", self.plant, "st-1", "--by", "m", says="already")
        self.refused("state", "withdraw", self.plant, "st-9", "--by", "m", says="no statement")

    def test_a_statement_never_outranks_what_the_plant_says(self):
        self.add("SR 2.1/b")
        aspect = self.answer("SR 2.1/b")
        self.assertEqual((aspect["answer"], aspect["contradicted"]), ("not-met", True))
        contradictions = self.json()["contradictions"]
        self.assertTrue(any(c["aspect"] == "SR 2.1/b" and c["statement"] == "st-1" for c in contradictions))
        for _ in range(2):
            self.rampart("levels", self.plant, "--journal", self.journal, "--record", self.journal)
        found = [r["rampart"]["reason"] for r in self.show("--kind", "finding") if r["alert"]["signature_id"] == 1095]
        self.assertIn("SR 2.1/b zone control", found)
        self.assertEqual(len(found), len(set(found)), "each is told once")
        self.add("SR 2.1/b", "--answer", "compensated", "--despite", "rules-name-roles")
        self.assertEqual(self.answer("SR 2.1/b")["answer"], "compensated")

    def test_maturity_stands_beside_the_levels(self):
        self.json()  # the first reading of a journal is itself a fact from then on
        before = self.json()["units"][0]["achieved"]
        self.add("ORG 1.1", "--maturity", "3")
        answer = self.json()
        clause = next(c for p in answer["programmes"] for g in p["groups"] for c in g["clauses"] if c["id"] == "ORG 1.1")
        self.assertEqual((clause["maturity"], clause["statement"]), (3, "st-1"))
        self.assertEqual(answer["units"][0]["achieved"], before)
        self.assertIn("ML 3", self.rampart("levels", self.plant, "--programmes"))

    def test_a_makers_declaration_lifts_the_capability_of_an_asset(self):
        self.add("SL-C 2", "--scope", "asset plc-intake")
        asset = next(a for a in self.json()["assets"] if a["id"] == "plc-intake")
        self.assertEqual(asset["capability"], [2, 2, 2, 2, 4, 2, 2])  # 4-2 asks no more of a controller in FR5
        other = next(a for a in self.json()["assets"] if a["id"] == "plc-dosing")
        self.assertEqual(other["capability"], [0, 0, 0, 0, 4, 0, 0])

    def test_nonsense_is_refused_and_leaves_the_file_as_it_was(self):
        self.add("SR 7.5/a")
        path = self.folder / "plant.statements.jsonl"
        before = path.read_bytes()
        for words, says in ((["SR 9.9"], "is no aspect"), (["SR 7.5/a", "--scope", "zone nowhere"], "no part of the plant"),
                            (["SR 7.5/a", "--answer", "perhaps"], "no answer"), (["ORG 1.1"], "maturity"),
                            (["SR 7.5/a", "--despite", "rules-kept"], "compensating")):
            self.refused("state", "add", self.plant, *words, *ADD, says=says, status=2)
        self.refused("state", "add", self.plant, "SR 7.5/a", "--by", "j", "--reason", "r", "--until", "2020-01-01",
                     says="--until", status=2)
        self.refused("state", "add", self.plant, "SR 7.5/a", *ADD, "--document", self.folder / "none", says="no document")
        self.assertEqual(path.read_bytes(), before)
        path.write_bytes(before + b"nonsense\n")
        self.refused("levels", self.plant, says="no JSON object")


if __name__ == "__main__":
    unittest.main()
