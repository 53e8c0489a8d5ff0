#!/usr/bin/env python3
"""Lets one system call after the other fail, or kill the writer, and holds the journal against what was acknowledged.
The writer must neither crash nor hang, and no acknowledged record may be lost. Needs strace and the right to trace.

    fault.py DRIVER [--long]      a few places of each call, or many
"""
import os
import shutil
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from campaign import Campaign, is_long, skip

CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "rename,renameat,renameat2", "unlink,unlinkat",
         "mkdir,mkdirat", "ftruncate", "fallocate", "flock")
GOOD = (0, 2, 3, 4, 5)  # done; an Error where it opens or closes; not taken; not acknowledged; could not tell us
KILLED = -9
RECORDS = 400


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


def sweep(driver, strace, calls, skipped):
    """Lets one kind of call fail in each way at each place; gives the campaign and how its writers ended."""
    campaign = Campaign(driver)
    outcomes = Counter()
    rare = calls in ("pwrite64", "ftruncate", "fallocate", "flock", "mkdir,mkdirat", "unlink,unlinkat")
    for fault in ("error=EIO", "error=ENOSPC", "signal=SIGKILL"):
        path = campaign.make(f"{calls}-{fault}")
        for place in places(rare):
            first = skipped + place
            # A disk that is full is so for more than one call.
            when = f"{first}..{first + 1}" if fault == "error=ENOSPC" else f"{first}"
            inject = f"inject={calls}:{fault}:when={when}"
            before = (strace, "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}", "-e", inject)
            code, acked, err = campaign.write(path, RECORDS, before=before)
            killed = fault.startswith("signal") and code in (KILLED, 137)
            if code not in GOOD and not killed:
                campaign.fail(f"{inject}: code {code}", err)
            outcomes[code] += 1
            campaign.check(path, acked, f"{inject}: code {code}")
    return campaign, outcomes


def main():
    driver = sys.argv[1]
    strace = shutil.which("strace")
    if strace is None:
        skip("strace is not installed")
    probe = subprocess.run([strace, "-qq", "-e", "trace=none", "true"], capture_output=True)
    if probe.returncode != 0:
        skip("tracing is not permitted here")
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"  # it traces too
    loader = opened_by_the_loader(strace, Campaign(driver))
    with ThreadPoolExecutor(2) as pool:
        swept = list(pool.map(lambda calls: sweep(driver, strace, calls, loader if calls == "openat" else 0), CALLS))
    codes = sum((outcomes for _, outcomes in swept), Counter())
    print(f"{sum(c.blows for c, _ in swept)} faults, exit codes {dict(sorted(codes.items()))}, "
          f"{sum(c.kept for c, _ in swept)} records kept, none lost")


if __name__ == "__main__":
    main()
