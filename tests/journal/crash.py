#!/usr/bin/env python3
"""Kills a writer of the journal at random moments, opens the journal again, and holds it against what was acknowledged:
every acknowledged record is there with its octets, none is half, the checkpoint is the root of the records.

    crash.py DRIVER [--long] [--seed N]      40 kills, or 320 of them
"""
import random
import signal
import sys
import time

from campaign import Campaign, is_long


def killer(rng):
    """Waits for some acknowledgements or for none, then for a random moment of up to 30 ms."""
    lines = rng.choice((0, 0, 1, 2, 5, 20, 60))
    moment = rng.uniform(0, 0.03)

    def kill(writer, acks):
        end = time.monotonic() + 20
        while time.monotonic() < end and writer.poll() is None:
            with open(acks, "rb") as told:
                if told.read().count(b"\n") >= lines:
                    break
            time.sleep(0.001)
        time.sleep(moment)
        writer.send_signal(signal.SIGKILL)

    return kill


def main():
    seed = int(sys.argv[sys.argv.index("--seed") + 1]) if "--seed" in sys.argv else 62443
    kills = 320 if is_long() else 40
    rng = random.Random(seed)
    campaign = Campaign(sys.argv[1])
    path = None
    for blow in range(kills):
        if blow % 20 == 0:
            path = campaign.make(f"journal-{blow}")
        _, acked, _ = campaign.write(path, 1_000_000, kill_after=killer(rng))
        campaign.check(path, acked, f"kill {blow}")
    print(f"{campaign.blows} kills, {campaign.kept} records kept, none lost")


if __name__ == "__main__":
    main()
