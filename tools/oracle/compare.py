"""Compares one capture: the rows of tshark beside those of Rampart, for all protocols of the oracle."""

import collections

from oracle import dnp3, enip, iec104, modbus, rampart, rows, s7comm, tshark

MODULES = {"modbus": modbus, "dnp3": dnp3, "s7comm": s7comm, "iec104": iec104, "enip": enip}


class Difference:
    """A pair that is not equal, as plain text, so that it travels between processes."""

    __slots__ = ("protocol", "frame", "state", "fields", "theirs", "ours")

    def __init__(self, pair):
        self.protocol = pair.row.protocol
        self.frame = pair.row.frame
        self.state = pair.state
        self.fields = tuple(pair.differ)
        self.theirs = pair.theirs.describe() if pair.theirs else ""
        self.ours = pair.ours.describe() if pair.ours else ""
        if pair.theirs and pair.ours and pair.theirs.frame != pair.ours.frame:
            self.ours = f"packet {pair.ours.frame}: {self.ours}"

    @property
    def kind(self):
        """kind names what differs: `tshark-only`, `ours-only`, or the fields joined by a plus sign."""
        return "+".join(self.fields) if self.state == "different" else self.state.replace(" ", "-")


class Result:
    """The rows of one capture: counts by protocol and state, and the differences."""

    __slots__ = ("counts", "differences", "compared")

    def __init__(self):
        self.counts = collections.defaultdict(collections.Counter)
        self.differences = []
        self.compared = collections.defaultdict(collections.Counter)  # fields that both programs told


def tshark_rows(path, extra=()):
    """tshark_rows gives tshark's rows by protocol."""
    readers = {name: module.Tshark() for name, module in MODULES.items()}
    found = collections.defaultdict(list)

    def take(packet):
        for name, reader in readers.items():
            found[name] += reader.from_packet(packet)

    tshark.read(path, take, extra)
    return found


def pair_all(theirs, events):
    pairs = []
    for name, module in MODULES.items():
        pairs += rows.pair_rows(theirs[name], module.from_events(events[name]))
    return pairs


def capture(program, path):
    """capture compares one file; runs in a process of its own.

    tshark either waits for segments that are out of order, for ever where the capture lacks them, or never. Of the two
    that way is taken in which tshark itself sees more.
    """
    events = collections.defaultdict(list)
    for event in rampart.read(program, path):
        events[event.protocol].append(event)
    theirs = tshark_rows(path)
    pairs = pair_all(theirs, events)
    if any(pair.state == "ours only" for pair in pairs):
        patient = tshark_rows(path, tshark.OUT_OF_ORDER)
        if sum(map(len, patient.values())) > sum(map(len, theirs.values())):
            pairs = pair_all(patient, events)
    result = Result()
    for pair in pairs:
        result.counts[pair.row.protocol][pair.state] += 1
        result.compared[pair.row.protocol].update(pair.told())
        if pair.state != "equal":
            result.differences.append(Difference(pair))
    result.differences.sort(key=lambda difference: (difference.protocol, difference.frame))
    return result
