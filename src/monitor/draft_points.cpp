#include <algorithm>
#include <cmath>
#include <tuple>

#include "monitor/draft_plan.h"
#include "protocols/registry.h"

namespace rampart::monitor::discover {
namespace {

constexpr size_t kMostPoints = 64;  // of one asset and protocol; more is a table, and a range for each says little

using PlaceKey = std::tuple<size_t, uint16_t, Place>;  // asset, protocol, place
using Span = std::pair<uint64_t, uint64_t>;

void merge(Written& into, const Written& more) {
  into.mixed = into.mixed || more.mixed || into.type != more.type;
  into.least = std::min(into.least, more.least);
  into.most = std::max(into.most, more.most);
  into.count += more.count;
}

/// steps_of is the power of ten that a range is rounded to: at most a tenth of what was seen, and 0 where there is
/// nothing to round.
double steps_of(double least, double most, bool whole) {
  const double span = most - least;
  if (!(span > 0) || !std::isfinite(span)) return 0;
  const double unit = std::pow(10.0, std::floor(std::log10(span / 10)));
  if (!std::isfinite(unit) || unit <= 0) return 0;
  return whole && unit <= 1 ? 0 : unit;
}

/// rounded is `value` on a multiple of `unit`, a power of ten: as a quotient of whole numbers, which is written
/// shortest.
double rounded(double value, double unit, bool up) {
  const double inverse = std::round(1 / unit);
  const double scaled = unit < 1 ? value * inverse : value / unit;
  const double whole = up ? std::ceil(scaled) : std::floor(scaled);
  return unit < 1 ? whole / inverse : whole * unit;
}

void round_outward(DraftPoint& point, bool whole) {
  point.lowest = point.least;
  point.highest = point.most;
  const double unit = steps_of(point.least, point.most, whole);
  if (unit == 0) return;
  const double lowest = rounded(point.least, unit, false), highest = rounded(point.most, unit, true);
  if (!(lowest <= point.least && highest >= point.most && point.least - lowest <= unit * 1.001 &&
        highest - point.most <= unit * 1.001)) {
    return;  // too near the end of what a double can say
  }
  point.unit = unit;
  point.lowest = lowest;
  point.highest = highest;
}

bool is_whole(protocols::ValueType type) {
  return type != protocols::ValueType::float32 && type != protocols::ValueType::float64;
}

std::string point_id(const std::string& object) {
  std::string id;
  for (const char c : object) {
    const bool letter = c >= 'A' && c <= 'Z';
    const bool stays = letter || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (stays) {
      id += static_cast<char>(letter ? c - 'A' + 'a' : c);
    } else if (!id.empty() && id.back() != '-') {
      id += '-';
    }
  }
  return id.substr(0, 64);
}

class PointPlanner {
 public:
  PointPlanner(const Gatherer& seen, Plan& plan) : seen_(seen), plan_(plan) {}

  void run() {
    gather();
    for (auto& [key, spans] : spans_) drop_unclear(key, spans);
    std::map<std::pair<size_t, uint16_t>, size_t> counts;
    for (const auto& [key, spans] : spans_) counts[{std::get<0>(key), std::get<1>(key)}] += spans.size();
    for (const auto& [key, count] : counts) {
      if (count <= kMostPoints) continue;
      plan_.assets[key.first].notes.push_back(std::to_string(count) + " values were written by " +
                                              std::string(protocols::Protocol{key.second}.name()) +
                                              ": too many for a range each, so the rules name the objects only");
    }
    for (const auto& [key, spans] : spans_) {
      if (counts[{std::get<0>(key), std::get<1>(key)}] > kMostPoints) continue;
      for (const auto& [span, written] : spans) add(key, span, written);
    }
  }

 private:
  void gather() {
    for (const auto& [key, written] : seen_.written) {
      if (!plan_.assets_at.contains(key.server)) continue;
      const size_t asset = plan_.party(key.server, key.protocol, key.unit);
      const auto [at, fresh] = spans_[{asset, key.protocol, key.place}].try_emplace({key.first, key.last}, written);
      if (!fresh) merge(at->second, written);
    }
    for (const auto& [key, written] : seen_.pairs) {
      if (!plan_.assets_at.contains(key.server)) continue;
      const size_t asset = plan_.party(key.server, key.protocol, key.unit);
      const auto [at, fresh] = pairs_[{asset, key.protocol, key.place}].try_emplace({key.first, key.last}, written);
      if (!fresh) merge(at->second, written);
    }
    for (const auto& [key, pairs] : pairs_) join(pairs, spans_[key]);
    for (const auto& [key, open] : seen_.not_judged) {
      const auto& [server, unit, protocol, place] = key;
      if (open.empty() || !plan_.assets_at.contains(server)) continue;
      open_[{plan_.party(server, protocol, unit), protocol, place}].add(open);
    }
  }

  /// join puts two registers that were only ever written together, as a number, in the place of the two.
  static void join(const std::map<Span, Written>& pairs, std::map<Span, Written>& spans) {
    for (const auto& [span, pair] : pairs) {
      const auto high = spans.find({span.first, span.first}), low = spans.find({span.second, span.second});
      if (pair.mixed || high == spans.end() || low == spans.end()) continue;
      if (high->second.count != pair.count || low->second.count != pair.count) continue;
      if (pair.least == 0 && pair.most == 0) continue;
      spans.erase(high);
      spans.erase(low);
      spans.emplace(span, pair);
    }
  }

  /// drop_unclear takes out values that overlap each other, change their type, or were also written in part.
  void drop_unclear(const PlaceKey& key, std::map<Span, Written>& spans) {
    std::set<Span> unclear;
    uint64_t reach = 0;
    std::optional<Span> before;
    for (const auto& [span, written] : spans) {
      if (before && span.first <= reach) {
        unclear.insert(span);
        unclear.insert(*before);
      }
      if (!before || span.second >= reach) {
        before = span;
        reach = span.second;
      }
      if (written.mixed) unclear.insert(span);
      const auto open = open_.find(key);
      if (open != open_.end() && open->second.touches(span.first, span.second)) unclear.insert(span);
    }
    for (const Span& span : unclear) spans.erase(span);
  }

  void add(const PlaceKey& key, const Span& span, const Written& written) {
    const auto& [asset, protocol, place] = key;
    DraftPoint point;
    if (!words_of(protocol, place, span.first, span.second, point.object)) return;
    const protocols::Entry& entry = protocols::Protocol{protocol}.entry();
    const bool memory = place.space < entry.spaces.size() && entry.spaces[place.space].memory;
    if (memory && written.type != protocols::ValueType::bit) {
      point.type = to_text(written.type);
    }
    point.id = point_id(point.object);
    if (point.id.empty() || !ids_.insert({asset, point.id}).second) return;
    point.least = written.least;
    point.most = written.most;
    point.count = written.count;
    point.protocol = protocol;
    point.place = place;
    point.first = span.first;
    point.last = span.second;
    round_outward(point, is_whole(written.type));
    plan_.assets[asset].points.push_back(std::move(point));
  }

  const Gatherer& seen_;
  Plan& plan_;
  std::map<PlaceKey, std::map<Span, Written>> spans_;
  std::map<PlaceKey, std::map<Span, Written>> pairs_;
  std::map<PlaceKey, Ranges> open_;
  std::set<std::pair<size_t, std::string>> ids_;
};

}  // namespace

bool words_of(uint16_t protocol, const Place& place, uint64_t first, uint64_t last, std::string& out) {
  const protocols::Entry& entry = protocols::Protocol{protocol}.entry();
  protocols::Object object;
  object.space = place.space;
  object.container = place.container;
  object.name = place.name;
  object.first = first;
  object.last = last;
  out.clear();
  if (entry.append_object == nullptr || entry.parse_object == nullptr) return false;
  entry.append_object(out, object);
  const protocols::ParsedObject parsed = entry.parse_object(out);
  const protocols::Object& back = parsed.object;
  return parsed.error.empty() && back.space == place.space && back.container == place.container &&
         back.name == place.name && (!object.addressed() || (back.first == first && back.last == last));
}

void plan_points(const Gatherer& seen, Plan& plan) { PointPlanner(seen, plan).run(); }

}  // namespace rampart::monitor::discover
