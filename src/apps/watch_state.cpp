#include "apps/watch_state.h"

#include <algorithm>
#include <utility>

namespace rampart::apps {
namespace {

/// at is the entry of `name`, made where it is new: only then a text is copied.
template <class Map>
typename Map::mapped_type& at(Map& map, std::string_view name) {
  const auto found = map.find(name);
  return found != map.end() ? found->second : map[std::string(name)];
}

}  // namespace

void WatchState::use(std::shared_ptr<const plant::Plant> another) {
  plant = std::move(another);
  std::map<std::string, Zone, std::less<>> old_zones = std::exchange(zones, {});
  std::map<std::string, Conduit, std::less<>> old_conduits = std::exchange(conduits, {});
  if (!plant) return;
  for (const plant::Zone& zone : plant->zones) {
    Zone& made = zones[zone.id.value] = old_zones[zone.id.value];
    made.planned = 0;
    const std::string inside = "inside " + zone.id.value;
    if (old_conduits.contains(inside)) conduits[inside] = old_conduits[inside];
  }
  for (const plant::Asset& asset : plant->assets) {
    if (asset.zone < plant->zones.size()) ++zones[plant->zones[asset.zone].id.value].planned;
  }
  for (const plant::Conduit& conduit : plant->conduits) conduits[conduit.id.value] = old_conduits[conduit.id.value];
  if (old_conduits.contains("no conduit")) conduits["no conduit"] = old_conduits["no conduit"];
}

void WatchState::record(const records::Transaction& transaction) {
  ++operations;
  const records::Conversation& conversation = *transaction.conversation;
  ++at(protocols, conversation.protocol.name());
  if (!plant) return;
  const std::string_view zone = conversation.client.zone;
  const bool inside = transaction.verdict.conduit.empty() && !zone.empty() && zone == conversation.server.zone;
  Conduit& conduit = inside                                ? at(conduits, "inside " + std::string(zone))
                     : transaction.verdict.conduit.empty() ? at(conduits, "no conduit")
                                                           : at(conduits, transaction.verdict.conduit);
  ++conduit.operations;
  conduit.denied += transaction.verdict.kind == records::Verdict::Kind::denied;
  conduit.undecidable += transaction.verdict.kind == records::Verdict::Kind::undecidable;
}

void WatchState::record(const records::Finding& finding) {
  findings_in_all += finding.count;
  findings[{std::string(finding.id), finding.severity}] += finding.count;
  if (const auto zone = zones.find(finding.zone); zone != zones.end()) zone->second.findings += finding.count;
  // A repeat moves to the front and is counted there, so that it hides no other.
  const auto same = std::find_if(news.begin(), news.end(), [&](const News& n) { return n.message == finding.message; });
  News one{finding.when, finding.severity, std::string(finding.message), finding.count};
  if (same != news.end()) {
    one.count += same->count;
    news.erase(same);
  }
  news.push_front(std::move(one));
  if (news.size() > kMostNews) news.pop_back();
}

void WatchState::record(const records::AssetSeen& seen) {
  if (seen.attribute != nullptr) return;
  const auto zone = zones.find(seen.side.zone);
  if (zone == zones.end()) {
    ++nowhere;
  } else {
    ++(seen.side.asset.empty() ? zone->second.strangers : zone->second.assets);
  }
}

void WatchState::record(const records::Loss& loss) {
  const bool counted = loss.kind == "kernel-drop";
  at(losses, loss.kind) += counted ? loss.count : 1;
}

void WatchState::beat(TimePoint when, std::vector<monitor::LiveSource> seen) {
  sources = std::move(seen);
  const double seconds = std::chrono::duration<double>(when - now).count();
  const bool first = now == TimePoint{};
  now = when;
  uint64_t packets = 0;
  uint64_t octets = 0;
  for (const monitor::LiveSource& source : sources) {
    packets += source.packets;
    octets += source.octets;
  }
  const auto rate = [&](uint64_t value, uint64_t& before) {
    const auto grown = static_cast<double>(value - before);
    before = value;
    return first || seconds <= 0 ? 0.0 : grown / seconds;
  };
  packets_a_second = rate(packets, packets_before_);
  bits_a_second = 8 * rate(octets, octets_before_);
  operations_a_second = rate(operations, operations_before_);
  for (auto& [name, conduit] : conduits) conduit.rate = rate(conduit.operations, conduit.before);
}

uint64_t drops_of(const WatchState& state) {
  uint64_t all = 0;
  for (const monitor::LiveSource& source : state.sources) all += source.drops;
  return all;
}

Duration blind_of(const WatchState& state) {
  Duration longest{};
  for (const monitor::LiveSource& source : state.sources) longest = std::max(longest, source.blind);
  return longest;
}

TimePoint last_packet_of(const WatchState& state) {
  TimePoint last{};
  for (const monitor::LiveSource& source : state.sources) last = std::max(last, source.last_packet);
  return last;
}

bool all_seen(const WatchState& state) {
  return std::all_of(state.sources.begin(), state.sources.end(),
                     [](const monitor::LiveSource& source) { return source.state == monitor::InterfaceState::up; });
}

std::string_view to_text(monitor::InterfaceState state) {
  switch (state) {
    case monitor::InterfaceState::up:
      return "up";
    case monitor::InterfaceState::no_carrier:
      return "no carrier";
    case monitor::InterfaceState::down:
      return "down";
    case monitor::InterfaceState::gone:
      return "gone";
  }
  return "";
}

}  // namespace rampart::apps
