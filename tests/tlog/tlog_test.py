#!/usr/bin/env python3
"""A journal of 70,300 records is what Go's x/mod/sumdb says it is; whatever is changed in it, that verifier names.

usage: tlog_test.py MAKE_TLOG BUILD_FOLDER
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

OLDER = 70_000
RECORDS = 70_300
PACKAGES = pathlib.Path("/usr/share/gocode")
SOURCE = pathlib.Path(__file__).resolve().parent / "verify.go"


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def build(folder):
    """Builds the verifier; Go's cache lies in the build folder and nothing is fetched."""
    environment = dict(os.environ, GOCACHE=str(folder / "go-cache"), GOPATH=str(PACKAGES), GO111MODULE="off", GOFLAGS="")
    program = folder / "tlog_verify"
    subprocess.run(["go", "build", "-o", program, SOURCE], check=True, env=environment)
    return program


def entry(number):
    """Name of the bundle with a record, and the record's place in it."""
    return f"entries/{number // 256:03}", number % 256


def split(bundle):
    records = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        records.append(bundle[2:2 + length])
        bundle = bundle[2 + length:]
    return records


def join(records):
    return b"".join(len(record).to_bytes(2, "big") + record for record in records)


class SecondVerifier(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        subprocess.run([MAKE_TLOG, cls.folder, str(OLDER), str(RECORDS)], check=True)
        cls.tlog = cls.folder / "tlog"
        cls.key = (cls.folder / "key").read_text(encoding="utf-8").strip()
        cls.witness = (cls.folder / "witness").read_text(encoding="utf-8").strip()

    def verify(self, *arguments, key=None):
        """Runs the verifier: its exit code and its lines."""
        done = subprocess.run([VERIFIER, "-key", key or self.key, *arguments], capture_output=True, text=True)
        return done.returncode, done.stdout.splitlines()

    def changed(self, name, change):
        """What the verifier says once a file of tile/ was changed; the file is put back."""
        path = self.tlog / "tile" / name
        before = path.read_bytes()
        path.write_bytes(change(before))
        try:
            code, lines = self.verify(self.tlog)
        finally:
            path.write_bytes(before)
        self.assertEqual(code, 1, lines)
        return lines

    def test_everything_holds_and_grew_from_the_older_checkpoint(self):
        code, lines = self.verify("-older", self.folder / "older", "-witness", self.witness, self.tlog)
        self.assertEqual(code, 0, lines)
        self.assertEqual(lines, [f"{RECORDS} records are those of the checkpoint"])

    def test_proof_of_one_record_holds_and_only_for_that_record(self):
        path = self.folder / "proof"
        code, lines = self.verify("-witness", self.witness, "-proof", path)
        self.assertEqual((code, lines), (0, [f"record {RECORDS // 2} is one of the {RECORDS}"]))
        other = self.folder / "other_proof"
        other.write_text(path.read_text(encoding="utf-8").replace(f"index {RECORDS // 2}\n", "index 7\n"), encoding="utf-8")
        code, lines = self.verify("-proof", other)
        self.assertEqual((code, lines), (1, ["record 7: invalid transparency proof"]))

    def test_one_flipped_bit_names_exactly_that_record(self):
        for number in (0, 255, 256, 12_345, 65_535, 65_536, OLDER + 100):
            name, place = entry(number)

            def flip(bundle):
                records = split(bundle)
                records[place] = records[place][:-1] + bytes([records[place][-1] ^ 1])
                return join(records)

            self.assertEqual(self.changed(name, flip), [f"record {number} is not the one in the tree"])

    def test_a_removed_record_is_named(self):
        name, place = entry(23_456)
        lines = self.changed(name, lambda bundle: join(split(bundle)[:place] + split(bundle)[place + 1:]))
        self.assertEqual(lines, ["record 23456 is missing"])

    def test_exchanged_records_are_named(self):
        name, place = entry(34_567)

        def exchange(bundle):
            records = split(bundle)
            records[place], records[place + 1] = records[place + 1], records[place]
            return join(records)

        self.assertEqual(self.changed(name, exchange), ["record 34567 is not the one in the tree", "record 34568 is not the one in the tree"])

    def test_a_bundle_cut_within_a_record_is_found(self):
        lines = self.changed("entries/100", lambda bundle: bundle[:-1])
        self.assertIn("tile/entries/100 is cut within record 25855", lines)

    def test_a_flipped_tile_is_named(self):
        for name, at in (("0/000", 0), ("0/100", 5_000), ("1/000", 8_191), ("1/001.p/18", 17), ("2/000.p/1", 3)):
            lines = self.changed(name, lambda tile: tile[:at] + bytes([tile[at] ^ 0x80]) + tile[at + 1:])
            self.assertIn(f"tile/{name} is not the one of the tree", lines)

    def test_another_size_is_not_signed(self):
        path = self.tlog / "checkpoint"
        before = path.read_bytes()
        path.write_bytes(before.replace(f"\n{RECORDS}\n".encode(), f"\n{RECORDS - 1}\n".encode()))
        try:
            code, lines = self.verify(self.tlog)
        finally:
            path.write_bytes(before)
        self.assertEqual(code, 1)
        self.assertTrue(lines[0].startswith("checkpoint: "), lines)

    def test_another_key_and_a_missing_cosignature_are_refused(self):
        code, lines = self.verify(self.tlog, key="PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
        self.assertEqual(code, 1, lines)
        (self.tlog / "checkpoint").rename(self.folder / "newest")
        shutil.copy(self.folder / "older", self.tlog / "checkpoint")
        try:
            code, lines = self.verify("-witness", self.witness, self.tlog)
        finally:
            (self.folder / "newest").rename(self.tlog / "checkpoint")
        self.assertEqual(code, 1)
        self.assertTrue(lines[0].startswith("checkpoint: cosignature"), lines)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    MAKE_TLOG, BUILD = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1))
    if shutil.which("go") is None:
        skip("no go (Debian: golang-go)")
    if not (PACKAGES / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        skip("no golang.org/x/mod (Debian: golang-golang-x-mod-dev)")
    VERIFIER = build(BUILD)
    unittest.main(verbosity=2)
