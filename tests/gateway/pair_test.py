#!/usr/bin/env python3
"""Two gateways and Debian's keepalived: one is killed, the other has its address and answers, and knows of no value."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time
import unittest

import apart
from apart import inn, inside
from support import DEADLINE, GATEWAY, PLC, PROGRAM, SCADA, GatewayCase, adu, go_apart, ip, plant, read_registers, receive, run, skip, write_register

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
ROUNDS = 10 if os.environ.get("RAMPART_LONG") == "1" else 1
OWN = {"one": "10.1.0.2", "two": "10.1.0.3"}
LOWER = {"one": "10.2.0.2", "two": "10.2.0.3"}
RULES = """      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}
      - {id: set, allow: write, protocol: modbus, from: [scada], to: [plc], points: [level], unknown: deny}
"""
POINTS = """        points:
          - {id: level, object: holding-register 10, range: 0..100, step: 5}
"""
READ, STEP, BUSY = read_registers(1, 10), write_register(2, 10, 3), adu(2, b"\x86\x06")


class Pair(GatewayCase):
    def setUp(self):
        super().setUp()
        for name in ("up", "one", "two", "down"):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False, timeout=DEADLINE)
            ip("netns", "add", name)
            inn(name, "ip", "link", "set", "lo", "up")
            self.addCleanup(subprocess.run, ["ip", "netns", "del", name], capture_output=True, check=False)
        for name, address in (("up", SCADA), ("down", PLC)):
            inn(name, "ip", "link", "add", "br0", "type", "bridge")
            inn(name, "ip", "link", "set", "br0", "up")
            inn(name, "ip", "address", "add", f"{address}/24", "dev", "br0")
        for name in OWN:
            for outer, inner, address in (("up", "eth0", OWN[name]), ("down", "eth1", LOWER[name])):
                ip("link", "add", f"{outer}-{name}", "netns", outer, "type", "veth", "peer", "name", inner, "netns", name)
                inn(outer, "ip", "link", "set", f"{outer}-{name}", "master", "br0", "up")
                inn(name, "ip", "link", "set", inner, "up")
                inn(name, "ip", "address", "add", f"{address}/24", "dev", inner)
            # The standby listens at an address that it does not have yet.
            inn(name, "sysctl", "-qw", "net.ipv4.ip_nonlocal_bind=1")
        self.text = plant(rules=RULES, asset=POINTS)
        with inside("down"):
            self.plc = self.server()
        self.gateways = {name: self.start(name) for name in OWN}
        self.keepers = {name: self.keep(name) for name in OWN}

    def start(self, name):
        return self.guard(self.text, "--metrics", "127.0.0.1:9470", told=name, before=("ip", "netns", "exec", name))

    def keep(self, name):
        """The configuration that is shipped, but for what is of this network; what it notifies is the process itself."""
        other = next(one for one in OWN if one != name)
        text = (PACKAGING / "keepalived-rampart.conf").read_text(encoding="utf-8")
        pid = self.folder / f"{name}.guard"
        pid.write_text(str(self.gateways[name].pid), encoding="utf-8")
        for number, word in (("USR1", "master"), ("USR2", "backup")):
            script = self.folder / f"{name}-{word}"
            script.write_text(f"#!/bin/sh\nkill -{number} $(cat {pid})\n", encoding="utf-8")
            script.chmod(0o755)
            text = re.sub(rf"(notify_{word}) .*", rf'\1 "{script}"', text)
        text = text.replace("    enable_script_security\n", "").replace("/usr/bin/rampart-guard-lives", str(PACKAGING / "rampart-guard-lives"))
        text = text.replace("unicast_src_ip 10.1.0.2", f"unicast_src_ip {OWN[name]}").replace("        10.1.0.3\n", f"        {OWN[other]}\n")
        text = text.replace("priority 150", "priority 150" if name == "one" else "priority 100")
        conf = self.folder / f"{name}.conf"
        conf.write_text(text, encoding="utf-8")
        log = open(self.folder / f"{name}.log", "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen(["ip", "netns", "exec", name, "keepalived", "-n", "-l", "-D", "-P", "-f", conf, "-p", f"/run/{name}.pid",
                                    "-r", f"/run/{name}-vrrp.pid"], stdout=log, stderr=log)

        def end():
            process.terminate()
            try:
                process.wait(timeout=DEADLINE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.addCleanup(end)
        return process

    def master(self):
        """Who has the address."""
        for name in OWN:
            shown = subprocess.run(["ip", "netns", "exec", name, "ip", "-o", "address", "show", "dev", "eth0"], capture_output=True, text=True,
                                   check=True, timeout=DEADLINE).stdout
            if f"{GATEWAY}/24" in shown:
                return name
        return None

    def ask(self, octets, size):
        with inside("up"):
            made = socket.socket()
        with made:
            made.settimeout(0.2)
            try:
                made.bind((SCADA, 0))
                made.connect((GATEWAY, 502))
                made.settimeout(2)
                made.sendall(octets)
                return receive(made, size)
            except OSError:
                return b""

    def test_the_next_request_is_answered_and_no_value_is_known(self):
        times = []
        for _ in range(ROUNDS):
            self.until(lambda: self.master() and self.ask(READ, 11), "a master that answers")
            self.until(self.steps, "a step from a value that is known")
            active = self.master()
            other = next(name for name in OWN if name != active)
            self.stands_by(other)
            self.gateways[active].send_signal(signal.SIGKILL)
            killed = time.monotonic()
            answer = self.until(lambda: self.ask(STEP, 9), "an answer of the other")
            times.append(time.monotonic() - killed)
            self.assertEqual(answer, BUSY, "nothing is known: the step is refused")
            self.assertNotEqual(self.master(), active)
            self.until(self.steps, "a step after a read made it known")
            self.until(lambda: ("took-over", "") in self.guard_events(self.lines(other)), "the record")
            self.gateways[active].wait(timeout=DEADLINE)
            self.gateways[active] = self.start(active)
            (self.folder / f"{active}.guard").write_text(str(self.gateways[active].pid), encoding="utf-8")
        print(f"answered {', '.join(f'{one:.2f}' for one in times)} s after the active gateway was killed")

    def test_who_stood_back_and_takes_over_again_has_forgotten(self):
        self.until(lambda: self.master() and self.ask(READ, 11), "a master that answers")
        first = self.master()
        second = next(name for name in OWN if name != first)
        self.until(self.steps, "a step from a value that is known")
        self.stands_by(second)
        self.gateways[first].send_signal(signal.SIGSTOP)
        self.until(lambda: self.master() == second and self.ask(READ, 11), "the second")
        self.gateways[first].send_signal(signal.SIGCONT)
        self.stands_by(first)
        self.gateways[second].send_signal(signal.SIGKILL)
        self.assertEqual(self.until(lambda: self.ask(STEP, 9), "the first again"), BUSY)

    def steps(self):
        """Reads, and writes a value near to what was read."""
        return len(self.ask(READ, 11)) == 11 and self.ask(STEP, 12) == STEP

    def stands_by(self, name):
        """Waits for keepalived to count on a standby, and to have told it so last."""
        def told():
            return [event for event, _ in self.guard_events(self.lines(name)) if event in ("took-over", "stood-back")]
        self.until(lambda: told()[-1:] == ["stood-back"], "a standby that keepalived counts on")


if __name__ == "__main__":
    go_apart("keepalived", "sysctl", "bash")
    run("mount", "-t", "tmpfs", "none", "/run")
    os.makedirs("/run/netns", exist_ok=True)
    unittest.main()
