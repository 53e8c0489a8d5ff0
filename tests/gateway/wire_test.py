#!/usr/bin/env python3
"""Two gateways, one at each side of a conduit, and TLS between them: what is on the wire, who is taken, what happens when one is away."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest

from support import (DEADLINE, GATEWAY6, PLC, PLC6, PROGRAM, SCADA, SCADA6, Authority, GatewayCase, adu, go_apart, inn, inside, ip, is_reset,
                     own_namespaces, read_registers, receive, write_register)

LIBMODBUS_SERVER = os.environ.get("LIBMODBUS_SERVER", "")
NEAR, FAR, WIRE = "10.9.0.1", "10.9.0.2", 14443
GATE = "10.1.0.1"

RULES = """      - {id: poll, allow: [read, identify], protocol: modbus, from: [scada], to: [plc]}
      - {id: move, allow: write, protocol: modbus, from: [scada], to: [plc], objects: [holding-register 10-19]}
      - {id: logs, allow: session, protocol: udp, from: [scada], to: [plc], ports: 9000}
      - {id: files, allow: session, protocol: tcp, from: [scada], to: [plc], ports: 9100}
"""


def plant(rules=RULES, near="", far="", serves="", far_serves=""):
    return f"""rampart: 1
plant: Test works
zones:
  - id: upper
    target: 1
    networks: [10.1.0.0/24]
    assets:
      - {{id: scada, kind: scada-server, at: [{{ip: 10.1.0.10}}]}}
      - {{id: hmi, kind: operator-station, at: [{{ip: 10.1.0.11}}]}}
  - id: lower
    target: 1
    networks: [10.2.0.0/24]
    assets:
      - {{id: plc, kind: controller, at: [{{ip: 10.2.0.10}}]}}
conduits:
  - id: up-down
    joins: [upper, lower]
    guard: {{upper: gw-1, lower: gw-2}}
    protect: mutual-tls
    rules:
{rules}
gateways:
  - id: gw-1
    wire: {{at: {NEAR}}}
{near}
    serves:
      - {{to: plc, protocol: modbus, at: {GATE}}}
      - {{to: plc, protocol: modbus, transport: udp, at: {GATE}}}
      - {{to: plc, protocol: udp, at: {GATE}, port: 9000}}
      - {{to: plc, protocol: tcp, at: {GATE}, port: 9100}}
{serves}
  - id: gw-2
    wire: {{at: {FAR}}}
{far}
    serves:
      - {{to: plc, protocol: modbus, at: {FAR}}}
{far_serves}
"""


class WireCase(GatewayCase):
    """Four namespaces in a row: up has scada, then the two gateways, down has the controller."""

    plant = plant()

    def setUp(self):
        super().setUp()
        for name in ("up", "g1", "g2", "down"):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False, timeout=DEADLINE)
            ip("netns", "add", name)
            inn(name, "ip", "link", "set", "lo", "up")
            self.addCleanup(subprocess.run, ["ip", "netns", "del", name], capture_output=True, check=False)
        for one, its, other, others in (("up", f"{SCADA}/24", "g1", f"{GATE}/24"), ("g1", f"{NEAR}/24", "g2", f"{FAR}/24"),
                                        ("g2", "10.2.0.1/24", "down", f"{PLC}/24")):
            ip("link", "add", f"to-{other}", "netns", one, "type", "veth", "peer", "name", f"to-{one}", "netns", other)
            for name, link, address in ((one, f"to-{other}", its), (other, f"to-{one}", others)):
                inn(name, "ip", "address", "add", address, "dev", link)
                inn(name, "ip", "link", "set", link, "up")
        inn("up", "ip", "address", "add", "10.1.0.11/24", "dev", "to-g1")
        inn("up", "ip", "route", "add", "default", "via", GATE)
        inn("g2", "ip", "route", "add", "10.1.0.0/24", "via", NEAR)
        inn("g1", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.authority = Authority(self.folder / "authority")
        self.authority.issue(self.folder / "gw-1", "gw-1", [NEAR])
        self.authority.issue(self.folder / "gw-2", "gw-2", [FAR])

    def begin(self, which, text=None, *words):
        """One of the gateways. Both read their files as root, so that tests may change them."""
        name = "g1" if which == "gw-1" else "g2"
        return self.guard(text, "--identity", self.folder / which, "--user", "root", *words, as_=which,
                          before=("ip", "netns", "exec", name))

    def both(self, text=None):
        return self.begin("gw-2", text), self.begin("gw-1", text)

    def server_down(self, **settings):
        with inside("down"):
            return self.server((PLC, 502), **settings)

    def client_up(self, source=SCADA, to=(GATE, 502)):
        with inside("up"):
            return self.client(source, to)

    def poll(self, scada, number=1):
        scada.sendall(read_registers(number, 0))
        self.assertEqual(receive(scada, 11), adu(number, b"\x03\x02\0\0"))

    def is_gone(self, to=(GATE, 502), source=SCADA):
        """True where a connection is taken away again before it answers."""
        with inside("up"):
            try:
                scada = self.client(source, to)
                scada.sendall(read_registers(1, 0))
                return is_reset(scada)
            except (ConnectionResetError, BrokenPipeError):
                return True

    def capture(self, where="g2", link="to-g1"):
        if shutil.which("tcpdump") is None:
            self.skipTest("there is no tcpdump")
        file = self.folder / f"{where}-{link}.pcap"
        process = subprocess.Popen(["ip", "netns", "exec", where, "tcpdump", "-i", link, "--immediate-mode", "-U", "-s", "0", "-w", str(file), "ip or (ip6 and (tcp or udp))"],
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertIn("listening on", process.stderr.readline())
        return process, file

    def captured(self, capture):
        process, file = capture
        process.send_signal(signal.SIGINT)
        process.wait(timeout=DEADLINE)
        return file

    def tshark(self, file, *words):
        answer = subprocess.run(["tshark", "-n", "-r", str(file), "-d", f"tcp.port=={WIRE},tls", *words], capture_output=True, text=True,
                                check=False, timeout=DEADLINE)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return [line for line in answer.stdout.splitlines() if line]

    def shows_only_tls(self, file, secrets):
        octets = file.read_bytes()
        for secret in secrets:
            self.assertNotIn(secret, octets)
        if shutil.which("tshark") is None:
            self.skipTest("there is no tshark")
        self.assertNotEqual(self.tshark(file, "-Y", "tls.record.opaque_type == 23"), [], "there are records of data")
        self.assertEqual(self.tshark(file, "-Y", f"!(tcp.port == {WIRE})"), [], "nothing beside the wire")
        self.assertEqual(self.tshark(file, "-Y", "tcp.len > 0 && !tls && !tcp.reassembled_in && !tcp.segment"), [], "nothing but records of TLS")
        versions = set(self.tshark(file, "-Y", "tls.handshake.type == 2", "-T", "fields", "-e", "tls.handshake.extensions.supported_version"))
        self.assertEqual(versions, {"0x0304"}, "TLS 1.3")
        return octets


class BesideThem(WireCase):
    def test_who_watches_finds_no_stranger_and_what_is_forbidden(self):
        own = "      - {id: gw-2, kind: gateway, at: [{ip: 10.2.0.1}]}\nconduits:"
        self.file.write_text(plant().replace("conduits:", own), encoding="utf-8")
        text = self.file.read_text(encoding="utf-8")
        self.server_down()
        self.both(text)
        captures = [self.capture(*where) for where in (("g1", "to-up"), ("g2", "to-g1"), ("g2", "to-down"))]
        scada = self.client_up()
        self.poll(scada)
        scada.sendall(write_register(2, 12, 7))
        self.assertEqual(receive(scada, 12), write_register(2, 12, 7))
        files = [self.captured(capture) for capture in captures]
        for file in files:
            self.assertEqual(self.watched(file), [], file.name)
        again = self.capture("g1", "to-up")
        scada.sendall(write_register(3, 50, 7))
        self.assertEqual(receive(scada, 9), adu(3, b"\x86\x01"))
        self.assertEqual(self.watched(self.captured(again)), ["no-rule"])

    def watched(self, file):
        """What a monitor finds in a capture."""
        self.rampart("watch", self.file, "--read", file, "--json", file.with_suffix(".json"), "--quiet")
        self.assertTrue(any(line["event_type"] in ("operation", "flow") for line in self.lines(file.stem)))
        return self.findings(file.stem)


class Streams(WireCase):
    def test_plain_devices_at_both_ends_and_only_tls_between(self):
        for needed in (shutil.which("mbpoll"), LIBMODBUS_SERVER and pathlib.Path(LIBMODBUS_SERVER).exists()):
            if not needed:
                self.skipTest("mbpoll or the server on libmodbus is missing")
        process = subprocess.Popen(["ip", "netns", "exec", "down", LIBMODBUS_SERVER, PLC, "502"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), "ready\n")
        far, near = self.both()
        capture = self.capture()

        def mbpoll(*words):
            return subprocess.run(["ip", "netns", "exec", "up", "mbpoll", "-0", "-1", "-o", "5", "-p", "502", "-t", "4", *words], capture_output=True,
                                  text=True, timeout=DEADLINE, check=False)
        self.assertEqual(mbpoll("-r", "12", GATE, "17219").returncode, 0)
        answer = mbpoll("-r", "10", "-c", "5", GATE)
        self.assertIn("[12]: \t17219", answer.stdout)
        denied = mbpoll("-r", "20", GATE, "1")
        self.assertIn("Illegal function", denied.stdout + denied.stderr)
        request = b"\x06\x00\x0c\x43\x43"  # write register 12
        self.shows_only_tls(self.captured(capture), [request, b"\x00\x00\x00\x06\x01", b"CCCC"])
        self.assertIn("wire-up", self.events_of("gw-1", "guard-event"))
        self.assertIn("wire-up", self.events_of("gw-2", "guard-event"))
        table = self.stop(near)
        self.assertRegex(table, r"up-down +move +enforce +1 ")
        self.assertRegex(table, r"up-down +\(no rule\) +enforce +0 +0 +1", "refused before the wire")
        self.said = self.folder / "gw-2.said"
        table = self.stop(far)
        self.assertRegex(table, r"up-down +move +enforce +1 ", "judged again")
        self.assertNotRegex(table, r"\(no rule\)")

    def test_forbidden_requests_never_reach_the_wire(self):
        plc = self.server_down()
        self.both()
        scada = self.client_up()
        self.judges(scada, plc)

    def test_connections_open_half_close_and_end_alike(self):
        plc = self.server_down()
        self.both()
        scada = self.client_up()
        scada.sendall(read_registers(1, 0))
        scada.shutdown(socket.SHUT_WR)
        self.assertEqual(receive(scada, 12), adu(1, b"\x03\x02\0\0"))
        self.until(lambda: plc.ended == 1, "the end at the server")
        second = self.client_up()
        self.poll(second)
        self.assertEqual(len(plc.peers), 2)
        second.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        second.close()
        self.until(lambda: plc.ended == 2, "the reset at the server")

    def test_much_passes_in_both_directions_and_ends(self):
        with inside("down"):
            listener = socket.create_server((PLC, 9100))
        self.addCleanup(listener.close)

        def echo():
            connection, _ = listener.accept()
            with connection:
                while octets := connection.recv(65536):
                    connection.sendall(octets)
        threading.Thread(target=echo, daemon=True).start()
        self.both()
        scada = self.client_up(to=(GATE, 9100))
        sent = os.urandom(8_000_000)

        def send():
            scada.sendall(sent)
            scada.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        self.assertEqual(receive(scada, len(sent) + 1), sent)

    def test_a_server_that_is_away_is_told_at_both_ends(self):
        self.both()
        self.assertTrue(self.is_gone())
        for which in ("gw-1", "gw-2"):
            self.until(lambda which=which: "server-away" in self.findings(which), f"the finding of {which}")
        self.assertNotIn("wire-down", self.findings("gw-1"), "the wire is well")

    def test_who_comes_plain_to_the_far_gateway_is_refused(self):
        plc = self.server_down()
        self.both()
        self.assertTrue(self.is_gone((FAR, 502)))
        self.until(lambda: "not-encrypted" in self.findings("gw-2"), "the finding")
        self.assertEqual(plc.peers, [])

    def test_the_other_gateway_killed_and_begun_again(self):
        plc = self.server_down()
        far, _ = self.both()
        scada = self.client_up()
        self.poll(scada)
        far.kill()
        far.wait(timeout=DEADLINE)
        self.assertTrue(is_reset(scada), "the client learns at once")
        self.assertTrue(self.is_gone(), "and nothing goes plain instead")
        self.until(lambda: "wire-down" in self.events_of("gw-1", "guard-event"), "the record")
        self.assertIn("wire-down", self.findings("gw-1"))
        self.begin("gw-2")
        again = self.client_up()
        self.poll(again)
        self.until(lambda: self.events_of("gw-1", "guard-event") == ["wire-up", "wire-down", "wire-up"], "all three records")
        self.assertEqual(len(plc.peers), 2)

    def test_without_an_identity_it_does_not_begin(self):
        self.file.write_text(self.plant, encoding="utf-8")
        answer = subprocess.run(["ip", "netns", "exec", "g1", PROGRAM, "guard", str(self.file), "--as", "gw-1"], capture_output=True, text=True,
                                check=False, timeout=DEADLINE)
        self.assertNotEqual(answer.returncode, 0)
        self.assertIn("--identity", answer.stderr)
        answer = subprocess.run(["ip", "netns", "exec", "g1", PROGRAM, "guard", str(self.file), "--as", "gw-1", "--identity",
                                 str(self.folder / "gw-2")], capture_output=True, text=True, check=False, timeout=DEADLINE)
        self.assertNotEqual(answer.returncode, 0)
        self.assertIn('is for "gw-2"', answer.stderr)


class Datagrams(WireCase):
    def sockets(self, port):
        with inside("down"):
            plc = self.datagrams_at((PLC, port))
        with inside("up"):
            return plc, self.datagrams_at((SCADA, 4000))

    def test_datagrams_keep_their_bounds_and_order_and_are_judged(self):
        plc, scada = self.sockets(502)
        self.both()
        capture = self.capture()
        for number in range(1, 6):
            scada.sendto(write_register(number, 99, 1), (GATE, 502))
            self.assertEqual(scada.recvfrom(100)[0], adu(number, b"\x86\x01"))
            scada.sendto(read_registers(number, 0), (GATE, 502))
            octets, relay = plc.recvfrom(100)
            self.assertEqual(octets, read_registers(number, 0))
            plc.sendto(adu(number, b"\x03\x02\x43\x43"), relay)
            self.assertEqual(scada.recvfrom(100)[0], adu(number, b"\x03\x02\x43\x43"))
        self.shows_only_tls(self.captured(capture), [b"\x03\x02\x43\x43", b"\0\0\0\x06\x01\x03"])

    def test_datagrams_that_nobody_decodes(self):
        plc, scada = self.sockets(9000)
        self.both()
        for size in (0, 1, 1400, 20_000, 60_000):
            scada.sendto(b"x" * size, (GATE, 9000))
            octets, relay = plc.recvfrom(65536)
            self.assertEqual(len(octets), size)
            plc.sendto(octets[::-1] + b"!", relay)
            self.assertEqual(scada.recvfrom(65536)[0], octets + b"!")

    def test_what_waits_for_the_wire_is_bounded_the_oldest_goes_and_is_counted(self):
        plc, scada = self.sockets(9000)
        plc.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        far = self.begin("gw-2")
        self.begin("gw-1", None, "--metrics", "127.0.0.1:9470")
        far.send_signal(signal.SIGSTOP)  # its handshake does not go on: what comes waits at the near gateway
        sent = 600
        for number in range(sent):
            scada.sendto(number.to_bytes(2, "big") * 50, (GATE, 9000))
            time.sleep(0.001)  # the near gateway's own socket is not what is tried here
        dropped = self.until(self.dropped, "a count of what was dropped")
        far.send_signal(signal.SIGCONT)
        came = [int.from_bytes(plc.recvfrom(200)[0][:2], "big")]
        plc.settimeout(1)
        with contextlib.suppress(TimeoutError):
            while True:
                came.append(int.from_bytes(plc.recvfrom(200)[0][:2], "big"))
        self.assertEqual(came, list(range(sent - len(came), sent)), "the newest, in order")
        self.assertLess(len(came), 300)
        self.assertEqual(self.dropped(), sent - len(came))
        self.assertGreater(dropped, 0)

    def dropped(self):
        with inside("g1"):
            text = self.get(9470, "/metrics")[1]
        return int(re.search(r"^rampart_gateway_datagrams_dropped_total (\d+)", text, re.MULTILINE).group(1))

    def test_the_far_gateway_away_costs_datagrams_and_comes_back(self):
        plc, scada = self.sockets(9000)
        far, _ = self.both()
        scada.sendto(b"one", (GATE, 9000))
        self.assertEqual(plc.recvfrom(100)[0], b"one")
        far.kill()
        far.wait(timeout=DEADLINE)

        def sent():
            scada.sendto(b"two", (GATE, 9000))
            return "wire-down" in self.findings("gw-1")
        self.until(sent, "the finding")
        self.begin("gw-2")
        plc.settimeout(0.2)

        def came():
            scada.sendto(b"three", (GATE, 9000))
            try:
                return plc.recvfrom(100)[0] == b"three"
            except TimeoutError:
                return False
        self.until(came, "a datagram after that")


class Certificates(WireCase):
    def refused(self, finding, words, which="gw-2"):
        """Nothing reaches the controller, and the gateway says why."""
        plc = self.server_down()
        self.both()
        self.assertTrue(self.is_gone())
        self.until(lambda: finding in self.findings(which), f"the finding {finding} in {self.findings(which)}")
        messages = " ".join(line["alert"]["signature"] if "message" not in line["rampart"] else line["rampart"]["message"]
                            for line in self.lines(which) if line["event_type"] == "alert")
        self.assertIn(words, messages)
        self.assertEqual(plc.peers, [])
        plc.close()

    def test_expired(self):
        self.authority.issue(self.folder / "gw-1", "gw-1", [NEAR], days=-1)
        self.refused("certificate-refused", "(expired)")

    def test_expired_within_the_grace_is_taken_of_an_essential_peer_and_recorded(self):
        self.authority.issue(self.folder / "gw-1", "gw-1", [NEAR], days=-1)
        text = plant(far="    grace: 7d")
        self.server_down()
        self.both(text)
        self.poll(self.client_up())
        self.until(lambda: "certificate-in-use" in self.findings("gw-2"), "the finding")
        self.assertIn("used-in-grace", self.events_of("gw-2", "certificate-event"))
        self.assertIn("expired", self.events_of("gw-1", "certificate-event"), "its own gateway says it too")

    def test_expired_within_the_grace_is_refused_where_nothing_essential_comes(self):
        self.authority.issue(self.folder / "gw-1", "gw-1", [NEAR], days=-1)
        rules = RULES.replace("to: [plc]", "to: [plc], essential: no")
        self.plant = plant(rules, far="    grace: 7d")
        self.refused("certificate-refused", "no essential rule")

    def test_revoked(self):
        self.authority.revoke(self.folder / "gw-1" / "certificate.pem")
        self.authority.list_for(self.folder / "gw-2")
        self.refused("certificate-refused", "(revoked)")

    def test_of_another_authority(self):
        Authority(self.folder / "other").issue(self.folder / "gw-1", "gw-1", [NEAR])
        shutil.copy(self.folder / "authority" / "root.pem", self.folder / "gw-1" / "authority.pem")
        self.refused("certificate-refused", "(unknown-authority)")

    def test_of_the_far_gateway_by_another_authority(self):
        Authority(self.folder / "other").issue(self.folder / "gw-2", "gw-2", [FAR])
        shutil.copy(self.folder / "authority" / "root.pem", self.folder / "gw-2" / "authority.pem")
        self.refused("certificate-refused", "(unknown-authority)", "gw-1")

    def test_of_the_right_gateway_from_another_address(self):
        # Who has the certificate and key of gw-1, but sits elsewhere.
        plc = self.server_down()
        self.begin("gw-2")
        self.client_of_openssl("gw-1", "10.9.0.77")
        self.until(lambda: "certificate-elsewhere" in self.findings("gw-2"), "the finding")
        self.assertEqual(plc.peers, [])

    def test_of_an_asset_and_of_nobody_at_the_wire(self):
        self.begin("gw-2")
        self.authority.issue(self.folder / "scada", "scada")
        self.client_of_openssl("scada", NEAR)
        self.until(lambda: "certificate-elsewhere" in self.findings("gw-2"), "the finding")
        self.authority.issue(self.folder / "nobody", "nobody")
        self.client_of_openssl("nobody", NEAR)
        self.until(lambda: "certificate-refused" in self.findings("gw-2"), "the finding")

    def client_of_openssl(self, which, source):
        """What `openssl s_client` says when it comes with a certificate from an address, until the gateway ends it."""
        if source != NEAR:
            inn("g1", "ip", "address", "add", f"{source}/24", "dev", "to-g2")
        folder = self.folder / which
        return subprocess.run(["ip", "netns", "exec", "g1", "openssl", "s_client", "-connect", f"{FAR}:{WIRE}", "-bind", source, "-cert",
                               str(folder / "certificate.pem"), "-key", str(folder / "key.pem"), "-CAfile", str(folder / "authority.pem")],
                              input="hello", capture_output=True, text=True, check=False, timeout=DEADLINE).stdout

    def test_a_peer_that_never_ends_its_handshake_is_cut(self):
        self.begin("gw-2")
        with inside("g1"):
            slow = self.client(NEAR, (FAR, WIRE))
        slow.sendall(b"\x16\x03\x01")
        self.assertTrue(is_reset(slow))
        self.until(lambda: "slow-peer" in self.findings("gw-2"), "the finding")

    def test_handshakes_that_never_end_are_bounded_and_keep_no_gateway_out(self):
        self.server_down()
        text = plant(far="    limits: {half-open: 8}")
        self.both(text)
        inn("g1", "ip", "address", "add", "10.9.0.9/24", "dev", "to-g2")
        with inside("g1"):
            silent = [self.client("10.9.0.9", (FAR, WIRE)) for _ in range(20)]
        self.until(lambda: "connection-limit" in self.findings("gw-2"), "the finding")
        scada = self.client_up()
        scada.sendall(read_registers(1, 0))
        self.assertEqual(len(receive(scada, 11)), 11, "the plant's own gateway has room")
        held = 0
        for one in silent:
            one.settimeout(0.1)
            try:
                is_reset(one)
            except TimeoutError:
                held += 1
        self.assertEqual(held, 6, "three quarters of what may be half open")

    def test_who_speaks_plain_at_the_wire_is_refused(self):
        plc = self.server_down()
        self.begin("gw-2")
        with inside("g1"):
            plain = self.client(NEAR, (FAR, WIRE))
        plain.sendall(read_registers(1, 0))
        receive(plain, 7)  # an alert of TLS
        self.assertTrue(is_reset(plain))
        self.until(lambda: "certificate-refused" in self.findings("gw-2"), "the finding")
        self.assertEqual(plc.peers, [])


class Transparent(WireCase):
    """Both gateways are routers: no address changes, and what is between them is TLS all the same."""

    def setUp(self):
        super().setUp()
        inn("down", "ip", "route", "add", "default", "via", "10.2.0.1")
        inn("g1", "ip", "route", "add", "10.2.0.0/24", "via", FAR)
        inn("g2", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        links = iter(("[to-up, to-g2]", "[to-g1, to-down]"))
        self.text = re.sub(r"    serves:\n(      - .*\n|\n)*", lambda _: f"    stands: transparent\n    interfaces: {next(links)}\n    serves: []\n", plant())
        self.file.write_text(self.text, encoding="utf-8")
        for name, which in (("g1", "gw-1"), ("g2", "gw-2")):
            script = self.folder / f"{name}.sh"
            script.write_text(self.rampart("guard", self.file, "--as", which, "--show-setup"), encoding="utf-8")
            inn(name, "sh", script)

    def test_both_ends_keep_their_addresses_and_the_wire_shows_only_tls(self):
        plc = self.server_down()
        self.both(self.text)
        capture = self.capture()
        scada = self.client_up(to=(PLC, 502))
        self.judges(scada, plc)
        self.assertEqual(plc.peers, [SCADA], "the controller sees the client's address")
        self.assertEqual(scada.getpeername()[0], PLC, "the client sees the controller's")
        self.shows_only_tls(self.captured(capture), [b"\0\0\0\x06\x01\x03", b"\0\x0c\0\x07"])


class OverIPv6(WireCase):
    def setUp(self):
        super().setUp()
        for name, link, address in (("up", "to-g1", SCADA6), ("g1", "to-up", GATEWAY6), ("g1", "to-g2", "fd09::1"), ("g2", "to-g1", "fd09::2"),
                                    ("g2", "to-down", "fd02::1"), ("down", "to-g2", PLC6)):
            inn(name, "ip", "address", "add", f"{address}/64", "dev", link, "nodad")
        self.text = plant().replace("10.1.0.0/24", "fd01::/64").replace("10.2.0.0/24", "fd02::/64")
        for four, six in (("10.1.0.10", SCADA6), ("10.1.0.11", "fd01::11"), (PLC, PLC6), (GATE, GATEWAY6), (NEAR, "fd09::1"), (FAR, "fd09::2")):
            for key, end in (("ip: ", "}"), ("at: ", "}"), ("at: ", ",")):
                self.text = self.text.replace(f"{key}{four}{end}", f'{key}"{six}"{end}')
        self.authority.issue(self.folder / "gw-1", "gw-1", ["fd09::1"])
        self.authority.issue(self.folder / "gw-2", "gw-2", ["fd09::2"])

    def test_streams_and_datagrams_are_judged_and_the_wire_shows_only_tls(self):
        with inside("down"):
            plc = self.server((PLC6, 502), family=socket.AF_INET6)
            far = self.datagrams_at((PLC6, 9000), socket.AF_INET6)
        with inside("up"):
            near = self.datagrams_at((SCADA6, 4000), socket.AF_INET6)
        self.both(self.text)
        capture = self.capture()
        with inside("up"):
            scada = self.client(SCADA6, (GATEWAY6, 502), socket.AF_INET6)
        self.judges(scada, plc)
        near.sendto(b"a secret", (GATEWAY6, 9000))
        octets, relay = far.recvfrom(100)
        far.sendto(octets[::-1], relay)
        self.assertEqual(near.recvfrom(100)[0], b"terces a")
        self.shows_only_tls(self.captured(capture), [b"a secret", b"\0\x0c\0\x07"])


class Renewal(WireCase):
    def renewed(self, which):
        said = self.folder / f"{which}.said"
        return said.read_text(encoding="utf-8").count("identity was read anew")

    def test_a_renewed_certificate_is_used_and_no_connection_is_lost(self):
        self.server_down()
        self.both()
        scada = self.client_up()
        self.poll(scada)
        old = self.folder / "old.pem"
        shutil.copy(self.folder / "gw-1" / "certificate.pem", old)
        self.authority.issue(self.folder / "gw-1", "gw-1", [NEAR])
        self.until(lambda: self.renewed("gw-1") == 1, "the new identity")
        self.poll(scada, 2)
        # What was there before is taken back now: the live session is essential and goes on, a new one uses the new.
        self.authority.revoke(old)
        self.authority.list_for(self.folder / "gw-2")
        self.until(lambda: self.renewed("gw-2") == 1, "the list")
        self.until(lambda: "certificate-in-use" in self.findings("gw-2"), "the finding")
        self.poll(scada, 3)
        self.poll(self.client_up())

    def test_the_plants_own_authority_renews_and_no_session_ends(self):
        self.server_down()
        self.file.write_text(self.plant, encoding="utf-8")
        authority, fingerprint = self.works_authority()
        for name in ("gw-1", "gw-2"):
            shutil.rmtree(self.folder / name)
            self.certified(authority, fingerprint, name)
        service = subprocess.Popen(["ip", "netns", "exec", "g2", PROGRAM, "pki", "serve", str(authority), str(self.file), "--listen", f"{FAR}:14444"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(service.stderr.close)
        self.addCleanup(service.wait, DEADLINE)
        self.addCleanup(service.terminate)
        self.assertIn("14444", service.stderr.readline())
        self.both()
        scada = self.client_up()
        self.poll(scada)
        before = (self.folder / "gw-1" / "certificate.pem").read_bytes()
        self.rampart("pki", "renew", self.folder / "gw-1", "--authority", f"{FAR}:14444", before=("ip", "netns", "exec", "g1"))
        self.assertNotEqual((self.folder / "gw-1" / "certificate.pem").read_bytes(), before)
        self.until(lambda: self.renewed("gw-1") == 1, "the new identity")
        self.poll(scada, 2)
        self.poll(self.client_up(), 3)
        self.poll(scada, 4)
        self.assertEqual([one for one in self.findings("gw-1") + self.findings("gw-2") if one.startswith("certificate")], [])

    def test_a_session_that_is_not_essential_ends_with_its_certificate(self):
        self.server_down()
        self.both(plant(RULES.replace("to: [plc]", "to: [plc], essential: no")))
        scada = self.client_up()
        self.poll(scada)
        self.authority.revoke(self.folder / "gw-1" / "certificate.pem")
        self.authority.list_for(self.folder / "gw-2")
        self.assertTrue(is_reset(scada))
        self.until(lambda: "certificate-refused" in self.findings("gw-2"), "the finding")

    def test_what_is_not_well_is_not_taken(self):
        self.server_down()
        self.both()
        (self.folder / "gw-1" / "certificate.pem").write_text("nothing\n", encoding="utf-8")
        said = self.folder / "gw-1.said"
        self.until(lambda: "stays in force" in said.read_text(encoding="utf-8"), "the refusal")
        self.poll(self.client_up())


if __name__ == "__main__":
    go_apart("openssl", "sysctl")
    own_namespaces()
    unittest.main()
