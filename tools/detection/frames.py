"""Builds frames: TCP conversations, knocks on ports, ARP. Time moves on by what the seeded source of chance says."""

import ipaddress
import struct

from detection.capture import Frame

SYN, ACK, PUSH, RESET, FIN = 2, 16, 8, 4, 1


def checksum(octets):
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def tcp(source, destination, source_mac, destination_mac, ports, sequence, acknowledgement, flags, payload=b""):
    source, destination = ipaddress.ip_address(source).packed, ipaddress.ip_address(destination).packed
    segment = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledgement, 0x50, flags, 8192, 0, 0) + payload
    pseudo = source + destination + struct.pack(">BBH", 0, 6, len(segment))
    segment = segment[:16] + struct.pack(">H", checksum(pseudo + segment)) + segment[18:]
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 7, 0x4000, 64, 6, 0) + source + destination
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return destination_mac + source_mac + b"\x08\x00" + header + segment


def arp(operation, sender_mac, sender, target_mac, target, to=b"\xff" * 6):
    return to + sender_mac + b"\x08\x06" + struct.pack(">HHBBH", 1, 0x0800, 6, 4, operation) + sender_mac + \
        ipaddress.ip_address(sender).packed + target_mac + ipaddress.ip_address(target).packed


class Wire:
    """Wire collects frames. `pace` is the mean time between two in nanoseconds."""

    def __init__(self, chance, start, pace):
        self.chance, self.now, self.pace = chance, start, pace
        self.frames = []

    def add(self, octets, soon=False):
        self.frames.append(Frame(self.now, octets))
        self.now += 200_000 if soon else int(self.pace * self.chance.uniform(0.5, 1.5))


class Talk:
    """Talk is one TCP connection on a wire."""

    def __init__(self, wire, client, client_mac, server, server_mac, port):
        self.wire = wire
        self.sides = ((client, client_mac), (server, server_mac))
        self.ports = (wire.chance.randrange(49152, 65536), port)
        self.sequence = [wire.chance.randrange(1 << 32), wire.chance.randrange(1 << 32)]

    def send(self, by_client, flags, payload=b"", soon=False):
        me = 0 if by_client else 1
        acknowledgement = self.sequence[1 - me] if flags & ACK else 0
        self.wire.add(tcp(self.sides[me][0], self.sides[1 - me][0], self.sides[me][1], self.sides[1 - me][1],
                          (self.ports[me], self.ports[1 - me]), self.sequence[me], acknowledgement, flags, payload), soon)
        self.sequence[me] = (self.sequence[me] + len(payload) + (1 if flags & (SYN | FIN) else 0)) & 0xffffffff

    def open(self):
        self.send(True, SYN, soon=True)
        self.send(False, SYN | ACK, soon=True)
        self.send(True, ACK, soon=True)
        return self

    def say(self, exchange):
        """say plays (by the client, octets) in order; after an answer the next question takes its time."""
        for by_client, octets in exchange:
            self.send(by_client, ACK | PUSH, octets, soon=by_client)
        return self

    def close(self):
        self.send(True, FIN | ACK, soon=True)
        self.send(False, FIN | ACK)
        return self
