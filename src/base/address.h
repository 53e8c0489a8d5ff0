// Network addresses as values: IP (v4 and v6), MAC, and networks in CIDR form.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace rampart {

/// IpAddress is an IPv4 or IPv6 address. IPv4 lies in the first four octets, the rest is zero.
class IpAddress {
 public:
  IpAddress() = default;
  /// v4 and v6 read 4 or 16 octets in network order; the caller has checked that they are there.
  static IpAddress v4(const uint8_t* octets) {
    // Written as whole words: what is read soon after in other widths would wait for the store.
    uint32_t word = 0;
    std::memcpy(&word, octets, 4);
    const uint64_t words[2] = {std::endian::native == std::endian::little ? uint64_t{word} : uint64_t{word} << 32, 0};
    IpAddress address;
    std::memcpy(address.octets_.data(), words, 16);
    return address;
  }
  static IpAddress v6(const uint8_t* octets) {
    IpAddress address;
    address.six_ = true;
    std::memcpy(address.octets_.data(), octets, 16);
    return address;
  }
  /// parse reads `10.20.0.10` or `fe80::1`; nothing where the text is neither.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const { return !six_; }
  /// octets: 4 of them for IPv4, 16 for IPv6.
  Bytes octets() const { return {octets_.data(), six_ ? size_t{16} : size_t{4}}; }
  bool is_multicast() const;
  bool is_broadcast() const;
  /// words: the octets as two numbers, the first ones highest. IPv4 lies in the upper half of the first.
  std::array<uint64_t, 2> words() const { return {load_big<8>(octets_.data()), load_big<8>(octets_.data() + 8)}; }
  /// hash is not for tables that hostile traffic fills: see SeededHash.
  size_t hash() const {
    uint64_t words[2];
    std::memcpy(words, octets_.data(), 16);
    return (words[0] ^ (words[1] * 0x9e3779b97f4a7c15u)) * 0xff51afd7ed558ccdu + six_;
  }
  auto operator<=>(const IpAddress&) const = default;
  bool operator==(const IpAddress& other) const {
    uint64_t own[2], others[2];
    std::memcpy(own, octets_.data(), 16);
    std::memcpy(others, other.octets_.data(), 16);
    return ((own[0] ^ others[0]) | (own[1] ^ others[1]) | uint64_t{six_ != other.six_}) == 0;
  }

 private:
  bool six_ = false;
  std::array<uint8_t, 16> octets_{};
};

/// IpNetwork is an address with a prefix length in bits.
struct IpNetwork {
  IpAddress address;
  uint8_t prefix = 0;

  /// parse reads `10.20.0.0/24`; nothing where it is not one, or where bits are set beyond the prefix.
  static std::optional<IpNetwork> parse(std::string_view text);
  bool contains(const IpAddress& other) const {
    const auto [high, low] = address.words();
    const auto [others_high, others_low] = other.words();
    const uint64_t differs_high = (high ^ others_high) & mask(prefix);
    const uint64_t differs_low = (low ^ others_low) & mask(prefix > 64 ? prefix - 64 : 0);
    return address.is_v4() == other.is_v4() && (differs_high | differs_low) == 0;
  }
  bool overlaps(const IpNetwork& other) const;
  auto operator<=>(const IpNetwork&) const = default;

 private:
  /// mask has the `bits` highest bits set; all of them from 64 on.
  static uint64_t mask(int bits) { return bits == 0 ? 0 : ~uint64_t{0} << (bits < 64 ? 64 - bits : 0); }
};

struct MacAddress {
  std::array<uint8_t, 6> octets{};
  /// parse reads `00:0e:8c:01:02:03`, with colons or hyphens.
  static std::optional<MacAddress> parse(std::string_view text);
  auto operator<=>(const MacAddress&) const = default;
};

void append(std::string& out, const IpAddress& address);
void append(std::string& out, const IpNetwork& network);
void append(std::string& out, const MacAddress& address);

template <class Address>
std::string to_text(const Address& address) {
  std::string out;
  append(out, address);
  return out;
}

}  // namespace rampart

template <>
struct std::hash<rampart::IpAddress> {
  size_t operator()(const rampart::IpAddress& address) const { return address.hash(); }
};
template <>
struct std::hash<rampart::MacAddress> {
  size_t operator()(const rampart::MacAddress& address) const {
    return rampart::load_big<6>(address.octets.data()) * 0x9e3779b97f4a7c15u;
  }
};
