#include "plant/scalars.h"

#include <algorithm>

#include "base/text.h"

namespace rampart::plant {

namespace {

/// number reads exactly `digits` decimal digits at `at`.
std::optional<unsigned> number(std::string_view text, size_t at, size_t digits) {
  if (text.size() < at + digits) return {};
  unsigned value = 0;
  for (const char c : text.substr(at, digits)) {
    if (c < '0' || c > '9') return {};
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

std::optional<Range> parse_range(std::string_view text) {
  const size_t dots = text.find("..", 1);
  if (dots == std::string_view::npos) return {};
  const std::optional<double> minimum = parse_real(trim(text.substr(0, dots)));
  const std::optional<double> maximum = parse_real(trim(text.substr(dots + 2)));
  if (!minimum || !maximum) return {};
  return Range{*minimum, *maximum};
}

std::optional<Rate> parse_rate(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {};
  const std::optional<uint64_t> count = parse_number(trim(text.substr(0, slash)));
  const std::string_view per = trim(text.substr(slash + 1));
  if (!count || *count == 0 || *count > 1'000'000) return {};
  Rate rate{static_cast<uint32_t>(*count), {}};
  if (per == "s") rate.per = std::chrono::seconds(1);
  if (per == "min") rate.per = std::chrono::minutes(1);
  if (per == "h") rate.per = std::chrono::hours(1);
  if (rate.per.count() == 0) return {};
  return rate;
}

std::optional<std::chrono::seconds> parse_span(std::string_view text) {
  const size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string_view::npos) return {};
  const std::optional<uint64_t> count = parse_number(text.substr(0, digits));
  const std::string_view unit = trim(text.substr(digits));
  uint64_t seconds = 0;
  if (unit == "s") seconds = 1;
  if (unit == "min") seconds = 60;
  if (unit == "h") seconds = 3600;
  if (unit == "d") seconds = 86'400;
  constexpr uint64_t kMost = 366 * 86'400;
  if (!count || seconds == 0 || *count == 0 || *count > kMost / seconds) return {};
  return std::chrono::seconds(*count * seconds);
}

std::optional<PortRange> parse_ports(std::string_view text) {
  text = trim(text);
  const size_t dash = text.find('-');
  const std::optional<uint64_t> first = parse_number(text.substr(0, dash));
  const std::optional<uint64_t> last = dash == std::string_view::npos ? first : parse_number(text.substr(dash + 1));
  if (!first || !last || *first > *last || *last > 0xffff) return {};
  return PortRange{static_cast<uint16_t>(*first), static_cast<uint16_t>(*last)};
}

std::optional<std::chrono::year_month_day> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return {};
  const auto year = number(text, 0, 4);
  const auto month = number(text, 5, 2);
  const auto day = number(text, 8, 2);
  if (!year || !month || !day) return {};
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return {};
  return date;
}

std::optional<std::chrono::minutes> parse_time(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return {};
  const auto hours = number(text, 0, 2);
  const auto minutes = number(text, 3, 2);
  if (!hours || !minutes || *minutes > 59 || *hours * 60 + *minutes > 24 * 60) return {};
  return std::chrono::minutes(*hours * 60 + *minutes);
}

std::optional<SlVector> parse_vector(std::string_view text) {
  text = trim(text);
  if (text.starts_with('{') != text.ends_with('}')) return {};
  if (text.starts_with('{')) text = trim(text.substr(1, text.size() - 2));
  SlVector vector;
  size_t count = 0;
  bool apart = true;
  for (const char c : text) {
    if (c == ' ' || c == ',') {
      apart = true;
    } else if (c >= '0' && c <= '4' && apart && count < vector.levels.size()) {
      vector.levels[count++] = static_cast<uint8_t>(c - '0');
      apart = false;
    } else {
      return {};
    }
  }
  if (count != vector.levels.size()) return {};
  return vector;
}

std::optional<bool> parse_flag(std::string_view text) {
  if (text == "yes" || text == "true") return true;
  if (text == "no" || text == "false") return false;
  return {};
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && is_lower_or_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

std::string as_id(std::string_view text) {
  std::string id = lower(text.substr(0, 64));
  for (char& c : id) {
    if (!is_lower_or_digit(c)) c = '-';
  }
  const size_t first = id.find_first_not_of('-');
  if (first == std::string::npos) return {};
  return id.substr(first, id.find_last_not_of('-') - first + 1);
}

bool is_zone_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || is_lower_or_digit(c) || c == '_' || c == '-' || c == '+' || c == '/';
  };
  return !text.empty() && text.size() <= 64 && text.front() != '/' && text.back() != '/' &&
         std::all_of(text.begin(), text.end(), allowed);
}

}  // namespace rampart::plant
