"""What crash.py and fault.py share: a driver, a journal in a temporary folder, and the check after each blow."""
import os
import subprocess
import sys
import tempfile

PATIENCE = 120  # seconds: a driver that takes longer hangs


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def is_long():
    return "--long" in sys.argv or os.environ.get("RAMPART_LONG") == "1"


class Campaign:
    def __init__(self, driver):
        self.driver = driver
        self.folder = tempfile.TemporaryDirectory(prefix="rampart-journal-")
        self.seed = 0
        self.blows = 0
        self.kept = 0

    def make(self, name):
        path = os.path.join(self.folder.name, name)
        subprocess.run([self.driver, "make", path], check=True, timeout=PATIENCE)
        return path

    def write(self, path, count, before=(), kill_after=None):
        """Runs the writer under the words `before`; after `kill_after` acknowledgements and a moment, kills it.
        Returns its exit code, how many of its records were acknowledged, and what it said."""
        self.seed += 1
        acks = os.path.join(self.folder.name, "acks")
        with open(acks, "wb") as out, tempfile.TemporaryFile() as err:
            writer = subprocess.Popen([*before, self.driver, "write", path, str(self.seed), str(count)], stdout=out,
                                      stderr=err)
            if kill_after is not None:
                kill_after(writer, acks)
            try:
                code = writer.wait(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                code = None
                writer.kill()
                writer.wait()
            err.seek(0)
            said = err.read()
        if code is None:
            self.fail(f"the writer hangs under {' '.join(before)}", said)
        with open(acks, "rb") as told:
            lines = told.read().decode().split("\n")[:-1]  # a last line without its end was never told
        return code, int(lines[-1].split()[1]) if lines else 0, said

    def check(self, path, acked, what):
        done = subprocess.run([self.driver, "check", path, str(self.seed), str(acked)], capture_output=True,
                              timeout=PATIENCE)
        if done.returncode != 0:
            self.fail(f"seed {self.seed}, {acked} acknowledged, {what}: {done.stderr.decode()}", b"")
        self.blows += 1
        self.kept += int(done.stdout)

    def fail(self, what, err):
        keep = tempfile.mkdtemp(prefix="rampart-journal-failed-")
        subprocess.run(["cp", "-a", self.folder.name, keep], check=False)
        print(f"FAILED: {what}\n{err.decode(errors='replace')[-2000:]}\nthe folder is kept in {keep}")
        sys.exit(1)
