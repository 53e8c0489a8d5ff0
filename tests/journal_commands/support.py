"""What the tests of this folder share: the program, small captures made here, folders that go away."""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = os.environ.get("RAMPART", "build/release/rampart")
DEADLINE = 30

SCADA, HMI, PLC, STRANGER = "10.1.0.10", "10.1.0.11", "10.2.0.10", "10.9.0.66"

PLANT = """rampart: 1
plant: Test works
zones:
  - id: upper
    target: 1
    networks: [10.1.0.0/24]
    assets:
      - {id: scada, kind: scada-server, at: [{ip: 10.1.0.10}]}
      - {id: hmi, kind: operator-station, at: [{ip: 10.1.0.11}]}
  - id: lower
    target: 1
    networks: [10.2.0.0/24]
    assets:
      - id: plc
        kind: controller
        at: [{ip: 10.2.0.10}]
        points:
          - {id: valve, object: holding-register 100, range: 0..100}   # percent
conduits:
  - id: up-down
    joins: [upper, lower]
    rules:
      - {id: poll, allow: read, protocol: modbus, from: [scada, hmi], to: [plc]}
      - {id: move, allow: write, protocol: modbus, from: [scada], to: [plc], points: [valve], rate: 60/min}
"""


class Capture:
    """Modbus/TCP conversations as a pcap file of raw IPv4 packets; one exchange each 100 ms of packet time."""

    def __init__(self, start=1_793_613_600):  # 2026-11-02 10:00:00 UTC
        self.time = start * 1_000_000
        self.bytes = bytearray(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        self.next = {}

    def packet(self, source, target, ports, payload):
        key = (source, target)
        other = (target, source)
        sequence, acknowledged = self.next.setdefault(key, 1), self.next.setdefault(other, 1)
        tcp = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 0x50, 0x18, 8192, 0, 0) + payload
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, address(source), address(target)) + tcp
        self.bytes += struct.pack("<IIII", self.time // 1_000_000, self.time % 1_000_000, len(ip), len(ip)) + ip
        self.next[key] = sequence + len(payload)
        self.time += 1_000

    def exchange(self, client, server, question, answer):
        header = struct.pack(">HHHB", 1, 0, len(question) + 1, 1)
        self.packet(client, server, (40_000, 502), header + question)
        header = struct.pack(">HHHB", 1, 0, len(answer) + 1, 1)
        self.packet(server, client, (502, 40_000), header + answer)
        self.time += 98_000

    def write(self, client, value, register=100, server=PLC):
        pdu = struct.pack(">BHH", 6, register, value)
        self.exchange(client, server, pdu, pdu)

    def read(self, client, register=100, server=PLC):
        self.exchange(client, server, struct.pack(">BHH", 3, register, 1), struct.pack(">BBH", 3, 2, 7))

    def save(self, path):
        pathlib.Path(path).write_bytes(self.bytes)


def address(text):
    return bytes(int(part) for part in text.split("."))


class JournalCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rampart-journal-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.journal = self.folder / "journal"
        self.plant = self.folder / "plant.yaml"
        self.plant.write_text(PLANT, encoding="utf-8")
        self.capture = self.folder / "capture.pcap"

    def rampart(self, *words, status=0, given=None):
        """Runs the program; gives standard output, and keeps standard error in self.error."""
        answer = subprocess.run([PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=120, input=given,
                                stdin=subprocess.DEVNULL if given is None else None, check=False)
        self.error = answer.stderr
        said = f"rampart {' '.join(map(str, words))}\n{answer.stdout}\n{answer.stderr}"
        self.assertEqual(answer.returncode, status, said)
        return answer.stdout

    def status_of(self, *words):
        return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, timeout=120, check=False).returncode

    def refused(self, *words, says, status=1):
        """The program must refuse with one clear message that has `says` in it."""
        out = self.rampart(*words, status=status)
        self.assertEqual(out, "")
        lines = [line for line in self.error.splitlines() if line and not line.startswith(" ")]
        self.assertEqual(len(lines), 1, self.error)
        self.assertIn(says, self.error)

    def start(self, *words, **settings):
        process = subprocess.Popen([PROGRAM, *map(str, words)],
                                   **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **settings})
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe and not pipe.closed:
                pipe.close()

    def init(self, *words):
        """Makes the journal and gives its verifier key."""
        out = self.rampart("init", self.journal, "--name", "works/sensor-1", *words)
        return next(line.strip() for line in out.splitlines() if line.strip().startswith("works/sensor-1+"))

    def watch(self, *words, plant=True):
        plants = [self.plant] if plant else []
        return self.rampart("watch", *plants, "--read", self.capture, "--journal", self.journal, "--quiet", *words)

    def hold(self):
        """Another process that has the journal open: a watch that waits for more of its standard input."""
        runs = len(self.show("--kind", "run"))
        holder = self.start("watch", "--read", "-", "--journal", self.journal, "--quiet", stdin=subprocess.PIPE)
        holder.stdin.buffer.write(Capture().bytes)
        holder.stdin.flush()
        wait_for("the watch has begun", lambda: len(self.show("--kind", "run")) > runs)
        return holder

    def some_traffic(self, start=1_793_613_600):
        capture = Capture(start)
        for value in (10, 20, 200):  # the last is out of its range
            capture.write(SCADA, value)
        for _ in range(20):
            capture.read(SCADA)
        capture.read(HMI)
        capture.write(HMI, 5)  # no rule allows it
        capture.write(STRANGER, 1)
        capture.save(self.capture)

    def show(self, *words, journal=None):
        """Records as a list of dictionaries."""
        out = self.rampart("journal", "show", journal or self.journal, "--json", *words)
        return [json.loads(line) for line in out.splitlines()]

    def kinds(self, *words):
        return [record["event_type"] for record in self.show(*words)]


def wait_for(what, condition):
    until = time.monotonic() + DEADLINE
    while not (result := condition()):
        if time.monotonic() > until:
            raise AssertionError(f"not within {DEADLINE} s: {what}")
        time.sleep(0.02)
    return result


def skip_all(reason):
    print(f"skipped: {reason}")
    sys.exit(77)
