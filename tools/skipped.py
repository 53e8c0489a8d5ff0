#!/usr/bin/env python3
"""Lists the skipped tests of a ctest JUnit file with their reasons.

usage: skipped.py results.xml

A GoogleTest says its reason in the lines after "Skipped"; other tests print "skipped: reason".
"""

import re
import sys
import xml.etree.ElementTree as ElementTree


def reason(output):
    said = re.search(r"^skipped: *(.+)$", output, re.MULTILINE | re.IGNORECASE)
    if said:
        return said.group(1).strip()
    said = re.search(r": Skipped\n(.*?)(?:\n\s*\n|\n?\[  SKIPPED)", output, re.DOTALL)
    if said and said.group(1).strip():
        return " ".join(said.group(1).split())
    return "it gives no reason"


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        suite = ElementTree.parse(sys.argv[1]).getroot()
    except (OSError, ElementTree.ParseError) as error:
        print(f"the results of ctest cannot be read: {error}", file=sys.stderr)
        return 1
    skipped = []
    for case in suite.iter("testcase"):
        mark = case.find("skipped")
        if mark is None and case.get("status") not in ("notrun", "disabled"):
            continue
        # ctest's own words count where it did not even start the test.
        message = mark.get("message", "") if mark is not None else "disabled"
        by_itself = message.startswith("SKIP_") or not message
        skipped.append((case.get("name"), reason(case.findtext("system-out") or "") if by_itself else message))
    print(f"{len(skipped)} skipped{':' if skipped else ''}")
    for name, why in sorted(skipped):
        print(f"  {name}: {why}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
