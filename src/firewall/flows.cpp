#include "firewall/flows.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace rampart::firewall {
namespace {

constexpr size_t kMostWords = 40;  // of a line; it has about 20

/// parse_line reads `ipv4 2 tcp 6 431999 ESTABLISHED src=10.1.0.1 dst=10.2.0.1 sport=40000 dport=502 src=...
/// [ASSURED]`: the first src, dst, sport and dport are those of who began.
std::optional<RunningFlow> parse_line(std::string_view line) {
  RunningFlow running;
  bool from = false, to = false;
  bool unanswered = false, from_port = false, to_port = false;
  std::vector<std::string_view> words;
  for (const std::string_view word : split(line, ' ')) {
    if (!word.empty() && words.size() < kMostWords) words.push_back(word);
  }
  if (words.size() < 6) return {};
  const auto number = parse_number(words[3]);
  if (!number || *number > 0xff) return {};
  running.flow.ip_protocol = static_cast<uint8_t>(*number);
  if (running.flow.ip_protocol == 6 && words[5].find('=') == std::string_view::npos) running.state = words[5];
  const auto port = [](std::string_view text, uint16_t& into, bool& seen) {
    const auto value = parse_number(text);
    if (seen || !value || *value > 0xffff) return;
    into = static_cast<uint16_t>(*value);
    seen = true;
  };
  for (const std::string_view word : words) {
    const size_t equals = word.find('=');
    if (word == "[UNREPLIED]") unanswered = true;
    if (equals == std::string_view::npos) continue;
    const std::string_view key = word.substr(0, equals), value = word.substr(equals + 1);
    const auto address = key == "src" || key == "dst" ? IpAddress::parse(value) : std::nullopt;
    if (key == "src" && !from && address) running.flow.from = *address, from = true;
    if (key == "dst" && !to && address) running.flow.to = *address, to = true;
    if (key == "sport") port(value, running.flow.from_port, from_port);
    if (key == "dport") port(value, running.flow.to_port, to_port);
  }
  running.answered = !unanswered;
  if (!from || !to || running.flow.from.is_v4() != running.flow.to.is_v4()) return {};
  return running;
}

/// ended is true of what TCP has closed already: nothing is left to cut.
bool ended(const RunningFlow& running) {
  for (const char* state : {"TIME_WAIT", "CLOSE", "LAST_ACK", "NONE"}) {
    if (running.state == state) return true;
  }
  return false;
}

std::string name_of(const plant::Plant& plant, const policy::Party& party, const IpAddress& address) {
  if (party.asset != policy::kNone) return plant.assets[party.asset].id.value;
  if (party.zone != policy::kNone) return to_text(address) + " in " + plant.zones[party.zone].id.value;
  return to_text(address);
}

std::string essential_function(const plant::Plant& plant, const policy::Party& party) {
  if (party.asset == policy::kNone || plant.assets[party.asset].essential.empty()) return {};
  const plant::Asset& asset = plant.assets[party.asset];
  return asset.id.value + " carries the essential function " + plant.essential_functions[asset.essential[0]].id.value;
}

}  // namespace

RunningFlows parse_flows(std::string_view text) {
  RunningFlows result;
  for (const std::string_view line : split(text, '\n')) {
    if (trim(line).empty()) continue;
    auto running = parse_line(line);
    if (!running) {
      ++result.not_understood;
    } else if (result.flows.size() >= kMostFlows) {
      ++result.left_out;
    } else {
      result.flows.push_back(std::move(*running));
    }
  }
  return result;
}

std::vector<Cut> cuts(const std::vector<RunningFlow>& flows, const RuleSet& next, const RuleSet* now,
                      const policy::Policy& policy, const std::set<IpAddress>& own) {
  std::vector<Cut> found;
  const plant::Plant& plant = policy::plant_of(policy);
  for (const RunningFlow& running : flows) {
    const Flow& flow = running.flow;
    const bool local = own.contains(flow.from) || own.contains(flow.to) || flow.to.is_multicast();
    if (local || ended(running) || judge(next, flow).allowed) continue;
    const policy::Party client = policy::identify(policy, {.ip = flow.from, .mac = {}, .vlan = {}});
    const policy::Party server = policy::identify(policy, {.ip = flow.to, .mac = {}, .vlan = {}});
    Cut cut{running, name_of(plant, client, flow.from), name_of(plant, server, flow.to), {}};
    const Judgement before = now != nullptr ? judge(*now, flow) : Judgement{};
    if (before.allowed && before.rule != nullptr && before.rule->essential) {
      cut.why = "the rules in force allow it by " + before.conduit->id + "/" + before.rule->id;
    }
    for (const policy::Party& party : {server, client}) {
      if (cut.why.empty()) cut.why = essential_function(plant, party);
    }
    found.push_back(std::move(cut));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Cut& left, const Cut& right) { return !left.why.empty() && right.why.empty(); });
  return found;
}

}  // namespace rampart::firewall
