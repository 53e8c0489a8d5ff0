#!/usr/bin/env python3
"""Holds the repository against its own promises: files that must exist, commands that README names, nothing in git that
must not be there.

usage: check_project.py CHECK [REPOSITORY]      CHECK: files, readme, captures, words, docs, scripts
       check_project.py --self-test

Ends with 77 and a reason where a check needs git and there is none.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

REQUIRED = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "LICENSE", "NOTICE", "run",
            "test", ".ci/run", "CMakePresets.json", "docs/dependencies.md", "docs/threat-model.md", "docs/62443-4-1.md",
            "docs/formats", "demo/plant.yaml", "demo/README.md", "data/terms.csv", "packaging/debian-packages.txt")
COMMANDS = ("run", "test", ".ci/run", "tools/install.sh", "tools/build.sh")
CAPTURES = re.compile(r"\.(pcap|pcapng|cap|dmp)(\.(gz|xz|zst|bz2))?$", re.IGNORECASE)
# Magic numbers of capture files, whatever they are called.
CAPTURE_MAGIC = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a")
# Small captures that a program of the project made as seeds of its fuzz targets.
CAPTURES_ALLOWED = re.compile(r"^tests/(corpus|data)/")
LARGEST_BYTES = 2 * 1024 * 1024
TEXT_SUFFIXES = {"", ".md", ".txt", ".py", ".sh", ".cpp", ".h", ".cmake", ".yaml", ".yml", ".json", ".csv", ".in", ".service"}
# Spelt in pieces, so that this file does not find itself.
FORBIDDEN = {
    "a path of somebody's machine": r"(?<![\w.])/(work|home|Users)/[a-z0-9_.-]+|/tmp/(team|bash_jobs)",
    "the address of a package mirror": r"https?://[\w.-]*(deb\.debian|snapshot\.debian|archive\.ubuntu|registry\.npmjs|pypi\.python|files\.pythonhosted|nodesource|proxy\.golang)[\w.-]*",
    "an open end": r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b",
    "a claim that nobody may make": r"\b(is|are|fully|been) (certified|compliant)\b|\bguarantees? (security|compliance)\b",
}


def tracked(repository):
    """Gives the paths that git keeps or would keep, or None where there is no git."""
    try:
        answer = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(repository), "ls-files", "-z"],
                                capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [path for path in answer.stdout.decode("utf-8").split("\0") if path and (repository / path).is_file()]


def check_files(repository):
    for name in REQUIRED:
        if not (repository / name).exists():
            yield f"{name} is missing"
    for name in COMMANDS:
        if (repository / name).exists() and not (repository / name).stat().st_mode & 0o111:
            yield f"{name} is not executable"
    ci = repository / ".ci" / "run"
    if ci.exists() and "/test" not in ci.read_text(encoding="utf-8"):
        yield ".ci/run does not call ./test"
    for room in sorted(p for p in (repository / "src").iterdir() if p.is_dir() and any(p.rglob("*.cpp"))):
        if not (room / "README.md").exists():
            yield f"src/{room.name}/README.md is missing: every room says what it is for"


def check_readme(repository):
    readme = repository / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    for command in ("./run", "./test"):
        if command not in text:
            yield f"README.md does not name {command}"
    if not re.search(r"!\[[^\]]*\]\(|```|<img|<svg", text):
        yield "README.md has no picture"
    for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
        if not (repository / link).exists():
            yield f"README.md links {link}, which does not exist"


def check_captures(repository, paths):
    for path in paths:
        if CAPTURES_ALLOWED.match(path):
            continue
        file = repository / path
        with file.open("rb") as opened:
            magic = opened.read(4)
        if CAPTURES.search(path) or magic in CAPTURE_MAGIC:
            yield f"{path} is a capture: captures stay outside the repository"
        elif file.stat().st_size > LARGEST_BYTES:
            yield f"{path} has {file.stat().st_size} bytes, more than {LARGEST_BYTES}"


def check_words(repository, paths):
    for path in paths:
        if pathlib.PurePosixPath(path).suffix not in TEXT_SUFFIXES or path.startswith("tests/corpus/"):
            continue
        try:
            lines = (repository / path).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(lines, start=1):
            for what, pattern in FORBIDDEN.items():
                if path == "tools/check_project.py" and "r\"" in line:
                    continue
                found = re.search(pattern, line)
                if found:
                    yield f"{path}:{number}: {what}: {found.group(0)}"


def check_docs(repository):
    """Every relative link of the documents leads somewhere; ARCHITECTURE.md stays under 200 lines."""
    for document in sorted(repository.glob("*.md")) + sorted((repository / "docs").rglob("*.md")) + sorted(
            (repository / "src").rglob("README.md")) + [repository / "demo" / "README.md"]:
        if not document.exists():
            continue
        text = document.read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
            if not (document.parent / link).exists():
                yield f"{document.relative_to(repository)} links {link}, which does not exist"
    architecture = repository / "ARCHITECTURE.md"
    if architecture.exists() and len(architecture.read_text(encoding="utf-8").splitlines()) > 200:
        yield "ARCHITECTURE.md has more than 200 lines"


def check_scripts(repository):
    """Shell and Python files can be read by their own interpreters."""
    for path in [repository / "run", repository / "test", repository / ".ci" / "run", *sorted((repository / "tools").glob("*.sh"))]:
        if path.exists():
            shell = "bash" if "bash" in path.read_text(encoding="utf-8").splitlines()[0] else "sh"
            answer = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True)
            if answer.returncode != 0:
                yield f"{path.relative_to(repository)}: {answer.stderr.strip()}"
    for folder in ("tools", "demo", "tests"):
        for path in sorted((repository / folder).rglob("*.py")):
            try:
                compile(path.read_text(encoding="utf-8"), str(path), "exec")
            except SyntaxError as error:
                yield f"{path.relative_to(repository)}:{error.lineno}: {error.msg}"


PLAIN = {"files": check_files, "readme": check_readme, "docs": check_docs, "scripts": check_scripts}
WITH_GIT = {"captures": check_captures, "words": check_words}


def self_test():
    """Plants one fault of each kind."""
    planted = {
        "README.md": "Start with ./run.\n[gone](docs/gone.md)\n",
        "src/attic/attic.cpp": "// TO" "DO later\n",
        "note.md": "see /ho" "me/jane/rampart, http://deb.deb" "ian.org/debian; it is certi" "fied\n[gone](lost.md)\n",
        "run": "#!/bin/sh\nif true; then\n",
        "tools/bad.py": "def broken(:\n",
        "tests/corpus/pcap_fuzz/a.pcap": "",
    }
    with tempfile.TemporaryDirectory() as folder:
        repository = pathlib.Path(folder)
        for name, text in planted.items():
            (repository / name).parent.mkdir(parents=True, exist_ok=True)
            (repository / name).write_text(text, encoding="utf-8")
        (repository / "hidden.bin").write_bytes(b"\xd4\xc3\xb2\xa1rest")
        (repository / "docs").mkdir()
        paths = [*planted, "hidden.bin"]
        said = {name: list(check(repository)) for name, check in PLAIN.items()}
        said.update({name: list(check(repository, paths)) for name, check in WITH_GIT.items()})
    expected = (("files", "LICENSE is missing"), ("files", "run is not executable"), ("files", "src/attic/README.md"),
                ("readme", "does not name ./test"), ("readme", "no picture"), ("readme", "docs/gone.md"),
                ("captures", "hidden.bin is a capture"), ("words", "note.md:1: a path"), ("words", "note.md:1: the address"),
                ("words", "note.md:1: a claim"), ("words", "src/attic/attic.cpp:1: an open end"), ("docs", "lost.md"),
                ("scripts", "run:"), ("scripts", "tools/bad.py:1"))
    wrong = [f"{check} did not find: {text}" for check, text in expected if not any(text in line for line in said[check])]
    if any("tests/corpus" in line for line in said["captures"]):
        wrong.append("captures took a seed of a fuzz target for a capture")
    return wrong, len(expected) + 1


def main():
    if sys.argv[1:] == ["--self-test"]:
        found, count = self_test()
        good = f"{count} planted cases judged as expected"
    elif len(sys.argv) in (2, 3) and sys.argv[1] in PLAIN | WITH_GIT:
        name = sys.argv[1]
        repository = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else pathlib.Path(__file__).resolve().parent.parent
        if name in PLAIN:
            found = list(PLAIN[name](repository))
        else:
            paths = tracked(repository)
            if paths is None:
                print("skipped: git is not here, or this is no clone")
                return 77
            found = list(WITH_GIT[name](repository, paths))
        good = f"{name}: nothing to complain of"
    else:
        print(__doc__, file=sys.stderr)
        return 2
    for line in found:
        print(line)
    print(f"{len(found)} faults" if found else good)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
