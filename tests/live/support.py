"""What the tests of live traffic share: a network of their own, frames made here, the program under a deadline."""

import contextlib
import http.client
import json
import os
import pathlib
import shutil
import signal
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
      - {id: move, allow: write, protocol: modbus, from: [scada], to: [plc], points: [valve]}
"""


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def go_apart(*programs):
    """Runs this test again in a network namespace of its own. Each case has a veth pair va-vb, which carries nothing by itself."""
    if os.geteuid() != 0:
        skip("live capture is tested as root")
    for program in ("unshare", "ip", *programs):
        if shutil.which(program) is None:
            skip(f"there is no {program}")
    if os.environ.get("RAMPART_APART") is None:
        if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode != 0:
            skip("no network namespaces here")
        os.environ["RAMPART_APART"] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    for name in ("all", "default"):
        with contextlib.suppress(OSError):
            pathlib.Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1", encoding="ascii")
    ip("link", "set", "lo", "up")


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=DEADLINE)


def make_pair():
    ip("link", "add", "va", "mtu", "65535", "type", "veth", "peer", "name", "vb", "mtu", "65535")
    for name in ("va", "vb"):
        ip("link", "set", name, "arp", "off", "up")


def address(text):
    return bytes(int(part) for part in text.split("."))


def ipv4(source, target, protocol, payload):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0, address(source), address(target))
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    total = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    return head[:10] + struct.pack(">H", total) + head[12:] + payload


class Capture:
    """Modbus/TCP conversations as a pcap file of Ethernet frames, one exchange each 10 ms of packet time."""

    def __init__(self):
        self.time = 1_793_613_600 * 1_000_000  # 2026-11-02 10:00:00 UTC
        self.bytes = bytearray(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        self.next = {}
        self.packets = 0

    def frame(self, octets):
        self.bytes += struct.pack("<IIII", self.time // 1_000_000, self.time % 1_000_000, len(octets), len(octets)) + octets
        self.packets += 1
        self.time += 1_000

    def packet(self, source, target, ports, payload, tags=b"", flags=0x18):
        sequence = self.next.setdefault((source, target), 1)
        acknowledged = self.next.setdefault((target, source), 1)
        tcp = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 0x50, flags, 8192, 0, 0) + payload
        macs = b"\x02\x00" + address(target) + b"\x02\x00" + address(source)
        self.frame(macs + tags + b"\x08\x00" + ipv4(source, target, 6, tcp))
        self.next[(source, target)] = sequence + len(payload)

    def exchange(self, client, server, question, answer, tags=b""):
        for pair, ports, pdu in (((client, server), (40_000, 502), question), ((server, client), (502, 40_000), answer)):
            self.packet(*pair, ports, struct.pack(">HHHB", 1, 0, len(pdu) + 1, 1) + pdu, tags)
        self.time += 8_000

    def write(self, client, value, register=100, server=PLC, tags=b""):
        pdu = struct.pack(">BHH", 6, register, value)
        self.exchange(client, server, pdu, pdu, tags)

    def read(self, client, register=100, server=PLC, tags=b""):
        self.exchange(client, server, struct.pack(">BHH", 3, register, 1), struct.pack(">BBH", 3, 2, 7), tags)

    def save(self, path):
        pathlib.Path(path).write_bytes(self.bytes)


class LiveCase(unittest.TestCase):
    def setUp(self):
        subprocess.run(["ip", "link", "del", "va"], capture_output=True, timeout=DEADLINE, check=False)
        make_pair()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rampart-live-"))
        self.folder.chmod(0o755)  # who gives up rights still reads what lies here
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.plant = self.folder / "plant.yaml"
        self.plant.write_text(PLANT, encoding="utf-8")
        self.events = self.folder / "events.json"

    def start(self, *words, before=(), **settings):
        process = subprocess.Popen([*before, PROGRAM, "watch", *map(str, words)], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, **settings)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait(timeout=DEADLINE)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def stop(self, process, status=0):
        """Ends it in order; gives what it said on both outputs."""
        process.send_signal(signal.SIGTERM)
        out, error = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, status, f"{out}\n{error}")
        self.error = error
        return out

    def until(self, condition, what):
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.02)
        return self.fail(f"waited {DEADLINE} s for {what}")

    def lines(self):
        if not self.events.exists():
            return []
        whole = self.events.read_text(encoding="utf-8")
        return [json.loads(line) for line in whole[:whole.rfind("\n") + 1].splitlines()]

    def of_type(self, kind):
        return [line for line in self.lines() if line["event_type"] == kind]

    def ready(self):
        """Waits until it listens: the first line is written out with the first beat."""
        self.until(self.lines, "the first event")

    def get(self, port, path, host="127.0.0.1"):
        connection = http.client.HTTPConnection(host, port, timeout=DEADLINE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def refused(self, *words, says, status, before=()):
        answer = subprocess.run([*before, PROGRAM, "watch", *map(str, words)], capture_output=True, text=True,
                                timeout=DEADLINE, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(answer.returncode, status, answer.stderr)
        lines = [line for line in answer.stderr.splitlines() if line and not line.startswith(" ")]
        self.assertEqual(len(lines), 1, answer.stderr)
        for word in says:
            self.assertIn(word, answer.stderr)


def replay(path, *words):
    answer = subprocess.run(["tcpreplay", "--intf1", "va", *words, str(path)], capture_output=True, text=True, timeout=120,
                            check=False)
    if answer.returncode != 0:
        raise AssertionError(answer.stdout + answer.stderr)
