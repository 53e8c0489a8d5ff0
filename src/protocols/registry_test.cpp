#include "protocols/registry.h"

#include <gtest/gtest.h>

#include <set>

namespace rampart::protocols {
namespace {

TEST(Registry, EveryEntryIsComplete) {
  for (const Entry& entry : registry()) {
    EXPECT_FALSE(entry.name.empty());
    EXPECT_FALSE(entry.title.empty()) << entry.name;
    EXPECT_FALSE(entry.specification.empty()) << entry.name;
    EXPECT_FALSE(entry.status.empty()) << entry.name;
    EXPECT_FALSE(entry.posture.empty()) << entry.name;
    EXPECT_TRUE(entry.over_tcp || entry.over_udp || entry.over_ethernet) << entry.name;
    EXPECT_EQ(entry.over_ethernet, !entry.ethertypes.empty()) << entry.name;
    EXPECT_EQ(entry.over_tcp, !entry.tcp_ports.empty()) << entry.name;
    EXPECT_EQ(entry.over_udp, !entry.udp_ports.empty()) << entry.name;
    EXPECT_GT(entry.limits.message_octets, 0u) << entry.name;
    EXPECT_GT(entry.limits.pending_operations, 0u) << entry.name;
    EXPECT_FALSE(entry.spaces.empty()) << entry.name;
    EXPECT_FALSE(entry.functions.empty()) << entry.name;
    EXPECT_NE(entry.make, nullptr) << entry.name;
    EXPECT_NE(entry.parse_object, nullptr) << entry.name;
    EXPECT_NE(entry.append_object, nullptr) << entry.name;
  }
}

TEST(Registry, NamesAreUniqueAndFindTheirEntry) {
  std::set<std::string_view> names;
  for (const Entry& entry : registry()) {
    EXPECT_TRUE(names.insert(entry.name).second) << entry.name;
    const auto protocol = find_protocol(entry.name);
    ASSERT_TRUE(protocol) << entry.name;
    EXPECT_TRUE(protocol->known());
    EXPECT_EQ(&protocol->entry(), &entry);
    EXPECT_EQ(protocol->name(), entry.name);
  }
  EXPECT_FALSE(find_protocol("no-such-protocol"));
  EXPECT_EQ(Protocol{}.name(), "unknown");
}

TEST(Registry, SpacesAndFunctionsHaveOneNameEach) {
  for (const Entry& entry : registry()) {
    std::set<std::string_view> words;
    for (const Space& space : entry.spaces) {
      EXPECT_TRUE(words.insert(space.name).second) << entry.name << " " << space.name;
      EXPECT_TRUE(!space.memory || space.address_bits > 0) << entry.name << " " << space.name;
    }
    words.clear();
    for (const Function& function : entry.functions) {
      EXPECT_TRUE(words.insert(function.name).second) << entry.name << " " << function.name;
    }
  }
}

TEST(Registry, EveryDecoderTellsNoiseAndItsNeighboursApart) {
  for (size_t i = 0; i < registry().size(); ++i) {
    const Protocol self{static_cast<uint16_t>(i + 1)};
    const auto decoder = self.entry().make(self);
    ASSERT_NE(decoder, nullptr);
    for (const Direction direction : {Direction::to_server, Direction::to_client}) {
      // Telnet is any text, and is asked on its own port alone.
      if (self.name() != "http" && self.name() != "telnet") {
        EXPECT_EQ(decoder->probe(direction, as_bytes("GET /index.html HTTP/1.1\r\n\r\n")), Match::no) << self.name();
      }
      EXPECT_FALSE(decoder->done()) << self.name();
      EXPECT_EQ(decoder->probe(direction, {}), Match::more) << self.name();
      EXPECT_EQ(decoder->resync(direction, {}), 0u) << self.name();
      EXPECT_EQ(decoder->frame(direction, {}).state, Frame::State::more) << self.name();
    }
  }
}

TEST(Registry, PortsAreHints) {
  EXPECT_EQ(protocol_at(true, 502).name(), "modbus");
  EXPECT_EQ(protocol_at(false, 502).name(), "modbus");
  EXPECT_EQ(protocol_at(true, 102).name(), "s7comm");
  EXPECT_EQ(protocol_at(true, 20000).name(), "dnp3");
  EXPECT_EQ(protocol_at(false, 20000).name(), "dnp3");
  EXPECT_EQ(protocol_at(true, 80).name(), "http");
  EXPECT_EQ(protocol_over_ethernet(0x0806).name(), "arp");
  EXPECT_EQ(protocol_over_ethernet(0x88cc).name(), "lldp");
  EXPECT_FALSE(protocol_over_ethernet(0x0800).known());
  EXPECT_FALSE(protocol_at(true, 81).known());
  EXPECT_EQ(protocol_at(true, 2404).name(), "iec104");
  EXPECT_FALSE(protocol_at(false, 2404).known());
  EXPECT_FALSE(protocol_at(false, 102).known());
}

constexpr Space kSpaces[] = {{"coil", 1, true}, {"holding-register", 16, true}};

TEST(SpaceObject, IsWrittenAsItIsRead) {
  for (const std::string_view text :
       {"coil", "coil 0", "coil 0-15", "holding-register 100-119", "holding-register 18446744073709551614"}) {
    const ParsedObject parsed = parse_space_object(text, kSpaces);
    ASSERT_EQ(parsed.error, "") << text;
    std::string out;
    append_space_object(out, parsed.object, kSpaces);
    EXPECT_EQ(out, text);
  }
}

TEST(SpaceObject, ForgivesSpacesAndHexadecimal) {
  const ParsedObject parsed = parse_space_object("  holding-register   0x10-0x1f ", kSpaces);
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.object.space, 1);
  EXPECT_EQ(parsed.object.first, 16u);
  EXPECT_EQ(parsed.object.last, 31u);
}

TEST(SpaceObject, SaysWhatIsWrongAndWhatWouldMendIt) {
  const ParsedObject word = parse_space_object("coils 4", kSpaces);
  EXPECT_EQ(word.error, "\"coils\" is no address space of this protocol");
  EXPECT_EQ(word.hint, "use one of: coil holding-register");
  for (const std::string_view text :
       {"coil 5-3", "coil x", "coil 5-", "coil -5", "coil 1-2-3", "coil 1 2", "coil 1,2"}) {
    EXPECT_NE(parse_space_object(text, kSpaces).error, "") << text;
    EXPECT_NE(parse_space_object(text, kSpaces).hint, "") << text;
  }
  EXPECT_NE(parse_space_object("", kSpaces).error, "");
}

TEST(SpaceObject, AnObjectOutsideAllSpacesIsItsName) {
  std::string out;
  append_space_object(out, {.name = "OB1"}, kSpaces);
  EXPECT_EQ(out, "OB1");
}

}  // namespace
}  // namespace rampart::protocols
