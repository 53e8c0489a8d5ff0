// The small forms in which a plant file writes values: ranges, rates, dates, times of day, levels. Pure functions; each
// gives nothing where the text is not of its form.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "plant/plant.h"

namespace rampart::plant {

struct Range {
  double minimum = 0, maximum = 0;
};

/// parse_range reads `0..100`, `-5..-1`, `0.2..4.0`; the order of the two is not checked.
std::optional<Range> parse_range(std::string_view text);
/// parse_rate reads `10/min`: a count of at least 1, then `/s`, `/min` or `/h`.
std::optional<Rate> parse_rate(std::string_view text);
/// parse_span reads a span of time: `30s`, `10min`, `1h`, `7d`; at least a second, at most a year.
std::optional<std::chrono::seconds> parse_span(std::string_view text);
/// parse_ports reads `443` or `5000-5010`, 0 to 65535, the smaller first.
std::optional<PortRange> parse_ports(std::string_view text);
/// parse_date reads a date that exists: `2026-11-02`.
std::optional<std::chrono::year_month_day> parse_date(std::string_view text);
/// parse_time reads a time of day, `00:00` to `24:00`.
std::optional<std::chrono::minutes> parse_time(std::string_view text);
/// parse_vector reads seven levels `2 2 0 1 3 1 3`, with or without braces, with blanks or commas between them.
/// Source: IEC 62443-3-3 Annex A.
std::optional<SlVector> parse_vector(std::string_view text);
/// parse_flag reads yes, no, true, false.
std::optional<bool> parse_flag(std::string_view text);

/// is_id: lower-case letters, digits and hyphens, beginning with a letter or digit, at most 64.
bool is_id(std::string_view text);
/// as_id is `text` made an id, for "did you mean"; empty where nothing of it can stay.
std::string as_id(std::string_view text);
/// is_zone_name: the form of an IANA time zone name, not that there is one of this name.
bool is_zone_name(std::string_view text);

}  // namespace rampart::plant
