#include "gateway/judge.h"

#include <algorithm>
#include <unordered_map>

#include "base/threads.h"
#include "gateway/peers.h"
#include "records/json.h"

namespace rampart::gateway {
namespace {

using plant::kNone;
using plant::Mode;
using protocols::Operation;
using records::append_side;
using records::mix;

// A policy is kept for answers that may still come: longer than any protocol waits for one.
constexpr std::chrono::minutes kRetiredFor{2};

/// by_client is true where the client of the conversation asks, not the server.
bool by_client(Direction direction, const Operation& operation) {
  return (direction == Direction::to_server) != operation.for_peer;
}

std::vector<std::vector<Counts>> counts_for(const plant::Plant& plant) {
  std::vector<std::vector<Counts>> made;
  for (const plant::Conduit& conduit : plant.conduits) made.emplace_back(conduit.rules.size() + 1);
  return made;
}

std::unique_ptr<policy::Situation> situation_for(const std::shared_ptr<const policy::Policy>& policy) {
  auto made = std::make_unique<policy::Situation>(policy);
  made->see_people(true);
  return made;
}

}  // namespace

uint64_t pair_key(const records::Conversation& conversation) {
  const auto of = [](const records::Side& side) { return side.ip ? side.ip->hash() : size_t{0}; };
  return mix(of(conversation.client), of(conversation.server));
}

records::Verdict recorded(const plant::Plant& plant, const policy::Verdict& verdict) {
  records::Verdict record;
  record.kind = static_cast<records::Verdict::Kind>(static_cast<uint8_t>(verdict.decision) + 1);
  record.reason = policy::to_text(verdict.reason);
  if (verdict.conduit == kNone) return record;
  const plant::Conduit& conduit = plant.conduits[verdict.conduit];
  record.conduit = conduit.id.value;
  if (verdict.rule != kNone) record.rule = conduit.rules[verdict.rule].id.value;
  return record;
}

Judge::Judge(std::shared_ptr<const policy::Policy> policy, std::string gateway, records::Sink& sink)
    : policy_(std::move(policy)), gateway_(std::move(gateway)), sink_(sink) {
  situation_ = situation_for(policy_);
  keeper_ = std::make_unique<records::RepeatKeeper>(sink_);
  counts_ = counts_for(plant());
}

Judge::~Judge() = default;

Counts& Judge::counts(const policy::Verdict& verdict) {
  if (verdict.conduit == kNone) return nowhere_;
  std::vector<Counts>& of = counts_[verdict.conduit];
  return verdict.rule == kNone ? of.back() : of[verdict.rule];
}

const Counts& Judge::counts_of(plant::Index conduit, plant::Index rule) const {
  if (conduit == kNone) return nowhere_;
  return rule == kNone ? counts_[conduit].back() : counts_[conduit][rule];
}

void Judge::place(Talk& talk) const {
  talk.client_party = policy::identify(*policy_, talk.client);
  talk.server_party = talk.behind.empty() ? policy::identify(*policy_, talk.server) : party_of(talk.behind.front());
  talk.role = role_of(plant(), talk.role_word);
  talk.unit = protocols::Object::kNoUnit;
  talk.conduit = kNone;
  talk.mode = Mode::learn;
  talk.on_deny = plant::OnDeny::exception;
  bool leads_there = false;
  const auto joins = [](const plant::Conduit& conduit, plant::Index zone) {
    return std::find(conduit.joins.begin(), conduit.joins.end(), zone) != conduit.joins.end();
  };
  for (plant::Index i = 0; i < plant().conduits.size(); ++i) {
    const plant::Conduit& conduit = plant().conduits[i];
    if (!guards(conduit) || !joins(conduit, talk.server_party.zone)) continue;
    if (joins(conduit, talk.client_party.zone)) {
      talk.conduit = i;
      talk.mode = conduit.mode;
      talk.on_deny = conduit.on_deny;
      leads_there = true;
      break;
    }
    // Of a stranger the strictest of what leads to the server holds.
    if (conduit.mode > talk.mode || !leads_there) talk.on_deny = conduit.on_deny;
    talk.mode = std::max(talk.mode, conduit.mode);
    leads_there = true;
  }
  if (!leads_there) talk.mode = Mode::enforce;
  const auto name = [&](records::Side& side, const policy::Party& party) {
    side.asset = party.asset == kNone ? std::string_view() : std::string_view(plant().assets[party.asset].id.value);
    side.zone = party.zone == kNone ? std::string_view() : std::string_view(plant().zones[party.zone].id.value);
  };
  name(talk.conversation.client, talk.client_party);
  // Of several behind a line, each operation says which it asks.
  name(talk.conversation.server,
       talk.behind.size() > 1 ? policy::Party{kNone, talk.server_party.zone} : talk.server_party);
  talk.described = false;
}

void Judge::describe(Talk& talk) const {
  if (talk.described) return;
  talk.described = true;
  for (std::string& json : talk.conversation.json) json.clear();  // made anew by the next line that needs it
}

bool Judge::leads_to(const Talk& talk, plant::Index asset) const {
  return std::any_of(talk.behind.begin(), talk.behind.end(),
                     [&](const std::string& id) { return asset != kNone && plant().assets[asset].id.value == id; });
}

policy::Parties Judge::parties_of(Talk& talk, Direction direction, const Operation& operation) const {
  const bool client_asks = by_client(direction, operation);
  if (operation.object.unit == protocols::Object::kNoUnit) {
    return client_asks ? policy::Parties{talk.client_party, talk.server_party, talk.role}
                       : policy::Parties{talk.server_party, talk.client_party};
  }
  if (talk.unit != operation.object.unit || talk.unit_of_server != client_asks) {
    talk.unit = operation.object.unit;
    talk.unit_of_server = client_asks;
    talk.unit_party = policy::identify(*policy_, client_asks ? talk.server : talk.client, &operation);
    // The address before a serial line is the gateway's own: whoever else it names is not who would be asked.
    if (client_asks && !talk.behind.empty() && !leads_to(talk, talk.unit_party.asset)) {
      talk.unit_party = {kNone, talk.server_party.zone};
    }
  }
  return {client_asks ? talk.client_party : talk.server_party, talk.unit_party, client_asks ? talk.role : kNone};
}

Mode Judge::mode_of(const Talk& talk, const policy::Verdict& verdict) const {
  if (verdict.conduit == kNone) return talk.mode;
  const plant::Conduit& conduit = plant().conduits[verdict.conduit];
  if (verdict.rule == kNone) return conduit.mode;
  return conduit.rules[verdict.rule].mode.value_or(conduit.mode);
}

bool Judge::admit(Talk& talk, bool decoded, TimePoint now) {
  place(talk);
  policy::Parties parties{talk.client_party, talk.server_party, talk.role};
  const policy::Stream stream{.ip_protocol = talk.conversation.ip_protocol,
                              .port = talk.conversation.server.port,
                              .protocol = talk.conversation.protocol};
  policy::Verdict verdict = policy::decide_stream(*policy_, *situation_, parties, stream, now);
  // Who may ask one of those behind a line may connect.
  for (size_t i = 1; i < talk.behind.size() && !verdict.allowed(); ++i) {
    parties.server = party_of(talk.behind[i]);
    verdict = policy::decide_stream(*policy_, *situation_, parties, stream, now);
  }
  const bool pass = verdict.allowed() || mode_of(talk, verdict) != Mode::enforce;
  if (!decoded) {
    if (pass) policy::note_stream(*situation_, *policy_, parties, verdict, now);
    Counts& count = counts(verdict);
    ++(verdict.allowed() ? count.passed : pass ? count.would_refuse : count.refused);
  }
  if (verdict.allowed()) return true;
  const records::Verdict record = recorded(plant(), verdict);
  const records::FindingKind& kind = records::kind_of_stream(record.kind, record.reason, verdict.rule != kNone);
  uint64_t key = pair_key(talk.conversation);
  key = mix(mix(key, talk.conversation.server.port), kind.signature);
  if (keeper_->due(key, now, 0)) {
    std::string message;
    append_side(message, talk.conversation.client);
    message += pass ? " connected to " : " wanted to connect to ";
    append_side(message, talk.conversation.server);
    message += " (" + std::string(talk.conversation.protocol.known() ? talk.conversation.protocol.name()
                                                                     : to_text(talk.conversation.transport));
    message += " " + std::to_string(talk.conversation.server.port) + "): ";
    message += verdict.rule != kNone ? "a rule is about it, and one of its conditions does not hold"
               : verdict.reason == policy::Reason::no_rule    ? "no rule allows it"
               : verdict.reason == policy::Reason::no_conduit ? "no conduit joins their zones"
                                                              : "the plant does not know both ends";
    write(kind, key, talk, Direction::to_server, message, nullptr, &verdict, now);
  }
  return pass;
}

Ruling Judge::rule(Talk& talk, Direction direction, const Operation& operation, TimePoint now) const {
  Ruling ruling;
  ruling.parties = parties_of(talk, direction, operation);
  ruling.verdict = policy::decide(*policy_, *situation_, ruling.parties, operation, now);
  ruling.mode = mode_of(talk, ruling.verdict);
  ruling.pass =
      ruling.verdict.allowed() || ruling.mode != Mode::enforce || finishes(talk, operation, ruling.verdict, now);
  const bool of_session =
      operation.action == protocols::Action::session || operation.action == protocols::Action::diagnose;
  if (ruling.pass || !of_session || direction != Direction::to_client) return ruling;
  // A server that tests or resets the link, or asks whether the client is there: part of the session that a rule
  // opened.
  Operation mirrored = operation;
  mirrored.for_peer = !operation.for_peer;
  ruling.parties = parties_of(talk, direction, mirrored);
  ruling.verdict = policy::decide(*policy_, *situation_, ruling.parties, mirrored, now);
  ruling.mode = mode_of(talk, ruling.verdict);
  ruling.pass = ruling.verdict.allowed() || ruling.mode != Mode::enforce;
  return ruling;
}

bool Judge::may_have(Talk& talk, Direction direction, const protocols::Answer& answer, TimePoint now) const {
  Operation asked{
      .protocol = answer.protocol, .action = answer.action, .function = answer.function, .values = answer.values};
  if (answer.object) asked.object = *answer.object;
  // Who receives it is who would have asked.
  const policy::Parties parties = parties_of(talk, protocols::opposite(direction), asked);
  const policy::Verdict verdict = policy::decide(*policy_, *situation_, parties, asked, now);
  // Values, rates, hours and people limit who asks, not what a device tells of what a rule is about.
  return verdict.allowed() || verdict.rule != kNone || mode_of(talk, verdict) != Mode::enforce;
}

bool Judge::may_deviate(const Talk& talk, Direction direction, std::string_view name) const {
  const policy::Party& sender = direction == Direction::to_server ? talk.client_party : talk.server_party;
  const auto lists = [&](plant::Index asset) {
    if (asset == kNone) return false;
    const auto& names = plant().assets[asset].deviations;
    return std::any_of(names.begin(), names.end(), [&](const plant::Text& one) { return one.value == name; });
  };
  return lists(sender.asset) || (direction == Direction::to_client && lists(talk.unit_party.asset));
}

policy::Party Judge::party_of(const std::string& id) const {
  const plant::Index asset = plant().asset(id);
  return asset == kNone ? policy::Party{} : policy::Party{asset, plant().assets[asset].zone};
}

bool Judge::essential(const Talk& talk) const {
  const plant::Index client = talk.client_party.asset;
  std::vector<plant::Index> servers{talk.server_party.asset};
  for (const std::string& id : talk.behind) servers.push_back(party_of(id).asset);
  for (const plant::Conduit& conduit : plant().conduits) {
    if (!guards(conduit)) continue;
    for (const plant::Rule& rule : conduit.rules) {
      const auto names = [](const std::vector<plant::Index>& list, plant::Index one) {
        return std::find(list.begin(), list.end(), one) != list.end();
      };
      const auto to = [&](plant::Index server) { return names(rule.to, server); };
      if (rule.essential && names(rule.from, client) && std::any_of(servers.begin(), servers.end(), to)) return true;
    }
  }
  return false;
}

Successor::Successor(std::shared_ptr<const policy::Policy> before, std::shared_ptr<const policy::Policy> policy)
    : before_(std::move(before)),
      policy_(std::move(policy)),
      situation_(situation_for(policy_)),
      succession_(policy::succession(*before_, *policy_)),
      counts_(counts_for(policy::plant_of(*policy_))) {
  const plant::Plant& was = policy::plant_of(*before_);
  for (const plant::Conduit& conduit : policy::plant_of(*policy_).conduits) {
    Same& same = same_.emplace_back();
    same.conduit = was.conduit(conduit.id.value);
    if (same.conduit == kNone) continue;
    std::unordered_map<std::string_view, plant::Index> places;
    const auto& rules = was.conduits[same.conduit].rules;
    for (plant::Index k = 0; k < rules.size(); ++k) places.emplace(rules[k].id.value, k);
    for (const plant::Rule& rule : conduit.rules) {
      const auto at = places.find(rule.id.value);
      same.rules.push_back(at == places.end() ? kNone : at->second);
    }
  }
}

void Judge::take(Successor next, TimePoint now) {
  if (next.before_ != policy_) next = Successor(policy_, next.policy_);
  keeper_->flush();
  findings_before_ += keeper_->occurrences();
  keeper_ = std::make_unique<records::RepeatKeeper>(sink_);
  next.situation_->inherit(*situation_, next.succession_);
  for (size_t i = 0; i < next.same_.size(); ++i) {
    const Successor::Same& same = next.same_[i];
    if (same.conduit == kNone) continue;
    const std::vector<Counts>& old = counts_[same.conduit];
    next.counts_[i].back() = old.back();
    for (size_t k = 0; k < same.rules.size(); ++k) {
      if (same.rules[k] != kNone) next.counts_[i][k] = old[same.rules[k]];
    }
  }
  situation_.swap(next.situation_);
  counts_.swap(next.counts_);
  policy_ = next.policy_;
  retired_.push_back({std::make_unique<Successor>(std::move(next)), now});
}

void Judge::forget(TimePoint now) {
  const auto is_due = [&](const Retired& one) { return now - one.since >= kRetiredFor || now < one.since; };
  if (std::none_of(retired_.begin(), retired_.end(), is_due)) return;
  if (letting_go_.valid() && letting_go_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  // To free what 10,000 rules hold takes milliseconds too.
  std::vector<std::unique_ptr<Successor>> gone;
  for (Retired& one : retired_) {
    if (is_due(one)) gone.push_back(std::move(one.held));
  }
  std::erase_if(retired_, [](const Retired& one) { return one.held == nullptr; });
  letting_go_ = std::async(std::launch::async, [gone = std::move(gone)]() mutable {
    give_way();
    gone.clear();
  });
}

}  // namespace rampart::gateway
