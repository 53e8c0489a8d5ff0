#include "gateway/prologue.h"

#include <algorithm>

namespace rampart::gateway {
namespace {

constexpr uint8_t kMagic[] = {'R', 'P', 'W', 1};  // the last is the version
constexpr uint8_t kTcp = 6, kUdp = 17;
constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};  // IPv4 in IPv6, RFC 4291 2.5.5.2

void append_big(std::vector<uint8_t>& out, uint32_t number, int octets) {
  for (int i = octets - 1; i >= 0; --i) out.push_back(static_cast<uint8_t>(number >> 8 * i));
}

void append_address(std::vector<uint8_t>& out, const IpAddress& ip) {
  if (ip.is_v4()) out.insert(out.end(), std::begin(kMapped), std::end(kMapped));
  const Bytes octets = ip.octets();
  out.insert(out.end(), octets.begin(), octets.end());
}

IpAddress address_of(Bytes sixteen) {
  const bool four = std::equal(std::begin(kMapped), std::end(kMapped), sixteen.begin());
  return four ? IpAddress::v4(sixteen.data() + sizeof kMapped) : IpAddress::v6(sixteen.data());
}

}  // namespace

std::vector<uint8_t> Prologue::encode() const {
  std::vector<uint8_t> out(std::begin(kMagic), std::end(kMagic));
  const size_t size = std::min(role.size(), kMostRole);
  out.push_back(kind == net::Kind::tcp ? kTcp : kUdp);
  out.push_back(static_cast<uint8_t>(size));
  append_big(out, client.port, 2);
  append_big(out, server.port, 2);
  append_address(out, client.ip);
  append_address(out, server.ip);
  out.insert(out.end(), role.begin(), role.begin() + static_cast<std::ptrdiff_t>(size));
  return out;
}

std::optional<size_t> prologue_size(Bytes fixed) {
  if (fixed.size() < Prologue::kFixed) return {};
  if (!std::equal(std::begin(kMagic), std::end(kMagic), fixed.begin())) return {};
  if (fixed[5] > Prologue::kMostRole) return {};
  return Prologue::kFixed + fixed[5];
}

std::optional<Prologue> parse_prologue(Bytes octets) {
  ByteReader reader(octets);
  reader.skip(sizeof kMagic);
  const uint8_t kind = reader.u8();
  const uint8_t role_size = reader.u8();
  Prologue read;
  read.client.port = reader.u16();
  read.server.port = reader.u16();
  const Bytes client = reader.bytes(16), server = reader.bytes(16);
  const Bytes role = reader.bytes(role_size);
  if (!reader.done() || prologue_size(octets) != octets.size()) return {};
  if ((kind != kTcp && kind != kUdp) || read.client.port == 0 || read.server.port == 0) return {};
  if (std::ranges::any_of(role, [](uint8_t octet) { return octet < 0x20 || octet == 0x7f; })) return {};
  read.kind = kind == kTcp ? net::Kind::tcp : net::Kind::udp;
  read.client.ip = address_of(client);
  read.server.ip = address_of(server);
  read.role = as_text(role);
  return read;
}

std::string_view to_text(Reply reply) {
  switch (reply) {
    case Reply::open:
      return "open";
    case Reply::not_allowed:
      return "the other gateway does not allow it";
    case Reply::limit:
      return "the other gateway has no room for it";
    case Reply::server_away:
      return "the other gateway cannot reach the server";
    case Reply::not_understood:
      return "the other gateway does not serve it";
  }
  return "";
}

std::optional<Reply> parse_reply(uint8_t octet) {
  if (octet > static_cast<uint8_t>(Reply::not_understood)) return {};
  return static_cast<Reply>(octet);
}

void append_frame(std::vector<uint8_t>& out, uint32_t number, Bytes datagram) {
  append_big(out, static_cast<uint32_t>(datagram.size()), 2);
  append_big(out, number, 4);
  out.insert(out.end(), datagram.begin(), datagram.end());
}

std::optional<Bytes> FrameReader::next(size_t& at) {
  ByteReader reader(Bytes(held_).subspan(at));
  const size_t size = reader.u16();
  const uint32_t number = reader.u32();
  if (broken_ || !reader.ok()) return {};
  // Numbers only grow; the order is that of TLS. What is left out was dropped before it was sent.
  const uint32_t ahead = number - expected_;
  if (size > kMostDatagram || ahead > UINT32_MAX / 2) {
    broken_ = true;
    return {};
  }
  const Bytes datagram = reader.bytes(size);
  if (!reader.ok()) return {};
  missing_ += ahead;
  expected_ = number + 1;
  at += kFrameHeader + size;
  return datagram;
}

}  // namespace rampart::gateway
