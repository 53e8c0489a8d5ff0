#!/usr/bin/env python3
"""Runs Rampart and its peers over the same large capture, in turns, and prints the table of docs/benchmarks.md.

    bench/run.py [--rounds 3] [--octets 1100000000] [--captures ../shared/captures] [--build build/release]

Makes what it needs in <build>/bench: the capture out of the OT captures, and a plant that fits it. Figures are the
medians of all rounds: wall-clock packets per second, processor seconds, peak memory. Run it on a machine that does
nothing else.
"""
import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

FOLDERS = ["modbus", "s7comm", "dnp3", "iec104", "enip-cip"]


def measure(command):
    """measure runs a command without output: wall-clock seconds, processor seconds, peak memory in MiB."""
    start = time.monotonic()
    with open(os.devnull, "wb") as nothing:
        process = subprocess.Popen(command, stdout=nothing, stderr=nothing)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"run.py: {' '.join(command)} ended with {process.returncode}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def prepare(arguments):
    folder = os.path.join(arguments.build, "bench")
    os.makedirs(folder, exist_ok=True)
    capture = os.path.join(folder, "ot.pcap")
    inputs = []
    for name in FOLDERS:
        for path, _, files in sorted(os.walk(os.path.join(arguments.captures, name))):
            inputs += [os.path.join(path, file) for file in sorted(files) if re.search(r"\.pcap(ng)?$", file)]
    if not inputs:
        sys.exit("run.py: no captures in " + arguments.captures)
    maker = os.path.join(arguments.build, "make_capture")
    made = subprocess.run([maker, capture, str(arguments.octets)] + inputs, check=True, text=True,
                          capture_output=True).stdout
    print(made.strip())
    packets = int(made.split(" packets")[0].split()[-1])
    short = os.path.join(folder, "short.pcap")
    subprocess.run([maker, short, str(arguments.octets // 4)] + inputs, check=True, capture_output=True)
    events = os.path.join(folder, "events.json")
    program = os.path.join(arguments.build, "rampart")
    subprocess.run([program, "watch", "--read", capture, "--json", events, "--operations", "none", "--quiet"], check=True)
    plant = os.path.join(folder, "plant.yaml")
    with open(plant, "w", encoding="utf-8") as out:
        subprocess.run([sys.executable, os.path.join(os.path.dirname(__file__), "make_plant.py"), events], stdout=out,
                       check=True)
    os.remove(events)
    return program, plant, capture, short, packets


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--octets", type=int, default=1_100_000_000)
    parser.add_argument("--captures", default="../shared/captures")
    parser.add_argument("--build", default="build/release")
    arguments = parser.parse_args()
    program, plant, capture, short, packets = prepare(arguments)
    watch = [program, "watch", plant, "--quiet", "--json", "/dev/null", "--read"]
    contestants = {
        "bare libpcap loop": [os.path.join(arguments.build, "pcap_loop"), capture],
        "tcpdump -w /dev/null": ["tcpdump", "-r", capture, "-w", "/dev/null"],
        "ndpiReader": ["ndpiReader", "-q", "-i", capture],
        "rampart watch, findings and flows": watch + [capture, "--operations", "none"],
        "rampart watch, every operation": watch + [capture, "--operations", "all"],
        "rampart watch, findings and flows, 2 workers": watch + [capture, "--operations", "none", "--workers", "2"],
        "rampart watch, a quarter of the file": watch + [short, "--operations", "none"],
    }
    contestants = {name: command for name, command in contestants.items() if shutil.which(command[0])}
    subprocess.run(["cat", capture], stdout=subprocess.DEVNULL, check=True)  # into the page cache
    results = {name: [] for name in contestants}
    for turn in range(arguments.rounds):
        for name, command in contestants.items():
            results[name].append(measure(command))
            print(f"round {turn + 1}: {name}: {results[name][-1][0]:.2f} s", file=sys.stderr)
    if shutil.which("tshark"):
        head = os.path.join(os.path.dirname(capture), "head.pcap")
        subprocess.run(["tcpdump", "-r", capture, "-c", "200000", "-w", head], check=True, capture_output=True)
        fields = ["modbus.func_code", "s7comm.param.func", "dnp3.al.func"]
        command = ["tshark", "-n", "-r", head, "-T", "fields"] + [word for field in fields for word in ("-e", field)]
        results["tshark -T fields (first 200,000 packets)"] = [measure(command)]
    print("\n| program | million packets/s | processor s | peak MiB |\n|---|---:|---:|---:|")
    for name, runs in results.items():
        count = {"rampart watch, a quarter of the file": packets // 4,
                 "tshark -T fields (first 200,000 packets)": 200_000}.get(name, packets)
        wall, processor, memory = (statistics.median(run[i] for run in runs) for i in range(3))
        print(f"| {name} | {count / wall / 1e6:.2f} | {processor:.2f} | {memory:.0f} |")


if __name__ == "__main__":
    main()
