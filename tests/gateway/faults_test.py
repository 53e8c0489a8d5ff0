#!/usr/bin/env python3
"""Everything that breaks around a gateway, and the gateway itself: what passes meanwhile, what is recorded, and that the journal
is whole afterwards. RAMPART_LONG=1 strikes for longer."""

import contextlib
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import threading
import time

import apart
from apart import RoutedNetwork, inn, inside
from support import DEADLINE, PLC, SCADA, adu, read_registers, receive, run, write_register

ROUNDS = 60 if os.environ.get("RAMPART_LONG") == "1" else 6
SEED = int(os.environ.get("RAMPART_SEED", "62443"))
RULES = """      - {id: poll, allow: [read, identify], protocol: modbus, from: [scada], to: [plc]}
      - {id: vital, allow: write, protocol: modbus, from: [scada], to: [plc], objects: [holding-register 10], journal: before}
      - {id: tuned, allow: write, protocol: modbus, from: [scada], to: [plc], objects: [holding-register 20], journal: before, essential: no}
"""
VITAL, TUNED, FORBIDDEN = (write_register(number, register, 7) for number, register in ((1, 10), (2, 20), (3, 50)))
BUSY = adu(2, b"\x86\x06")
SERVER = """
import sys
sys.path.insert(0, sys.argv[1])
from support import Server
made = Server((sys.argv[2], 502))
print("ready", flush=True)
sys.stdin.read()
"""


class Faults(RoutedNetwork):
    def setUp(self):
        super().setUp()
        old = self.text[self.text.index("    rules:\n") + len("    rules:\n"):self.text.index("gateways:")]
        self.text = self.text.replace(old, RULES)
        self.set_up_kernel(self.text)
        self.controller = self.start_controller()

    def start_controller(self):
        process = subprocess.Popen(["ip", "netns", "exec", "down", sys.executable, "-c", SERVER, os.path.dirname(os.path.abspath(__file__)), PLC],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end_controller, process)
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def end_controller(self, process):
        process.kill()
        process.wait(timeout=DEADLINE)
        process.stdin.close()
        process.stdout.close()

    def start(self, journal):
        process = self.guard(self.text, "--journal", journal, before=("ip", "netns", "exec", "gw"))
        self.until(lambda: self.asks(read_registers(1, 0)), "a gateway that serves")
        return process

    def asks(self, octets, within=2.0):
        """The answer on a connection of its own; nothing where there is none in time."""
        with inside("up"):
            made = socket.socket()
        with made:
            made.settimeout(within)
            try:
                made.bind((SCADA, 0))
                made.connect((PLC, 502))
                made.sendall(octets)
                answer = receive(made, 9)
                return answer if answer[7:8] != octets[7:8] else answer + receive(made, {3: 11, 6: 12}[octets[7]] - 9)
            except OSError:
                return b""

    def finish(self, process, journal, status=0):
        self.stop(process, status)
        self.verify(journal)
        return self.recorded(journal)

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=DEADLINE)

    def test_the_gateway_is_killed(self):
        journal = self.journal()
        process = self.start(journal)
        self.assertEqual(self.asks(VITAL), VITAL)
        self.kill(process)
        self.assertEqual(self.asks(read_registers(1, 0)), b"", "nothing passes")
        process = self.start(journal)
        self.assertEqual(self.guard_events()[:2], [("failed-closed", "up-down"), ("recovered", "up-down")])
        records = self.finish(process, journal)
        runs = [line["rampart"]["run"] for line in records if "run" in line.get("rampart", {})]
        self.assertEqual(runs, ["start", "start", "stop"])
        self.assertIn(("failed-closed", "up-down"), self.guard_events(records))
        self.assertIn("recorded-before", [line["rampart"].get("outcome") for line in records if "rampart" in line])

    def test_the_helper_is_killed(self):
        journal = self.journal()
        process = self.start(journal)
        scada = self.client_up()
        scada.sendall(read_registers(1, 0))
        self.assertEqual(len(receive(scada, 11)), 11)
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
        os.kill(int(children[0]), signal.SIGKILL)
        self.until(lambda: ("failed-closed", "") in self.guard_events(), "the record")
        scada.sendall(read_registers(2, 0))
        self.assertEqual(len(receive(scada, 11)), 11, "who is connected stays")
        self.assertEqual(self.asks(read_registers(1, 0)), b"", "nobody new")
        self.assertIn(("failed-closed", ""), self.guard_events(self.finish(process, journal)))

    def test_the_controller_is_killed_and_comes_back(self):
        journal = self.journal()
        process = self.start(journal)
        scada = self.client_up()
        scada.sendall(read_registers(1, 0))
        self.assertEqual(len(receive(scada, 11)), 11)
        self.controller.kill()
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(scada.recv(1), b"", "its end is the client's")
        self.controller.wait(timeout=DEADLINE)

        def away():
            self.assertEqual(self.asks(read_registers(1, 0)), b"")
            return "server-away" in self.findings()
        self.until(away, "the finding")
        self.start_controller()
        self.until(lambda: self.asks(read_registers(1, 0)), "the controller")
        self.finish(process, journal)

    def test_the_disk_is_full_and_has_room_again(self):
        disk = self.folder / "disk"
        disk.mkdir()
        run("mount", "-t", "tmpfs", "-o", "size=40m", "none", disk)
        self.addCleanup(subprocess.run, ["umount", "-l", str(disk)], check=False)
        disk.chmod(0o777)
        journal = self.journal(disk / "journal")
        process = self.start(journal)
        self.assertEqual(self.asks(TUNED), TUNED)
        with open(disk / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
            while filler.write(bytes(4096)):
                pass
        self.until(lambda: self.asks(TUNED, 4) == BUSY, "a refusal: it cannot be recorded")
        self.assertEqual(self.asks(VITAL, 4), VITAL, "what is essential passes")
        self.assertTrue(self.asks(read_registers(1, 0)), "and so does what need not be recorded")
        self.until(lambda: "not-recorded" in self.findings(), "the finding")
        self.until(lambda: ("failed-closed", "up-down") in self.guard_events(), "the record")
        (disk / "filler").unlink()
        self.until(lambda: self.asks(TUNED) == TUNED, "room")
        self.until(lambda: ("recovered", "up-down") in self.guard_events(), "the recovery")
        records = self.finish(process, journal, 1)
        self.assertIn(("failed-closed", "up-down"), self.guard_events(records))
        self.assertIn("not-kept", [line["event_type"] for line in records])

    def test_a_link_goes_down_and_comes_back(self):
        journal = self.journal()
        process = self.start(journal)
        scada = self.client_up()
        for cut, heal in (((("down", "ip", "link", "set", "downx", "down"),), self.link_up),
                          ((("gw", "nft", "add", "table", "ip", "cut"),
                            ("gw", "nft", "add", "chain", "ip", "cut", "out", "{ type filter hook output priority 0; }"),
                            ("gw", "nft", "add", "rule", "ip", "cut", "out", "ip", "daddr", PLC, "drop")),
                           lambda: inn("gw", "nft", "delete", "table", "ip", "cut"))):
            for words in cut:
                inn(*words)
            scada.sendall(read_registers(1, 0))
            scada.settimeout(0.5)
            with self.assertRaises(TimeoutError):
                scada.recv(1)
            self.assertEqual(self.asks(read_registers(1, 0), 1), b"")
            heal()
            scada.settimeout(DEADLINE)
            self.assertEqual(len(receive(scada, 11)), 11, "the connection outlived it")
            self.until(lambda: self.asks(read_registers(1, 0)), "new ones")
        self.finish(process, journal)

    def link_up(self):
        inn("down", "ip", "link", "set", "downx", "up")
        inn("down", "ip", "route", "replace", "default", "via", "10.2.0.1")

    def test_a_cut_that_lasts_is_a_finding(self):
        journal = self.journal()
        process = self.start(journal)
        inn("gw", "nft", "add", "table", "ip", "cut")
        inn("gw", "nft", "add", "chain", "ip", "cut", "out", "{ type filter hook output priority 0; }")
        inn("gw", "nft", "add", "rule", "ip", "cut", "out", "ip", "daddr", PLC, "drop")
        self.assertEqual(self.asks(read_registers(1, 0), DEADLINE), b"", "reset after ten seconds")
        self.until(lambda: "server-away" in self.findings(), "the finding")
        inn("gw", "nft", "delete", "table", "ip", "cut")
        self.until(lambda: self.asks(read_registers(1, 0)), "the controller")
        self.finish(process, journal)

    def test_a_slow_link_is_only_slow(self):
        journal = self.journal()
        process = self.start(journal)
        inn("gw", "tc", "qdisc", "add", "dev", "eth1", "root", "tbf", "rate", "64kbit", "burst", "2kb", "limit", "20kb")
        scada = self.client_up()
        for number in range(1, 60):
            scada.sendall(read_registers(number, 0))
            self.assertEqual(receive(scada, 11)[:2], number.to_bytes(2, "big"))
        inn("gw", "tc", "qdisc", "del", "dev", "eth1", "root")
        self.finish(process, journal)

    def test_a_gateway_that_stands_still_loses_nothing(self):
        journal = self.journal()
        process = self.start(journal)
        scada = self.client_up()
        process.send_signal(signal.SIGSTOP)
        scada.sendall(read_registers(1, 0))
        scada.settimeout(3)
        with self.assertRaises(TimeoutError):
            scada.recv(1)
        process.send_signal(signal.SIGCONT)
        scada.settimeout(DEADLINE)
        self.assertEqual(len(receive(scada, 11)), 11)
        self.until(lambda: ("overload", "") in self.guard_events(), "the record")
        self.assertIn(("overload", ""), self.guard_events(self.finish(process, journal)))

    def test_one_fault_after_another(self):
        """A client that never stops asking; at no time does the controller see what is forbidden, and every record is there."""
        journal = self.journal()
        process = self.start(journal)
        asking, counts = threading.Event(), {"answered": 0, "passed": 0}
        asking.set()

        def go_on():
            while asking.is_set():
                counts["answered"] += bool(self.asks(read_registers(1, 0), 0.5))
                counts["passed"] += self.asks(FORBIDDEN, 0.5) == FORBIDDEN
        thread = threading.Thread(target=go_on, daemon=True)
        thread.start()
        chance = random.Random(SEED)
        for _ in range(ROUNDS):
            fault = chance.choice(["kill", "stop", "link", "controller"])
            if fault == "kill":
                self.kill(process)
                process = self.start(journal)
            elif fault == "stop":
                process.send_signal(signal.SIGSTOP)
                time.sleep(chance.uniform(0.1, 1.5))  # that long is the fault
                process.send_signal(signal.SIGCONT)
            elif fault == "link":
                inn("down", "ip", "link", "set", "downx", "down")
                time.sleep(chance.uniform(0.1, 1))
                self.link_up()
            else:
                self.controller.kill()
                self.controller.wait(timeout=DEADLINE)
                self.controller = self.start_controller()
            before = counts["answered"]
            self.until(lambda seen=before: counts["answered"] > seen, f"an answer after: {fault}")
        asking.clear()
        thread.join(DEADLINE)
        self.assertEqual(counts["passed"], 0)
        self.finish(process, journal)
        print(f"{ROUNDS} faults (RAMPART_SEED={SEED}): {counts['answered']} answers")


if __name__ == "__main__":
    apart.main()
