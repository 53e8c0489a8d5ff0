#!/usr/bin/env python3
"""Holds every #include below src/ against cmake/rooms.cmake, the one declaration of the rooms and their arrows.

usage: check_rooms.py [REPOSITORY]
       check_rooms.py --self-test

An include of another room needs that room after MAY; a header that a room OWNS may be included by its owners only.
Relative includes that leave the room are refused, for they would go round the rule.
"""

import pathlib
import re
import sys
import tempfile

ROOM = re.compile(r"^rampart_room\((.*?)\)", re.MULTILINE | re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*(?:include|include_next|import)[ \t]*([<"])([^>"]+)[>"]')
SOURCES = {".h", ".hpp", ".cpp", ".cc", ".inc", ".ipp"}


def read_rooms(text):
    """Gives {room: {"MAY": set, "OWNS": set}} in the order of the file."""
    rooms = {}
    text = re.sub(r"#[^\n]*", "", text)
    for call in ROOM.finditer(text):
        words = call.group(1).split()
        room = rooms.setdefault(words[0], {"MAY": set(), "LINKS": set(), "OWNS": set()})
        key = None
        for word in words[1:]:
            if word in room:
                key = word
            elif key:
                room[key].add(word.strip('"'))
    return rooms


def includes_of(path):
    in_comment = False
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if in_comment:
            if "*/" not in line:
                continue
            line = line.split("*/", 1)[1]
            in_comment = False
        found = INCLUDE.match(line)
        if found:
            yield number, found.group(2)
        elif "/*" in line and "*/" not in line.split("/*", 1)[1]:
            in_comment = True


def faults(repository):
    """Gives one line for each include that breaks the declaration."""
    rooms = read_rooms((repository / "cmake" / "rooms.cmake").read_text(encoding="utf-8"))
    found = []
    if not rooms:
        return ["cmake/rooms.cmake: declares no room"]
    for name, room in rooms.items():
        for other in sorted(room["MAY"] - rooms.keys()):
            found.append(f"cmake/rooms.cmake: {name} may include {other}, which is no room")
    found.extend(circles(rooms))
    source = repository / "src"
    for path in sorted(p for p in source.rglob("*") if p.suffix in SOURCES and p.is_file()):
        where = path.relative_to(repository)
        name = path.relative_to(source).parts[0]
        if name not in rooms:
            found.append(f"{where}: {name} is not declared as a room in cmake/rooms.cmake")
            continue
        for number, header in includes_of(path):
            fault = judge(rooms, source, path, name, header)
            if fault:
                found.append(f"{where}:{number}: {fault}")
    return found


def judge(rooms, source, path, name, header):
    if ".." in pathlib.PurePosixPath(header).parts:
        return f"#include of {header}: write it from src/, not relative"
    owners = {room for room, said in rooms.items() if any(header.startswith(owned) for owned in said["OWNS"])}
    if owners and name not in owners:
        return f"{header} belongs to {', '.join(sorted(owners))}; {name} may not include it"
    first = header.split("/", 1)[0]
    if first in rooms and first != name and ("/" in header) and not (path.parent / header).exists():
        if first not in rooms[name]["MAY"]:
            return f"{name} may not include {first} ({header})"
    return None


def circles(rooms):
    """Rooms that reach themselves over MAY."""
    for start in rooms:
        reached, waiting = set(), set(rooms[start]["MAY"])
        while waiting:
            room = waiting.pop()
            if room not in reached and room in rooms:
                reached.add(room)
                waiting |= rooms[room]["MAY"]
        if start in reached:
            yield f"cmake/rooms.cmake: {start} reaches itself over MAY"


PLANTED = {
    "allowed.h": ("plant", '#include "base/bytes.h"\n#include <libfyaml.h>\n#include "plant/other.h"\n#include <vector>\n', None),
    "upward.cpp": ("base", '#include "plant/plant.h"\n', "base may not include plant"),
    "sideways.cpp": ("crypto", '#  include "plant/plant.h"\n', "crypto may not include plant"),
    "foreign.cpp": ("plant", "#include <openssl/evp.h>\n", "openssl/evp.h belongs to crypto, net"),
    "quoted.cpp": ("base", '#include "libfyaml.h"\n', "libfyaml.h belongs to plant"),
    "angled.cpp": ("base", "#include <crypto/hash.h>\n", "base may not include crypto"),
    "relative.cpp": ("base", '#include "../plant/plant.h"\n', "not relative"),
    "comment.cpp": ("base", '// #include "plant/plant.h"\n/*\n#include "plant/plant.h"\n*/\n', None),
    "after.cpp": ("base", '/* one */\n/*\ntwo */\n#include "plant/plant.h"\n', "base may not include plant"),
    "room.cpp": ("attic", "\n", "attic is not declared"),
}
DECLARED = """# rampart_room(attic MAY base)
rampart_room(base MAY LINKS fmt::fmt)
rampart_room(crypto MAY base OWNS openssl/)
rampart_room(net MAY base crypto
             OWNS openssl/)
rampart_room(plant MAY base LINKS PkgConfig::libfyaml OWNS libfyaml.h)
"""


def self_test():
    """Plants each kind of fault in a folder of its own: all must be found, and nothing else."""
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        repository = pathlib.Path(folder)
        (repository / "cmake").mkdir()
        declaration = repository / "cmake" / "rooms.cmake"
        declaration.write_text(DECLARED, encoding="utf-8")
        for file, (room, text, _) in PLANTED.items():
            (repository / "src" / room).mkdir(parents=True, exist_ok=True)
            (repository / "src" / room / file).write_text(text, encoding="utf-8")
        found = faults(repository)
        for file, (room, _, expected) in PLANTED.items():
            about = [line for line in found if f"src/{room}/{file}" in line]
            if expected is None and about:
                wrong.append(f"{file}: nothing is wrong, but: {about[0]}")
            if expected is not None and not (len(about) == 1 and expected in about[0]):
                wrong.append(f"{file}: expected '{expected}', got {about or 'nothing'}")
        declaration.write_text(DECLARED.replace("base MAY LINKS", "base MAY plant LINKS"), encoding="utf-8")
        if not any("reaches itself" in line for line in faults(repository)):
            wrong.append("a circle over MAY was not found")
        declaration.write_text(DECLARED.replace("plant MAY base", "plant MAY cellar"), encoding="utf-8")
        if not any("cellar, which is no room" in line for line in faults(repository)):
            wrong.append("a room that is not declared was not found after MAY")
    return wrong


def main():
    if sys.argv[1:] == ["--self-test"]:
        found, good = self_test(), f"{len(PLANTED) + 2} planted cases judged as expected"
    else:
        found = faults(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent))
        good = "every #include follows cmake/rooms.cmake"
    for line in found:
        print(line)
    print(f"{len(found)} faults" if found else good)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
