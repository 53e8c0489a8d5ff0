#include "base/address_range.h"

#include <algorithm>
#include <array>

namespace rampart {
namespace {

IpAddress made(Bytes octets) {
  return octets.size() == 4 ? IpAddress::v4(octets.data()) : IpAddress::v6(octets.data());
}

/// Octets is an address to count with.
struct Octets {
  explicit Octets(const IpAddress& address) : size(address.octets().size()) {
    std::copy_n(address.octets().begin(), size, octets.begin());
  }
  IpAddress address() const { return made({octets.data(), size}); }

  size_t size;
  std::array<uint8_t, 16> octets{};
};

}  // namespace

std::optional<IpAddress> address_after(const IpAddress& address) {
  Octets next(address);
  for (size_t i = next.size; i > 0; --i) {
    if (++next.octets[i - 1] != 0) return next.address();
  }
  return {};
}

std::optional<IpAddress> address_before(const IpAddress& address) {
  Octets next(address);
  for (size_t i = next.size; i > 0; --i) {
    if (next.octets[i - 1]-- != 0) return next.address();
  }
  return {};
}

AddressRange range_of(const IpNetwork& network) {
  Octets low(network.address), high(network.address);
  for (size_t i = 0; i < low.size; ++i) {
    const int bits = std::clamp(int{network.prefix} - static_cast<int>(i) * 8, 0, 8);
    low.octets[i] = static_cast<uint8_t>(low.octets[i] & (0xff00 >> bits));
    high.octets[i] = static_cast<uint8_t>(high.octets[i] | (0xff >> bits));
  }
  return {low.address(), high.address()};
}

std::vector<IpNetwork> networks_of(const AddressRange& range) {
  std::vector<IpNetwork> found;
  IpAddress first = range.first;
  while (first <= range.last) {
    // The largest network that begins here and does not go beyond the end.
    IpNetwork network{first, static_cast<uint8_t>(first.octets().size() * 8)};
    while (network.prefix > 0) {
      const IpNetwork larger{first, static_cast<uint8_t>(network.prefix - 1)};
      const AddressRange all = range_of(larger);
      if (all.first != first || range.last < all.last) break;
      network = larger;
    }
    found.push_back(network);
    const auto next = address_after(range_of(network).last);
    if (!next) break;
    first = *next;
  }
  return found;
}

}  // namespace rampart
