"""Rows of S7comm: one for each variable of a read, write or cyclic message, one for every other message."""

import struct

from oracle.rows import ANSWER, REQUEST, Row, flow_of, numbers

AREAS = {0x03: "SYS", 0x05: "SM", 0x06: "AI", 0x07: "AQ", 0x80: "P", 0x81: "I", 0x82: "Q", 0x83: "M", 0x84: "DB"}
AREAS.update({0x85: "DI", 0x86: "L", 0x87: "V", 0x1C: "C", 0x1D: "T"})
BITS = {1: 1, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 32, 8: 32, 9: 16, 10: 32, 11: 32, 12: 16, 15: 64, 28: 16, 29: 16}
BLOCKS = {"08": "OB", "0A": "DB", "0B": "SDB", "0C": "FC", "0D": "SFC", "0E": "FB", "0F": "SFB"}
SERVICES = {"_INSE": "insert-block", "_DELE": "delete-block", "_MODU": "copy-ram-to-rom", "_GARB": "compress-memory"}
UNCHANGED = "fe"  # of an area of a change-driven subscription: nothing new, so no octets; no refusal
JOB, ACKNOWLEDGE, ACKNOWLEDGE_DATA, USERDATA = 1, 2, 3, 7
READ, WRITE, SETUP = 0x04, 0x05, 0xF0
VARIABLES = {READ, WRITE, 0x10201, 0x10205, 0x10207}


def memory(area, block, address, bits):
    """memory writes an address as rules do: DB10.DBW4, M1.0, IB0-15."""
    letters = AREAS[area]
    inside = letters in ("DB", "DI")
    prefix = f"{letters}{block}.{letters}" if inside else letters
    if address % 8 or bits % 8:
        text = prefix + ("X" if inside else "") + f"{address // 8}.{address % 8}"
        last = address + bits - 1
        return text if bits == 1 else f"{text}-{last // 8}.{last % 8}"
    if bits in (16, 32):
        return f"{prefix}{'W' if bits == 16 else 'D'}{address // 8}"
    return f"{prefix}B{address // 8}" + ("" if bits == 8 else f"-{(address + bits) // 8 - 1}")


def item_object(item):
    if item.number("s7comm.param.item.syntaxid") != 0x10:
        return None
    area = item.number("s7comm.param.item.area")
    size = item.number("s7comm.param.item.transp_size")
    count = item.number("s7comm.param.item.length", 0)
    if area not in AREAS or size not in BITS or not count:
        return None
    if AREAS[area] in ("T", "C"):
        node = item.first("s7comm.param.item.address")
        first = int(node.raw, 16) if node is not None and node.raw else None
        if first is None:
            return None
        return f"{AREAS[area]}{first}" + ("" if count == 1 else f"-{first + count - 1}")
    address = item.first("s7comm.param.item.address")
    return memory(area, item.number("s7comm.param.item.db", 0), int(address.raw, 16), BITS[size] * count)


def targets(items):
    """targets lists what a message's items ask for: (object, transport size); an item of DBREAD asks for several."""
    found = []
    for item in items:
        areas = item.all("s7comm.param.subitem")
        for area in areas:
            length = area.number("s7comm.param.item.dbread.length", 0)
            start = area.number("s7comm.param.item.dbread.startaddress", 0)
            found.append((memory(0x84, area.number("s7comm.param.item.dbread.db", 0), 8 * start, 8 * length), "2"))
        if not areas:
            size = item.number("s7comm.param.item.transp_size")
            found.append((item_object(item), None if size is None else str(size)))
    return found


def packed_lengths(items):
    """packed_lengths is, for each item, the octets of each of its areas; None for an item with one variable."""
    lengths = []
    for item in items:
        areas = [area.number("s7comm.param.item.dbread.length", 0) for area in item.all("s7comm.param.subitem")]
        lengths.append(areas or None)
    return lengths


def unpack(octets, lengths):
    """unpack parts the answer to a DBREAD item: for each area a return code and, where it is 0xff, the octets."""
    found, at = [], 0
    for length in lengths:
        code = octets[at : at + 2]
        at += 2
        good = code == "ff"
        refused = None if code in ("", UNCHANGED) else str(int(code, 16))
        found.append(("ok", octets[at : at + 2 * length]) if good else (refused, None))
        at += 2 * length if good else 0
    return found


def block_name(kind, number):
    if kind not in BLOCKS:
        return None
    return f"block {BLOCKS[kind]}" + ("" if number is None else str(int(number)))


def request_object(node):
    """request_object is the SZL or block that a message names, None where tshark names none."""
    szl = node.number("s7comm.data.userdata.szl_id")
    if szl is not None:
        return f"szl 0x{szl:04x} index 0x{node.number('s7comm.data.userdata.szl_index', 0):04x}"
    kind = node.first("s7comm.data.blockcontrol.block_type")
    number = node.first("s7comm.data.blockcontrol.block_number")
    if kind is not None and number is not None and number.show.isdigit():
        return block_name(bytes.fromhex(kind.raw).decode("latin-1"), number.show)
    kind, number = node.first("s7comm.blockinfo.blocktype"), node.first("s7comm.data.blockinfo.block_number")
    if kind is not None:
        return block_name(bytes.fromhex(kind.raw).decode("latin-1"), number.show if number is not None else None)
    return None


def payload(data):
    """payload puts the octets of a userdata answer together again from the leaves of tshark's tree."""
    length = data.number("s7comm.data.length", 0)
    header = data.first("s7comm.data.length")
    if not length or header is None:
        return None
    start = header.position + 2
    octets = [None] * length
    for leaf in data.walk():
        raw = leaf.raw
        first = leaf.position - start
        if len(raw) == 2 * leaf.size and first >= 0 and first + leaf.size <= length:
            for i in range(leaf.size):
                octets[first + i] = raw[2 * i : 2 * i + 2]
    return None if None in octets else "".join(octets)


class Tshark:
    """Tshark keeps, for one capture, what each request asked, for the answers that say only "refused"."""

    def __init__(self):
        self.asked = {}
        self.jobs = {}

    def from_packet(self, packet):
        flow = flow_of(packet.source, packet.source_port, packet.target, packet.target_port)
        found = []
        for node in packet.protocols:
            kind = node.number("s7comm.header.rosctr")
            if node.name == "s7comm" and kind is not None:
                reader = self.userdata if kind == USERDATA else self.job
                found += reader(node, kind, packet, flow)
        return found

    def job(self, node, kind, packet, flow):
        reference = node.number("s7comm.header.pduref")
        function = node.number("s7comm.param.func")
        key = (flow, reference)
        items = node.all("s7comm.param.item")
        if kind == JOB:
            rows = requests(node, function, items, packet, flow, reference)
            self.asked[key] = (function, len(rows), packed_lengths(items))
            return rows
        asked, count, lengths = self.asked.get(key, (None, 1, []))
        function = asked if function is None else function
        error = 256 * node.number("s7comm.header.errcls", 0) + node.number("s7comm.header.errcod", 0)
        error = node.number("s7comm.param.errcod", error)
        common = {"function": None if function is None else str(function), "transaction": str(reference)}
        answers = node.all("s7comm.data.item")
        if error or function not in VARIABLES or not answers:
            row = {"outcome": str(error) if error else "ok"}
            if function == SETUP and not error:
                row["values"] = setup_values(node)
            if function == 0x1E and node.first("s7comm.resp.data") is not None:
                row["values"] = node.first("s7comm.resp.data").raw
            times = count if function in VARIABLES else 1
            return [Row("s7comm", packet.number, ANSWER, flow, **common, **row) for _ in range(times)]
        return answer_items(answers, lengths, packet, flow, common)

    def userdata(self, node, _kind, packet, flow):
        kind = node.number("s7comm.param.userdata.type")
        group = node.number("s7comm.param.userdata.funcgroup", 0)
        function = 0x10000 | group << 8 | node.number("s7comm.param.userdata.subfunc", 0)
        reference = node.number("s7comm.header.pduref")
        common = {"function": str(function), "transaction": str(reference)}
        data = node.first("s7comm.data")
        items = node.all("s7comm.param.item") if function in VARIABLES else []
        if kind == 4:
            rows = [
                Row("s7comm", packet.number, REQUEST, flow, **common, object=what, detail=size)
                for what, size in targets(items)
            ]
            rows = rows or [Row("s7comm", packet.number, REQUEST, flow, **common, object=request_object(node))]
            self.asked[(flow, reference, function)] = (len(rows), packed_lengths(items))
            return rows
        job = (flow, function, node.number("s7comm.param.userdata.seq_num"))
        if kind == 0:
            common["transaction"] = None
            count, lengths = self.jobs.get(job, (1, []))
        else:
            count, lengths = self.asked.get((flow, reference, function), (1, []))
            self.jobs[job] = (count, lengths)
        error = node.number("s7comm.param.errcod", 0)
        answers = data.all("s7comm.data.item") if data is not None and function in VARIABLES else []
        if answers and not error:
            return answer_items(answers, lengths, packet, flow, common)
        code = data.number("s7comm.data.returncode", 0xFF) if data is not None else 0xFF
        # 0x0a with an empty payload says "nothing to tell" to requests that bring no data back.
        told = payload(data) if data is not None and not error else None
        outcome = str(error) if error else ("ok" if code == 0xFF else None)
        last = node.number("s7comm.param.userdata.lastdataunit", 0) == 0
        unit = node.number("s7comm.param.userdata.dataunitref", 0)
        fields = {"outcome": outcome, "values": told if last and unit == 0 else None}
        times = count if function in VARIABLES else 1
        return [Row("s7comm", packet.number, ANSWER, flow, **common, **fields) for _ in range(times)]


def setup_values(node):
    names = ("s7comm.param.maxamq_calling", "s7comm.param.maxamq_called", "s7comm.param.pdu_length")
    return numbers(node.number(name, 0) for name in names)


def requests(node, function, items, packet, flow, reference):
    def make(**fields):
        return Row("s7comm", packet.number, REQUEST, flow, function=str(function), transaction=str(reference), **fields)

    if function in (READ, WRITE) and items:
        written = node.all("s7comm.data.item") if function == WRITE else []
        rows = []
        for place, (what, size) in enumerate(targets(items)):
            row = make(object=what, detail=size)
            data = written[place].first("s7comm.resp.data") if place < len(written) else None
            row.fields["values"] = data.raw if data is not None else None
            rows.append(row)
        return rows
    if function == SETUP:
        return [make(values=setup_values(node))]
    service = node.first("s7comm.param.pistart.servicename")
    name = SERVICES.get(bytes.fromhex(service.raw).decode("latin-1")) if service is not None else None
    return [make(object=request_object(node), service=name)]


def answer_items(answers, lengths, packet, flow, common):
    rows = []
    for place, item in enumerate(answers):
        areas = lengths[place] if place < len(lengths) else None
        data = item.first("s7comm.resp.data")
        if areas is None or data is None:
            rows += [answer_item(item, packet, flow, common)] * (len(areas) if areas else 1)
            continue
        for outcome, octets in unpack(data.raw, areas):
            rows.append(Row("s7comm", packet.number, ANSWER, flow, **common, outcome=outcome, values=octets))
    return rows


def answer_item(item, packet, flow, common):
    code = item.number("s7comm.data.returncode")
    data = item.first("s7comm.resp.data")
    fields = {"outcome": "ok" if code == 0xFF else str(code)}
    if data is not None and code == 0xFF:
        fields["values"] = data.raw
    return Row("s7comm", packet.number, ANSWER, flow, **common, **fields)


def octets_of(values, detail):
    """octets_of turns Rampart's values back to the octets on the wire, as hexadecimal digits."""
    if not values or any(value is None or isinstance(value, dict) for value in values):
        return None
    if isinstance(values[0], str):
        return "".join(value.encode("latin-1").hex() for value in values) if detail == 3 else "".join(values)
    if detail == 8 or any(isinstance(value, float) for value in values):
        return b"".join(struct.pack(">f", value) for value in values).hex()
    width = 1 if detail == 1 else BITS.get(detail, 8) // 8
    return b"".join(int(value).to_bytes(width, "big", signed=value < 0) for value in values).hex()


def from_events(events):
    found = []
    answers = {}
    for event in events:
        data = event.data
        code = event.code
        if code == 0x1E0:  # COTP: not S7comm in tshark
            continue
        common = {"function": str(code), "transaction": str(data["transaction"])}
        detail = data.get("detail")
        variable = code in VARIABLES
        sent = data.get("values") if code in (WRITE, SETUP) else None
        if event.frame is not None and (variable or not data.get("item")):
            row = Row("s7comm", event.frame, REQUEST, event.flow, **common, object=data.get("object"))
            if variable:
                row.fields["detail"] = str(detail) if detail is not None else None
            if code == 0x28:
                row.fields["service"] = data["function"]["name"]
            if sent is not None:
                row.fields["values"] = numbers(sent) if code == SETUP else octets_of(sent, detail)
            found.append(row)
        if event.answer_frame is not None:
            found += answer_rows(event, answers, common, variable, detail)
    return found


def answer_rows(event, answers, common, variable, detail):
    data = event.data
    if data.get("unsolicited"):
        common = dict(common, transaction=None)
    outcome = str(event.outcome())
    told = data.get("answers") or [{}]
    if not variable:
        # The variables of a test function share one push; each has a line of its own, and no exchange joins them.
        tests = event.code >> 8 == 0x101 and data.get("unsolicited")
        message = (event.number, event.answer_frame, event.code) if tests else event.message
        if message in answers:
            return []
        answers[message] = True
        if event.code == SETUP:
            values = numbers(data["answer_values"]) if "answer_values" in data else None
        else:
            values = data.get("answer_values") or told[0].get("values") or data.get("values") or [0]
            values = "".join(values) if isinstance(values[0], str) else None
        return [Row("s7comm", event.answer_frame, ANSWER, event.flow, **common, outcome=outcome, values=values)]
    rows = []
    for answer in told:
        refused = answer.get("outcome", {})
        own = str(refused["code"]) if refused else outcome
        values = answer.get("values") or data.get("answer_values")
        if values is None and event.code != WRITE:
            values = data.get("values")
        row = Row("s7comm", event.answer_frame, ANSWER, event.flow, **common, outcome=own)
        row.fields["values"] = octets_of(values, answer.get("detail", detail))
        rows.append(row)
    return rows
