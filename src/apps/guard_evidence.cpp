#include "apps/guard_evidence.h"

#include <algorithm>
#include <set>

namespace rampart::apps {
namespace {

using plant::Index;

/// Held is what a gateway does for one conduit since it began.
struct Held {
  uint64_t judged = 0, refused = 0, would_refuse = 0;
  bool enforces = true;  // the conduit, and each of its rules
  bool has_rate = false;
  size_t named = 0, served = 0;  // servers that its rules name, and those of them with a door
};

void add(Held& held, const gateway::Counts& counts) {
  held.judged += counts.passed + counts.refused + counts.would_refuse;
  held.refused += counts.refused;
  held.would_refuse += counts.would_refuse;
}

Held held_of(const gateway::Gateway& gateway, Index index) {
  const gateway::Judge& judge = gateway.judge();
  const plant::Conduit& conduit = judge.plant().conduits[index];
  Held held;
  std::set<Index> servers;
  held.enforces = conduit.mode == plant::Mode::enforce;
  for (Index rule = 0; rule < conduit.rules.size(); ++rule) {
    const plant::Rule& said = conduit.rules[rule];
    add(held, judge.counts_of(index, rule));
    held.enforces &= said.mode.value_or(conduit.mode) == plant::Mode::enforce;
    held.has_rate |= said.rate.has_value();
    servers.insert(said.to.begin(), said.to.end());
  }
  add(held, judge.counts_of(index, plant::kNone));
  held.named = servers.size();
  // Several assets may be behind one door, as the units of a serial line are.
  const plant::Gateway& said = gateway::gateway_of(judge.plant(), gateway.id());
  held.served = static_cast<size_t>(std::count_if(servers.begin(), servers.end(), [&](Index server) {
    return std::any_of(gateway.doors().begin(), gateway.doors().end(),
                       [&](const gateway::Door& door) { return door.asset == server; }) ||
           std::any_of(said.serves.begin(), said.serves.end(),
                       [&](const plant::Serve& serve) { return serve.to == server; });
  }));
  return held;
}

std::string words(const Held& held) {
  std::string out =
      std::to_string(held.judged) + " operations judged since it began, " + std::to_string(held.refused) + " refused";
  if (held.would_refuse > 0) out += ", " + std::to_string(held.would_refuse) + " would be";
  if (!held.enforces) out += "; it only learns or tests, all of it or a rule";
  if (held.served < held.named) {
    out += "; " + std::to_string(held.named - held.served) + " servers of the rules are reached past it";
  }
  return out;
}

}  // namespace

GuardEvidence::GuardEvidence(const gateway::Gateway& gateway, const std::string& id, records::Sink& sink)
    : gateway_(gateway), origin_("gateway " + id), sink_(sink) {}

std::vector<GuardEvidence::Word> GuardEvidence::words_of(Index conduit) const {
  const Held held = held_of(gateway_, conduit);
  const auto share = static_cast<uint16_t>(held.named == 0 ? 1000 : held.served * 1000 / held.named);
  std::vector<Word> out;
  out.push_back({"conduit-enforced", held.enforces, share, words(held), held.judged});
  if (held.has_rate) out.push_back({"load-limited", held.enforces, share, words(held), held.judged});
  return out;
}

void GuardEvidence::tell(Index conduit, const Word& word, TimePoint now, bool ends) {
  const std::string& id = gateway_.judge().plant().conduits[conduit].id.value;
  records::Evidence evidence;
  evidence.when = now;
  evidence.fact = word.fact;
  evidence.scope = "conduit";
  evidence.subject = id;
  evidence.holds = word.holds && !ends;
  evidence.share_permille = word.share_permille;
  evidence.origin = origin_;
  evidence.text = ends ? "it ended" : std::string_view(word.text);
  Said& said = said_[{id, word.fact}];
  evidence.count = word.judged - std::min(said.judged, word.judged);
  if (evidence.holds) evidence.until = now + kEvidenceHolds;
  sink_.tell(evidence);
  said = {evidence.holds, word.judged};
}

void GuardEvidence::beat(TimePoint now) {
  const gateway::Judge& judge = gateway_.judge();
  const bool due = now >= told_ + kEvidenceEvery || now < told_;
  if (due) told_ = now;
  for (Index conduit = 0; conduit < judge.plant().conduits.size(); ++conduit) {
    const plant::Conduit& said = judge.plant().conduits[conduit];
    if (!judge.guards(said)) continue;
    for (const Word& word : words_of(conduit)) {
      const auto known = said_.find({said.id.value, word.fact});
      const bool changed = known == said_.end() || known->second.holds != word.holds;
      if (due || changed) tell(conduit, word, now, false);
    }
  }
}

void GuardEvidence::end(TimePoint now) {
  const gateway::Judge& judge = gateway_.judge();
  for (Index conduit = 0; conduit < judge.plant().conduits.size(); ++conduit) {
    if (!judge.guards(judge.plant().conduits[conduit])) continue;
    for (const Word& word : words_of(conduit)) tell(conduit, word, now, true);
  }
}

}  // namespace rampart::apps
