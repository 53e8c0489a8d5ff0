#!/usr/bin/env python3
"""What peers can make a gateway hold, and what they cannot."""

import os
import resource
import socket
import struct
import time
import unittest

from support import (GATEWAY, HMI, PLC, SCADA, GatewayCase, addressed_network, adu, client, go_apart, is_reset, plant, read_registers,
                     receive, write_register)

SLOW = 10_000  # connections that send a part of a message and no more
SANITIZED = bool(os.environ.get("RAMPART_SANITIZE"))


def memory_of(process):
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


class Limits(GatewayCase):
    def test_connections_of_one_client(self):
        self.server()
        self.guard(plant(gateway="    limits: {each-client: 3}"))
        kept = []
        for _ in range(3):
            kept.append(self.client())
            kept[-1].sendall(read_registers(1, 0))
            self.assertEqual(len(receive(kept[-1], 11)), 11)
        self.assertTrue(self.is_refused(), "the fourth")
        hmi = self.client(HMI)
        hmi.sendall(read_registers(1, 0))
        self.assertEqual(len(receive(hmi, 11)), 11, "somebody else")
        kept[0].close()
        self.until(self.accepted, "a place that is free again")
        self.until(lambda: "connection-limit" in self.findings(), "the finding")

    def accepted(self):
        one = self.client()
        try:
            one.sendall(read_registers(1, 0))
            return len(receive(one, 11)) == 11
        except (ConnectionResetError, BrokenPipeError):
            return False

    def test_the_last_sessions_of_a_controller_are_kept_for_essential_clients(self):
        plc = self.server()
        rules = """      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}
      - {id: look, allow: read, protocol: modbus, from: [hmi], to: [plc], essential: no}
"""
        self.guard(plant(rules=rules, serves="- {to: plc, protocol: modbus, at: 10.1.0.1, sessions: 3, kept: 1}"))
        for source in (HMI, HMI):
            one = self.client(source)
            one.sendall(read_registers(1, 0))
            self.assertEqual(len(receive(one, 11)), 11)
        self.assertTrue(self.is_refused(HMI), "one slot is left, and it is kept")
        scada = self.client(SCADA)
        scada.sendall(read_registers(1, 0))
        self.assertEqual(len(receive(scada, 11)), 11)
        self.assertTrue(self.is_refused(SCADA), "the controller bears no more")
        self.assertEqual(len(plc.peers), 3)

    def test_a_server_that_is_away_is_a_reset_and_a_finding(self):
        self.guard()
        self.assertTrue(self.is_refused())
        self.until(lambda: "server-away" in self.findings(), "the finding")

    def test_a_message_whose_rest_does_not_come(self):
        self.server()
        self.guard()
        slow = self.client()
        slow.sendall(read_registers(1, 0)[:5])
        began = time.monotonic()
        self.assertTrue(is_reset(slow))
        self.assertGreater(time.monotonic() - began, 3)
        self.until(lambda: "slow-peer" in self.findings(), "the finding")

    def test_a_peer_that_takes_nothing_stops_the_other_and_not_the_gateway(self):
        plc = self.server()
        process = self.guard()
        greedy = self.client()
        greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        greedy.settimeout(1)
        sent = 0
        request = read_registers(1, 0, 100)
        try:
            while sent < 64 << 20:
                sent += greedy.send(request * 100)
        except (TimeoutError, ConnectionResetError):
            pass  # it is made to wait, or given up where it takes nothing for too long
        self.assertLess(sent, 64 << 20, "it is not read for ever")
        if not SANITIZED:
            self.assertLess(memory_of(process), 64 << 20)
        other = self.client()
        other.sendall(read_registers(2, 1))
        self.assertEqual(len(receive(other, 11)), 11)
        self.assertLess(len(plc.seen), sent + 1)

    def test_ten_thousand_slow_connections(self):
        count = SLOW // 10 if SANITIZED else SLOW
        need = 4 * count + 100
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < need:
            self.skipTest(f"only {hard} descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (need, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        plc = self.server()
        process = self.guard(plant(gateway=f"    limits: {{connections: {count + 10}, each-client: {count}, half-open: {count}}}"))
        before = memory_of(process)
        slow = [client(SCADA) for _ in range(count)]
        for one in slow:
            self.addCleanup(one.close)
            one.send(read_registers(1, 0)[:4])
        self.until(lambda: len(plc.peers) >= count, "all of them at the server")
        each = (memory_of(process) - before) / count
        hmi = self.client(HMI)
        hmi.sendall(read_registers(1, 0))
        self.assertEqual(len(receive(hmi, 11)), 11, "who is not slow is served")
        print(f"{count} slow connections: {each / 1024:.1f} KiB each")
        self.assertTrue(is_reset(slow[0]), "they are ended")
        self.assertTrue(is_reset(slow[-1]))
        self.assertEqual(bytes(plc.seen), read_registers(1, 0))

    def test_a_rate_and_a_range_of_a_point(self):
        plc = self.server()
        asset = "        points: [{id: valve, object: holding-register 10, range: 0..100}]"
        rules = "      - {id: move, allow: write, protocol: modbus, from: [scada], to: [plc], points: [valve], rate: 2/min}\n"
        self.guard(plant(rules=rules, asset=asset))
        scada = self.client()
        scada.sendall(write_register(1, 10, 101))
        self.assertEqual(receive(scada, 9), adu(1, b"\x86\x03"), "a value that is not allowed")
        scada.sendall(write_register(2, 10, 50) + write_register(3, 10, 60) + write_register(4, 10, 70))
        self.assertEqual(receive(scada, 12 + 12 + 9), write_register(2, 10, 50) + write_register(3, 10, 60) + adu(4, b"\x86\x06"))
        self.assertEqual(plc.registers[10], 60)
        self.until(lambda: {"value-out-of-range", "rate-exceeded"} <= set(self.findings()), "the findings")


if __name__ == "__main__":
    go_apart()
    addressed_network()
    unittest.main()
