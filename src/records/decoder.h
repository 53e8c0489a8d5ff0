// Reads the fields of a struct from the pairs of a CBOR map, by fields.h: the inverse of encoder.h, and stricter than
// what writes: a record has one form only, so keys rise and no field stands there with the value at which it is left
// out.
#pragma once

#include <limits>

#include "records/cbor.h"
#include "records/encoder.h"
#include "records/enumerations.h"
#include "records/fields.h"

namespace rampart::records {

/// Borrowed is what a decoded fact points to; text and values point into the bytes that were read.
struct Borrowed {
  std::optional<Conversation> conversation;
  protocols::Operation operation;
  protocols::Attribute attribute;
  std::vector<protocols::Answer> answers;
  std::vector<const protocols::Answer*> answers_in_order;
  std::vector<Kept> kept;
};

/// bounded is true where all values lie in the data and do not overlap: no record says more than it holds.
bool bounded(const protocols::Values& values);

/// Decoder reads the pairs of one map. `depth`: maps and arrays that lie around its values.
class Decoder {
 public:
  Decoder(Reader& in, Borrowed& borrowed, const void* owner, uint64_t pairs, int depth,
          protocols::Protocol protocol = {})
      : in_(in), borrowed_(borrowed), owner_(owner), left_(pairs), depth_(depth), protocol_(protocol) {
    advance();
  }

  template <class T>
  void operator()(uint8_t number, std::string_view, T& member, const T& fallback = {}) {
    if (reach(number)) {
      const size_t start = in_.at();
      const Got got = get(member);
      if (got == Got::known && left_out(member, fallback)) return fail();
      if (got == Got::unknown) member = fallback;
      done(got, start);
    }
    if constexpr (std::same_as<T, protocols::Protocol>) protocol_ = member;
  }

  void space(uint8_t number, std::string_view, uint8_t& space) {
    if (!reach(number)) return;
    const size_t start = in_.at();
    done(get_space(space), start);
  }

  /// finish keeps what is left. False where anything in the map was not as it must be.
  bool finish() {
    while (has_next_) keep();
    return !failed_;
  }

 private:
  enum class Got : uint8_t { known, unknown, wrong };

  void fail() {
    failed_ = true;
    has_next_ = false;
  }
  /// advance reads the key of the next pair.
  void advance() {
    const uint64_t last = next_;
    const bool first = !has_next_;
    has_next_ = false;
    if (left_ == 0) return;
    --left_;
    const Item key = in_.next();
    if (key.kind != Item::Kind::natural || (!first && key.number <= last)) return fail();
    next_ = key.number;
    has_next_ = true;
  }
  /// reach keeps the fields below `number`; true where the next one is `number`.
  bool reach(uint8_t number) {
    while (has_next_ && next_ < number) keep();
    return has_next_ && next_ == number;
  }
  void keep() {
    const size_t start = in_.at();
    done(in_.skip(depth_) ? Got::unknown : Got::wrong, start);
  }
  void done(Got got, size_t start) {
    if (got == Got::wrong) return fail();
    if (got == Got::unknown) borrowed_.kept.push_back({owner_, next_, in_.since(start)});
    advance();
  }

  template <class T>
  bool get_map(T& value, uint64_t pairs, int depth) {
    Decoder inner(in_, borrowed_, &value, pairs, depth, protocol_);
    fields(inner, value);
    if constexpr (std::same_as<T, protocols::Values>) {
      if (!bounded(value)) return false;
    }
    return inner.finish();
  }
  template <class T>
  Got get_map(T& value) {
    const Item item = in_.next();
    return item.kind == Item::Kind::map && get_map(value, item.number, depth_ + 1) ? Got::known : Got::wrong;
  }

  Got get(bool& value) {
    const Item item = in_.next();
    value = item.number != 0;
    return item.kind == Item::Kind::boolean ? Got::known : Got::wrong;
  }
  template <std::unsigned_integral T>
  Got get(T& value) {
    const Item item = in_.next();
    if (item.kind != Item::Kind::natural || item.number > std::numeric_limits<T>::max()) return Got::wrong;
    value = static_cast<T>(item.number);
    return Got::known;
  }
  template <class T>
  requires std::is_enum_v<T> Got get(T& value) {
    const Item item = in_.next();
    if (item.kind != Item::Kind::natural) return Got::wrong;
    constexpr Range kRange = range_of(T{});
    if (item.number < kRange.first || item.number > kRange.last) return Got::unknown;
    value = static_cast<T>(item.number);
    return Got::known;
  }
  Got get(TimePoint& value);
  Got get(Duration& value);
  Got get(std::string_view& value);
  Got get(std::string& value);
  Got get(Bytes& value);
  Got get(IpAddress& value);
  Got get(MacAddress& value);
  Got get(protocols::Protocol& value);
  Got get(std::span<const protocols::Answer* const>& value);
  Got get_space(uint8_t& value);

  template <class T>
  Got get(std::optional<T>& value) {
    value.emplace();
    if constexpr (HasFields<T>) {
      return get_map(*value);
    } else {
      return get(*value);
    }
  }
  Got get(const Conversation*& value) {
    value = &borrowed_.conversation.emplace();
    return get_map(*borrowed_.conversation);
  }
  Got get(const protocols::Operation*& value) {
    value = &borrowed_.operation;
    return get_map(borrowed_.operation);
  }
  Got get(const protocols::Attribute*& value) {
    value = &borrowed_.attribute;
    return get_map(borrowed_.attribute);
  }
  /// A struct that is a member is left out where it says nothing.
  template <HasFields T>
  Got get(T& value) {
    const Item item = in_.next();
    if (item.kind != Item::Kind::map || item.number == 0) return Got::wrong;
    return get_map(value, item.number, depth_ + 1) ? Got::known : Got::wrong;
  }

  Reader& in_;
  Borrowed& borrowed_;
  const void* owner_;
  uint64_t left_;
  int depth_;
  protocols::Protocol protocol_;
  uint64_t next_ = 0;
  bool has_next_ = false;
  bool failed_ = false;
};

}  // namespace rampart::records
