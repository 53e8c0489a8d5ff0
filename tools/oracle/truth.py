"""Holds the number of messages that Rampart sees against the tables in captures/truth, which tshark alone made."""

import collections
import concurrent.futures

from oracle import compare, enip, modbus, rampart
from oracle.dnp3 import LINK, UNSOLICITED
from oracle.iec104 import CONFIRMS, FRAME

MOST_DIFFERENT = 0.005


def expected(path):
    """expected counts messages by (protocol, side, function) from one table."""
    counts = collections.Counter()
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        cells = line.split("\t")
        if cells[0] == "modbus" and cells[3] in ("req", "rsp"):
            counts[("modbus", cells[3], cells[4])] += int(cells[-1])
        elif cells[0] == "dnp3":
            function = int(cells[3])
            key = ("req", str(function)) if function < 129 else ("rsp", "unsolicited" if function == 130 else "any")
            counts[("dnp3", *key)] += int(cells[-1])
        elif cells[0] == "s7comm":
            counts[("s7comm", *s7comm_key(cells[3], cells[4]))] += int(cells[-1])
        elif cells[0] == "iec104":
            counts[("iec104", "asdu", f"type {cells[3]} cause {cells[4]}")] += int(cells[-1])
        elif cells[0] == "iec104apci" and cells[3].startswith("U:"):
            counts[("iec104", "frame", f"U {int(cells[3][2:], 0)}")] += int(cells[-1])
        elif cells[0] == "cip" and not wraps(cells[4]):
            counts[("enip", "req" if cells[3] == "0" else "rsp", str(int(cells[4], 0)))] += int(cells[-1])
        elif cells[0] == "enip" and int(cells[3], 0) not in enip.WITH_ITEMS:
            counts[("enip", "any", f"command {int(cells[3], 0)}")] += int(cells[-1])
    return counts


def wraps(service):
    """wraps: services that carry others, of which we tell those inside. No capture has 0x52 on a tag."""
    return int(service, 0) in (enip.MULTIPLE, enip.UNCONNECTED)


def enip_keys(event):
    """enip_keys names a line of EtherNet/IP: the number of its service, or the command of the encapsulation."""
    code = event.code
    if code >= enip.IO:
        return
    if code >= enip.PCCC:
        code = 0x4B
    command = enip.ENCAPSULATION <= code
    name = f"command {code & 0xFFFF}" if command else str(code & 0xFF)
    if event.frame is not None:
        yield ("enip", "any" if command else "req", name)
    if event.answer_frame is not None:
        yield ("enip", "any" if command else "rsp", name)


def s7comm_key(kind, function):
    if kind != "7":
        return ("req", str(int(function, 0))) if kind == "1" and function != "-" else ("rsp", "any")
    group = function.removeprefix("ud:").split(".")
    side = "req" if group[0] == "4" else "rsp"
    if side == "rsp":
        return side, "any"
    subfunction = 0 if group[2] == "-" else int(group[2], 0)
    return side, str(0x10000 | int(group[1], 0) << 8 | subfunction)


def seen(events):
    """seen counts the messages of Rampart's lines the same way."""
    counts = collections.Counter()
    answers, requests = set(), set()
    for event in events:
        if event.protocol not in compare.MODULES:
            continue  # the light protocols have no tables
        function = event.code
        if event.protocol == "iec104":
            counts.update(asdus(event))
            continue
        if event.protocol == "enip":
            counts.update(enip_keys(event))
            continue
        if event.protocol == "modbus":
            function = modbus.split_code(function)[0]
        elif (event.protocol == "dnp3" and function >= LINK) or (event.protocol == "s7comm" and function == 0x1E0):
            continue
        asked = (event.number, event.frame, event.data["transaction"], function)
        if event.frame is not None and not (event.data.get("item") and asked in requests):
            requests.add(asked)
            counts[(event.protocol, "req", str(function))] += 1
        if event.answer_frame is None:
            continue
        # Several items share one answer; pushes of one packet share its number.
        exchange = None if event.data.get("unsolicited") else event.data.get("exchange")
        key = (event.number, event.answer_frame, exchange)
        if key in answers:
            continue
        answers.add(key)
        name = str(function) if event.protocol == "modbus" else "any"
        if event.protocol == "dnp3" and function == UNSOLICITED:
            name = "unsolicited"
        counts[(event.protocol, "rsp", name)] += 1
    return counts


def asdus(event):
    """asdus lists the frames of IEC 60870-5-104 that one line tells."""
    if FRAME <= event.code <= 0xFFFF:
        functions = (event.code & 0xFF) >> 2
        confirms = next(con for con, act in CONFIRMS.items() if act == functions)
        if event.frame is not None:
            yield "iec104", "frame", f"U {functions}"
        if event.answer_frame is not None:
            yield "iec104", "frame", f"U {confirms}"
        return
    details = [answer.get("detail") for answer in event.data.get("answers", ())]
    if event.frame is not None:
        details.append(event.data["detail"])
    for detail in details:
        yield "iec104", "asdu", f"type {detail >> 8} cause {detail & 0x3F}"


def one(program, capture, table):
    return expected(table), seen(rampart.read(program, capture))


def check(program, folder, captures, jobs):
    """check prints where the counts part; 0 where at most 0.5 % do."""
    work = {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for capture in captures:
            name = str(capture.relative_to(folder))
            table = folder / "truth" / (name + ".tsv")
            if table.is_file():
                work[name] = pool.submit(one, program, capture, table)
    if not work:
        print("skipped: no tables below captures/truth")
        return 77
    messages = apart = 0
    for name, job in work.items():
        theirs, ours = job.result()
        messages += sum(theirs.values())
        for key in sorted(theirs.keys() | ours.keys()):
            if theirs[key] != ours[key]:
                apart += abs(theirs[key] - ours[key])
                print(f"{name}: {' '.join(key)}: tshark {theirs[key]}, ours {ours[key]}")
    share = apart / messages if messages else 1
    print(f"{len(work)} captures, {messages} messages, {apart} counted otherwise ({100 * share:.3f} %)")
    return 1 if share > MOST_DIFFERENT else 0
