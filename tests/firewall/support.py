"""What the tests of the firewall share: a router in a namespace of its own, networks behind it, the helper, the command."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = os.environ.get("RAMPART", "build/release/rampart")
HELPER = os.environ.get("RAMPART_HELPER", "build/release/rampart-firewall-helper")
PROBE = pathlib.Path(__file__).resolve().parent / "probe.py"
DEADLINE = 30
USER = "daemon"  # whom the helper becomes: any user of every Debian
# Under a closed list of system calls the sanitizer's search for leaks, which traces the process, cannot run.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}

PLANT = """rampart: 1
plant: Test works
essential-functions:
  - {id: dosing, name: Keep the dose, consequence: {safety: 4}}
zones:
  - id: upper
    target: 1
    networks: [10.1.0.0/24, "fd01::/64"]
    assets:
      - {id: scada, kind: scada-server, at: [{ip: 10.1.0.10}, {ip: "fd01::10"}]}
      - {id: hmi, kind: operator-station, at: [{ip: 10.1.0.11}]}
  - id: lower
    target: 1
    networks: [10.2.0.0/24, "fd02::/64"]
    assets:
      - {id: plc, kind: controller, at: [{ip: 10.2.0.10}, {ip: "fd02::10"}]}
      - {id: spare, kind: controller, at: [{ip: 10.2.0.11}]}
conduits:
  - id: up-down
    joins: [upper, lower]
    guard: gw-1
    rules:
      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}
      - {id: web, allow: session, protocol: tcp, ports: 8080, from: [hmi], to: [plc], essential: no}
"""


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def run(*words, check=True, **settings):
    answer = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=DEADLINE, check=False,
                            **settings)
    if check and answer.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: {answer.returncode}\n{answer.stdout}{answer.stderr}")
    return answer


def go_apart(*programs):
    """Runs this test again in a network namespace of its own, which becomes the router."""
    if os.geteuid() != 0:
        skip("the firewall is tested as root, in a namespace of its own")
    for program in ("unshare", "nsenter", "ip", *programs):
        if shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
            skip(f"there is no {program}")
    if os.environ.get("RAMPART_APART") is None:
        if run("unshare", "--net", "true", check=False).returncode != 0:
            skip("no network namespaces here")
        os.environ["RAMPART_APART"] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    run("ip", "link", "set", "lo", "up")
    if run("/usr/sbin/nft", "list", "tables", check=False).returncode != 0:
        skip("nft does not work here")
    # Nobody else is in these networks: an IPv6 address need not wait until that is sure.
    for path, value in (("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1"), ("ipv6/conf/default/accept_dad", "0")):
        pathlib.Path(f"/proc/sys/net/{path}").write_text(value, encoding="ascii")


class Network:
    """One network behind the router, with all its hosts on one interface of a namespace."""

    def __init__(self, number, addresses):
        self.process = subprocess.Popen(["unshare", "--net", "sleep", "100000"])
        self.inside = ["nsenter", "--net", "--target", str(self.process.pid)]
        own = os.readlink("/proc/self/ns/net")
        deadline = time.monotonic() + DEADLINE
        while os.readlink(f"/proc/{self.process.pid}/ns/net") == own:
            if time.monotonic() > deadline:
                raise AssertionError("no namespace came to be")
            time.sleep(0.01)
        self.helpers = []
        run(*self.inside, "sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad")
        outside = f"net{number}"
        run("ip", "link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", self.process.pid)
        run("ip", "link", "set", outside, "up")
        run(*self.inside, "ip", "link", "set", "lo", "up")
        run(*self.inside, "ip", "link", "set", "eth0", "up")
        run("ip", "addr", "add", f"10.{number}.0.1/24", "dev", outside)
        run("ip", "-6", "addr", "add", f"fd0{number}::1/64", "dev", outside, "nodad")
        for address in addresses:
            length = ["64", "nodad"] if ":" in address else ["24"]
            run(*self.inside, "ip", "addr", "add", f"{address}/{length[0]}", "dev", "eth0", *length[1:])
        run(*self.inside, "ip", "route", "add", "default", "via", f"10.{number}.0.1")
        if any(":" in address for address in addresses):
            run(*self.inside, "ip", "-6", "route", "add", "default", "via", f"fd0{number}::1")

    def serve(self, tcp, udp=()):
        one = subprocess.Popen([*self.inside, sys.executable, str(PROBE), "serve", json.dumps({"tcp": list(tcp), "udp": list(udp)})],
                               stdout=subprocess.PIPE, text=True)
        self.helpers.append(one)
        if one.stdout.readline() != "ready\n":
            raise AssertionError("the servers did not start")

    def probe(self, ways):
        """Tries [client, server, "tcp"|"udp"|"icmp", port] each; gives whether it was answered."""
        if not ways:
            return []
        answer = run(*self.inside, sys.executable, PROBE, "probe", input=json.dumps(ways) + "\n")
        return json.loads(answer.stdout)

    def close(self):
        for one in [*self.helpers, self.process]:
            one.kill()
            one.wait(timeout=DEADLINE)
            if one.stdout is not None:
                one.stdout.close()


class FirewallCase(unittest.TestCase):
    def setUp(self):
        run("/usr/sbin/nft", "delete", "table", "inet", "rampart", check=False)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rampart-firewall-"))
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.state, self.socket = self.folder / "state", self.folder / "run" / "socket"
        for made in (self.state, self.socket.parent):
            made.mkdir(mode=0o755)
            shutil.chown(made, USER)
        self.plant = self.folder / "plant.yaml"
        self.write(PLANT)

    def write(self, text):
        self.plant.write_text(text, encoding="utf-8")

    def start_helper(self, *words):
        process = subprocess.Popen([HELPER, "--socket", str(self.socket), "--state", str(self.state), "--user", USER, *words],
                                   stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        self.addCleanup(self.end, process)
        line = process.stderr.readline()
        self.assertIn("listens at", line, line + (process.stderr.read() if process.poll() is not None else ""))
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.wait(timeout=DEADLINE)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def words(self, *words):
        return [PROGRAM, "firewall", str(self.plant), "--as", "gw-1", "--socket", str(self.socket), *map(str, words)]

    def firewall(self, *words, status=0, **settings):
        answer = run(*self.words(*words), check=False, stdin=subprocess.DEVNULL, env=ENVIRONMENT, **settings)
        self.assertEqual(answer.returncode, status, answer.stdout + answer.stderr)
        return answer.stdout + answer.stderr

    def start_apply(self, *words):
        """Begins --apply; gives the process once the rules are in force."""
        process = subprocess.Popen(self.words("--apply", *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   stdin=subprocess.DEVNULL, env=ENVIRONMENT)
        self.addCleanup(self.end, process)
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("in force"):
                return process
        raise self.failureException("".join(lines) + process.stderr.read())

    def apply(self, *words):
        """Applies and confirms."""
        process = self.start_apply(*words)
        self.firewall("--confirm")
        out, error = process.communicate(timeout=DEADLINE)
        self.assertEqual(process.returncode, 0, out + error)
        self.assertIn("confirmed", out)

    def until(self, condition, what):
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            value = condition()
            if value:
                return value
            time.sleep(0.05)
        return self.fail(f"waited {DEADLINE} s for {what}")


def table():
    """Our table as nft shows it to people; empty where it is not there."""
    return run("/usr/sbin/nft", "list", "table", "inet", "rampart", check=False).stdout


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=DEADLINE)


@contextlib.contextmanager
def networks(addresses):
    """Makes a network for each number; closed at the end, the links with them."""
    made = {}
    try:
        for number, of_network in addresses.items():
            made[number] = Network(number, of_network)
        yield made
    finally:
        for one in made.values():
            one.close()
        for number in addresses:
            run("ip", "link", "del", f"net{number}", check=False)
