"""Classic pcap files of Ethernet frames, and the TCP conversations in them. By hand: nothing but the standard library."""

import collections
import ipaddress
import struct

Frame = collections.namedtuple("Frame", "time bytes")  # time in nanoseconds


def read(path):
    """read gives the frames of a classic pcap file with Ethernet frames."""
    with open(path, "rb") as file:
        data = file.read()
    magic = data[:4]
    orders = {b"\xd4\xc3\xb2\xa1": ("<", 1000), b"\xa1\xb2\xc3\xd4": (">", 1000),
              b"\x4d\x3c\xb2\xa1": ("<", 1), b"\xa1\xb2\x3c\x4d": (">", 1)}
    if magic not in orders:
        raise ValueError(f"{path} is no classic pcap file")
    order, unit = orders[magic]
    if struct.unpack(order + "I", data[20:24])[0] & 0xffff != 1:
        raise ValueError(f"{path} does not hold Ethernet frames")
    frames, at = [], 24
    while at + 16 <= len(data):
        seconds, fraction, size, _ = struct.unpack(order + "IIII", data[at:at + 16])
        frames.append(Frame(seconds * 1_000_000_000 + fraction * unit, data[at + 16:at + 16 + size]))
        at += 16 + size
    return frames


def write(path, frames):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, 1))
        for frame in frames:
            file.write(struct.pack("<IIII", frame.time // 1_000_000_000, frame.time % 1_000_000_000, len(frame.bytes),
                                   len(frame.bytes)))
            file.write(frame.bytes)


def merge(frames, spliced):
    """merge lays `spliced` between `frames` by time; the result, and the numbers (from 1) of the spliced ones."""
    both = sorted([(frame.time, 0, i, frame) for i, frame in enumerate(frames)] +
                  [(frame.time, 1, i, frame) for i, frame in enumerate(spliced)], key=lambda entry: entry[:3])
    return [entry[3] for entry in both], {i + 1 for i, entry in enumerate(both) if entry[1] == 1}


class Tcp:
    """Tcp is a segment: addresses as text, ports, sequence, payload; None of a frame that is none."""

    __slots__ = ("source", "destination", "source_mac", "destination_mac", "ports", "sequence", "flags", "payload")

    @classmethod
    def of(cls, frame):
        octets = frame.bytes
        if len(octets) < 54 or octets[12:14] != b"\x08\x00" or octets[23] != 6:
            return None
        header = 14 + (octets[14] & 15) * 4
        end = 14 + struct.unpack(">H", octets[16:18])[0]
        if len(octets) < header + 20:
            return None
        segment = cls()
        segment.destination_mac, segment.source_mac = octets[0:6], octets[6:12]
        segment.source = str(ipaddress.ip_address(octets[26:30]))
        segment.destination = str(ipaddress.ip_address(octets[30:34]))
        segment.ports = struct.unpack(">HH", octets[header:header + 4])
        segment.sequence = struct.unpack(">I", octets[header + 4:header + 8])[0]
        segment.flags = octets[header + 13]
        segment.payload = octets[header + (octets[header + 12] >> 4) * 4:end]
        return segment


class Recorded:
    """Recorded is a conversation as it was: who, with which hardware addresses, and the payloads in their order."""

    def __init__(self, client, server, client_mac, server_mac, port):
        self.client, self.server, self.port = client, server, port
        self.client_mac, self.server_mac = client_mac, server_mac
        self.payloads = []  # (by the client, octets)


def conversations(frames, ports):
    """conversations lists what was said over TCP to `ports`, those with most payloads first."""
    known, expected, clients = {}, {}, {}
    for frame in frames:
        segment = Tcp.of(frame)
        if segment is None:
            continue
        to_port, from_port = segment.ports[1] in ports, segment.ports[0] in ports
        if not to_port and not from_port:
            continue
        ends = frozenset([(segment.source, segment.ports[0]), (segment.destination, segment.ports[1])])
        if to_port and from_port:  # who opens it asks, or speaks first where nobody saw it opened
            opens = segment.flags & 0x12 == 0x02
            if opens or (segment.payload and ends not in clients):
                clients[ends] = segment.source
        if not segment.payload:
            continue
        by_client = clients[ends] == segment.source if ends in clients else to_port
        client, server = ("source", "destination") if by_client else ("destination", "source")
        client_port, port = segment.ports if by_client else segment.ports[::-1]
        key = (getattr(segment, client), client_port, getattr(segment, server), port)
        if key not in known:
            known[key] = Recorded(key[0], key[2], getattr(segment, client + "_mac"), getattr(segment, server + "_mac"), port)
        if (segment.sequence - expected.get((key, by_client), segment.sequence)) & 0xffffffff >= 0x80000000:
            continue  # sent again
        expected[key, by_client] = (segment.sequence + len(segment.payload)) & 0xffffffff
        known[key].payloads.append((by_client, segment.payload))
    return sorted(known.values(), key=lambda one: -len(one.payloads))
