#!/usr/bin/env python3
"""Lays what tshark says of every S7comm, DNP3, Modbus/TCP and IEC 60870-5-104 message beside what Rampart says, row by row.

usage: oracle.py [--program FILE] [--captures FOLDER] [--report FILE] [--jobs N] [--only WORD] [--verbose]
       oracle.py --truth [--program FILE] [--captures FOLDER]

A row is one item of one message, request and answer apart. Ends with 1 where more than 0.5 % of the rows differ, where
a difference has no explanation in tests/oracle/explained.csv, or where tshark sees rows of a protocol in a capture and
Rampart none; with 77 where tshark or the captures are missing.
"""

import argparse
import concurrent.futures
import pathlib
import shutil
import sys

from oracle import compare, report, truth

ROOT = pathlib.Path(__file__).resolve().parent.parent
MOST_DIFFERENT = 0.005
SKIPPED = 77


def captures_below(folder, only):
    endings = {".pcap", ".pcapng", ".cap"}
    found = [path for path in folder.rglob("*") if path.suffix in endings and "truth" not in path.parts]
    return sorted(path for path in found if only in str(path.relative_to(folder)))


def run(arguments, captures):
    """run compares all captures, the largest first so that the workers end together."""
    jobs = {}
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool:
        for path in sorted(captures, key=lambda path: -path.stat().st_size):
            jobs[path] = pool.submit(compare.capture, str(arguments.program), str(path))
        return {str(path.relative_to(arguments.captures)): jobs[path].result() for path in captures}


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build" / "release" / "rampart")
    parser.add_argument("--captures", type=pathlib.Path, default=ROOT.parent / "shared" / "captures")
    parser.add_argument("--explained", type=pathlib.Path, default=ROOT / "tests" / "oracle" / "explained.csv")
    parser.add_argument("--report", type=pathlib.Path, help="write the totals and all differences here, as Markdown")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="", help="compare only captures whose path has this word")
    parser.add_argument("--verbose", action="store_true", help="print each difference, explained or not")
    parser.add_argument("--truth", action="store_true", help="compare counts with captures/truth instead")
    return parser.parse_args()


def main():
    arguments = read_arguments()
    if not arguments.captures.is_dir():
        print(f"skipped: no captures at {arguments.captures}")
        return SKIPPED
    if not arguments.program.is_file():
        print(f"{arguments.program} is not built")
        return 1
    captures = captures_below(arguments.captures, arguments.only)
    if arguments.truth:
        return truth.check(arguments.program, arguments.captures, captures, arguments.jobs)
    if shutil.which("tshark") is None:
        print("skipped: tshark is not installed")
        return SKIPPED
    results = run(arguments, captures)
    book = report.Book(results, report.read_explanations(arguments.explained))
    if arguments.report:
        arguments.report.write_text(book.markdown(), encoding="utf-8")
    return book.verdict(MOST_DIFFERENT, arguments.verbose)


if __name__ == "__main__":
    sys.exit(main())
