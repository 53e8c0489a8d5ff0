"""Rows of IEC 60870-5-104: one for the objects of a monitored ASDU, one for each object of others, one for U-frames."""

import struct

from oracle.rows import ANSWER, REQUEST, Row, flow_of, numbers

FRAME = 0x400  # Rampart's codes of U-frames: this and the first control octet
SELECT, DEACTIVATE = 0x100, 0x200
CONFIRMS = {0x02: 0x01, 0x08: 0x04, 0x20: 0x10}  # function bits of a U-frame that confirms: those of what it confirms
READ, CLOCK, END_OF_INITIALIZATION = 102, 103, 70
ANSWERING = {7, 9, 10, 44, 45, 46, 47}
ASKING = {5, 6, 8}
SELECTABLE = {*range(45, 51), *range(58, 64)}
GIVEN_UP = {*range(45, 52), *range(58, 65), 100, 101, 113}
KNOWN = {*range(1, 22), *range(30, 41), 70, *range(45, 52), *range(58, 65), *range(100, 108), *range(110, 114)}
NUMBERS = ("siq.spi", "diq.dpi", "vti.v", "bitstring", "scalval", "bcr.count", "sco.on", "dco.on", "rco.up")
QUALIFIERS = ("coi", "qoi", "qcc", "qrp")
FLAGS = ("siq", "diq", "qds", "sco", "dco", "rco", "qos", "qpm")


def monitored(kind):
    return kind <= 40 or kind == END_OF_INITIALIZATION


def node_of(item, name):
    return item.first(f"iec60870_asdu.{name}")


def time_of(octets):
    """time_of is a CP56Time2a as Rampart writes it."""
    milliseconds, minute, hour, day, month, year = struct.unpack("<HBBBBB", octets)
    date = f"{2000 + (year & 0x7F)}-{month & 15:02}-{day & 31:02}"
    clock = f"{hour & 31:02}:{minute & 63:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
    return f"{date}T{clock}/{'invalid' if minute & 0x80 else 'valid'}/{'summer' if hour & 0x80 else 'standard'}"


def value_of(item, kind):
    """value_of is the value of one object as tshark tells it, None where it does not."""
    for name in NUMBERS:
        found = node_of(item, name)
        if found is not None:
            return str({"True": 1, "False": 0}.get(found.show, int(found.show, 0)))
    found = node_of(item, "float")
    if found is not None:
        return f"f{found.raw}"
    found = node_of(item, "normval")
    if found is not None:
        return f"n{struct.unpack('<h', bytes.fromhex(found.raw))[0]}"
    for name in QUALIFIERS:
        found = node_of(item, name)
        if found is not None:
            return str(int(found.show, 0))
    found = node_of(item, "cp56time")
    if kind == CLOCK and found is not None:
        return time_of(bytes.fromhex(found.raw))
    return None


def short_time_of(octets):
    milliseconds, minute = struct.unpack("<HB", octets)
    clock = f"{minute & 63:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
    return f"{clock}/{'invalid' if minute & 0x80 else 'valid'}"


def tag_of(item, kind):
    """tag_of is the time that an object carries beside its value, None where it has none."""
    if kind == CLOCK:
        return None
    for name, read in (("cp56time", time_of), ("cp24time", short_time_of)):
        found = node_of(item, name)
        if found is not None and found.raw:
            return read(bytes.fromhex(found.raw))
    return None


def flags_of(item):
    counter = node_of(item, "bcr.sq")
    if counter is not None:
        return str(int(counter.raw, 16))
    for name in FLAGS:
        found = node_of(item, name)
        if found is not None:
            return str(int(found.show, 0))
    return None


def object_words(kind, first, last):
    if kind == CLOCK:
        return "clock"
    if kind == END_OF_INITIALIZATION or (100 <= kind <= 107 and kind != READ):
        return "station"
    word = "parameter" if 110 <= kind <= 113 else "ioa"
    return f"{word} {first}" if first == last else f"{word} {first}-{last}"


def value_fields(items, kind, sequence):
    fields = {}
    values = [value_of(item, kind) for item in items]
    if items and None not in values:
        fields["values"] = numbers(values)
    flags = [flags_of(item) for item in items]
    if items and None not in flags:
        fields["flags"] = numbers(flags)
    tags = [tag_of(item, kind) for item in items]
    if items and None not in tags:
        fields["times"] = numbers(tags)
    if monitored(kind) and not sequence:
        fields["indexes"] = numbers(item.number("iec60870_asdu.ioa") for item in items)
    return fields


def side_of(kind, cause, to_server):
    if monitored(kind) or cause in ANSWERING:
        return ANSWER
    return REQUEST if cause in ASKING or to_server else ANSWER


def code_of(kind, cause, item):
    if cause in (8, 9) and kind in GIVEN_UP:
        return DEACTIVATE | kind
    if kind in SELECTABLE:
        for name in ("sco.se", "dco.se", "rco.se", "qos.se"):
            found = node_of(item, name)
            if found is not None and found.show in ("1", "True"):
                return SELECT | kind
    return kind


class Tshark:
    """Tshark pairs each frame of a packet with the ASDU that lies in it."""

    def from_packet(self, packet):
        flow = flow_of(packet.source, packet.source_port, packet.target, packet.target_port)
        found = []
        apci = None
        for node in packet.protocols:
            if node.name == "iec60870_104":
                apci = node
                found += frame(node, packet, flow)
            elif node.name == "iec60870_asdu" and apci is not None:
                found += asdu(node, apci, packet, flow)
        return found


def frame(node, packet, flow):
    functions = node.number("iec60870_104.utype")
    if functions is None:
        return []
    side = ANSWER if functions in CONFIRMS else REQUEST
    asked = CONFIRMS.get(functions, functions)
    return [Row("iec104", packet.number, side, flow, function=str(FRAME | asked << 2 | 3))]


def asdu(node, apci, packet, flow):
    kind = node.number("iec60870_asdu.typeid", 0)
    cause = node.number("iec60870_asdu.causetx", 0)
    octet = cause | node.number("iec60870_asdu.nega", 0) << 6 | node.number("iec60870_asdu.test", 0) << 7
    sequence = bool(node.number("iec60870_asdu.sq"))
    side = side_of(kind, cause, packet.target_port == 2404)
    common = {
        "unit": str(node.number("iec60870_asdu.addr")),
        "detail": str(kind << 8 | octet),
        "transaction": str(node.number("iec60870_asdu.oa", 0) << 16 | apci.number("iec60870_104.tx", 0)),
    }
    items = [child for child in node.children if child.first("iec60870_asdu.ioa") is not None]
    if kind not in KNOWN or not items:
        return [Row("iec104", packet.number, side, flow, function=str(kind), **common)]
    if node_of(node, "rawdata") is not None:
        items = [node]
    if monitored(kind):
        addresses = [item.number("iec60870_asdu.ioa") for item in items]
        fields = {"object": object_words(kind, min(addresses), max(addresses)), **value_fields(items, kind, sequence)}
        return [Row("iec104", packet.number, side, flow, function=str(kind), **common, **fields)]
    rows = []
    for item in items:
        address = item.number("iec60870_asdu.ioa")
        fields = {"object": object_words(kind, address, address), **value_fields([item], kind, sequence)}
        fields["function"] = str(code_of(kind, cause, item))
        if cause in (8,):
            fields["values"] = fields["flags"] = None
        rows.append(Row("iec104", packet.number, side, flow, **common, **fields))
    return rows


def our_time(value):
    state = "valid" if value["valid"] else "invalid"
    if "summer" not in value:
        return f"{value['time']}/{state}"
    return f"{value['time']}/{state}/{'summer' if value['summer'] else 'standard'}"


def our_value(value, kind):
    """our_value writes a value as the octets say it, so that no printing rounds it."""
    if isinstance(value, dict) and "time" in value:
        return our_time(value)
    if kind in (9, 10, 21, 34, 48, 61, 110):
        return f"n{round(value * 32768)}"
    if kind in (13, 14, 36, 50, 63, 112):
        return f"f{struct.pack('<f', value).hex()}"
    return str(value)


def our_values(values, detail):
    fields = {}
    if not values:
        return fields
    kind = detail >> 8
    plain = [one["value"] if isinstance(one, dict) and "value" in one else one for one in values]
    fields["values"] = numbers(our_value(one, kind) for one in plain)
    for field, key in (("flags", "flags"), ("indexes", "index")):
        if isinstance(values[0], dict) and key in values[0]:
            fields[field] = numbers(one[key] for one in values)
    if isinstance(values[0], dict) and "value" in values[0] and values[0].get("time") is not None:
        fields["times"] = numbers(our_time(one["time"]) for one in values)
    return fields


def from_events(events):
    found = []
    for event in events:
        data = event.data
        if event.frame is not None:
            found.append(request_row(event, data))
        if event.answer_frame is not None:
            found += answer_rows(event, data)
    return found


def request_row(event, data):
    fields = {"function": str(event.code), "unit": str(data["unit"]) if "unit" in data else None}
    if event.code < FRAME or event.code > 0xFFFF:
        fields["transaction"] = str(data["transaction"])
        fields["object"] = data.get("object")
        fields["detail"] = str(data["detail"])
        fields.update(our_values(data.get("values"), data["detail"]))
    return Row("iec104", event.frame, REQUEST, event.flow, **fields)


def answer_rows(event, data):
    """answer_rows: of answers that an interrogation gathered, our line tells the packet of the last only."""
    answers = data.get("answers", ())
    if not answers:
        return [Row("iec104", event.answer_frame, ANSWER, event.flow, function=str(event.code))]
    rows = []
    alone = event.frame is None
    for place, answer in enumerate(answers):
        detail = answer.get("detail")
        unit = str(data["unit"]) if "unit" in data else None
        fields = {"object": answer.get("object"), "detail": str(detail), "unit": unit}
        fields.update(our_values(answer.get("values"), detail))
        if alone:
            fields["transaction"] = str(data["transaction"])
            fields["function"] = str(event.code)
        row = Row("iec104", event.answer_frame, ANSWER, event.flow, **fields)
        row.exact = place + 1 == len(answers) and event.answer_frame != 0
        rows.append(row)
    return rows
