#!/usr/bin/env python3
"""What the helper may do, who may ask it, what it links; and that the command links nothing of nftables."""

import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import unittest

import support

CAP_NET_ADMIN = 1 << 12
ASK_STATUS, ASK_LOAD = 4, 1
# What the helper may link: the runtime of C++, the C library, text. No parser, no crypto, nothing of nftables.
LINKS = {"libstdc++.so.6", "libgcc_s.so.1", "libm.so.6", "libc.so.6", "libfmt.so.9"}
SANITIZERS = ("libasan", "libubsan", "libtsan")
USES = """openat read write close lseek poll socket bind listen accept4 getsockopt getsockname sendto recvfrom sendmsg recvmsg
execve clone wait4 pipe2 dup2 fcntl rename unlink fdatasync fsync""".split()


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return {key: value.split() for key, value in (line.split(":", 1) for line in lines)}


def libraries(program):
    lines = support.run("ldd", program).stdout.splitlines()
    names = {line.split()[0] for line in lines if line.split()}
    return {name for name in names if not name.startswith(("linux-vdso", "/lib", *SANITIZERS))}


class Rights(support.FirewallCase):
    def ask(self, octets, as_user=None):
        """Sends octets as they are; gives what comes back."""
        if as_user is not None:
            script = ("import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.settimeout(20)\ns.connect(sys.argv[1])\n"
                      "try: s.sendall(bytes.fromhex(sys.argv[2]))\nexcept BrokenPipeError: pass\n"  # it has heard enough
                      "sys.stdout.buffer.write(s.makefile('rb').read())")
            answer = subprocess.run(["setpriv", "--reuid", as_user, "--clear-groups", sys.executable, "-c", script,
                                     str(self.socket), octets.hex()], capture_output=True, timeout=support.DEADLINE, check=False)
            return answer.stdout or answer.stderr
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(support.DEADLINE)
            peer.connect(str(self.socket))
            try:
                peer.sendall(octets)
            except (BrokenPipeError, ConnectionResetError):
                pass
            try:
                return peer.makefile("rb").read()
            except ConnectionResetError:
                return b""

    def question(self, kind, body=b""):
        return b"RFQ1" + struct.pack(">BI", kind, len(body)) + body

    def test_it_keeps_one_right_of_all(self):
        helper = self.start_helper()
        status = status_of(helper.pid)
        for kind in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[kind][0], 16), CAP_NET_ADMIN, kind)
        self.assertEqual(status["NoNewPrivs"], ["1"])
        self.assertEqual(status["Seccomp"], ["2"], "a closed list of system calls")
        self.assertNotIn("0", status["Uid"])
        self.assertNotIn("0", status["Gid"])

    def test_it_does_not_stay_root(self):
        for words in ([], ["--user", "root"], ["--user", "nobody-of-that-name"]):
            answer = support.run(support.HELPER, "--socket", self.socket, "--state", self.state, *words, check=False,
                                 env=support.ENVIRONMENT)
            self.assertEqual(answer.returncode, 1)
            self.assertIn("--user", answer.stderr)

    def test_only_who_is_named_is_heard(self):
        shutil.chown(self.socket.parent, support.USER)
        self.start_helper()
        self.socket.chmod(0o666)  # whoever opens the door still is asked who they are
        self.assertIn(b"RFA1\x01", self.ask(self.question(ASK_STATUS), as_user="65534"))
        self.assertIn(b"RFA1\x00", self.ask(self.question(ASK_STATUS)))

    def test_who_is_named_is_heard(self):
        self.start_helper("--allow", "nobody")
        self.socket.chmod(0o666)
        self.assertIn(b"RFA1\x00", self.ask(self.question(ASK_STATUS), as_user="65534"))

    def test_nonsense_is_refused_and_does_it_no_harm(self):
        helper = self.start_helper()
        for octets in (b"", b"\0" * 9, b"GET / HTTP/1.1\r\n\r\n", self.question(0), self.question(99),
                       b"RFQ1" + struct.pack(">BI", ASK_LOAD, 0xFFFFFFFF), os.urandom(4096)):
            with socket.socket(socket.AF_UNIX) as peer:
                peer.connect(str(self.socket))
                peer.settimeout(support.DEADLINE)
                try:
                    peer.sendall(octets)
                    peer.shutdown(socket.SHUT_WR)
                    self.assertEqual(peer.recv(64), b"", octets[:20])
                except (BrokenPipeError, ConnectionResetError):
                    pass
        for body in (b"", bytes(34), bytes(34) + b"RFRS" + bytes(60), bytes(32) + b"\0\x3c" + os.urandom(500)):
            self.assertIn(b"RFA1\x01", self.ask(self.question(ASK_LOAD, body)), body[:40])
        self.assertIsNone(helper.poll())
        self.assertIn(b"RFA1\x00", self.ask(self.question(ASK_STATUS)))
        self.assertEqual(support.table(), "")

    def test_a_peer_that_says_nothing_keeps_nobody_waiting_for_long(self):
        self.start_helper()
        with socket.socket(socket.AF_UNIX) as silent:
            silent.connect(str(self.socket))
            silent.sendall(b"RF")
            self.assertIn(b"RFA1\x00", self.ask(self.question(ASK_STATUS)))

    def test_time_to_confirm_runs_out_also_while_a_peer_is_rude(self):
        self.start_helper()
        process = self.start_apply("--within", "2", "--cut-now")
        support.kill(process)
        with socket.socket(socket.AF_UNIX) as silent:
            silent.connect(str(self.socket))
            silent.sendall(b"R")
            self.until(lambda: support.table() == "", "the rules to be taken back")

    def test_it_links_little_and_the_command_nothing_of_nftables(self):
        self.assertLessEqual(libraries(support.HELPER), LINKS)
        for name in libraries(support.PROGRAM):
            self.assertNotRegex(name, "nft|mnl|conntrack|seccomp")

    def test_no_call_of_it_or_of_nft_is_refused_and_few_kinds_are_made(self):
        if shutil.which("strace") is None or os.environ.get("RAMPART_SANITIZE"):
            self.skipTest("needs strace, and a build without sanitizers, which make calls of their own")
        log = self.folder / "calls"
        helper = self.start_helper()
        trace = subprocess.Popen(["strace", "-f", "-qq", "-o", str(log), "-p", str(helper.pid)], stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, trace)
        self.until(log.exists, "strace")
        self.firewall("--observe")
        self.firewall("--diff")
        self.apply()
        trace.terminate()
        trace.wait(timeout=support.DEADLINE)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        self.assertGreater(len(lines), 500)
        refused = [line for line in lines if " EPERM " in line]
        self.assertEqual(refused, [], "the list of system calls lacks something")
        own = {line.split()[1].split("(")[0] for line in lines if line.split()[0] == str(helper.pid)}
        strange = {call for call in own if call.isidentifier()} - set(USES) - {
            "brk", "mmap", "munmap", "mprotect", "madvise", "rt_sigprocmask", "rt_sigaction", "newfstatat", "fstat", "umask", "fchmod",
            "resumed", "getpid", "clock_gettime", "futex", "set_robust_list", "link", "openat", "mremap", "restart_syscall", "getrandom"}
        self.assertEqual(strange, set())


if __name__ == "__main__":
    support.go_apart("/usr/sbin/nft", "setpriv", "ldd")
    unittest.main()
