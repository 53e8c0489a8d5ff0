#!/usr/bin/env python3
"""Lets one system call after the other fail, or kill the writer, and holds the journal against what was acknowledged.
The writer must neither crash nor hang, and no acknowledged record may be lost. Needs strace and the right to trace.

    fault.py DRIVER [--long]      a few places of each call, or many
"""
import os
import shutil
import subprocess
import sys

from campaign import Campaign, is_long, skip

CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "syncfs", "rename,renameat,renameat2", "unlink,unlinkat",
         "mkdir,mkdirat", "ftruncate", "fallocate", "flock")
GOOD = (0, 2, 3, 4, 5)  # done; an Error where it opens or closes; not taken; not acknowledged; could not tell us
KILLED = -9


def places(is_rare):
    if is_long():
        return range(1, 12) if is_rare else (*range(1, 25), 30, 40, 60, 100)
    return (1, 2) if is_rare else (1, 5, 12)


def opened_by_the_loader(strace, campaign):
    """How many openat calls come before the journal's first: making these fail would only test the loader."""
    path = campaign.make("counted")
    trace = os.path.join(campaign.folder.name, "trace")
    campaign.write(path, 1, before=(strace, "-f", "-qq", "-o", trace, "-e", "trace=openat"))
    with open(trace, encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines):
            if path in line:
                return number
    return 0


def main():
    driver = sys.argv[1]
    strace = shutil.which("strace")
    if strace is None:
        skip("strace is not installed")
    probe = subprocess.run([strace, "-qq", "-e", "trace=none", "true"], capture_output=True)
    if probe.returncode != 0:
        skip("tracing is not permitted here")
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"  # it traces too
    campaign = Campaign(driver)
    skipped = {"openat": opened_by_the_loader(strace, campaign)}
    count = 400
    outcomes = {}
    for calls in CALLS:
        rare = calls in ("pwrite64", "ftruncate", "fallocate", "flock", "mkdir,mkdirat", "unlink,unlinkat")
        for fault in ("error=EIO", "error=ENOSPC", "signal=SIGKILL"):
            path = campaign.make(f"{calls}-{fault}")
            for place in places(rare):
                # A disk that is full is so for more than one call.
                first = skipped.get(calls, 0) + place
                when = f"{first}..{first + 1}" if fault == "error=ENOSPC" else f"{first}"
                inject = f"inject={calls}:{fault}:when={when}"
                before = (strace, "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", inject)
                code, acked, err = campaign.write(path, count, before=before)
                what = f"{inject}: code {code}"
                killed = fault.startswith("signal") and code in (KILLED, 137)
                if code not in GOOD and not killed:
                    campaign.fail(what, err)
                outcomes[code] = outcomes.get(code, 0) + 1
                campaign.check(path, acked, what)
    print(f"{campaign.blows} faults, exit codes {dict(sorted(outcomes.items()))}, {campaign.kept} records kept, none lost")


if __name__ == "__main__":
    main()
