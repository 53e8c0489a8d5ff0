#!/usr/bin/env python3
"""Restart and upgrade: the sockets that listen go from one gateway to the next by the service manager's protocol, and nobody
who connects meanwhile is refused; who asked before gets the answer, and what is done in steps is not cut half-way."""

import array
import contextlib
import fcntl
import os
import signal
import socket
import struct
import subprocess
import threading
import unittest

from support import (DEADLINE, GATEWAY, PLC, PROGRAM, SCADA, GatewayCase, addressed_network, go_apart, is_reset, plant,
                     read_registers, receive, write_register)

RESTARTS = 5
IEC_104 = 2404
START, STARTED = bytes.fromhex("680407000000"), bytes.fromhex("68040b000000")


def command(number, select, confirms=False):
    """A single command of IEC 60870-5-104 in a frame of its own, the `number`-th of who sends it, or what confirms that."""
    received = number + 1 if confirms else number
    return struct.pack("<BBHHBBBBHHBB", 0x68, 14, number << 1, received << 1, 45, 1, 7 if confirms else 6, 0, 1, 1000, 0,
                       0x81 if select else 0x01)


class Manager:
    """As much of systemd as this takes: keeps the descriptors that a service leaves (FDSTORE), and gives them to the next."""

    def __init__(self, folder):
        self.path = folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.path.chmod(0o777)
        self.kept = {}
        self.ready = threading.Semaphore(0)
        self.stopping = False
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        with contextlib.suppress(OSError):
            while True:
                said, rights, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(4))
                words = dict(line.split("=", 1) for line in said.decode().splitlines())
                for _, _, octets in rights:
                    numbers = array.array("i", octets[:4])
                    old = self.kept.pop(words["FDNAME"], None)
                    if old is not None:
                        os.close(old)
                    self.kept[words["FDNAME"]] = numbers[0]
                if "FDSTOREREMOVE" in words:
                    os.close(self.kept.pop(words["FDNAME"]))
                self.stopping |= words.get("STOPPING") == "1"
                if words.get("READY") == "1":
                    self.ready.release()

    def start(self, *words, **settings):
        """Descriptors are at 3 and on, and $LISTEN_PID is the process that gets them, as in sd_listen_fds(3)."""
        kept = list(self.kept.items())

        def place():
            high = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 200) for _, number in kept]
            for place_, number in enumerate(high):
                os.dup2(number, 3 + place_, inheritable=True)
        environment = {**os.environ, "NOTIFY_SOCKET": str(self.path), "LISTEN_FDS": str(len(kept)),
                       "LISTEN_FDNAMES": ":".join(name for name, _ in kept)}
        script = 'export LISTEN_PID=$$; exec "$@"'
        return subprocess.Popen(["sh", "-c", script, "sh", *map(str, words)], env=environment, preexec_fn=place if kept else None,
                                close_fds=False, **settings)

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for number in self.kept.values():
            os.close(number)


class Clients:
    """Connect again and again until told to stop; keep count of who was refused."""

    def __init__(self):
        self.answered = self.cut = 0
        self.refused = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.go_on, daemon=True) for _ in range(4)]
        for thread in self.threads:
            thread.start()

    def go_on(self):
        while not self.stopping.is_set():
            with socket.socket() as made:
                made.settimeout(DEADLINE)
                try:
                    made.bind((SCADA, 0))
                    made.connect((GATEWAY, 502))
                except ConnectionResetError:
                    self.cut += 1  # it was connected, and reset before connect() returned
                    continue
                except OSError as error:
                    self.refused.append(repr(error))
                    continue
                try:
                    made.sendall(read_registers(1, 0))
                    if len(receive(made, 11)) == 11:
                        self.answered += 1
                    else:
                        self.cut += 1
                except OSError:
                    self.cut += 1

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(DEADLINE)


class HandOver(GatewayCase):
    def setUp(self):
        super().setUp()
        self.plc = self.server()
        self.manager = Manager(self.folder)
        self.addCleanup(self.manager.close)
        self.file.write_text(plant(), encoding="utf-8")

    def start(self):
        self.said = self.folder / "said"
        with open(self.said, "a", encoding="utf-8") as said:
            process = self.manager.start(PROGRAM, "guard", self.file, "--as", "gw-1", "--json", self.events, stdout=subprocess.PIPE,
                                         stderr=said, text=True)
        self.addCleanup(self.end, process)
        self.assertTrue(self.manager.ready.acquire(timeout=DEADLINE), self.said.read_text(encoding="utf-8"))
        return process

    def test_a_restart_refuses_nobody(self):
        process = self.start()
        self.assertEqual(list(self.manager.kept), ["tcp-10.1.0.1_502"])
        clients = Clients()
        self.addCleanup(clients.stop)
        for _ in range(RESTARTS):
            self.until(lambda before=clients.answered: clients.answered > before + 20, "clients that are answered")
            self.stop(process)
            process = self.start()
        self.until(lambda before=clients.answered: clients.answered > before + 20, "clients that are answered")
        clients.stop()
        self.assertEqual(clients.refused, [])
        self.assertLessEqual(clients.cut, RESTARTS * len(clients.threads), "who was being served when it ended")
        self.assertEqual(len(self.plc.seen) // len(read_registers(1, 0)), clients.answered, "requests at the controller, and answers")
        self.assertIn(("took-over", ""), self.guard_events())
        self.stop(process)
        print(f"{RESTARTS} restarts: {clients.answered} answered, {clients.cut} cut while served, none refused")

    def test_who_asked_before_the_end_gets_the_answer(self):
        process = self.start()
        self.plc.answer = False
        asked, further = write_register(1, 12, 7), write_register(2, 12, 8)
        waits = self.client()
        waits.sendall(asked)
        self.until(lambda: bytes(self.plc.seen) == asked, "the request at the controller")
        idle = self.client()
        self.until(lambda: len(self.plc.connections) == 2, "a second connection")
        process.send_signal(signal.SIGTERM)
        self.assertTrue(is_reset(idle), "who waits for nothing is let go while another waits")
        waits.sendall(further)
        self.plc.connections[0].sendall(asked)
        self.assertEqual(receive(waits, len(asked)), asked)
        self.assertTrue(is_reset(waits))
        self.stopped(process)
        self.assertEqual(bytes(self.plc.seen), asked, "nothing is asked any more of a gateway that ends")

    def test_who_asked_by_a_datagram_gets_the_answer(self):
        self.file.write_text(plant(serves="- {to: plc, protocol: modbus, at: 10.1.0.1, transport: udp}"), encoding="utf-8")
        plc, scada = self.datagrams_at((PLC, 502)), self.datagrams_at((SCADA, 0))
        process = self.start()
        asked, further = write_register(1, 12, 7), write_register(2, 12, 8)
        scada.sendto(asked, (GATEWAY, 502))
        octets, relay = plc.recvfrom(512)
        self.assertEqual(octets, asked)
        process.send_signal(signal.SIGTERM)
        self.until(lambda: self.manager.stopping, "the gateway to end")
        scada.sendto(further, (GATEWAY, 502))
        plc.sendto(asked, relay)
        self.assertEqual(scada.recv(512), asked)
        self.stopped(process)
        self.start()
        octets, _ = plc.recvfrom(512)
        self.assertEqual(octets, further, "what came meanwhile waits for the next one")

    def test_an_answer_that_does_not_come_does_not_keep_it(self):
        process = self.start()
        self.plc.answer = False
        waits = self.client()
        waits.sendall(read_registers(1, 0))
        self.until(lambda: self.plc.seen, "the request at the controller")
        process.send_signal(signal.SIGTERM)
        self.assertTrue(is_reset(waits))
        self.stopped(process)

    def test_what_is_selected_is_operated_before_the_end(self):
        rules = "      - {id: door, allow: [operate, session], protocol: iec104, from: [scada], to: [plc]}\n"
        self.file.write_text(plant(rules, serves="- {to: plc, protocol: iec104, at: 10.1.0.1}"), encoding="utf-8")
        outstation = socket.create_server((PLC, IEC_104))
        self.addCleanup(outstation.close)
        process = self.start()
        scada = self.client(to=(GATEWAY, IEC_104))
        plc, _ = outstation.accept()
        self.addCleanup(plc.close)
        plc.settimeout(DEADLINE)
        self.asks(scada, START, plc, STARTED)
        self.asks(scada, command(0, select=True), plc, command(0, select=True, confirms=True))
        process.send_signal(signal.SIGTERM)
        self.until(lambda: "in several steps" in self.said.read_text(encoding="utf-8"), "the gateway to say that it waits")
        self.asks(scada, command(1, select=False), plc, command(1, select=False, confirms=True))
        self.assertTrue(is_reset(scada))
        self.stopped(process)

    def asks(self, client, request, server, answer):
        """The request comes to the server and its answer back, octet by octet."""
        client.sendall(request)
        self.assertEqual(receive(server, len(request)), request)
        server.sendall(answer)
        self.assertEqual(receive(client, len(answer)), answer)

    def stopped(self, process):
        """It ends by itself, as asked before."""
        self.assertEqual(process.wait(timeout=DEADLINE), 0, self.said.read_text(encoding="utf-8"))

    def test_who_is_killed_leaves_its_sockets_too(self):
        process = self.start()
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=DEADLINE)
        waiting = self.client()  # connects to nobody: the socket is with the manager
        waiting.sendall(read_registers(1, 0))
        self.start()
        self.assertEqual(len(receive(waiting, 11)), 11)

    def test_doors_that_a_plant_adds_or_takes_away_are_kept_or_given_up(self):
        process = self.start()
        more = "- {to: plc, protocol: modbus, at: 10.1.0.1}\n      - {to: plc, protocol: modbus, at: 10.1.0.1, port: 1502, transport: udp}"
        for serves, names in ((more, ["tcp-10.1.0.1_502", "udp-10.1.0.1_1502"]),
                              ("- {to: plc, protocol: modbus, at: 10.1.0.1}", ["tcp-10.1.0.1_502"])):
            self.file.write_text(plant(serves=serves), encoding="utf-8")
            process.send_signal(signal.SIGHUP)
            self.until(lambda wanted=names: sorted(self.manager.kept) == wanted, names)

    def test_what_no_door_needs_is_said_and_closed(self):
        with socket.create_server((GATEWAY, 777)) as stray:
            self.manager.kept["stray"] = os.dup(stray.fileno())
        process = self.start()
        self.assertIn("1 sockets were handed over that no door of the plant needs", self.said.read_text(encoding="utf-8"))
        os.close(self.manager.kept.pop("stray"))
        self.assertTrue(self.is_closed(777))
        self.stop(process)

    def is_closed(self, port):
        with socket.socket() as probe:
            probe.bind((SCADA, 0))
            return probe.connect_ex((GATEWAY, port)) != 0


if __name__ == "__main__":
    go_apart()
    addressed_network()
    unittest.main()
