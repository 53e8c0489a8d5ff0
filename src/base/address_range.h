// A run of addresses, as packet filters and lists of blocks have them.
#pragma once

#include <optional>
#include <vector>

#include "base/address.h"

namespace rampart {

/// AddressRange is all addresses from `first` to `last`, both included, of one family.
struct AddressRange {
  IpAddress first, last;
  bool contains(const IpAddress& address) const { return first <= address && address <= last; }
  auto operator<=>(const AddressRange&) const = default;
};

/// address_after and address_before give the neighbour of an address; nothing at the ends of its family.
std::optional<IpAddress> address_after(const IpAddress& address);
std::optional<IpAddress> address_before(const IpAddress& address);

/// range_of is all addresses of a network; bits beyond its prefix do not matter.
AddressRange range_of(const IpNetwork& network);
/// networks_of is the fewest networks that have exactly the addresses of `range`, in order: at most 254.
std::vector<IpNetwork> networks_of(const AddressRange& range);

}  // namespace rampart
