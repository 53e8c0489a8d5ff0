#!/usr/bin/env python3
"""The report as a file: its data are those of --json, nothing in it is anything but data, and it says what changed."""

import unittest

import pages
from pages import inside


class Files(pages.ReportCase):
    def test_report_carries_what_json_says(self):
        self.watched()
        self.json()  # the first reading is a fact itself
        carried, _ = inside(self.report().read_text("utf-8"))
        said = self.json()
        for part in ("plant", "units", "rows", "foundational", "fact_kinds", "map"):
            self.assertEqual(self.timeless(carried[part]), self.timeless(said[part]), part)
        self.assertEqual([fr["code"] for fr in said["foundational"]], pages.sys.modules["story"].CODES)

    @staticmethod
    def timeless(part):
        """Without what differs between two runs a moment apart: the plant's facts are as of now."""
        text = pages.json.dumps(part)
        return pages.re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+\+0000", "T", text)

    def test_the_command_says_where_it_is_and_where_the_plant_stands(self):
        out = self.rampart("levels", self.plant, "--report", self.folder / "r.html")
        self.assertIn("targets are reached by this evidence", out)
        self.assertIn(str(self.folder / "r.html"), out)

    def test_a_report_that_cannot_be_written_is_refused_and_not_remembered(self):
        self.refused("levels", self.plant, "--journal", self.journal, "--report", self.folder / "no" / "r.html", says="no")
        page = self.report()
        self.assertNotIn("since", inside(page.read_text("utf-8"))[0], "the first report that is there has nothing before it")

    def test_what_the_plant_holds_is_data_and_nothing_else(self):
        self.edit("plant: Riverside Water Works, demonstration", "plant: " + pages.json.dumps(pages.HOSTILE, ensure_ascii=False))
        self.edit("name: Process control", "name: " + pages.json.dumps(pages.HOSTILE, ensure_ascii=False))
        page = self.report().read_text("utf-8")
        carried, rest = inside(page)
        self.assertEqual(carried["plant"]["name"], pages.HOSTILE)
        self.assertNotIn(pages.HOSTILE[:20], rest)
        plain, shell = inside((pages.WEB / "dist/report.html").read_text("utf-8").replace(
            "RAMPART-LEVELS", pages.base64.b64encode(pages.gzip.compress(b"{}")).decode()))
        self.assertEqual((plain, rest), ({}, shell), "nothing outside of the data differs from one plant to the next")

    def test_the_second_report_is_compared_with_the_first(self):
        self.watched()
        first = inside(self.report().read_text("utf-8"))[0]
        self.assertNotIn("since", first)
        second = inside(self.report().read_text("utf-8"))[0]
        between = pages.seconds(second["since"]["at"]) - pages.seconds(first["at"])
        self.assertTrue(0 <= between < 30, between)

    def test_since_says_which_rows_and_levels_were_others_then(self):
        self.watched(ago=3600)
        self.watched(self.attacked, ago=60)
        made = inside(self.report("--since", "10m").read_text("utf-8"))[0]
        control = next(i for i, unit in enumerate(made["units"]) if unit["id"] == "control")
        rows = {row["row"]: (row["before"], row["after"]) for cell in made["since"]["cells"] if cell["unit"] == control
                for row in cell["rows"]}
        self.assertEqual(rows["SR 3.5"][1], "not-met", rows)
        self.assertNotEqual(rows["SR 3.5"][0], "not-met")
        for cell in made["since"]["cells"]:
            self.assertEqual(cell["after"], made["units"][cell["unit"]]["achieved"][cell["fr"]])

    def test_two_hundred_zones_stay_below_one_and_a_half_megabytes(self):
        self.plant.write_text(pages.large_plant(200), "utf-8")
        page = self.report()
        print(f"report of 200 zones: {page.stat().st_size} octets")
        self.assertLess(page.stat().st_size, 1_500_000)
        self.assertEqual(inside(page.read_text("utf-8"))[0]["summary"]["zones"], 200)


if __name__ == "__main__":
    unittest.main()
