#!/usr/bin/env python3
"""check_named_tests.py BUILD: every test that the documents name exists. A document names tests in backquotes, as ctest
lists them, `*` standing for anything: `monitor.Stream.*Wrap*`; the room in front may be left out."""
import fnmatch
import json
import pathlib
import re
import subprocess
import sys

DOCUMENTS = ["docs/threat-model.md", "docs/62443-4-1.md", "docs/protocol-traps.md"]
NAME = re.compile(r"`((?:[a-z0-9_*]+\.)?[A-Z][A-Za-z0-9*]+\.[A-Za-z0-9_*]+|(?:[a-z]+)\.[A-Za-z0-9_.*]+)`")
FILES = (".md", ".py", ".h", ".cpp", ".sh", ".txt", ".yaml", ".json", ".csv", ".cmake")


def main():
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    listed = subprocess.run(["ctest", "--test-dir", sys.argv[1], "--show-only=json-v1"], check=True, capture_output=True)
    tests = [test["name"] for test in json.loads(listed.stdout)["tests"]]
    repository = pathlib.Path(__file__).resolve().parent.parent
    missing = named = 0
    for document in DOCUMENTS:
        for name in sorted(set(NAME.findall((repository / document).read_text(encoding="utf-8")))):
            if name.endswith(FILES):
                continue
            named += 1
            if not any(fnmatch.fnmatchcase(test, pattern) for test in tests for pattern in (name, "*." + name)):
                print(f"{document}: no test is called {name}")
                missing += 1
    print(f"{named} names of tests in the documents, {missing} without a test")
    return 1 if missing or named == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
