"""Runs Rampart over a capture and gives its operations as they stand in the JSON lines."""

import json
import subprocess

from oracle import rows


class Event:
    """One `operation` line. `data` is what lies under the key `rampart`."""

    __slots__ = ("protocol", "frame", "answer_frame", "flow", "data", "number")

    def __init__(self, line):
        self.protocol = line.get("app_proto", "")
        self.data = line["rampart"]
        self.frame = line["pcap_cnt"]
        self.answer_frame = self.data.get("answer_pcap_cnt")
        if self.data.get("request") == "not-seen" or self.data.get("unsolicited"):
            self.frame, self.answer_frame = None, self.frame
        self.flow = rows.flow_of(
            line.get("src_ip", ""), line.get("src_port", 0), line.get("dest_ip", ""), line.get("dest_port", 0)
        )
        self.number = line.get("flow_id")

    @property
    def message(self):
        """message names the answer this line belongs to: its lines share it."""
        return self.number, self.data.get("exchange"), self.answer_frame

    @property
    def code(self):
        return self.data["function"]["code"]

    def outcome(self):
        outcome = self.data.get("outcome", "ok")
        return outcome if isinstance(outcome, str) else outcome["code"]


def read(program, capture):
    """read gives the Events of all operations in `capture`, in the order written."""
    command = [str(program), "watch", "--read", str(capture), "--json", "-", "--operations", "all", "--quiet"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{program} ended with {done.returncode} on {capture}: {done.stderr.decode()[-300:]}")
    events = []
    for text in done.stdout.splitlines():
        if b'"event_type":"operation"' in text:
            events.append(Event(json.loads(text)))
    return events
