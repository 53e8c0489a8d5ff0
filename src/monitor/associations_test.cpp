// I/O of EtherNet/IP in datagrams, opened and closed on a TCP connection of the same two hosts: what one conversation
// says is known in another, whatever the number of workers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "monitor/sensor_testing.h"
#include "protocols/enip/wire.h"

namespace rampart::monitor::testing {
namespace {

using ::testing::SizeIs;
namespace enip = protocols::enip::testing;

const std::string kStation = "10.20.0.10", kDrive = "10.20.0.20";

std::string octets(const enip::Octets& bytes) { return {bytes.begin(), bytes.end()}; }

std::string forward_open() {
  return octets(enip::unconnected(
      enip::request(0x54, enip::hex("2006 2401"),
                    enip::hex("07f9 00000000 00500000 0700 0100 99000000 00000000 10270000 0848 10270000 0848 01 04 "
                              "2004 2497 2c96 2c64"))));
}
std::string opened() {
  return octets(enip::unconnected(enip::hex("d4000000 01100000 00500000 0700 0100 99000000 10270000 10270000 0000")));
}
std::string forward_close() {
  return octets(enip::unconnected(
      enip::request(0x4e, enip::hex("2006 2401"), enip::hex("07f9 0700 0100 99000000 04 00 2004 2497 2c96 2c64")), 2));
}
std::string closed() { return octets(enip::unconnected(enip::hex("ce000000 0700 0100 99000000 0000"), 2)); }

/// io is a datagram with one octet behind its count of data.
std::string io(const std::string& from, const std::string& to, std::string_view connection, std::string_view value) {
  const std::string payload =
      octets(enip::hex("0200 0280 0800 " + std::string(connection) + " 05000000 b100 0300 0100 " + std::string(value)));
  std::string datagram = ipv4(17, udp(2222, 2222, payload));
  datagram.replace(12, 4, ip_octets(from));
  datagram.replace(16, 4, ip_octets(to));
  return ethernet(0x0800, datagram);
}

class SharedConnections : public ::testing::TestWithParam<uint32_t> {};

TEST_P(SharedConnections, GiveDatagramsTheirMeaningFromOpeningToClosing) {
  Wire wire;
  wire.add(io(kStation, kDrive, "01100000", "a0"));
  Conversation tcp(wire, kStation, 50'000, kDrive, 44818);
  tcp.open().ask(forward_open()).tell(opened());
  wire.add(io(kStation, kDrive, "01100000", "a1"));
  wire.add(io(kDrive, kStation, "00500000", "b1"));
  wire.add(io(kDrive, "239.192.1.1", "00500000", "b2"));
  wire.add(io("10.20.0.30", kDrive, "01100000", "a3"));
  tcp.ask(forward_close()).tell(closed());
  wire.add(io(kStation, kDrive, "01100000", "a4"));
  const Watched watched(wire, "", {.workers = GetParam()});
  const Lines& out = watched.out;
  EXPECT_THAT(out.with({"\"io-output\"", "assembly 150 attribute 3", "[\"a1\"]", "\"src_ip\":\"10.20.0.10\""}),
              SizeIs(1));
  EXPECT_THAT(out.with({"\"io-input\"", "assembly 100 attribute 3", "[\"b1\"]", "\"unsolicited\":true"}), SizeIs(1));
  // Before the opening, after the closing, to a group, between other hosts.
  EXPECT_THAT(out.with({"\"io-unopened\""}), SizeIs(4));
  EXPECT_THAT(out.with({"\"io-unopened\"", "connection 20480", "[\"0100b2\"]"}), SizeIs(1));
  EXPECT_THAT(out.with({"\"io-unopened\"", "connection 4097", "[\"0100a3\"]"}), SizeIs(1));
}

INSTANTIATE_TEST_SUITE_P(Workers, SharedConnections, ::testing::Values(1u, 2u, 4u));

TEST(SharedConnections, OutputsAreJudgedByTheRulesOfTheTarget) {
  Wire wire;
  Conversation tcp(wire, kStation, 50'000, kDrive, 44818);
  tcp.open().ask(forward_open()).tell(opened());
  wire.add(io(kStation, kDrive, "01100000", "a1"));
  const auto plant = [](const char* assembly) {
    return "rampart: 1\nplant: T\nzones:\n"
           "  - {id: a, target: 1, networks: [10.20.0.0/28], assets: [{id: plc, kind: controller, at: [{ip: "
           "10.20.0.10}]}]}\n"
           "  - {id: b, target: 1, networks: [10.20.0.16/28], assets: [{id: drive, kind: drive, at: [{ip: "
           "10.20.0.20}]}]}\n"
           "conduits:\n  - id: c\n    joins: [a, b]\n    rules:\n"
           "      - {id: r, allow: [session], protocol: enip, from: [plc], to: [drive]}\n"
           "      - {id: w, allow: [write], protocol: enip, objects: [" +
           std::string(assembly) + "], from: [plc], to: [drive]}\n";
  };
  const Watched allowed(wire, plant("assembly 150"));
  EXPECT_THAT(allowed.out.with({"\"io-output\"", "\"allowed\":true"}), SizeIs(1));
  wire.rewind();
  const Watched denied(wire, plant("assembly 151"));
  EXPECT_THAT(denied.out.with({"\"io-output\"", "\"allowed\":false"}), SizeIs(1));
}

}  // namespace
}  // namespace rampart::monitor::testing
