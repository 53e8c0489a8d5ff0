"""The messages of attacks, protocol by protocol. Each protocol is a Protocol: how a session is opened, and for each kind
of attack the exchanges of question and answer; a kind that the protocol has no message for is left out of its table.
An exchange is a list of (by the client, octets). Formats as the specifications give them."""

import dataclasses
import struct
import typing


@dataclasses.dataclass
class Protocol:
    port: int
    opening: typing.Callable  # session -> exchange
    kinds: dict  # kind of attack -> (session, chance) -> list of exchanges


class Session:
    """Session counts what the protocols count: transactions, sequence numbers."""

    def __init__(self, unit=1):
        self.number = 0
        self.unit = unit
        self.sent = self.received = 0
        self.handle = 0x1234

    def next(self):
        self.number += 1
        return self.number & 0xffff


# Modbus/TCP

def mbap(session, question, answer):
    number = session.next()

    def frame(pdu):
        return struct.pack(">HHHB", number, 0, len(pdu) + 1, session.unit) + pdu
    return [(True, frame(question)), (False, frame(answer))]


def refused(session, code, rest=b"\0\0\0\1"):
    return mbap(session, bytes([code]) + rest, bytes([code | 0x80, 1]))


def echoed(session, pdu):
    return mbap(session, pdu, pdu)


MODBUS = Protocol(502, lambda session: [], {
    "function scan": lambda s, c: [refused(s, code) for code in c.sample(range(1, 100), 40)],
    "write by a stranger": lambda s, c: [echoed(s, struct.pack(">BHH", 6, c.randrange(100), c.randrange(65536)))
                                         for _ in range(c.randrange(1, 12))],
    "value out of range": lambda s, c: [echoed(s, struct.pack(">BHH", 6, s.object, 65535 - c.randrange(100)))],
    "program": lambda s, c: [mbap(s, b"\x5a\x00\x30\x00\x01\xfb\x03", b"\x5a\x00\xfe\x01")],
    "stop": lambda s, c: [mbap(s, b"\x5a\x00\x41\xff\x00", b"\x5a\x00\xfe"), echoed(s, b"\x08\x00\x04\x00\x00")],
    "restart": lambda s, c: [echoed(s, b"\x08\x00\x01\x00\x00")],
})

# S7comm: TPKT, COTP data, and S7's header


def s7(kind, reference, parameter, data=b"", error=None):
    header = struct.pack(">BBHHHH", 0x32, kind, 0, reference, len(parameter), len(data))
    if error is not None:
        header += struct.pack(">H", error)
    body = b"\x02\xf0\x80" + header + parameter + data
    return struct.pack(">BBH", 3, 0, len(body) + 4) + body


def s7_opening(session):
    connect = bytes([17, 0xe0, 0, 0, 0, 1, 0]) + b"\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02"
    confirm = bytes([17, 0xd0, 0, 1, 0, 2, 0]) + b"\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02"
    reference = session.next()
    setup = struct.pack(">BBHHH", 0xf0, 0, 1, 1, 480)
    return [(True, struct.pack(">BBH", 3, 0, 4 + len(connect)) + connect),
            (False, struct.pack(">BBH", 3, 0, 4 + len(confirm)) + confirm),
            (True, s7(1, reference, setup)), (False, s7(3, reference, setup, error=0))]


def s7_job(session, parameter, data, answer, answer_data=b"", error=0):
    reference = session.next()
    return [(True, s7(1, reference, parameter, data)), (False, s7(3, reference, answer, answer_data, error))]


def s7_write(session, block, offset, value):
    item = struct.pack(">BBBBHHB", 0x12, 10, 0x10, 4, 1, block, 0x84) + struct.pack(">I", offset * 8)[1:]
    return s7_job(session, b"\x05\x01" + item, b"\x00\x04\x00\x10" + struct.pack(">H", value), b"\x05\x01", b"\xff")


def s7_service(session, function, argument=b"", name=b"P_PROGRAM"):
    """s7_service is a PI service: 0x28 with arguments, or the stop 0x29."""
    if function == 0x29:
        parameter = bytes([0x29, 0, 0, 0, 0, 0, len(name)]) + name
    else:
        parameter = bytes([0x28, 0, 0, 0, 0, 0, 0, 0xfd]) + struct.pack(">H", len(argument)) + argument + \
            bytes([len(name)]) + name
    return s7_job(session, parameter, b"", bytes([function]))


def s7_download(session):
    name = b"_0800001P"
    request = bytes([0x1a, 0, 1, 0, 0, 0, 0, 0, len(name)]) + name + b"\x0d1000200000100"
    return s7_job(session, request, b"", b"\x1a")


S7COMM = Protocol(102, s7_opening, {
    "function scan": lambda s, c: [s7_job(s, bytes([code]) + b"\0" * 7, b"", bytes([code]), error=0x8104)
                                   for code in c.sample(range(0x30, 0xe0), 40)],
    "write by a stranger": lambda s, c: [s7_write(s, 1, c.randrange(0, 100, 2), c.randrange(65536))
                                         for _ in range(c.randrange(1, 12))],
    "value out of range": lambda s, c: [s7_write(s, 1, s.object, 65535 - c.randrange(100))],
    "program": lambda s, c: [s7_download(s)],
    "stop": lambda s, c: [s7_service(s, 0x29)],
    "restart": lambda s, c: [s7_service(s, 0x28), s7_service(s, 0x28, b"C ")],
})

# DNP3: link frames with their checks, transport and application


def crc16(octets):
    value = 0
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ (0xa6bc if value & 1 else 0)
    return struct.pack("<H", ~value & 0xffff)


def link(control, destination, source, user):
    header = struct.pack("<BBBBHH", 5, 0x64, 5 + len(user), control, destination, source)
    out = header + crc16(header)
    for at in range(0, len(user), 16):
        out += user[at:at + 16] + crc16(user[at:at + 16])
    return out


def dnp3(session, function, objects=b"", answer=b"", indications=0):
    number = session.next() & 15
    transport = 0xc0 | (session.number & 0x3f)
    question = bytes([transport, 0xc0 | number, function]) + objects
    reply = bytes([transport, 0xc0 | number, 129]) + struct.pack(">H", indications) + answer
    return [(True, link(0xc4, session.unit, session.master, question)),
            (False, link(0x44, session.master, session.unit, reply))]


def dnp3_analog(session, function, index, value):
    block = b"\x29\x02\x17\x01" + struct.pack("<BhB", index & 0xff, value, 0)
    return dnp3(session, function, block, block)


DNP3 = Protocol(20000, lambda session: [], {
    "function scan": lambda s, c: [dnp3(s, code, indications=0x0001) for code in c.sample(range(1, 128), 40)
                                   if code not in (6, 8, 10, 12)],
    "write by a stranger": lambda s, c: [dnp3_analog(s, 5, c.randrange(100), c.randrange(30000))
                                         for _ in range(c.randrange(1, 12))],
    "value out of range": lambda s, c: [dnp3_analog(s, 5, s.object, 32767 - c.randrange(100))],
    "program": lambda s, c: [dnp3(s, 19), dnp3(s, 31)],
    "stop": lambda s, c: [dnp3(s, 18)],
    "restart": lambda s, c: [dnp3(s, c.choice((13, 14)), answer=b"\x34\x01\x07\x01\x0a\x00")],
})

# IEC 60870-5-104: APDUs with counted numbers


def apdu(session, by_client, asdu):
    sent, received = (session.sent, session.received) if by_client else (session.received, session.sent)
    out = struct.pack("<BBHH", 0x68, 4 + len(asdu), sent << 1, received << 1) + asdu
    if by_client:
        session.sent += 1
    else:
        session.received += 1
    return (by_client, out)


def asdu(session, kind, cause, address, information):
    return struct.pack("<BBBBH", kind, 1, cause, 0, session.unit) + struct.pack("<I", address)[:3] + information


def iec104(session, kind, address, information, confirm=7):
    return [apdu(session, True, asdu(session, kind, 6, address, information)),
            apdu(session, False, asdu(session, kind, confirm, address, information))]


IEC104_SIZES = {45: 1, 46: 1, 47: 1, 48: 3, 49: 3, 50: 5, 51: 4, 58: 8, 59: 8, 60: 8, 61: 10, 62: 10, 63: 12, 64: 11,
                100: 1, 101: 1, 102: 0, 103: 7, 105: 1, 107: 9, 110: 3, 111: 3, 112: 5, 113: 1}
IEC104 = Protocol(2404, lambda session: [(True, b"\x68\x04\x07\0\0\0"), (False, b"\x68\x04\x0b\0\0\0")], {
    "function scan": lambda s, c: [iec104(s, kind, 1, bytes(IEC104_SIZES[kind]), 0x40 | 44)
                                   for kind in c.sample(sorted(IEC104_SIZES), len(IEC104_SIZES))],
    "write by a stranger": lambda s, c: [iec104(s, 45, c.randrange(1, 2000), bytes([c.randrange(2)]))
                                         for _ in range(c.randrange(1, 12))],
    "value out of range": lambda s, c: [iec104(s, 50, s.object, struct.pack("<fB", 1e9 + c.randrange(100), 0))],
    "restart": lambda s, c: [iec104(s, 105, 0, b"\x01")],
})

# EtherNet/IP: CIP in SendRRData, without a connection


def encapsulated(session, command, data):
    return struct.pack("<HHII8sI", command, len(data), session.handle, 0, b"splice01", 0) + data


def rr_data(session, cip):
    items = struct.pack("<IHHHHHH", 0, 10, 2, 0, 0, 0xb2, len(cip))
    return encapsulated(session, 0x6f, items + cip)


def cip(session, service, path, data=b"", status=0, answer=b""):
    question = bytes([service, len(path) // 2]) + path + data
    return [(True, rr_data(session, question)), (False, rr_data(session, bytes([service | 0x80, 0, status, 0]) + answer))]


def enip_opening(session):
    def register(handle):
        session.handle, kept = handle, session.handle
        out = encapsulated(session, 0x65, b"\x01\0\0\0")
        session.handle = kept
        return out
    return [(True, register(0)), (False, register(session.handle))]


def instance(of_class, number):
    return bytes([0x20, of_class, 0x24, number])


def tag(name):
    name = name.encode()
    return bytes([0x91, len(name)]) + name + b"\0" * (len(name) % 2)


ENIP = Protocol(44818, enip_opening, {
    "function scan": lambda s, c: [cip(s, service, instance(1, 1), status=8) for service in c.sample(range(1, 0x64), 40)],
    "write by a stranger": lambda s, c: [cip(s, 0x4d, tag(f"valve{c.randrange(20)}"),
                                             struct.pack("<HHh", 0xc3, 1, c.randrange(30000)))
                                         for _ in range(c.randrange(1, 12))],
    "value out of range": lambda s, c: [cip(s, 0x4d, tag("level"), struct.pack("<HHh", 0xc3, 1, 32767 - c.randrange(100)))],
    "stop": lambda s, c: [cip(s, 0x07, instance(0x8e, 1))],
    "restart": lambda s, c: [cip(s, 0x05, instance(1, 1), b"\x00")],
    "program": lambda s, c: [cip(s, 0x4b, instance(0x64, 1))],
})

PROTOCOLS = {"modbus": MODBUS, "s7comm": S7COMM, "dnp3": DNP3, "iec104": IEC104, "enip": ENIP}
