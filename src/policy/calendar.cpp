#include "policy/calendar.h"

#include <date/tz.h>

#include <algorithm>
#include <exception>

#include "base/text.h"

namespace rampart::policy {
namespace {

constexpr int64_t kDay = 86'400;
// Offsets are written out for these years; before and after, the nearest one holds.
constexpr int64_t kFirst = 0;              // 1970
constexpr int64_t kLast = 4'102'444'800;   // 2100
constexpr int64_t kMostChanges = 100'000;  // a zone file is a file: what it says is bounded

const date::time_zone* find_zone(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::exception&) {  // no such zone, or no time zone database on this machine
    return nullptr;
  }
}

std::string nearest_zone(const std::string& name) {
  try {
    std::vector<std::string_view> names;
    for (const date::time_zone& zone : date::get_tzdb().zones) names.push_back(zone.name());
    const std::string_view near = closest(name, names);
    if (!near.empty()) return "did you mean " + std::string(near) + "?";
  } catch (const std::exception&) {
    return "this machine has no time zone database; install the package tzdata";
  }
  return "write an IANA name, as in Europe/Berlin, or leave it out for UTC";
}

}  // namespace

std::optional<Calendar> Calendar::make(const plant::Calendar& from, std::string& hint) {
  Calendar calendar;
  calendar.days_ = from.days;
  calendar.from_ = static_cast<int32_t>(from.from.count() * 60);
  calendar.to_ = static_cast<int32_t>(from.to.count() * 60);
  if (from.zone.value.empty() || from.zone.value == "UTC") return calendar;
  const date::time_zone* zone = find_zone(from.zone.value);
  if (zone == nullptr) {
    hint = nearest_zone(from.zone.value);
    return {};
  }
  for (int64_t at = kFirst; at < kLast && std::ssize(calendar.changes_) < kMostChanges;) {
    const date::sys_info info = zone->get_info(date::sys_seconds(std::chrono::seconds(at)));
    calendar.changes_.push_back({at, static_cast<int32_t>(info.offset.count())});
    at = std::max(at + 1, static_cast<int64_t>(info.end.time_since_epoch().count()));
  }
  return calendar;
}

bool Calendar::covers(TimePoint when) const {
  const int64_t seconds = std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count();
  int64_t offset = 0;
  if (!changes_.empty()) {
    auto after = std::upper_bound(changes_.begin(), changes_.end(), seconds,
                                  [](int64_t left, const Change& right) { return left < right.at; });
    if (after != changes_.begin()) --after;
    offset = after->offset;
  }
  const int64_t local = seconds + offset;
  const int64_t day = local >= 0 ? local / kDay : -((kDay - 1 - local) / kDay);
  const int64_t of_day = local - day * kDay;
  // 1970-01-01 was a Thursday: the fourth day of a week that begins on Monday.
  const auto weekday = static_cast<size_t>(((day + 3) % 7 + 7) % 7);
  if (from_ < to_) return days_[weekday] && of_day >= from_ && of_day < to_;
  return (days_[weekday] && of_day >= from_) || (days_[(weekday + 6) % 7] && of_day < to_);
}

}  // namespace rampart::policy
