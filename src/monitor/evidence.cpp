#include "monitor/evidence.h"

#include <algorithm>
#include <cstring>

#include "base/files.h"
#include "monitor/findings.h"
#include "monitor/packet.h"

namespace rampart::monitor {
namespace {

// Classic pcap, nanoseconds, little-endian. Source: draft-ietf-opsawg-pcap.
constexpr uint32_t kMagic = 0xa1b23c4d;
constexpr uint32_t kLongest = 262'144;

void append_le(std::string& out, uint64_t value, size_t octets) {
  for (size_t i = 0; i < octets; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

/// file_name is when and what, without an end: 20231114T221320.004000Z-scan-hosts-17, so that names sort by time.
std::string file_name(const records::Finding& finding) {
  std::string when;
  append_timestamp(when, finding.when);  // 2026-11-23T18:30:00.123456+0000
  std::erase_if(when, [](char c) { return c == '-' || c == ':'; });
  return when.substr(0, when.find('+')) + "Z-" + std::string(finding.id) + "-" + std::to_string(finding.packet);
}

}  // namespace

Evidence::Evidence(std::string folder, const EvidenceLimits& limits)
    : folder_(std::move(folder)), limits_(limits), ring_(limits.ring_octets) {
  make_folders(folder_);
}

RawPacket Evidence::raw_of(const Kept& kept) const {
  RawPacket raw;
  raw.time = kept.time;
  raw.bytes = Bytes(ring_).subspan(kept.offset, kept.size);
  raw.original_length = kept.original;
  raw.link_type = kept.link_type;
  raw.number = kept.number;
  return raw;
}

/// keep copies a packet to where the oldest ones lay: packets lie whole, one behind the other.
void Evidence::keep(const RawPacket& raw) {
  const size_t size = raw.bytes.size();
  if (size > ring_.size() || size > kLongest) return;
  if (ring_.size() - head_ < size) {
    while (!kept_.empty() && kept_.front().offset >= head_) kept_.pop_front();
    head_ = 0;
  }
  while (!kept_.empty() && kept_.front().offset < head_ + size && kept_.front().offset + kept_.front().size > head_) {
    kept_.pop_front();
  }
  if (kept_.size() >= limits_.ring_packets) kept_.pop_front();
  if (size > 0) std::memcpy(ring_.data() + head_, raw.bytes.data(), size);
  kept_.push_back({raw.time, raw.number, head_, static_cast<uint32_t>(size), raw.original_length, raw.link_type});
  head_ += size;
}

bool Evidence::belongs(const Case& one, const RawPacket& raw) const {
  if (raw.number == one.packet) return true;
  Packet packet;
  parse_packet(raw, packet);
  if (one.ip[0] && packet.has_ip) {
    const bool first = packet.source == *one.ip[0] || packet.destination == *one.ip[0];
    if (one.any_peer) return first;
    return first && one.ip[1] && (packet.source == *one.ip[1] || packet.destination == *one.ip[1]);
  }
  if (packet.has_ip || (one.ip[0] && one.ip[1] && !one.mac[0])) return false;
  return std::any_of(std::begin(one.mac), std::end(one.mac),
                     [&](const auto& mac) { return mac && packet.source_mac == *mac; });
}

void Evidence::append(Case& one, const RawPacket& raw) const {
  if (one.packets == 0) {
    one.link_type = raw.link_type;
    append_le(one.file, kMagic, 4);
    append_le(one.file, 2, 2);
    append_le(one.file, 4, 2);
    append_le(one.file, 0, 8);
    append_le(one.file, kLongest, 4);
    append_le(one.file, raw.link_type, 4);
  }
  if (raw.link_type != one.link_type || raw.bytes.size() > kLongest) return;
  const int64_t nanoseconds = std::max<int64_t>(raw.time.time_since_epoch().count(), 0);
  append_le(one.file, static_cast<uint64_t>(nanoseconds / 1'000'000'000), 4);
  append_le(one.file, static_cast<uint64_t>(nanoseconds % 1'000'000'000), 4);
  append_le(one.file, raw.bytes.size(), 4);
  append_le(one.file, raw.original_length, 4);
  one.file += as_text(raw.bytes);
  ++one.packets;
}

void Evidence::packet(const RawPacket& raw) {
  for (Case& one : cases_) {
    if (raw.time <= one.until && one.after > 0 && belongs(one, raw)) {
      append(one, raw);
      --one.after;
    }
  }
  while (!cases_.empty() && (raw.time > cases_.front().until || cases_.front().after == 0)) {
    close(cases_.front());
    cases_.pop_front();
  }
  keep(raw);
}

void Evidence::found(const records::Finding& finding) {
  if (!failure_.empty() || finding.conversation == nullptr || files_ + cases_.size() >= limits_.files ||
      octets_ >= limits_.octets) {
    ++left_out_;
    return;
  }
  Case one;
  one.name = file_name(finding);
  one.packet = finding.packet;
  one.any_peer = finding.category == kinds::kScan;
  one.after = limits_.packets_after;
  one.until = (kept_.empty() ? finding.when : kept_.back().time) + limits_.after;
  const records::Conversation& conversation = *finding.conversation;
  const bool by_client = finding.asked == protocols::Direction::to_server;
  const records::Side* sides[2] = {&conversation.client, &conversation.server};
  for (size_t i = 0; i < 2; ++i) {
    const records::Side& side = *sides[by_client ? i : 1 - i];
    one.ip[i] = side.ip;
    if (conversation.ip_protocol == 0) one.mac[i] = side.mac;
  }
  std::vector<const Kept*> mine;  // newest first
  for (auto kept = kept_.rbegin(); kept != kept_.rend() && mine.size() < limits_.packets_before; ++kept) {
    if (belongs(one, raw_of(*kept))) mine.push_back(&*kept);
  }
  for (auto kept = mine.rbegin(); kept != mine.rend(); ++kept) append(one, raw_of(**kept));
  if (cases_.size() >= limits_.waiting) {
    close(cases_.front());
    cases_.pop_front();
  }
  cases_.push_back(std::move(one));
}

void Evidence::close(Case& one) {
  if (one.packets == 0 || octets_ + one.file.size() > limits_.octets || !failure_.empty()) {
    ++left_out_;
    return;
  }
  // One packet may give several findings of a kind, as of both its ends.
  if (const uint32_t more = names_[one.name]++; more > 0) one.name += "-" + std::to_string(more + 1);
  try {
    replace_file(folder_ + "/" + one.name + ".pcap", as_bytes(one.file));
  } catch (const Error& error) {
    failure_ = error.what();
    ++left_out_;
    return;
  }
  ++files_;
  octets_ += one.file.size();
}

void Evidence::finish() {
  for (Case& one : cases_) close(one);
  cases_.clear();
}

}  // namespace rampart::monitor
