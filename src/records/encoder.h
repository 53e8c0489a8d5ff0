// Writes the fields of a struct as the pairs of a CBOR map, by fields.h. What the Decoder kept because this version
// does not know it is written again at its place.
#pragma once

#include <algorithm>
#include <functional>
#include <span>

#include "protocols/registry.h"
#include "records/cbor.h"
#include "records/fields.h"

namespace rampart::records {

/// Kept is a field that this version does not know, of the struct at `owner`, with its value as it stood. The address
/// tells structs apart: none that has fields begins with a member that has fields.
struct Kept {
  const void* owner = nullptr;
  uint64_t number = 0;
  Bytes value{};

  bool operator<(const Kept& other) const {
    return owner != other.owner ? std::less<>()(owner, other.owner) : number < other.number;
  }
};

/// Encoder writes the pairs of one map. `kept`: of all structs of the record, sorted.
class Encoder {
 public:
  Encoder(Writer& out, std::span<const Kept> kept, const void* owner, protocols::Protocol protocol = {})
      : out_(out), kept_(kept), protocol_(protocol) {
    if (kept.empty()) return;
    const auto first = std::lower_bound(kept.begin(), kept.end(), Kept{owner});
    const auto last = std::find_if(first, kept.end(), [owner](const Kept& one) { return one.owner != owner; });
    mine_ = {first, last};
  }

  template <class T>
  void operator()(uint8_t number, std::string_view, const T& member, const T& fallback = {}) {
    if constexpr (std::same_as<T, protocols::Protocol>) protocol_ = member;
    if ((!mine_.empty() && put_kept(number)) || left_out(member, fallback)) return;
    const size_t start = out_.used();
    out_.natural(number);
    if constexpr (HasFields<T>) {
      if (put_map(member) == 0) return out_.cut(start);
    } else {
      put(member);
    }
    ++pairs_;
  }

  /// space: an address space goes by its name; places in the registry may change.
  void space(uint8_t number, std::string_view, uint8_t space) {
    if ((!mine_.empty() && put_kept(number)) || space == protocols::Object::kNoSpace) return;
    out_.natural(number);
    const auto spaces = protocol_.known() ? protocol_.entry().spaces : std::span<const protocols::Space>();
    if (space < spaces.size()) {
      out_.text(spaces[space].name);
    } else {
      out_.natural(space);
    }
    ++pairs_;
  }

  /// finish writes what is left of what was kept. Result: how many pairs the map has.
  size_t finish() {
    for (const Kept& one : mine_) put_pair(one);
    return pairs_;
  }

 private:
  /// put_kept writes what was kept below `number` and at it; true where `number` was.
  bool put_kept(uint8_t number) {
    while (!mine_.empty() && mine_.front().number <= number) {
      const Kept& one = mine_.front();
      put_pair(one);
      mine_ = mine_.subspan(1);
      if (one.number == number) return true;
    }
    return false;
  }
  void put_pair(const Kept& one) {
    out_.natural(one.number);
    out_.raw(one.value);
    ++pairs_;
  }

  template <class T>
  size_t put_map(const T& value) {
    const size_t at = out_.open_map();
    Encoder inner(out_, kept_, &value, protocol_);
    fields(inner, value);
    const size_t pairs = inner.finish();
    out_.close_map(at, pairs);
    return pairs;
  }

  void put(bool value) { out_.boolean(value); }
  void put(std::unsigned_integral auto value) { out_.natural(value); }
  template <class T>
  requires std::is_enum_v<T>
  void put(T value) { out_.natural(static_cast<uint64_t>(value)); }
  void put(TimePoint value) { out_.integer(value.time_since_epoch().count()); }
  void put(Duration value) { out_.integer(value.count()); }
  void put(std::string_view value) { out_.text(value); }
  void put(Bytes value) { out_.octets(value); }
  void put(const IpAddress& value) { out_.octets(value.octets()); }
  void put(const MacAddress& value) { out_.octets(value.octets); }
  void put(protocols::Protocol value) { out_.text(value.name()); }
  template <class T>
  void put(const std::optional<T>& value) {
    if constexpr (HasFields<T>) {
      put_map(*value);
    } else {
      put(*value);
    }
  }
  template <class T>
  void put(const T* value) {
    put_map(*value);
  }
  void put(std::span<const protocols::Answer* const> answers) {
    out_.array(answers.size());
    for (const protocols::Answer* answer : answers) put_map(*answer);
  }

  Writer& out_;
  std::span<const Kept> kept_, mine_{};
  protocols::Protocol protocol_;
  size_t pairs_ = 0;
};

}  // namespace rampart::records
