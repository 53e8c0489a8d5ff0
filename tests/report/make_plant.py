#!/usr/bin/env python3
"""make_plant.py ZONES [ASSETS]: a plant of that many zones on five Purdue levels, joined as a tree, on standard output."""
import sys

zones, assets = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20
print("rampart: 1\nplant: Large works\nroles:\n  operator: {may: [watch, lease], factors: 2}\nzones:")
for z in range(zones):
    net = f"10.{z // 256}.{z % 256}"
    level = 4 if z == 0 else 3 if z < 4 else 2 if z < zones // 5 else 1
    print(f"  - id: z{z}\n    name: Area {z}, {['business', 'operations', 'supervision', 'cell'][4 - level]}\n    level: {level}\n"
          f"    target: {1 + z % 4}\n    networks: [{net}.0/24]\n    assets:")
    for a in range(assets):
        kind = "operator-station" if a == 0 else "controller"
        print(f"      - {{id: a{z}-{a}, kind: {kind}, at: [{{ip: {net}.{a + 1}}}], vendor: V, model: M{a % 3}}}")
print("conduits:")
for z in range(1, zones):
    up = 0 if z < 4 else 1 + z % 3 if z < zones // 5 else 4 + z % max(1, zones // 5 - 4)
    print(f"  - id: c{z}\n    joins: [z{up}, z{z}]\n    mode: test\n    rules:\n"
          f"      - {{id: poll, allow: read, protocol: modbus, from: [a{up}-0], to: [a{z}-1]}}\n"
          f"      - {{id: set, allow: write, protocol: modbus, from: [a{up}-0], to: [a{z}-2], reviewed: no}}")
