#!/usr/bin/env python3
"""How a gateway that keeps every address fails: closed, open or as an island, by its end and by its silence; and back again."""

import os
import pathlib
import signal
import socket
import subprocess

import apart
from apart import BridgedNetwork, RoutedNetwork, inn, inside
from support import DEADLINE, PLC, SCADA, adu, read_registers, receive, write_register

STRANGER = "10.1.0.99"
FORBIDDEN = write_register(1, 50, 1)


class Failing:
    """What routed and bridged gateways share; each says where client and controller are."""

    def fails(self, how):
        text = self.text.replace("    rules:\n", f"    on-failure: {how}\n    rules:\n", 1)
        self.set_up(text)
        self.plc = self.server_down(self.plc_at)
        return text

    def ask(self, octets, source=None, to=None, within=1):
        """The answer, on a connection of its own; None where there is no connection or no answer."""
        with inside("up"):
            made = socket.socket()
        with made:
            made.settimeout(within)
            try:
                made.bind((source or self.scada_at, 0))
                made.connect(to or self.plc_at)
                made.sendall(octets)
                return receive(made, 9 if octets[7] == 6 else 11) or None
            except OSError:
                return None

    def judged(self):
        """A forbidden write is refused by the gateway."""
        return self.ask(FORBIDDEN) == adu(1, b"\x86\x01")

    def passed(self):
        """A forbidden write reaches the controller."""
        return self.ask(FORBIDDEN, within=3) is not None and FORBIDDEN in bytes(self.plc.seen)

    def begun(self, text):
        process = self.begin(text)
        self.until(self.judged, "a gateway that judges")
        self.plc.seen.clear()  # of what the kernel passed on until then
        self.assertTrue(self.judged())
        self.assertNotIn(FORBIDDEN, bytes(self.plc.seen))
        return process

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=DEADLINE)

    def told(self, event):
        self.until(lambda: (event, "up-down") in self.guard_events() and ("recovered", "up-down") in self.guard_events(), event)

    def helper_of(self, process):
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
        return next(int(pid) for pid in children
                    if pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == "rampart-sockets")

    def test_closed_nothing_passes_without_the_gateway(self):
        text = self.fails("close")
        self.assertIsNone(self.ask(read_registers(1, 0)), "before it is there")
        process = self.begun(text)
        self.kill(process)
        for octets in (read_registers(1, 0), FORBIDDEN):
            self.assertIsNone(self.ask(octets))
        self.assertNotIn(FORBIDDEN, bytes(self.plc.seen))
        self.begun(text)

    def test_open_the_kernel_passes_what_the_rules_name_and_no_more(self):
        text = self.fails("open")
        process = self.begun(text)
        self.kill(process)
        self.until(self.passed, "the kernel to pass it on")
        self.plc.peers.clear()
        self.assertIsNone(self.ask(read_registers(1, 0), source=self.stranger_at))
        self.assertEqual(self.plc.peers, [], "no rule names the stranger")
        self.plc.seen.clear()
        self.begun(text)
        self.told("failed-open")

    def test_open_a_gateway_that_stands_still_is_noticed_and_judges_again(self):
        text = self.fails("open")
        process = self.begun(text)
        process.send_signal(signal.SIGSTOP)
        self.until(self.passed, "the kernel to pass it on")
        process.send_signal(signal.SIGCONT)
        self.until(self.judged, "the gateway to judge again")
        self.told("failed-open")
        self.assertIn(("overload", ""), self.guard_events())

    def test_open_an_orderly_end_is_an_end(self):
        text = self.fails("open")
        process = self.begun(text)
        self.stop(process)
        self.until(self.passed, "the kernel to pass it on")
        self.assertIn(("failed-open", "up-down"), self.guard_events())

    def test_an_island_is_cut_from_above(self):
        text = self.fails("island")
        other = self.server_down((self.plc_at[0], 9000))
        process = self.begun(text)
        aside = read_registers(1, 0), None, (self.plc_at[0], 9000)
        self.assertIsNotNone(self.ask(*aside), "what no rule names passes before")
        self.kill(process)
        self.until(lambda: self.ask(*aside) is None, "the cut")
        self.assertIsNone(self.ask(read_registers(1, 0)))
        count = len(other.peers)
        self.begun(text)
        self.assertIsNotNone(self.ask(*aside), "and again after")
        self.assertEqual(len(other.peers), count + 1)
        self.told("island")

    def test_without_its_helper_what_is_connected_goes_on(self):
        text = self.fails("open")
        process = self.begun(text)
        scada = self.client_up(self.scada_at, self.plc_at)
        scada.sendall(read_registers(1, 0))
        self.assertEqual(len(receive(scada, 11)), 11)
        os.kill(self.helper_of(process), signal.SIGKILL)
        self.until(lambda: ("failed-closed", "") in self.guard_events(), "the record")
        self.assertIsNone(self.ask(read_registers(1, 0)), "no new connection")
        scada.sendall(FORBIDDEN + read_registers(2, 0))
        self.assertEqual(receive(scada, 9 + 11), adu(1, b"\x86\x01") + adu(2, b"\x03\x02\0\0"))

    def test_rules_that_nft_does_not_take_are_told_at_the_start(self):
        if self.bridged:
            self.skipTest("a bridge's rules name the bridge, not its ports")
        text = self.fails("open")
        self.file.write_text(text.replace("interfaces: [eth0, eth1]", f"interfaces: [{'x' * 40}, eth1]"), encoding="utf-8")
        answer = subprocess.run(["ip", "netns", "exec", "gw", apart.PROGRAM, "guard", str(self.file), "--as", "gw-1"], capture_output=True,
                                text=True, check=False, timeout=DEADLINE)
        self.assertEqual(answer.returncode, 1, answer.stderr)
        self.assertIn("cannot begin the helper", answer.stderr)


class Routed(Failing, RoutedNetwork):
    scada_at, stranger_at, plc_at, bridged = SCADA, STRANGER, (PLC, 502), False

    def set_up(self, text):
        self.set_up_kernel(text)


class Bridged(Failing, BridgedNetwork):
    scada_at, stranger_at, plc_at, bridged = "10.3.0.10", "10.3.0.99", ("10.3.0.20", 502), True

    def set_up(self, text):
        inn("up", "ip", "address", "add", "10.3.0.99/24", "dev", "upx")
        self.bridge(text)


if __name__ == "__main__":
    apart.main()
