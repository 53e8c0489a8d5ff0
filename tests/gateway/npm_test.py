#!/usr/bin/env python3
"""Clients from npm through a gateway: what is allowed works as if nothing stood between, what is not is refused so that the
library tells its user, and the device never sees it. S7 and CIP devices are this test's own; Modbus is served from npm."""

import contextlib
import json
import pathlib
import shutil
import socket
import struct
import subprocess
import threading
import unittest

from support import GATEWAY, PLC, GatewayCase, addressed_network, go_apart, plant, receive, skip

FOLDER = pathlib.Path(__file__).resolve().parent / "npm"


class Device:
    """A TCP server that answers whole messages; `wrote` is what it was told to change, `other` what it did not understand."""

    def __init__(self, port):
        self.wrote, self.other = [], []
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((PLC, port))
        self.listener.listen(16)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError), connection:
            while True:
                head = receive(connection, self.head)
                if len(head) < self.head:
                    return
                answer = self.answer(head + receive(connection, self.rest(head)))
                if answer:
                    connection.sendall(answer)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class S7Device(Device):
    """Reads and writes of S7 (RFC 1006, COTP, protocol 0x32): all data are 0x2a."""

    head = 4
    widths = {1: 1, 2: 1, 4: 2, 5: 2, 6: 4, 7: 4, 8: 4}

    def __init__(self):
        super().__init__(102)

    @staticmethod
    def rest(head):
        return struct.unpack(">H", head[2:4])[0] - 4

    @staticmethod
    def wrapped(octets):
        return struct.pack(">BBH", 3, 0, 4 + len(octets)) + octets

    def answer(self, message):
        if message[5] == 0xe0:
            return self.wrapped(bytes([message[4], 0xd0]) + message[8:10] + b"\0\1\0" + message[11:])
        ask, reference = message[17:], message[11:13]
        if ask[0] == 0xf0:
            return self.reply(reference, b"\xf0\0\0\1\0\1\0\xf0", b"")
        items = [ask[2 + 12 * i:14 + 12 * i] for i in range(ask[1])]
        if ask[0] == 5:
            self.wrote += [(struct.unpack(">H", one[6:8])[0], int.from_bytes(one[9:12], "big") // 8) for one in items]
            return self.reply(reference, ask[:2], b"\xff" * len(items))
        if ask[0] != 4:
            self.other.append(message)
            return b""
        data = b""
        for one in items:
            octets = b"\x2a" * (self.widths[one[3]] * struct.unpack(">H", one[4:6])[0])
            data += b"\0" * (len(data) % 2) + struct.pack(">BBH", 0xff, 4, 8 * len(octets)) + octets
        return self.reply(reference, ask[:2], data)

    def reply(self, reference, parameters, data):
        header = b"\x32\x03\0\0" + reference + struct.pack(">HHBB", len(parameters), len(data), 0, 0)
        return self.wrapped(b"\x02\xf0\x80" + header + parameters + data)


class CipDevice(Device):
    """EtherNet/IP with explicit messages, connected or not: every tag is a DINT and 42."""

    head = 24

    def __init__(self):
        super().__init__(44818)
        self.to_client = 0

    @staticmethod
    def rest(head):
        return struct.unpack("<H", head[2:4])[0]

    def answer(self, message):
        command = struct.unpack("<H", message[:2])[0]
        body = message[24:]
        if command == 0x66:
            return b""
        if command == 0x65:
            return message[:4] + struct.pack("<I", 7) + message[8:]
        if command == 0x6f:  # interface, time-out, two items: no address, data
            answer = self.ask(body[16:])
            data = body[:6] + struct.pack("<HHHHH", 2, 0, 0, 0xb2, len(answer)) + answer
        elif command == 0x70:  # two items: the connection, its count and data
            answer = body[20:22] + self.ask(body[22:])
            data = body[:6] + struct.pack("<HHHIHH", 2, 0xa1, 4, self.to_client, 0xb1, len(answer)) + answer
        else:
            self.other.append(message)
            return b""
        return message[:2] + struct.pack("<H", len(data)) + message[4:24] + data

    def ask(self, request):
        service, size = request[0], 2 * request[1]
        path, data = request[2:2 + size], request[2 + size:]
        done = bytes([service | 0x80, 0, 0, 0])
        if service == 0x52 and path == b"\x20\x06\x24\x01":
            return self.ask(data[4:4 + struct.unpack("<H", data[2:4])[0]])
        if service in (0x54, 0x5b):
            self.to_client = struct.unpack("<I", data[6:10])[0]
            return done + struct.pack("<I", 0x1234) + data[6:18] + data[22:26] + data[22:26] + b"\0\0"
        if service == 0x4e:
            return done + data[2:10] + b"\0\0"
        if service == 0x01:
            return done + struct.pack("<HHHBBHI", 1, 14, 54, 20, 11, 0x60, 0x1234) + b"\x04Unit"
        if service == 0x4c:
            return done + struct.pack("<HI", 0xc4, 42)
        if service == 0x4d:
            self.wrote.append((path[2:2 + path[1]].decode(), struct.unpack("<I", data[4:8])[0]))
            return done
        self.other.append(request)
        return bytes([service | 0x80, 0, 8, 0])


class FromNpm(GatewayCase):
    def door(self, protocol, rules):
        self.guard(plant(rules=rules, serves=f"- {{to: plc, protocol: {protocol}, at: 10.1.0.1}}"))

    def device(self, kind):
        made = kind()
        self.addCleanup(made.close)
        return made

    def ask(self, library, port, *steps):
        answer = subprocess.run(["node", FOLDER / "ask.js", library, GATEWAY, str(port), json.dumps(steps)], capture_output=True, text=True,
                                timeout=60, check=False)
        self.assertEqual(answer.returncode, 0, f"{library}: {answer.stderr}")
        return json.loads(answer.stdout)

    def test_nodes7_asks_an_s7_controller(self):
        device = self.device(S7Device)
        self.door("s7comm", """      - {id: look, allow: [session, identify, read], protocol: s7comm, from: [scada], to: [plc]}
      - {id: set, allow: write, protocol: s7comm, from: [scada], to: [plc], objects: [DB1.DBB0-9]}
""")
        told = self.ask("nodes7", 102, ["read", "DB1,INT0"], ["write", "DB1,INT4", 7], ["write", "DB1,INT20", 7], ["write", "DB2,INT0", 7],
                        ["read", "DB2,INT0"])
        self.assertEqual(told, [{"value": 0x2a2a}, {"value": True}, {"error": "bad quality"}, {"error": "bad quality"}, {"value": 0x2a2a}])
        self.assertEqual((device.wrote, device.other), ([(1, 4)], []))

    def test_two_libraries_ask_a_modbus_server_of_a_third(self):
        server = subprocess.Popen(["node", FOLDER / "serve.js", PLC, "502"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        self.assertEqual(server.stdout.readline(), "ready\n")
        self.guard()
        for library, words in (("modbus-serial", "Illegal function"), ("jsmodbus", "exception 1")):
            told = self.ask(library, 502, ["read", 10], ["write", 12, 7], ["write", 20, 7], ["read", 12])
            self.assertEqual([told[i] for i in (0, 1, 3)], [{"value": 1234}, {"value": 7}, {"value": 7}])
            self.assertIn(words, told[2]["error"])
        server.kill()
        self.assertEqual(server.stdout.read(), "write 12 7\n" * 2)

    def test_ethernet_ip_asks_a_controller_by_unconnected_messages(self):
        self.cip("ethernet-ip")

    def test_st_ethernet_ip_asks_a_controller_over_a_connection(self):
        self.cip("st-ethernet-ip")

    def cip(self, library):
        device = self.device(CipDevice)
        self.door("enip", """      - {id: look, allow: [session, identify, read], protocol: enip, from: [scada], to: [plc]}
      - {id: set, allow: write, protocol: enip, from: [scada], to: [plc], objects: [tag Speed]}
""")
        told = self.ask(library, 44818, ["read", "Speed"], ["write", "Speed", 7], ["write", "Other", 7], ["read", "Other"])
        print(told)
        self.assertEqual([told[i] for i in (0, 1, 3)], [{"value": 42}, {"value": True}, {"value": 42}])
        self.assertIn("error", told[2])
        self.assertEqual((device.wrote, device.other), ([("Speed", 7)], []))


if __name__ == "__main__":
    if shutil.which("node") is None:
        skip("there is no node")
    if not (FOLDER / "node_modules" / "nodes7").is_dir():
        skip("the packages of tests/gateway/npm are not installed (tools/install.sh test)")
    go_apart("node")
    addressed_network()
    unittest.main()
