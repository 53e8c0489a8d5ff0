#include "judged.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "monitor/draft_plan.h"
#include "policy/situation.h"
#include "protocols/registry.h"

namespace rampart::monitor::discover::testing {
namespace {

using plant::Index;
using protocols::Action;
using protocols::Operation;

std::string plain_word(uint8_t ip_protocol) {
  if (ip_protocol == 6) return "tcp";
  if (ip_protocol == 17) return "udp";
  if (ip_protocol == 1 || ip_protocol == 58) return "icmp";
  return "ip-" + std::to_string(ip_protocol);
}

bool to_a_group(const records::Side& side) { return side.ip && (side.ip->is_multicast() || side.ip->is_broadcast()); }

std::shared_ptr<const policy::Policy> without(const plant::Plant& plant, std::pair<Index, Index> rule) {
  auto less = std::make_shared<plant::Plant>(plant);
  auto& rules = less->conduits[rule.first].rules;
  rules.erase(rules.begin() + rule.second);
  return policy::compile(less).policy;
}

}  // namespace

Draft drafted(const Source& source, uint32_t workers) {
  Gatherer gatherer;
  Correlator correlator(nullptr, nullptr, gatherer);
  const auto packets = source();
  run(*packets, correlator, {.workers = workers}, [](const SensorResult&) {});
  correlator.finish();
  return draft(gatherer, {.name = "Drafted", .sources = {"test"}});
}

Judged::Judged(const Source& source, const Draft& draft, const std::string& plant_text)
    : draft_(draft), text_(plant_text), scanners_(draft.scanners.begin(), draft.scanners.end()) {
  for (const std::string_view line : split(text_, '\n')) {
    // One long name, as of a path, cannot be broken.
    const bool one_name =
        line.find('"') != line.npos && line.rfind('"') - line.find('"') > 80 && line.find("\", \"") == line.npos;
    if (line.size() > 120 && !one_name) load_.push_back("line longer than 120 columns: " + std::string(line));
  }
  plant::Loaded loaded = plant::load_text(text_, "draft.yaml");
  for (const Problem& problem : loaded.problems) load_.push_back(render(problem));
  if (!loaded.ok()) return;
  plant_ = std::make_shared<const plant::Plant>(std::move(loaded.plant));
  const policy::Compiled compiled = policy::compile(plant_);
  for (const Problem& problem : compiled.problems) {
    const bool nameless = problem.warning && problem.what.find("has no function") != std::string::npos;
    if (!nameless) load_.push_back(render(problem));  // a code that was seen and has no name is written as it is
  }
  policy_ = compiled.policy;
  if (!policy_) return;
  Correlator correlator(policy_, plant_, *this);
  const auto packets = source();
  run(*packets, correlator, {}, [](const SensorResult&) {});
  correlator.finish();
}

size_t Judged::rules() const {
  size_t count = 0;
  for (const plant::Conduit& conduit : plant_->conduits) count += conduit.rules.size();
  return count;
}

policy::Parties Judged::parties_of(const records::Conversation& conversation, records::Direction asked,
                                   const Operation* operation) const {
  const bool by_client = (asked == records::Direction::to_server) != (operation != nullptr && operation->for_peer);
  const auto party = [&](const records::Side& side, const Operation* of) {
    policy::Endpoint end;
    end.ip = side.ip;
    end.mac = side.mac;
    end.vlan = conversation.vlan;
    return policy::identify(*policy_, end, of);
  };
  const records::Side& client = by_client ? conversation.client : conversation.server;
  const records::Side& server = by_client ? conversation.server : conversation.client;
  const bool unit = operation != nullptr && operation->object.unit != protocols::Object::kNoUnit;
  return {party(client, nullptr), party(server, unit ? operation : nullptr)};
}

bool Judged::expected(const records::Conversation& conversation, records::Direction asked,
                      const Operation* operation) const {
  const bool by_client = (asked == records::Direction::to_server) != (operation != nullptr && operation->for_peer);
  if (scanners_.contains(address_of(by_client ? conversation.client : conversation.server))) return true;
  return operation != nullptr && never_drafted(operation->action);
}

void Judged::record(const records::Finding& finding) {
  if (finding.category != kinds::kPolicy) return;
  ++findings_;
  if (finding.conversation == nullptr) return;  // what was counted into a scan
  if (finding.operation != nullptr) {
    const auto parties = parties_of(*finding.conversation, finding.asked, finding.operation);
    told_.insert({parties.client.asset, parties.server.asset, finding.operation->function.code});
  }
  // A count of repeats has no operation any more; it is of the kind, the rule and the ends of the first.
  const auto kind = std::tuple(finding.signature, std::string(finding.conduit),
                               address_of(finding.conversation->client), address_of(finding.conversation->server));
  if (finding.operation == nullptr && finding.count > 0 && repeats_.contains(kind)) return;
  if (expected(*finding.conversation, finding.asked, finding.operation)) {
    repeats_.insert(kind);
    return;
  }
  unexpected_.push_back(std::string(finding.id) + ": " + std::string(finding.message) + ", packet " +
                        std::to_string(finding.packet));
}

Judged::RuleIndex Judged::index_of(const records::Verdict& verdict) const {
  const Index conduit = plant_->conduit(verdict.conduit);
  const auto& rules = plant_->conduits[conduit].rules;
  const auto at =
      std::find_if(rules.begin(), rules.end(), [&](const plant::Rule& rule) { return rule.id.value == verdict.rule; });
  return {conduit, static_cast<Index>(at - rules.begin())};
}

void Judged::record(const records::Transaction& transaction) {
  if (transaction.operation == nullptr) return;
  const Operation& operation = *transaction.operation;
  const auto parties = parties_of(*transaction.conversation, transaction.asked, &operation);
  const Function function{parties.client.asset, parties.server.asset, operation.protocol.number, operation.action,
                          operation.function.code};
  if (transaction.verdict.kind == records::Verdict::Kind::allowed && !transaction.verdict.rule.empty()) {
    Example& example = examples_[index_of(transaction.verdict)];
    if (!example.operation) {
      example.parties = parties;
      example.operation = std::make_shared<protocols::OwnedOperation>(operation);
    }
  }
  if (never_drafted(operation.action)) {
    never_.push_back({function, transaction.asked_packet});
    if (transaction.verdict.kind == records::Verdict::Kind::allowed) {
      unexpected_.push_back("allowed, and never to be drafted: packet " + std::to_string(transaction.asked_packet));
    }
  }
  note_objects(function, operation);
  if (operation.action == Action::write || operation.action == Action::operate) {
    note_values(parties.server.asset, operation);
  }
}

void Judged::record(const records::Flow& flow) {
  if (flow.operations > 0 || to_a_group(flow.conversation->server)) return;
  const records::Conversation& conversation = *flow.conversation;
  const auto parties = parties_of(conversation, records::Direction::to_server, nullptr);
  ports_[{parties.client.asset, parties.server.asset, plain_word(conversation.ip_protocol)}].add(
      conversation.server.port, conversation.server.port);
  const policy::Stream stream{
      .ip_protocol = conversation.ip_protocol, .port = conversation.server.port, .protocol = conversation.protocol};
  const policy::Situation situation(policy_);
  const policy::Verdict verdict = policy::decide_stream(*policy_, situation, parties, stream, flow.first);
  if (verdict.allowed() && verdict.rule != policy::kNone) {
    examples_.try_emplace({verdict.conduit, verdict.rule}, Example{parties, nullptr, stream});
  }
}

/// note_objects keeps places as they are named on the wire, without a look at what the draft made of them.
void Judged::note_objects(const Function& function, const Operation& operation) {
  Objects& objects = seen_[function];
  const protocols::Object& object = operation.object;
  if (!object.addressed() && object.name.empty()) {
    objects.nameless = true;
    return;
  }
  Ranges& ranges = objects.places[{object.space, object.container, std::string(object.name)}];
  const auto& spaces = operation.protocol.entry().spaces;
  const bool memory = object.addressed() && object.space < spaces.size() && spaces[object.space].memory;
  if (!object.addressed()) {
    ranges.add(0, 0);
  } else if (!memory && operation.values.index_octets > 0 && !operation.values.empty()) {
    for (uint32_t i = 0; i < operation.values.count; ++i) {
      ranges.add(operation.values.index(i), operation.values.index(i));
    }
  } else {
    ranges.add(std::min(object.first, object.last), std::max(object.first, object.last));
  }
}

void Judged::note_values(Index server, const Operation& operation) {
  const protocols::Object& object = operation.object;
  const auto& spaces = operation.protocol.entry().spaces;
  if (!object.addressed() || object.space >= spaces.size() || !operation.values.fits()) return;
  const protocols::Space& space = spaces[object.space];
  const uint64_t step =
      space.memory
          ? std::max<uint64_t>(protocols::bits(operation.values.type) / std::max<uint64_t>(space.address_bits, 1), 1)
          : 1;
  const auto note = [&](const protocols::Object& one, double value) {
    std::string words;
    operation.protocol.entry().append_object(words, one);
    const auto [at, fresh] = values_.try_emplace({server, words}, Range{value, value});
    at->second.least = std::min(at->second.least, value);
    at->second.most = std::max(at->second.most, value);
  };
  if (space.memory && space.address_bits == 16 && operation.values.count == 2) {
    const auto both = protocols::Values::one(protocols::ValueType::float32, operation.values.data);
    if (both.fits()) note(object, both.at(0).number());  // where a draft reads two registers as one number
  }
  for (uint32_t i = 0; i < operation.values.count; ++i) {
    const protocols::Scalar scalar = operation.values.at(i);
    if (!scalar.is_number()) continue;
    protocols::Object one = object;
    const bool listed = !space.memory && operation.values.index_octets > 0;
    one.first = listed ? operation.values.index(i) : std::min(object.first, object.last) + i * step;
    one.last = one.first + step - 1;
    note(one, scalar.number());
  }
}

Complaints Judged::missed() const {
  Complaints complaints;
  for (const auto& [function, packet] : never_) {
    if (!told_.contains({function.client, function.server, function.code})) {
      complaints.push_back("no finding of policy for what is never drafted, packet " + std::to_string(packet));
    }
  }
  return complaints;
}

Complaints Judged::needless() const {
  Complaints complaints;
  for (Index conduit = 0; conduit < plant_->conduits.size(); ++conduit) {
    const auto& rules = plant_->conduits[conduit].rules;
    for (Index rule = 0; rule < rules.size(); ++rule) {
      const std::string name = plant_->conduits[conduit].id.value + "/" + rules[rule].id.value;
      const auto at = examples_.find({conduit, rule});
      if (at == examples_.end()) {
        complaints.push_back(name + " allowed nothing of what was seen");
        continue;
      }
      const auto less = without(*plant_, {conduit, rule});
      if (!less) {
        complaints.push_back("without " + name + " the plant does not compile");
        continue;
      }
      const Example& example = at->second;
      const policy::Situation situation(less);
      const bool allowed =
          example.operation
              ? policy::decide(*less, situation, example.parties, example.operation->view(), TimePoint{}).allowed()
              : policy::decide_stream(*less, situation, example.parties, example.stream, TimePoint{}).allowed();
      if (allowed) complaints.push_back("without " + name + " what it allowed is allowed all the same");
    }
  }
  return complaints;
}

std::string Judged::comment_above(Mark mark) const {
  const auto lines = split(text_, '\n');
  std::string comment;
  for (size_t line = mark.line - 1; line > 0; --line) {
    const std::string_view above = trim(lines[line - 1]);
    if (!above.starts_with('#')) break;
    comment = std::string(above.substr(1)) + comment;
  }
  return comment;
}

Complaints Judged::too_broad() const {
  Complaints complaints;
  for (Index conduit = 0; conduit < plant_->conduits.size(); ++conduit) {
    for (Index rule = 0; rule < plant_->conduits[conduit].rules.size(); ++rule) {
      rule_too_broad(conduit, rule, complaints);
    }
  }
  for (Index asset = 0; asset < plant_->assets.size(); ++asset) {
    for (const plant::Point& point : plant_->assets[asset].points) point_too_broad(asset, point, complaints);
  }
  for (Index zone = 0; zone < plant_->zones.size(); ++zone) {
    const bool inner =
        std::any_of(plant_->conduits.begin(), plant_->conduits.end(), [&](const plant::Conduit& conduit) {
          return conduit.joins == std::vector<Index>{zone, zone};
        });
    if (!inner) complaints.push_back("inside " + plant_->zones[zone].id.value + " everything is allowed");
  }
  return complaints;
}

void Judged::rule_too_broad(Index conduit, Index index, Complaints& complaints) const {
  const plant::Rule& rule = plant_->conduits[conduit].rules[index];
  const std::string name = plant_->conduits[conduit].id.value + "/" + rule.id.value;
  const std::string why = comment_above(rule.mark);
  uint64_t rounding = 0;
  if (const size_t at = why.find("holes of up to "); at != why.npos) {
    const std::string_view rest = std::string_view(why).substr(at + 15);
    rounding = parse_number(rest.substr(0, rest.find(' '))).value_or(0);
  }
  if (rule.reviewed) complaints.push_back(name + " says that it was reviewed");
  if (rule.allow.size() != 1) complaints.push_back(name + " allows several actions");
  const auto action = protocols::parse_action(rule.allow.front().value);
  if (!action || never_drafted(*action)) complaints.push_back(name + " allows what is never drafted");
  const auto protocol = protocols::find_protocol(rule.protocol.value);
  for (const Index client : rule.from) {
    for (const Index server : rule.to) {
      if (!protocol) {
        const auto seen = ports_.find({client, server, rule.protocol.value});
        if (seen == ports_.end()) complaints.push_back(name + " joins a pair that was not seen");
        const bool has_ports = rule.protocol.value == "tcp" || rule.protocol.value == "udp";
        if (has_ports && rule.ports.empty()) complaints.push_back(name + " opens all ports");
        for (const plant::PortRange& range : rule.ports) {
          Ranges widened = seen == ports_.end() ? Ranges() : seen->second;
          const Ranges::Runs runs = widened.runs();
          for (const auto& [first, last] : runs) widened.add(first, last + rounding);
          if (!widened.contains(range.first, range.last))
            complaints.push_back(name + " opens ports that were not seen");
        }
        continue;
      }
      if (rule.functions.empty()) complaints.push_back(name + " names no functions");
      for (const plant::Text& word : rule.functions) {
        const auto code = parse_number(word.value);
        std::set<uint32_t> codes;
        if (code) codes.insert(static_cast<uint32_t>(*code));
        for (const protocols::Function& function : protocol->entry().functions) {
          if (function.name == word.value) codes.insert(function.code);
        }
        for (const uint32_t one : codes) {
          objects_too_broad(rule, name + " " + word.value, {client, server, protocol->number, *action, one}, rounding,
                            why, complaints);
        }
      }
    }
  }
}

void Judged::objects_too_broad(const plant::Rule& rule, const std::string& name, const Function& function,
                               uint64_t rounding, const std::string& why, Complaints& complaints) const {
  const auto seen = seen_.find(function);
  if (seen == seen_.end()) {
    complaints.push_back(name + ": never seen between the two");
    return;
  }
  if (rule.objects.empty() && rule.points.empty() && why.find("of any object") == why.npos) {
    complaints.push_back(name + " does not say that it is for any object");
  }
  std::vector<std::string> words;
  for (const plant::Text& object : rule.objects) words.push_back(object.value);
  for (const plant::Text& id : rule.points) {
    for (const plant::Point& point : plant_->assets[function.server].points) {
      if (point.id.value == id.value) words.push_back(point.object.value);
    }
  }
  for (const std::string& word : words) {
    if (word == "none") {
      if (!seen->second.nameless) complaints.push_back(name + ": every operation named an object");
      continue;
    }
    const protocols::ParsedObject parsed = protocols::Protocol{function.protocol}.entry().parse_object(word);
    const protocols::Object& object = parsed.object;
    const auto place = seen->second.places.find({object.space, object.container, std::string(object.name)});
    Ranges widened;
    if (place != seen->second.places.end()) {
      for (const auto& [first, last] : place->second.runs()) {
        widened.add(first, last > protocols::Object::kAll - rounding ? protocols::Object::kAll : last + rounding);
      }
    }
    if (!widened.contains(object.first, object.last)) complaints.push_back(name + ": " + word + " was not seen");
  }
}

void Judged::point_too_broad(Index asset, const plant::Point& point, Complaints& complaints) const {
  const std::string name = plant_->assets[asset].id.value + "/" + point.id.value;
  const auto seen = values_.find({asset, point.object.value});
  if (seen == values_.end() || !point.minimum) {
    complaints.push_back(name + " was never written, or has no range");
    return;
  }
  const auto [least, most] = seen->second;
  const double room = (most - least) / 10 * 1.001;
  const double below = least - *point.minimum, above = *point.maximum - most;
  if (below < 0 || above < 0) complaints.push_back(name + ": a value that was seen is out of range");
  if (below > room || above > room) complaints.push_back(name + " is wider than its rounding");
  const bool rounded = comment_above(point.mark).find("rounded outward to multiples of ") != std::string::npos;
  if (!rounded && (below > 0 || above > 0)) complaints.push_back(name + " is rounded and does not say so");
}

}  // namespace rampart::monitor::discover::testing
