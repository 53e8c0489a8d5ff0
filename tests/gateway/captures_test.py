#!/usr/bin/env python3
"""Recorded conversations of devices, played through a gateway by two plain sockets: what is allowed passes octet for octet,
and where nothing is allowed the server sees nothing but the connection."""

import os
import pathlib
import shutil
import socket
import subprocess
import threading
import unittest

from support import GATEWAY, PLC, SCADA, GatewayCase, addressed_network, client, go_apart, plant, skip

CAPTURES = pathlib.Path(os.environ.get("RAMPART_CAPTURES", "../../../shared/captures"))
PORTS = {"modbus": 502, "s7comm": 102, "dnp3": 20000, "enip": 44818, "iec104": 2404}
FOLDERS = {"modbus": "modbus", "s7comm": "s7comm", "dnp3": "dnp3", "enip": "enip-cip", "iec104": "iec104"}
MOST_FILES, MOST_STREAMS, MOST_OCTETS = 8, 4, 200_000
EVERYTHING = "read, write, operate, configure, program, start, stop, firmware, file, time, identify, session, diagnose"


def streams(path, port):
    """Conversations of one file that were seen from their opening on, each as pieces (to the server or not, octets)."""
    filter_ = f"tcp.port == {port} && tcp.len > 0 && !tcp.analysis.retransmission && !tcp.analysis.out_of_order"
    answer = subprocess.run(["tshark", "-n", "-r", str(path), "-Y", filter_, "-T", "fields", "-e", "tcp.stream", "-e", "tcp.dstport", "-e",
                             "tcp.seq", "-e", "tcp.payload"], capture_output=True, text=True, timeout=120, check=False)
    found, broken, expected = {}, set(), {}
    for line in answer.stdout.splitlines():
        stream, target, sequence, payload = line.split("\t")
        octets = bytes.fromhex(payload.replace(":", ""))
        to_server = int(target) == port
        key = (stream, to_server)
        if int(sequence) != expected.get(key, 1):
            broken.add(stream)  # a gap, or not seen from the beginning
        expected[key] = int(sequence) + len(octets)
        found.setdefault(stream, []).append((to_server, octets))
    return [pieces for stream, pieces in found.items() if stream not in broken and pieces[0][0]
            and sum(len(octets) for _, octets in pieces) < MOST_OCTETS]


class Player:
    """Plays one conversation: each side sends its pieces when it has received what came before them."""

    def __init__(self, case, port, pieces, listener):
        self.case, self.pieces = case, pieces
        self.client = case.client(SCADA, (GATEWAY, port))
        listener.settimeout(10)
        self.server, _ = listener.accept()
        case.addCleanup(self.server.close)
        for one in (self.client, self.server):
            one.settimeout(10)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def play(self, patience=5):
        """Waits `patience` seconds for a piece. Gives how many octets came to each side, of how many that were sent: (server, client), (server, client)."""
        came, sent = [b"", b""], [b"", b""]
        for to_server, octets in self.pieces:
            side = 0 if to_server else 1
            (self.client if to_server else self.server).sendall(octets)
            sent[side] += octets
            receiver = self.server if to_server else self.client
            try:
                while len(came[side]) < len(sent[side]):
                    receiver.settimeout(min(patience, 0.5 if len(came[side]) + 300 > len(sent[side]) - len(octets) else 5))
                    more = receiver.recv(65536)
                    if not more:
                        return came, sent
                    came[side] += more
            except TimeoutError:
                pass  # the rest of a message comes with the next piece
            except ConnectionResetError:
                return came, sent
        return came, sent


class Recorded(GatewayCase):
    def listener(self, port):
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((PLC, port))
        made.listen(16)
        self.addCleanup(made.close)
        return made

    def files(self, protocol):
        folder = CAPTURES / FOLDERS[protocol]
        if not folder.is_dir():
            self.skipTest(f"no captures at {CAPTURES}")
        found = sorted(path for path in folder.iterdir() if path.suffix in (".pcap", ".pcapng") and path.stat().st_size < 3_000_000)
        return found

    def guarded(self, protocol, rules, mode):
        port = PORTS[protocol]
        listener = self.listener(port)
        process = self.guard(plant(rules=rules, conduit=f"    mode: {mode}", serves=f"- {{to: plc, protocol: {protocol}, at: 10.1.0.1}}"))
        return listener, process

    def test_recorded_conversations_pass_octet_for_octet(self):
        for protocol, port in PORTS.items():
            with self.subTest(protocol=protocol):
                rules = f"      - {{id: all, allow: [{EVERYTHING}], protocol: {protocol}, from: [scada], to: [plc]}}\n"
                listener, process = self.guarded(protocol, rules, "test")
                played = octets = 0
                for path in self.files(protocol):
                    if played >= MOST_FILES * 2:
                        break
                    for pieces in streams(path, port)[:MOST_STREAMS]:
                        player = Player(self, port, pieces, listener)
                        came, sent = player.play()
                        for side, name in enumerate(("server", "client")):
                            self.assertTrue(sent[side].startswith(came[side]), f"{path.name}: changed on the way to the {name}")
                            self.assertGreaterEqual(len(came[side]) + 300, len(sent[side]), f"{path.name}: lost on the way to the {name}")
                        played += 1
                        octets += len(came[0]) + len(came[1])
                        player.client.close()
                        player.server.close()
                self.assertGreater(played, 0, "no conversation that can be played")
                print(f"{protocol}: {played} recorded conversations, {octets} octets")
                self.stop(process)
                self.events.unlink()
                listener.close()

    def test_nothing_of_them_reaches_a_server_where_only_something_else_is_allowed(self):
        for protocol, port in PORTS.items():
            with self.subTest(protocol=protocol):
                rules = f"      - {{id: door, allow: firmware, protocol: {protocol}, from: [scada], to: [plc]}}\n"
                listener, process = self.guarded(protocol, rules, "enforce")
                played = 0
                for path in self.files(protocol):
                    if played >= MOST_FILES:
                        break
                    for pieces in streams(path, port)[:2]:
                        player = Player(self, port, [piece for piece in pieces if piece[0]], listener)
                        came, _ = player.play(patience=0.02)  # nothing is to come
                        self.assertEqual(self.judged(protocol, came[0]), b"", path.name)
                        played += 1
                        player.client.close()
                        player.server.close()
                self.assertGreater(played, 0)
                self.stop(process)
                self.events.unlink()
                listener.close()

    @staticmethod
    def judged(protocol, octets):
        """What a server got, without frames that ask for nothing: acknowledgements of IEC 104, empty data of COTP."""
        rest = b""
        if protocol == "s7comm":
            return octets.replace(b"\x03\x00\x00\x07\x02\xf0\x00", b"")
        if protocol != "iec104":
            return octets
        while len(octets) >= 6:
            size = octets[1] + 2
            if octets[2] & 3 != 1:
                rest += octets[:size]
            octets = octets[size:]
        return rest + octets


if __name__ == "__main__":
    if shutil.which("tshark") is None:
        skip("there is no tshark")
    go_apart("tshark")
    addressed_network()
    unittest.main()
