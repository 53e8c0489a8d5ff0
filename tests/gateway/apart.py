"""Networks for gateways that are not addressed: three namespaces, with the gateway as a router or a bridge in the middle."""

import contextlib
import ctypes
import os
import pathlib
import socket
import subprocess
import unittest

from support import DEADLINE, PLC, PLC6, PROGRAM, SCADA, SCADA6, GatewayCase, adu, go_apart, ip, plant, read_registers, receive, run, write_register


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


def addressless(name):
    for key in ("all", "default"):
        with contextlib.suppress(subprocess.CalledProcessError):
            inn(name, "sysctl", "-qw", f"net.ipv6.conf.{key}.accept_dad=0")


class Apart(GatewayCase):
    """Three namespaces: up has scada, gw the gateway between eth0 and eth1, down the controller."""

    def setUp(self):
        super().setUp()
        for name in ("up", "gw", "down"):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False, timeout=DEADLINE)
            ip("netns", "add", name)
            inn(name, "ip", "link", "set", "lo", "up")
            addressless(name)
            self.addCleanup(subprocess.run, ["ip", "netns", "del", name], capture_output=True, check=False)
        for name, inner in (("up", "eth0"), ("down", "eth1")):
            ip("link", "add", f"{name}x", "netns", name, "type", "veth", "peer", "name", inner, "netns", "gw")
            inn(name, "ip", "link", "set", f"{name}x", "up")
            inn("gw", "ip", "link", "set", inner, "up")

    def set_up_kernel(self, text):
        self.file.write_text(text, encoding="utf-8")
        script = subprocess.run([PROGRAM, "guard", str(self.file), "--as", "gw-1", "--show-setup"], capture_output=True, text=True,
                                check=True, timeout=DEADLINE).stdout
        path = self.folder / "setup.sh"
        path.write_text(script, encoding="utf-8")
        answer = subprocess.run(["ip", "netns", "exec", "gw", "sh", str(path)], capture_output=True, text=True, check=False, timeout=DEADLINE)
        self.assertEqual(answer.returncode, 0, answer.stderr + script)

    def begin(self, text):
        return self.guard(text, before=("ip", "netns", "exec", "gw"))

    def server_down(self, place=(PLC, 502), family=socket.AF_INET):
        with inside("down"):
            return self.server(place, family=family)

    def client_up(self, source=SCADA, to=(PLC, 502), family=socket.AF_INET):
        with inside("up"):
            return self.client(source, to, family)

    def is_refused_up(self, source):
        with inside("up"):
            return self.is_refused(source, (PLC, 502))

    def exchange(self, plc, source, to, family):
        scada = self.client_up(source, to, family)
        self.judges(scada, plc)
        self.assertEqual(plc.peers[-1], source, "the controller sees the client's address")
        self.assertEqual(scada.getpeername()[0], to[0], "the client sees the controller's")
        return scada

    def no_rights(self, process):
        """The gateway has none; its helper has one."""
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="utf-8").split()
        pids = {pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip(): pid for pid in [str(process.pid), *children]}
        self.assertIn("rampart-sockets", pids)
        for name, rights in (("rampart", 0), ("rampart-sockets", 1 << 12)):
            status = pathlib.Path(f"/proc/{pids[name]}/status").read_text(encoding="utf-8")
            self.assertIn(f"CapEff:\t{rights:016x}\n", status, name)
            self.assertIn(f"CapPrm:\t{rights:016x}\n", status, name)
            self.assertRegex(status, r"Seccomp:\s+2", name)


class RoutedNetwork(Apart):
    def setUp(self):
        super().setUp()
        for name, own, gate, own6, gate6, inner in (("up", SCADA, "10.1.0.1", SCADA6, "fd01::1", "eth0"),
                                                    ("down", PLC, "10.2.0.1", PLC6, "fd02::1", "eth1")):
            inn(name, "ip", "address", "add", f"{own}/24", "dev", f"{name}x")
            inn(name, "ip", "address", "add", f"{own6}/64", "dev", f"{name}x", "nodad")
            inn("gw", "ip", "address", "add", f"{gate}/24", "dev", inner)
            inn("gw", "ip", "address", "add", f"{gate6}/64", "dev", inner, "nodad")
            inn(name, "ip", "route", "add", "default", "via", gate)
            inn(name, "ip", "-6", "route", "add", "default", "via", gate6)
        inn("up", "ip", "address", "add", "10.1.0.99/24", "dev", "upx")
        self.text = plant(gateway="    stands: transparent\n    interfaces: [eth0, eth1]", serves="[]").replace("serves:\n      []", "serves: []")


class BridgedNetwork(Apart):
    def setUp(self):
        super().setUp()
        inn("up", "ip", "address", "add", "10.3.0.10/24", "dev", "upx")
        inn("down", "ip", "address", "add", "10.3.0.20/24", "dev", "downx")
        inn("up", "ip", "address", "add", "fd03::10/64", "dev", "upx", "nodad")
        inn("down", "ip", "address", "add", "fd03::20/64", "dev", "downx", "nodad")
        self.text = plant(gateway="    stands: bridged\n    interfaces: [eth0, eth1]\n    unnamed: pass", serves="[]").replace(
            "serves:\n      []", "serves: []")
        # Both in one subnet: nothing of their addresses tells the zones apart, so the assets are named one by one.
        self.text = self.text.replace('[10.1.0.0/24, "fd01::/64"]', '[10.3.0.10/32, "fd03::10/128"]').replace(
            '[10.2.0.0/24, "fd02::/64"]', '[10.3.0.20/32, "fd03::20/128"]')
        self.text = self.text.replace("10.1.0.10", "10.3.0.10").replace("fd01::10", "fd03::10").replace("10.2.0.10", "10.3.0.20").replace(
            "      - {id: hmi, kind: operator-station, at: [{ip: 10.1.0.11}]}\n", "").replace("[scada, hmi]", "[scada]")

    def bridge(self, text, unnamed="pass"):
        self.set_up_kernel(text.replace("unnamed: pass", f"unnamed: {unnamed}"))
        inn("gw", "ip", "address", "add", "10.3.0.2/24", "dev", "br-rampart")
        inn("gw", "ip", "address", "add", "fd03::2/64", "dev", "br-rampart", "nodad")


def main():
    """Runs the tests of the calling file in a network and a /run of their own."""
    go_apart("nft", "sysctl")
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    os.makedirs("/run/netns", exist_ok=True)
    unittest.main()
