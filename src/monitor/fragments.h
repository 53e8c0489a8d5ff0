// Puts IP fragments together, IPv4 and IPv6, within fixed bounds. One reassembler per worker: all fragments of two
// hosts meet there (fast_pair_hash). It owns the octets of the datagram that it gave back last, until the next call.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "base/keyed_hash.h"
#include "monitor/packet.h"

namespace rampart::monitor {

struct FragmentLimits {
  size_t datagrams = 1024;                      // unfinished at a time; the oldest makes room
  size_t octets = size_t{4} << 20;              // held in all
  size_t fragments = 256;                       // of one datagram
  Duration timeout = std::chrono::seconds(30);  // after the first fragment, in packet time
};

struct FragmentStatistics {
  uint64_t fragments = 0;
  uint64_t reassembled = 0;
  uint64_t duplicates = 0;   // nothing new and the same octets, as a mirror port makes
  uint64_t overlapping = 0;  // suspicious: no network makes partly overlapping fragments
  uint64_t conflicting = 0;  // overlaps whose octets differ: evasion
  uint64_t tiny = 0;         // first fragments too short for the transport header: evasion of filters
  uint64_t malformed = 0;    // beyond 65535 octets, not a multiple of 8, two ends
  uint64_t truncated = 0;    // cut by the capture
  uint64_t timed_out = 0;    // datagrams
  uint64_t evicted = 0;      // datagrams that a bound cost
};

/// FragmentReassembler: first data wins in IPv4; in IPv6 an overlap discards the datagram (RFC 5722). Exact duplicates
/// are ignored in both.
class FragmentReassembler {
 public:
  explicit FragmentReassembler(const FragmentLimits& limits = {}, const HashKey& key = {})
      : limits_(limits), index_(0, KeyHash{SeededHash(key)}) {}

  /// add takes a packet for which parse_packet said `fragment`. Result: true where it completed a datagram; `whole`
  /// then has the addresses and the link layer of the first fragment to come, time and number of this one, and `parsed`
  /// says what parse_transport made of it. The payload is valid until the next call.
  bool add(const Packet& fragment, Packet& whole, Parsed& parsed);

  const FragmentStatistics& statistics() const { return statistics_; }
  size_t unfinished() const { return order_.size(); }
  size_t held_octets() const { return held_octets_; }

 private:
  struct Key {
    IpAddress source;
    IpAddress destination;
    uint32_t id = 0;
    uint8_t protocol = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    SeededHash by{};
    size_t operator()(const Key& key) const {
      return by.add(by.add(by(key.source), by(key.destination), key.id), key.protocol, 0);
    }
  };
  /// Range of octets that are there.
  struct Range {
    uint32_t begin = 0;
    uint32_t end = 0;
  };
  struct Datagram {
    Key key;
    Packet first;  // of the fragment that came first; its payload is not used
    std::vector<uint8_t> octets;
    std::vector<Range> ranges;  // in order, never touching
    uint32_t size = 0;          // known once the last fragment came
    uint32_t fragments = 0;
    bool poisoned = false;  // an overlap in IPv6: what still comes is swallowed until the timeout
  };
  using Order = std::list<Datagram>;

  Order::iterator find(const Packet& fragment);
  void drop(Order::iterator datagram);
  void make_room(TimePoint now);
  void make_room_for(const Datagram& growing, size_t octets);
  bool store(Datagram& datagram, const Packet& fragment);
  void copy_fresh(Datagram& datagram, uint32_t begin, Bytes octets, bool& overlap, bool& conflict);
  void resize(Datagram& datagram, size_t size);

  FragmentLimits limits_;
  FragmentStatistics statistics_;
  Order order_;  // by the time of the first fragment
  std::unordered_map<Key, Order::iterator, KeyHash> index_;
  size_t held_octets_ = 0;
  std::vector<uint8_t> whole_;
};

}  // namespace rampart::monitor
