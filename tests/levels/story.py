"""What the tests of this folder share: the demonstration plant, and Modbus between its addresses as packets."""

import json
import pathlib
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "journal_commands"))

import support  # noqa: E402  (of the folder beside)

DEMO = pathlib.Path(__file__).resolve().parent.parent.parent / "demo" / "plant.yaml"
SCADA, HMI, ENG = "127.62.20.10", "127.62.20.21", "127.62.20.31"
INTAKE, DOSING, GATEWAY, BOOSTER = "127.62.10.11", "127.62.10.12", "127.62.10.20", "127.62.30.11"
CODES = ["IAC", "UC", "SI", "DC", "RDF", "TRE", "RA"]


def now():
    return int(time.time())


class Traffic(support.Capture):
    """All assets of the demonstration plant at work, as its rules allow."""

    def poll(self):
        for server in (INTAKE, DOSING, BOOSTER):
            self.read(HMI, server=server)
            self.read(SCADA, server=server)
        for unit in (7, 8):
            self.read_unit(SCADA, GATEWAY, unit)
        for server in (INTAKE, DOSING, BOOSTER):
            self.identify(ENG, server)

    def read_unit(self, client, server, unit):
        header = struct.pack(">HHHB", 1, 0, 6, unit)
        self.packet(client, server, (40_000, 502), header + struct.pack(">BHH", 3, 100, 1))
        header = struct.pack(">HHHB", 1, 0, 5, unit)
        self.packet(server, client, (502, 40_000), header + struct.pack(">BBH", 3, 2, 7))

    def identify(self, client, server):
        answer = struct.pack(">BBBBBBB", 0x2B, 14, 1, 1, 0, 0, 1) + b"\x00\x09Riverside"
        self.exchange(client, server, struct.pack(">BBBB", 0x2B, 14, 1, 0), answer)


class LevelsCase(support.JournalCase):
    def setUp(self):
        super().setUp()
        text = DEMO.read_text(encoding="utf-8")
        self.plant.write_text(text.replace("roles:\n", "roles:\n  auditor:    {may: [watch, verify], factors: 2}\n"), "utf-8")
        self.init()

    def edit(self, old, new):
        text = self.plant.read_text(encoding="utf-8")
        self.assertIn(old, text)
        self.plant.write_text(text.replace(old, new), encoding="utf-8")

    def json(self, *words):
        return json.loads(self.rampart("levels", self.plant, "--journal", self.journal, "--json", *words))

    @staticmethod
    def unit(answer, name):
        return next(unit for unit in answer["units"] if unit["id"] == name)

    def cell(self, answer, name, code):
        return self.unit(answer, name)["cells"][CODES.index(code)]

    def aspect(self, answer, name, aspect):
        for row in self.unit(answer, name)["rows"]:
            for one in row["aspects"]:
                if one["aspect"] == aspect:
                    return one
        raise AssertionError(aspect)

    @staticmethod
    def facts(answer, aspect):
        return [answer["facts"][place] for place in aspect.get("facts", [])]

    def start_watch(self, packets):
        """A monitor that runs: it has read `packets` and waits for more."""
        holder = self.start("watch", self.plant, "--read", "-", "--journal", self.journal, "--quiet",
                            stdin=support.subprocess.PIPE)
        holder.stdin.buffer.write(bytes(packets.bytes))
        holder.stdin.flush()
        support.wait_for("the monitor has begun",
                         lambda: any(r["rampart"]["run"] == "start" for r in self.show("--kind", "run")))
        return holder
