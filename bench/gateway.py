#!/usr/bin/env python3
"""What a gateway costs: round trips and requests a second through Rampart, nginx and HAProxy, beside none at all.

    bench/gateway.py [--tls] [--one] [--rounds 5] [--seconds 2] [--connections 1,16,256] [--program build/release/rampart]

Everything runs on the loopback, in turns and in another order each round, with the same client and server; the last column is what a
contestant itself took of the processors for one request, which says more than rates where all share two of them. nginx and HAProxy
forward octets and look at nothing; Rampart decodes and judges every message. A journal is kept in one of its runs.

With --one nginx has one process and HAProxy one thread, as Rampart has, in place of one for each processor.

With --tls also: a client inside TLS 1.3 with a certificate on both sides, in front of the plain server, through nginx, HAProxy, stunnel
and Rampart (Modbus/TCP Security); and a plain client through two of them with TLS in between, stunnel and Rampart.
"""

import argparse
import os
import pathlib
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
SERVER, PORT = "127.64.2.10", 15020
PATHS = {"nginx": 15021, "haproxy": 15022, "rampart": 15023, "rampart, journal": 15024, "rampart, 10,000 rules": 15025}
TLS = {"nginx, TLS": 15031, "haproxy, TLS": 15032, "stunnel, TLS": 15033, "rampart, TLS": 15034}
PAIRS = {"two stunnel": (15035, 15036), "two rampart": (15037, 15038)}


def plant(port, rules=1):
    others = "".join(f"      - {{id: other-{i}, allow: read, protocol: modbus, from: [client], to: [plc], objects: [holding-register {1000 + i}]}}\n"
                     for i in range(rules - 1))
    return f"""rampart: 1
plant: Bench
zones:
  - {{id: upper, target: 1, networks: [127.0.0.0/24], assets: [{{id: client, kind: scada-server, at: [{{ip: 127.0.0.1}}]}}]}}
  - {{id: lower, target: 1, networks: [127.64.2.0/24], assets: [{{id: plc, kind: controller, at: [{{ip: {SERVER}}}]}}]}}
conduits:
  - id: link
    joins: [upper, lower]
    guard: gw
    rules:
{others}      - {{id: poll, allow: read, protocol: modbus, from: [client], to: [plc], objects: [holding-register 0-99]}}
      - {{id: set, allow: write, protocol: modbus, from: [client], to: [plc], objects: [holding-register 0-9], rate: 10/min}}
gateways:
  - id: gw
    serves: [{{to: plc, protocol: modbus, at: 127.0.0.1, port: {port}, server-port: {PORT}}}]
"""


def plant_tls(port):
    return plant(port).replace(f"server-port: {PORT}", f"server-port: {PORT}, tls: clients")


def plant_pair(port, wire):
    return plant(port).replace("guard: gw\n", "guard: {upper: gw, lower: gw-far}\n    protect: mutual-tls\n").replace(
        "  - id: gw\n", f"  - id: gw\n    wire: {{at: 127.0.1.1, port: {wire}}}\n") + f"""  - id: gw-far
    wire: {{at: 127.0.1.2, port: {wire}}}
"""


class Contestants:
    def __init__(self, options):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="rampart-bench-"))
        self.folder.chmod(0o777)
        self.processes = []

    def start(self, *words, **settings):
        process = subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **settings)
        self.processes.append(process)
        return process

    def begin(self):
        load = self.options.load
        self.start(load, "serve", SERVER, PORT)
        there = {"direct": (SERVER, PORT)}
        if shutil.which("nginx"):
            conf = self.folder / "nginx.conf"
            modules = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;" if pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so").exists() else ""
            conf.write_text(f"""{modules}
worker_processes {1 if self.options.one else 'auto'}; daemon off; pid {self.folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 4096; }}
stream {{ server {{ listen 127.0.0.1:{PATHS['nginx']}; proxy_pass {SERVER}:{PORT}; tcp_nodelay on; }} }}
""", encoding="utf-8")
            self.start("nginx", "-p", self.folder, "-c", conf)
            there["nginx"] = ("127.0.0.1", PATHS["nginx"])
        if shutil.which("haproxy"):
            conf = self.folder / "haproxy.cfg"
            conf.write_text(f"""global
  maxconn 4096
{'  nbthread 1' if self.options.one else ''}
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen one
  bind 127.0.0.1:{PATHS['haproxy']}
  server s1 {SERVER}:{PORT}
""", encoding="utf-8")
            self.start("haproxy", "-f", conf)
            there["haproxy"] = ("127.0.0.1", PATHS["haproxy"])
        for name, rules in (("rampart", 1), ("rampart, journal", 1), ("rampart, 10,000 rules", 10_000)):
            there[name] = ("127.0.0.1", PATHS[name])
            self.rampart(name, rules)
        if self.options.tls:
            self.begin_tls(there)
        for place in there.values():
            wait_for(place)
        return there

    def begin_tls(self, there):
        sys.path.insert(0, str(ROOT / "tests/gateway"))
        from support import Authority
        authority = Authority(self.folder / "authority")
        own = {name: authority.issue(self.folder / name, name, ["127.0.0.1", "127.0.1.1", "127.0.1.2"]) for name in ("gw", "gw-far", "client")}
        self.identity = own["client"]
        (self.folder / "both.pem").write_bytes((own["gw"] / "certificate.pem").read_bytes() + (own["gw"] / "key.pem").read_bytes())
        root = own["gw"] / "authority.pem"
        if shutil.which("nginx") and "nginx" in there:
            conf = self.folder / "nginx-tls.conf"
            plain = (self.folder / "nginx.conf").read_text(encoding="utf-8")
            conf.write_text(plain.replace(f"listen 127.0.0.1:{PATHS['nginx']};", f"""listen 127.0.0.1:{TLS['nginx, TLS']} ssl;
  ssl_certificate {own['gw']}/certificate.pem; ssl_certificate_key {own['gw']}/key.pem; ssl_protocols TLSv1.3;
  ssl_client_certificate {root}; ssl_verify_client on;""").replace("nginx.pid", "nginx-tls.pid"), encoding="utf-8")
            self.start("nginx", "-p", self.folder, "-c", conf)
        if shutil.which("haproxy") and "haproxy" in there:
            conf = self.folder / "haproxy-tls.cfg"
            plain = (self.folder / "haproxy.cfg").read_text(encoding="utf-8")
            conf.write_text(plain.replace(f"bind 127.0.0.1:{PATHS['haproxy']}", f"bind 127.0.0.1:{TLS['haproxy, TLS']} ssl crt {self.folder}/both.pem "
                                          f"ca-file {root} verify required ssl-min-ver TLSv1.3"), encoding="utf-8")
            self.start("haproxy", "-f", conf)
        if shutil.which("stunnel"):
            near, far = PAIRS["two stunnel"]
            secure = f"cert = {self.folder}/both.pem\nCAfile = {root}\nverifyChain = yes\nsslVersion = TLSv1.3\n"
            common = f"foreground = yes\npid =\nsocket = l:TCP_NODELAY=1\nsocket = r:TCP_NODELAY=1\n{secure}"
            files = {"one": f"[one]\naccept = 127.0.0.1:{TLS['stunnel, TLS']}\nconnect = {SERVER}:{PORT}\n",
                     "near": f"[near]\nclient = yes\naccept = 127.0.0.1:{near}\nconnect = 127.0.1.2:{far}\n",
                     "far": f"[far]\naccept = 127.0.1.2:{far}\nconnect = {SERVER}:{PORT}\n"}
            for name, text in files.items():
                conf = self.folder / f"stunnel-{name}.conf"
                conf.write_text(common + text, encoding="utf-8")
                self.start("stunnel", conf)
        user = ["--user", "root"] if os.geteuid() == 0 else []
        near, wire = PAIRS["two rampart"]
        for port, text, which in ((TLS["rampart, TLS"], plant_tls(TLS["rampart, TLS"]), ("gw",)), (near, plant_pair(near, wire), ("gw-far", "gw"))):
            file = self.folder / f"plant-{port}.yaml"
            file.write_text(text, encoding="utf-8")
            for name in which:
                self.start(self.options.program, "guard", file, "--as", name, "--identity", own[name], "--quiet", *user)
        for name, port in TLS.items():
            if shutil.which(name.split(",")[0]) or name.startswith("rampart"):
                there[name] = ("127.0.0.1", port)
        for name, (port, _) in PAIRS.items():
            if shutil.which(name.split()[1]) or name.endswith("rampart"):
                there[name] = ("127.0.0.1", port)

    def rampart(self, name, rules):
        file = self.folder / f"plant-{PATHS[name]}.yaml"
        file.write_text(plant(PATHS[name], rules), encoding="utf-8")
        more = []
        if name.endswith("journal"):
            journal = self.folder / "journal"
            subprocess.run([self.options.program, "init", journal, "--name", "bench/gw"], check=True, capture_output=True)
            more = ["--journal", journal]
        user = ["--user", "root"] if os.geteuid() == 0 else []
        self.start(self.options.program, "guard", file, "--as", "gw", "--quiet", *user, *more)

    def spent(self):
        """Seconds of a processor that the contestants took so far, with their children; the server is not one of them."""
        pids = [process.pid for process in self.processes[1:]]
        for pid in list(pids):
            pids += map(int, pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split())
        fields = [pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split() for pid in pids]
        return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")

    def end(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_for(place):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(place) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"nobody listens at {place}")


def interval(values):
    """Half the width of the 95 % interval of the median, from resampled rounds."""
    if len(values) < 3:
        return 0.0
    source = random.Random(1)
    medians = sorted(statistics.median(source.choices(values, k=len(values))) for _ in range(1000))
    return (medians[974] - medians[25]) / 2


def peers_of(name):
    """Those beside whom it is measured: all that do the same and are not Rampart."""
    if not name.startswith(("rampart", "two rampart")):
        return []
    same = TLS if name in TLS else PAIRS if name in PAIRS else PATHS
    return [one for one in same if "rampart" not in one]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--one", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--connections", default="1,16,256")
    parser.add_argument("--program", default=ROOT / "build/release/rampart")
    parser.add_argument("--load", default=ROOT / "build/release/gateway_load")
    options = parser.parse_args()
    contestants = Contestants(options)
    order = random.Random(62443)
    results = {}
    try:
        there = contestants.begin()
        for _ in range(options.rounds):
            for connections in map(int, options.connections.split(",")):
                names = list(there)
                order.shuffle(names)
                for name in names:
                    address, port = there[name]
                    inside = [contestants.identity] if name in TLS else []
                    before = contestants.spent()
                    out = subprocess.run([options.load, "ask", address, str(port), str(connections), str(options.seconds), *inside],
                                         capture_output=True, text=True, timeout=60, check=False)
                    if out.returncode != 0:
                        sys.exit(f"{name} with {connections} connections: {out.stderr.strip()}")
                    requests, rate, *times = map(float, out.stdout.split())
                    taken = (contestants.spent() - before) / requests * 1e6
                    results.setdefault((connections, name), []).append((rate, *times, taken))
    finally:
        contestants.end()
    for connections in map(int, options.connections.split(",")):
        print(f"\n{connections} connection{'s' if connections > 1 else ''}\n")
        print("| path | p50 µs | added p50 | ± | p99 µs | added p99 | requests/s | ± | by the fastest peer | ± | processor µs each |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
        direct = [statistics.median(one[i] for one in results[(connections, "direct")]) for i in range(4)]
        for name in there:
            rounds = results[(connections, name)]
            rate, half, most = (statistics.median(one[i] for one in rounds) for i in range(3))
            # Of one round at a time: what disturbs the machine for longer than a round disturbs both.
            peers = [results[(connections, peer)] for peer in peers_of(name) if peer in there]
            ratios = [one[0] / max(peer[i][0] for peer in peers) for i, one in enumerate(rounds)] if peers else []
            ratio = f"{statistics.median(ratios):.2f} | {interval(ratios):.2f}" if ratios else "| "
            print(f"| {name} | {half:.1f} | {half - direct[1]:.1f} | {interval([one[1] for one in rounds]):.1f} | {most:.1f} "
                  f"| {most - direct[2]:.1f} | {rate:,.0f} | {interval([one[0] for one in rounds]):,.0f} | {ratio} "
                  f"| {statistics.median(one[-1] for one in rounds):.1f} |")


if __name__ == "__main__":
    main()
