"""Rows of Modbus/TCP: one for each request and each answer, two for the request of function 23."""

from oracle.rows import ANSWER, REQUEST, Row, flow_of, numbers

SPACES = {1: "coil", 2: "discrete-input", 3: "holding-register", 4: "input-register", 5: "coil", 6: "holding-register"}
SPACES.update({15: "coil", 16: "holding-register", 22: "holding-register"})
SERVER_PORT = 502
READS = {1, 2, 3, 4, 20, 24}
WRITES = {5, 6, 15, 16}


def span(space, first, count=1):
    return f"{space} {first}" if count == 1 else f"{space} {first}-{first + count - 1}"


def packed_bits(octets, count):
    return numbers((octets[i // 8] >> (i % 8)) & 1 for i in range(min(count, 8 * len(octets))))


def registers(octets):
    return numbers(int.from_bytes(octets[i : i + 2], "big") for i in range(0, len(octets) - 1, 2))


def single_coil(node):
    data = node.first("modbus.data")
    padding = node.first("modbus.padding")
    if data is None:
        return None
    raw = int((data.raw + (padding.raw if padding is not None and len(data.raw) == 2 else ""))[:4] or "0", 16)
    return {0xFF00: "1", 0: "0"}.get(raw)


def octets_of(node, name):
    found = node.first(name)
    return bytes.fromhex(found.raw) if found is not None and found.raw else b""


def values_of(node):
    """values_of gives the bits or registers that tshark lists, None where it lists none."""
    found = [item.show for item in node.all("modbus.regval_uint16")]
    if not found:
        found = [str(int(item.show in ("1", "True"))) for item in node.all("modbus.bitval")]
    return numbers(found) if found else None


def request_rows(node, code, make):
    first = node.number("modbus.reference_num")
    if code in (1, 2, 3, 4):
        count = node.number("modbus.bit_cnt", node.number("modbus.word_cnt"))
        return [make(object=span(SPACES[code], first, count) if count else None)]
    if code == 5:
        return [make(object=span("coil", first), values=single_coil(node))]
    if code == 6:
        return [make(object=span("holding-register", first), values=registers(octets_of(node, "modbus.data")))]
    if code == 15:
        count = node.number("modbus.bit_cnt", 0)
        bits = packed_bits(octets_of(node, "modbus.data"), count) or None
        return [make(object=span("coil", first, count), values=bits)]
    if code == 16:
        count = node.number("modbus.word_cnt", 0)
        return [make(object=span("holding-register", first, count), values=values_of(node))]
    if code == 22:
        masks = numbers((node.number("modbus.and_mask", 0), node.number("modbus.or_mask", 0)))
        return [make(object=span("holding-register", first), values=masks)]
    if code == 23:
        written = span(
            "holding-register", node.number("modbus.write_reference_num"), node.number("modbus.write_word_cnt", 1)
        )
        asked = span(
            "holding-register", node.number("modbus.read_reference_num"), node.number("modbus.read_word_cnt", 1)
        )
        return [make(object=written, values=values_of(node)), make(object=asked)]
    if code == 24:
        return [make(object=span("fifo", first))]
    return [make()]


def answer_row(node, code, make):
    first = node.number("modbus.reference_num")
    if code in (1, 2, 3, 4, 23):
        return make(values=values_of(node))
    if code == 5:
        return make(object=span("coil", first), values=single_coil(node))
    if code == 6:
        return make(object=span("holding-register", first), values=registers(octets_of(node, "modbus.data")))
    if code in (15, 16):
        count = node.number("modbus.bit_cnt", node.number("modbus.word_cnt", 1))
        return make(object=span(SPACES[code], first, count))
    if code == 22:
        masks = numbers((node.number("modbus.and_mask", 0), node.number("modbus.or_mask", 0)))
        return make(object=span("holding-register", first), values=masks)
    if code == 7:
        return make(values=numbers(octets_of(node, "modbus.data")))
    return make()


class Tshark:
    """Tshark needs no memory for Modbus: each message says all that a row has."""

    def from_packet(self, packet):
        return packet_rows(packet)


def packet_rows(packet):
    """packet_rows gives tshark's rows of one packet; which side asks is told by the port, as tshark itself does."""
    flow = flow_of(packet.source, packet.source_port, packet.target, packet.target_port)
    side = REQUEST if packet.target_port == SERVER_PORT else ANSWER
    header = None
    found = []
    for node in packet.protocols:
        if node.name == "mbtcp":
            header = node
        if node.name != "modbus" or header is None:
            continue
        code = node.number("modbus.func_code")
        if code is None:
            continue
        exception = node.number("modbus.exception_code")
        part = None
        if exception is None:
            part = node.number("modbus.diagnostic_code", node.number("modbus.mei"))
        common = {
            "function": str(code),
            "part": None if part is None else str(part),
            "unit": str(header.number("mbtcp.unit_id")),
            "transaction": str(header.number("mbtcp.trans_id")),
        }

        def make(outcome=None, common=common, **fields):
            more = {} if side == REQUEST else {"outcome": outcome or "ok"}
            return Row("modbus", packet.number, side, flow, **common, **more, **fields)

        if exception is not None:
            found.append(make(str(exception)))
        elif side == REQUEST:
            found += request_rows(node, code, make)
        else:
            found.append(answer_row(node, code, make))
    return found


def split_code(code):
    """split_code parts Rampart's code into Modbus function and its sub-function, diagnostic or MEI type."""
    if code >= 0x10000:
        return code >> 16, code & 0xFFFF
    if code >= 0x100:
        return code >> 8, code & 0xFF
    return code, None


def from_events(events):
    found = []
    answers = {}
    for event in events:
        data = event.data
        code, part = split_code(event.code)
        common = {
            "function": str(code),
            "part": None if part is None else str(part),
            "unit": str(data["unit"]) if "unit" in data else None,
            "transaction": str(data["transaction"]),
        }
        reads = code in READS or (code == 23 and data.get("action") == "read")
        sent = data.get("masks") or (data.get("values") if not reads else None)
        if event.frame is not None:
            row = Row("modbus", event.frame, REQUEST, event.flow, **common, object=data.get("object"))
            if sent is not None and (code in WRITES or code in (22, 23)):
                row.fields["values"] = numbers(sent)
            found.append(row)
        if event.answer_frame is None:
            continue
        row = answers.get(event.message)
        if row is None:
            row = Row("modbus", event.answer_frame, ANSWER, event.flow, **common, outcome=str(event.outcome()))
            answers[event.message] = row
            found.append(row)
        told = data.get("answers") or [{}]
        row.fields.setdefault("object", told[0].get("object"))
        brought = data.get("answer_values") or told[0].get("values") or (data.get("values") if reads else None)
        if brought is not None and (reads or code in (5, 6, 7, 22)):
            row.fields["values"] = numbers(brought)
    return found
