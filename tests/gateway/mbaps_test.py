#!/usr/bin/env python3
"""Modbus/TCP Security at a gateway: to clients and to servers that have it, with the role that a certificate proves."""

import asyncio
import contextlib
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import softhsm  # noqa: E402  (of the folder above)
from support import (GATEWAY, GATEWAY6, HMI, PLC, PLC6, SCADA, SCADA6, Authority, GatewayCase, Server, addressed_network, adu, client, go_apart,
                     read_registers, receive, write_register)

RULES = """      - {id: poll, allow: [read, identify], protocol: modbus, from: [scada, hmi], to: [plc]}
      - {id: move, allow: write, protocol: modbus, from: [scada, hmi], to: [plc], objects: [holding-register 10-19], role: operator}
"""


def plant(tls, conduit="", gateway=""):
    return f"""rampart: 1
plant: Test works
roles:
  operator: {{may: [watch]}}
  engineer: {{may: [watch]}}
zones:
  - id: upper
    target: 1
    networks: [10.1.0.0/24]
    assets:
      - {{id: scada, kind: scada-server, at: [{{ip: {SCADA}}}]}}
      - {{id: hmi, kind: operator-station, at: [{{ip: {HMI}}}]}}
  - id: lower
    target: 1
    networks: [10.2.0.0/24]
    assets:
      - {{id: plc, kind: controller, at: [{{ip: {PLC}}}]}}
conduits:
  - id: up-down
    joins: [upper, lower]
    guard: gw-1
{conduit}
    rules:
{RULES}
gateways:
  - id: gw-1
{gateway}
    serves: [{{to: plc, protocol: modbus, at: {GATEWAY}, tls: {tls}}}]
"""


class MbapsCase(GatewayCase):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder / "authority")
        self.authority.issue(self.folder / "gw-1", "gw-1", [GATEWAY])

    def begin(self, tls, **settings):
        return self.guard(plant(tls, **settings), "--identity", self.folder / "gw-1", "--user", "root")

    def context(self, server, folder=None):
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname = False
        made.load_verify_locations(self.folder / "authority" / "root.pem")
        made.verify_mode = ssl.CERT_REQUIRED
        if folder:
            made.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
        return made

    def secure(self, subject, source=SCADA, role=None, addresses=(), days=90, issue=True):
        """A client with a certificate of the plant's authority, from an address."""
        folder = self.folder / f"of-{subject}-{role}"
        if issue:
            self.authority.issue(folder, subject, addresses, role, days)
        return self.wrapped(folder, source)

    def wrapped(self, folder, source=SCADA):
        plain = client(source, (GATEWAY, 802)) if source != SCADA6 else client(SCADA6, (GATEWAY6, 802), socket.AF_INET6)
        self.addCleanup(plain.close)
        secure = self.context(False, folder).wrap_socket(plain)
        self.addCleanup(secure.close)
        return secure

    def is_turned_away(self, folder, source=SCADA):
        """True where nothing is answered: the handshake fails, or what comes after it."""
        try:
            secure = self.wrapped(folder, source)
            secure.sendall(read_registers(1, 0))
            return secure.recv(1) == b""
        except (ssl.SSLError, ConnectionError):
            return True

    def found(self, finding):
        self.until(lambda: finding in self.findings(), f"{finding} among {self.findings()}")

    def ask(self, secure):
        """What becomes of a read, an allowed write and one of another register."""
        asked = [read_registers(1, 0), write_register(2, 12, 7), write_register(3, 50, 7)]
        secure.sendall(b"".join(asked))
        answers = []
        for _ in asked:
            head = receive(secure, 6)
            answers.append(head + receive(secure, struct.unpack(">H", head[4:])[0]))
        return answers


class Clients(MbapsCase):
    def test_the_role_of_the_certificate_decides(self):
        plc = self.server((PLC, 502))
        self.begin("clients")
        read, write, refused = adu(1, b"\x03\x02\0\0"), write_register(2, 12, 7), adu(3, b"\x86\x01")
        self.assertEqual(self.ask(self.secure("scada", role="operator")), [read, write, refused])
        for role in ("engineer", "Operator", None):
            self.assertEqual(self.ask(self.secure("scada", role=role)), [read, adu(2, b"\x86\x01"), refused], role)
        self.found("role-missing")
        self.assertEqual(bytes(plc.seen).count(write_register(2, 12, 7)), 1)

    def test_no_certificate_no_connection(self):
        plc = self.server((PLC, 502))
        self.begin("clients")
        self.assertTrue(self.is_turned_away(None))
        self.found("certificate-refused")
        self.assertTrue(self.is_plain_refused(), "and none without TLS")
        self.assertEqual(plc.peers, [])

    def is_plain_refused(self):
        plain = self.client(SCADA, (GATEWAY, 802))
        plain.sendall(read_registers(1, 0))
        answer = receive(plain, 11)
        return answer == b"" or (len(answer) == 7 and answer[0] == 21)  # closed, or after an alert of TLS

    def test_expired_revoked_denied_and_of_another_authority(self):
        plc = self.server((PLC, 502))
        self.authority.issue(self.folder / "expired", "scada", days=-1)
        self.authority.issue(self.folder / "revoked", "scada")
        self.authority.issue(self.folder / "denied", "scada")
        Authority(self.folder / "other").issue(self.folder / "stranger", "scada")
        self.authority.revoke(self.folder / "revoked" / "certificate.pem")
        self.authority.list_for(self.folder / "gw-1")
        serial = subprocess.run(["openssl", "x509", "-in", self.folder / "denied" / "certificate.pem", "-noout", "-serial"], capture_output=True,
                                text=True, check=True).stdout.strip().removeprefix("serial=").lower()
        (self.folder / "gw-1" / "denied").write_text(f"# lost\n{serial}\n", encoding="utf-8")
        self.begin("clients")
        for which, word in (("expired", "expired"), ("revoked", "revoked"), ("denied", "denied"), ("stranger", "unknown-authority")):
            self.assertTrue(self.is_turned_away(self.folder / which), which)
            self.until(lambda word=word: f"refused ({word})" in self.folder.joinpath("gw-1.json").read_text(encoding="utf-8"), which)
        self.assertEqual(plc.peers, [])
        self.assertEqual(len(self.ask(self.secure("scada"))), 3, "and who is well is served")

    def test_a_certificate_used_from_another_assets_address(self):
        plc = self.server((PLC, 502))
        process = self.begin("clients")
        self.authority.issue(self.folder / "scada", "scada", [SCADA], "operator")
        self.assertTrue(self.is_turned_away(self.folder / "scada", HMI))
        self.found("certificate-elsewhere")
        self.assertEqual(plc.peers, [])
        self.end(process)
        # Where the plant only tests, it passes and is told; its role counts for nothing.
        self.begin("clients", conduit="    mode: test")
        self.assertEqual(self.ask(self.wrapped(self.folder / "scada", HMI))[1], write_register(2, 12, 7))
        self.found("certificate-elsewhere")
        self.found("role-missing")

    def test_tls_1_2_is_taken_here(self):
        self.server((PLC, 502))
        self.begin("clients")
        folder = self.authority.issue(self.folder / "scada", "scada", role="operator")
        context = self.context(False, folder)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        plain = self.client(SCADA, (GATEWAY, 802))
        with context.wrap_socket(plain) as secure:
            self.assertEqual(secure.version(), "TLSv1.2")
            self.assertEqual(self.ask(secure)[1], write_register(2, 12, 7))

    def test_openssl_sees_the_whole_chain_and_is_answered(self):
        self.server((PLC, 502))
        self.begin("clients")
        folder = self.authority.issue(self.folder / "scada", "scada")
        answer = subprocess.run(["openssl", "s_client", "-connect", f"{GATEWAY}:802", "-bind", SCADA, "-showcerts", "-cert",
                                 folder / "certificate.pem", "-key", folder / "key.pem", "-CAfile", folder / "authority.pem"],
                                input=b"", capture_output=True, check=False, timeout=30).stdout
        self.assertEqual(answer.count(b"BEGIN CERTIFICATE"), 2, "its own and the root")
        self.assertIn(b"Verify return code: 0", answer)

    def test_pymodbus_as_client(self):
        try:
            from pymodbus.client import AsyncModbusTlsClient
            from pymodbus.framer.socket_framer import ModbusSocketFramer
        except ImportError as missing:
            self.skipTest(f"pymodbus cannot be used: {missing}")
        self.server((PLC, 502))
        self.begin("clients")
        folder = self.authority.issue(self.folder / "scada", "scada", role="operator")

        async def talk():
            # This pymodbus leaves the MBAP header out inside TLS unless told otherwise; the specification keeps it. Its other
            # client waits for the socket while the rest of an answer is inside TLS already.
            modbus = AsyncModbusTlsClient(GATEWAY, port=802, framer=ModbusSocketFramer, sslctx=self.context(False, folder))
            await modbus.connect()
            written = await modbus.write_register(12, 42, slave=1)
            read = await modbus.read_holding_registers(12, 1, slave=1)
            denied = await modbus.write_register(50, 1, slave=1)
            await modbus.close()
            return written, read, denied
        written, read, denied = asyncio.run(talk())
        self.assertFalse(written.isError(), written)
        self.assertEqual(read.registers, [42])
        self.assertEqual(denied.exception_code, 1)


class SecureServer(Server):
    """The Modbus server of these tests, inside TLS."""

    def __init__(self, context, place=(PLC, 802), **settings):
        self.context = context
        self.shown = []
        super().__init__(place, **settings)

    def serve(self, connection):
        try:
            secure = self.context.wrap_socket(connection, server_side=True)
        except (ssl.SSLError, OSError):
            return
        self.shown.append(dict(pair[0] for pair in secure.getpeercert()["subject"])["commonName"])
        super().serve(secure)


class Servers(MbapsCase):
    def secure_server(self, subject="plc", days=90, authority=None, **settings):
        folder = (authority or self.authority).issue(self.folder / f"of-{subject}", subject, days=days)
        made = SecureServer(self.context(True, folder), **settings)
        self.addCleanup(made.close)
        return made

    def test_plain_clients_reach_a_server_inside_tls(self):
        plc = self.secure_server()
        self.begin("server")
        scada = self.client(SCADA, (GATEWAY, 502))
        scada.sendall(read_registers(1, 0) + write_register(2, 12, 7))
        expected = adu(1, b"\x03\x02\0\0") + adu(2, b"\x86\x01")
        self.assertEqual(receive(scada, len(expected)), expected, "nobody proved a role")
        self.assertEqual(bytes(plc.seen), read_registers(1, 0), "the message is unchanged inside")
        self.assertEqual(plc.shown, ["gw-1"])

    def test_both_sides_inside_tls(self):
        plc = self.secure_server()
        self.begin("both")
        self.assertEqual(self.ask(self.secure("scada", role="operator"))[1], write_register(2, 12, 7))
        self.assertEqual(bytes(plc.seen), read_registers(1, 0) + write_register(2, 12, 7))

    def test_both_sides_inside_tls_over_ipv6(self):
        text = plant("both").replace("10.1.0.0/24", "fd01::/64").replace("10.2.0.0/24", "fd02::/64")
        for four, six in ((SCADA, SCADA6), (HMI, "fd01::11"), (PLC, PLC6), (GATEWAY, GATEWAY6)):
            text = text.replace(f"ip: {four}}}", f'ip: "{six}"}}').replace(f"at: {four},", f'at: "{six}",')
        self.authority.issue(self.folder / "gw-1", "gw-1", [GATEWAY6])
        plc = self.secure_server(place=(PLC6, 802), family=socket.AF_INET6)
        self.guard(text, "--identity", self.folder / "gw-1", "--user", "root")
        answers = self.ask(self.secure("scada", SCADA6, role="operator", addresses=[SCADA6]))
        self.assertEqual(answers, [adu(1, b"\x03\x02\0\0"), write_register(2, 12, 7), adu(3, b"\x86\x01")])
        self.assertEqual(plc.shown, ["gw-1"])

    def refused(self, finding):
        scada = self.client(SCADA, (GATEWAY, 502))
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            scada.sendall(read_registers(1, 0))
            self.assertEqual(scada.recv(1), b"")
        self.found(finding)

    def test_a_server_with_anothers_certificate_is_not_asked(self):
        plc = self.secure_server("hmi")
        self.begin("server")
        self.refused("certificate-elsewhere")
        self.assertEqual(bytes(plc.seen), b"")

    def test_a_server_whose_certificate_has_expired_is_not_asked(self):
        plc = self.secure_server(days=-1)
        self.begin("server")
        self.refused("certificate-refused")
        self.assertEqual(bytes(plc.seen), b"")

    def test_a_server_that_speaks_plain_is_not_asked(self):
        plc = self.server((PLC, 802))
        self.begin("server")
        scada = self.client(SCADA, (GATEWAY, 502))
        scada.sendall(read_registers(1, 0))
        threading.Timer(0.5, plc.close).start()  # it waits for the rest of what it takes for a message
        try:
            self.assertEqual(scada.recv(1), b"")
        except ConnectionResetError:
            pass
        self.assertNotIn(read_registers(1, 0), bytes(plc.seen))


@unittest.skipUnless(softhsm.IS_THERE, "softhsm2 is not installed")
class InAToken(MbapsCase):
    """The gateway's key was made in a token and never leaves it; the user of the gateway may do nothing but use it."""

    def setUp(self):
        super().setUp()
        self.token = softhsm.Token(self, self.folder)
        self.file.write_text(plant("clients"), encoding="utf-8")
        self.works, self.fingerprint = self.works_authority()
        shutil.rmtree(self.folder / "gw-1")
        self.certified(self.works, self.fingerprint, "gw-1", "--token-uri", self.token.uri("gw-1"))
        self.certified(self.works, self.fingerprint, "scada")
        self.give_away()

    def give_away(self):
        for path in (self.folder / "gw-1", self.token.place, self.token.pin):
            subprocess.run(["chown", "-R", "nobody", path], check=True)

    def context(self, server, folder=None):
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname = False
        made.load_verify_locations(folder / "authority.pem")
        made.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
        return made

    def asks(self, secure, number):
        secure.sendall(read_registers(number, 0))
        self.assertEqual(receive(secure, 11), adu(number, b"\x03\x02\0\0"))

    def said_of(self, words):
        return (self.folder / "gw-1.said").read_text(encoding="utf-8").count(words)

    def test_sessions_begin_and_renew_by_it_and_go_on_without_it(self):
        self.server((PLC, 502))
        self.guard(plant("clients"), "--identity", self.folder / "gw-1")
        self.assertEqual(self.said_of("cannot be read"), 0)
        self.assertFalse((self.folder / "gw-1" / "key.pem").exists())
        first = self.wrapped(self.folder / "scada")
        self.asks(first, 1)
        old = first.getpeercert(True)
        # Renewed: the token is opened anew, by the gateway's user, beside the traffic.
        self.certified(self.works, self.fingerprint, "gw-1")
        self.give_away()
        self.until(lambda: self.said_of("identity was read anew") == 1, "the new identity")
        second = self.wrapped(self.folder / "scada")
        self.asks(second, 2)
        self.assertNotEqual(second.getpeercert(True), old)
        # Many at once are served one after the other, and hold nobody up for good.
        more = [self.wrapped(self.folder / "scada") for _ in range(20)]
        for number, one in enumerate(more):
            self.asks(one, number)
        # The token is emptied: who is connected goes on, nobody new is taken, and it is told whose fault it is.
        subprocess.run(["softhsm2-util", "--delete-token", "--token", "works"], check=True, capture_output=True)
        self.assertTrue(self.is_turned_away(self.folder / "scada"))
        self.until(lambda: any("own key does not sign" in one for one in self.messages()), "the finding")
        self.asks(first, 3)
        self.asks(second, 4)
        for path in self.folder.rglob("*"):
            if path.is_file() and path != self.token.pin and self.token.place not in path.parents:
                self.assertNotIn(softhsm.PIN.encode(), path.read_bytes(), path)

    def messages(self):
        return [line["alert"]["signature"] for line in self.lines() if line["event_type"] == "alert"]


if __name__ == "__main__":
    go_apart("openssl")
    addressed_network()
    unittest.main()
