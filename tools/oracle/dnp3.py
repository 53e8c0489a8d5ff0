"""Rows of DNP3: one for each object header of a request or answer, one for a message without objects."""

import re
import struct

from oracle.rows import ANSWER, REQUEST, Row, flow_of, numbers

SPACES = {0: "device-attribute", 1: "binary-input", 2: "binary-input", 3: "double-bit-input", 4: "double-bit-input"}
SPACES.update({10: "binary-output", 11: "binary-output", 12: "binary-output", 13: "binary-output"})
SPACES.update({20: "counter", 22: "counter", 21: "frozen-counter", 23: "frozen-counter"})
SPACES.update({30: "analog-input", 32: "analog-input", 40: "analog-output", 41: "analog-output"})
SPACES.update({42: "analog-output", 43: "analog-output", 50: "time", 51: "time", 52: "time", 60: "class"})
SPACES.update({80: "internal-indications", 110: "octet-string", 111: "octet-string"})
UNSOLICITED = 130
LINK = 0x100  # Rampart's codes of link functions
USER_DATA = {3, 4}
NUMBERS = ("ana.int", "anaout.int", "cnt", "da.uint8", "da.uint16", "da.uint32", "da.int8", "da.int16", "da.int32")
REALS = ("ana.float", "anaout.float", "ana.double", "anaout.double")


def real(octets):
    """real is a float as its octets say it, so that no printing rounds it."""
    return f"f{octets.hex()}"


def value_of(point):
    """value_of is the value of one point as tshark tells it, None where it does not."""
    for child in point.walk():
        name = child.name.removeprefix("dnp3.al.")
        if name in NUMBERS:
            return child.show
        if name in REALS and child.raw:
            return real(bytes.fromhex(child.raw))
    code = re.search(r"Control Code \[0x([0-9a-f]+)\]", " ".join(child.text for child in point.children))
    if code:
        parts = [point.number(f"dnp3.al.{name}", 0) for name in ("count", "on_time", "off_time", "ctrlstatus")]
        return "/".join(str(part) for part in [int(code.group(1), 16), *parts])
    found = re.search(r"(?:Value|Count): (-?\d+)(?![.\d])", point.text)
    return found.group(1) if found else None


def flags_of(point):
    for child in point.children:
        if child.text.startswith("Quality") and len(child.raw) == 2:
            return str(int(child.raw, 16))
    return None


def other_value(node):
    """other_value reads the objects whose value tshark puts beside the point: times, strings, file contents."""
    for name in ("timestamp", "time_delay"):
        found = node.first(f"dnp3.al.{name}")
        if found is not None and found.raw:
            return str(int.from_bytes(bytes.fromhex(found.raw), "little"))
    for name in ("octet_string", "file.data"):
        found = node.first(f"dnp3.al.{name}")
        if found is not None and found.raw:
            return found.raw
    return None


def object_words(node, group, variation, indexes):
    if group == 70:
        name = node.first("dnp3.al.file_name")
        return f"file {name.show}" if name is not None and name.show else None
    space = SPACES.get(group)
    if space is None:
        return None
    if group == 60:
        return f"class {variation - 1}"
    if group in (50, 51, 52):
        return "time"
    if group == 0:
        return f"device-attribute {variation}"
    start, stop = node.number("dnp3.al.range.start"), node.number("dnp3.al.range.stop")
    if start is None and indexes and node.number("dnp3.al.objq.prefix"):
        start, stop = min(indexes), max(indexes)
    if start is None:
        return space
    return f"{space} {start}" if start == stop else f"{space} {start}-{stop}"


def object_fields(node):
    """object_fields gives the fields of one object header: object, detail, indexes, values and flags."""
    group, variation = int(node.raw[0:2], 16), int(node.raw[2:4], 16)
    points = [child for child in node.children if child.text.startswith("Point Number")]
    unread = node.first("dnp3.al.unknown_data_chunk") is not None
    indexes = [point.number("dnp3.al.index", point.number("dnp3.al.point_index")) for point in points]
    fields = {"object": None if unread else object_words(node, group, variation, indexes)}
    fields["detail"] = str(256 * group + variation) if group or variation else None
    values = [value_of(point) for point in points]
    other = other_value(node) if group in (50, 51, 52, 70, 110, 111) else None
    if other is not None:
        fields["values"] = other
    elif points and not unread and None not in values:
        fields["values"] = numbers(values)
        if node.number("dnp3.al.objq.prefix") in (1, 2, 3):
            fields["indexes"] = numbers(indexes)
        flags = [flags_of(point) for point in points]
        if None not in flags:
            fields["flags"] = numbers(flags)
    return fields


class Tshark:
    """Tshark remembers which link requests wait for their answer: a link answer does not say what it answers."""

    def __init__(self):
        self.waiting = {}

    def from_packet(self, packet):
        flow = flow_of(packet.source, packet.source_port, packet.target, packet.target_port)
        found = []
        for node in packet.protocols:
            if node.name != "dnp3":
                continue
            function = node.number("dnp3.al.func")
            found += self.link(node, packet, flow)
            if function is not None:
                found += application(node, function, packet, flow)
        return found

    def link(self, node, packet, flow):
        primary, secondary = node.number("dnp3.ctl.prifunc"), node.number("dnp3.ctl.secfunc")
        source, target = node.number("dnp3.src"), node.number("dnp3.dst")
        if primary is not None and primary not in USER_DATA:
            self.waiting[(flow, source, target)] = primary
            unit = target if node.number("dnp3.ctl.dir") else source
            return [Row("dnp3", packet.number, REQUEST, flow, function=str(LINK + primary), unit=str(unit))]
        if secondary is not None and (flow, target, source) in self.waiting:
            primary = self.waiting.pop((flow, target, source))
            return [Row("dnp3", packet.number, ANSWER, flow, function=str(LINK + primary))]
        return []


def application(node, function, packet, flow):
    side = ANSWER if function >= 129 else REQUEST
    master_spoke = bool(node.number("dnp3.ctl.dir"))
    unit = node.number("dnp3.dst") if master_spoke else node.number("dnp3.src")
    common = {"transaction": str(node.number("dnp3.al.seq", 0))}
    if side == REQUEST:
        common["function"] = str(function)
        common["unit"] = str(unit)
    else:
        common["unsolicited"] = "yes" if function == UNSOLICITED else "no"
        common["indications"] = str(node.number("dnp3.al.iin")) if function in (129, 130) else None
    objects = [item for item in node.all("dnp3.al.obj") if len(item.raw) >= 4]
    rows = [Row("dnp3", packet.number, side, flow, **common, **object_fields(item)) for item in objects]
    return rows or [Row("dnp3", packet.number, side, flow, **common)]


def ours(values, detail):
    """ours turns the values of a JSON line into the fields values, indexes and flags."""
    fields = {}
    if not values:
        return fields
    plain = [value["value"] if isinstance(value, dict) and "value" in value else value for value in values]
    fields["values"] = numbers(ours_value(value, detail) for value in plain)
    if isinstance(values[0], dict) and "index" in values[0]:
        fields["indexes"] = numbers(value["index"] for value in values)
    if isinstance(values[0], dict) and "flags" in values[0]:
        fields["flags"] = numbers(value["flags"] for value in values)
    return fields


def ours_value(value, detail):
    if isinstance(value, dict):
        return "/".join(str(value[name]) for name in ("code", "count", "on_ms", "off_ms", "status"))
    if isinstance(value, str) or value is None:
        return value
    group, variation = (detail or 0) >> 8, (detail or 0) & 0xFF
    wide = (30, 6), (32, 6), (32, 8), (40, 4), (41, 4), (42, 6), (42, 8)
    narrow = (30, 5), (32, 5), (32, 7), (40, 3), (41, 3), (42, 5), (42, 7)
    if (group, variation) in narrow:
        return real(struct.pack("<f", value))
    return real(struct.pack("<d", value)) if (group, variation) in wide else value


def from_events(events):
    found = []
    messages = {}
    for event in events:
        data = event.data
        detail = data.get("detail")
        if event.frame is not None:
            fields = {"function": str(event.code), "unit": str(data["unit"]) if "unit" in data else None}
            if event.code < LINK:
                fields["transaction"] = str(data["transaction"])
                fields["object"] = data.get("object")
                fields["detail"] = None if detail is None else str(detail)
                # A request that is a read carries no values; what stands there came with the answer.
                if data.get("action") != "read":
                    fields.update(ours(data.get("values"), detail))
            found.append(Row("dnp3", event.frame, REQUEST, event.flow, **fields))
        if event.answer_frame is not None:
            messages.setdefault(event.message, []).append(event)
    for message in messages.values():
        found += answer_rows(message)
    return found


def answer_rows(message):
    first = message[0]
    if LINK <= first.code:
        return [Row("dnp3", first.answer_frame, ANSWER, first.flow, function=str(first.code))]
    common = {
        "transaction": str(first.data["transaction"]),
        "unsolicited": "yes" if first.data.get("unsolicited") else "no",
        "indications": str(first.data.get("indications", 0)),
    }
    rows = []
    for event in message:
        for answer in event.data.get("answers", ()):
            if not answer.get("object") and not answer.get("detail") and not answer.get("values"):
                continue  # says only how the request ended
            detail = answer.get("detail")
            fields = {"object": answer.get("object"), "detail": None if detail is None else str(detail)}
            fields.update(ours(answer.get("values"), detail))
            rows.append(Row("dnp3", first.answer_frame, ANSWER, first.flow, **common, **fields))
    return rows or [Row("dnp3", first.answer_frame, ANSWER, first.flow, **common)]
