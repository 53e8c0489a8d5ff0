"""Attacks and their silent twins: what is put between the frames of a benign capture. A twin has the same seed, pace and
number of exchanges as its attack, and does what the recorded client did anyway."""

import dataclasses
import ipaddress
import random

from detection.frames import ACK, RESET, SYN, Talk, Wire, arp, tcp
from detection.messages import PROTOCOLS, Session

# Which findings count as having seen the attack. Those that say no more than that a stranger is there count only where
# being a stranger is the attack.
CHANGE = {"no-rule", "no-conduit", "unknown-client", "unknown-asset", "new-master"}
EXPECTED = {
    "host scan": {"scan-hosts"},
    "port scan": {"scan-ports"},
    "function scan": {"scan-functions"},
    "write by a stranger": CHANGE | {"unknown-server", "undecidable"},
    "value out of range": {"value-out-of-range", "unusual-value", "first-write", "no-rule", "step-too-large"},
    "program": {"program-seen", "no-rule"},
    "stop": {"stop-seen", "no-rule"},
    "restart": {"restart-seen", "start-seen", "no-rule"},
    "ARP spoof": {"duplicate-address", "address-moved"},
    "replay": {"duplicate-address", "address-moved", "write-burst", "unusual-value", "first-write", "step-too-large",
               "rate-exceeded", "no-rule", "flood"},
    "flood": {"flood"},
}
STRANGER_MAC = bytes.fromhex("02deadbeef01")


@dataclasses.dataclass
class Scene:
    """Scene is where an attack takes place: a recorded conversation, when, and what is free in the network."""

    protocol: str
    recorded: object  # capture.Recorded
    start: int  # nanoseconds
    used: set  # addresses

    def neighbours(self):
        network = ipaddress.ip_network(self.recorded.server + "/24", strict=False)
        return [str(host) for host in network.hosts()]

    def stranger(self):
        return next(host for host in reversed(self.neighbours()) if host not in self.used)


def kinds_of(protocol):
    own = PROTOCOLS[protocol].kinds
    return [kind for kind in EXPECTED if kind in own or kind in ("host scan", "port scan", "ARP spoof", "replay", "flood")]


def wire_of(scene, kind, seed):
    chance = random.Random(f"{scene.protocol} {kind} {seed}")
    slowest = {"host scan": 1.5, "port scan": 1.5, "flood": 0.02}.get(kind, 2.0)
    pace = chance.uniform(0.002, slowest) * 1_000_000_000
    return Wire(chance, scene.start + chance.randrange(1_000_000_000), pace)


def session_of(scene):
    session = Session()
    session.object = 0
    session.master = 1
    session.unit = 1
    first = next((octets for by_client, octets in scene.recorded.payloads if by_client), b"")
    if scene.protocol == "modbus" and len(first) > 6:
        session.unit = first[6]
    if scene.protocol == "dnp3" and first[:2] == b"\x05\x64":
        session.unit = int.from_bytes(first[4:6], "little")
        session.master = int.from_bytes(first[6:8], "little")
    return session


def knock(wire, source, source_mac, target, target_mac, port, answered):
    ports = (wire.chance.randrange(49152, 65536), port)
    sequence = wire.chance.randrange(1 << 32)
    wire.add(tcp(source, target, source_mac, target_mac, ports, sequence, 0, SYN), soon=answered)
    if answered:
        wire.add(tcp(target, source, target_mac, source_mac, ports[::-1], 0, (sequence + 1) & 0xffffffff, RESET | ACK))


def attack(scene, kind, seed):
    """attack gives the frames of one attack."""
    wire = wire_of(scene, kind, seed)
    one, chance = scene.recorded, wire.chance
    protocol = PROTOCOLS[scene.protocol]
    stranger = scene.stranger()
    inside = chance.random() < 0.5  # from a host that belongs there, or from a stranger
    source, source_mac = (one.client, one.client_mac) if inside else (stranger, STRANGER_MAC)
    if kind == "host scan":
        for host in chance.sample([host for host in scene.neighbours() if host != source], 60):
            knock(wire, source, source_mac, host, one.server_mac, one.port, chance.random() < 0.2)
    elif kind == "port scan":
        for port in chance.sample([port for port in range(1, 1024) if port != one.port], 60):
            knock(wire, source, source_mac, one.server, one.server_mac, port, chance.random() < 0.8)
    elif kind == "ARP spoof":
        for _ in range(10):
            wire.add(arp(2, STRANGER_MAC, one.server, one.client_mac, one.client, one.client_mac))
            wire.add(arp(2, STRANGER_MAC, one.client, one.server_mac, one.server, one.server_mac))
            if chance.random() < 0.5:
                wire.add(arp(1, one.server_mac, one.server, b"\0" * 6, one.client))
    elif kind == "replay":
        # As the client, from another machine: what was recorded of it, once more and faster.
        talk = Talk(wire, one.client, STRANGER_MAC, one.server, one.server_mac, one.port).open()
        talk.say(one.payloads[:60]).close()
    elif kind == "flood":
        for _ in range(400):
            Talk(wire, source, source_mac, one.server, one.server_mac, one.port).open()
    else:
        if kind == "write by a stranger":
            source, source_mac = stranger, STRANGER_MAC
        elif kind in ("function scan", "value out of range"):
            source, source_mac = one.client, one.client_mac
        session = session_of(scene)
        talk = Talk(wire, source, source_mac, one.server, one.server_mac, one.port).open()
        talk.say(protocol.opening(session))
        for exchange in protocol.kinds[kind](session, chance):
            talk.say(exchange)
        talk.close()
    return wire.frames


def twin(scene, kind, seed):
    """twin gives the frames of the silent twin: the recorded client at its recorded work, at the attack's pace."""
    frames = attack(scene, kind, seed)
    wire = wire_of(scene, kind, seed)
    one = scene.recorded
    if kind == "ARP spoof":
        for _ in range(len(frames) // 2):
            wire.add(arp(2, one.server_mac, one.server, one.client_mac, one.client, one.client_mac))
            wire.add(arp(2, one.client_mac, one.client, one.server_mac, one.server, one.server_mac))
        return wire.frames
    talk = Talk(wire, one.client, one.client_mac, one.server, one.server_mac, one.port).open()
    talk.say(one.payloads[:max(2, min(len(frames), 60))]).close()
    return wire.frames
