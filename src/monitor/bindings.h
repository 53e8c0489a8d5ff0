// Which hardware address an IP address belongs to, as its owner claims: what moved, and what two claim at once. Pure,
// bounded, fed in the order of the packets.
#pragma once

#include <cstdint>

#include "base/address.h"
#include "base/time.h"
#include "monitor/bounded.h"

namespace rampart::monitor {

class Bindings {
 public:
  static constexpr size_t kMost = 65'536;  // addresses; the one silent longest makes room
  /// Two that claim one address in turn within this time are both there.
  static constexpr std::chrono::seconds kBoth{60};

  enum class Said : uint8_t { nothing, moved, both };

  /// claim notes that `mac` says that it has the address `key` (of an IP address, with its VLAN). `other` is who had it
  /// before, where it is not `nothing`. The zero MAC, and groups, own nothing.
  Said claim(uint64_t key, const MacAddress& mac, TimePoint now, MacAddress& other) {
    if (mac == MacAddress{} || (mac.octets[0] & 1) != 0) return Said::nothing;
    Bound& bound = bound_.touch(key, now);
    const MacAddress owner = bound.owner;
    if (owner == mac) {
      bound.last = now;
      return Said::nothing;
    }
    const bool known = owner != MacAddress{};
    const bool back = known && bound.before == mac && now - bound.moved <= kBoth;
    bound = {.owner = mac, .before = owner, .moved = now, .last = now};
    other = owner;
    return back ? Said::both : known ? Said::moved : Said::nothing;
  }

 private:
  struct Bound {
    MacAddress owner, before;
    TimePoint moved{}, last{};
  };
  Recent<Bound> bound_{kMost};
};

}  // namespace rampart::monitor
