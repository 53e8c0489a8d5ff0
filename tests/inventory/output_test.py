#!/usr/bin/env python3
"""Holds what `rampart assets` writes against its schema and its documentation.

usage: output_test.py PROGRAM

A small capture is made here: a master, two units behind one address, an identity whose texts are what a spreadsheet, a
terminal and a JSON reader stumble over. Ends with 77 where the program is not built.
"""

import csv
import io
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLANT = """rampart: 1
plant: Test
zones:
  - id: cell
    target: 1
    networks: [10.1.0.0/24]
    assets:
      - {id: plc, kind: controller, at: [{ip: 10.1.0.20}], vendor: Acme, firmware: "9.9"}
      - {id: spare, kind: controller, at: [{ip: 10.1.0.77, unit: 3}], vendor: "=Spare"}
"""
IDENTITY = {0: b"=cmd|' /C calc'!A0", 1: b'P "1", 2', 2: b"1.2", 5: "M\u00fchle".encode(), 6: b"-name"}


def ipv4(source, target, payload):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, 6, 0, bytes(source), bytes(target))
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return head[:10] + struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF) + head[12:] + payload


class Talk:
    def __init__(self):
        self.packets, self.sequence = [], [1000, 2000]

    def send(self, by_client, flags, data=b""):
        ends = [((10, 1, 0, 10), 40000, b"\x00\x0e\x8c\0\0\1"), ((10, 1, 0, 20), 502, b"\x00\x0e\x8c\0\0\2")]
        (source, port, mac), (target, to, to_mac) = ends if by_client else ends[::-1]
        me, other = (0, 1) if by_client else (1, 0)
        segment = struct.pack(">HHIIBBHHH", port, to, self.sequence[me], self.sequence[other] if flags & 16 else 0, 0x50, flags,
                              8192, 0, 0) + data
        self.packets.append(to_mac + mac + b"\x08\x00" + ipv4(source, target, segment))
        self.sequence[me] += len(data) + (1 if flags & 3 else 0)

    def ask(self, number, unit, pdu, answer):
        for by_client, body in ((True, pdu), (False, answer)):
            self.send(by_client, 24, struct.pack(">HHHB", number, 0, len(body) + 1, unit) + body)


def capture():
    talk = Talk()
    for by_client, flags in ((True, 2), (False, 18), (True, 16)):
        talk.send(by_client, flags)
    objects = b"".join(bytes([key, len(text)]) + text for key, text in IDENTITY.items())
    talk.ask(1, 1, b"\x2b\x0e\x02\x00", b"\x2b\x0e\x02\x82\x00\x00" + bytes([len(IDENTITY)]) + objects)
    talk.ask(2, 2, b"\x03\x00\x00\x00\x01", b"\x03\x02\x00\x07")
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for second, packet in enumerate(talk.packets):
        out += struct.pack("<IIII", 1_700_000_000 + second, 0, len(packet), len(packet)) + packet
    return out


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if not pathlib.Path(sys.argv[1]).exists():
        print(f"skipped: {sys.argv[1]} is not built")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "c.pcap").write_bytes(capture())
        (folder / "plant.yaml").write_text(PLANT)

        def run(*arguments, status=0):
            done = subprocess.run([sys.argv[1], *map(str, arguments)], capture_output=True, check=False)
            assert done.returncode == status, (arguments, done.returncode, done.stderr.decode())
            return done.stdout.decode()

        assets = ["assets", folder / "plant.yaml", "--read", folder / "c.pcap"]
        schema = json.loads((ROOT / "docs/inventory.schema.json").read_text())
        for arguments in (assets, assets[:1] + assets[2:]):
            document = json.loads(run(*arguments, "--json", "-"))
            jsonschema.validate(document, schema)
        document = json.loads(run(*assets, "--json", "-"))
        assert document["missing"] == ["spare"], document["missing"]
        plc = next(asset for asset in document["assets"] if asset["id"] == "plc")
        assert plc["state"] == "different" and plc["kind"] == "controller", plc
        assert {(one["kind"], one["text"]) for one in plc["attributes"]} == {
            ("vendor", "=cmd|' /C calc'!A0"), ("order_number", 'P "1", 2'), ("firmware", "1.2"), ("model", "M\u00fchle"),
            ("name", "-name")}, plc["attributes"]
        assert {one["what"] for one in plc["differences"]} == {"vendor", "firmware"}, plc["differences"]
        assert [one["unit"] for one in plc["units"]] == [1, 2], plc["units"]
        broken = dict(document, version="1")
        try:
            jsonschema.validate(broken, schema)
            raise AssertionError("the schema accepts anything")
        except jsonschema.ValidationError:
            pass

        text = run(*assets, "--csv", "-")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        page = (ROOT / "docs/formats/inventory.md").read_text()
        for column in rows[0]:
            assert f"`{column}`" in page, f"docs/formats/inventory.md does not describe {column}"
        row = next(row for row in rows if row["id"] == "plc")
        assert row["vendor"] == "'=cmd|' /C calc'!A0" and row["name"] == "'-name" and row["order_number"] == 'P "1", 2', row
        for line in rows:
            for cell in line.values():
                assert not cell or cell[0] not in "=+-@\t\r", cell
        assert [row["state"] for row in rows] == ["unknown", "different", "missing"], rows

        (folder / "list.csv").write_text(text, newline="")
        drafted = folder / "drafted.yaml"
        run("import", folder / "list.csv", "-o", drafted)
        run("check", drafted)
        assert "vendor: \"=cmd|' /C calc'!A0\"" in drafted.read_text(), drafted.read_text()
        run("import", folder / "list.csv", "-o", drafted, status=1)  # a file that is there is not overwritten
        before = drafted.read_text()
        run("import", folder / "list.csv", "--into", drafted)
        assert drafted.read_text() == before

        table = run(*assets)
        details = run(*assets, "--all")
        for line in (table + details).splitlines():
            assert len(line) <= 80 or "capture" in line, line
        assert "spare" in table and "modbus 43/14 object 2" in " ".join(details.split()), details
        assert run(*assets, "--zone", "cell").count("10.1.0.") >= 2
        run(*assets, "--zone", "nowhere", status=2)
        run(*assets, "--check", status=3)
        run("assets", folder / "plant.yaml", status=2)
        run("assets", "--read", folder / "no.pcap", status=1)
        run("watch", folder / "plant.yaml", "--read", folder / "c.pcap", "--json", folder / "events", "--quiet")
        alerts = [json.loads(line) for line in (folder / "events").read_text().splitlines()]
        found = [one["alert"]["signature_id"] for one in alerts if one["event_type"] == "alert"]
        assert found.count(1043) == 2 and 1044 not in found, found
    print("inventory: output agrees with schema and documentation")


if __name__ == "__main__":
    main()
