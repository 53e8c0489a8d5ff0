"""Explains the differences, prints the verdict and writes docs/oracle.md."""

import collections
import csv
import fnmatch

from oracle import tshark

TITLES = {"s7comm": "S7comm", "dnp3": "DNP3", "modbus": "Modbus/TCP", "iec104": "IEC 60870-5-104", "enip": "EtherNet/IP"}
STATES = ("equal", "different", "tshark only", "ours only")
INTRODUCTION = """# What tshark says, and what we say

Every message of these protocols in every capture is read by tshark {version} and by Rampart, and laid side by side
row by row. A row is one item of one message, request and answer apart: one variable of an S7 read, one object header of
a DNP3 answer, one Modbus request, the objects of one monitored ASDU of IEC 60870-5-104, one service of a CIP message
however deep it lies. Compared are the packet, the function and sub-function, the unit, link or common address, the number of the transaction, the object with its address,
count and type, every value written and answered, flags, indices and times, the outcome or exception, the cause, and
DNP3's internal indications. What one of the two does not tell at all (tshark does not decode the item, or Rampart's
line does not repeat the request's words with the answer, or the packets of what an interrogation gathered) is not
compared.

Made by `{command}`; the explanations are kept in `tests/oracle/explained.csv`. `tools/oracle.py --truth` holds our
counts against the tables that tshark alone made beside the captures.

tshark runs with reassembly of IP, TCP, TPKT, COTP and DNP3 on. Segments out of order it either joins, and then waits
for ever behind one that the capture lacks, or takes as they come: for each capture that way is taken in which tshark
itself sees more. COTP connections are not compared: tshark counts them as COTP, we as the opening of an S7 session.
"""


class Explanation:
    """One line of explained.csv. `frames`: packet numbers with spaces between, or * for any."""

    def __init__(self, line):
        self.capture = line["capture"]
        self.protocol = line["protocol"]
        self.kind = line["kind"]
        self.frames = None if line["frames"].strip() == "*" else {int(word) for word in line["frames"].split()}
        self.name = line["class"]
        self.reason = line["reason"]
        self.clause = line["clause"]

    def fits(self, capture, difference):
        return (
            self.protocol == difference.protocol
            and fnmatch.fnmatch(difference.kind, self.kind)
            and fnmatch.fnmatch(capture, self.capture)
            and (self.frames is None or difference.frame in self.frames)
        )


def read_explanations(path):
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [Explanation(line) for line in csv.DictReader(file)]


class Book:
    """All results, each difference with its explanation or none."""

    def __init__(self, results, explanations):
        self.results = results
        self.explained = collections.defaultdict(list)  # by class: (explanation, capture, difference)
        self.unexplained = []
        self.unused = set(explanations)
        for capture, result in results.items():
            for difference in result.differences:
                fitting = next((one for one in explanations if one.fits(capture, difference)), None)
                if fitting is None:
                    self.unexplained.append((capture, difference))
                    continue
                self.unused.discard(fitting)
                self.explained[(fitting.protocol, fitting.name)].append((fitting, capture, difference))

    def totals(self):
        totals = {name: collections.Counter() for name in TITLES}
        for result in self.results.values():
            for name, counts in result.counts.items():
                totals[name].update(counts)
        return totals

    def missed(self):
        """missed lists the captures in which tshark sees a protocol and Rampart sees nothing of it."""
        found = []
        for capture, result in self.results.items():
            for name, counts in result.counts.items():
                ours = sum(counts.values()) - counts["tshark only"]
                if counts["tshark only"] and ours == 0:
                    found.append(f"{capture}: {TITLES[name]}")
        return found

    def verdict(self, most, verbose):
        """verdict prints totals and what is wrong; 0 where all is well."""
        rows = different = 0
        for name, counts in self.totals().items():
            total = sum(counts.values())
            rows += total
            different += total - counts["equal"]
            print(f"{TITLES[name]}: {total} rows, " + ", ".join(f"{counts[state]} {state}" for state in STATES))
        for capture, one in self.unexplained if verbose else self.unexplained[:40]:
            print(f"unexplained: {capture} {one.frame} {one.protocol} {one.kind}")
            print(f"  tshark: {one.theirs}\n  ours:   {one.ours}")
        if verbose:
            for (_, name), lines in self.explained.items():
                for _, capture, one in lines:
                    print(f"{name}: {capture} {one.frame} {one.kind}\n  tshark: {one.theirs}\n  ours:   {one.ours}")
        for stale in self.unused:
            if any(fnmatch.fnmatch(capture, stale.capture) for capture in self.results):
                print(f"explained, but no longer a difference: {stale.capture} {stale.name}")
        for missed in self.missed():
            print(f"nothing of what tshark sees: {missed}")
        share = different / rows if rows else 0
        print(f"{rows} rows, {different} differ ({100 * share:.3f} %), {len(self.unexplained)} unexplained")
        return 1 if share > most or self.unexplained or self.missed() else 0

    def markdown(self):
        command = "tools/oracle.py --report docs/oracle.md"
        parts = [INTRODUCTION.format(version=tshark.version(), command=command), "## Totals\n"]
        parts.append("| protocol | rows | " + " | ".join(STATES) + " | differ |\n|---|---" + "|---" * 5 + "|")
        totals = self.totals()
        everything = sum(totals.values(), collections.Counter())
        for title, counts in [(TITLES[name], counts) for name, counts in totals.items()] + [("all", everything)]:
            total = sum(counts.values())
            share = 100 * (total - counts["equal"]) / total if total else 0
            cells = " | ".join(str(counts[state]) for state in STATES)
            parts.append(f"| {title} | {total} | {cells} | {share:.3f} % |")
        parts.append("\nFields that both programs told, so that they were compared, and in how many rows:\n")
        for name, title in TITLES.items():
            compared = collections.Counter()
            for result in self.results.values():
                compared.update(result.compared[name])
            parts.append(f"- {title}: " + ", ".join(f"{field} {count}" for field, count in compared.most_common()))
        parts.append("\n## Differences\n\nIn each of them we keep to what the clause says.\n")
        for (protocol, name), lines in sorted(self.explained.items()):
            parts.append(self.chapter(protocol, name, lines))
        if self.unexplained:
            parts.append("### Not explained\n")
            parts += [f"- `{capture}` {one.frame}: {one.kind}" for capture, one in self.unexplained]
            parts.append("")
        parts.append("## Captures\n\nThose with at least one row.\n")
        parts.append("| capture | protocol | rows | " + " | ".join(STATES) + " |\n|---|---|---" + "|---" * 4 + "|")
        for capture, result in sorted(self.results.items()):
            for protocol, counts in sorted(result.counts.items()):
                cells = " | ".join(str(counts[state]) for state in STATES)
                parts.append(f"| {capture} | {TITLES[protocol]} | {sum(counts.values())} | {cells} |")
        return "\n".join(parts) + "\n"

    @staticmethod
    def chapter(protocol, name, lines):
        text = [f"### {TITLES[protocol]}: {name} ({len(lines)} rows)\n", lines[0][0].reason + "\n"]
        text.append(f"Clause: {lines[0][0].clause}\n")
        frames = collections.defaultdict(list)
        for _, capture, one in lines:
            frames[capture].append(one.frame)
        for capture, found in sorted(frames.items()):
            text.append(f"- `{capture}`: packet " + ", ".join(str(frame) for frame in sorted(set(found))))
        example = lines[0][2]
        text.append(f"\nExample, packet {example.frame} of `{lines[0][1]}`:\n\n```")
        text.append(f"tshark: {example.theirs or '-'}\nours:   {example.ours or '-'}\n```\n")
        return "\n".join(text)
