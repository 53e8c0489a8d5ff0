"""The demonstration plant with a wire: two gateways by the plant's own authority, devices at both ends, and what people answer for."""

import importlib.util
import json
import os
import pathlib
import pwd
import signal
import socket
import ssl

import story
from story import DOSING, GATEWAY, HMI, INTAKE, SCADA, LevelsCase, Traffic, now
from support import wait_for

NEAR, FAR = "127.62.20.2", "127.62.10.2"
CONDUIT = "supervisory-to-control"
STATED = ["--by", "j.koch", "--reason", "looked at, station by station", "--until", "2w"]
# What no program of ours sees: who logs in where, how stations are set, and what people do.
BY_PEOPLE = ("account", "host", "statement")


def gateway_support():
    """tests/gateway/support.py, whose name is that of another module here."""
    path = pathlib.Path(__file__).resolve().parent.parent / "gateway" / "support.py"
    spec = importlib.util.spec_from_file_location("gateway_support", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GATE = gateway_support()


def free_port(address):
    with socket.socket() as made:
        made.bind((address, 0))
        return made.getsockname()[1]


class ExampleCase(LevelsCase):
    """Levels from several journals, and people's statements."""

    def all(self, *words):
        journals = [word for journal in self.journals for word in ("--journal", journal)]
        return json.loads(self.rampart("levels", self.plant, *journals, "--json", *words))

    def start_guard(self, name, *words):
        return self.start("guard", self.plant, "--as", name, "--quiet", "--user", pwd.getpwuid(os.getuid()).pw_name, *words)

    def state_what_people_answer_for(self, name, code, level, also=()):
        """States every aspect of a cell that nobody of ours sees; `also` names others, and what is left is given."""
        answer = self.all()
        rows = {row["id"]: row for row in answer["rows"]}
        unit = self.unit(answer, name)
        left = []
        for row in unit["rows"]:
            if rows[row["row"]]["fr"] != f"FR{story.CODES.index(code) + 1}" or rows[row["row"]]["lowest"] > level:
                continue
            said = {aspect["id"]: aspect["fact"] for aspect in rows[row["row"]]["aspects"]}
            for aspect in row["aspects"]:
                if aspect["answer"] != "not-assessed":
                    continue
                if said[aspect["aspect"]] in BY_PEOPLE or aspect["aspect"] in also:
                    self.rampart("state", "add", self.plant, aspect["aspect"], "--scope", f"{unit['kind']} {name}", *STATED)
                else:
                    left.append(aspect["aspect"])
        return left


class WiredCase(ExampleCase):
    def setUp(self):
        super().setUp()
        self.journals = [self.journal, self.folder / "gw-1", self.folder / "gw-2"]
        for name in ("gw-1", "gw-2"):
            self.rampart("init", self.folder / name, "--name", f"works/{name}")
        self.guards = {}
        self.ports = {place: free_port(place[0]) for place in [(NEAR, "wire"), (FAR, "wire"), (NEAR, "intake"), (NEAR, "dosing"),
                                                               (NEAR, "flow"), (NEAR, "turbidity"), (NEAR, "operator"), (INTAKE, 0), (DOSING, 0),
                                                               (GATEWAY, 0)]}
        self.edit_plant()
        self.certify()
        self.intake = self.serve(INTAKE, {101: 0, 102: 240})
        self.serve(DOSING, {})

    def edit_plant(self):
        """What somebody writes who wants the level 3: targets, two gateways with TLS between them, roles, an inventory gone through."""
        self.edit("target: {IAC: 2, UC: 3, SI: 3, DC: 1, RDF: 3, TRE: 2, RA: 3}",
                  "inventory: {complete: true, reviewed: 2026-11-01, by: j.koch}\n    target: 3")
        self.edit("    target: {UC: 3, RDF: 3}\n    mode: test\n",
                  "    target: 3\n    mode: enforce\n    guard: {supervisory: gw-1, control: gw-2}\n    protect: mutual-tls\n")
        for rule in ("operate", "dose"):
            self.edit(f"{{id: {rule}, ", f"{{id: {rule}, role: operator, ")
        doors = "".join(f"      - {{to: {to}, protocol: modbus, at: {NEAR}, port: {self.ports[NEAR, door]}, server-port: {self.ports[server, 0]}{more}}}\n"
                        for to, door, server, more in (("plc-intake", "intake", INTAKE, ""), ("plc-intake", "operator", INTAKE, ", tls: clients"),
                                                       ("plc-dosing", "dosing", DOSING, ""), ("flow-meter", "flow", GATEWAY, ""),
                                                       ("turbidity-meter", "turbidity", GATEWAY, "")))
        text = self.plant.read_text(encoding="utf-8")
        self.plant.write_text(f"""{text}
gateways:
  - id: gw-1
    wire: {{at: {NEAR}, port: {self.ports[NEAR, "wire"]}}}
    serves:
{doors}  - id: gw-2
    wire: {{at: {FAR}, port: {self.ports[FAR, "wire"]}}}
""", encoding="utf-8")

    def certify(self):
        """The plant's authority certifies both gateways, and the operator station with its role."""
        said = self.rampart("pki", "init", self.folder / "authority", "--plant", self.plant)
        fingerprint = next(word for word in said.split() if len(word) == 64)
        for name, words in (("gw-1", ()), ("gw-2", ()), ("hmi-1", ("--role", "operator"))):
            folder, request, bundle = (self.folder / f"{name}.{what}" for what in ("identity", "csr", "pem"))
            self.rampart("pki", "enrol", folder, "--request", request, "--for", name)
            self.rampart("pki", "issue", self.folder / "authority", self.plant, "--request", request, "--out", bundle, *words)
            self.rampart("pki", "enrol", folder, "--bundle", bundle, "--fingerprint", fingerprint)

    def serve(self, address, registers):
        made = GATE.Server((address, self.ports[address, 0]))
        made.registers.update(registers)
        self.addCleanup(made.close)
        return made

    def guard(self, name, journal=True):
        words = ["--journal", self.folder / name] if journal else []
        self.guards[name] = self.start_guard(name, "--identity", self.folder / f"{name}.identity", *words)
        wire = (NEAR if name == "gw-1" else FAR, self.ports[NEAR if name == "gw-1" else FAR, "wire"])

        def listens():
            with socket.socket() as made:
                return made.connect_ex(wire) == 0
        wait_for(f"{name} listens", listens)

    def stop(self, name, how=signal.SIGTERM):
        self.guards[name].send_signal(how)
        self.guards[name].wait(timeout=30)

    def reload(self):
        for guard in self.guards.values():
            guard.send_signal(signal.SIGHUP)

    # Who asks.

    def ask(self, client, door, *messages):
        """One connection of a plain client; the answers, or None where the gateway gives none."""
        made = socket.socket()
        made.settimeout(30)
        try:
            made.bind((client, 0))
            made.connect((NEAR, self.ports[NEAR, door]))
            return self.answers(made, messages)
        except ConnectionError:
            return None
        finally:
            made.close()

    def ask_as_operator(self, *messages):
        """The operator station, by Modbus/TCP Security: its certificate says its role."""
        identity = self.folder / "hmi-1.identity"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(identity / "authority.pem")
        context.load_cert_chain(identity / "certificate.pem", identity / "key.pem")
        with socket.socket() as made:
            made.settimeout(30)
            made.bind((HMI, 0))
            made.connect((NEAR, self.ports[NEAR, "operator"]))
            with context.wrap_socket(made, server_hostname=NEAR) as secure:
                return self.answers(secure, messages)

    @staticmethod
    def answers(connection, messages):
        out = []
        for message in messages:
            connection.sendall(message)
            head = GATE.receive(connection, 7)
            if len(head) < 7:
                return None
            out.append(head + GATE.receive(connection, int.from_bytes(head[4:6], "big") - 1))
        return out

    def work(self):
        """The plant at work: a monitor hears it, both gateways carry it over the wire, and one attempt is refused."""
        traffic = Traffic(now() - 30)
        for _ in range(20):
            traffic.poll()
        self.traffic = traffic
        self.monitor = self.start_watch(traffic)
        self.guard("gw-2")
        self.guard("gw-1")
        self.operate()
        for journal in self.journals:
            self.rampart("journal", "show", journal)
            self.rampart("journal", "export", journal, "--format", "jsonl", "-o", self.folder / "out.jsonl")
        own = self.folder / "own"
        if not own.exists():
            self.rampart("init", own, "--name", "works/levels")
            self.journals.append(own)
        for journal in self.journals[:3]:
            self.rampart("journal", "verify", journal, "--record", own)

    def operate(self):
        read, write = GATE.read_registers, GATE.write_register
        self.assertEqual(self.ask(SCADA, "intake", read(1, 101), write(2, 101, 10))[1], write(2, 101, 10))
        self.assertIsNotNone(self.ask(SCADA, "dosing", read(1, 200, 2)))
        self.assertEqual(self.ask_as_operator(read(1, 102), write(2, 102, 250))[1], write(2, 102, 250))
        self.assertEqual(self.intake.registers[102], 250)
        refused = self.ask(HMI, "intake", write(3, 102, 260))
        self.assertEqual(refused[0][7] & 0x80, 0x80, "without the operator's certificate it is refused")

    # What is known.

    def levels(self):
        """All cells, by unit and code: achieved, or None where it is not assessed."""
        answer = self.all()
        return answer, {(unit["id"], code): cell["achieved"] if cell["assessed"] else None
                        for unit in answer["units"] for code, cell in zip(story.CODES, unit["cells"])}

    def falls(self, before, expected):
        """Waits until exactly the cells of `expected` differ from before, with these levels; gives what is known then."""
        last = {}

        def fell():
            answer, cells = self.levels()
            last.clear()
            last.update({key: level for key, level in cells.items() if level != before[key]})
            return answer if last == expected else None
        try:
            return wait_for(f"the cells {expected}", fell)
        except AssertionError as error:
            raise AssertionError(f"{error}, there are {last}") from error

    def against(self, answer, unit, aspect):
        """The facts that speak against an aspect: (word, text)."""
        return [(fact["fact"], fact["text"]) for fact in self.facts(answer, self.aspect(answer, unit, aspect)) if not fact["holds"]]
