#!/usr/bin/env python3
"""Holds exported records against RFC 5424, ArcSight CEF and OCSF, reading them by those formats' own rules.

usage: check_exports.py PROGRAM
       check_exports.py --self-test PROGRAM

PROGRAM prints `format TAB line` for each record and, at the end, how many there were. The self-test plants one fault
after another in its lines and demands that each is found.
"""

import calendar
import ipaddress
import json
import pathlib
import re
import subprocess
import sys
import unicodedata

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
TABLE = REPOSITORY / "tests" / "data" / "exports" / "ocsf_required.json"
DOCUMENT = REPOSITORY / "docs" / "formats" / "export.md"
KINDS = {"run", "transaction", "finding", "asset-seen", "loss", "flow", "read-summary", "repeats", "not-kept", "plant-change",
         "rule-change", "journal-event", "key-change", "journal-read", "login",
         "protection-seen", "evidence", "statement", "level-change", "certificate-event", "guard-event", "unknown"}
# Marks that turn the direction of writing or end a line without being controls.
ACTING = {0x061C, 0x200E, 0x200F, 0xFEFF, *range(0x2028, 0x202F), *range(0x2066, 0x206A)}


NAMES = set()  # of all parameters, keys and attributes that were read


class Fault(Exception):
    pass


def demand(held, fault):
    if not held:
        raise Fault(fault)


def demand_quiet(text):
    """Nothing in `text` acts on a terminal or ends a line."""
    for letter in text:
        demand(unicodedata.category(letter) not in ("Cc", "Cs") and ord(letter) not in ACTING, f"{letter!r} stands there raw")


class Cursor:
    def __init__(self, text):
        self.text, self.at = text, 0

    def take(self, pattern, what):
        found = re.compile(pattern).match(self.text, self.at)
        demand(found, f"no {what} at {self.text[self.at:self.at + 40]!r}")
        self.at = found.end()
        return found.group()


# RFC 5424 section 6.

PRINT_US_ASCII = "[\x21-\x7e]"
SD_NAME = r"[\x21\x23-\x3c\x3e-\x5c\x5e-\x7e]{1,32}"


def check_timestamp(text):
    found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,6})?(?:Z|[+-](\d\d):(\d\d))", text)
    demand(found, f"TIMESTAMP {text}")
    year, month, day, hour, minute, second, zone_hour, zone_minute = (int(group or 0) for group in found.groups())
    demand(1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1], f"TIMESTAMP {text} is no day")
    demand(hour < 24 and minute < 60 and second < 60 and zone_hour < 24 and zone_minute < 60, f"TIMESTAMP {text} is no time")


def read_element(cursor):
    cursor.take(r"\[", "SD-ELEMENT")
    identifier = cursor.take(SD_NAME, "SD-ID")
    if "@" in identifier:
        demand(re.fullmatch(r"[^@]+@\d+(\.\d+)*", identifier), f"SD-ID {identifier}")
    parameters = {}
    while cursor.text[cursor.at:cursor.at + 1] == " ":
        cursor.take(" ", "SP")
        name = cursor.take(SD_NAME, "PARAM-NAME")
        # A backslash before anything else is allowed to stand for itself; ours always escape it.
        value = cursor.take(r'="(?:[^"\\\]]|\\["\\\]])*"', f"PARAM-VALUE of {name}")[2:-1]
        demand(name not in parameters, f"PARAM-NAME {name} twice")
        NAMES.add(name)
        parameters[name] = re.sub(r"\\(.)", r"\1", value)
    cursor.take(r"\]", "end of SD-ELEMENT")
    return identifier, parameters


def check_syslog(line):
    cursor = Cursor(line)
    pri = cursor.take(r"<(0|[1-9]\d{0,2})>", "PRI")
    facility, severity = divmod(int(pri[1:-1]), 8)
    demand(facility in (10, 13), f"facility {facility}")
    cursor.take(r"[1-9]\d{0,2} ", "VERSION")
    timestamp = cursor.take(r"\S+", "TIMESTAMP")
    if timestamp != "-":
        check_timestamp(timestamp)
    for field, most in (("HOSTNAME", 255), ("APP-NAME", 48), ("PROCID", 128), ("MSGID", 32)):
        cursor.take(" ", "SP")
        last = cursor.take(f"{PRINT_US_ASCII}{{1,{most}}}(?= )", field)
    demand(last in KINDS, f"MSGID {last}")
    cursor.take(" ", "SP")
    elements = {}
    while not elements or cursor.text[cursor.at:cursor.at + 1] == "[":
        identifier, parameters = read_element(cursor)
        demand(identifier not in elements, f"SD-ID {identifier} twice")
        elements[identifier] = parameters
    demand(list(elements) == ["rampart@32473"], f"elements {list(elements)}")
    demand(elements["rampart@32473"].get("record", "").isdigit(), "no record number")
    demand((facility == 10) == (severity < 6 or last == "login"), f"facility {facility} of {last}")
    cursor.take(" \ufeff", "BOM")
    words = line[cursor.at:]
    demand(words, "no MSG")
    demand_quiet(line[:cursor.at - 1] + words)
    return last


# ArcSight CEF, version 0: keys of its dictionary that are used, with the form and the most octets of a value.

WHOLE = r"-?\d+"
MAC = r"[0-9a-f]{2}(:[0-9a-f]{2}){5}"
CEF_KEYS = {"rt": (WHOLE, 20), "start": (WHOLE, 20), "end": (WHOLE, 20), "externalId": (r"\d+", 40), "dvchost": (".*", 100),
            "deviceExternalId": (".*", 255), "src": ("v4", 15), "dst": ("v4", 15), "c6a2": ("v6", 39), "c6a3": ("v6", 39),
            "spt": (WHOLE, 5), "dpt": (WHOLE, 5), "smac": (MAC, 17), "dmac": (MAC, 17), "shost": (".*", 1023), "dhost": (".*", 1023),
            "proto": (".*", 31), "app": (".*", 31), "suser": (".*", 1023), "act": (".*", 63), "outcome": (".*", 63),
            "reason": (".*", 1023), "cat": (".*", 1023), "cnt": (WHOLE, 20), "in": (WHOLE, 20), "out": (WHOLE, 20),
            "msg": (".*", 1023), "cn1": (WHOLE, 20)}
for name in ("cs1", "cs2", "cs3", "cs4", "cs5", "cs6", "flexString1", "flexString2"):
    CEF_KEYS[name] = (".*", 1023)
for name in [key for key in CEF_KEYS if re.match(r"cs\d|cn\d|c6a\d|flexString", key)]:
    CEF_KEYS[name + "Label"] = (".+", 1023)


def unescape(text, special, what):
    out, letters = "", iter(text)
    for letter in letters:
        if letter == "\\":
            letter = next(letters, "")
            demand(letter and letter in special, f"backslash before {letter!r} in {what}")
            letter = {"n": "\n", "r": "\r"}.get(letter, letter)
        out += letter
    return out


def check_cef(line):
    parts = re.split(r"(?<!\\)((?:\\\\)*)\|", line, maxsplit=7)
    fields = ["".join(parts[at:at + 2]) for at in range(0, len(parts) - 1, 2)] + parts[-1:]
    demand(len(fields) == 8, f"{len(fields)} fields of a header of 7 and an extension")
    demand(fields[0] == "CEF:0", f"version {fields[0]}")
    header = [unescape(field, "\\|", "the header") for field in fields[1:7]]
    demand(header[0] == "Rampart" and header[1] == "rampart" and header[3] and header[4], "header without names")
    demand(re.fullmatch(r"\d|10", header[5]), f"severity {header[5]}")
    extension, pairs = fields[7], {}
    starts = [found for found in re.finditer(r"(?:^| )([A-Za-z0-9_]+)=", extension)]
    demand(starts and starts[0].start() == 0, "extension without a key")
    for found, following in zip(starts, starts[1:] + [None]):
        key, raw = found.group(1), extension[found.end():following.start() if following else None]
        demand(key not in pairs, f"key {key} twice")
        demand(key in CEF_KEYS, f"key {key} is not in the dictionary")
        demand(not re.search(r"(?<!\\)(?:\\\\)*=", raw), f"bare = in {key}")
        value = unescape(raw, "\\=nr", key)
        again = value.replace("\\", "\\\\").replace("=", "\\=").replace("\n", "\\n").replace("\r", "\\r")
        demand(again == raw, f"{key} does not come back the same")
        check_cef_value(key, value)
        NAMES.add(key)
        pairs[key] = value
    for key in pairs:
        if key.endswith("Label"):
            demand(key[:-5] in pairs, f"{key} labels nothing")
        elif key + "Label" in CEF_KEYS:
            demand(key + "Label" in pairs, f"{key} has no label")
    demand({"rt", "externalId", "msg"} <= pairs.keys(), "no rt, externalId or msg")
    demand_quiet(line)


def check_cef_value(key, value):
    form, most = CEF_KEYS[key]
    demand(value != "", f"{key} is empty")
    demand(len(value.encode()) <= most, f"{key} has {len(value.encode())} octets, {most} is the most")
    if form in ("v4", "v6"):
        demand(ipaddress.ip_address(value).version == int(form[1]), f"{key} is no IP{form}")
    else:
        demand(re.fullmatch(form, value, re.DOTALL), f"{key} is {value!r}")


# OCSF.


class Ocsf:
    def __init__(self, table):
        self.table = table

    def check(self, line):
        event = json.loads(line, object_pairs_hook=self.without_doubles, parse_constant=lambda word: demand(False, word))
        demand(isinstance(event, dict), "no object")
        kind = self.table["classes"].get(str(event.get("class_uid")))
        demand(kind, f"class {event.get('class_uid')}")
        attributes = {**self.table["base"], **kind["attributes"]}
        self.check_object(event, attributes, kind.get("at_least_one"), kind["name"])
        demand(event["category_uid"] == kind["category_uid"] and event.get("category_name") == kind["category_name"], "category")
        demand(event.get("class_name") == kind["name"], "class_name")
        demand(event["type_uid"] == event["class_uid"] * 100 + event["activity_id"], f"type_uid {event['type_uid']}")
        activity = kind["activities"].get(str(event["activity_id"]))
        demand(activity, f"activity_id {event['activity_id']}")
        demand(activity == "Other" or event.get("activity_name") == activity, "activity_name")
        demand(event["type_name"] == f"{kind['name']}: {event['activity_name']}", "type_name")
        demand(event["metadata"]["version"] == self.table["version"], "metadata.version")
        for key in ("severity", "status"):
            known = attributes[key + "_id"]["enum"]
            if key + "_id" in event and known[str(event[key + "_id"])] != "Other":
                demand(event.get(key) == known[str(event[key + "_id"])], key)
        NAMES.update(event["unmapped"].keys() - {"vendor", "model"})
        demand_quiet(event["message"])
        return str(event["class_uid"])

    @staticmethod
    def without_doubles(pairs):
        demand(len({key for key, _ in pairs}) == len(pairs), "a key twice")
        return dict(pairs)

    def check_object(self, value, attributes, at_least_one, where):
        for key, rule in attributes.items():
            demand(key in value or not rule.get("required"), f"{where} has no {key}")
        demand(not at_least_one or any(key in value for key in at_least_one), f"{where} has none of {at_least_one}")
        NAMES.update(value)
        for key, item in value.items():
            demand(key in attributes, f"{where} has {key}, which is not in the table")
            rule = attributes[key]
            demand(isinstance(item, list) == rule.get("array", False), f"{where}.{key}: list or not")
            for one in item if isinstance(item, list) else [item]:
                self.check_value(one, rule, f"{where}.{key}")

    def check_value(self, value, rule, where):
        kind = rule["type"]
        if kind in ("integer_t", "long_t", "timestamp_t", "port_t"):
            demand(type(value) is int and abs(value) < 2**63, f"{where} is no integer")
            demand(kind != "port_t" or 0 <= value < 65536, f"{where} is no port")
            demand(kind != "timestamp_t" or value == 0 or 10**12 < abs(value) < 10**13, f"{where} is not in milliseconds")
            demand("enum" not in rule or str(value) in rule["enum"], f"{where}: {value} is not defined")
        elif kind == "boolean_t":
            demand(type(value) is bool, f"{where} is no boolean")
        elif kind == "object":
            demand(isinstance(value, dict), f"{where} is no object")
        elif kind.endswith("_t"):
            demand(isinstance(value, str) and value, f"{where} is no text")
            demand(not any("\ud800" <= letter <= "\udfff" for letter in value), f"{where} holds half a character")
            if kind == "ip_t":
                ipaddress.ip_address(value)
            demand(kind != "mac_t" or re.fullmatch(MAC, value), f"{where} is no MAC address")
        else:
            demand(isinstance(value, dict), f"{where} is no {kind}")
            inner = self.table["objects"][kind]
            self.check_object(value, inner["attributes"], inner.get("at_least_one"), where)


# All together.


def read_line(raw, checks):
    """Gives format and kind of a line, and its fault where it has one."""
    form = kind = None
    try:
        form, _, line = raw.decode("utf-8").partition("\t")
        demand(form in checks, "no known format: a line was broken")
        kind = checks[form](line)
    except (Fault, ValueError, KeyError, TypeError) as fault:
        return form, kind, f"{raw[:8]!r} {type(fault).__name__}: {fault}"
    return form, kind, None


def faults(output, checks, table):
    """Gives `number: fault` for every bad line; a fault of its own where lines, kinds or classes are missing."""
    *lines, last = output.rstrip(b"\n").split(b"\n")
    found, kinds, classes = [], set(), set()
    for number, raw in enumerate(lines, start=1):
        form, kind, fault = read_line(raw, checks)
        if fault:
            found.append(f"{number}: {fault}")
        elif form == "ocsf":
            classes.add(kind)
        else:
            kinds.add(kind)
    if last != b"lines\t%d" % len(lines):
        found.append(f"0: {len(lines)} lines, the program says {last!r}")
    found += [f"0: no record of kind {kind}" for kind in sorted(KINDS - kinds)]
    found += [f"0: no event of class {name}" for name in sorted(table["classes"].keys() - classes)]
    return found


def undocumented(text):
    """Gives a fault for each name that docs/formats/export.md does not have; flows' counts have theirs in one word."""
    said = set(re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)))
    return [f"0: {name} is not in {DOCUMENT.name}" for name in sorted(NAMES - said) if re.sub("_(in|out)$", "", name) not in said]


# Each: format, what is replaced in the first line of that format that has it, by what, and a part of the fault.
PLANTED = [
    ("syslog", b"<", b"<0", "PRI"), ("syslog", b"<83>", b"<192>", "facility"), ("syslog", b">1 ", b">01 ", "VERSION"),
    ("syslog", b">1 2026-11-23", b">1 2026-11-31", "no day"), ("syslog", b"T18:30", b"T24:30", "no time"),
    ("syslog", b".000000Z", b".0000000Z", "TIMESTAMP"), ("syslog", b"sensor-1", b"sensor\xc3\xa4", "HOSTNAME"),
    ("syslog", b"sensor-1", b"s" * 256, "HOSTNAME"), ("syslog", b" - run", b"  run", "PROCID"),
    ("syslog", b" - run ", b" - runs ", "MSGID"), ("syslog", b"[rampart@32473", b"[ram=part@32473", "SD-"),
    ("syslog", b"@32473", b"@x", "SD-ID"), ("syslog", b' journal="plain', b' journal="pl]ain', "PARAM-VALUE"),
    ("syslog", b' journal="plain', b' journal="pl"ain', "SD-ELEMENT"), ("syslog", b' journal="plain', b' journal="pl\\ain', "PARAM-VALUE"),
    ("syslog", b' journal="', b' record="', "twice"), ("syslog", b'"] ', b'"][rampart@32473] ', "twice"),
    ("syslog", b"\xef\xbb\xbf", b"", "BOM"), ("syslog", b"started", b"star\x7fted", "raw"),
    ("syslog", b"started", b"star\xe2\x80\xaeted", "raw"), ("syslog", b"started", b"star\xffted", "decode"),
    ("syslog", b"started", b"star\nted", "line was broken"), ("syslog", b"syslog\t", b"text\t", "no known format"),
    ("cef", b"CEF:0", b"CEF:2", "version"), ("cef", b"|run|", b"|r|un|", "severity"), ("cef", b"0.1.0", b"0.\\1.0", "backslash"),
    ("cef", b"|0|rt", b"|11|rt", "severity"), ("cef", b" msg=", b" mesg=", "dictionary"), ("cef", b" msg=rampart", b" msg=a = b", "bare ="),
    ("cef", b" msg=rampart", b" msg=a\\b", "backslash"), ("cef", b"rt=1795", b"rt=x1795", "rt is"), ("cef", b" msg=", b" rt=", "twice"),
    ("cef", b" cs3Label=Requirement", b"", "no label"), ("cef", b"src=10.20.0.10", b"src=fe80::1", "no IPv4"),
    ("cef", b"c6a2=fe80::1", b"c6a2=10.0.0.1", "no IPv6"), ("cef", b"msg=rampart", b"msg=" + b"x" * 1024, "octets"),
    ("cef", b"msg=rampart", b"msg=ram\tpart", "raw"), ("cef", b" externalId=0", b"", "no rt"),
    ("ocsf", b'"class_uid":6002', b'"class_uid":6001', "class"), ("ocsf", b'"category_uid":6', b'"category_uid":5', "category"),
    ("ocsf", b'"activity_id":3', b'"activity_id":33', "type_uid"), ("ocsf", b'"type_uid":600203', b'"type_uid":600204', "type_uid"),
    ("ocsf", b'"activity_name":"Start"', b'"activity_name":"Stop"', "activity_name"),
    ("ocsf", b'"time":1795458600', b'"time":1795458', "milliseconds"), ("ocsf", b'"time":1795458600000,', b"", "no time"),
    ("ocsf", b'"severity_id":1', b'"severity_id":7', "not defined"), ("ocsf", b'"severity":"Informational"', b'"severity":"High"', "severity"),
    ("ocsf", b'"version":"1.4.0"', b'"version":"1.3.0"', "metadata.version"), ("ocsf", b'"message":"', b'"massage":"', "not in the table"),
    ("ocsf", b'"unmapped":{', b'"unmapped":[{', "JSONDecodeError"), ("ocsf", b'"type_id":0', b'"type_id":16', "not defined"),
    ("ocsf", b'"finding_info":{"uid"', b'"finding_info":{"vid"', "no uid"), ("ocsf", b'"user":{"uid"', b'"user":{"name":1,"uid"', "no text"),
    ("ocsf", b'"ip":"10.20.0.10"', b'"ip":"10.20.0.256"', "10.20.0.256"), ("ocsf", b'"port":502', b'"port":65536', "no port"),
    ("ocsf", b'"is_alert":true', b'"is_alert":1', "no boolean"), ("ocsf", b'"uid":"unknown"},"service":{"name":"rampart"}', b'"uid":"unknown"}', "none of"),
    ("ocsf", b'"database":{', b'"databases":{', "none of"),
    ("ocsf", b'"actor":{"app_name":"rampart"},"src_endpoint"', b'"src_endpoint"', "Datastore Activity has no actor"),
    ("ocsf", b'"metadata":{', b'"metadata":{},"metadata":{', "twice"), ("ocsf", b'"message":"rampart', b'"message":"\\u202e', "raw"),
    ("ocsf", b'"types":["', b'"types":"', "JSONDecodeError"), ("ocsf", b'"attacks":[{', b'"attacks":[{"tactic":{}},{', "none of"),
]


def self_test(output, checks, table):
    lines = output.split(b"\n")
    missed = []
    for form, old, new, expected in PLANTED:
        line = next((line for line in lines if line.startswith(form.encode() + b"\t") and old in line), None)
        if line is None:
            missed.append(f"{form}: no line has {old!r}")
            continue
        found = [read_line(part, checks)[2] or "" for part in line.replace(old, new, 1).split(b"\n")]
        if not any(expected in fault for fault in found):
            missed.append(f"{form}: {old!r} -> {new[:40]!r} was not found as {expected!r}: {found}")
    shorter = b"\n".join(line for line in lines if not line.startswith(b"syslog\t") or b" - flow " not in line)
    found = faults(shorter, checks, table)
    for expected in ("the program says", "no record of kind flow"):
        if not any(expected in fault for fault in found):
            missed.append(f"lines left out were not found as {expected!r}")
    if not any("cs3Label" in fault for fault in undocumented("`msg`")):
        missed.append("a key that is not documented was not found")
    return missed


def main():
    arguments = sys.argv[1:]
    testing = arguments[:1] == ["--self-test"]
    if len(arguments) != (2 if testing else 1):
        sys.exit(__doc__)
    ran = subprocess.run([arguments[-1]], capture_output=True, check=True)
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    checks = {"syslog": check_syslog, "cef": check_cef, "ocsf": Ocsf(table).check}
    found = faults(ran.stdout, checks, table)
    found += undocumented(DOCUMENT.read_text(encoding="utf-8"))
    if testing:
        found += self_test(ran.stdout, checks, table)
    for fault in found[:20]:
        print(fault)
    lines = ran.stdout.count(b"\n") - 1
    print(f"{len(PLANTED) + 3} planted faults, {len(found)} not found" if testing else f"{lines} lines, {len(found)} faults")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
