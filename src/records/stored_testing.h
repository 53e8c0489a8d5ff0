// Records of every kind at random, for tests of the stored form: every field by its visitor, with empty and extreme
// values, texts that are none, and all layouts of values.
#pragma once

#include <deque>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "protocols/registry.h"
#include "records/enumerations.h"
#include "records/fields.h"

namespace rampart::records::testing {

/// Pool owns what random records borrow.
struct Pool {
  explicit Pool(uint64_t seed) : random(seed) {}

  std::mt19937_64 random;
  std::deque<std::vector<uint8_t>> octets;
  std::deque<Conversation> conversations;
  std::deque<protocols::Operation> operations;
  std::deque<protocols::Attribute> attributes;
  std::deque<protocols::Answer> answers;
  std::deque<std::vector<const protocols::Answer*>> lists;

  uint64_t below(uint64_t bound) { return random() % bound; }
  Bytes some_octets(size_t count) {
    std::vector<uint8_t>& made = octets.emplace_back(count);
    for (uint8_t& octet : made) octet = static_cast<uint8_t>(random());
    return made;
  }
};

/// Filler gives every field of a struct a value.
class Filler {
 public:
  explicit Filler(Pool& pool, protocols::Protocol protocol = {}) : pool_(pool), protocol_(protocol) {}

  template <class T>
  void operator()(uint8_t, std::string_view, T& member, const T& = {}) {
    if (pool_.below(4) != 0) fill(member);
    if constexpr (std::same_as<T, protocols::Protocol>) protocol_ = member;
  }
  void space(uint8_t, std::string_view, uint8_t& space) {
    const size_t named = protocol_.known() ? protocol_.entry().spaces.size() : 0;
    space = protocols::Object::kNoSpace;
    if (named > 0 && pool_.below(4) != 0) space = static_cast<uint8_t>(pool_.below(named));
    if (pool_.below(16) == 0) space = static_cast<uint8_t>(named + pool_.below(protocols::Object::kNoSpace - named));
  }

  template <class T>
  static T made(Pool& pool, protocols::Protocol protocol = {}) {
    T value{};
    Filler filler(pool, protocol);
    fields(filler, value);
    return value;
  }

 private:
  void fill(bool& value) { value = pool_.below(2) == 1; }
  template <std::unsigned_integral T>
  void fill(T& value) {
    constexpr uint64_t kEdges[] = {0, 1, 23, 24, 255, 256, 65'535, 65'536, 0xffff'ffff, 0x1'0000'0000};
    const uint64_t choice = pool_.below(std::size(kEdges) + 2);
    value = choice < std::size(kEdges)    ? static_cast<T>(kEdges[choice])
            : choice == std::size(kEdges) ? std::numeric_limits<T>::max()
                                          : static_cast<T>(pool_.random());
  }
  template <class T>
  requires std::is_enum_v<T>
  void fill(T& value) {
    constexpr Range kRange = range_of(T{});
    value = static_cast<T>(kRange.first + pool_.below(kRange.last - kRange.first + 1));
  }
  void fill(TimePoint& value) {
    constexpr int64_t kEdges[] = {0, -1, 1, 9'200'000'000'000'000'000, -9'200'000'000'000'000'000};
    const uint64_t choice = pool_.below(10);
    value = TimePoint(Duration(choice < 5 ? kEdges[choice] : static_cast<int64_t>(pool_.below(1ull << 61))));
  }
  void fill(Duration& value) { value = Duration(static_cast<int64_t>(pool_.random() >> pool_.below(64))); }
  void fill(std::string_view& value) {
    static const std::string kLong(300, 'x');
    static const std::string_view kTexts[] = {"",
                                              "plc-1",
                                              "a value of 23 octets...",
                                              "a value of 24 octets....",
                                              "gr\xc3\xbcn \xf0\x9f\x92\xa7",
                                              "no text \xff\xfe\x80",
                                              "\"},{\\\n\r\t\x7f\x1b[2J",
                                              std::string_view("\0", 1),
                                              kLong};
    value = kTexts[pool_.below(std::size(kTexts))];
  }
  void fill(std::string& value) {
    std::string_view text;
    fill(text);
    value = text;
  }
  void fill(IpAddress& value) {
    const Bytes octets = pool_.some_octets(16);
    value = pool_.below(2) == 0 ? IpAddress::v4(octets.data()) : IpAddress::v6(octets.data());
  }
  void fill(MacAddress& value) {
    const Bytes octets = pool_.some_octets(6);
    std::copy(octets.begin(), octets.end(), value.octets.begin());
  }
  void fill(protocols::Protocol& value) {
    value.number = static_cast<uint16_t>(pool_.below(protocols::registry().size() + 1));
  }
  template <class T>
  void fill(std::optional<T>& value) {
    fill(value.emplace());
  }
  void fill(protocols::Values& values);
  template <HasFields T>
  void fill(T& value) {
    value = made<T>(pool_, protocol_);
  }
  void fill(const Conversation*& value) { value = &pool_.conversations.emplace_back(made<Conversation>(pool_)); }
  void fill(const protocols::Operation*& value) {
    value = &pool_.operations.emplace_back(made<protocols::Operation>(pool_));
  }
  void fill(const protocols::Attribute*& value) {
    value = &pool_.attributes.emplace_back(made<protocols::Attribute>(pool_));
  }
  void fill(std::span<const protocols::Answer* const>& value) {
    auto& list = pool_.lists.emplace_back();
    const uint64_t count = pool_.below(50) == 0 ? 300 : pool_.below(4);
    for (uint64_t i = 0; i < count; ++i) {
      list.push_back(&pool_.answers.emplace_back(made<protocols::Answer>(pool_)));
    }
    value = list;
  }

  Pool& pool_;
  protocols::Protocol protocol_;
};

/// fill makes values of any type and layout that decoders hand out: packed, in a row, with index, flags and time.
inline void Filler::fill(protocols::Values& values) {
  using protocols::ValueType;
  values = {};
  fill(values.type);
  fill(values.little_endian);
  if (values.type == ValueType::none) return;
  values.count = 1 + static_cast<uint32_t>(pool_.below(40));
  const bool sized = values.type == ValueType::text || values.type == ValueType::octets;
  uint32_t width = bits(values.type);
  if (sized && pool_.below(2) == 0) {
    values = protocols::Values::one(values.type, pool_.some_octets(pool_.below(300)));
    return;
  }
  if (sized) {
    values.element_octets = 1 + static_cast<uint32_t>(pool_.below(9));
    width = values.element_octets * 8;
  }
  values.stride_bits = width;
  if (width >= 8 && pool_.below(2) == 0) {
    values.index_octets = static_cast<uint8_t>(pool_.below(5));
    values.offset_bits = static_cast<uint16_t>(values.index_octets * 8);
    values.stride_bits += values.offset_bits;
    const auto after = static_cast<uint8_t>(values.stride_bits / 8);
    if (pool_.below(2) == 0) {
      values.quality_octet = after;
      values.stride_bits += 8;
    }
    if (pool_.below(2) == 0) {
      values.time_octet = static_cast<uint8_t>(values.stride_bits / 8);
      values.stride_bits += 48;
    }
  }
  if (values.type == ValueType::uint16 && values.index_octets == 0 && values.count == 2) values.masks = true;
  values.data = pool_.some_octets((size_t{values.stride_bits} * values.count + 7) / 8);
}

}  // namespace rampart::records::testing
