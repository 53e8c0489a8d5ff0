#include <algorithm>
#include <limits>

#include "base/text.h"
#include "policy/compiled.h"

namespace rampart::policy {
namespace {

using protocols::Action;
using protocols::Entry;

constexpr size_t kMostCandidates = size_t{1} << 24;
constexpr uint32_t kMostInWindow = 65'536;  // a rate's counter keeps so many times

std::string quoted(const std::string& word) { return "\"" + word + "\""; }

/// RuleCompiler checks one rule and adds what came out of it to the policy.
class RuleCompiler {
 public:
  RuleCompiler(Policy& policy, std::vector<Problem>& problems) : policy_(policy), problems_(problems) {}

  void rule(Index conduit, Index index) {
    said_ = &policy_.plant->conduits[conduit].rules[index];
    RuleOf rule{.conduit = conduit, .rule = index, .functions = {}, .objects = {}, .said = said_};
    actions(rule);
    protocol(rule);
    if (rule.plain.any()) plain(rule);
    if (rule.protocol.known()) {
      if (!said_->ports.empty()) {
        wrong(said_->protocol.mark, "ports narrow tcp and udp, not " + quoted(said_->protocol.value),
              "leave out `ports`; a protocol is told by its content");
      }
      const Entry& entry = rule.protocol.entry();
      functions(rule, entry);
      objects(rule, entry);
      point_names(rule);
    }
    if (said_->during < policy_.calendars.size()) rule.during = &policy_.calendars[said_->during];
    if (said_->rate && (said_->rate->count == 0 || said_->rate->count > kMostInWindow)) {
      wrong(said_->mark, "a rate of " + std::to_string(said_->rate->count) + " cannot be counted",
            "write 1 to 65536 operations in a span of time");
    }
    policy_.rules.push_back(std::move(rule));
    if (policy_.rules.back().protocol.known() || policy_.rules.back().plain.any())
      servers(static_cast<uint32_t>(policy_.rules.size() - 1));
  }

  /// finish makes the tables that decide() looks into.
  void finish() {
    std::vector<std::pair<uint64_t, uint32_t>> found;
    for (uint32_t i = 0; i < policy_.rules_at.size(); ++i) {
      const RuleOf& rule = policy_.rules[policy_.rules_at[i].rule];
      if (!pairs(rule, i, found)) {
        problems_.push_back(policy_.plant->problem(rule.said->mark,
                                                   "the rules join more pairs of assets than there is room for",
                                                   "split the plant, or name fewer assets in one rule"));
        return;
      }
    }
    std::sort(found.begin(), found.end());
    std::vector<std::pair<uint64_t, Slice>> slices;
    for (const auto& [key, candidate] : found) {
      if (slices.empty() || slices.back().first != key) {
        slices.push_back({key, {static_cast<uint32_t>(policy_.candidates.size()), 0}});
        policy_.keys.push_back(key);
      }
      policy_.candidates.push_back(candidate);
      ++slices.back().second.count;
    }
    policy_.allowed = FlatMap<Slice>(slices);
    std::vector<std::pair<uint64_t, uint32_t>> places;
    for (uint32_t i = 0; i < policy_.rules_at.size(); ++i) {
      places.push_back({uint64_t{policy_.rules_at[i].rule} << 32 | policy_.rules_at[i].server, i});
    }
    policy_.rule_at = FlatMap<uint32_t>(places);
  }

 private:
  void wrong(Mark mark, std::string what, std::string hint, bool warning = false) {
    Problem problem = policy_.plant->problem(mark, std::move(what), std::move(hint));
    problem.warning = warning;
    problems_.push_back(std::move(problem));
  }

  void actions(RuleOf& rule) {
    for (const plant::Text& word : said_->allow) {
      const auto action = protocols::parse_action(word.value);
      if (action) {
        rule.actions = static_cast<uint16_t>(rule.actions | 1u << static_cast<unsigned>(*action));
        continue;
      }
      std::vector<std::string_view> names;
      for (size_t i = 0; i < protocols::kActionCount; ++i) names.push_back(to_text(static_cast<Action>(i)));
      wrong(word.mark, quoted(word.value) + " is no action", did_you_mean(word.value, names));
    }
  }

  void protocol(RuleOf& rule) {
    const auto protocol = protocols::find_protocol(said_->protocol.value);
    if (protocol) {
      rule.protocol = *protocol;
      return;
    }
    rule.plain = parse_plain(said_->protocol.value);
    if (rule.plain.any()) return;
    std::vector<std::string_view> names = {"tcp", "udp", "icmp"};
    for (const Entry& entry : protocols::registry()) names.push_back(entry.name);
    wrong(said_->protocol.mark, quoted(said_->protocol.value) + " is no protocol that is known here",
          did_you_mean(said_->protocol.value, names));
  }

  /// plain: of traffic that is not decoded nothing is known but that it is there.
  void plain(const RuleOf& rule) {
    const std::string what = quoted(said_->protocol.value) + " is traffic that is not decoded: ";
    if (rule.actions != 1u << static_cast<unsigned>(Action::session)) {
      wrong(said_->protocol.mark, what + "it has no other action than session", "write `allow: session`");
    }
    if (!said_->points.empty() || !said_->objects.empty() || !said_->functions.empty()) {
      wrong(said_->protocol.mark, what + "it has no points, objects or functions", "leave them out");
    }
    if (!said_->ports.empty() && !rule.plain.has_ports()) {
      wrong(said_->protocol.mark, quoted(said_->protocol.value) + " has no ports", "leave out `ports`");
    }
  }

  void functions(RuleOf& rule, const Entry& entry) {
    for (const plant::Text& word : said_->functions) {
      const size_t before = rule.functions.size();
      const auto code = parse_number(word.value);
      for (const protocols::Function& function : entry.functions) {
        if (code ? function.code == *code : function.name == word.value) rule.functions.push_back(function.code);
      }
      if (rule.functions.size() > before) continue;
      if (code && *code <= std::numeric_limits<uint32_t>::max()) {
        rule.functions.push_back(static_cast<uint32_t>(*code));
        wrong(word.mark, std::string(entry.name) + " has no function " + word.value + " that is known here",
              "the rule holds for this code all the same", true);
        continue;
      }
      std::vector<std::string_view> names;
      for (const protocols::Function& function : entry.functions) names.push_back(function.name);
      wrong(word.mark, quoted(word.value) + " is no function of " + std::string(entry.name),
            did_you_mean(word.value, names));
    }
    std::sort(rule.functions.begin(), rule.functions.end());
    rule.functions.erase(std::unique(rule.functions.begin(), rule.functions.end()), rule.functions.end());
  }

  void objects(RuleOf& rule, const Entry& entry) {
    for (const plant::Text& word : said_->objects) {
      if (word.value == "none") {
        rule.nameless = true;
        continue;
      }
      const protocols::ParsedObject parsed = entry.parse_object(word.value);
      if (parsed.error.empty()) {
        rule.objects.push_back(region_of(parsed.object, entry));
      } else {
        wrong(word.mark, parsed.error, parsed.hint);
      }
    }
  }

  /// point_names checks that each id names a point of an asset in `to`, and one that the rule's protocol can touch.
  void point_names(const RuleOf& rule) {
    for (const plant::Text& id : said_->points) {
      std::vector<std::string_view> names;
      const plant::Point* found = nullptr;
      bool bound = false;
      for (const Index to : said_->to) {
        if (to >= policy_.plant->assets.size()) continue;
        for (const plant::Point& point : policy_.asset(to).points) {
          names.push_back(point.id.value);
          if (point.id.value == id.value) found = &point;
        }
        for (const PointAt& point : policy_.points_at(to, rule.protocol.number)) {
          bound = bound || point.said->id.value == id.value;
        }
      }
      if (found == nullptr) {
        wrong(id.mark, quoted(id.value) + " is no point of the assets in \"to\"", did_you_mean(id.value, names));
      } else if (!bound) {
        wrong(id.mark,
              quoted(id.value) + " is " + quoted(found->object.value) + ", which " + said_->protocol.value +
                  " cannot reach: the rule never matches it",
              "use the protocol in whose words the point is written", true);
      }
    }
  }

  /// servers adds one RuleAt for each asset in `to`, with the places that the rule covers there.
  void servers(uint32_t index) {
    std::vector<Index> to = said_->to;
    std::sort(to.begin(), to.end());
    to.erase(std::unique(to.begin(), to.end()), to.end());
    Slice& servers = policy_.rules[index].servers;
    servers.begin = static_cast<uint32_t>(policy_.rules_at.size());
    for (const Index server : to) {
      if (server >= policy_.plant->assets.size()) continue;
      RuleAt at{.rule = index, .server = server};
      if (said_->rate) {
        at.count = std::min(said_->rate->count, kMostInWindow);
        at.per = said_->rate->per;
      }
      const RuleOf& rule = policy_.rules[index];
      if (rule.narrowed()) {
        at.exact = merged(regions(rule, server, false));
        at.whole = merged(regions(rule, server, true));
      }
      policy_.rules_at.push_back(at);
      ++servers.count;
    }
  }

  std::vector<Region> regions(const RuleOf& rule, Index server, bool whole) const {
    std::vector<Region> result = rule.objects;
    if (!rule.protocol.known()) return result;
    const Entry& entry = rule.protocol.entry();
    for (const PointAt& point : policy_.points_at(server, rule.protocol.number)) {
      const std::string& id = point.said->id.value;
      if (std::none_of(said_->points.begin(), said_->points.end(),
                       [&](const plant::Text& text) { return text.value == id; })) {
        continue;
      }
      Region region = point.region;
      if (whole && point.memory) {
        const uint64_t width = std::max<uint64_t>(entry.spaces[region.space].address_bits, 1);
        region.begin -= region.begin % width;
        region.end = (region.end + width - 1) / width * width;
      }
      result.push_back(region);
    }
    return result;
  }

  /// merged adds `regions` to the policy's, ordered and with those that touch each other made one.
  Slice merged(std::vector<Region> regions) {
    std::sort(regions.begin(), regions.end());
    const size_t begin = policy_.regions.size();
    for (const Region& region : regions) {
      if (policy_.regions.size() > begin) {
        Region& last = policy_.regions.back();
        const bool same = last.space == region.space && last.container == region.container && last.name == region.name;
        if (same && region.begin <= last.end) {
          last.end = std::max(last.end, region.end);
          continue;
        }
      }
      policy_.regions.push_back(region);
    }
    return {static_cast<uint32_t>(begin), static_cast<uint32_t>(policy_.regions.size() - begin)};
  }

  /// pairs lists the keys under which a RuleAt is found: its clients in zones that the conduit joins with the server's.
  bool pairs(const RuleOf& rule, uint32_t at, std::vector<std::pair<uint64_t, uint32_t>>& found) const {
    const std::vector<Index>& joins = policy_.plant->conduits[rule.conduit].joins;
    const Index server = policy_.rules_at[at].server;
    const Index server_zone = policy_.asset(server).zone;
    const auto times = [&](Index zone) { return std::count(joins.begin(), joins.end(), zone); };
    if (times(server_zone) == 0) return true;
    std::vector<Index> from = rule.said->from;
    std::sort(from.begin(), from.end());
    from.erase(std::unique(from.begin(), from.end()), from.end());
    for (const Index client : from) {
      if (client >= policy_.plant->assets.size()) continue;
      const Index zone = policy_.asset(client).zone;
      if (times(zone) < (zone == server_zone ? 2 : 1)) continue;
      for (unsigned action = 0; action < protocols::kActionCount; ++action) {
        if ((rule.actions >> action & 1) == 0) continue;
        if (found.size() >= kMostCandidates) return false;
        found.push_back({rule_key(client, server, rule.protocol, static_cast<Action>(action)), at});
      }
    }
    return true;
  }

  Policy& policy_;
  std::vector<Problem>& problems_;
  const plant::Rule* said_ = nullptr;
};

}  // namespace

Plain parse_plain(std::string_view word) {
  if (word == "tcp") return {6};
  if (word == "udp") return {17};
  if (word == "icmp") return {Plain::kIcmp};
  if (!word.starts_with("ip-")) return {};
  const auto number = parse_number(word.substr(3));
  return number && *number <= 0xff ? Plain{static_cast<uint16_t>(*number)} : Plain{};
}

void compile_rules(Policy& policy, std::vector<Problem>& problems) {
  RuleCompiler compiler(policy, problems);
  const std::vector<plant::Conduit>& conduits = policy.plant->conduits;
  for (Index conduit = 0; conduit < conduits.size(); ++conduit) {
    const auto begin = static_cast<uint32_t>(policy.rules.size());
    for (Index rule = 0; rule < conduits[conduit].rules.size(); ++rule) compiler.rule(conduit, rule);
    policy.rules_of_conduit.push_back({begin, static_cast<uint32_t>(policy.rules.size()) - begin});
  }
  compiler.finish();
}

}  // namespace rampart::policy
