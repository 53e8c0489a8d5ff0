#!/usr/bin/env python3
"""A gateway that clients talk to: real clients and servers through it, tricks against it, and what it makes known."""

import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import threading
import unittest

from support import (GATEWAY, GATEWAY6, HMI, PLC, PLC6, PROGRAM, RULES, SCADA, SCADA6, STRANGER, STRANGER6, GatewayCase, addressed_network, adu, go_apart, is_reset,
                     plant, read_registers, receive, write_register)

LIBMODBUS_SERVER = os.environ.get("LIBMODBUS_SERVER", "")


class RealClients(GatewayCase):
    """Programs that nobody here wrote, on both sides."""

    def libmodbus_server(self):
        if not LIBMODBUS_SERVER or not pathlib.Path(LIBMODBUS_SERVER).exists():
            self.skipTest("the server on libmodbus was not built")
        process = subprocess.Popen([LIBMODBUS_SERVER, PLC, "502"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def mbpoll(self, *words):
        return subprocess.run(["mbpoll", "-0", "-1", "-o", "5", "-p", "502", *words[:-1], GATEWAY, *words[-1]], capture_output=True,
                              text=True, timeout=30, check=False)

    def test_mbpoll_reads_and_writes_a_server_on_libmodbus(self):
        if shutil.which("mbpoll") is None:
            self.skipTest("there is no mbpoll")
        self.libmodbus_server()
        process = self.guard()
        self.assertEqual(self.mbpoll("-t", "4", "-r", "12", ["1234"]).returncode, 0)
        answer = self.mbpoll("-t", "4", "-r", "10", "-c", "5", [])
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertIn("[12]: \t1234", answer.stdout)
        denied = self.mbpoll("-t", "4", "-r", "20", ["1"])
        self.assertIn("Illegal function", denied.stdout + denied.stderr)
        table = self.stop(process)
        self.assertRegex(table, r"up-down +move +enforce +1 ")
        self.assertRegex(table, r"up-down +\(no rule\) +enforce +0 +0 +1")

    def test_pymodbus_talks_to_pymodbus(self):
        try:
            import threading

            from pymodbus.client import ModbusTcpClient
            from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
            from pymodbus.server.sync import ModbusTcpServer
        except ImportError:
            try:
                from pymodbus.client import ModbusTcpClient
                from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
            except ImportError:
                self.skipTest("there is no pymodbus")
            ModbusTcpServer = None
        script = self.folder / "server.py"
        script.write_text(f"""
import asyncio
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartAsyncTcpServer
async def main():
    store = ModbusSlaveContext(hr=ModbusSequentialDataBlock(1, [7] * 200))
    await StartAsyncTcpServer(context=ModbusServerContext(slaves=store, single=True), address=("{PLC}", 502))
asyncio.run(main())
""", encoding="utf-8")
        server = subprocess.Popen(["/usr/bin/python3", str(script)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(server.stderr.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex((PLC, 502)) == 0
        self.until(lambda: listens() or server.poll() is not None, "pymodbus")
        if server.poll() is not None:
            self.skipTest("this pymodbus serves in another way: " + server.stderr.read().decode()[-200:])
        self.guard()
        modbus = ModbusTcpClient(GATEWAY, port=502)
        self.assertTrue(modbus.connect())
        self.addCleanup(modbus.close)
        self.assertEqual(modbus.read_holding_registers(10, 3, slave=1).registers, [7, 7, 7])
        self.assertFalse(modbus.write_register(11, 42, slave=1).isError())
        self.assertEqual(modbus.read_holding_registers(11, 1, slave=1).registers, [42])
        refused = modbus.write_register(25, 42, slave=1)
        self.assertTrue(refused.isError())
        self.assertEqual(refused.exception_code, 1)
        self.assertEqual(modbus.read_holding_registers(25, 1, slave=1).registers, [7])


class Tricks(GatewayCase):
    """What must not get through, however it is sent; and what must."""

    def setUp(self):
        super().setUp()
        self.plc = self.server()

    def test_a_forbidden_write_in_pieces_of_one_octet(self):
        self.guard()
        scada = self.client()
        for octet in write_register(1, 50, 1) + write_register(2, 15, 1):
            scada.send(bytes([octet]))
        self.assertEqual(receive(scada, 9 + 12), adu(1, b"\x86\x01") + write_register(2, 15, 1))
        self.assertEqual(bytes(self.plc.seen), write_register(2, 15, 1))

    def test_a_pipeline_with_a_forbidden_request_in_the_middle(self):
        self.guard()
        scada = self.client()
        asked = [read_registers(1, 0), write_register(2, 99, 1), read_registers(3, 1), write_register(4, 98, 1), read_registers(5, 2)]
        scada.sendall(b"".join(asked))
        value = adu(1, b"\x03\x02\x00\x00")
        expected = value + adu(2, b"\x86\x01") + adu(3, value[7:]) + adu(4, b"\x86\x01") + adu(5, value[7:])
        self.assertEqual(receive(scada, len(expected)), expected, "each answer in its place")
        self.assertEqual(bytes(self.plc.seen), asked[0] + asked[2] + asked[4])

    def test_a_client_that_asks_far_ahead_and_half_closes_gets_every_answer_in_its_place(self):
        self.guard()
        scada = self.client()
        asked = [write_register(number, 99, 1) if number % 100 == 50 else read_registers(number, 0) for number in range(5000)]
        expected = b"".join(adu(number, b"\x86\x01" if number % 100 == 50 else b"\x03\x02\0\0") for number in range(5000))

        def ask():
            scada.sendall(b"".join(asked))
            scada.shutdown(socket.SHUT_WR)
        asking = threading.Thread(target=ask)
        asking.start()
        self.assertEqual(receive(scada, len(expected) + 1), expected)
        asking.join()
        self.assertEqual(bytes(self.plc.seen), b"".join(one for number, one in enumerate(asked) if number % 100 != 50))
        self.assertNotIn("unasked-answer", self.findings())

    def test_a_header_split_and_joined_with_the_next_message(self):
        self.guard()
        scada = self.client()
        whole = read_registers(1, 0) + write_register(1, 77, 5) + read_registers(1, 3)
        for begin, end in ((0, 3), (3, 14), (14, 20), (20, len(whole))):
            scada.sendall(whole[begin:end])
            self.until(lambda: True, "")
        self.assertEqual(len(receive(scada, 11 + 9 + 11)), 31)
        self.assertEqual(bytes(self.plc.seen), read_registers(1, 0) + read_registers(1, 3))

    def test_numbers_used_twice(self):
        self.guard()
        scada = self.client()
        scada.sendall(read_registers(7, 0) + write_register(7, 60, 1) + read_registers(7, 1))
        self.assertEqual(receive(scada, 31), adu(7, b"\x03\x02\0\0") + adu(7, b"\x86\x01") + adu(7, b"\x03\x02\0\0"))
        self.assertNotIn(write_register(7, 60, 1), bytes(self.plc.seen))

    def test_what_is_half_closed_is_answered_and_closed_alike(self):
        self.guard()
        scada = self.client()
        scada.sendall(read_registers(1, 0) + write_register(2, 99, 1))
        scada.shutdown(socket.SHUT_WR)
        self.assertEqual(receive(scada, 11 + 9 + 1), adu(1, b"\x03\x02\0\0") + adu(2, b"\x86\x01"))
        self.until(lambda: self.plc.ended == 1, "the end of the server's connection")

    def test_one_connection_of_a_client_is_one_to_the_server_and_a_reset_is_a_reset(self):
        self.guard()
        clients = [self.client() for _ in range(5)]
        self.until(lambda: len(self.plc.peers) == 5, "five connections")
        clients[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        clients[0].close()
        self.until(lambda: self.plc.ended == 1, "the reset of one")
        self.plc.connections[1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        clients[2].sendall(read_registers(1, 0))
        self.assertEqual(len(receive(clients[2], 11)), 11, "the others live")

    def test_what_is_no_modbus_ends_the_connection(self):
        self.guard()
        scada = self.client()
        scada.sendall(b"GET / HTTP/1.1\r\nHost: plc\r\n\r\n")
        self.assertTrue(is_reset(scada))
        self.assertEqual(bytes(self.plc.seen), b"")
        self.until(lambda: "malformed" in self.findings(), "the finding")

    def test_strangers_are_reset_and_the_server_does_not_see_them(self):
        self.guard()
        self.assertTrue(self.is_refused(STRANGER))
        self.assertEqual(self.plc.peers, [])
        self.until(lambda: self.findings(), "the finding")

    def test_an_answer_that_nobody_asked_for_does_not_reach_the_client(self):
        self.guard()
        scada = self.client()
        self.until(lambda: self.plc.connections, "the connection")
        self.plc.connections[0].sendall(adu(9, b"\x03\x02\0\x01"))
        scada.sendall(read_registers(1, 0))
        self.assertEqual(receive(scada, 11), adu(1, b"\x03\x02\0\0"))

    def test_an_hmi_that_may_only_read(self):
        self.guard()
        hmi = self.client(HMI)
        hmi.sendall(write_register(1, 12, 1) + read_registers(2, 12))
        self.assertEqual(receive(hmi, 9 + 11), adu(1, b"\x86\x01") + adu(2, b"\x03\x02\0\0"))


class Plain(GatewayCase):
    def test_a_port_that_is_not_decoded_passes_as_a_counted_stream_and_only_by_a_rule(self):
        rules = "      - {id: files, allow: session, protocol: tcp, ports: 9000, from: [scada], to: [plc]}\n"
        serves = "- {to: plc, protocol: tcp, at: 10.1.0.1, port: 9000}\n      - {to: plc, protocol: tcp, at: 10.1.0.1, port: 9001}"
        plc = self.server((PLC, 9000), answer=False)
        self.server((PLC, 9001), answer=False)
        process = self.guard(plant(rules=rules, serves=serves))
        scada = self.client(SCADA, (GATEWAY, 9000))
        block = bytes(range(256)) * 4096
        scada.sendall(block)
        self.until(lambda: len(plc.seen) == len(block), "a megabyte")
        self.assertEqual(bytes(plc.seen), block)
        plc.connections[0].sendall(block[:1000])
        self.assertEqual(receive(scada, 1000), block[:1000])
        self.assertTrue(self.is_refused(SCADA, (GATEWAY, 9001)))
        self.assertTrue(self.is_refused(HMI, (GATEWAY, 9000)))
        scada.close()
        self.until(lambda: [line for line in self.lines() if line["event_type"] == "flow"], "the end")
        self.assertRegex(self.stop(process), r"up-down +files +enforce +1 ")

    def test_datagrams_are_judged_like_streams(self):
        rules = RULES + "      - {id: time, allow: session, protocol: udp, ports: 7000, from: [scada], to: [plc]}\n"
        serves = "- {to: plc, protocol: modbus, transport: udp, at: 10.1.0.1}\n      - {to: plc, protocol: udp, at: 10.1.0.1, port: 7000}"
        plc = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        scada = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        for made, place in ((plc, (PLC, 502)), (other, (PLC, 7000)), (scada, (SCADA, 0))):
            self.addCleanup(made.close)
            made.settimeout(10)
            made.bind(place)
        self.guard(plant(rules=rules, serves=serves))
        scada.sendto(write_register(1, 99, 1), (GATEWAY, 502))
        self.assertEqual(scada.recvfrom(100), (adu(1, b"\x86\x01"), (GATEWAY, 502)))
        scada.sendto(read_registers(2, 0), (GATEWAY, 502))
        asked, peer = plc.recvfrom(100)
        self.assertEqual(asked, read_registers(2, 0), "the write never came")
        plc.sendto(adu(2, b"\x03\x02\0\x05"), peer)
        self.assertEqual(scada.recvfrom(100), (adu(2, b"\x03\x02\0\x05"), (GATEWAY, 502)))
        scada.sendto(b"anything", (GATEWAY, 7000))
        self.assertEqual(other.recvfrom(100)[0], b"anything")


class Change(GatewayCase):
    def test_another_plant_judges_the_next_message_of_a_connection_that_lives_on(self):
        plc = self.server()
        process = self.guard()
        scada = self.client()
        scada.sendall(write_register(1, 12, 1))
        self.assertEqual(receive(scada, 12), write_register(1, 12, 1))
        self.file.write_text(plant(rules=RULES.replace("10-19", "30-39")), encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        self.until(lambda: "is in force" in self.said.read_text(encoding="utf-8"), "the plant")
        scada.sendall(write_register(2, 12, 1) + write_register(3, 30, 1))
        self.assertEqual(receive(scada, 9 + 12), adu(2, b"\x86\x01") + write_register(3, 30, 1))
        self.file.write_text("rampart: 1\nplant: [broken\n", encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        self.until(lambda: "stays in force" in self.said.read_text(encoding="utf-8"), "the refusal")
        scada.sendall(write_register(4, 31, 1))
        self.assertEqual(receive(scada, 12), write_register(4, 31, 1))
        self.assertEqual(len(plc.peers), 1, "one connection all the time")

    def test_doors_are_opened_and_closed_with_the_plant(self):
        self.server()
        self.server((PLC, 503))
        process = self.guard()
        both = "- {to: plc, protocol: modbus, at: 10.1.0.1}\n      - {to: plc, protocol: modbus, at: 10.1.0.1, port: 1503, server-port: 503}"
        self.file.write_text(plant(serves=both), encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        self.until(lambda: "is in force" in self.said.read_text(encoding="utf-8"), "the plant")
        scada = self.client(SCADA, (GATEWAY, 1503))
        scada.sendall(read_registers(1, 0))
        self.assertEqual(len(receive(scada, 11)), 11)
        self.file.write_text(plant(), encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        self.until(lambda: self.said.read_text(encoding="utf-8").count("is in force") == 2, "the plant")
        with socket.socket() as late:
            late.bind((SCADA, 0))
            self.assertNotEqual(late.connect_ex((GATEWAY, 1503)), 0, "the door is closed")
        scada.sendall(read_registers(2, 0))
        self.assertEqual(len(receive(scada, 11)), 11, "who was inside stays")


class Records(GatewayCase):
    def journal(self):
        journal = self.folder / "journal"
        subprocess.run([PROGRAM, "init", journal, "--name", "test/gw-1"], check=True, capture_output=True, timeout=30)
        for path in [journal, *journal.rglob("*")]:
            os.chown(path, 65534, 65534)
        return journal

    def aspects(self, journal):
        shown = subprocess.run([PROGRAM, "levels", self.file, "--journal", journal, "--json"], capture_output=True, text=True,
                               timeout=30, check=True)
        conduit = next(unit for unit in json.loads(shown.stdout)["units"] if unit["id"] == "up-down")
        return {aspect["aspect"]: aspect["answer"] for row in conduit["rows"] for aspect in row["aspects"]}

    def test_that_it_enforces_is_evidence_for_the_levels_until_it_ends(self):
        self.server()
        journal = self.journal()
        process = self.guard(None, "--journal", journal, "--user", "nobody")
        scada = self.client()
        scada.sendall(write_register(1, 12, 1) + write_register(2, 99, 1))
        self.assertEqual(len(receive(scada, 12 + 9)), 21)
        self.until(lambda: self.aspects(journal)["SR 5.2/b"] == "met", "the evidence")
        aspects = self.aspects(journal)
        self.assertEqual((aspects["SR 2.1/e"], aspects["SR 5.2/d"]), ("met", "met"), "what was refused crossed nothing")
        self.stop(process)
        self.assertEqual(self.aspects(journal)["SR 5.2/b"], "not-met", "it ended")

    def test_a_gateway_that_only_tests_is_evidence_against(self):
        self.server()
        journal = self.journal()
        process = self.guard(plant(conduit="    mode: test"), "--journal", journal, "--user", "nobody")
        scada = self.client()
        scada.sendall(write_register(2, 99, 1))
        self.assertEqual(len(receive(scada, 12)), 12)
        self.until(lambda: self.aspects(journal)["SR 5.2/b"] == "not-met", "the evidence")
        self.stop(process)
        self.assertEqual(self.aspects(journal)["SR 5.2/d"], "not-met", "what it would have refused did cross")

    def test_the_journal_has_run_plant_transactions_and_findings(self):
        self.server()
        journal = self.journal()
        process = self.guard(None, "--journal", journal, "--user", "nobody")
        scada = self.client()
        scada.sendall(write_register(1, 12, 1) + write_register(2, 99, 1))
        self.assertEqual(len(receive(scada, 12 + 9)), 21)
        self.stop(process)
        shown = subprocess.run([PROGRAM, "journal", "show", journal, "--json"], capture_output=True, text=True, timeout=30, check=False)
        for word in ('"allowed":true', '"allowed":false', "by-gateway", "no-rule", '"run":"start"', '"run":"stop"'):
            self.assertIn(word, shown.stdout, shown.stderr)
        verified = subprocess.run([PROGRAM, "journal", "verify", journal], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def test_metrics_count_by_rule(self):
        self.server()
        self.guard(None, "--metrics", "127.0.0.1:9464")
        scada = self.client()
        scada.sendall(write_register(1, 12, 1) + write_register(2, 99, 1))
        self.assertEqual(len(receive(scada, 21)), 21)
        wanted = ('rampart_gateway_rule_operations_total{conduit="up-down",rule="move",result="passed"} 1',
                  'rampart_gateway_rule_operations_total{conduit="up-down",rule="",result="refused"} 1',
                  "rampart_gateway_connections 1")
        self.until(lambda: all(line in self.get(9464, "/metrics")[1] for line in wanted), "the numbers")
        self.assertEqual(self.get(9464, "/health")[0], 200)

    def test_learning_lets_pass_and_writes_the_rules_that_are_missing(self):
        plc = self.server()
        candidates = self.folder / "candidates.yaml"
        process = self.guard(plant(conduit="    mode: learn"), "--candidates", candidates)
        scada = self.client()
        scada.sendall(write_register(1, 40, 1) + write_register(2, 45, 1))
        self.assertEqual(len(receive(scada, 24)), 24)
        self.assertEqual(bytes(plc.seen), write_register(1, 40, 1) + write_register(2, 45, 1))
        self.stop(process)
        learned = candidates.read_text(encoding="utf-8")
        self.assertIn('objects: ["holding-register 40-45"]', learned)
        rule = [line for line in learned.splitlines() if line.startswith("- ")][0]
        process = self.guard(plant(rules=RULES + "      " + rule + "\n"))
        again = self.client()
        again.sendall(write_register(1, 43, 1))
        self.assertEqual(receive(again, 12), write_register(1, 43, 1), "the rule taken over as it is")


class Rights(GatewayCase):
    def test_it_has_none_once_it_listens(self):
        self.server()
        process = self.guard()
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        self.assertRegex(status, r"CapEff:\s+0+\n")
        self.assertRegex(status, r"CapPrm:\s+0+\n")
        self.assertRegex(status, r"NoNewPrivs:\s+1")
        self.assertRegex(status, r"Seccomp:\s+2", "its system calls are a closed list")
        self.assertNotRegex(status, r"Uid:\s+0\s")

    def test_it_says_what_is_wrong_before_it_begins(self):
        for text, words in ((plant(), "no gateway"), (plant(serves="- {to: plc, protocol: ftp, at: 10.1.0.1}"), "cannot pass this gateway")):
            self.file.write_text(text, encoding="utf-8")
            answer = subprocess.run([PROGRAM, "guard", str(self.file), "--as", "gw-9"], capture_output=True, text=True, timeout=30,
                                    check=False)
            self.assertEqual(answer.returncode, 1)
            self.assertIn(words, answer.stderr)


class OverIPv6(GatewayCase):
    plant = plant(serves=f"""- {{to: plc, protocol: modbus, at: "{GATEWAY6}"}}
      - {{to: plc, protocol: modbus, transport: udp, at: "{GATEWAY6}"}}""").replace(f"at: [{{ip: {PLC}}}]", f'at: [{{ip: "{PLC6}"}}]')

    def test_what_is_allowed_passes_and_the_rest_is_refused(self):
        plc = self.server((PLC6, 502), family=socket.AF_INET6)
        self.guard()
        scada = self.client(SCADA6, (GATEWAY6, 502), socket.AF_INET6)
        self.judges(scada, plc)
        self.assertTrue(self.is_refused(STRANGER6, (GATEWAY6, 502), socket.AF_INET6))
        self.assertEqual(len(plc.peers), 1)

    def test_datagrams_too(self):
        plc, scada = self.datagrams_at((PLC6, 502), socket.AF_INET6), self.datagrams_at((SCADA6, 4000), socket.AF_INET6)
        self.guard()
        scada.sendto(write_register(1, 99, 1), (GATEWAY6, 502))
        self.assertEqual(scada.recvfrom(100)[0], adu(1, b"\x86\x01"))
        scada.sendto(read_registers(2, 0), (GATEWAY6, 502))
        octets, relay = plc.recvfrom(100)
        self.assertEqual(octets, read_registers(2, 0))
        plc.sendto(adu(2, b"\x03\x02\0\x05"), relay)
        self.assertEqual(scada.recvfrom(100)[0], adu(2, b"\x03\x02\0\x05"))


if __name__ == "__main__":
    go_apart()
    addressed_network()
    unittest.main()
