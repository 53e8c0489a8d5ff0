"""Rows of EtherNet/IP and CIP: one for each service asked or answered, however deep it lies, for each command of the
encapsulation, and for each datagram of I/O."""

from oracle.rows import ANSWER, REQUEST, Row, flow_of

ENCAPSULATION, PCCC, IO = 0x01000000, 0x02000000, 0x03000000
TAGS = 0x6B
WITH_ITEMS = {0x6F, 0x70}
MULTIPLE, UNCONNECTED, CONNECTION_MANAGER = 0x0A, 0x52, 0x06
PCCC_WITH_FUNCTION = {0x06, 0x07, 0x0F}
TAG_SERVICES = {0x4C, 0x4D, 0x4E, 0x52, 0x53}
NAMED = {"Identity": 1, "Message Router": 2, "Connection Manager": 6, "File": 0x37, "PCCC Class": 0x67}
SECRET = {0x74} | set(range(0x5D, 0x63))
NUMBERS = {  # types of tags' values: width, signed
    0xC2: (1, True), 0xC3: (2, True), 0xC4: (4, True), 0xC5: (8, True), 0xC6: (1, False), 0xC7: (2, False),
    0xC8: (4, False), 0xC9: (8, False), 0xD1: (1, False), 0xD2: (2, False), 0xD3: (4, False), 0xD4: (8, False),
}  # fmt: skip


def little(octets):
    return int.from_bytes(octets, "little")


def path_of(node):
    """path_of joins the segments that tshark lists: `class 4 instance 100 attribute 3`, `tag Program:Main.Level[3]`."""
    parts, name, indexes = [], "", []
    number = instance = attribute = None

    def close():
        nonlocal number, instance, attribute, name, indexes
        if name:
            tail = "[" + ",".join(map(str, indexes)) + "]" if indexes else ""
            parts.append(f"tag {name}{tail}")
        elif number is not None:
            text = "assembly" if number == 4 else f"class {number} instance"
            text = f"{text} {instance or 0}"
            parts.append(text if attribute is None else f"{text} attribute {attribute}")
        number = instance = attribute = None
        name, indexes = "", []

    for field in node.walk():
        if field.name == "cip.class":
            if number is not None or name:
                close()
            number = int(field.show, 0)
        elif field.name == "cip.instance":
            instance = int(field.show, 0)
        elif field.name == "cip.attribute" and node_is_path(field):
            attribute = int(field.show, 0)
        elif field.name == "cip.symbol":
            if indexes:
                name += "[" + ",".join(map(str, indexes)) + "]"
                indexes = []
            name += ("." if name else "") + field.show
        elif field.name == "cip.member":
            indexes.append(int(field.show, 0))
    last = number
    tag = bool(name)
    close()
    return " / ".join(parts), last, tag


def node_is_path(field):
    return field.size in (1, 2)


def request_path(children):
    """request_path finds the tree of a request's path among the children of a message."""
    for child in children:
        if child.name == "" and child.text.startswith("Request Path:"):
            return child
    return None


def values_of(shape, request, raw):
    """values_of reads written values of a tag out of its octets, where the service is one of tags."""
    if shape == 0x4E and len(raw) >= 2:
        size = little(raw[:2])
        if size not in (1, 2, 4, 8) or len(raw) < 2 + 2 * size:
            return None
        put, keep = little(raw[2 : 2 + size]), little(raw[2 + size : 2 + 2 * size])
        return f"{keep & ~put},{keep & put}"
    if (shape == 0x4D and request) and len(raw) >= 4:
        return typed(little(raw[:2]), raw[4:])
    if shape in (0x4C, 0x52) and not request and len(raw) >= 2:
        return typed(little(raw[:2]), raw[2:])
    return None


def typed(kind, raw):
    if kind in NUMBERS and raw:
        width, signed = NUMBERS[kind]
        return ",".join(
            str(int.from_bytes(raw[i : i + width], "little", signed=signed)) for i in range(0, len(raw) - width + 1, width)
        )
    if kind & 0xFF == 0xC1 and raw:
        return ",".join(str(octet & 1) for octet in raw)
    return None


class Tshark:
    """Tshark remembers nothing: tshark itself repeats a request's path with its answer. Messages inside messages stand
    behind what holds them."""

    def from_packet(self, packet):
        flow = flow_of(packet.source, packet.source_port, packet.target, packet.target_port)
        found, header, messages = [], None, []
        for node in packet.protocols + [None]:
            name = node.name if node is not None else "enip"
            if name == "enip":
                found += self.message_rows(packet, flow, header, messages)
                header, messages = node, []
                if node is not None:
                    found += self.command_rows(packet, flow, node)
            elif name == "cipio":
                found.append(io_row(packet, flow, header, node))
            elif name == "cip":
                messages.append([node])
            elif name in ("cipcls", "cipcm", "cippccc") and messages:
                messages[-1].append(node)
        return found

    def command_rows(self, packet, flow, node):
        code = node.number("enip.command")
        status = node.number("enip.status", 0)
        if code is None or (code in WITH_ITEMS and status == 0):
            return []
        server = packet.target_port == 44818
        side = REQUEST if server else ANSWER
        context = bytes.fromhex(node.first("enip.context").raw) if node.first("enip.context") else b"\0" * 8
        fields = {"function": str(ENCAPSULATION | code)}
        if len(context) == 8:
            fields["transaction"] = str(little(context[:4]))
        if side == ANSWER:
            fields["outcome"] = "ok" if status == 0 else str(ENCAPSULATION | status)
        return [Row("enip", packet.number, side, flow, **fields)]

    def message_rows(self, packet, flow, header, messages):
        sequence = header.first("cip.seq") if header else None
        if sequence is not None:
            transaction = sequence.show
        else:
            context = header.first("enip.context") if header else None
            transaction = str(little(bytes.fromhex(context.raw)[:4])) if context is not None else None
        found = []
        for place, nodes in enumerate(messages):
            service = nodes[0].number("cip.sc")
            side = ANSWER if nodes[0].number("cip.rr") else REQUEST
            holds = service == MULTIPLE and place + 1 < len(messages)
            if service is None or holds:
                continue
            fields = leaf_fields(nodes, side, service)
            if fields is not None:
                found.append(Row("enip", packet.number, side, flow, transaction=transaction, **fields))
        return found


def leaf_fields(nodes, side, service):
    message = nodes[0]
    path = request_path(message.children)
    text, number, tag = path_of(path) if path is not None else (None, None, False)
    if path is None:
        # An answer says in words whose it is; only requests have the segments.
        text, number, tag = said_path(message)
    if service == UNCONNECTED and side == REQUEST and number == CONNECTION_MANAGER:
        return None
    fields = {"function": None, "object": text if side == REQUEST else None}
    if service < 0x32:
        fields["function"] = str(service)
    elif number is not None or tag:
        fields["function"] = str((TAGS if tag else number) << 8 | service)
    pccc = next((node for node in nodes if node.name == "cippccc"), None)
    if pccc is not None and side == REQUEST:
        fields["function"] = pccc_function(pccc)
        fields["object"] = None
    elif pccc is not None or (number == 0x67 and service == 0x4B):
        fields["function"] = None
    if side == ANSWER:
        fields["outcome"] = outcome(message, pccc)
    if service in (0x54, 0x5B, 0x4E) and number == CONNECTION_MANAGER:
        fields["object"] = None
        return fields
    raw = data_of(nodes)
    if service in (0x03, 0x04) and side == REQUEST:
        fields["values"], fields["object"] = attribute_list(service, raw, text)
        return fields
    if raw is not None and pccc is None:
        fields["values"] = leaf_values(side, service, number, tag, raw)
        if tag and service in TAG_SERVICES and side == REQUEST and service != 0x4E:
            fields["object"] = elements(fields["object"], service, raw)
    return fields


def data_of(nodes):
    """data_of is what follows path or status, whole: the node under which tshark lists it."""
    for node in reversed(nodes):
        for child in node.children:
            if child.name == "" and child.raw and (
                child.show == "Command Specific Data" or child.show.endswith((" (Request)", " (Response)"))
            ):
                return bytes.fromhex(child.raw)
    return None


def said_path(message):
    """said_path reads the class of what an answer answers: tshark repeats the request's path in words."""
    for child in message.children:
        if "Request Path:" not in child.text:
            continue
        last = child.text.rstrip("]").split("Class: ")[-1] if "Class: " in child.text else None
        if last is not None:
            return None, int(last.split(",")[0], 16), False
        words = child.text.split("Request Path: ")[1]
        name = next((name for name in NAMED if words.startswith(name)), None)
        return None, NAMED.get(name), "'" in words or (name is None and bool(child.first("cip.symbol")))
    return None, None, False


def leaf_values(side, service, number, tag, raw):
    if number in SECRET:
        return None
    tags = tag or number == TAGS
    if tags and service in TAG_SERVICES:
        return values_of(service, side == REQUEST, raw)
    return raw.hex()


def elements(text, service, raw):
    """elements appends what the count of a tag's service adds to its name."""
    writes = service in (0x4D, 0x53)
    at = 2 if writes else 0
    if writes and raw[:2] == b"\xa0\x02":
        at = 4
    if len(raw) < at + 2 or text is None or service in (0x52, 0x53):
        return None
    count = little(raw[at : at + 2])
    if count <= 1:
        return text
    name, first = text, 0
    if text.endswith("]") and "," not in text[text.rfind("[") :]:
        name, first = text[: text.rfind("[")], int(text[text.rfind("[") + 1 : -1])
    return f"{name}[{first}-{first + count - 1}]"


def attribute_list(service, raw, text):
    """attribute_list reads numbers of attributes: values and object as Rampart tells them."""
    if raw is None or len(raw) < 4 or text is None:
        return None, None
    count = little(raw[:2])
    if service == 0x04:
        if count != 1:
            return raw.hex(), text
        return raw[4:].hex() or None, f"{text} attribute {little(raw[2:4])}"
    numbers = [little(raw[2 + 2 * i : 4 + 2 * i]) for i in range(count)]
    if numbers and all(after == before + 1 for before, after in zip(numbers, numbers[1:])):
        text += f" attribute {numbers[0]}" + ("" if len(numbers) == 1 else f"-{numbers[-1]}")
    return ",".join(map(str, numbers)), text


def pccc_function(node):
    command = node.number("cip.pccc.cmd.code")
    if command is None:
        return None
    names = ("cip.pccc.fnc.code_06", "cip.pccc.fnc.code_07", "cip.pccc.fnc.code_0f")
    function = next((number for number in map(node.number, names) if number is not None), 0)
    return str(PCCC | command << 8 | (function if command in PCCC_WITH_FUNCTION else 0))


def outcome(message, pccc):
    general = message.number("cip.genstat", 0)
    if general in (0, 6):
        status = pccc.number("cip.pccc.gs.status", 0) if pccc is not None else 0
        return "ok" if not status else None
    extended = message.first("cip.addstat")
    extra = message.number("cip.extstat", message.number("cip.cm.ext_status", 0)) or 0
    if extended is not None and extended.raw and not extra:
        extra = little(bytes.fromhex(extended.raw)[:2])
    return str(extra << 8 | general)


def io_row(packet, flow, header, node):
    connection = header.number("enip.cpf.sai.connid", header.number("cip.connid"))
    sequence = header.first("enip.cpf.sai.seq")
    data = node.first("cip.data") or node.first("cipio.data")
    return Row(
        "enip",
        packet.number,
        ANSWER,
        flow,
        function=str(IO | 3),
        transaction=sequence.show if sequence is not None else None,
        object=f"connection {connection}" if connection is not None else None,
        values=data.raw if data is not None and data.raw else None,
        outcome="ok",
    )


def asked_values(data):
    """asked_values is what the request carried; `values` are those of the request or, where it had none, of the
    answer: which of the two is told by the function, and where that does not tell, nothing is compared."""
    if "masks" in data or "answer_values" in data or "answer_pcap_cnt" not in data:
        return data.get("masks") or data.get("values"), data.get("answer_values")
    values = data.get("values")
    code = data["function"]["code"]
    asks = code in (0x02, 0x03, 0x04, 0x10) or data["action"] in ("write", "firmware")
    brings = code in (0x01, 0x0E) or data["function"]["name"].startswith(("read-tag", "pccc-logical-read", "pccc-diag"))
    return (values if asks else None), (values if brings else None)


def text_of(values):
    """text_of writes numbers by commas, octets as they are."""
    if values is None:
        return None
    return ",".join(str(value) for value in values)


def from_events(events):
    found = []
    for event in events:
        data = event.data
        fields = {"function": str(event.code), "transaction": str(data["transaction"])}
        asked, brought = asked_values(data)
        if event.frame is not None:
            row = Row("enip", event.frame, REQUEST, event.flow, **fields, object=data.get("object"))
            row.fields["values"] = text_of(asked)
            found.append(row)
        if event.answer_frame is None:
            continue
        told = (data.get("answers") or [{}])[0]
        if event.frame is None:
            brought = told.get("values") or data.get("values")
        row = Row("enip", event.answer_frame, ANSWER, event.flow, **fields, outcome=str(event.outcome()))
        row.fields["object"] = told.get("object")
        row.fields["values"] = text_of(brought)
        found.append(row)
    return found
