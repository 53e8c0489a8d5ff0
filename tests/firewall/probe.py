"""Runs inside one network: `serve` answers on ports, `probe` tries ways. Both speak JSON lines on standard streams."""

import errno
import json
import select
import socket
import struct
import sys
import time

PATIENCE = 1.5


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def serve(ports):
    """Answers every TCP octet and UDP datagram with itself, on both families."""
    listening, connected, datagrams = [], [], []
    for kind, where in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        for port in ports["tcp"]:
            one = socket.socket(kind, socket.SOCK_STREAM)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if kind == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind((where, port))
            one.listen(512)
            listening.append(one)
        for port in ports["udp"]:
            one = socket.socket(kind, socket.SOCK_DGRAM)
            if kind == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            else:
                one.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_PKTINFO", 8), 1)
            one.bind((where, port))
            datagrams.append(one)
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([*listening, *connected, *datagrams], [], [])
        for one in ready:
            if one in listening:
                connected.append(one.accept()[0])
            elif one in datagrams:
                echo(one)
            else:
                try:
                    octets = one.recv(4096)
                    if octets:
                        one.send(octets)
                except OSError:
                    octets = b""
                if not octets:
                    one.close()
                    connected.remove(one)


def echo(one):
    """Answers from the address that was asked: a host here has several."""
    octets, extra, _, peer = one.recvmsg(4096, 256)
    for level, kind, data in extra:
        if level == socket.IPPROTO_IP:
            index, _, asked = struct.unpack("=I4s4s", data)
            one.sendmsg([octets], [(level, kind, struct.pack("=I4s4s", 0, asked, asked))], 0, peer)
        elif level == socket.IPPROTO_IPV6:
            asked, index = struct.unpack("=16sI", data)
            one.sendmsg([octets], [(level, kind, struct.pack("=16sI", asked, index))], 0, peer)


class Try:
    """One way that is tried: open() begins, step() goes on when there is something to read or write."""

    def __init__(self, client, server, kind, port):
        self.client, self.server, self.kind, self.port = client, server, kind, port
        self.passed = False
        self.socket = None

    def open(self):
        kind = socket.SOCK_STREAM if self.kind == "tcp" else socket.SOCK_DGRAM if self.kind == "udp" else socket.SOCK_RAW
        protocol = 0
        if self.kind == "icmp":
            protocol = socket.IPPROTO_ICMPV6 if ":" in self.server else socket.IPPROTO_ICMP
        self.socket = socket.socket(family(self.server), kind, protocol)
        self.socket.setblocking(False)
        self.socket.bind((self.client, 0))
        if self.kind == "tcp":
            code = self.socket.connect_ex((self.server, self.port))
            if code not in (0, errno.EINPROGRESS):
                raise OSError(code, "connect")
        else:
            self.send()

    def send(self):
        try:
            if self.kind == "udp":
                self.socket.sendto(b"there?", (self.server, self.port))
            elif self.kind == "icmp":
                self.socket.sendto(self.question(), (self.server, 0))
        except OSError:
            pass  # unreachable: it stays a way that is closed

    def question(self):
        body = struct.pack(">HH", id(self) & 0xFFFF, 1) + b"rampart!"
        if ":" in self.server:
            return struct.pack(">BBH", 128, 0, 0) + body  # the kernel fills in the checksum
        octets = struct.pack(">BBH", 8, 0, 0) + body
        total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
        total = (total >> 16) + (total & 0xFFFF)
        total = ~(total + (total >> 16)) & 0xFFFF
        return struct.pack(">BBH", 8, 0, total) + body

    def step(self):
        """True where it is decided."""
        try:
            if self.kind == "tcp":
                self.passed = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
                return True
            octets, peer = self.socket.recvfrom(4096)
            if self.kind == "udp":
                self.passed = octets == b"there?" and peer[0] == self.server
                return self.passed
            body = octets if ":" in self.server else octets[20:]
            answer = 129 if ":" in self.server else 0
            self.passed = (body[0] == answer and peer[0] == self.server
                           and body[4:6] == struct.pack(">H", id(self) & 0xFFFF))
            return self.passed
        except OSError:
            return False


def probe(ways):
    """Tries many ways at once; gives a list of booleans."""
    tries = [Try(*way) for way in ways]
    for start in range(0, len(tries), 200):
        probe_some(tries[start:start + 200])
    return [one.passed for one in tries]


def probe_some(tries):
    for one in tries:
        one.open()
    left = {one.socket: one for one in tries}
    until = time.monotonic() + PATIENCE
    again = time.monotonic() + PATIENCE / 3
    while left and time.monotonic() < until:
        connecting = [s for s, one in left.items() if one.kind == "tcp"]
        waiting = [s for s, one in left.items() if one.kind != "tcp"]
        readable, writable, _ = select.select(waiting, connecting, [], 0.05)
        for ready in [*readable, *writable]:
            if left[ready].step():
                del left[ready]
        if time.monotonic() > again:
            again = until
            for one in left.values():
                one.send()
    for one in tries:
        one.socket.close()


def main():
    if sys.argv[1] == "serve":
        serve(json.loads(sys.argv[2]))
    for line in sys.stdin:
        print(json.dumps(probe(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
