#!/usr/bin/env python3
"""Live traffic as people and service managers meet it: what is seen, what is said, and what the process may still do."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import time
import unittest

from support import DEADLINE, HMI, PLC, PROGRAM, SCADA, STRANGER, Capture, LiveCase, go_apart, ip, make_pair, replay

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def some_traffic(path):
    capture = Capture()
    capture.read(SCADA)
    capture.write(SCADA, 50)
    capture.write(SCADA, 500)       # beyond the point's range
    capture.write(HMI, 5)           # no rule
    capture.read(STRANGER)          # no asset
    capture.save(path)
    return capture.packets


class Rights(LiveCase):
    def statuses(self, process):
        for task in os.listdir(f"/proc/{process.pid}/task"):
            with open(f"/proc/{process.pid}/task/{task}/status", encoding="ascii") as file:
                yield dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)

    def assert_without_rights(self, process, user):
        seen = 0
        for status in self.statuses(process):
            seen += 1
            self.assertEqual(status["Uid"].split(), [str(user)] * 4)
            self.assertEqual(status["Gid"].split()[0] == "0", user == 0)
            for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                self.assertEqual(int(status[name], 16), 0, name)
            self.assertEqual(status["NoNewPrivs"], "1")
            self.assertEqual(status["Seccomp"], "2", "its system calls are a closed list")
        return seen

    def test_root_becomes_nobody_in_every_thread(self):
        process = self.start(self.plant, "--interface", "vb", "--json", self.events, "--workers", 2, "--metrics", 9464)
        self.ready()
        nobody = 65534 if subprocess.run(["id", "rampart"], capture_output=True, check=False).returncode else None
        if nobody is not None:
            self.assertGreaterEqual(self.assert_without_rights(process, nobody), 4)
        self.stop(process)

    def test_the_user_can_be_named_and_root_keeps_no_capability(self):
        for name, number in (("daemon", 1), ("root", 0)):
            self.events.unlink(missing_ok=True)
            process = self.start(self.plant, "--interface", "vb", "--json", self.events, "--user", name)
            self.ready()
            self.assert_without_rights(process, number)
            self.stop(process)

    def test_who_has_only_the_capability_gives_it_up(self):
        self.folder.chmod(0o777)
        capable = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", "+net_raw",
                   "--ambient-caps", "+net_raw"]
        process = self.start(self.plant, "--interface", "vb", "--json", self.events, before=capable)
        self.ready()
        self.assert_without_rights(process, 65534)
        some_traffic(self.folder / "some.pcap")
        replay(self.folder / "some.pcap", "--topspeed")
        self.until(lambda: len(self.of_type("operation")) >= 5, "operations")
        self.stop(process)

    def test_the_journal_is_kept_by_its_owner(self):
        journal = self.folder / "journal"
        self.folder.chmod(0o777)
        # setpriv and not su: a system user has no shell.
        owner = ["setpriv", "--reuid", "1", "--regid", "1", "--clear-groups"]
        subprocess.run([*owner, PROGRAM, "init", journal, "--name", "test/live"], check=True, capture_output=True)
        process = self.start(self.plant, "--interface", "vb", "--json", self.events, "--journal", journal)
        self.ready()
        self.assert_without_rights(process, 1)
        self.assertEqual(self.events.stat().st_uid, 0, "opened while it still had the right")
        some_traffic(self.folder / "some.pcap")
        replay(self.folder / "some.pcap", "--topspeed")
        self.until(lambda: len(self.of_type("operation")) >= 5, "operations")
        self.stop(process)
        shown = subprocess.run([*owner, PROGRAM, "journal", "show", journal, "--json"], capture_output=True, text=True,
                               check=True).stdout
        kinds = [json.loads(line)["event_type"] for line in shown.splitlines()]
        self.assertIn("alert", kinds)
        self.assertIn("stats", kinds)


class Asked(LiveCase):
    def test_what_cannot_be_done_is_said_in_one_line(self):
        self.refused(self.plant, "--interface", "eth77", says=["there is no interface eth77", "va", "vb"], status=1)
        self.refused(self.plant, "--interface", "vb", "--interface", "vb", says=["named twice"], status=1)
        self.refused(self.plant, "--interface", "vb", says=["CAP_NET_RAW", "setcap"], status=1,
                     before=["setpriv", "--reuid", "65534", "--clear-groups", "--bounding-set", "-all"])
        self.refused(self.plant, "--interface", "vb", "--user", "no-such-user", says=["no user 'no-such-user'"], status=2)

    def test_what_was_asked_wrongly_is_said_in_one_line(self):
        self.refused(self.plant, says=["--interface", "--read"], status=2)
        self.refused(self.plant, "--interface", "vb", "--read", "x.pcap", says=["do not go together"], status=2)
        for place in ("localhost:9464", "127.0.0.1", "127.0.0.1:99999", "x"):
            self.refused(self.plant, "--interface", "vb", "--metrics", place, says=[place, "127.0.0.1:9464"], status=2)
        self.refused(self.plant, "--interface", "vb", "--metrics", "192.0.2.9:9464", says=["cannot listen on 192.0.2.9"],
                     status=1)
        self.refused(self.plant, "--read", "x.pcap", "--metrics", "9464", says=["--metrics", "--interface"], status=2)


class Traffic(LiveCase):
    def test_findings_come_while_it_watches_and_the_summary_at_the_end(self):
        process = self.start(self.plant, "--interface", "vb", "--json", self.events)
        self.ready()
        some_traffic(self.folder / "some.pcap")
        replay(self.folder / "some.pcap", "--topspeed")
        self.until(lambda: {1010, 1001} <= {a["alert"]["signature_id"] for a in self.of_type("alert")}, "findings")
        out = self.stop(process)
        self.assertIn("Findings, worst first", out)
        ends = [line for line in self.of_type("stats") if line["rampart"]["run"] == "stop"]
        self.assertEqual(ends[0]["rampart"]["packets"], 10)
        blind = [line["rampart"] for line in self.of_type("loss") if line["rampart"]["kind"] == "blind"]
        self.assertEqual([b["reason"] for b in blind], ["nothing was heard before the first packet"])
        self.assertEqual(blind[0]["source"], "vb")
        self.assertIn("since", blind[0])

    def test_a_conversation_that_ended_is_told_without_another_packet(self):
        """Ticks go by the wall's clock, every ten seconds."""
        process = self.start(self.plant, "--interface", "vb", "--json", self.events)
        self.ready()
        capture = Capture()
        capture.read(SCADA)
        capture.packet(SCADA, PLC, (40_000, 502), b"", flags=0x11)
        capture.packet(PLC, SCADA, (502, 40_000), b"", flags=0x11)
        capture.save(self.folder / "closed.pcap")
        replay(self.folder / "closed.pcap")
        flows = self.until(lambda: self.of_type("flow"), "the end of the conversation")
        self.assertEqual(flows[0]["flow"]["reason"], "closed")
        self.stop(process)

    def test_an_interface_that_goes_and_comes_back_is_recorded_and_watched_on(self):
        process = self.start(self.plant, "--interface", "vb", "--json", self.events)
        self.ready()

        def blind(reason):
            return [line["rampart"] for line in self.of_type("loss") if line["rampart"].get("reason") == reason]
        packets = some_traffic(self.folder / "some.pcap")
        replay(self.folder / "some.pcap", "--topspeed")
        self.until(lambda: len(self.of_type("operation")) >= packets / 2, "operations")
        ip("link", "set", "vb", "down")
        self.until(lambda: blind("the interface was down"), "the loss")
        ip("link", "set", "vb", "up")
        self.until(lambda: len(blind("the interface was down")) == 2, "its end")
        ip("link", "del", "va")
        self.until(lambda: blind("the interface was not there"), "the loss")
        make_pair()
        self.until(lambda: len(blind("the interface was not there")) == 2, "its end")
        late = Capture()
        late.read("10.1.0.99")  # the same frames again would be retransmissions of conversations that live on
        late.save(self.folder / "late.pcap")
        replay(self.folder / "late.pcap")
        self.until(lambda: len(self.of_type("operation")) == packets / 2 + 1, "the operation")
        self.stop(process)
        self.assertIn("vb: the interface was down", self.error)

    def test_a_plant_is_read_anew_and_a_bad_one_refused(self):
        process = self.start(self.plant, "--interface", "vb", "--json", self.events, "--no-view")
        self.ready()
        capture = Capture()
        capture.write(HMI, 5)
        capture.save(self.folder / "hmi.pcap")

        def verdicts():
            return [line["rampart"]["verdict"]["allowed"] for line in self.of_type("operation")]
        replay(self.folder / "hmi.pcap")
        self.until(lambda: len(verdicts()) == 1, "the operation")
        good = self.plant.read_text(encoding="utf-8")
        self.plant.write_text(good.replace("from: [scada], to", "from: [scada, nobody-knows], to"), encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        self.until(lambda: "not taken" in self.some_error(process), "the refusal")
        self.plant.write_text(good.replace("from: [scada], to", "from: [scada, hmi], to"), encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        self.until(lambda: self.of_type("flow"), "the end of the old plant's part")
        replay(self.folder / "hmi.pcap")
        self.until(lambda: len(verdicts()) == 2, "the operation")
        self.stop(process)
        self.assertEqual(verdicts(), [False, True])
        ends = [line["rampart"] for line in self.of_type("stats") if line["rampart"]["run"] == "stop"]
        starts = [line["rampart"] for line in self.of_type("stats") if line["rampart"]["run"] == "start"]
        self.assertNotEqual(ends[0]["plant_sha256"], starts[0]["plant_sha256"])
        self.assertEqual(ends[0]["operations"], 2)

    def some_error(self, process):
        self.said = getattr(self, "said", "")
        while select.select([process.stderr], [], [], 0)[0]:
            part = os.read(process.stderr.fileno(), 65_536).decode()
            if not part:
                break
            self.said += part
        return self.said


class Numbers(LiveCase):
    LINE = re.compile(r'^([a-z_]+)(\{([a-z0-9_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (NaN|[-+]?Inf|[-+0-9.e]+)$')

    def numbers(self, text):
        """Holds `text` against the grammar of Prometheus' text form 0.0.4 and gives its samples."""
        self.assertTrue(text.endswith("\n"))
        helped, typed, samples, family = set(), {}, {}, None
        for line in text.splitlines():
            if line.startswith("# HELP "):
                family = line.split(" ", 3)[2]
                self.assertNotIn(family, helped, "families are not split")
                helped.add(family)
                self.assertGreater(len(line.split(" ", 3)[3]), 10)
            elif line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.assertEqual(name, family)
                self.assertIn(kind, ("counter", "gauge"))
                self.assertEqual(kind == "counter", name.endswith("_total"), name)
                typed[name] = kind
            else:
                match = self.LINE.match(line)
                self.assertTrue(match, line)
                self.assertEqual(match[1], family)
                self.assertTrue(match[1].startswith("rampart_"))
                self.assertNotIn((match[1], match[2]), samples)
                samples[(match[1], match[2])] = float(match[4])
        self.assertEqual(helped, set(typed))
        return samples

    def test_metrics_and_health_say_what_is_seen(self):
        process = self.start(self.plant, "--interface", "vb", "--interface", "lo", "--json", self.events, "--metrics",
                             "127.0.0.1:9464")
        self.ready()
        packets = some_traffic(self.folder / "some.pcap")
        replay(self.folder / "some.pcap", "--topspeed")
        key = ("rampart_capture_packets_total", '{interface="vb"}')
        self.until(lambda: self.numbers(self.get(9464, "/metrics")[1])[key] == packets, "the packets")
        self.until(lambda: len(self.of_type("operation")) >= 5, "the operations")
        samples = self.until(lambda: (s := self.numbers(self.get(9464, "/metrics")[1])) and s.get(
            ("rampart_operations_total", '{protocol="modbus"}')) == 5 and s, "the operations")
        self.assertEqual(samples[("rampart_conduit_operations_total", '{conduit="up-down",verdict="denied"}')], 2)
        self.assertEqual(samples[("rampart_findings_total", '{finding="value-out-of-range",severity="critical"}')], 1)
        self.assertEqual(samples[("rampart_zone_assets_seen", '{zone="upper"}')], 2)
        self.assertEqual(samples[("rampart_capture_up", '{interface="vb"}')], 1)
        self.assertEqual(samples[("rampart_capture_dropped_total", '{interface="vb"}')], 0)
        status, line = self.get(9464, "/health")
        health = json.loads(line)
        self.assertEqual((status, health["status"]), (200, "ok"))
        self.assertEqual(line.count("\n"), 1)
        self.assertRegex(health["last_packet"], r"^20\d\d-")
        self.assertEqual(len(health["plant_sha256"]), 64)
        ip("link", "set", "vb", "down")
        self.until(lambda: self.get(9464, "/health")[0] == 503, "the health to tell")
        health = json.loads(self.get(9464, "/health")[1])
        self.assertEqual({s["interface"]: s["state"] for s in health["sources"]}, {"vb": "down", "lo": "up"})
        ip("link", "set", "vb", "up")
        self.until(lambda: self.get(9464, "/health")[0] == 200, "the health to tell")
        self.assertEqual(self.get(9464, "/other")[0], 404)
        self.stop(process)

    def test_slow_clients_hold_up_nothing(self):
        process = self.start(self.plant, "--interface", "vb", "--json", self.events, "--metrics", "9464")
        self.ready()
        idle = [socket.create_connection(("127.0.0.1", 9464)) for _ in range(40)]
        for one in idle[::2]:
            one.send(b"GET /met")
        some_traffic(self.folder / "some.pcap")
        replay(self.folder / "some.pcap", "--topspeed")
        self.until(lambda: len(self.of_type("operation")) >= 5, "operations")
        begun = time.monotonic()
        self.stop(process)
        self.assertLess(time.monotonic() - begun, 5)
        for one in idle:
            one.close()


class Manager(LiveCase):
    def test_the_service_manager_hears_that_it_is_ready_alive_and_ending(self):
        place = self.folder / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(str(place))
            place.chmod(0o777)
            listener.settimeout(DEADLINE)
            process = self.start(self.plant, "--interface", "vb", "--quiet", env={**os.environ, "NOTIFY_SOCKET": str(place)})
            self.assertIn(b"READY=1", listener.recv(1000))
            self.assertEqual(listener.recv(1000), b"WATCHDOG=1")
            self.stop(process)
            said = b""
            while b"STOPPING=1" not in said:
                said = listener.recv(1000)


class Terminal(LiveCase):
    def view(self, columns, rows, seconds=2.5, **environment):
        """What a terminal of that size was shown while some traffic passed."""
        main, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        process = subprocess.Popen([PROGRAM, "watch", str(self.plant), "--interface", "vb", "--json", str(self.events)],
                                   stdout=other, stderr=other, stdin=subprocess.DEVNULL,
                                   env={**os.environ, **environment})
        os.close(other)
        self.addCleanup(os.close, main)
        shown = b""
        some_traffic(self.folder / "some.pcap")
        played = stopped = False
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            if select.select([main], [], [], 0.1)[0]:
                try:
                    shown += os.read(main, 65_536)
                except OSError:  # the other end is closed
                    break
            if not played and b"Conduits" in shown:
                played = True
                replay(self.folder / "some.pcap", "--topspeed")
            if played and b"Newest findings" in shown and not stopped:
                stopped = True
                process.send_signal(signal.SIGTERM)
        self.assertTrue(stopped, shown)
        self.assertEqual(process.wait(timeout=DEADLINE), 0)
        return shown.decode()

    def pictures(self, shown):
        begin = shown.split("\x1b[H")[1:]
        return [[CONTROL.sub("", line).rstrip("\r") for line in picture.split("\x1b[J")[0].split("\r\n")] for picture in begin]

    def test_the_view_fits_the_terminal_and_shows_what_happens(self):
        for columns, rows in ((80, 24), (120, 40), (60, 12)):
            shown = self.view(columns, rows)
            pictures = self.pictures(shown)
            self.assertGreaterEqual(len(pictures), 2)
            for picture in pictures:
                self.assertLess(len(picture), rows + 1)
                self.assertLessEqual(max(map(len, picture)), columns)
            last = "\n".join(pictures[-1])
            for word in ("Test works", "Conduits", "up-down", "vb:", *(("Zones", "upper") if rows > 20 else ())):
                self.assertIn(word, last)
            self.assertIn("\x1b[1;31m", shown)
            self.assertIn("Findings, worst first", shown)

    def test_without_colour_where_nobody_wants_it(self):
        shown = self.view(80, 24, NO_COLOR="1")
        self.assertNotIn("\x1b[1;31m", shown)
        self.assertIn("critical", shown)


if __name__ == "__main__":
    go_apart("tcpreplay", "setpriv")
    unittest.main()
