#!/usr/bin/env python3
"""Writes a plant that fits a capture: make_plant.py EVENTS.json > plant.yaml

EVENTS.json is what `rampart watch --read CAPTURE --json EVENTS.json --operations none` wrote. Every end of a decoded
conversation becomes an asset of one zone; inside it, every client may read, identify, diagnose and write at its servers.
Programs, stops and the like are left out, so that there is something to find.
"""
import collections
import ipaddress
import json
import sys

clients = collections.defaultdict(set)
for line in open(sys.argv[1], encoding="utf-8"):
    if '"event_type":"flow"' not in line or '"app_proto"' not in line:
        continue
    flow = json.loads(line)
    # Frames without IP have no address that a rule could name.
    if "src_ip" in flow and ipaddress.ip_address(flow["src_ip"]).version == 4 and flow["rampart"]["operations"] > 0:
        clients[(flow["dest_ip"], flow["app_proto"])].add(flow["src_ip"])

addresses = sorted({ip for ip, _ in clients} | {ip for group in clients.values() for ip in group},
                   key=ipaddress.ip_address)
networks = sorted({str(ipaddress.ip_network(ip + "/16", strict=False)) for ip in addresses})
name = {ip: "a" + ip.replace(".", "-") for ip in addresses}

print("rampart: 1\nplant: Benchmark\nzones:\n  - id: all\n    target: 1\n    networks: [" + ", ".join(networks) + "]\n    assets:")
for ip in addresses:
    print(f"      - {{id: {name[ip]}, kind: other, at: [{{ip: {ip}}}]}}")
print("conduits:\n  - id: inside\n    joins: [all, all]\n    rules:")
for number, ((server, protocol), group) in enumerate(sorted(clients.items())):
    group = [ip for ip in sorted(group) if ip != server]
    if group:
        print(f"      - {{id: r{number}, allow: [read, identify, session, diagnose, write], protocol: {protocol}, "
              f"from: [{', '.join(name[ip] for ip in group)}], to: [{name[server]}]}}")
