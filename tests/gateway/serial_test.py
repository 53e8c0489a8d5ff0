#!/usr/bin/env python3
"""Modbus RTU devices behind a gateway: a line made of pseudo terminals, devices on libmodbus, clients that speak Modbus/TCP.
What is on the line is written down: forbidden requests are not among it."""

import contextlib
import os
import pathlib
import select
import shutil
import signal
import struct
import subprocess
import threading
import unittest

from support import (GATEWAY, HMI, PROGRAM, SCADA, STRANGER, GatewayCase, addressed_network, adu, client, go_apart, read_registers,
                     receive, write_register)

RTU_SERVER = os.environ.get("LIBMODBUS_RTU_SERVER", "")
RULES = """      - {id: poll, allow: [read, identify], protocol: modbus, from: [scada, hmi], to: [meter, drive, absent]}
      - {id: move, allow: write, protocol: modbus, from: [scada], to: [drive], objects: [holding-register 10-19]}
"""


def plant(device, rules=RULES, more=""):
    line = f"serial: {{device: {device}, baud: 19200, parity: even, stop-bits: 1}}"
    serves = "".join(f"\n      - {{to: {name}, protocol: modbus, at: 10.1.0.1, {line}}}"
                     for name in ("meter", "drive", "absent") + (("all",) if more else ()))
    return f"""rampart: 1
plant: Test works
zones:
  - id: upper
    target: 1
    networks: [10.1.0.0/24]
    assets:
      - {{id: scada, kind: scada-server, at: [{{ip: 10.1.0.10}}]}}
      - {{id: hmi, kind: operator-station, at: [{{ip: 10.1.0.11}}]}}
      - {{id: gw, kind: gateway, at: [{{ip: 10.1.0.1}}]}}
  - id: field
    target: 1
    assets:
      - {{id: meter, kind: meter, at: [{{unit: 7}}]}}
      - {{id: drive, kind: drive, at: [{{unit: 8}}]}}
      - {{id: absent, kind: meter, at: [{{unit: 9}}]}}
{more}
conduits:
  - id: up-down
    joins: [upper, field]
    guard: gw-1
    rules:
{rules}
gateways:
  - id: gw-1
    serves:{serves}
"""


def crc(octets):
    value = 0xffff
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ 0xa001 if value & 1 else value >> 1
    return struct.pack("<H", value)


def framed(message):
    """A Modbus/TCP message as it stands on a line."""
    return message[6:] + crc(message[6:])


class Bus:
    """A line of RS-485 on two wires: all hear what one says. Keeps who said what."""

    def __init__(self, link):
        self.link = link
        self.said = []  # (True: the gateway, octets)
        self.devices = []
        self.open()

    def open(self):
        self.gateway, self.slave = os.openpty()
        path = os.ttyname(self.slave)
        os.chmod(path, 0o666)
        self.link.symlink_to(path)
        self.stop, self.stopped = os.pipe()
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()

    def close(self):
        """The adapter is pulled out."""
        os.write(self.stopped, b"x")
        self.thread.join()
        self.link.unlink(missing_ok=True)
        for one in (self.gateway, self.slave, self.stop, self.stopped):
            os.close(one)

    def device(self):
        master, slave = os.openpty()
        self.devices.append((master, slave))
        return os.ttyname(slave)

    def carry(self):
        while True:
            masters = [master for master, _ in self.devices]
            ready, _, _ = select.select([self.gateway, self.stop, *masters], [], [], 0.05)
            if self.stop in ready:
                return
            for one in ready:
                with contextlib.suppress(OSError):
                    octets = os.read(one, 4096)
                    self.said.append((one == self.gateway, octets))
                    for other in (self.gateway, *masters):
                        if other != one:
                            os.write(other, octets)

    def asked(self):
        return b"".join(octets for by_gateway, octets in self.said if by_gateway)


class Line(GatewayCase):
    def setUp(self):
        super().setUp()
        self.link = self.folder / "tty"
        self.bus = Bus(self.link)
        self.addCleanup(self.bus.close)
        self.plant = plant(self.link)

    def add_device(self, unit):
        if not RTU_SERVER or not pathlib.Path(RTU_SERVER).exists():
            self.skipTest("the device on libmodbus was not built")
        process = subprocess.Popen([RTU_SERVER, self.bus.device(), str(unit)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def ask(self, connection, message, size):
        connection.sendall(message)
        return receive(connection, size)


class Devices(Line):
    """Devices and clients that nobody here wrote."""

    def setUp(self):
        super().setUp()
        self.add_device(7)
        self.add_device(8)

    def mbpoll(self, unit, *words):
        return subprocess.run(["mbpoll", "-0", "-1", "-o", "5", "-p", "502", "-a", str(unit), "-t", "4", *words[:-1], GATEWAY, *words[-1]],
                              capture_output=True, text=True, timeout=30, check=False)

    def test_mbpoll_reads_and_writes_devices_on_a_line(self):
        if shutil.which("mbpoll") is None:
            self.skipTest("there is no mbpoll")
        process = self.guard()
        for unit in (7, 8):
            answer = self.mbpoll(unit, "-r", "0", "-c", "2", [])
            self.assertEqual(answer.returncode, 0, answer.stderr)
            self.assertIn(f"[0]: \t{unit}", answer.stdout)
        self.assertEqual(self.mbpoll(8, "-r", "12", ["1234"]).returncode, 0)
        self.assertIn("[12]: \t1234", self.mbpoll(8, "-r", "12", []).stdout)
        before = len(self.bus.asked())
        for unit, register in ((8, "20"), (7, "12")):
            denied = self.mbpoll(unit, "-r", register, ["1"])
            self.assertIn("Illegal function", denied.stdout + denied.stderr)
        self.assertEqual(len(self.bus.asked()), before, "nothing of it is on the line")
        table = self.stop(process)
        self.assertRegex(table, r"up-down +move +enforce +1 ")
        self.assertRegex(table, r"up-down +\(no rule\) +enforce +0 +0 +2")

    def test_two_clients_at_once_have_one_request_on_the_line_at_a_time(self):
        self.guard()
        wrong = []

        def poll(source, unit):
            with client(source) as connection:
                for number in range(40):
                    asked = read_registers(number, 0, 3, unit)
                    if self.ask(connection, asked, 15) != adu(number, struct.pack(">BBHHH", 3, 6, unit, 0, 0), unit):
                        wrong.append((source, number))
        threads = [threading.Thread(target=poll, args=words) for words in ((SCADA, 7), (HMI, 8), (SCADA, 8), (HMI, 7))]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        self.assertEqual(wrong, [])
        asked, answered = 8 * 160, 11 * 160
        self.assertEqual(len(self.bus.asked()), asked)
        self.assertEqual(sum(len(octets) for _, octets in self.bus.said), asked + answered)
        turns, last = 0, False
        for by_gateway, _ in self.bus.said:
            turns += by_gateway and not last
            last = by_gateway
        self.assertEqual(turns, 160, "each request waits for the answer to the one before")

    def test_a_broadcast_reaches_all_devices_where_the_plant_has_a_name_for_them(self):
        everybody = "      - {id: all, kind: other, at: [{unit: 0}]}"
        rules = RULES + "      - {id: sync, allow: write, protocol: modbus, from: [scada], to: [all], objects: [holding-register 5]}\n"
        self.guard(plant(self.link, rules, everybody))
        scada = self.client()
        scada.sendall(write_register(1, 5, 77, 0))  # nobody answers
        for unit in (7, 8):
            self.assertEqual(self.ask(scada, read_registers(2, 5, 1, unit), 11), adu(2, b"\x03\x02\x00\x4d", unit))
        self.assertEqual(self.bus.asked()[:8], framed(write_register(1, 5, 77, 0)))
        self.assertEqual(self.ask(scada, write_register(3, 6, 77, 0), 9), adu(3, b"\x86\x01", 0), "another register")

    def test_the_line_goes_and_comes_back(self):
        process = self.guard(None, "--user", "root")
        scada = self.client()
        self.assertEqual(len(self.ask(scada, read_registers(1, 0, 1, 7), 11)), 11)
        self.bus.close()
        self.until(lambda: "server-away" in self.findings(), "the finding")
        self.assertEqual(self.ask(scada, read_registers(2, 0, 1, 7), 9), adu(2, b"\x83\x0a", 7))
        self.bus.open()

        def answers():
            return self.ask(scada, read_registers(3, 0, 1, 7), 9)[7] == 3 and receive(scada, 2)
        self.assertEqual(self.until(answers, "the line"), b"\x00\x07")
        self.until(lambda: any("is there again" in str(line) for line in self.lines()), "the record")
        self.stop(process)


class Tricks(Line):
    """What must not be on the line, and a line that does not play along."""

    def test_no_unit_that_the_plant_does_not_name_is_asked(self):
        self.guard()
        scada = self.client()
        for unit in (0, 1, 10, 247, 255):
            self.assertEqual(self.ask(scada, write_register(1, 12, 1, unit), 9), adu(1, b"\x86\x01", unit))
            self.assertEqual(self.ask(scada, read_registers(2, 0, 1, unit), 9), adu(2, b"\x83\x01", unit))
        self.assertEqual(self.bus.asked(), b"")
        self.assertTrue(self.is_refused(STRANGER))

    def test_a_device_that_is_silent_costs_a_second_and_nobody_else(self):
        self.add_device(7)
        self.guard()
        scada, hmi = self.client(), self.client(HMI)
        scada.sendall(read_registers(1, 0, 1, 9))
        hmi.sendall(read_registers(2, 0, 1, 7))
        self.assertEqual(receive(scada, 9), adu(1, b"\x83\x0b", 9))
        self.assertEqual(receive(hmi, 11), adu(2, b"\x03\x02\0\x07", 7))
        self.until(lambda: "gateway-target-failed-to-respond" in str(self.lines()), "the record")

    def test_noise_and_answers_of_nobody_are_thrown_away(self):
        self.guard()
        scada = self.client()
        os.write(self.bus.gateway, os.urandom(300))
        scada.sendall(read_registers(1, 0, 1, 7))
        self.until(lambda: self.bus.asked(), "the request")
        other = framed(adu(0, b"\x03\x02\xbe\xef", 8))
        mine = framed(adu(0, b"\x03\x02\x00\x2a", 7))
        for octet in b"\xff\x07" + other + mine:
            os.write(self.bus.gateway, bytes([octet]))
        self.assertEqual(receive(scada, 11), adu(1, b"\x03\x02\x00\x2a", 7))

    def test_pieces_of_one_octet_and_a_pipeline_with_a_forbidden_write(self):
        self.add_device(8)
        self.guard()
        scada = self.client()
        for octet in write_register(1, 50, 1, 8) + write_register(2, 15, 1, 8):
            scada.send(bytes([octet]))
        self.assertEqual(receive(scada, 9 + 12), adu(1, b"\x86\x01", 8) + write_register(2, 15, 1, 8))
        scada.sendall(write_register(3, 16, 2, 8) + write_register(4, 99, 1, 8) + read_registers(5, 15, 2, 8))
        self.assertEqual(receive(scada, 12 + 9 + 13), write_register(3, 16, 2, 8) + adu(4, b"\x86\x01", 8)
                         + adu(5, b"\x03\x04\x00\x01\x00\x02", 8))
        self.assertEqual(self.bus.asked(), framed(write_register(2, 15, 1, 8)) + framed(write_register(3, 16, 2, 8))
                         + framed(read_registers(5, 15, 2, 8)))

    def test_a_device_that_is_not_there_at_first(self):
        self.bus.close()
        self.guard(None, "--user", "root")
        scada = self.client()
        self.assertEqual(self.ask(scada, read_registers(1, 0, 1, 7), 9), adu(1, b"\x83\x0a", 7))
        self.until(lambda: "server-away" in self.findings(), "the finding")
        self.bus.open()
        self.add_device(7)
        self.until(lambda: self.ask(scada, read_registers(2, 0, 1, 7), 9)[7] == 3 and receive(scada, 2), "the line")

    def test_another_plant_closes_a_line_and_opens_another(self):
        self.add_device(7)
        process = self.guard(None, "--user", "root")
        scada = self.client()
        self.assertEqual(len(self.ask(scada, read_registers(1, 0, 1, 7), 11)), 11)
        second = self.folder / "tty2"
        os.symlink(os.readlink(self.link), second)
        self.file.write_text(plant(second), encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        self.until(lambda: "is in force" in self.said.read_text(encoding="utf-8"), "the plant")
        self.assertEqual(receive(scada, 1), b"", "its line is not there any more")
        again = self.client()
        self.assertEqual(len(self.ask(again, read_registers(1, 0, 1, 7), 11)), 11)


class Checked(Line):
    def test_check_says_what_is_missing(self):
        text = self.plant
        for wrong, words in ((text.replace("at: [{unit: 8}]", "at: [{mac: \"00:0e:8c:01:02:03\"}]"), "which unit \"drive\" is"),
                             (text.replace("unit: 8", "unit: 7"), "unit 7 behind"),
                             (text.replace("unit: 8", "unit: 248"), "which unit \"drive\" is"),
                             (text.replace("baud: 19200", "baud: 9600", 1), "another speed or form"),
                             (text.split("gateways:")[0].replace("guard: gw-1", ""), "a place without address")):
            self.file.write_text(wrong, encoding="utf-8")
            answer = subprocess.run([PROGRAM, "check", str(self.file)], capture_output=True, text=True, timeout=30, check=False)
            self.assertIn(words, answer.stdout + answer.stderr)


if __name__ == "__main__":
    go_apart()
    addressed_network()
    unittest.main()
