#!/usr/bin/env python3
"""Levels of the demonstration plant: what changes one, and that its cause is named."""

import csv
import io
import re
import unittest

import story
from story import HMI, INTAKE, LevelsCase, Traffic, now
from support import wait_for


class Levels(LevelsCase):
    def watched(self, change=lambda traffic: None):
        """One run over traffic of a minute ago."""
        traffic = Traffic(now() - 60)
        traffic.poll()
        change(traffic)
        traffic.save(self.capture)
        self.watch()

    def test_a_plant_that_nobody_watches_is_not_assessed_and_says_so(self):
        out = self.rampart("levels", self.plant)
        row = next(line for line in out.splitlines() if line.startswith("zone remote"))
        self.assertEqual(row.split()[2:], ["-/2", "0/2", "-/2", "-/2", "-/2", "-/2", "-/2"])
        self.assertIn("too little was seen to say", " ".join(out.split()))
        self.assertTrue(all(len(line) <= 80 for line in out.splitlines()), out)

    def test_anyone_can_change_settings_and_nothing_is_logged_is_level_0_and_names_the_rows(self):
        answer = story.json.loads(self.rampart("levels", self.plant, "--json"))
        cell = self.cell(answer, "control", "UC")
        self.assertEqual((cell["achieved"], cell["assessed"]), (0, True))
        self.assertIn("SR 2.1", cell["blocked_by"])
        self.assertIn("SR 2.8", cell["blocked_by"])
        role = self.aspect(answer, "control", "SR 2.1/b")
        self.assertEqual(role["answer"], "not-met")
        self.assertIn("rule operate", self.facts(answer, role)[0]["text"])
        self.assertTrue(self.facts(answer, role)[0]["sources"][0]["plant_line"] > 50)
        self.assertEqual(self.aspect(answer, "control", "SR 2.8/a")["answer"], "not-assessed")

    def test_fr6_is_reached_while_the_monitor_runs_and_falls_when_it_stops(self):
        traffic = Traffic(now() - 30)
        for _ in range(20):
            traffic.poll()
        holder = self.start_watch(traffic)
        self.rampart("journal", "show", self.journal)  # a reading, which is recorded

        def reached():
            answer = self.json()
            return answer if self.cell(answer, "control", "TRE")["achieved"] == 2 else None

        answer = wait_for("FR6 is reached", reached)
        self.assertEqual(self.aspect(answer, "control", "SR 6.2/a")["answer"], "met")
        self.assertEqual(self.cell(answer, "control", "TRE")["blocked_by"], ["SR 6.1 RE 1"])
        holder.stdin.close()
        holder.wait(timeout=30)
        answer = self.json()
        stopped = self.aspect(answer, "control", "SR 6.2/a")
        self.assertEqual((stopped["answer"], self.facts(answer, stopped)[0]["fact"]), ("not-met", "monitor-running"))
        cell = self.cell(answer, "control", "TRE")
        self.assertEqual((cell["achieved"], cell["blocked_by"]), (1, ["SR 6.2"]))

    def test_a_step_too_large_makes_its_row_fall_with_the_packet_named(self):
        self.watched()
        before = self.json()
        self.assertEqual(self.aspect(before, "supervisory-to-control", "SR 5.2/d")["answer"], "met")
        self.watched(lambda traffic: traffic.write(HMI, 5_000, register=100, server=INTAKE))
        after = self.json()
        for aspect in ("SR 3.5/b", "SR 5.2/d"):
            found = self.aspect(after, "control", aspect)
            self.assertEqual(found["answer"], "not-met", aspect)
        source = self.facts(after, self.aspect(after, "control", "SR 3.5/b"))[0]["sources"][-1]
        record = self.show("--from", str(source["record"]), "--to", str(source["record"] + 1))[0]
        self.assertEqual(record["rampart"]["record"], source["record"])
        self.assertIn("packet", source)
        why = self.rampart("levels", self.plant, "--journal", self.journal, "--zone", "control", "--why", "sr3.5")
        self.assertRegex(" ".join(why.split()), r"record \d+, packet \d+")
        self.assertTrue(all(len(line) <= 80 for line in why.splitlines()), why)

    def test_follow_tells_a_change_within_seconds_with_its_cause_and_records_it(self):
        self.watched()
        own = self.folder / "own"
        self.rampart("init", own, "--name", "works/levels")
        follower = self.start("levels", self.plant, "--journal", self.journal, "--journal", own, "--record", own, "--follow",
                              stderr=story.support.subprocess.STDOUT)
        lines = []

        def told(pattern):
            while True:
                line = follower.stdout.readline()
                if not line:
                    raise AssertionError("".join(lines))
                lines.append(line)
                if re.search(pattern, line):
                    return line

        told(r"zone remote")
        told(r"zone remote TRE - to 1/2: Readings are recorded")  # this very reading
        for row in ("SR 4.1", "SR 4.3"):
            self.rampart("state", "add", self.plant, row, "--scope", "zone remote", "--by", "j.koch", "--reason", "seen",
                         "--until", "2w")
        line = told(r"zone remote DC - to 1/2")
        self.assertIn("statements were added", line + follower.stdout.readline())
        wait_for("the change is recorded", lambda: any(
            r["rampart"]["requirement"] == "FR4" for r in self.show("--kind", "level-change", journal=own)))
        follower.terminate()
        follower.wait(timeout=30)
        changes = [r["rampart"] for r in self.show("--kind", "level-change", journal=own)]
        self.assertTrue(any(c["requirement"] == "FR4" and c["subject"] == "remote" and c["after"] == 1 for c in changes), changes)
        answer = story.json.loads(self.rampart("levels", self.plant, "--journal", own, "--json"))
        self.assertTrue(answer["changes"])

    def test_csv_and_json_say_the_same_and_json_is_whole(self):
        self.watched()
        self.json()  # the first reading of a journal is itself a fact from then on
        answer = self.json()
        table = list(csv.DictReader(io.StringIO(
            self.rampart("levels", self.plant, "--journal", self.journal, "--csv"))))
        self.assertEqual(len(table), 7 * len(answer["units"]))
        for line in table:
            cell = self.cell(answer, line["id"], line["code"])
            self.assertEqual((line["achieved"], line["target"]), (str(cell["achieved"]), str(cell["target"])))
        self.assertEqual(len(answer["rows"]), 100)
        self.assertEqual(len(answer["metrics"]), 14)
        self.assertEqual({p["part"] for p in answer["programmes"]}, {"2-1", "2-4", "4-1"})
        words = {kind["fact"] for kind in answer["fact_kinds"]}
        for unit in answer["units"]:
            self.assertEqual(len(unit["rows"]), 100)
            self.assertEqual([row["row"] for row in unit["rows"]], [row["id"] for row in answer["rows"]])
            for row in unit["rows"]:
                for aspect in row["aspects"]:
                    for fact in self.facts(answer, aspect) + [answer["unseen"][place] for place in aspect.get("missing", [])]:
                        self.assertIn(fact["fact"], words)
        for step in answer["steps"]:
            self.assertTrue(step["do"] and step["where"])
            for lift in step["lifts"] + step["lightens"]:
                self.assertLess(lift["unit"], len(answer["units"]))
        named = {asset["id"] for asset in answer["assets"]}
        self.assertEqual(named, {asset for zone in answer["map"]["zones"] for asset in zone["assets"]})
        heard = {asset["id"] for asset in answer["map"]["assets"] if asset["heard"]}
        self.assertIn("flow-meter", heard)
        self.assertIn("plc-intake", heard)

    def test_the_json_has_the_keys_of_its_page_and_no_other(self):
        self.watched()
        answer = self.json()
        page = (story.DEMO.parent.parent / "docs" / "formats" / "levels.md").read_text(encoding="utf-8")
        for key in answer:
            self.assertIn(f'"{key}"', page)
        for name in ("units", "facts", "rows", "steps", "metrics", "assets", "fact_kinds", "journals"):
            for key in answer[name][0]:
                self.assertIn(f'"{key}"', page, name)
        for key in answer["units"][0]["cells"][0]:
            self.assertIn(f'"{key}"', page)
        for row in answer["units"][0]["rows"]:
            for aspect in row["aspects"]:
                for key in aspect:
                    self.assertIn(key, page)

    def test_steps_and_why_say_what_to_do_where_and_by_which_command(self):
        said = " ".join(self.rampart("levels", self.plant, "--steps").split())
        self.assertRegex(said, r"\b[1-3]\. make a journal by `rampart init DIR \S+ \S+, start `rampart watch PLANT", "among the first")
        self.assertRegex(said, r'state it: `rampart state add PLANT "SR 1.4/c" --scope plant --by NAME')
        self.assertRegex(said, r'no program sees that yet, so state it: `rampart state add PLANT "SR [0-9./a-z]+" --scope "zone supervisory"')
        why = " ".join(self.rampart("levels", self.plant, "--zone", "control", "--why", "SR 2.1").split())
        self.assertIn("> write `role: ROLE` at each rule", why)
        self.assertIn("start it by `rampart guard PLANT --as GW --journal DIR`", why)
        kinds = self.json()["fact_kinds"]
        for kind in kinds:
            self.assertTrue(kind["mend"] == "none" or len(kind["mend"].split()) > 5, f"{kind['fact']}: {kind['mend']}")

    def test_other_views_fit_a_terminal(self):
        self.watched()
        for words in (["--steps"], ["--metrics"], ["--programmes"], ["--capability"], ["--asset", "plc-intake"],
                      ["--zone", "control"], ["--zone", "supervisory-to-control"], ["--why", "FR1"]):
            out = self.rampart("levels", self.plant, "--journal", self.journal, *words)
            self.assertTrue(out.strip(), words)
            long = [line for line in out.splitlines() if len(line) > 80]
            self.assertEqual(long, [], words)

    def test_diff_tells_what_another_plant_would_change(self):
        self.watched()
        other = self.folder / "other.yaml"
        text = self.plant.read_text(encoding="utf-8")
        other.write_text(text.replace("rate: 60/min}", "rate: 60/min, reviewed: no}"), encoding="utf-8")
        out = self.rampart("diff", self.plant, other, "--journal", self.journal, status=3)
        self.assertRegex(out, r"zone control RA: - to 0\n( .*\n)* +SR 7\.6 not-assessed to not-met")
        self.assertNotIn("TRE", out)
        self.assertEqual(self.rampart("diff", self.plant, self.plant, "--journal", self.journal), "no row and no level differs\n")
        self.rampart("diff", self.plant, status=2)
        self.rampart("diff", self.plant, "--journal", self.journal, "--from", "2020-01-01", status=3)

    def test_a_verified_journal_is_evidence(self):
        self.watched()
        self.assertEqual(self.aspect(self.json(), "control", "SR 3.3/b")["answer"], "not-assessed")
        self.rampart("journal", "verify", self.journal, "--record", self.journal)
        self.assertEqual(self.aspect(self.json(), "control", "SR 3.3/b")["answer"], "met")

    def test_metrics_over_time_are_a_table(self):
        self.watched()
        lines = self.rampart("levels", self.plant, "--journal", self.journal, "--metrics", "--since", "3d").splitlines()
        self.assertEqual(len(lines), 1 + 4)
        self.assertTrue(all(line.count(",") == 14 for line in lines), lines)
        self.assertTrue(lines[0].startswith("time,M01,"))
        self.rampart("levels", self.plant, "--metrics", "--since", "30d", "--every", "1m", status=2)

    def test_an_overlay_moves_a_row(self):
        overlay = self.folder / "own.csv"
        overlay.write_text("row,lowest,why\nSR 6.2,5,for a test\n", encoding="utf-8")
        row = next(r for r in self.json("--overlay", overlay)["rows"] if r["id"] == "SR 6.2")
        self.assertEqual((row["lowest"], row["own"]), (5, "for a test"))
        overlay.write_text("row,lowest\nSR 6.9,1\n", encoding="utf-8")
        self.refused("levels", self.plant, "--overlay", overlay, says="is no row")

    def test_what_is_asked_wrongly_is_said(self):
        self.refused("levels", self.plant, "--zone", "contrl", says="no zone", status=2)
        self.refused("levels", self.plant, "--why", "SR 9.9", says="no row", status=2)
        self.refused("levels", says="plant file is needed", status=2)
        self.refused("levels", self.plant, "--at", "yesterday", says="--at", status=2)
        self.refused("levels", self.plant, "--journal", self.folder / "none", says="none")


if __name__ == "__main__":
    unittest.main()
