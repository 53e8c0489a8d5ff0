#!/usr/bin/env python3
"""What each level means, on the demonstration plant: with a monitor, and a gateway that stands in its conduits."""

import json
import os
import pwd
import unittest

import story
from story import LevelsCase, Traffic, now
from support import wait_for

STATED = ["--by", "j.koch", "--reason", "looked at, station by station", "--until", "2w"]
GATEWAY = """
gateways:
  - id: gw-1
    serves:
      - {to: plc-intake, protocol: modbus, at: 127.62.20.2, port: 15021, server-port: 502}
      - {to: plc-dosing, protocol: modbus, at: 127.62.20.2, port: 15022, server-port: 502}
      - {to: flow-meter, protocol: modbus, at: 127.62.20.2, port: 15023, server-port: 502}
      - {to: turbidity-meter, protocol: modbus, at: 127.62.20.2, port: 15024, server-port: 502}
      - {to: rtu-booster, protocol: modbus, at: 127.62.20.2, port: 15025, server-port: 502}
"""


class Examples(LevelsCase):
    def setUp(self):
        super().setUp()
        text = self.plant.read_text(encoding="utf-8").replace("    mode: test\n", "    mode: enforce\n    guard: gw-1\n")
        self.plant.write_text(text + GATEWAY, encoding="utf-8")
        self.journals = [self.journal, self.folder / "gw-1"]
        self.rampart("init", self.journals[1], "--name", "works/gw-1")

    def all(self, *words):
        journals = [word for journal in self.journals for word in ("--journal", journal)]
        return json.loads(self.rampart("levels", self.plant, *journals, "--json", *words))

    def work(self):
        """The plant at work for half a minute, heard by a monitor that goes on; a gateway in its conduits."""
        traffic = Traffic(now() - 30)
        for _ in range(20):
            traffic.poll()
        self.start_watch(traffic)
        self.guard = self.start("guard", self.plant, "--as", "gw-1", "--journal", self.journals[1], "--quiet",
                                "--user", pwd.getpwuid(os.getuid()).pw_name)
        self.rampart("journal", "show", self.journal)
        self.rampart("journal", "export", self.journal, "--format", "jsonl", "-o", self.folder / "out.jsonl")
        wait_for("the gateway's evidence", lambda: self.aspect(self.all(), "supervisory-to-control", "SR 5.2/b")["answer"] == "met")

    def state_what_people_answer_for(self, name, code, level):
        """States every aspect of a cell that nobody of ours sees: accounts, hosts, procedures."""
        answer = self.all()
        rows = {row["id"]: row for row in answer["rows"]}
        for row in self.unit(answer, name)["rows"]:
            if rows[row["row"]]["fr"] != f"FR{story.CODES.index(code) + 1}" or rows[row["row"]]["lowest"] > level:
                continue
            for aspect in row["aspects"]:
                if aspect["answer"] == "not-assessed":
                    self.rampart("state", "add", self.plant, aspect["aspect"], "--scope", f"zone {name}", *STATED)

    def test_only_listed_addresses_and_roles_with_defined_rights_is_level_2_and_a_rule_without_a_role_is_0(self):
        self.edit("target: {IAC: 2, UC: 3,", "inventory: {complete: true, reviewed: 2026-11-01, by: j.koch}\n    target: {IAC: 2, UC: 3,")
        for rule in ("operate", "dose", "look"):
            self.edit(f"{{id: {rule}, ", f"{{id: {rule}, role: operator, ")
        self.work()
        honest = self.cell(self.all(), "control", "UC")
        self.assertFalse(honest["assessed"] and honest["achieved"] > 0, "accounts and stations: nobody has seen them")
        self.state_what_people_answer_for("control", "UC", 2)
        reached = self.cell(self.all(), "control", "UC")
        self.assertEqual(reached["achieved"], 2, reached)
        self.edit("{id: operate, role: operator, ", "{id: operate, ")
        fallen = self.all()
        cell = self.cell(fallen, "control", "UC")
        self.assertEqual((cell["achieved"], cell["blocked_by"]), (0, ["SR 2.1"]))
        fact = self.facts(fallen, self.aspect(fallen, "control", "SR 2.1/b"))[0]
        self.assertEqual((fact["fact"], "rule operate" in fact["text"]), ("rules-name-roles", True))


if __name__ == "__main__":
    unittest.main()
