#!/usr/bin/env python3
"""Rules come into force, are shown what they would cut, are confirmed or taken back; and who changes them is found out."""

import contextlib
import json
import signal
import subprocess
import sys
import unittest

import support

STREAM = """
import socket, sys
s = socket.socket()
s.settimeout(1.0)
s.bind((sys.argv[1], 0))
s.connect((sys.argv[2], int(sys.argv[3])))
print("open", flush=True)
for line in sys.stdin:
    try:
        s.send(b"?")
        print("answered" if s.recv(16) else "closed", flush=True)
    except TimeoutError:
        print("silent", flush=True)
    except OSError as error:
        print(error, flush=True)
"""


class Stream:
    """One TCP connection that stays open: ask() sends an octet and says whether it came back within a second."""

    def __init__(self, network, client, server, port):
        self.process = subprocess.Popen([*network.inside, sys.executable, "-c", STREAM, client, server, str(port)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "open\n":
            raise AssertionError(f"no connection to {server} port {port}")

    def ask(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self):
        self.process.kill()
        self.process.wait(timeout=support.DEADLINE)
        self.process.stdin.close()
        self.process.stdout.close()


class Apply(support.FirewallCase):
    def setUp(self):
        super().setUp()
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.networks = stack.enter_context(support.networks({1: ["10.1.0.10", "10.1.0.11"], 2: ["10.2.0.10", "10.2.0.11"]}))
        self.networks[2].serve([502, 8080, 22])
        self.helper = self.start_helper()

    def stream(self, client="10.1.0.10", server="10.2.0.10", port=502):
        stream = Stream(self.networks[1], client, server, port)
        self.addCleanup(stream.close)
        self.assertEqual(stream.ask(), "answered")
        return stream

    def passes(self, client, port, server="10.2.0.10"):
        return self.networks[1].probe([[client, server, "tcp", port]])[0]

    def test_what_is_not_confirmed_is_taken_back_and_running_connections_go_on(self):
        self.firewall("--observe")
        stranger = self.stream("10.1.0.11", port=22)
        process = self.start_apply("--within", "3")
        self.assertEqual(stranger.ask(), "silent", "it is cut, for no rule opens it")
        out, _ = process.communicate(timeout=support.DEADLINE)
        self.assertEqual(process.returncode, 1)
        self.assertIn("rolled back: not confirmed in time", out)
        self.assertIn("answered", [stranger.ask() for _ in range(3)], "the connection lives on")
        self.assertIn("observed", support.table(), "what was there before is back")

    def test_what_is_confirmed_stays(self):
        self.firewall("--observe")
        allowed = self.stream()
        self.apply()
        self.assertEqual(allowed.ask(), "answered", "what a rule opens is never cut")
        self.assertTrue(self.passes("10.1.0.10", 502))
        self.assertFalse(self.passes("10.1.0.10", 22))
        self.assertIn("are those of", self.firewall("--diff"))

    def test_a_command_that_dies_during_the_wait_takes_nothing_with_it(self):
        process = self.start_apply("--within", "2", "--cut-now")
        support.kill(process)
        self.until(lambda: support.table() == "", "the helper to roll back")
        self.assertIn("nothing waits for confirmation: rolled back", self.firewall("--confirm", status=1))

    def test_a_helper_that_dies_during_the_wait_leaves_the_rules_and_its_successor_takes_them_back(self):
        self.start_apply("--within", "60", "--cut-now")
        support.kill(self.helper)
        self.assertIn("policy drop", support.table(), "rules stay as they are")
        self.start_helper()
        self.assertEqual(support.table(), "")

    def test_confirmed_rules_come_back_after_a_boot_and_outlive_the_helper(self):
        self.apply("--cut-now")
        support.kill(self.helper)
        self.assertIn("policy drop", support.table())
        support.run("/usr/sbin/nft", "delete", "table", "inet", "rampart")
        self.start_helper()
        self.assertIn("are those of", self.firewall("--diff"))

    def test_an_essential_flow_is_not_cut_unless_somebody_says_so(self):
        self.apply("--cut-now")
        stream = self.stream()
        web = self.stream("10.1.0.11", port=8080)
        self.write(support.PLANT.replace("from: [scada]", "from: [hmi]").replace("ports: 8080", "ports: 8081"))
        refused = self.firewall("--apply", status=1)
        self.assertIn("scada -> plc: tcp 502 ESTABLISHED (essential: the rules in force allow it by up-down/poll)", refused)
        self.assertIn("hmi -> plc: tcp 8080 ESTABLISHED\n", refused)
        self.assertIn("refused: 1 of them essential", refused)
        self.assertEqual((stream.ask(), web.ask()), ("answered", "answered"))
        self.apply("--cut-now")
        self.assertEqual((stream.ask(), web.ask()), ("silent", "silent"), "the next packet is judged by the new rules")

    def test_an_asset_with_an_essential_function_is_not_cut_off(self):
        self.write(support.PLANT.replace("{id: spare, kind: controller,", "{id: spare, kind: controller, essential: [dosing],"))
        self.firewall("--observe")
        self.stream(server="10.2.0.11", port=22)
        self.assertIn("spare carries the essential function dosing", self.firewall("--apply", status=1))

    def test_where_nothing_tracks_connections_it_says_that_it_cannot_know(self):
        self.assertIn("load the rules with --observe", self.firewall("--apply", status=1))
        self.assertEqual(support.table(), "")

    def test_rules_can_be_taken_back_at_once(self):
        process = self.start_apply("--cut-now")
        self.firewall("--undo")
        out, _ = process.communicate(timeout=support.DEADLINE)
        self.assertEqual(process.returncode, 1)
        self.assertIn("asked to", out)
        self.assertEqual(support.table(), "")

    def test_what_somebody_changes_is_said_in_words_and_becomes_a_finding(self):
        self.apply("--cut-now")
        events = self.folder / "events.json"
        watch = subprocess.Popen(self.words("--watch", "--every", "1", "--json", str(events)), stderr=subprocess.PIPE, text=True,
                                 env=support.ENVIRONMENT)
        self.addCleanup(self.end, watch)

        def findings():
            if not events.exists():
                return []
            lines = events.read_text(encoding="utf-8").splitlines()
            return [json.loads(line) for line in lines if "firewall-differs" in line]

        self.until(lambda: events.exists() and events.read_text(encoding="utf-8"), "the watcher")
        nft = "/usr/sbin/nft"
        support.run(nft, "insert", "rule", "inet", "rampart", "forward", "ip", "saddr", "10.1.0.66", "accept")
        first = self.until(findings, "a finding")
        self.assertIn("chain forward: a rule was added", first[0]["alert"]["signature"])
        said = self.firewall("--diff", status=3)
        self.assertIn("10.1.0.66", said)
        support.run(nft, "add", "element", "inet", "rampart", "rule-up-down/poll-tcp4", "{ 10.1.0.66 . 10.2.0.10 . 502 }")
        self.until(lambda: len(findings()) == 2, "a second finding, and the first not told again")
        self.assertIn("an element was added: 10.1.0.66 10.2.0.10 502", self.firewall("--diff", status=3))
        support.run(nft, "delete", "table", "inet", "rampart")
        self.until(lambda: any("no rules are loaded" in str(one) for one in findings()), "that they are gone")
        watch.send_signal(signal.SIGTERM)
        self.assertEqual(watch.wait(timeout=support.DEADLINE), 0)
        self.assertIn("no rules are loaded", self.firewall("--diff", status=3))

    def test_what_the_watcher_sees_is_evidence_for_the_levels(self):
        journal = self.folder / "journal"
        support.run(support.PROGRAM, "init", journal, "--name", "test/fw-1")
        watch = subprocess.Popen(self.words("--watch", "--every", "1", "--journal", str(journal)), stderr=subprocess.PIPE, text=True,
                                 env=support.ENVIRONMENT)
        self.addCleanup(self.end, watch)

        def answers():
            shown = support.run(support.PROGRAM, "levels", self.plant, "--journal", journal, "--json", env=support.ENVIRONMENT)
            zone = next(unit for unit in json.loads(shown.stdout)["units"] if unit["id"] == "lower")
            rows = {aspect["aspect"]: aspect["answer"] for row in zone["rows"] for aspect in row["aspects"]}
            return rows["SR 5.1/d"], rows["SR 5.2 RE 1/b"]

        self.until(lambda: answers()[0] == "not-met", "that no rules are loaded")
        self.apply("--cut-now")
        self.until(lambda: answers() == ("met", "met"), "that they are")
        support.run("/usr/sbin/nft", "insert", "rule", "inet", "rampart", "forward", "ip", "saddr", "10.1.0.66", "accept")
        self.until(lambda: answers() == ("not-met", "not-met"), "that somebody changed them")
        support.run("/usr/sbin/nft", "delete", "table", "inet", "rampart")
        support.kill(self.helper)
        self.start_helper()
        self.until(lambda: answers() == ("met", "not-met"), "that they are back, and were changed")
        shown = support.run(support.PROGRAM, "journal", "show", journal, "--kind", "guard-event", env=support.ENVIRONMENT).stdout
        self.assertIn("firewall gw-1: confirmed", shown, "seen waiting or not, it was looked at after that")

    def test_a_change_of_the_plant_is_a_difference_until_it_is_applied(self):
        self.apply("--cut-now")
        self.write(support.PLANT.replace("ports: 8080", "ports: 8081"))
        said = self.firewall("--diff", status=3)
        self.assertIn("set rule-up-down/web-tcp4: an element was taken away: 10.1.0.11 10.2.0.10 8081", said)
        self.assertIn("set rule-up-down/web-tcp4: an element was added: 10.1.0.11 10.2.0.10 8080", said)

    def test_somebody_elses_table_of_that_name_is_left_alone(self):
        support.run("/usr/sbin/nft", "add", "table", "inet", "rampart")
        self.assertIn("did not load it", self.firewall("--apply", "--cut-now", status=1))
        self.assertIn("did not load it", self.firewall("--observe", status=1))

    def test_showing_needs_no_helper_and_what_it_shows_is_what_nft_takes(self):
        support.kill(self.helper)
        self.assertIn("poll: tcp 502, udp 502", self.firewall("--show"))
        shown = self.firewall("--show", "--nft")
        support.run("/usr/sbin/nft", "-c", "-j", "-f", "-", input=shown)
        self.assertIn('"upper","open","up-down:', self.firewall("--export", "csv"))
        self.assertIn("start it: systemctl start rampart-firewall-helper", self.firewall("--diff", status=1))


if __name__ == "__main__":
    support.go_apart("/usr/sbin/nft")
    unittest.main()
