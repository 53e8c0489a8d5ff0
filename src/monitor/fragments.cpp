#include "monitor/fragments.h"

#include <algorithm>
#include <utility>

namespace rampart::monitor {

namespace {
constexpr uint32_t kLargestPayload = 65535 - 20;  // RFC 791: the whole datagram has a 16-bit length
constexpr size_t kTcpPorts = 14;                  // octets up to the flags, what filters look at
constexpr size_t kUdpHeader = 8;
}  // namespace

FragmentReassembler::Order::iterator FragmentReassembler::find(const Packet& fragment) {
  // RFC 8200, 4.5: in IPv6 addresses and identification alone tell datagrams apart.
  const bool v4 = fragment.source.is_v4();
  const Key key{fragment.source, fragment.destination, fragment.fragment_id, v4 ? fragment.protocol : uint8_t{0}};
  const auto known = index_.find(key);
  if (known != index_.end()) {
    if (fragment.time - known->second->first.time <= limits_.timeout) return known->second;
    ++statistics_.timed_out;
    drop(known->second);
  }
  make_room(fragment.time);
  order_.emplace_back();
  const auto made = std::prev(order_.end());
  made->key = key;
  made->first = fragment;
  made->first.payload = {};
  index_.emplace(key, made);
  return made;
}

void FragmentReassembler::resize(Datagram& datagram, size_t size) {
  held_octets_ += size;
  held_octets_ -= datagram.octets.size();
  datagram.octets.resize(size);
}

void FragmentReassembler::drop(Order::iterator datagram) {
  held_octets_ -= datagram->octets.size();
  index_.erase(datagram->key);
  order_.erase(datagram);
}

/// make_room_for drops the oldest others while `growing` would pass the bound: many datagrams, each begun small, must
/// not grow beyond it together.
void FragmentReassembler::make_room_for(const Datagram& growing, size_t octets) {
  while (held_octets_ + octets > limits_.octets && order_.size() > 1) {
    ++statistics_.evicted;
    drop(&order_.front() == &growing ? std::next(order_.begin()) : order_.begin());
  }
}

/// make_room drops what is too old, and the oldest while the bounds are reached.
void FragmentReassembler::make_room(TimePoint now) {
  while (!order_.empty() && now - order_.front().first.time > limits_.timeout) {
    ++statistics_.timed_out;
    drop(order_.begin());
  }
  while (!order_.empty() && (order_.size() >= limits_.datagrams || held_octets_ >= limits_.octets)) {
    ++statistics_.evicted;
    drop(order_.begin());
  }
}

/// copy_fresh copies those octets of a fragment that are not there yet, compares the others, and joins the ranges.
void FragmentReassembler::copy_fresh(Datagram& datagram, uint32_t begin, Bytes octets, bool& overlap, bool& conflict) {
  const uint32_t end = begin + static_cast<uint32_t>(octets.size());
  uint32_t at = begin;
  auto copy = [&](uint32_t until) {
    const Bytes part = octets.subspan(at - begin, until - at);
    std::copy(part.begin(), part.end(), datagram.octets.begin() + at);
    at = until;
  };
  for (const Range& range : datagram.ranges) {
    if (range.end <= at) continue;
    if (range.begin >= end) break;
    if (range.begin > at) copy(range.begin);
    const uint32_t until = std::min(range.end, end);
    overlap = true;
    const Bytes part = octets.subspan(at - begin, until - at);
    conflict = conflict || !std::equal(part.begin(), part.end(), datagram.octets.begin() + at);
    at = until;
  }
  if (at < end) copy(end);
  std::vector<Range>& ranges = datagram.ranges;
  const auto first = std::find_if(ranges.begin(), ranges.end(), [&](const Range& range) { return range.end >= begin; });
  auto last = first;
  Range joined{begin, end};
  for (; last != ranges.end() && last->begin <= end; ++last) {
    joined.begin = std::min(joined.begin, last->begin);
    joined.end = std::max(joined.end, last->end);
  }
  ranges.insert(ranges.erase(first, last), joined);
}

/// store: false where the datagram is to be dropped.
bool FragmentReassembler::store(Datagram& datagram, const Packet& fragment) {
  const Bytes octets = fragment.payload;
  const uint32_t begin = fragment.fragment_offset;
  const uint32_t end = begin + static_cast<uint32_t>(octets.size());
  const bool uneven = fragment.more_fragments && (octets.size() % 8 != 0 || octets.empty());
  const bool second_end =
      datagram.size != 0 && (end > datagram.size || (!fragment.more_fragments && end != datagram.size));
  const bool end_before = !fragment.more_fragments && !datagram.ranges.empty() && datagram.ranges.back().end > end;
  // The ping of death is an offset near the end with a length beyond it.
  if (end > kLargestPayload || uneven || second_end || end_before || end == 0) {
    ++statistics_.malformed;
    return false;
  }
  if (!fragment.more_fragments) datagram.size = end;
  if (begin == 0) datagram.first.protocol = fragment.protocol;
  if (end > datagram.octets.size()) {
    make_room_for(datagram, end - datagram.octets.size());
    resize(datagram, end);
  }
  bool overlap = false;
  bool conflict = false;
  const auto around = [&](const Range& range) { return range.begin <= begin && end <= range.end; };
  const bool nothing_new = std::any_of(datagram.ranges.begin(), datagram.ranges.end(), around);
  copy_fresh(datagram, begin, octets, overlap, conflict);
  if (nothing_new && !conflict) {
    ++statistics_.duplicates;
    return true;
  }
  if (overlap) ++statistics_.overlapping;
  if (conflict) ++statistics_.conflicting;
  datagram.poisoned = datagram.poisoned || (overlap && !fragment.source.is_v4());
  return true;
}

bool FragmentReassembler::add(const Packet& fragment, Packet& whole, Parsed& parsed) {
  ++statistics_.fragments;
  if (fragment.missing != 0) {
    ++statistics_.truncated;
    return false;
  }
  const auto datagram = find(fragment);
  if (datagram->poisoned) return false;
  const size_t ports = fragment.protocol == 6 ? kTcpPorts : fragment.protocol == 17 ? kUdpHeader : 0;
  if (fragment.fragment_offset == 0 && fragment.payload.size() < ports) ++statistics_.tiny;
  if (++datagram->fragments > limits_.fragments) {
    ++statistics_.evicted;
    drop(datagram);
    return false;
  }
  if (!store(*datagram, fragment)) {
    drop(datagram);
    return false;
  }
  if (datagram->poisoned) {
    resize(*datagram, 0);
    return false;
  }
  const bool complete = datagram->size != 0 && datagram->ranges.size() == 1 && datagram->ranges[0].begin == 0 &&
                        datagram->ranges[0].end == datagram->size;
  if (!complete) return false;
  ++statistics_.reassembled;
  whole = datagram->first;
  whole.time = fragment.time;
  whole.number = fragment.number;
  whole.file = fragment.file;
  whole.more_fragments = false;
  whole.fragment_offset = 0;
  whole.missing = 0;
  held_octets_ -= datagram->octets.size();
  whole_ = std::move(datagram->octets);
  datagram->octets.clear();
  drop(datagram);
  whole.payload = whole_;
  parsed = parse_transport(whole);
  return true;
}

}  // namespace rampart::monitor
