"""Runs Rampart over captures and says what it found of what was put there."""

import json
import os
import subprocess

UNTOLD = {"suppressed", "below-threshold", "part-of-scan", "sensor-lost-packets"}


class Failed(Exception):
    pass


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(" ".join(command) + f" ended with {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout


def draft(program, capture, plant, learn=None):
    """draft makes a plant of what a capture holds; `learn` in seconds is the learning window of all that learns."""
    if os.path.exists(plant):
        os.remove(plant)
    run([program, "discover", capture, "-o", plant])
    if learn:
        with open(plant, "a", encoding="utf-8") as file:
            file.write("findings:\n")
            for finding in ("new-master", "new-pair", "first-write", "unusual-value", "write-burst", "flood"):
                file.write(f"  - {{id: {finding}, learn: {learn}s}}\n")


def alerts(program, plant, capture, workers=1):
    """alerts gives (finding, number of the packet, count) of all that was told one by one."""
    out = run([program, "watch", plant, "--read", capture, "--json", "-", "--operations", "none", "--quiet",
               "--workers", str(workers)])
    found = []
    for line in out.splitlines():
        event = json.loads(line)
        if event.get("event_type") != "alert" or event["rampart"].get("reason") in UNTOLD:
            continue
        found.append((event["rampart"]["finding"], event["pcap_cnt"], event["rampart"].get("count", 1)))
    return found
