#include <algorithm>
#include <tuple>

#include "monitor/draft_plan.h"
#include "protocols/registry.h"

namespace rampart::monitor::discover {
namespace {

using protocols::Action;

constexpr size_t kMostRuns = 32;         // of one place in a rule, and of its ports
constexpr uint64_t kWrittenSingly = 64;  // numbers that are written one by one where a run of them cannot be written

/// plain_word is the protocol of a rule for what is not decoded; empty where a plant has no word for it.
std::string plain_word(uint8_t ip_protocol) {
  switch (ip_protocol) {
    case 0:
      return {};
    case 6:
      return "tcp";
    case 17:
      return "udp";
    case 1:
    case 58:
      return "icmp";
    default:
      return "ip-" + std::to_string(ip_protocol);
  }
}

/// function_word names a function as rules do: by its name where no other function has the same.
std::string function_word(uint16_t protocol, uint32_t code) {
  const auto functions = protocols::Protocol{protocol}.entry().functions;
  for (const protocols::Function& function : functions) {
    if (function.code != code || function.name.empty()) continue;
    const auto same = std::count_if(functions.begin(), functions.end(),
                                    [&](const protocols::Function& other) { return other.name == function.name; });
    const bool code_once = std::count_if(functions.begin(), functions.end(),
                                         [&](const protocols::Function& other) { return other.code == code; }) == 1;
    if (same == 1 && code_once) return std::string(function.name);
  }
  return std::to_string(code);
}

/// Pair is two assets, the client first.
using Pair = std::pair<size_t, size_t>;

class RulePlanner {
 public:
  RulePlanner(const Gatherer& seen, Plan& plan) : seen_(seen), plan_(plan) {}

  void run() {
    for (size_t zone = 0; zone < plan_.zones.size(); ++zone) conduit(zone, zone);
    operations();
    streams();
    functions_together();
    servers_together();
    clients_together();
    std::stable_sort(plan_.conduits.begin(), plan_.conduits.end(),
                     [](const DraftConduit& left, const DraftConduit& right) {
                       return std::pair(left.one, left.other) < std::pair(right.one, right.other);
                     });
    for (DraftConduit& conduit : plan_.conduits) name_rules(conduit);
  }

 private:
  struct CellKey {
    Pair pair;
    uint16_t protocol = 0;
    Action action{};
    uint32_t function = 0;
    auto operator<=>(const CellKey&) const = default;
  };
  struct Cell {
    Objects objects;
    Evidence evidence;
  };

  DraftConduit& conduit(size_t one, size_t other) {
    const std::pair key = std::minmax(one, other);
    const auto [at, fresh] = conduits_.try_emplace(key, plan_.conduits.size());
    if (fresh) {
      DraftConduit conduit;
      conduit.one = key.first;
      conduit.other = key.second;
      const std::string& first = plan_.zones[key.first].id;
      conduit.id = one == other ? "inside-" + first : first + "-and-" + plan_.zones[key.second].id;
      if (conduit.id.size() > 64) conduit.id = "conduit-" + std::to_string(plan_.conduits.size() + 1);
      plan_.conduits.push_back(std::move(conduit));
    }
    return plan_.conduits[at->second];
  }
  DraftConduit& conduit(const Pair& pair) {
    return conduit(plan_.assets[pair.first].zone, plan_.assets[pair.second].zone);
  }

  bool drafted(const Address& client, const Address& server) const {
    return !plan_.scanners.contains(client) && plan_.assets_at.contains(client) && plan_.assets_at.contains(server);
  }

  void operations() {
    std::map<CellKey, Cell> cells;
    for (const auto& [key, asked] : seen_.asked) {
      if (!drafted(key.client, key.server)) continue;
      const Pair pair(plan_.party(key.client, 0, protocols::Object::kNoUnit),
                      plan_.party(key.server, key.protocol, key.unit));
      if (never_drafted(key.action)) {
        not_allowed(pair, key, asked);
        continue;
      }
      Cell& cell = cells[{pair, key.protocol, key.action, key.function}];
      cell.objects.add(asked.objects);
      cell.evidence.add({asked.count, asked.packets.empty() ? 0 : asked.packets.front(), asked.answered == 0});
    }
    for (auto& [key, cell] : cells) {
      Body body;
      body.protocol = key.protocol;
      body.action = key.action;
      body.functions.insert(function_word(key.protocol, key.function));
      body.objects = std::move(cell.objects);
      settle(key.pair.second, body);
      conduit(key.pair);
      rules_[{key.pair, std::move(body)}].add(cell.evidence);
      decoded_.insert({key.pair, key.protocol});
    }
  }

  void not_allowed(const Pair& pair, const AskedKey& key, const Asked& asked) {
    NotAllowed entry{
        .client = pair.first, .server = pair.second, .what = {}, .count = asked.count, .packets = asked.packets};
    entry.what = std::string(to_text(key.action)) + " (" + std::string(protocols::Protocol{key.protocol}.name()) + " " +
                 std::string(asked.function_name) + ")";
    std::vector<NotAllowed>& all = conduit(pair).not_allowed;
    for (NotAllowed& other : all) {
      if (std::tie(other.client, other.server, other.what) != std::tie(entry.client, entry.server, entry.what))
        continue;
      other.count += entry.count;
      return;
    }
    all.push_back(std::move(entry));
  }

  /// settle turns what was written into points where they are, and closes holes where there are too many runs.
  void settle(size_t server, Body& body) const {
    if (body.objects.any) body.objects.places.clear();
    if (body.objects.any) body.objects.nameless = false;
    if (body.action == Action::write || body.action == Action::operate) {
      for (const DraftPoint& point : plan_.assets[server].points) {
        const auto at = body.objects.places.find(point.place);
        if (point.protocol != body.protocol || at == body.objects.places.end()) continue;
        if (!at->second.contains(point.first, point.last)) continue;
        body.points.insert(point.id);
        at->second.take(point.first, point.last);
      }
      std::erase_if(body.objects.places, [](const auto& place) { return place.second.empty(); });
    }
    for (auto& [place, ranges] : body.objects.places) {
      ranges.close_holes(kMostRuns);
      for (const auto& [first, last] : ranges.runs()) {
        std::string text;
        if (words_of(body.protocol, place, first, last, text) || singly(body.protocol, place, first, last)) continue;
        body.objects.places.clear();
        body.objects.nameless = false;
        body.objects.any = true;
        body.points.clear();
        return;
      }
    }
  }

  static bool singly(uint16_t protocol, const Place& place, uint64_t first, uint64_t last) {
    if (last - first >= kWrittenSingly) return false;
    std::string text;
    for (uint64_t number = first; number <= last; ++number) {
      if (!words_of(protocol, place, number, number, text)) return false;
    }
    return true;
  }

  /// streams drafts what held no operation, unless a rule of its protocol opens it already.
  void streams() {
    std::map<std::pair<Pair, std::string>, std::pair<Ranges, Evidence>> plain;
    for (const auto& [key, flow] : seen_.flows) {
      if (flow.silent == 0 || !drafted(key.client, key.server)) continue;
      if (key.server.ip && (key.server.ip->is_multicast() || key.server.ip->is_broadcast())) continue;  // not judged
      const std::string word = plain_word(key.ip_protocol);
      if (word.empty()) continue;
      const Pair pair(plan_.party(key.client, 0, protocols::Object::kNoUnit),
                      plan_.party(key.server, 0, protocols::Object::kNoUnit));
      const bool has_ports = word == "tcp" || word == "udp";
      uint16_t speaks = key.protocol;
      if (speaks == 0 && has_ports) speaks = protocols::protocol_at(word == "tcp", key.port).number;
      if (speaks != 0 && decoded_.contains({pair, speaks})) continue;
      auto& [ports, evidence] = plain[{pair, word}];
      if (has_ports) ports.add(key.port, key.port);
      evidence.add({flow.silent, flow.first_packet, flow.heard == 0});
    }
    for (auto& [key, seen] : plain) {
      Body body;
      body.plain = key.second;
      body.ports = seen.first;
      body.ports.close_holes(kMostRuns);
      conduit(key.first);
      rules_[{key.first, std::move(body)}].add(seen.second);
    }
  }

  // What is alike in everything but one thing becomes one rule: exactly the pairs that were seen, never more.

  void functions_together() {
    std::map<std::pair<Pair, Body>, std::pair<std::set<std::string>, Evidence>> together;
    for (const auto& [key, evidence] : rules_) {
      Body body = key.second;
      std::set<std::string> functions = std::move(body.functions);
      body.functions.clear();
      auto& into = together[{key.first, std::move(body)}];
      into.first.merge(functions);
      into.second.add(evidence);
    }
    rules_.clear();
    for (const auto& [key, value] : together) {
      Body body = key.second;
      body.functions = value.first;
      rules_[{key.first, std::move(body)}] = value.second;
    }
  }

  void servers_together() {
    for (const auto& [key, evidence] : rules_) {
      const auto& [pair, body] = key;
      auto& into = by_client_[{&conduit(pair) - plan_.conduits.data(), pair.first, body}];
      into.first.insert(pair.second);
      into.second.add(evidence);
    }
  }

  void clients_together() {
    std::map<std::tuple<std::ptrdiff_t, Body, std::set<size_t>>, std::pair<std::set<size_t>, Evidence>> together;
    for (const auto& [key, value] : by_client_) {
      const auto& [at, client, body] = key;
      auto& into = together[{at, body, value.first}];
      into.first.insert(client);
      into.second.add(value.second);
    }
    for (const auto& [key, value] : together) {
      const auto& [at, body, servers] = key;
      plan_.conduits[static_cast<size_t>(at)].rules.push_back(
          {.id = {}, .body = body, .from = value.first, .to = servers, .evidence = value.second});
    }
  }

  void name_rules(DraftConduit& conduit) const {
    const auto order = [](const DraftRule& rule) {
      const Body& body = rule.body;
      return std::tuple(!body.plain.empty(), body.action, body.protocol, std::string_view(body.plain));
    };
    std::stable_sort(conduit.rules.begin(), conduit.rules.end(), [&](const DraftRule& left, const DraftRule& right) {
      const auto one = order(left), other = order(right);
      return one != other ? one < other : std::tie(left.from, left.to) < std::tie(right.from, right.to);
    });
    std::map<std::string, size_t> used;
    for (DraftRule& rule : conduit.rules) {
      rule.id = rule.body.plain.empty() ? std::string(to_text(rule.body.action)) + "-" +
                                              std::string(protocols::Protocol{rule.body.protocol}.name())
                                        : rule.body.plain;
      const size_t number = ++used[rule.id];
      if (number > 1) rule.id += "-" + std::to_string(number);
    }
  }

  const Gatherer& seen_;
  Plan& plan_;
  std::map<std::pair<size_t, size_t>, size_t> conduits_;
  std::map<std::pair<Pair, Body>, Evidence> rules_;
  std::set<std::pair<Pair, uint16_t>> decoded_;
  std::map<std::tuple<std::ptrdiff_t, size_t, Body>, std::pair<std::set<size_t>, Evidence>> by_client_;
};

}  // namespace

void Evidence::add(const Evidence& other) {
  unanswered = (count == 0 || unanswered) && other.unanswered;
  count += other.count;
  if (first_packet == 0 || (other.first_packet != 0 && other.first_packet < first_packet)) {
    first_packet = other.first_packet;
  }
}

void plan_rules(const Gatherer& seen, Plan& plan) { RulePlanner(seen, plan).run(); }

}  // namespace rampart::monitor::discover
