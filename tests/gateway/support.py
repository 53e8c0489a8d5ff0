"""What the tests of a gateway share: a network of their own, a plant, servers and clients, the program under a deadline."""

import contextlib
import ctypes
import errno
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

PROGRAM = os.environ.get("RAMPART", "build/release/rampart")
DEADLINE = 30
SCADA, HMI, STRANGER = "10.1.0.10", "10.1.0.11", "10.1.0.99"
GATEWAY, PLC = "10.1.0.1", "10.2.0.10"
SCADA6, STRANGER6, GATEWAY6, PLC6 = "fd01::10", "fd01::99", "fd01::1", "fd02::10"

RULES = """      - {id: poll, allow: [read, identify], protocol: modbus, from: [scada, hmi], to: [plc]}
      - {id: move, allow: write, protocol: modbus, from: [scada], to: [plc], objects: [holding-register 10-19]}
"""


def plant(rules=RULES, conduit="", serves="- {to: plc, protocol: modbus, at: 10.1.0.1}", gateway="", asset=""):
    return f"""rampart: 1
plant: Test works
zones:
  - id: upper
    target: 1
    networks: [10.1.0.0/24, "fd01::/64"]
    assets:
      - {{id: scada, kind: scada-server, at: [{{ip: 10.1.0.10}}, {{ip: "fd01::10"}}]}}
      - {{id: hmi, kind: operator-station, at: [{{ip: 10.1.0.11}}]}}
  - id: lower
    target: 1
    networks: [10.2.0.0/24, "fd02::/64"]
    assets:
      - id: plc
        kind: controller
        at: [{{ip: 10.2.0.10}}]
{asset}
conduits:
  - id: up-down
    joins: [upper, lower]
    guard: gw-1
{conduit}
    rules:
{rules}
gateways:
  - id: gw-1
{gateway}
    serves:
      {serves}
"""


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def go_apart(*programs):
    """Runs this test again in a network namespace of its own."""
    if os.geteuid() != 0:
        skip("gateways are tested as root, in network namespaces")
    for program in ("unshare", "ip", *programs):
        if shutil.which(program) is None:
            skip(f"there is no {program}")
    if os.environ.get("RAMPART_APART") is None:
        if subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, check=False).returncode != 0:
            skip("no network namespaces here")
        os.environ["RAMPART_APART"] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])
    ip("link", "set", "lo", "up")


def run(*words):
    subprocess.run(list(map(str, words)), check=True, capture_output=True, timeout=DEADLINE)


def ip(*words):
    run("ip", *words)


def addressed_network():
    """All addresses on the loopback; who connects to the gateway without saying from where is scada."""
    for address in (SCADA, HMI, STRANGER, GATEWAY, PLC):
        ip("address", "add", f"{address}/32", "dev", "lo")
    for address in (SCADA6, STRANGER6, GATEWAY6, PLC6):
        ip("address", "add", f"{address}/128", "dev", "lo", "nodad")
    ip("route", "replace", "local", GATEWAY, "dev", "lo", "table", "local", "src", SCADA)
    ip("route", "replace", "local", PLC, "dev", "lo", "table", "local", "src", GATEWAY)


def adu(number, pdu, unit=1):
    return struct.pack(">HHHB", number, 0, len(pdu) + 1, unit) + pdu


def read_registers(number, first, count=1, unit=1):
    return adu(number, struct.pack(">BHH", 3, first, count), unit)


def write_register(number, register, value, unit=1):
    return adu(number, struct.pack(">BHH", 6, register, value), unit)


def enter(descriptor):
    """Moves this thread into a network namespace."""
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def inside(name):
    with open("/proc/thread-self/ns/net", "rb") as back:
        with open(f"/run/netns/{name}", "rb") as there:
            enter(there.fileno())
        try:
            yield
        finally:
            enter(back.fileno())


def inn(name, *words):
    run("ip", "netns", "exec", name, *words)


def own_namespaces():
    """Gives this test a place of its own for the names of namespaces."""
    run("mount", "-t", "tmpfs", "none", "/run")
    os.makedirs("/run/netns", exist_ok=True)


class Authority:
    """A plant's authority, made with the openssl program."""

    def __init__(self, folder, name="Plant authority"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        (self.folder / "index.txt").touch()
        (self.folder / "crlnumber").write_text("01\n", encoding="utf-8")
        self.settings = self.folder / "ca.cnf"
        self.settings.write_text(f"""[ca]
default_ca = own
[own]
database = {self.folder}/index.txt
new_certs_dir = {self.folder}
certificate = {self.folder}/root.pem
private_key = {self.folder}/root.key
crlnumber = {self.folder}/crlnumber
rand_serial = yes
unique_subject = no
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
[any]
organizationName = optional
commonName = supplied
""", encoding="utf-8")
        self.key(self.folder / "root.key")
        self.openssl("req", "-x509", "-new", "-key", self.folder / "root.key", "-out", self.folder / "root.pem", "-days", "300",
                     "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def openssl(self, *words):
        run("openssl", *words)

    def key(self, path):
        self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
        path.chmod(0o600)

    def issue(self, folder, subject, addresses=(), role=None, days=90):
        """An identity folder; days < 0: it expired so long ago. Files of one that is there are replaced."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / "new"
        new.mkdir()
        self.key(new / "key.pem")
        self.openssl("req", "-new", "-key", new / "key.pem", "-subj", f"/CN={subject}", "-out", new / "request")
        self.sign(new / "request", new / "certificate.pem", addresses, role, days)
        shutil.copy(self.folder / "root.pem", new / "authority.pem")
        for name in ("authority.pem", "key.pem", "certificate.pem"):
            os.replace(new / name, folder / name)
        shutil.rmtree(new)
        return folder

    def sign(self, request, certificate, addresses=(), role=None, days=90):
        extensions = "basicConstraints=CA:FALSE\n"
        if addresses:
            extensions += "subjectAltName=" + ",".join(f"IP:{address}" for address in addresses) + "\n"
        if role is not None:
            extensions += f"1.3.6.1.4.1.50316.802.1=ASN1:UTF8String:{role}\n"
        written = self.folder / "extensions"
        written.write_text(extensions, encoding="utf-8")
        when = lambda ahead: time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + ahead * 86400))
        self.openssl("ca", "-batch", "-notext", "-config", self.settings, "-in", request, "-out", certificate,
                     "-extfile", written, "-startdate", when(-60), "-enddate", when(days))

    def revoke(self, certificate):
        self.openssl("ca", "-config", self.settings, "-revoke", certificate)

    def list_for(self, folder):
        """Puts the list of what was revoked into an identity folder."""
        path = pathlib.Path(folder) / "crl.pem"
        self.openssl("ca", "-config", self.settings, "-gencrl", "-out", f"{path}.new")
        os.replace(f"{path}.new", path)


class Server:
    """A Modbus server of this test's own: keeps what it was sent, octet by octet, and answers reads and writes."""

    def __init__(self, address=(PLC, 502), answer=True, family=socket.AF_INET, prepare=None):
        self.seen = bytearray()
        self.peers = []
        self.ended = 0
        self.answer = answer
        self.connections = []
        self.registers = {}
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if prepare:
            prepare(self.listener)
        self.listener.bind(address)
        self.listener.listen(512)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, peer = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.peers.append(peer[0])
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        held = b""
        with contextlib.suppress(OSError):
            while True:
                octets = connection.recv(65536)
                if not octets:
                    break
                self.seen += octets
                held += octets
                while len(held) >= 7 and len(held) >= 6 + struct.unpack(">H", held[4:6])[0]:
                    size = 6 + struct.unpack(">H", held[4:6])[0]
                    message, held = held[:size], held[size:]
                    if self.answer:
                        connection.sendall(self.reply(message))
        self.ended += 1
        with contextlib.suppress(OSError):
            connection.close()

    def reply(self, message):
        number, unit, function = struct.unpack(">H", message[:2])[0], message[6], message[7]
        first, second = struct.unpack(">HH", message[8:12]) if len(message) >= 12 else (0, 0)
        if function == 3:
            values = b"".join(struct.pack(">H", self.registers.get(first + i, 0)) for i in range(second))
            return adu(number, bytes([3, len(values)]) + values, unit)
        if function == 6:
            self.registers[first] = second
            return adu(number, message[7:], unit)
        return adu(number, bytes([function | 0x80, 1]), unit)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept, which would keep the port
        self.listener.close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.close()


def client(source=SCADA, to=(GATEWAY, 502), family=socket.AF_INET):
    """A connection; also one that was reset before connect() returned, as is_reset() tells: it was accepted all the same."""
    made = socket.socket(family, socket.SOCK_STREAM)
    made.settimeout(DEADLINE)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.bind((source, 0))
    with contextlib.suppress(ConnectionResetError):
        made.connect(to)
    return made


def receive(connection, count):
    """Exactly so many octets, or what came until the end."""
    octets = b""
    while len(octets) < count:
        more = connection.recv(count - len(octets))
        if not more:
            break
        octets += more
    return octets


def is_reset(connection):
    """True where the peer reset or closed without a word."""
    try:
        return connection.recv(1) == b""
    except OSError as error:
        if error.errno not in (errno.ECONNRESET, errno.ENOTCONN):
            raise
        return True


class GatewayCase(unittest.TestCase):
    plant = plant()

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rampart-guard-"))
        self.folder.chmod(0o777)  # who gives up rights still writes here
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.file = self.folder / "plant.yaml"
        self.events = self.folder / "events.json"

    def guard(self, text=None, *words, as_="gw-1", told=None, before=()):
        """Begins a gateway; what it tells is named after it, or `told` where two of one name run."""
        told = told or as_
        self.events = self.folder / f"{told}.json"
        self.events.unlink(missing_ok=True)
        self.file.write_text(text or self.plant, encoding="utf-8")
        self.said = self.folder / f"{told}.said"
        with open(self.said, "w", encoding="utf-8") as said:
            process = subprocess.Popen([*before, PROGRAM, "guard", str(self.file), "--as", as_, "--json", str(self.events),
                                        *map(str, words)], stdout=subprocess.PIPE, stderr=said, text=True)
        self.addCleanup(self.end, process)
        self.until(lambda: self.lines() or process.poll() is not None, "the gateway")
        if process.poll() is not None:
            self.fail(self.said.read_text(encoding="utf-8"))
        return process

    def rampart(self, *words, before=()):
        """Runs the program to its end, which must be good; gives what it prints."""
        done = subprocess.run([*before, PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def works_authority(self):
        """The plant's own authority, made by the program; gives its folder and fingerprint."""
        made = self.rampart("pki", "init", self.folder / "works", "--plant", self.file)
        return self.folder / "works", re.search(r"^  ([0-9a-f]{64})$", made, re.MULTILINE).group(1)

    def certified(self, authority, fingerprint, name, *words):
        """Has that authority certify the folder `name`, off line."""
        request, bundle = self.folder / "request.pem", self.folder / "bundle.pem"
        self.rampart("pki", "enrol", self.folder / name, "--request", request, "--for", name, *words)
        self.rampart("pki", "issue", authority, self.file, "--request", request, "--out", bundle)
        self.rampart("pki", "enrol", self.folder / name, "--bundle", bundle, "--fingerprint", fingerprint)
        return self.folder / name

    def server(self, *words, **settings):
        made = Server(*words, **settings)
        self.addCleanup(made.close)
        return made

    def client(self, *words, **settings):
        made = client(*words, **settings)
        self.addCleanup(made.close)
        return made

    def datagrams_at(self, place, family=socket.AF_INET):
        """A socket for datagrams, bound to a place."""
        made = socket.socket(family, socket.SOCK_DGRAM)
        self.addCleanup(made.close)
        made.settimeout(DEADLINE)
        made.bind(place)
        return made

    def judges(self, scada, plc):
        """A forbidden write, a read and an allowed write in one piece: refused in its place, and the controller sees the other two alone."""
        scada.sendall(write_register(1, 50, 1) + read_registers(2, 0) + write_register(3, 12, 7))
        expected = adu(1, b"\x86\x01") + adu(2, b"\x03\x02\0\0") + write_register(3, 12, 7)
        self.assertEqual(receive(scada, len(expected)), expected)
        self.assertEqual(bytes(plc.seen), read_registers(2, 0) + write_register(3, 12, 7))

    def is_refused(self, *words):
        """True where a connection is reset, when it is made or right after."""
        return is_reset(self.client(*words))

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait(timeout=DEADLINE)
        process.stdout.close()

    def stop(self, process, status=0):
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, status, out + self.said.read_text(encoding="utf-8"))
        return out

    def until(self, condition, what):
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.02)
        return self.fail(f"waited {DEADLINE} s for {what}")

    def lines(self, as_=None):
        """What a gateway told: the one that was begun last, or the one of that name."""
        events = self.folder / f"{as_}.json" if as_ else self.events
        if not events.exists():
            return []
        whole = events.read_text(encoding="utf-8")
        return [json.loads(line) for line in whole[:whole.rfind("\n") + 1].splitlines()]

    def findings(self, as_=None):
        return [line["rampart"]["finding"] for line in self.lines(as_) if line["event_type"] == "alert"]

    def events_of(self, as_, kind):
        """What records of a kind, as `guard-event`, say that happened."""
        return [line["rampart"]["event"] for line in self.lines(as_) if line["event_type"] == kind]

    def get(self, port, path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def journal(self, folder=None):
        """A new journal of somebody who is not root, whom the gateway then becomes."""
        place = self.folder / "journal" if folder is None else folder
        run(PROGRAM, "init", place, "--name", "test/gw-1")
        for path in (place, *place.rglob("*")):
            shutil.chown(path, "nobody", "nogroup")
        return place

    def verify(self, journal):
        """The journal as it is on the disk is whole and signed."""
        answer = subprocess.run([PROGRAM, "journal", "verify", str(journal)], capture_output=True, text=True, check=False, timeout=DEADLINE)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        return answer.stdout

    def recorded(self, journal):
        """All records of a journal, as JSON."""
        out = subprocess.run([PROGRAM, "journal", "show", str(journal), "--json"], capture_output=True, text=True, check=True,
                             timeout=DEADLINE).stdout
        return [json.loads(line) for line in out.splitlines()]

    def guard_events(self, lines=None):
        """What the gateway says of its own failures: (event, conduit)."""
        return [(line["rampart"]["event"], line["rampart"].get("conduit", "")) for line in (self.lines() if lines is None else lines)
                if line["event_type"] == "guard-event"]
