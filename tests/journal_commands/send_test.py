#!/usr/bin/env python3
"""Records go to a collector as syslog over TLS: RFC 5425 frames, RFC 5424 messages, and no collector but a proven one."""

import re
import shutil
import socket
import ssl
import subprocess
import threading
import unittest

from support import DEADLINE, JournalCase

# RFC 5424 section 6, as one expression over octets.
NAME = rb"[!#-<>-\\^-~]{1,32}"
ELEMENT = rb"\[" + NAME + rb"(?: " + NAME + rb"=\"(?:[^\"\\\]]|\\[\"\\\]])*\")*\]"
MESSAGE = re.compile(
    rb"<(?P<priority>0|[1-9]\d{0,2})>1 (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)|-) "
    rb"[!-~]{1,255} [!-~]{1,48} [!-~]{1,128} [!-~]{1,32} (?:-|(?:" + ELEMENT + rb")+)(?: (?P<words>.*))?", re.DOTALL)


class Collector(threading.Thread):
    """A TLS server for one connection that keeps what it gets."""

    def __init__(self, certificate, key, clients=None):
        super().__init__(daemon=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        if clients:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(clients)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(DEADLINE)
        self.port = self.listener.getsockname()[1]
        self.received = b""
        self.peer = None
        self.start()

    def run(self):
        try:
            with self.listener, self.context.wrap_socket(self.listener.accept()[0], server_side=True) as connection:
                connection.settimeout(DEADLINE)
                self.peer = connection.getpeercert()
                while part := connection.recv(65536):
                    self.received += part
                connection.unwrap()
        except OSError:
            pass  # the other side refused us, as some tests want

    def frames(self):
        self.join(DEADLINE)
        rest, frames = self.received, []
        while rest:
            digits, _, rest = rest.partition(b" ")
            assert re.fullmatch(rb"[1-9]\d*", digits), digits
            length = int(digits)
            assert length <= len(rest), "the last frame is cut"
            frames.append(rest[:length])
            rest = rest[length:]
        return frames


@unittest.skipUnless(shutil.which("openssl"), "openssl is not installed")
class Sending(JournalCase):
    def setUp(self):
        super().setUp()
        self.init()
        self.some_traffic()
        self.watch()
        self.ca = self.authority("ca")
        self.certificate, self.key = self.certified("collector", "ca", "subjectAltName=IP:127.0.0.1,DNS:localhost")

    def openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, cwd=self.folder)

    def authority(self, name):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                     "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-addext",
                     "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
        return self.folder / f"{name}.pem"

    def certified(self, name, authority, extension):
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                     "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (self.folder / f"{name}.ext").write_text(extension + "\n", encoding="utf-8")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
                     "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def export(self, collector, *words):
        return ("journal", "export", self.journal, "--format", "syslog", "--to", f"127.0.0.1:{collector.port}", *words)

    def test_every_record_is_one_frame_and_every_frame_a_message(self):
        expected = len(self.show())
        collector = Collector(self.certificate, self.key)
        self.rampart(*self.export(collector, "--ca", self.ca))
        frames = collector.frames()
        self.assertIn(f"exported {len(frames)} records", self.error)
        self.assertGreaterEqual(len(frames), expected)
        for frame in frames:
            parsed = MESSAGE.fullmatch(frame)
            self.assertIsNotNone(parsed, frame)
            self.assertIn(int(parsed["priority"]) >> 3, (10, 13))
            if parsed["words"]:
                self.assertTrue(parsed["words"].startswith(b"\xef\xbb\xbf"), frame)
                self.assertNotIn(b"\n", parsed["words"])
                parsed["words"].decode("utf-8")
        read = self.show("--kind", "journal-read")[-1]["rampart"]
        self.assertEqual((read["what"], read["destination"]), ("export syslog", f"127.0.0.1:{collector.port}"))
        self.assertEqual(read["records"], len(frames))

    def test_filters_hold_for_what_is_sent(self):
        collector = Collector(self.certificate, self.key)
        self.rampart(*self.export(collector, "--ca", self.ca, "--kind", "finding"))
        self.assertEqual(len(collector.frames()), len(self.show("--kind", "finding")))

    def test_a_collector_of_another_authority_gets_nothing(self):
        other = self.authority("other")
        collector = Collector(self.certificate, self.key)
        self.refused(*self.export(collector, "--ca", other), says="certificate")
        self.assertEqual(collector.frames(), [])
        # That it was tried is recorded all the same.
        self.assertEqual(self.show("--kind", "journal-read")[-1]["rampart"]["records"], 0)

    def test_a_collector_of_another_name_gets_nothing(self):
        certificate, key = self.certified("elsewhere", "ca", "subjectAltName=DNS:elsewhere.example")
        collector = Collector(certificate, key)
        self.refused(*self.export(collector, "--ca", self.ca), says="127.0.0.1")
        self.assertEqual(collector.frames(), [])

    def test_we_show_our_certificate_where_it_is_wanted(self):
        certificate, key = self.certified("sensor-1", "ca", "extendedKeyUsage=clientAuth")
        collector = Collector(self.certificate, self.key, clients=self.ca)
        self.rampart(*self.export(collector, "--ca", self.ca, "--certificate", certificate, "--private-key", key))
        self.assertGreater(len(collector.frames()), 3)
        self.assertIn("sensor-1", str(collector.peer))

    def test_nobody_listening_is_said(self):
        with socket.create_server(("127.0.0.1", 0)) as nobody:
            port = nobody.getsockname()[1]
        self.refused("journal", "export", self.journal, "--format", "syslog", "--to", f"127.0.0.1:{port}", "--ca", self.ca,
                     says=f"{port}")


if __name__ == "__main__":
    unittest.main()
