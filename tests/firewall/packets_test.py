#!/usr/bin/env python3
"""By real packets: on random plants the router lets pass what the rules of the plant open, and nothing else between zones.

What is expected is read from the plant here, without any help of the program.
"""

import random
import unittest

import support

ZONES, HOSTS = 4, 3
# What a rule may say, and the ways that it opens: (words, tcp ports, udp ports, icmp).
KINDS = [("protocol: modbus, allow: [read, write]", [(502, 502)], [(502, 502)], False),
         ("protocol: s7comm, allow: read", [(102, 102)], [], False),
         ("protocol: dnp3, allow: read", [(20000, 20000)], [(20000, 20000)], False),
         ("protocol: ssh, allow: session", [(22, 22)], [], False),
         ("protocol: tcp, allow: session, ports: [443, 8000-8002]", [(443, 443), (8000, 8002)], [], False),
         ("protocol: tcp, allow: session", [(0, 65535)], [], False),
         ("protocol: udp, allow: session, ports: [5000-5001, 53]", [], [(5000, 5001), (53, 53)], False),
         ("protocol: icmp, allow: session", [], [], True)]
TCP, UDP = [22, 102, 443, 502, 8000, 8002, 8003, 20000], [53, 502, 5000, 5002, 20000]


class Plant:
    """A random plant, as text and as the ways that it opens."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.addresses = {}  # of asset (zone, host)
        self.joined = set()
        self.open = set()  # (client address, server address, kind, port)
        self.text = "rampart: 1\nplant: Random\nroles:\n  engineer: {may: [lease]}\nzones:\n"
        for zone in range(1, ZONES + 1):
            self.text += f"  - id: z{zone}\n    target: 1\n    networks: [10.{zone}.0.0/24, \"fd0{zone}::/64\"]\n    assets:\n"
            for host in range(HOSTS):
                at = [f"10.{zone}.0.{10 + host}"] + ([f"fd0{zone}::{10 + host}"] if host < 2 else [])
                self.addresses[zone, host] = at
                places = ", ".join('{ip: "' + one + '"}' for one in at)
                self.text += f"      - {{id: a{zone}{host}, kind: controller, at: [{places}]}}\n"
        self.text += "conduits:\n"
        for number in range(self.random.randint(2, 5)):
            self.conduit(number)

    def some(self, joins):
        return [(self.random.choice(joins), self.random.randrange(HOSTS)) for _ in range(self.random.randint(1, 4))]

    def conduit(self, number):
        joins = self.random.sample(range(1, ZONES + 1), self.random.choice([1, 2, 2, 2, 3]))
        if len(joins) == 1:
            joins *= 2  # inside one zone
        if tuple(sorted(joins)) in self.joined:
            return  # one conduit for the same zones
        self.joined.add(tuple(sorted(joins)))
        guard = "gw-2" if number > 0 and self.random.random() < 0.2 else "gw-1"
        self.text += f"  - id: c{number}\n    joins: [{', '.join(f'z{zone}' for zone in joins)}]\n    guard: {guard}\n    rules:\n"
        for rule in range(self.random.randint(1, 4)):
            words, tcp, udp, icmp = self.random.choice(KINDS)
            clients, servers = self.some(joins), self.some(joins)
            names = [", ".join(f"a{zone}{host}" for zone, host in sorted(set(side))) for side in (clients, servers)]
            role = ", role: engineer" if self.random.random() < 0.2 else ""
            self.text += f"      - {{id: r{rule}, from: [{names[0]}], to: [{names[1]}], {words}{role}}}\n"
            if guard == "gw-1":
                self.opens(joins, clients, servers, tcp, udp, icmp)

    def opens(self, joins, clients, servers, tcp, udp, icmp):
        for client in clients:
            for server in servers:
                joined = joins.count(client[0]) > 1 if client[0] == server[0] else {client[0], server[0]} <= set(joins)
                if not joined or client == server:
                    continue
                for one in self.addresses[client]:
                    for other in self.addresses[server]:
                        if (":" in one) == (":" in other):
                            self.open |= {(one, other, "tcp", port) for port in TCP if any(a <= port <= b for a, b in tcp)}
                            self.open |= {(one, other, "udp", port) for port in UDP if any(a <= port <= b for a, b in udp)}
                            if icmp:
                                self.open.add((one, other, "icmp", 0))

    def ways(self):
        """All ways between different zones, by the zone of who asks."""
        found = {zone: [] for zone in range(1, ZONES + 1)}
        for client, of_client in self.addresses.items():
            for server, of_server in self.addresses.items():
                for one in of_client:
                    for other in of_server:
                        if client[0] != server[0] and (":" in one) == (":" in other):
                            found[client[0]] += [[one, other, "tcp", port] for port in TCP]
                            found[client[0]] += [[one, other, "udp", port] for port in UDP]
                            found[client[0]].append([one, other, "icmp", 0])
        return found


class Packets(support.FirewallCase):
    def test_what_rules_open_passes_and_the_rest_does_not(self):
        addresses = {zone: [f"10.{zone}.0.{10 + host}" for host in range(HOSTS)] +
                           [f"fd0{zone}::{10 + host}" for host in range(2)] for zone in range(1, ZONES + 1)}
        self.start_helper()
        passed = closed = 0
        with support.networks(addresses) as networks:
            for network in networks.values():
                network.serve(TCP, UDP)
            for seed in range(4):
                plant = Plant(seed)
                self.write(plant.text)
                self.apply("--cut-now")
                self.assertIn("are those of", self.firewall("--diff"))
                choose = random.Random(seed)
                for zone, all_ways in plant.ways().items():
                    # All that are open, and as many of the closed ones as there is time for.
                    ways = [way for way in all_ways if tuple(way) in plant.open]
                    shut = [way for way in all_ways if tuple(way) not in plant.open]
                    ways += choose.sample(shut, 250)
                    for way, answered in zip(ways, networks[zone].probe(ways)):
                        expected = tuple(way) in plant.open
                        self.assertEqual(answered, expected, f"seed {seed}: {way}\n{plant.text}")
                        passed, closed = passed + expected, closed + (not expected)
        print(f"{passed} ways open and {closed} closed, as the plants say")
        self.assertGreater(passed, 80)
        self.assertGreater(closed, 2_000)

    def test_observing_lets_everything_pass_and_counts_it(self):
        self.start_helper()
        with support.networks({1: ["10.1.0.10", "10.1.0.11"], 2: ["10.2.0.10", "fd02::10"]}) as networks:
            networks[2].serve([502, 22])
            self.firewall("--observe")
            self.assertEqual(networks[1].probe([["10.1.0.10", "10.2.0.10", "tcp", 502], ["10.1.0.11", "10.2.0.10", "tcp", 22]]),
                             [True, True])
            counted = support.run("/usr/sbin/nft", "list", "counter", "inet", "rampart", "deny-up-down").stdout
            self.assertNotIn("packets 0 ", counted)
            counted = support.run("/usr/sbin/nft", "list", "counter", "inet", "rampart", "allow-up-down/poll").stdout
            self.assertNotIn("packets 0 ", counted)


if __name__ == "__main__":
    support.go_apart("/usr/sbin/nft")
    unittest.main()
