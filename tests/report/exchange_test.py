#!/usr/bin/env python3
"""The levels in other programs' forms: OSCAL assessment results held against that model's constraints, and a Navigator layer."""

import datetime
import re
import unittest

import pages

UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
TOKEN = re.compile(r"^[A-Za-z_][\w.-]*$", re.ASCII)
# Of each object of the model that we write: keys it must have, and keys it may have.
MODEL = {
    "assessment-results": ("uuid metadata import-ap results", "local-definitions back-matter"),
    "metadata": ("title last-modified version oscal-version", "published revisions props links roles parties remarks"),
    "import-ap": ("href", "remarks"),
    "results": ("uuid title description start reviewed-controls", "end props links local-definitions attestations "
                "assessment-log observations risks findings remarks"),
    "local-definitions": ("", "components inventory-items users assessment-assets tasks"),
    "components": ("uuid type title description status", "purpose props links responsible-roles protocols remarks"),
    "reviewed-controls": ("control-selections", "description props links control-objective-selections remarks"),
    "control-selections": ("", "description props links include-all include-controls exclude-controls remarks"),
    "include-controls": ("control-id", "statement-ids"),
    "observations": ("uuid description methods collected", "title props links types origins subjects relevant-evidence expires remarks"),
    "subjects": ("subject-uuid type", "title props links remarks"),
    "relevant-evidence": ("description", "href props links remarks"),
    "findings": ("uuid title description target", "props links origins implementation-statement-uuid related-observations "
                 "related-risks remarks"),
    "target": ("type target-id status", "title description props links implementation-status remarks"),
    "related-observations": ("observation-uuid", ""),
    "back-matter": ("", "resources"),
    "resources": ("uuid", "title description props document-ids citation rlinks base64 remarks"),
    "rlinks": ("href", "media-type hashes"),
    "hashes": ("algorithm value", ""),
    "include-all": ("", ""),
}
WORDS = {
    "methods": {"EXAMINE", "INTERVIEW", "TEST", "UNKNOWN"},
    "types": {"ssp-statement-issue", "control-objective", "mitigation", "finding", "historic"},
}
TIMES = {"last-modified", "start", "end", "collected"}


def faults(name, value, at="", above=""):
    """What of the model's constraints does not hold, each with its place."""
    at = f"{at}/{name}"
    if isinstance(value, list):
        if not value:
            yield f"{at}: a list that is there must not be empty"
        for one in value:
            if name in WORDS:
                if one not in WORDS[name]:
                    yield f"{at}: {one}"
            else:
                yield from faults(name, one, at, above)
        return
    if isinstance(value, dict):
        if name == "status":
            if above == "target":
                if value.get("state") not in ("satisfied", "not-satisfied") or value.get("reason", "pass") not in ("pass", "fail", "other"):
                    yield f"{at}: {value}"
            elif value.get("state") not in ("under-development", "operational", "disposition", "other"):
                yield f"{at}: {value}"
            return
        if name not in MODEL:
            yield f"{at}: the model has no such object"
            return
        must, may = (set(words.split()) for words in MODEL[name])
        for key in must - set(value):
            yield f"{at}: lacks {key}"
        for key in set(value) - must - may:
            yield f"{at}: may not have {key}"
        for key, inner in value.items():
            yield from faults(key, inner, at, name)
        return
    if not isinstance(value, str) or not value or value != value.strip():
        yield f"{at}: {value!r} is no text of its kind"
    elif name == "uuid" or name.endswith("-uuid"):
        if not UUID.match(value):
            yield f"{at}: {value} is no UUID of version 4 or 5"
    elif name in ("control-id", "target-id"):
        if not TOKEN.match(value):
            yield f"{at}: {value} is no token"
    elif name in TIMES:
        if datetime.datetime.fromisoformat(value).tzinfo is None or not re.search(r"(Z|[+-]\d\d:\d\d)$", value):
            yield f"{at}: {value} has no time zone"


class Exchange(pages.ReportCase):
    def made(self, option, *words):
        file = self.folder / f"{option}.json"
        self.rampart("levels", self.plant, "--journal", self.journal, f"--{option}", file, *words)
        return pages.json.loads(file.read_text("utf-8"))

    def test_oscal_keeps_to_the_model(self):
        self.watched(self.attacked)
        self.rampart("state", "add", self.plant, "SR 7.5/a", "--scope", "zone control", "--by", "j.koch", "--reason", "tried out", "--until", "2w")
        said = self.made("oscal")
        self.assertEqual(list(said), ["assessment-results"])
        self.assertEqual(list(faults("assessment-results", said["assessment-results"])), [])
        results = said["assessment-results"]
        self.assertRegex(results["metadata"]["oscal-version"], r"^1\.1\.")
        result = results["results"][0]
        own = [one["uuid"] for kind in ("observations", "findings") for one in result[kind]]
        own += [one["uuid"] for one in result["local-definitions"]["components"]] + [result["uuid"], results["uuid"]]
        self.assertEqual(len(own), len(set(own)), "a UUID names one thing")
        observed = {one["uuid"] for one in result["observations"]}
        for finding in result["findings"]:
            for related in finding.get("related-observations", []):
                self.assertIn(related["observation-uuid"], observed)
        there = {one["uuid"] for one in result["local-definitions"]["components"]}
        self.assertTrue(all(subject["subject-uuid"] in there for one in result["observations"] for subject in one["subjects"]))
        self.assertEqual(results["import-ap"]["href"], "#" + results["back-matter"]["resources"][0]["uuid"])
        self.assertLessEqual(result["start"], result["end"])
        self.assertIn("INTERVIEW", {method for one in result["observations"] for method in one["methods"]})

    def test_oscal_says_of_each_row_what_json_says(self):
        self.watched(self.attacked)
        self.json()  # the first reading is a fact itself
        answer, result = self.json(), self.made("oscal")["assessment-results"]["results"][0]
        lowest = {row["id"]: (row["lowest"], int(row["fr"][2]) - 1) for row in answer["rows"]}
        expected = [row["answer"] for unit in answer["units"] for row in unit["rows"]
                    if lowest[row["row"]][0] <= unit["target"][lowest[row["row"]][1]]]
        states = [(one["target"]["status"]["state"], one["target"]["status"]["reason"]) for one in result["findings"]]
        meaning = {"met": ("satisfied", "pass"), "compensated": ("satisfied", "other"), "not-applicable": ("satisfied", "other"),
                   "not-met": ("not-satisfied", "fail"), "not-assessed": ("not-satisfied", "other")}
        self.assertEqual(states, [meaning[one] for one in expected])
        self.assertIn(("not-satisfied", "fail"), states)

    def test_the_constraints_find_planted_faults(self):
        self.watched()
        good = self.made("oscal")["assessment-results"]

        def finding(one):
            return one["results"][0]["findings"][0]

        for plant in (lambda one: one.pop("import-ap"), lambda one: one.update(uuid="7"),
                      lambda one: finding(one)["target"]["status"].update(state="met"),
                      lambda one: finding(one)["target"].update({"target-id": "SR 1.1"}),
                      lambda one: one["results"][0].update(observations=[]),
                      lambda one: one["results"][0].update(start="2026-11-26T10:00:00")):
            spoiled = pages.json.loads(pages.json.dumps(good))
            plant(spoiled)
            self.assertNotEqual(list(faults("assessment-results", spoiled)), [])

    def test_oscal_of_a_plant_that_nobody_watches_keeps_to_the_model_too(self):
        file = self.folder / "o.json"
        self.rampart("levels", self.plant, "--oscal", file)
        self.assertEqual(list(faults("assessment-results", pages.json.loads(file.read_text())["assessment-results"])), [])

    def test_navigator_layer_names_the_techniques_of_findings(self):
        self.watched(self.attacked)
        layer = self.made("navigator")
        self.assertEqual((layer["domain"], layer["versions"]["layer"]), ("ics-attack", "4.5"))
        counted = {}
        for record in self.show("--kind", "finding"):
            for technique in self.techniques_of(record):
                counted[technique] = counted.get(technique, 0) + 1
        self.assertTrue(counted)
        self.assertEqual({one["techniqueID"] for one in layer["techniques"]}, set(counted))
        self.assertTrue(all(one["score"] >= 1 and re.match(r"^T0\d{3}$", one["techniqueID"]) for one in layer["techniques"]))

    @staticmethod
    def techniques_of(record):
        return re.findall(r"\bT0\d{3}\b", pages.json.dumps(record))


if __name__ == "__main__":
    unittest.main()
