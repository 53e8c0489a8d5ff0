// The words that lines of JSON are made of. Shared by the files that write them; docs/formats/events.md.
#pragma once

#include <concepts>
#include <limits>
#include <string>
#include <string_view>

#include "base/text.h"
#include "base/time.h"

namespace rampart::records {

inline void key(std::string& out, std::string_view name) {
  if (out.back() != '{' && out.back() != '[') out += ',';
  out += '"';
  out += name;
  out += "\":";
}
inline void text(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  key(out, name);
  append_json_text(out, value);
}
template <std::integral Number>
void number(std::string& out, std::string_view name, Number value) {
  key(out, name);
  append_number(out, value);
}
inline void time(std::string& out, std::string_view name, TimePoint value) {
  key(out, name);
  out += '"';
  append_timestamp(out, value);
  out += '"';
}

inline void open_line(std::string& out, TimePoint when, std::string_view event_type) {
  out += "{\"timestamp\":\"";
  append_timestamp(out, when);
  out += "\",\"event_type\":\"";
  out += event_type;
  out += '"';
}
/// kLineEnd closes every line, and the object `rampart` in it.
inline constexpr std::string_view kLineEnd = "}}\n";

/// elapsed is the time between two points; where files claim points further apart than a Duration holds, the longest.
inline Duration elapsed(TimePoint from, TimePoint to) {
  Duration::rep result = 0;
  if (__builtin_sub_overflow(to.time_since_epoch().count(), from.time_since_epoch().count(), &result)) {
    result = to > from ? std::numeric_limits<Duration::rep>::max() : std::numeric_limits<Duration::rep>::min();
  }
  return Duration(result);
}

}  // namespace rampart::records
