#!/usr/bin/env python3
"""The plant's authority from end to end: off line, over TLS, with its key in a token, killed half-way. The judge of
certificates, lists and the service is the openssl program."""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "journal_commands")]
import softhsm  # noqa: E402
from support import JournalCase, skip_all, wait_for  # noqa: E402

PLANT = """rampart: 1
plant: Test works
roles:
  operator: {may: watch}
zones:
  - id: upper
    target: 1
    networks: [10.1.0.0/24, fd00::/64]
    assets:
      - {id: scada, kind: scada-server, at: [{ip: 10.1.0.10}]}
      - {id: hmi, kind: operator-station, at: [{ip: 10.1.0.11}, {ip: "fd00::11"}]}
  - id: lower
    target: 1
    networks: [10.2.0.0/24]
    assets:
      - {id: plc, kind: controller, at: [{ip: 10.2.0.10}]}
conduits:
  - id: up-down
    joins: [upper, lower]
    guard: gw-1
    rules:
      - {id: poll, allow: read, protocol: modbus, from: scada, to: plc}
gateways:
  - id: gw-1
    wire: {at: 10.1.0.1}
    serves: [{to: plc, protocol: modbus, at: 10.1.0.2}]
"""


def openssl(*words, given=None, good=True):
    """Runs openssl; gives all that it says."""
    answer = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, timeout=60, input=given,
                            check=False)
    said = answer.stdout + answer.stderr
    if (answer.returncode == 0) != good:
        raise AssertionError(f"openssl {' '.join(map(str, words))}\n{said}")
    return said


class PkiCase(JournalCase):
    def setUp(self):
        super().setUp()
        self.plant.write_text(PLANT, encoding="utf-8")
        self.authority = self.folder / "authority"
        self.identity = self.folder / "identity"

    def make(self, *words):
        """Makes the authority; gives its fingerprint."""
        out = self.rampart("pki", "init", self.authority, "--plant", self.plant, *words)
        return re.search(r"^  ([0-9a-f]{64})$", out, re.MULTILINE).group(1)

    def off_line(self, subject, fingerprint, *words, identity=None):
        identity = identity or self.identity
        request, bundle = self.folder / "request.pem", self.folder / "bundle.pem"
        self.rampart("pki", "enrol", identity, "--request", request, "--for", subject)
        self.rampart("pki", "issue", self.authority, self.plant, "--request", request, "--out", bundle, *words)
        return self.rampart("pki", "enrol", identity, "--bundle", bundle, "--fingerprint", fingerprint)

    def verify(self, identity=None, good=True, list_file=None):
        """openssl's word on an identity, by its own root and the authority's newest list."""
        identity = identity or self.identity
        return openssl("verify", "-x509_strict", "-CAfile", identity / "authority.pem", "-crl_check", "-CRLfile",
                       list_file or self.authority / "crl.pem", identity / "certificate.pem", good=good)

    def certificates(self):
        return json.loads(self.rampart("pki", "list", self.authority, "--json"))["certificates"]

    def listed(self):
        """Serials of the revocation list, as openssl reads them."""
        said = openssl("crl", "-in", self.authority / "crl.pem", "-text", "-noout", "-CAfile",
                       self.authority / "authority.pem")
        self.assertIn("verify OK", said)
        return {serial.lower() for serial in re.findall(r"Serial Number: ([0-9A-F]+)", said)}

    def token(self, subject, *words):
        return self.rampart("pki", "token", self.authority, self.plant, "--for", subject, *words).strip()


class OffLine(PkiCase):
    def test_what_is_issued_says_what_the_plant_says(self):
        fingerprint = self.make()
        shown = openssl("x509", "-in", self.authority / "authority.pem", "-noout", "-text", "-fingerprint", "-sha256")
        self.assertIn(fingerprint, shown.lower().replace(":", ""))
        for words in ("CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "O = Test works", "NIST CURVE: P-256"):
            self.assertIn(words, shown)
        self.off_line("hmi", fingerprint, "--role", "operator", "--days", "30")
        self.assertIn("OK", self.verify())
        shown = openssl("x509", "-in", self.identity / "certificate.pem", "-noout", "-text")
        for words in ("Version: 3", "CN = hmi", "CA:FALSE", "Digital Signature", "TLS Web Server Authentication",
                      "TLS Web Client Authentication", "IP Address:10.1.0.11, IP Address:FD00:0:0:0:0:0:0:11",
                      "1.3.6.1.4.1.50316.802.1"):
            self.assertIn(words, shown)
        der = openssl("asn1parse", "-in", self.identity / "certificate.pem")
        self.assertRegex(der, r"1\.3\.6\.1\.4\.1\.50316\.802\.1\n.*OCTET STRING +\[HEX DUMP\]:0C086F70657261746F72")
        self.assertEqual((self.identity / "key.pem").stat().st_mode & 0o777, 0o600)
        self.assertIn("PRIVATE KEY", (self.identity / "key.pem").read_text(encoding="ascii"))
        self.assertEqual((self.identity / "crl.pem").read_bytes(), (self.authority / "crl.pem").read_bytes())

    def test_a_gateway_has_the_role_and_addresses_of_the_plant(self):
        self.off_line("gw-1", self.make())
        shown = openssl("x509", "-in", self.identity / "certificate.pem", "-noout", "-ext", "subjectAltName")
        self.assertIn("IP Address:10.1.0.1, IP Address:10.1.0.2", shown)
        self.assertEqual([(c["subject"], c["role"], c["state"]) for c in self.certificates()],
                         [("gw-1", "gateway", "valid")])

    def test_who_is_revoked_is_on_the_list_at_once_and_can_be_denied(self):
        fingerprint = self.make()
        self.off_line("plc", fingerprint)
        self.verify()
        serial = self.certificates()[0]["serial"]
        self.rampart("pki", "revoke", self.authority, "plc", "--reason", "key-compromise")
        self.assertIn("certificate revoked", self.verify(good=False))
        self.assertEqual(self.listed(), {serial})
        self.assertIn("Key Compromise", openssl("crl", "-in", self.authority / "crl.pem", "-text", "-noout"))
        self.assertEqual([c["state"] for c in self.certificates()], ["revoked"])
        self.refused("pki", "revoke", self.authority, "plc", says="nothing is to be revoked")
        self.rampart("pki", "deny", self.identity, serial, "--reason", "lost")
        self.assertEqual((self.identity / "denied").read_text(encoding="ascii"), f"{serial}  # lost\n")

    def test_requests_of_other_programs_are_taken_where_they_are_strong(self):
        self.make()
        request = self.folder / "request.pem"

        def asked(subject, *words):
            openssl("req", "-new", "-nodes", "-keyout", self.folder / "other.pem", "-out", request, "-subj", subject,
                    *words)
            return "pki", "issue", self.authority, self.plant, "--request", request

        p256 = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        bundle = self.rampart(*asked("/CN=plc", *p256))
        self.assertEqual(bundle.count("BEGIN CERTIFICATE"), 2)
        self.assertIn("X509 CRL", bundle)
        self.rampart(*asked("/CN=scada", "-newkey", "rsa:3072"))
        self.refused(*asked("/CN=plc", "-newkey", "rsa:2048"), says="too weak")
        self.refused(*asked("/CN=stranger", *p256), says="no asset or gateway")
        self.refused(*asked("/O=plc", *p256), says="names no subject")
        self.refused(*asked("/CN=hmi", *p256), "--role", "director", says="no role that hmi may have")
        command = asked("/CN=plc", *p256)
        der = bytearray(subprocess.run(["openssl", "req", "-in", request, "-outform", "der"], check=True,
                                       capture_output=True).stdout)
        der[-1] ^= 1
        request.write_bytes(der)
        self.refused(*command, says="signature of the request does not hold")
        request.write_text("nothing", encoding="ascii")
        self.refused(*command, says="malformed")

    def test_a_bundle_of_another_key_or_authority_is_refused(self):
        fingerprint = self.make()
        self.off_line("plc", fingerprint)
        before = (self.identity / "certificate.pem").read_bytes()
        bundle = self.folder / "bundle.pem"
        self.off_line("hmi", fingerprint, identity=self.folder / "other")
        self.refused("pki", "enrol", self.identity, "--bundle", bundle, says="does not fit the key")
        fresh = self.folder / "fresh"
        self.rampart("pki", "enrol", fresh, "--request", self.folder / "r", "--for", "scada")
        self.refused("pki", "enrol", fresh, "--bundle", bundle, says="which authority is to be trusted")
        self.refused("pki", "enrol", fresh, "--bundle", bundle, "--fingerprint", "0" * 64, says="another authority")
        self.assertEqual((self.identity / "certificate.pem").read_bytes(), before)

    def test_what_happened_is_in_the_journal(self):
        self.init()
        fingerprint = self.make("--journal", self.journal)
        self.off_line("plc", fingerprint, "--journal", self.journal, "--days", "5")
        self.rampart("pki", "list", self.authority, "--journal", self.journal)
        self.rampart("pki", "list", self.authority, "--journal", self.journal)
        self.rampart("pki", "revoke", self.authority, "plc", "--reason", "superseded", "--journal", self.journal)
        events = [r["rampart"] for r in self.show("--kind", "certificate-event")]
        self.assertEqual([(e["event"], e["subject"], e.get("reason", "")) for e in events],
                         [("authority-made", "authority", ""), ("issued", "plc", ""),
                          ("expires", "plc", "less than 7 days"), ("revoked", "plc", "superseded"),
                          ("crl-made", "authority", "")])
        self.assertTrue(all(re.match(r"p-[0-9a-f]{16}$", e["person"]) for e in events), events)
        facts = [(r["rampart"]["fact"], r["rampart"]["holds"]) for r in self.show("--kind", "evidence")]
        self.assertEqual(facts, [("authority-run", True), ("certificate-own", True)])


class Elsewhere(PkiCase):
    def test_a_certificate_that_anothers_address_shows_is_a_finding_and_no_new_one(self):
        self.init()
        fingerprint = self.make()
        self.off_line("gw-1", fingerprint)
        before = (self.identity / "certificate.pem").read_bytes()
        self.plant.write_text(PLANT.replace("[10.1.0.0/24,", "[10.1.0.0/24, 127.0.0.0/8,").replace("{ip: 10.1.0.11}", "{ip: 127.0.0.1}"), encoding="utf-8")
        service = self.start("pki", "serve", self.authority, self.plant, "--listen", "127.0.0.1:0", "--journal", self.journal)
        at = next(found.group(0) for line in service.stderr if (found := re.search(r"127\.0\.0\.1:\d+", line)))
        self.refused("pki", "renew", self.identity, "--authority", at, says="the certificate is used from the address of hmi")
        self.assertEqual((self.identity / "certificate.pem").read_bytes(), before)
        service.terminate()
        service.wait(timeout=60)
        found = [one["alert"] for one in self.show("--kind", "finding")]
        self.assertEqual([(one["signature_id"], "gw-1" in one["signature"] and "hmi" in one["signature"]) for one in found], [(1101, True)], found)
        self.assertIn("renewal-refused", [one["rampart"]["event"] for one in self.show("--kind", "certificate-event")])


class Network(PkiCase):
    def setUp(self):
        super().setUp()
        self.make()
        self.service = self.start("pki", "serve", self.authority, self.plant, "--listen", "127.0.0.1:0")
        line = self.service.stderr.readline()
        self.at = re.search(r"127\.0\.0\.1:\d+", line).group(0)

    def enrol(self, token, identity=None):
        return "pki", "enrol", identity or self.identity, "--token", token, "--authority", self.at

    def test_who_has_a_token_is_certified_once_and_renews(self):
        token = self.token("gw-1")
        self.assertNotIn(token.split(":")[2], (self.authority / "index").read_text(encoding="ascii"))
        self.rampart(*self.enrol(token))
        self.assertIn("OK", self.verify())
        first = (self.identity / "certificate.pem").read_bytes()
        self.refused(*self.enrol(token), says="there is a certificate already")
        self.refused(*self.enrol(token, self.folder / "thief"), says="the token was used")
        self.assertIn("not due", self.rampart("pki", "renew", self.identity, "--authority", self.at, "--if-due"))
        self.rampart("pki", "renew", self.identity, "--authority", self.at)
        self.assertNotEqual((self.identity / "certificate.pem").read_bytes(), first)
        self.assertIn("OK", self.verify())
        self.rampart("pki", "revoke", self.authority, "gw-1", "--reason", "key-compromise")
        self.refused("pki", "renew", self.identity, "--authority", self.at, says="the certificate is revoked")
        self.assertIn("certificate revoked", self.verify(good=False))

    def test_tokens_that_are_wrong_late_or_of_another_authority_are_refused(self):
        token = self.token("plc")
        scheme, subject, secret, root = token.split(":")
        wrong = ":".join((scheme, subject, secret[::-1], root))
        self.refused(*self.enrol(wrong), says="the token is not known here")
        self.refused(*self.enrol(":".join((scheme, "hmi", secret, root))), says="the token is not known here")
        self.refused(*self.enrol(":".join((scheme, subject, secret, "0" * 64))), says="not trusted")
        self.refused(*self.enrol(token[:-1]), says="not a whole token", status=2)
        late = self.token("hmi", "--valid", "1s")
        ended = time.time() + 2
        wait_for("the token has ended", lambda: time.time() > ended)
        self.refused(*self.enrol(late), says="the token has expired")
        self.rampart(*self.enrol(token))

    def test_the_service_is_what_openssl_expects(self):
        root = self.authority / "authority.pem"
        asked = ("s_client", "-connect", self.at, "-CAfile", root, "-verify_return_error", "-verify_hostname")
        said = openssl(*asked, "rampart-authority", given="")
        self.assertIn("Verify return code: 0 (ok)", said)
        self.assertEqual(said.count(" s:"), 2, "the whole chain is sent")
        openssl(*asked, "gw-1", given="", good=False)
        said = openssl(*asked, "rampart-authority", "-quiet",
                       given="GET /crl HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertIn((self.authority / "crl.pem").read_text(encoding="ascii"), said.replace("\r", ""))

    def test_it_ends_in_order_when_asked(self):
        self.service.send_signal(signal.SIGTERM)
        self.assertEqual(self.service.wait(30), 0)


class Killed(PkiCase):
    def test_index_and_list_agree_wherever_it_was_killed(self):
        fingerprint = self.make()
        self.off_line("plc", fingerprint)  # once in peace, which says how long one takes
        request = self.folder / "request.pem"
        begun = time.monotonic()
        self.rampart("pki", "issue", self.authority, self.plant, "--request", request, "--out", self.folder / "b")
        took = time.monotonic() - begun
        chance = random.Random(7)
        handed_out = set()
        for number in range(24):
            out = self.folder / f"out-{number}"
            issue = ("pki", "issue", self.authority, self.plant, "--request", request, "--out", out)
            revoke = ("pki", "revoke", self.authority, "plc", "--reason", "superseded")
            process = self.start(*(revoke if number % 3 == 2 else issue))
            try:
                process.wait(60 if number % 4 == 0 else took * chance.random() * 1.5)
            except subprocess.TimeoutExpired:
                process.kill()
            self.end(process)
            if out.exists():
                handed_out.add(openssl("x509", "-in", out, "-noout", "-serial").strip().split("=")[1].lower())
            certificates = self.certificates()
            self.assertLessEqual(handed_out, {c["serial"] for c in certificates})
        # Whoever uses the authority next mends what is left to do.
        self.rampart("pki", "issue", self.authority, self.plant, "--request", request, "--out", self.folder / "b")
        revoked = {c["serial"] for c in self.certificates() if c["state"] == "revoked"}
        self.assertEqual(self.listed(), revoked)
        self.assertTrue(handed_out)
        self.assertTrue(revoked)


@unittest.skipUnless(softhsm.IS_THERE, "softhsm2 is not installed")
class InAToken(PkiCase):
    def setUp(self):
        super().setUp()
        self.works = softhsm.Token(self, self.folder)

    def test_the_authority_signs_by_a_key_that_no_file_has(self):
        fingerprint = self.make("--token-uri", self.works.uri("root"))
        self.assertFalse((self.authority / "key.pem").exists())
        self.assertNotIn(softhsm.PIN, (self.authority / "key.uri").read_text(encoding="utf-8"))
        self.off_line("plc", fingerprint)
        self.assertIn("OK", self.verify())
        self.rampart("pki", "revoke", self.authority, "plc")
        self.assertIn("certificate revoked", self.verify(good=False))
        self.works.pin.write_text("00000000\n", encoding="utf-8")
        self.refused("pki", "issue", self.authority, self.plant, "--request", self.folder / "request.pem",
                     says="CKR_PIN_INCORRECT")

    def test_an_identity_has_its_key_in_a_token_and_renews_by_it(self):
        fingerprint = self.make()
        self.refused("pki", "enrol", self.identity, "--token-uri", self.works.uri("gw-1"), says="nobody is asked to certify it", status=2)
        for _ in range(2):  # a second try finds what the first one made
            self.rampart("pki", "enrol", self.identity, "--token-uri", self.works.uri("gw-1"), "--request", self.folder / "r", "--for", "gw-1")
        self.off_line("gw-1", fingerprint)
        self.assertFalse((self.identity / "key.pem").exists())
        self.assertNotIn(softhsm.PIN, (self.identity / "key.uri").read_text(encoding="utf-8"))
        self.assertIn("OK", self.verify())
        before = (self.identity / "certificate.pem").read_text(encoding="utf-8")
        service = self.start("pki", "serve", self.authority, self.plant, "--listen", "127.0.0.1:0")
        at = re.search(r"127\.0\.0\.1:\d+", service.stderr.readline()).group(0)
        self.rampart("pki", "renew", self.identity, "--authority", at)
        self.assertNotEqual((self.identity / "certificate.pem").read_text(encoding="utf-8"), before)
        self.assertIn("OK", self.verify())
        # By a one-time token, over the network, too.
        over = self.folder / "hmi"
        self.rampart("pki", "enrol", over, "--token", self.token("hmi"), "--authority", at, "--token-uri", self.works.uri("hmi"))
        self.assertIn("OK", self.verify(over))
        self.assertFalse((over / "key.pem").exists())
        self.refused("pki", "enrol", self.folder / "other", "--token-uri", self.works.uri("gw-1"), "--request", self.folder / "r",
                     "--for", "plc", says="the label is taken")


if __name__ == "__main__":
    if not shutil.which("openssl"):
        skip_all("the program openssl is not installed")
    unittest.main()
