// Every recorded capture that is at hand, held against what tshark says of it; and cut, flipped, to see it survive.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "monitor/capture.h"
#include "monitor/fragments.h"
#include "monitor/packet.h"
#include "monitor/stream.h"

namespace rampart::monitor {
namespace {

const std::filesystem::path kCaptures = RAMPART_SOURCE_DIR "/../shared/captures";

std::vector<std::filesystem::path> all_captures() {
  std::vector<std::filesystem::path> paths;
  if (!std::filesystem::exists(kCaptures)) return paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kCaptures)) {
    const std::string extension = entry.path().extension();
    if (extension == ".pcap" || extension == ".pcapng" || extension == ".cap") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// truth_of reads the frame counts of tshark: `frames` and one count a protocol.
std::map<std::string, uint64_t> truth_of(const std::filesystem::path& capture) {
  std::map<std::string, uint64_t> counts;
  std::ifstream in(kCaptures / "truth" / (std::filesystem::relative(capture, kCaptures).string() + ".tsv"));
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    std::string table, key;
    uint64_t count = 0;
    fields >> table >> key >> count;
    if (table == "proto" || (table == "info" && key == "frames")) counts[key] = count;
  }
  return counts;
}

struct Count : StreamSink {
  uint64_t octets = 0;
  uint64_t missing = 0;
  void data(Direction, Bytes bytes) override { octets += bytes.size(); }
  void gap(Direction, uint64_t bytes) override { missing += bytes; }
  void closed(Direction) override {}
  void reset(Direction) override {}
  void restarted() override {}
};

/// Room is everything a packet of a capture goes through.
struct Room {
  std::map<std::string, uint64_t> counts;
  std::map<Parsed, uint64_t> results;
  FragmentReassembler reassembler;
  StreamContext context;
  std::map<std::tuple<IpAddress, uint16_t, IpAddress, uint16_t>, TcpStream> streams;
  Count count;

  void take(const RawPacket& raw) {
    Packet packet;
    Parsed parsed = parse_packet(raw, packet);
    fast_pair_hash(raw);
    ++counts["frames"];
    ++results[parsed];
    if (packet.has_ip) ++counts[packet.source.is_v4() ? "ip" : "ipv6"];
    if (packet.vlan_count > 0) ++counts["vlan"];
    Packet whole;
    if (parsed == Parsed::fragment && reassembler.add(packet, whole, parsed)) packet = whole;
    if (parsed != Parsed::ip) return;
    if (packet.transport == Transport::udp) ++counts["udp"];
    if (packet.transport != Transport::tcp) return;
    ++counts["tcp"];
    const auto source = std::tie(packet.source, packet.source_port);
    const auto destination = std::tie(packet.destination, packet.destination_port);
    const bool forward = source < destination;
    TcpStream& stream = streams[std::tuple_cat(forward ? source : destination, forward ? destination : source)];
    stream.feed(context, forward ? Direction::to_server : Direction::to_client, segment_of(packet), count);
  }
  void end() {
    for (auto& [key, stream] : streams) stream.flush(context, count);
    EXPECT_EQ(context.held_octets, 0u);
  }
};

TEST(CaptureTruth, EveryCaptureHasThePacketsThatTsharkCounts) {
  const auto captures = all_captures();
  if (captures.empty()) GTEST_SKIP() << "no captures beside the project";
  for (const std::filesystem::path& path : captures) {
    std::map<std::string, uint64_t> truth = truth_of(path);
    CaptureFiles files({path.string()});
    Room room;
    RawPacket raw;
    while (files.next(raw)) room.take(raw);
    room.end();
    for (const char* name : {"frames", "ip", "ipv6", "vlan"}) EXPECT_EQ(room.counts[name], truth[name]) << path << name;
    // tshark also counts the header that an ICMP error quotes.
    for (const char* name : {"tcp", "udp"}) {
      EXPECT_LE(room.counts[name], truth[name]) << path << name;
      EXPECT_GE(room.counts[name] + truth["icmp"] + truth["icmpv6"], truth[name]) << path << name;
    }
    EXPECT_EQ(room.results[Parsed::malformed], 0u) << path;
    EXPECT_EQ(room.results[Parsed::unsupported], 0u) << path;
    EXPECT_LE(files.warnings().size(), 1u) << path;
  }
}

TEST(CaptureTruth, EveryCaptureSurvivesFlippedOctetsAndCuts) {
  const auto captures = all_captures();
  if (captures.empty()) GTEST_SKIP() << "no captures beside the project";
  std::mt19937_64 random(62443);
  for (const std::filesystem::path& path : captures) {
    CaptureFiles files({path.string()});
    Room room;
    RawPacket raw;
    std::vector<uint8_t> copy;
    for (int i = 0; i < 2000 && files.next(raw); ++i) {
      copy.assign(raw.bytes.begin(), raw.bytes.end());
      for (int flips = 0; flips < 3 && !copy.empty(); ++flips)
        copy[random() % std::min<size_t>(copy.size(), 80)] ^= static_cast<uint8_t>(1u << random() % 8);
      if (random() % 4 == 0) copy.resize(random() % (copy.size() + 1));
      copy.shrink_to_fit();
      raw.bytes = copy;
      room.take(raw);
    }
    room.end();
    EXPECT_LE(room.reassembler.held_octets(), FragmentLimits{}.octets + 65536) << path;
  }
}

}  // namespace
}  // namespace rampart::monitor
