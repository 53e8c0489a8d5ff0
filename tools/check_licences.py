#!/usr/bin/env python3
"""Holds what a shipped program links against the table in docs/dependencies.md.

usage: check_licences.py PROGRAM [DEPENDENCIES.md]
       check_licences.py --npm [WEB] [DEPENDENCIES.md]
       check_licences.py --self-test

A row of the table: | `libfoo.so.1` | package | licence | linked by | why |. Every library that the loader brings in,
directly or through another, must have a row, and no row in use may name a GPL licence only. Ends with 77 where the
program is not built or the tools are missing.

--npm holds the packages of web/: each that package.json names has a row | `name` | version | licence | with the pinned
version and its licence, each that is in the page a row that says so, and none of all in package-lock.json is GPL only.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys

ROW = re.compile(r"^\|\s*`([^`]+\.so[^`]*)`\s*\|\s*([^|]*)\|\s*([^|]*)\|", re.MULTILINE)
# The kernel's page and the dynamic loader come with every program.
ALWAYS_THERE = re.compile(r"^(linux-vdso|linux-gate|ld-linux[-\w]*)\.so")


def read_table(text):
    """Gives {library: licence}."""
    return {row.group(1).strip(): row.group(3).strip() for row in ROW.finditer(text)}


def gpl_only(licence):
    """True where the licence leaves no way but the GPL (or AGPL): no alternative, no linking exception."""
    choices = re.split(r"\s+or\s+(?!later)|\s*/\s*", licence, flags=re.IGNORECASE)
    return all(re.search(r"(?<![L])GPL", choice) and not re.search("exception", choice, re.IGNORECASE) for choice in choices)


def linked(ldd_output):
    """Gives the names of all libraries in the output of ldd, and those it did not find."""
    names, absent = set(), set()
    for line in ldd_output.splitlines():
        words = line.split()
        if not words or words[0] in ("statically", "not"):
            continue
        name = pathlib.PurePosixPath(words[0]).name
        if ALWAYS_THERE.match(name):
            continue
        names.add(name)
        if "not found" in line:
            absent.add(name)
    return names, absent


def needed(readelf_output):
    return set(re.findall(r"\(NEEDED\).*\[([^\]]+)\]", readelf_output))


def faults(names, direct, table):
    for name in sorted(names):
        how = "directly" if name in direct else "through another library"
        if name not in table:
            yield f"{name} is linked {how} and has no row in docs/dependencies.md"
        elif not table[name]:
            yield f"{name} has a row without a licence"
        elif gpl_only(table[name]):
            yield f"{name} is linked {how} and its licence is {table[name]}: a GPL library is never linked"


NPM_ROW = re.compile(r"^\|\s*`([^`]+)`\s*\|\s*(\d[^|]*?)\s*\|\s*([^|]*?)\s*\|", re.MULTILINE)


def npm_faults(named, lock, document):
    """`named`: packages of package.json; `lock`: package-lock.json's; `document`: the text of docs/dependencies.md."""
    rows = {row.group(1): (row.group(2), row.group(3)) for row in NPM_ROW.finditer(document)}
    for path, package in lock.items():
        name = path.rpartition("node_modules/")[2]
        if not name:
            continue
        licence = package.get("license", "")
        if not licence:
            yield f"{name} names no licence"
        elif gpl_only(licence):
            yield f"{name}: its licence is {licence}"
        if not package.get("integrity"):
            yield f"{name} has no hash in package-lock.json"
    for name in sorted(named):
        package = lock.get(f"node_modules/{name}", {})
        if name not in rows:
            yield f"{name} has no row in docs/dependencies.md"
        elif rows[name] != (package.get("version"), package.get("license")):
            yield f"{name} is {package.get('version')} under {package.get('license')}, its row says {rows[name]}"


def check_npm(folder, document):
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    named = [name for kind in ("dependencies", "devDependencies", "optionalDependencies") for name in package.get(kind, {})]
    if (folder / "vite.config.ts").exists():
        # What it lets into the page is shipped, whoever brought it.
        shipped = re.search(r"kShipped = \[(.*?)\]", (folder / "vite.config.ts").read_text(encoding="utf-8")).group(1)
        named += re.findall(r"'([^']+)'", shipped)
    found = list(npm_faults(set(named), lock, document.read_text(encoding="utf-8")))
    for fault in found:
        print(fault)
    print(f"{len(found)} faults" if found else f"{len(lock) - 1} npm packages, none GPL only, those named in the table")
    return 1 if found else 0


def self_test():
    table = read_table("| Library | Package | Licence | Linked by | Why |\n|---|---|---|---|---|\n"
                       "| `libfmt.so.9` | libfmt9 | MIT | base | text |\n"
                       "| `libstdc++.so.6` | libstdc++6 | GPL-3.0-or-later with GCC Runtime Library Exception | all | C++ |\n"
                       "| `libdbus-1.so.3` | libdbus-1-3 | AFL-2.1 or GPL-2.0-or-later | libpcap | USB |\n"
                       "| `libsystemd.so.0` | libsystemd0 | LGPL-2.1-or-later | libdbus | - |\n"
                       "| `libreadline.so.8` | libreadline8 | GPL-3.0-or-later | nobody | - |\n"
                       "| `libold.so.1` | libold1 | GPL-2.0 or GPL-3.0 | nobody | - |\n")
    ldd = ("\tlinux-vdso.so.1 (0x1)\n\tlibfmt.so.9 => /lib/libfmt.so.9 (0x2)\n\tlibstdc++.so.6 => /lib/libstdc++.so.6 (0x3)\n"
           "\tlibdbus-1.so.3 => /lib/libdbus-1.so.3 (0x4)\n\tlibsystemd.so.0 => /lib/libsystemd.so.0 (0x4)\n"
           "\t/lib64/ld-linux-x86-64.so.2 (0x5)\n")
    names, absent = linked(ldd)
    checks = {
        "six rows are read": len(table) == 6,
        "the loader and the kernel's page do not count": names == {"libfmt.so.9", "libstdc++.so.6", "libdbus-1.so.3", "libsystemd.so.0"},
        "nothing is absent": not absent,
        "rows with alternatives, LGPL and exceptions pass": not list(faults(names, names, table)),
        "a library without a row is found": list(faults({"libnew.so.1"}, set(), table)) != [],
        "a GPL library is found": any("never linked" in f for f in faults({"libreadline.so.8"}, set(), table)),
        "two GPL licences are no choice": any("never linked" in f for f in faults({"libold.so.1"}, set(), table)),
        "AGPL counts as GPL": gpl_only("AGPL-3.0-only"),
        "an absent library is found": linked("\tlibgone.so.2 => not found\n")[1] == {"libgone.so.2"},
        "NEEDED is read": needed(" 0x01 (NEEDED)  Shared library: [libfmt.so.9]\n") == {"libfmt.so.9"},
    }
    row, lock = "| `svelte` | 5.1.0 | MIT | page |\n", {"": {}, "node_modules/svelte": {"version": "5.1.0", "license": "MIT", "integrity": "x"}}
    bad = {**lock, "node_modules/evil": {"version": "1", "license": "GPL-3.0-only", "integrity": "x"}}
    checks |= {
        "an npm package with its row passes": not list(npm_faults({"svelte"}, lock, row)),
        "one without a row is found": list(npm_faults({"svelte"}, lock, "")) != [],
        "one of another version is found": list(npm_faults({"svelte"}, lock, row.replace("5.1.0", "5.0.0"))) != [],
        "one under the GPL is found": list(npm_faults({"svelte"}, bad, row)) != [],
        "one without a hash is found": list(npm_faults(set(), {"node_modules/a": {"license": "MIT"}}, "")) != [],
    }
    wrong = [what for what, good in checks.items() if not good]
    for what in wrong:
        print(f"not so: {what}")
    print(f"{len(wrong)} of {len(checks)} checks failed" if wrong else f"{len(checks)} checks of the check itself")
    return 1 if wrong else 0


def skip(reason):
    print(f"skipped: {reason}")
    return 77


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    root = pathlib.Path(__file__).resolve().parent.parent
    if sys.argv[1:2] == ["--npm"]:
        given = [pathlib.Path(one) for one in sys.argv[2:4]]
        return check_npm(*(given + [root / "web", root / "docs" / "dependencies.md"][len(given):]))
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    program = pathlib.Path(sys.argv[1])
    document = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else root / "docs" / "dependencies.md"
    if not program.exists():
        return skip(f"{program.name} is not built as a release, ./test builds it")
    for tool in ("ldd", "readelf"):
        if shutil.which(tool) is None:
            return skip(f"{tool} is not installed")
    if not document.exists():
        print(f"{document.name} is missing: nothing says what may be linked")
        return 1
    ldd = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    direct = needed(subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout)
    names, absent = linked(ldd)
    table = read_table(document.read_text(encoding="utf-8"))
    found = [f"{name} is not installed here" for name in sorted(absent)] + list(faults(names, direct, table))
    for fault in found:
        print(fault)
    for name in sorted(table.keys() - names):
        print(f"note: {name} has a row and is not linked")
    print(f"{len(found)} faults" if found else f"{len(names)} libraries, all in the table, none GPL only")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
