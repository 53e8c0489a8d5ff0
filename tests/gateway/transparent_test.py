#!/usr/bin/env python3
"""Gateways that keep every address: as a router between two networks, and as a bridge inside of one; IPv4 and IPv6."""

import socket

import apart
from apart import PLC6, SCADA6, BridgedNetwork, RoutedNetwork, inside
from support import PLC, SCADA, adu, read_registers, receive, write_register


class Routed(RoutedNetwork):
    def test_ipv4_keeps_both_addresses_and_judges(self):
        self.set_up_kernel(self.text)
        plc = self.server_down()
        process = self.begin(self.text)
        self.exchange(plc, SCADA, (PLC, 502), socket.AF_INET)
        self.no_rights(process)

    def test_ipv6_keeps_both_addresses_and_judges(self):
        text = self.text.replace("at: [{ip: 10.2.0.10}]", 'at: [{ip: "fd02::10"}]')
        self.set_up_kernel(text)
        plc = self.server_down((PLC6, 502), socket.AF_INET6)
        self.begin(text)
        self.exchange(plc, SCADA6, (PLC6, 502), socket.AF_INET6)

    def test_a_stranger_is_reset_and_never_seen(self):
        self.set_up_kernel(self.text)
        plc = self.server_down()
        self.begin(self.text)
        self.assertTrue(self.is_refused_up("10.1.0.99"))
        self.assertEqual(plc.peers, [])

    def test_datagrams_keep_both_addresses_too(self):
        self.set_up_kernel(self.text)
        with inside("down"):
            plc = self.datagrams_at((PLC, 502))
        with inside("up"):
            scada = self.datagrams_at((SCADA, 4000))
        for made in (plc, scada):
            made.settimeout(5)
        self.begin(self.text)
        for number in range(1, 4):
            scada.sendto(write_register(number, 99, 1), (PLC, 502))
            self.assertEqual(scada.recvfrom(100), (adu(number, b"\x86\x01"), (PLC, 502)))
            scada.sendto(read_registers(number, 0), (PLC, 502))
            self.assertEqual(plc.recvfrom(100), (read_registers(number, 0), (SCADA, 4000)))
            plc.sendto(adu(number, b"\x03\x02\0\x05"), (SCADA, 4000))
            self.assertEqual(scada.recvfrom(100), (adu(number, b"\x03\x02\0\x05"), (PLC, 502)))


class Bridged(BridgedNetwork):
    def test_ipv4_is_lifted_out_and_judged_and_the_rest_is_bridged(self):
        self.bridge(self.text)
        plc = self.server_down(("10.3.0.20", 502))
        other = self.server_down(("10.3.0.20", 9000))
        self.begin(self.text)
        self.exchange(plc, "10.3.0.10", ("10.3.0.20", 502), socket.AF_INET)
        aside = self.client_up("10.3.0.10", ("10.3.0.20", 9000))
        aside.sendall(read_registers(1, 0))
        self.assertEqual(len(receive(aside, 11)), 11)
        self.assertEqual(other.peers, ["10.3.0.10"])

    def test_ipv6_is_lifted_out_and_judged(self):
        text = self.text.replace("at: [{ip: 10.3.0.20}]", 'at: [{ip: "fd03::20"}]')
        self.bridge(text)
        plc = self.server_down(("fd03::20", 502), socket.AF_INET6)
        self.begin(text)
        self.exchange(plc, "fd03::10", ("fd03::20", 502), socket.AF_INET6)

    def test_what_no_rule_names_is_dropped_where_the_plant_says_so(self):
        self.bridge(self.text, "drop")
        plc = self.server_down(("10.3.0.20", 502))
        self.server_down(("10.3.0.20", 9000))
        self.begin(self.text.replace("unnamed: pass", "unnamed: drop"))
        self.exchange(plc, "10.3.0.10", ("10.3.0.20", 502), socket.AF_INET)
        with inside("up"):
            aside = socket.socket()
        self.addCleanup(aside.close)
        aside.settimeout(1)
        with self.assertRaises(TimeoutError):
            aside.connect(("10.3.0.20", 9000))


if __name__ == "__main__":
    apart.main()
