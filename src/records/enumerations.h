// The enumerations that stand in records by number. Their numbers are those of the enumerators: they may grow at the
// end, nothing else; a test holds docs/formats/records.md, which has them by word, against them.
#pragma once

#include <string_view>

#include "records/records.h"

namespace rampart::records {

/// Range says which numbers this version knows, both included.
struct Range {
  uint64_t first = 0;
  uint64_t last = 0;
};
constexpr Range range_of(Direction) { return {0, 1}; }
constexpr Range range_of(Transport) { return {0, 4}; }
constexpr Range range_of(Seen) { return {0, 3}; }
constexpr Range range_of(Severity) { return {1, 4}; }
constexpr Range range_of(Verdict::Kind) { return {0, 3}; }
constexpr Range range_of(Run::Kind) { return {0, 1}; }
constexpr Range range_of(protocols::Action) { return {0, protocols::kActionCount - 1}; }
constexpr Range range_of(protocols::ValueType) { return {0, 19}; }
constexpr Range range_of(protocols::Outcome::Kind) { return {0, 2}; }
constexpr Range range_of(protocols::Attribute::Kind) { return {0, protocols::kAttributeKinds - 1}; }
constexpr Range range_of(protocols::Attribute::Basis) { return {0, 5}; }
constexpr Range range_of(protocols::Assurance) { return {0, 2}; }
constexpr Range range_of(protocols::Protection::Kind) { return {0, 6}; }

/// word names an enumerator in the documentation.
template <class E>
std::string_view word(E value) {
  return to_text(value);
}
inline std::string_view word(Direction value) { return value == Direction::to_server ? "to-server" : "to-client"; }
inline std::string_view word(Run::Kind value) { return value == Run::Kind::start ? "start" : "stop"; }
inline std::string_view word(Transport value) { return value == Transport::none ? "none" : to_text(value); }
inline std::string_view word(protocols::Outcome::Kind value) {
  constexpr std::string_view kWords[] = {"ok", "refused", "unanswered"};
  return kWords[static_cast<size_t>(value)];
}

}  // namespace rampart::records
