#!/usr/bin/env python3
"""Splices attacks into benign captures, each with a silent twin, and says what Rampart finds of them.

    tools/splice.py make CAPTURE PROTOCOL KIND [--seed N] [--twin] -o OUT      one capture to look at
    tools/splice.py report [--program P] [--captures DIR] [--seeds N] [--quick] [--write docs/detection.md]
    tools/splice.py check  [--program P] [--captures DIR]                     a small report with thresholds that can fail

The plant is drafted by `rampart discover` from the benign capture; of labelled captures from the packets that are no
attack. The same seeds give the same captures, octet for octet.
"""
import argparse
import collections
import concurrent.futures
import csv
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from detection import attacks, capture, judge  # noqa: E402
from detection.messages import PROTOCOLS  # noqa: E402

ATTACKER = "10.20.0.66"  # of the recordings in lab/: all that it sends and gets is attack

# Benign captures: protocol, file, address to leave out.
BENIGN = [
    ("modbus", "modbus/iti__ModbusTCP.pcap", None),
    ("modbus", "modbus/iti__modbus_test.pcap", None),
    ("modbus", "lab/modbus_lab_s.pcap", ATTACKER),
    ("s7comm", "s7comm/emreekin__2-S7comm-VarService-CyclicData-1s.pcap", None),
    ("s7comm", "s7comm/iti__s7comm_varservice_libnodavedemo_bench.pcap", None),
    ("dnp3", "dnp3/cisagov__dnp3_example.pcap", None),
    ("dnp3", "dnp3/emreekin__dnpanalogOut.pcap", None),
    ("iec104", "iec104/emreekin__104deneme.pcap", None),
    ("iec104", "lab/iec104_lab_s.pcap", ATTACKER),
    ("enip", "enip-cip/iti__EthernetIP-CIP.pcap", None),
    ("enip", "enip-cip/iti__cip_only.pcap", None),
]
LEMAY = "modbus/antoine-lemay__{}_modbus_6RTU_with_operate.pcap"
LABELS = "labels/antoine-lemay__{}_modbus_6RTU_with_operate_labeled.csv"
LABELLED = [(LEMAY.format(name), LABELS.format(name)) for name in ("characterization", "CnC_uploading_exe",
                                                                   "exploit_ms08_netapi")] + \
           [("lab/modbus_lab_s.pcap", None), ("lab/iec104_lab_s.pcap", None)]


def addresses(frames):
    used = set()
    for frame in frames:
        segment = capture.Tcp.of(frame)
        if segment is not None:
            used |= {segment.source, segment.destination}
    return used


def touches(frame, address):
    segment = capture.Tcp.of(frame)
    return segment is not None and address in (segment.source, segment.destination)


def benign_frames(path, without):
    frames = capture.read(path)
    return [frame for frame in frames if without is None or not touches(frame, without)]


def scene_of(protocol, frames):
    """scene_of puts attacks behind the middle of a capture, against its busiest conversation."""
    recorded = capture.conversations(frames, {PROTOCOLS[protocol].port})
    if not recorded:
        raise judge.Failed(f"nothing of {protocol} in it")
    first, last = min(frame.time for frame in frames), max(frame.time for frame in frames)
    return attacks.Scene(protocol, recorded[0], first + (last - first) * 6 // 10 + 1_000_000_000, addresses(frames)), \
        max(1, (last - first) // 2_000_000_000)


class Tally:
    def __init__(self):
        self.runs = self.found = self.false = self.false_findings = 0
        self.by = collections.Counter()

    def add(self, other):
        for name in ("runs", "found", "false", "false_findings"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.by += other.by


def judge_capture(job):
    """judge_capture splices every kind of attack into one capture: {kind: Tally}, or why it could not."""
    program, captures, (protocol, name, without), seeds, kinds = job
    tallies = collections.defaultdict(Tally)
    try:
        frames = benign_frames(os.path.join(captures, name), without)
        scene, learn = scene_of(protocol, frames)
        with tempfile.TemporaryDirectory() as folder:
            plain, plant, mixed = (os.path.join(folder, part) for part in ("plain.pcap", "plant.yaml", "mixed.pcap"))
            capture.write(plain, frames)
            judge.draft(program, plain, plant, learn)
            for kind in attacks.kinds_of(protocol):
                if kinds and kind not in kinds:
                    continue
                for seed in range(seeds):
                    tallies[kind].add(judge_pair(program, plant, mixed, frames, scene, kind, seed))
    except (judge.Failed, ValueError, OSError) as error:
        return name, protocol, {}, str(error)
    return name, protocol, dict(tallies), ""


def judge_pair(program, plant, mixed, frames, scene, kind, seed):
    """judge_pair watches one attack and its twin. Found: an expected finding at a packet of the attack. False: any
    finding at a packet of the twin."""
    tally = Tally()
    tally.runs = 1
    both, spliced = capture.merge(frames, attacks.attack(scene, kind, seed))
    capture.write(mixed, both)
    hits = {finding for finding, packet, _ in judge.alerts(program, plant, mixed)
            if packet in spliced and finding in attacks.EXPECTED[kind]}
    tally.found = 1 if hits else 0
    tally.by.update(hits)
    both, spliced = capture.merge(frames, attacks.twin(scene, kind, seed))
    capture.write(mixed, both)
    wrong = [finding for finding, packet, _ in judge.alerts(program, plant, mixed) if packet in spliced]
    tally.false = 1 if wrong else 0
    tally.false_findings = len(wrong)
    tally.by.update(f"false {finding}" for finding in set(wrong))
    return tally


def labels_of(captures, name, labels, frames):
    if labels is None:
        return {number for number, frame in enumerate(frames, 1) if touches(frame, ATTACKER)}
    with open(os.path.join(captures, labels), encoding="ascii") as file:
        return {int(row[0]) for row in csv.reader(file, delimiter=";") if len(row) == 2 and row[1].strip() == "1"}


def pair_of(frame):
    segment = capture.Tcp.of(frame)
    return None if segment is None else tuple(sorted(zip((segment.source, segment.destination), segment.ports)))


def judge_labelled(program, captures, name, labels):
    """judge_labelled: findings at attack packets and at others, and attacked conversations with and without one."""
    frames = capture.read(os.path.join(captures, name))
    attack = labels_of(captures, name, labels, frames)
    with tempfile.TemporaryDirectory() as folder:
        plain, plant = os.path.join(folder, "plain.pcap"), os.path.join(folder, "plant.yaml")
        capture.write(plain, [frame for number, frame in enumerate(frames, 1) if number not in attack])
        judge.draft(program, plain, plant)
        found = judge.alerts(program, plant, os.path.join(captures, name))
    conversations = collections.defaultdict(set)
    for number, frame in enumerate(frames, 1):
        pair = pair_of(frame)
        if pair is not None:
            conversations[pair].add(number)
    attacked = {pair for pair, numbers in conversations.items() if len(numbers & attack) * 2 > len(numbers)}
    at = {pair_of(frames[packet - 1]) for _, packet, _ in found if 0 < packet <= len(frames)}
    hosts = {frozenset(end[0] for end in pair) for pair in at if pair is not None}
    missed = {pair for pair in attacked if frozenset(end[0] for end in pair) not in hosts}
    true = [finding for finding, packet, _ in found if packet in attack]
    false = [finding for finding, packet, _ in found if packet not in attack]
    benign = {pair for pair in conversations if pair not in attacked}
    return {"name": name, "packets": len(frames), "attack": len(attack), "true": len(true), "false": len(false),
            "attacked": len(attacked), "missed": len(missed), "benign": len(benign), "disturbed": len(at & benign),
            "ids": collections.Counter(true), "false_ids": collections.Counter(false)}


def percent(part, whole):
    return "–" if whole == 0 else f"{100 * part / whole:.0f} %"


def words(counter):
    return ", ".join(f"`{name}` {count}" for name, count in sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def all_captures(arguments, benign, kinds=None):
    jobs = [(arguments.program, arguments.captures, entry, arguments.seeds, kinds) for entry in benign]
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        return list(pool.map(judge_capture, jobs))


def report(arguments):
    results = all_captures(arguments, SMALL if arguments.quick else BENIGN)
    by_kind, by_protocol = collections.defaultdict(Tally), collections.defaultdict(Tally)
    for _, protocol, tallies, _ in results:
        for kind, tally in tallies.items():
            by_kind[kind].add(tally)
            by_protocol[kind, protocol].add(tally)
    protocols = sorted({protocol for _, protocol, tallies, _ in results if tallies})
    out = [HEAD.format(seeds=arguments.seeds, quick=" --quick" if arguments.quick else ""), "| attack | found | " + " | ".join(protocols) + " | twins with a finding | by which |",
           "|---|---|" + "---|" * len(protocols) + "---|---|"]
    for kind in attacks.EXPECTED:
        tally = by_kind[kind]
        cells = [percent(by_protocol[kind, protocol].found, by_protocol[kind, protocol].runs) for protocol in protocols]
        hits = collections.Counter({name: count for name, count in tally.by.items() if not name.startswith("false ")})
        out.append(f"| {kind} | {tally.found} of {tally.runs} | " + " | ".join(cells) +
                   f" | {tally.false} of {tally.runs} | {words(hits)} |")
    wrong = sum((tally.by for tally in by_kind.values()), collections.Counter())
    wrong = {name[6:]: count for name, count in wrong.items() if name.startswith("false ")}
    out += ["", "Findings at twins, by kind: " + (words(wrong) or "none") + ".", "",
            "| capture | protocol | attacks found | twins with a finding |", "|---|---|---|---|"]
    for name, protocol, tallies, problem in results:
        runs, found = sum(t.runs for t in tallies.values()), sum(t.found for t in tallies.values())
        false = sum(t.false for t in tallies.values())
        out.append(f"| {name} | {protocol} | " + (problem.splitlines()[0] if problem else f"{found} of {runs}") +
                   f" | {false} of {runs} |")
    out += ["", LABELLED_HEAD,
            "| capture | packets | of attack | findings at them | findings elsewhere | attacked conversations found | others with a finding |",
            "|---|---|---|---|---|---|---|"]
    details = []
    for name, labels in LABELLED[1:3] if arguments.quick else LABELLED:
        row = judge_labelled(arguments.program, arguments.captures, name, labels)
        out.append(f"| {name} | {row['packets']} | {row['attack']} | {row['true']} | {row['false']} | "
                   f"{row['attacked'] - row['missed']} of {row['attacked']} | {row['disturbed']} of {row['benign']} |")
        details.append(f"- {name}: at attacks {words(row['ids']) or 'nothing'}; elsewhere {words(row['false_ids']) or 'nothing'}.")
    out += [""] + details + ["", TAIL]
    text = "\n".join(out)
    if arguments.write:
        with open(arguments.write, "w", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text)
    return 0


HEAD = """# What is found, and what is found wrongly

Made by `tools/splice.py report{quick} --seeds {seeds} --write docs/detection.md`; the same seeds give the same figures.

## Spliced attacks

Attacks are spliced into benign captures behind their middle, against the busiest conversation; the seed chooses pace, order,
target and whether they come from a host that belongs there. The plant is drafted by `rampart discover` from the benign
capture, and everything that learns does so in its first half. Found: an expected finding at a packet of the attack. Each attack
has a silent twin, with the same seed, pace and number of frames: the recorded client, connecting once more and doing what it
did anyway. Any finding at a packet of a twin is false.
"""
LABELLED_HEAD = """## Labelled captures

The plant is drafted from the packets that are not labelled as attack; then the whole capture is watched. A finding counts where
its packet is labelled. An attacked conversation is found where any conversation of the same two hosts has a finding: repeats
between the same two are one. In lab/ all that 10.20.0.66 sends and gets is attack.
"""
TAIL = """## What the figures do not say

- A draft knows exactly the traffic of its capture. A plant that a person wrote allows more, and finds less.
- The spliced attacks are the ones that a tool of ours makes: plain, without knowledge of the plant. Who has taken over a host
  and does with allowed values what it may do is not found by any of this.
- *Replay* comes from the client's address with another hardware address. Its operations are those that the plant allows, from
  whom it allows them: what gives it away is the other network card, which shows only where no router is in between.
- A twin does what was recorded, faster: that a benchmark program then writes in bursts (`write-burst` in the libnodave
  capture), and that a message which is malformed in the recording is so again (`malformed` in lab/iec104), is counted as false here.
- Captures are short; learning windows of seconds are not those of a plant.
"""

SMALL = [BENIGN[2], BENIGN[3], BENIGN[6]]
SMALL_KINDS = {"host scan", "port scan", "function scan", "write by a stranger", "stop", "restart", "flood", "ARP spoof"}


def check(arguments):
    """check fails where an attack of a few captures is missed, a twin is disturbed, or a labelled attack is not seen."""
    if not os.path.isdir(arguments.captures):
        print("skipped: no captures at " + arguments.captures)
        return 77
    if not os.path.exists(arguments.program):
        print("skipped: no program at " + arguments.program)
        return 77
    arguments.seeds = 1
    bad, runs = [], 0
    for name, _, tallies, problem in all_captures(arguments, SMALL, SMALL_KINDS):
        if problem:
            bad.append(f"{name}: {problem}")
        for kind, tally in tallies.items():
            runs += tally.runs
            if tally.found < tally.runs:
                bad.append(f"{name}: {kind} was not found")
            if tally.false:
                bad.append(f"{name}: the silent twin of {kind} gave {words(tally.by)}")
    for name, labels in LABELLED[1:]:
        row = judge_labelled(arguments.program, arguments.captures, name, labels)
        runs += 1
        if row["missed"] or row["true"] == 0:
            bad.append(f"{name}: {row['missed']} of {row['attacked']} attacked conversations were not found")
        if row["false"] > 2 * row["true"]:
            bad.append(f"{name}: {row['false']} findings outside of the attack, {row['true']} at it")
    if runs < 20:
        bad.append(f"only {runs} runs")
    for line in bad:
        print(line)
    print(f"splice: {runs} runs, {len(bad)} failures")
    return 1 if bad else 0


def make(arguments):
    frames = capture.read(arguments.capture)
    scene, _ = scene_of(arguments.protocol, frames)
    made = (attacks.twin if arguments.twin else attacks.attack)(scene, arguments.kind, arguments.seed)
    both, spliced = capture.merge(frames, made)
    capture.write(arguments.output, both)
    print(f"{len(spliced)} frames spliced, packets {min(spliced)} to {max(spliced)}")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("make")
    one.add_argument("capture")
    one.add_argument("protocol", choices=sorted(PROTOCOLS))
    one.add_argument("kind", choices=list(attacks.EXPECTED))
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--twin", action="store_true")
    one.add_argument("-o", "--output", required=True)
    for name in ("report", "check"):
        many = commands.add_parser(name)
        many.add_argument("--program", default="build/release/rampart")
        many.add_argument("--captures", default="../shared/captures")
        many.add_argument("--seeds", type=int, default=3)
        many.add_argument("--jobs", type=int, default=1)
        many.add_argument("--write")
        many.add_argument("--quick", action="store_true", help="a few captures only")
    arguments = parser.parse_args()
    try:
        return {"make": make, "report": report, "check": check}[arguments.command](arguments)
    except (judge.Failed, ValueError, OSError) as error:
        print(f"splice.py: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
