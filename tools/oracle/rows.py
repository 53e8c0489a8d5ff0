"""A row: one item of one message, as one of the two programs saw it, and the pairing of the rows of both."""

import collections

REQUEST = "request"
ANSWER = "answer"


class Row:
    """`fields` maps a field's name to its value as text; None: this program does not tell that field. `exact` is False
    where the program does not tell the packet of this item, but that of a later one of the same exchange."""

    __slots__ = ("protocol", "frame", "side", "flow", "fields", "exact")

    def __init__(self, protocol, frame, side, flow, **fields):
        self.protocol = protocol
        self.frame = frame
        self.side = side
        self.flow = flow
        self.fields = fields
        self.exact = True

    def describe(self):
        told = [f"{name}={shorten(value)}" for name, value in self.fields.items() if value is not None]
        return f"{self.side} " + " ".join(told)


class Pair:
    """One line of the comparison: what tshark saw, what Rampart saw, and in which fields they differ."""

    __slots__ = ("theirs", "ours", "differ")

    def __init__(self, theirs, ours):
        self.theirs = theirs
        self.ours = ours
        self.differ = differing(theirs, ours) if theirs and ours else []

    @property
    def row(self):
        return self.theirs or self.ours

    def told(self):
        """told lists the fields that both programs told, and that were therefore compared."""
        if self.theirs is None or self.ours is None:
            return []
        ours = self.ours.fields
        return [name for name, value in self.theirs.fields.items() if value is not None and ours.get(name) is not None]

    @property
    def state(self):
        if self.ours is None:
            return "tshark only"
        if self.theirs is None:
            return "ours only"
        return "different" if self.differ else "equal"


def shorten(value, most=60):
    text = str(value)
    return text if len(text) <= most else text[: most - 3] + "..."


def flow_of(source, source_port, target, target_port):
    return tuple(sorted(((source, source_port), (target, target_port))))


def numbers(values):
    """numbers is a list of values as text: `1,0,170`."""
    return ",".join(str(value) for value in values)


def differing(theirs, ours):
    names = list(theirs.fields) + [name for name in ours.fields if name not in theirs.fields]
    found = []
    for name in names:
        left, right = theirs.fields.get(name), ours.fields.get(name)
        if left is not None and right is not None and left != right:
            found.append(name)
    return found


def pair_rows(theirs, ours):
    """pair_rows lays the rows of both programs side by side: first within a packet, then the rest by content."""
    groups = collections.defaultdict(lambda: ([], []))
    for which, rows in enumerate((theirs, ours)):
        for row in rows:
            groups[(row.frame, row.side)][which].append(row)
    pairs, left, right = [], [], []
    for key in sorted(groups):
        pair_group(*groups[key], pairs, left, right)
    pair_elsewhere(pairs, left, right)
    return pairs


def pair_group(theirs, ours, pairs, left, right):
    in_order = [Pair(*both) for both in zip(theirs, ours)]
    if len(theirs) == len(ours) and not any(pair.differ for pair in in_order):
        pairs += in_order
        return
    rest = list(ours)
    waiting = []
    for row in theirs:
        match = next((other for other in rest if not differing(row, other)), None)
        if match is None:
            waiting.append(row)
        else:
            rest.remove(match)
            pairs.append(Pair(row, match))
    if len(waiting) == len(rest):
        pairs += [Pair(*both) for both in zip(waiting, rest)]
        return
    left += waiting
    right += rest


def pair_elsewhere(pairs, left, right):
    """pair_elsewhere joins what both saw with one content, though at different packets of one conversation."""
    by_flow = collections.defaultdict(list)
    for row in right:
        by_flow[(row.flow, row.side)].append(row)
    for row in left:
        candidates = by_flow[(row.flow, row.side)]
        same = [other for other in candidates if not differing(row, other)]
        near = [other for other in candidates if other.frame == row.frame]
        match = min(same or near, key=lambda other: abs(other.frame - row.frame), default=None)
        if match is not None:
            candidates.remove(match)
        pair = Pair(row, match)
        if match is not None and not pair.differ and match.frame != row.frame and match.exact:
            pair.differ = ["packet"]
        pairs.append(pair)
    for rest in by_flow.values():
        pairs += [Pair(None, row) for row in rest]
