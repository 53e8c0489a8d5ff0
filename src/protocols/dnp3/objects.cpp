#include "protocols/dnp3/objects.h"

#include <array>

namespace rampart::protocols::dnp3 {
namespace {

constexpr std::array kSpaces = {
    Space{"binary-input", 1, false},
    Space{"double-bit-input", 2, false},
    Space{"binary-output", 1, false},
    Space{"counter", 32, false},
    Space{"frozen-counter", 32, false},
    Space{"analog-input", 0, false},
    Space{"frozen-analog-input", 0, false},
    Space{"analog-output", 0, false},
    Space{"deadband", 0, false},
    Space{"time", 48, false},
    Space{"class", 0, false},
    Space{"file", 0, false},
    Space{"device-attribute", 0, false},
    Space{"internal-indications", 1, false},
    Space{"storage", 0, false},
    Space{"device-profile", 0, false},
    Space{"private-registration", 0, false},
    Space{"dataset-prototype", 0, false},
    Space{"dataset-descriptor", 0, false},
    Space{"dataset", 0, false},
    Space{"application", 0, false},
    Space{"operation-status", 0, false},
    Space{"floating-point", 0, false},
    Space{"bcd", 0, false},
    Space{"unsigned-integer", 0, false},
    Space{"octet-string", 0, false},
    Space{"virtual-terminal", 0, false},
    Space{"authentication", 0, false},
    Space{"security-statistic", 32, false},
};
static_assert(kSpaces.size() == static_cast<size_t>(SpaceId::security_statistic) + 1);

using Kind = Layout::Kind;
using Type = ValueType;
constexpr uint8_t kNone = Values::kAbsent;
constexpr size_t kGroups = 123;
constexpr size_t kVariations = 16;

struct Row {
  uint8_t group;
  uint8_t variation;
  Layout layout;
};

constexpr Layout packed(Type type) { return {.kind = Kind::packed, .type = type}; }
/// flagged: a flag octet, then a value; `time`: then 48 bits of time.
constexpr Layout flagged(Type type, uint8_t value_octets, bool time = false) {
  return {.kind = Kind::fixed,
          .type = type,
          .octets = static_cast<uint8_t>(1 + value_octets + (time ? 6 : 0)),
          .value_bit = 8,
          .quality = 0,
          .time = time ? static_cast<uint8_t>(1 + value_octets) : kNone};
}
constexpr Layout plain(Type type, uint8_t value_octets) {
  return {.kind = Kind::fixed, .type = type, .octets = value_octets};
}
/// state: the value in the uppermost bits of the flag octet; `extra` octets of time behind it.
constexpr Layout state(Type type, uint8_t extra = 0) {
  return {.kind = Kind::fixed,
          .type = type,
          .octets = static_cast<uint8_t>(1 + extra),
          .value_bit = static_cast<uint8_t>(type == Type::double_bit ? 6 : 7),
          .quality = 0,
          .time = extra == 6 ? uint8_t{1} : kNone};
}
/// commanded: a value and then the status of the command.
constexpr Layout commanded(Type type, uint8_t value_octets) {
  return {.kind = Kind::fixed, .type = type, .octets = static_cast<uint8_t>(value_octets + 1), .status = value_octets};
}
/// command_event: the status of a command, the value commanded, perhaps the time.
constexpr Layout command_event(Type type, uint8_t value_octets, bool time = false) {
  Layout layout = flagged(type, value_octets, time);
  layout.quality = kNone;
  return layout;
}
constexpr Layout bare() { return {.kind = Kind::bare}; }
constexpr Layout sized() { return {.kind = Kind::sized, .type = Type::octets}; }

constexpr Layout kControl = {.kind = Kind::fixed, .type = Type::control, .octets = 11, .status = 10};
constexpr Layout kBitEvent = {.kind = Kind::fixed, .type = Type::bit, .octets = 1, .value_bit = 7};
constexpr Layout kBitEventTime = {.kind = Kind::fixed, .type = Type::bit, .octets = 7, .value_bit = 7, .time = 1};
constexpr Layout kStatistic = {.kind = Kind::fixed, .type = Type::uint32, .octets = 7, .value_bit = 24, .quality = 0};
constexpr Layout kStatisticTime = {
    .kind = Kind::fixed, .type = Type::uint32, .octets = 13, .value_bit = 24, .quality = 0, .time = 7};
constexpr Layout time_and(uint8_t extra) {
  return {.kind = Kind::fixed, .type = Type::time, .octets = static_cast<uint8_t>(6 + extra), .time = 0};
}

constexpr Row kRows[] = {
    {1, 1, packed(Type::bit)},
    {1, 2, state(Type::bit)},
    {2, 1, state(Type::bit)},
    {2, 2, state(Type::bit, 6)},
    {2, 3, state(Type::bit, 2)},
    {3, 1, packed(Type::double_bit)},
    {3, 2, state(Type::double_bit)},
    {4, 1, state(Type::double_bit)},
    {4, 2, state(Type::double_bit, 6)},
    {4, 3, state(Type::double_bit, 2)},
    {10, 1, packed(Type::bit)},
    {10, 2, state(Type::bit)},
    {11, 1, state(Type::bit)},
    {11, 2, state(Type::bit, 6)},
    {12, 1, kControl},
    {12, 2, kControl},
    {12, 3, packed(Type::bit)},
    {13, 1, kBitEvent},
    {13, 2, kBitEventTime},
    {20, 1, flagged(Type::uint32, 4)},
    {20, 2, flagged(Type::uint16, 2)},
    {20, 3, flagged(Type::uint32, 4)},
    {20, 4, flagged(Type::uint16, 2)},
    {20, 5, plain(Type::uint32, 4)},
    {20, 6, plain(Type::uint16, 2)},
    {20, 7, plain(Type::uint32, 4)},
    {20, 8, plain(Type::uint16, 2)},
    {21, 1, flagged(Type::uint32, 4)},
    {21, 2, flagged(Type::uint16, 2)},
    {21, 3, flagged(Type::uint32, 4)},
    {21, 4, flagged(Type::uint16, 2)},
    {21, 5, flagged(Type::uint32, 4, true)},
    {21, 6, flagged(Type::uint16, 2, true)},
    {21, 7, flagged(Type::uint32, 4, true)},
    {21, 8, flagged(Type::uint16, 2, true)},
    {21, 9, plain(Type::uint32, 4)},
    {21, 10, plain(Type::uint16, 2)},
    {21, 11, plain(Type::uint32, 4)},
    {21, 12, plain(Type::uint16, 2)},
    {22, 1, flagged(Type::uint32, 4)},
    {22, 2, flagged(Type::uint16, 2)},
    {22, 3, flagged(Type::uint32, 4)},
    {22, 4, flagged(Type::uint16, 2)},
    {22, 5, flagged(Type::uint32, 4, true)},
    {22, 6, flagged(Type::uint16, 2, true)},
    {22, 7, flagged(Type::uint32, 4, true)},
    {22, 8, flagged(Type::uint16, 2, true)},
    {23, 1, flagged(Type::uint32, 4)},
    {23, 2, flagged(Type::uint16, 2)},
    {23, 3, flagged(Type::uint32, 4)},
    {23, 4, flagged(Type::uint16, 2)},
    {23, 5, flagged(Type::uint32, 4, true)},
    {23, 6, flagged(Type::uint16, 2, true)},
    {23, 7, flagged(Type::uint32, 4, true)},
    {23, 8, flagged(Type::uint16, 2, true)},
    {30, 1, flagged(Type::int32, 4)},
    {30, 2, flagged(Type::int16, 2)},
    {30, 3, plain(Type::int32, 4)},
    {30, 4, plain(Type::int16, 2)},
    {30, 5, flagged(Type::float32, 4)},
    {30, 6, flagged(Type::float64, 8)},
    {31, 1, flagged(Type::int32, 4)},
    {31, 2, flagged(Type::int16, 2)},
    {31, 3, flagged(Type::int32, 4, true)},
    {31, 4, flagged(Type::int16, 2, true)},
    {31, 5, plain(Type::int32, 4)},
    {31, 6, plain(Type::int16, 2)},
    {31, 7, flagged(Type::float32, 4)},
    {31, 8, flagged(Type::float64, 8)},
    {32, 1, flagged(Type::int32, 4)},
    {32, 2, flagged(Type::int16, 2)},
    {32, 3, flagged(Type::int32, 4, true)},
    {32, 4, flagged(Type::int16, 2, true)},
    {32, 5, flagged(Type::float32, 4)},
    {32, 6, flagged(Type::float64, 8)},
    {32, 7, flagged(Type::float32, 4, true)},
    {32, 8, flagged(Type::float64, 8, true)},
    {33, 1, flagged(Type::int32, 4)},
    {33, 2, flagged(Type::int16, 2)},
    {33, 3, flagged(Type::int32, 4, true)},
    {33, 4, flagged(Type::int16, 2, true)},
    {33, 5, flagged(Type::float32, 4)},
    {33, 6, flagged(Type::float64, 8)},
    {33, 7, flagged(Type::float32, 4, true)},
    {33, 8, flagged(Type::float64, 8, true)},
    {34, 1, plain(Type::uint16, 2)},
    {34, 2, plain(Type::uint32, 4)},
    {34, 3, plain(Type::float32, 4)},
    {40, 1, flagged(Type::int32, 4)},
    {40, 2, flagged(Type::int16, 2)},
    {40, 3, flagged(Type::float32, 4)},
    {40, 4, flagged(Type::float64, 8)},
    {41, 1, commanded(Type::int32, 4)},
    {41, 2, commanded(Type::int16, 2)},
    {41, 3, commanded(Type::float32, 4)},
    {41, 4, commanded(Type::float64, 8)},
    {42, 1, flagged(Type::int32, 4)},
    {42, 2, flagged(Type::int16, 2)},
    {42, 3, flagged(Type::int32, 4, true)},
    {42, 4, flagged(Type::int16, 2, true)},
    {42, 5, flagged(Type::float32, 4)},
    {42, 6, flagged(Type::float64, 8)},
    {42, 7, flagged(Type::float32, 4, true)},
    {42, 8, flagged(Type::float64, 8, true)},
    {43, 1, command_event(Type::int32, 4)},
    {43, 2, command_event(Type::int16, 2)},
    {43, 3, command_event(Type::int32, 4, true)},
    {43, 4, command_event(Type::int16, 2, true)},
    {43, 5, command_event(Type::float32, 4)},
    {43, 6, command_event(Type::float64, 8)},
    {43, 7, command_event(Type::float32, 4, true)},
    {43, 8, command_event(Type::float64, 8, true)},
    {50, 1, time_and(0)},
    {50, 2, time_and(4)},  // and an interval in milliseconds
    {50, 3, time_and(0)},
    {50, 4, time_and(5)},  // and an interval with its unit
    {51, 1, time_and(0)},
    {51, 2, time_and(0)},
    {52, 1, plain(Type::uint16, 2)},
    {52, 2, plain(Type::uint16, 2)},
    {60, 1, bare()},
    {60, 2, bare()},
    {60, 3, bare()},
    {60, 4, bare()},
    {70, 1, sized()},
    {70, 2, sized()},
    {70, 3, sized()},
    {70, 4, sized()},
    {70, 5, sized()},
    {70, 6, sized()},
    {70, 7, sized()},
    {70, 8, sized()},
    {80, 1, packed(Type::bit)},
    {81, 1, {.kind = Kind::fixed, .type = Type::octets, .octets = 3}},  // fill level in percent, group, variation
    {82, 1, sized()},
    {83, 1, sized()},
    {83, 2, sized()},
    {85, 1, sized()},
    {86, 1, sized()},
    {86, 2, plain(Type::uint8, 1)},
    {86, 3, sized()},
    {87, 1, sized()},
    {88, 1, sized()},
    {90, 1, sized()},
    {91, 1, sized()},
    {100, 1, sized()},
    {100, 2, sized()},
    {100, 3, sized()},
    {101, 1, {.kind = Kind::fixed, .type = Type::octets, .octets = 2}},
    {101, 2, {.kind = Kind::fixed, .type = Type::octets, .octets = 4}},
    {101, 3, {.kind = Kind::fixed, .type = Type::octets, .octets = 8}},
    {102, 1, plain(Type::uint8, 1)},
    {114, 1, sized()},
    {115, 1, sized()},
    {120, 1, sized()},
    {120, 2, sized()},
    {120, 3, {.kind = Kind::fixed, .type = Type::octets, .octets = 6}},
    {120, 4, {.kind = Kind::fixed, .type = Type::octets, .octets = 2}},
    {120, 5, sized()},
    {120, 6, sized()},
    {120, 7, sized()},
    {120, 8, sized()},
    {120, 9, sized()},
    {120, 10, sized()},
    {120, 11, sized()},
    {120, 12, sized()},
    {120, 13, sized()},
    {120, 14, sized()},
    {120, 15, sized()},
    {121, 1, kStatistic},
    {122, 1, kStatistic},
    {122, 2, kStatisticTime},
};

/// kPlaces[group][variation] is one more than the place of the row; 0: none.
constexpr auto kPlaces = [] {
  std::array<std::array<uint8_t, kVariations>, kGroups> places{};
  for (size_t i = 0; i < std::size(kRows); ++i) {
    places[kRows[i].group][kRows[i].variation] = static_cast<uint8_t>(i + 1);
  }
  return places;
}();
static_assert(std::size(kRows) < 255);

constexpr auto kSpaceOfGroup = [] {
  std::array<uint8_t, kGroups> table{};
  table.fill(Object::kNoSpace);
  const auto set = [&table](SpaceId space, std::initializer_list<uint8_t> groups) {
    for (const uint8_t group : groups) table[group] = static_cast<uint8_t>(space);
  };
  set(SpaceId::device_attribute, {0});
  set(SpaceId::binary_input, {1, 2});
  set(SpaceId::double_bit_input, {3, 4});
  set(SpaceId::binary_output, {10, 11, 12, 13});
  set(SpaceId::counter, {20, 22});
  set(SpaceId::frozen_counter, {21, 23});
  set(SpaceId::analog_input, {30, 32});
  set(SpaceId::frozen_analog_input, {31, 33});
  set(SpaceId::deadband, {34});
  set(SpaceId::analog_output, {40, 41, 42, 43});
  set(SpaceId::time, {50, 51, 52});
  set(SpaceId::event_class, {60});
  set(SpaceId::file, {70});
  set(SpaceId::internal_indications, {80});
  set(SpaceId::storage, {81});
  set(SpaceId::device_profile, {82});
  set(SpaceId::private_registration, {83});
  set(SpaceId::dataset_prototype, {85});
  set(SpaceId::dataset_descriptor, {86});
  set(SpaceId::dataset, {87, 88});
  set(SpaceId::application, {90});
  set(SpaceId::operation_status, {91});
  set(SpaceId::floating_point, {100});
  set(SpaceId::bcd, {101});
  set(SpaceId::unsigned_integer, {102});
  set(SpaceId::octet_string, {110, 111, 114, 115});
  set(SpaceId::virtual_terminal, {112, 113});
  set(SpaceId::authentication, {120});
  set(SpaceId::security_statistic, {121, 122});
  return table;
}();

}  // namespace

std::span<const Space> spaces() { return kSpaces; }

Layout find_layout(uint8_t group, uint8_t variation) {
  if (group == group::kAttribute) return {.kind = Kind::attribute};
  if (group >= 110 && group <= 113) return {.kind = Kind::variation, .type = Type::octets, .octets = variation};
  if (group >= kGroups || variation >= kVariations) return {};
  const uint8_t place = kPlaces[group][variation];
  return place == 0 ? Layout{} : kRows[place - 1].layout;
}

uint8_t space_of(uint8_t group) { return group < kGroups ? kSpaceOfGroup[group] : Object::kNoSpace; }

}  // namespace rampart::protocols::dnp3
