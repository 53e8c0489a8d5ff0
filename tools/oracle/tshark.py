"""Asks tshark for every message of the protocols and gives its field tree, packet by packet.

PDML is the only output of tshark that keeps which field belongs to which message and item; -J keeps it small.
"""

import re
import subprocess
import xml.parsers.expat

PROTOCOLS = ("mbtcp", "modbus", "dnp3", "s7comm", "iec60870_104", "iec60870_asdu", "enip", "cip",
             "cipcls", "cipcm", "cippccc", "cipio")
PREFERENCES = (
    "tcp.desegment_tcp_streams:TRUE",
    "mbtcp.desegment:TRUE",
    "dnp3.desegment:TRUE",
    "enip.desegment:TRUE",
    "tpkt.desegment:TRUE",
    "cotp.reassemble:TRUE",
    "ip.defragment:TRUE",
    "modbus.mbus_register_format:UINT16",
)
OUT_OF_ORDER = ("-o", "tcp.reassemble_out_of_order:TRUE")


class Node:
    """One field of tshark's tree. `show` is the value as text, `raw` its octets as hexadecimal digits."""

    __slots__ = ("name", "show", "raw", "text", "size", "position", "children")

    def __init__(self, attributes):
        self.name = attributes.get("name", "")
        self.show = attributes.get("show", "")
        self.raw = attributes.get("unmaskedvalue") or attributes.get("value", "")
        self.text = attributes.get("showname") or self.show
        self.size = int(attributes.get("size", 0) or 0)
        self.position = int(attributes.get("pos", 0) or 0)
        self.children = []

    def walk(self):
        """walk gives this node and all below it, in the order of the tree."""
        yield self
        for child in self.children:
            yield from child.walk()

    def all(self, name):
        return [node for node in self.walk() if node.name == name]

    def first(self, name):
        for node in self.walk():
            if node.name == name:
                return node
        return None

    def number(self, name, default=None):
        """number is the first field `name` as an integer, decimal or with 0x."""
        node = self.first(name)
        return integer(node.show, default) if node is not None else default


def integer(text, default=None):
    try:
        return int(text, 0)
    except ValueError:
        return {"True": 1, "False": 0}.get(text, default)


class Packet:
    """One packet: its number, ports, and the trees of its messages in order."""

    __slots__ = ("number", "source", "target", "source_port", "target_port", "protocols", "malformed")

    def __init__(self):
        self.number = 0
        self.source = self.target = ""
        self.source_port = self.target_port = 0
        self.protocols = []
        self.malformed = False


class Reader:
    """Reader turns tshark's PDML into Packets, one at a time, and hands each to `take`."""

    def __init__(self, take):
        self.take = take
        self.packet = None
        self.path = []
        self.parser = xml.parsers.expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end

    def feed(self, stream):
        """feed parses to the end; tshark writes nothing at all, not even an empty list, where nothing matched."""
        seen = False
        while block := stream.read(1 << 16):
            seen = True
            self.parser.Parse(block, False)
        if seen:
            self.parser.Parse(b"", True)

    def start(self, tag, attributes):
        if tag == "packet":
            self.packet = Packet()
            self.path = []
        elif tag == "proto":
            self.proto(attributes)
        elif tag == "field" and self.packet is not None:
            node = Node(attributes)
            if self.path and self.path[-1] is not None:
                self.path[-1].children.append(node)
            if node.name == "num":
                self.packet.number = int(node.show)
            self.path.append(node)

    def proto(self, attributes):
        name = attributes.get("name", "")
        text = attributes.get("showname", "")
        packet = self.packet
        node = Node(attributes)
        if name in ("ip", "ipv6"):
            found = re.search(r"Src: (\S+?), Dst: (\S+)", text)
            if found:
                packet.source, packet.target = found.groups()
        elif name in ("tcp", "udp"):
            found = re.search(r"Src Port: (\d+), Dst Port: (\d+)", text)
            if found:
                packet.source_port, packet.target_port = map(int, found.groups())
        elif name == "_ws.malformed":
            packet.malformed = True
        else:
            packet.protocols.append(node)
        self.path.append(node)

    def end(self, tag):
        if tag in ("field", "proto") and self.path:
            self.path.pop()
        elif tag == "packet":
            self.take(self.packet)
            self.packet = None


def base_command(capture):
    command = ["tshark", "-n", "-r", str(capture)]
    for preference in PREFERENCES:
        command += ["-o", preference]
    return command


def read(capture, take, extra=()):
    """read calls `take` with every packet of `capture` that carries one of the protocols."""
    command = base_command(capture) + list(extra)
    command += ["-Y", " || ".join(PROTOCOLS), "-T", "pdml", "-J", " ".join(PROTOCOLS)]
    reader = Reader(take)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        reader.feed(process.stdout)
        if process.wait() not in (0, 2):  # 2: the capture is cut short; what could be read was read
            raise RuntimeError(f"tshark ended with {process.returncode} on {capture}")


def version():
    done = subprocess.run(["tshark", "-v"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, text=True)
    found = re.search(r"TShark \(Wireshark\) (\S+)", done.stdout)
    return found.group(1).rstrip(".") if found else "unknown"
