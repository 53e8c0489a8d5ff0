#include "base/address.h"

#include <arpa/inet.h>

#include <charconv>

#include "base/text.h"

namespace rampart {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  // A zero octet would end the text for inet_pton, whatever follows.
  if (text.size() >= sizeof terminated || text.find('\0') != std::string_view::npos) return {};
  terminated[text.copy(terminated, text.size())] = '\0';
  uint8_t octets[16];
  if (inet_pton(AF_INET, terminated, octets) == 1) return v4(octets);
  if (inet_pton(AF_INET6, terminated, octets) == 1) return v6(octets);
  return {};
}

bool IpAddress::is_multicast() const { return six_ ? octets_[0] == 0xff : (octets_[0] & 0xf0) == 0xe0; }

bool IpAddress::is_broadcast() const { return !six_ && load_big<4>(octets_.data()) == 0xffffffff; }

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {};
  const auto address = IpAddress::parse(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return {};
  const std::optional<uint64_t> prefix = parse_number(digits);
  if (!address || !prefix || *prefix > address->octets().size() * 8) return {};
  const IpNetwork network{*address, static_cast<uint8_t>(*prefix)};
  for (size_t bit = network.prefix; bit < address->octets().size() * 8; ++bit) {
    if (address->octets()[bit / 8] >> (7 - bit % 8) & 1) return {};
  }
  return network;
}

bool IpNetwork::overlaps(const IpNetwork& other) const {
  return prefix <= other.prefix ? contains(other.address) : other.contains(address);
}

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  MacAddress address;
  if (text.size() != 17 || (text[2] != ':' && text[2] != '-')) return {};
  for (size_t i = 0; i < 6; ++i) {
    const std::string_view octet = text.substr(i * 3, 2);
    const auto result = std::from_chars(octet.data(), octet.data() + 2, address.octets[i], 16);
    if (result.ec != std::errc() || result.ptr != octet.data() + 2) return {};
    if (i < 5 && text[i * 3 + 2] != text[2]) return {};
  }
  return address;
}

void append(std::string& out, const IpAddress& address) {
  if (address.is_v4()) {
    const Bytes octets = address.octets();
    for (size_t i = 0; i < 4; ++i) {
      if (i > 0) out += '.';
      append_number(out, octets[i]);
    }
    return;
  }
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(AF_INET6, address.octets().data(), text, sizeof text) != nullptr) out += text;
}

void append(std::string& out, const IpNetwork& network) {
  append(out, network.address);
  out += '/';
  append_number(out, network.prefix);
}

void append(std::string& out, const MacAddress& address) {
  for (size_t i = 0; i < 6; ++i) {
    if (i > 0) out += ':';
    append_hex(out, {&address.octets[i], 1});
  }
}

}  // namespace rampart
