#!/usr/bin/env python3
"""What a gateway needs and bears: memory of idle connections and of an edge device, latency while a plant is taken or others shake hands.

    bench/gateway_limits.py [idle] [edge] [reload] [handshakes] [--connections 20000] [--rules 10000] [--seconds 60]
                            [--program build/release/rampart] [--load build/release/gateway_load]

Everything runs on the loopback; without names, all four. Ends with 1 where a figure is beyond its bound.
  idle    resident memory of `rampart guard` with so many connections, before and after each has asked once: at most 200 MB
  edge    resident memory of a gateway for one conduit, after it was asked for five seconds: at most 20 MB
  handshakes  round trips of one connection that is there, alone and while others begin TLS without pause; no bound. The key of the
          gateway is a file, then in a token, where SoftHSM is there
  reload  p99.9 of round trips in the seconds after SIGHUP with a changed plant, by that of the seconds before: at most 1.2
"""

import argparse
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import gateway

SERVER, PORT, DOOR, SECURE = gateway.SERVER, 15030, 15031, 15032
LIMITS = "    limits: {connections: 50000, each-client: 50000, half-open: 50000}\n"


def plant(rules=1):
    text = gateway.plant(DOOR, rules).replace(f"server-port: {gateway.PORT}", f"server-port: {PORT}")
    return text.replace("  - id: gw\n", "  - id: gw\n" + LIMITS)


def resident(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) / 1000


class Bench:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rampart-bench-"))
        self.folder.chmod(0o777)
        self.file = self.folder / "plant.yaml"
        self.processes = []
        self.failed = False

    def start(self, *words, **settings):
        process = subprocess.Popen(list(map(str, words)), text=True, **settings)
        self.processes.append(process)
        return process

    def begin(self, rules, text=None, *words):
        self.file.write_text(text or plant(rules), encoding="utf-8")
        self.start(self.options.load, "serve", SERVER, PORT, stdout=subprocess.DEVNULL)
        user = ["--user", "root"] if os.geteuid() == 0 else []
        self.said = self.folder / "said"
        guard = self.start(self.options.program, "guard", self.file, "--as", "gw", "--quiet", *user, *words, stdout=subprocess.DEVNULL,
                           stderr=open(self.said, "w", encoding="utf-8"))
        for place in ((SERVER, PORT), ("127.0.0.1", DOOR)):
            gateway.wait_for(place)
        return guard

    def end(self):
        for process in reversed(self.processes):
            process.kill()
            process.wait()
        self.processes.clear()

    def tell(self, what, value, bound, unit):
        well = value <= bound
        self.failed = self.failed or not well
        print(f"{what}: {value:.2f}{unit}, at most {bound}{unit}{'' if well else ': NOT SO'}", flush=True)

    def idle(self):
        count = self.options.connections
        descriptors = 2 * count + 1000
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if hard != resource.RLIM_INFINITY and hard < descriptors:
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
            except (ValueError, OSError):
                sys.exit(f"idle needs {descriptors} descriptors for each process, {hard} are allowed: raise `ulimit -Hn`, or hold fewer with --connections")
        else:
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, hard))
        guard = self.begin(1)
        before = resident(guard)
        held = self.start(self.options.load, "hold", "127.0.0.1", DOOR, count, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if held.stdout.readline() != "idle\n":
            sys.exit("the connections could not be opened")
        time.sleep(2)  # the last of them reach their server
        print(f"without connections: {before:.1f} MB")
        self.tell(f"{count} connections that never asked", resident(guard), 200, " MB")
        print(f"each: {(resident(guard) - before) * 1000 / count:.2f} kB")
        held.stdin.write("\n")
        held.stdin.flush()
        if held.stdout.readline() != "asked\n":
            sys.exit("not every connection was answered")
        self.tell(f"{count} connections that asked once", resident(guard), 200, " MB")
        print(f"each: {(resident(guard) - before) * 1000 / count:.2f} kB")

    def handshakes(self):
        sys.path[:0] = [str(gateway.ROOT / "tests"), str(gateway.ROOT / "tests/gateway")]
        import softhsm
        from support import Authority
        authority = Authority(self.folder / "authority")
        own, client = (authority.issue(self.folder / name, name, ["127.0.0.1"]) for name in ("gw", "client"))
        text = plant().replace("    serves: [", f"    serves: [{{to: plc, protocol: modbus, at: 127.0.0.1, port: {SECURE}, server-port: {PORT}, tls: clients}}, ")
        self.measure_handshakes("key in a file", text, own, client)
        if softhsm.IS_THERE:
            self.into_token(softhsm, authority, own)
            self.measure_handshakes("key in SoftHSM", text, own, client)

    def into_token(self, softhsm, authority, own):
        """Has the gateway's key made in a token, and certified by the same authority."""
        class Case:
            addCleanup = staticmethod(lambda *_: None)
        token = softhsm.Token(Case, self.folder)
        for name in ("key.pem", "certificate.pem"):
            (own / name).unlink()
        request = self.folder / "request.pem"
        subprocess.run([self.options.program, "pki", "enrol", own, "--token-uri", token.uri("gw"), "--request", request, "--for", "gw"], check=True, capture_output=True)
        authority.sign(request, own / "certificate.pem", ["127.0.0.1"])

    def measure_handshakes(self, what, text, own, client):
        guard = self.begin(1, text, "--identity", own)
        for storm in (0, 4):
            loud = [self.start("nice", "-n", "19", "openssl", "s_time", "-connect", f"127.0.0.1:{SECURE}", "-new", "-time", "8", "-cert", client / "certificate.pem", "-key",
                               client / "key.pem", "-CAfile", client / "authority.pem", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(storm)]
            time.sleep(1)
            out = subprocess.run([self.options.load, "ask", "127.0.0.1", str(DOOR), "1", "5"], check=True, capture_output=True, text=True).stdout
            _, rate, half, most, nearly_all = map(float, out.split())
            made = sum(int(re.search(r"(\d+) connections in \d+ real seconds", one.communicate()[0]).group(1)) for one in loud) / 8
            print(f"{what}, {made:.0f} handshakes/s: {rate:,.0f} requests/s, p50 {half:.0f} µs, p99 {most:.0f} µs, p99.9 {nearly_all:.0f} µs", flush=True)
        assert guard.poll() is None
        self.end()

    def edge(self):
        guard = self.begin(1)
        self.tell("one conduit, at rest", resident(guard), 20, " MB")
        subprocess.run([self.options.load, "ask", "127.0.0.1", str(DOOR), "4", "5"], check=True, capture_output=True)
        self.tell("one conduit, asked by four clients", resident(guard), 20, " MB")

    def reload(self):
        for rules in (1, self.options.rules):
            guard = self.begin(rules)
            self.file.write_text(plant(rules).replace("rate: 10/min", "rate: 20/min"), encoding="utf-8")
            out = subprocess.run([self.options.load, "reload", "127.0.0.1", str(DOOR), "16", str(self.options.seconds), str(guard.pid)],
                                 check=True, capture_output=True, text=True).stdout
            if "is in force" not in self.said.read_text(encoding="utf-8"):
                sys.exit("the plant was not taken: " + self.said.read_text(encoding="utf-8"))
            _, before, *seconds = [float(line.split()[4]) for line in out.splitlines()]
            single, after = seconds[:3], seconds[3:]
            print(f"{rules} rules: p99.9 {before:.0f} µs before; {', '.join(f'{one:.0f}' for one in single)} µs in single seconds before, "
                  f"{', '.join(f'{one:.0f}' for one in after)} µs in those after SIGHUP")
            self.tell(f"{rules} rules, the second of SIGHUP by before", after[0] / before, 1.2, "")
            self.end()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("which", nargs="*")
    parser.add_argument("--connections", type=int, default=20_000)
    parser.add_argument("--rules", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--program", default=gateway.ROOT / "build/release/rampart")
    parser.add_argument("--load", default=gateway.ROOT / "build/release/gateway_load")
    options = parser.parse_args()
    bench = Bench(options)
    try:
        for name in options.which or ["idle", "edge", "reload", "handshakes"]:
            getattr(bench, name)()
            bench.end()
    finally:
        bench.end()
        shutil.rmtree(bench.folder, ignore_errors=True)
    return 1 if bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
