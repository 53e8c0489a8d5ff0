// Writes the first corpus of sensor_fuzz: conversations as src/monitor/sensor_testing.h makes them, one file each.
// usage: make_sensor_corpus FOLDER
#include <cstdio>
#include <fstream>

#include "monitor/sensor_testing.h"

namespace {

using namespace rampart;
using namespace rampart::monitor::testing;
using namespace std::string_literals;

constexpr const char* kScada = "10.20.0.10";
constexpr const char* kController = "10.20.0.20";

/// fuzz_input is the form that sensor_fuzz reads: time since the frame before, length, frame.
std::string fuzz_input(const Wire& wire) {
  std::string out;
  TimePoint before = wire.frames.empty() ? TimePoint{} : wire.frames[0].time;
  for (const Wire::Frame& frame : wire.frames) {
    const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(frame.time - before).count();
    out += static_cast<char>(pause < 0xf0 ? pause : 0xff);
    out += be16(static_cast<unsigned>(frame.bytes.size())) + frame.bytes;
    before = frame.time;
  }
  return out;
}

void write(const std::string& folder, const std::string& name, const Wire& wire) {
  std::ofstream(folder + "/" + name, std::ios::binary) << fuzz_input(wire);
}

/// Of each protocol: something asked and answered.
const std::string kDnp3Read = "\x05\x64\x0b\xc4\x0a\x00\x01\x00\x37\x3c\xc0\xc3\x01\x3c\x02\x06\x86\x2d"s;
const std::string kCotpConnect =
    "\x03\x00\x00\x16\x11\xe0\x00\x00\x00\x01\x00\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02"s;
const std::string kCotpConfirm =
    "\x03\x00\x00\x16\x11\xd0\x00\x01\x00\x02\x00\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02"s;
const std::string kS7Setup =
    "\x03\x00\x00\x19\x02\xf0\x80\x32\x01\x00\x00\x00\x00\x00\x08\x00\x00\xf0\x00\x00\x01\x00\x01\x01\xe0"s;
const std::string kS7Read =
    "\x03\x00\x00\x1f\x02\xf0\x80\x32\x01\x00\x00\x00\x01\x00\x0e\x00\x00\x04\x01\x12\x0a\x10\x02\x00\x02\x00\x01\x84\x00\x00\x00"s;
const std::string kS7Answer =
    "\x03\x00\x00\x1b\x02\xf0\x80\x32\x03\x00\x00\x00\x01\x00\x02\x00\x06\x00\x00\x04\x01\xff\x04\x00\x10\x12\x34"s;
const std::string kS7Stop =
    "\x03\x00\x00\x21\x02\xf0\x80\x32\x01\x00\x00\x00\x02\x00\x10\x00\x00\x29\x00\x00\x00\x00\x00\x09P_PROGRAM"s;

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: make_sensor_corpus FOLDER\n", stderr);
    return 2;
  }
  const std::string folder = argv[1];
  {
    Wire wire;
    Conversation talk(wire, kScada, 40000, kController, 502);
    talk.open().ask(read_registers(1, 100, 2)).tell(registers(1, {11, 12}));
    talk.ask(write_register(2, 100, 50)).tell(write_register(2, 100, 50));
    talk.ask(write_register(3, 100, 4500)).tell(modbus(3, 1, "\x86\x03")).close();
    write(folder, "modbus_conversation", wire);
  }
  {
    Wire wire;
    Conversation talk(wire, kScada, 40000, kController, 502);
    talk.ask(read_registers(1, 100, 2)).lose(false, 13).ask(read_registers(2, 100, 2)).tell(registers(2, {1, 2}));
    talk.lose(true, 5)
        .ask(read_registers(3, 0, 1) + read_registers(4, 0, 1))
        .tell(registers(3, {1}) + registers(4, {2}));
    wire.wait(std::chrono::seconds(20));
    talk.ask(modbus(5, 255, "\x2b\x0e\x01\x00"s))
        .tell(modbus(5, 255,
                     "\x2b\x0e\x01\x01\x00\x00\x01\x00\x03"
                     "abc"s));
    write(folder, "modbus_with_losses", wire);
  }
  {
    Wire wire;
    Conversation(wire, kScada, 40001, kController, 20000).open().ask(kDnp3Read).ask(kDnp3Read).close();
    wire.add(ethernet(0x0800, ipv4(17, udp(20000, 20000, kDnp3Read))));
    write(folder, "dnp3_over_tcp_and_udp", wire);
  }
  {
    Wire wire;
    Conversation talk(wire, kScada, 40002, kController, 102);
    talk.open().ask(kCotpConnect).tell(kCotpConfirm).ask(kS7Setup).ask(kS7Read).tell(kS7Answer).ask(kS7Stop).close();
    write(folder, "s7comm_read_and_stop", wire);
  }
  {
    Wire wire;
    const std::string segment = tcp(40000, 502, 1, 1, 0x18, read_registers(1, 100, 2));
    wire.add(ethernet(0x0800, ipv4(6, segment.substr(0, 24), 0x2000)));
    wire.add(ethernet(0x0800, ipv4(6, segment.substr(24), 3)));
    wire.add(ethernet(0x8100, vlan(5, 0x86dd, ipv6(6, segment))));
    for (unsigned i = 0; i < 12; ++i) {  // more flows than there is room for
      Conversation(wire, kScada, 41000 + i, kController, 502).ask(read_registers(i, 100, 1));
    }
    write(folder, "fragments_vlan_and_many_flows", wire);
  }
  return 0;
}
