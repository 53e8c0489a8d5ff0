#include "apps/guard_evidence.h"

#include <algorithm>
#include <set>

#include "gateway/peers.h"

namespace rampart::apps {
namespace {

using gateway::Door;
using gateway::Gateway;
using plant::Index;

constexpr size_t kMostGraced = 1000;

/// far_of is the gateway at the other end of the conduit's wire; empty: it has none.
std::string_view far_of(const Gateway& gateway, const plant::Conduit& conduit) {
  if (conduit.protect != plant::Protect::mutual_tls || conduit.guards.size() != 2) return {};
  const std::string_view one = conduit.guards[0].value, other = conduit.guards[1].value;
  return one == gateway.id() ? other : one;
}

/// Reach is how the servers that a conduit's rules name are reached.
struct Reach {
  size_t named = 0;
  size_t served = 0;       // through a door: here, or of the gateway at the other end of the wire
  size_t certified = 0;    // only through doors here that take nobody without a certificate
  bool certifies = false;  // a door of one of them takes certificates, or asks its server for one
};

bool leads_to(const plant::Gateway& said, const std::vector<Door>& doors, Index server) {
  // Several assets may be behind one door, as the units of a serial line are.
  return std::ranges::any_of(doors, [&](const Door& door) { return door.asset == server; }) ||
         std::ranges::any_of(said.serves, [&](const plant::Serve& serve) { return serve.to == server; });
}

Reach reach_of(const Gateway& gateway, const plant::Conduit& conduit) {
  const plant::Plant& plant = gateway.judge().plant();
  std::set<Index> servers;
  for (const plant::Rule& rule : conduit.rules) servers.insert(rule.to.begin(), rule.to.end());
  const std::string_view far = far_of(gateway, conduit);
  Reach reach;
  reach.named = servers.size();
  for (const Index server : servers) {
    // Over a wire clients come by the doors of the gateway at their own side.
    const bool by_far = !far.empty() && conduit.guard_of(plant.assets[server].zone) == gateway.id();
    const std::vector<Door>* doors = by_far ? gateway.doors_of_peer(far) : &gateway.doors();
    if (doors == nullptr) continue;
    const plant::Gateway& said = gateway::gateway_of(plant, by_far ? std::string(far) : gateway.id());
    reach.served += leads_to(said, *doors, server) ? 1u : 0u;
    size_t all = 0, certain = 0;
    for (const Door& door : gateway.doors()) {
      if (door.asset != server) continue;
      ++all;
      certain += door.tls_clients ? 1u : 0u;
      reach.certifies |= door.tls_clients || door.tls_server;
    }
    reach.certified += all > 0 && all == certain ? 1u : 0u;
  }
  return reach;
}

uint16_t permille(size_t part, size_t of) { return static_cast<uint16_t>(of == 0 ? 1000 : part * 1000 / of); }

/// Held is what a gateway does for one conduit since it began.
struct Held {
  uint64_t judged = 0, refused = 0, would_refuse = 0;
  bool enforces = true;  // the conduit, and each of its rules
  bool has_rate = false;
};

void add(Held& held, const gateway::Counts& counts) {
  held.judged += counts.passed + counts.refused + counts.would_refuse;
  held.refused += counts.refused;
  held.would_refuse += counts.would_refuse;
}

Held held_of(const Gateway& gateway, Index index) {
  const gateway::Judge& judge = gateway.judge();
  const plant::Conduit& conduit = judge.plant().conduits[index];
  Held held;
  held.enforces = conduit.mode == plant::Mode::enforce;
  for (Index rule = 0; rule < conduit.rules.size(); ++rule) {
    const plant::Rule& said = conduit.rules[rule];
    add(held, judge.counts_of(index, rule));
    held.enforces &= said.mode.value_or(conduit.mode) == plant::Mode::enforce;
    held.has_rate |= said.rate.has_value();
  }
  add(held, judge.counts_of(index, plant::kNone));
  return held;
}

std::string words(const Held& held, const Reach& reach) {
  std::string out =
      std::to_string(held.judged) + " operations judged since it began, " + std::to_string(held.refused) + " refused";
  if (held.would_refuse > 0) out += ", " + std::to_string(held.would_refuse) + " would be";
  if (!held.enforces) out += "; it only learns or tests, all of it or a rule";
  if (reach.served < reach.named) {
    out += "; " + std::to_string(reach.named - reach.served) + " servers of the rules are reached past it";
  }
  return out;
}

/// concerns is true where who has a certificate of that subject speaks across the conduit. Whom the plant does not know
/// is taken by address, and may.
bool concerns(const plant::Plant& plant, const plant::Conduit& conduit, std::string_view far,
              std::string_view subject) {
  if (gateway::find_gateway(plant, subject) != nullptr) return subject == far;
  const Index asset = plant.asset(subject);
  if (asset == plant::kNone) return true;
  return std::ranges::any_of(conduit.rules, [&](const plant::Rule& rule) {
    return std::ranges::find(rule.from, asset) != rule.from.end() || std::ranges::find(rule.to, asset) != rule.to.end();
  });
}

/// came_plain names a client that has a connection of the conduit outside TLS now; empty: none.
std::string came_plain(const Gateway& gateway, Index conduit) {
  for (const auto& connection : gateway.connections()) {
    if (connection->talk().conduit != conduit || connection->from() != gateway::Spoken::plain) continue;
    if (connection->state() == gateway::Connection::State::open) return to_text(connection->peer().ip);
  }
  return {};
}

}  // namespace

GuardEvidence::GuardEvidence(const gateway::Gateway& gateway, const std::string& id, records::Sink& sink)
    : gateway_(gateway), origin_("gateway " + id), sink_(sink) {}

void GuardEvidence::tell(const records::CertificateEvent& event) {
  if (event.event != "used-in-grace") return;
  if (graced_.size() >= kMostGraced && !graced_.contains(event.subject)) graced_.erase(graced_.begin());
  graced_.insert_or_assign(std::string(event.subject), event.when);
}

std::vector<GuardEvidence::Word> GuardEvidence::words_of(Index conduit, Recording recording, TimePoint now) const {
  const Held held = held_of(gateway_, conduit);
  const Reach reach = reach_of(gateway_, gateway_.judge().plant().conduits[conduit]);
  const uint16_t share = permille(reach.served, reach.named);
  std::vector<Word> out;
  out.push_back({"conduit-enforced", held.enforces, share, words(held, reach), held.judged});
  if (held.has_rate) out.push_back({"load-limited", held.enforces, share, words(held, reach), held.judged});
  if (recording != Recording::none) {
    const bool works = recording == Recording::works;
    out.push_back(
        {"changes-recorded", works, share,
         works ? "each operation is recorded with its verdict and its answer" : "its journal takes no records",
         held.judged});
  }
  add_certified(conduit, now, out);
  return out;
}

/// add_certified says what certificates show: over the conduit's wire, and at doors of Modbus/TCP Security. Of a wire
/// that nobody used yet nothing is known.
void GuardEvidence::add_certified(Index index, TimePoint now, std::vector<Word>& out) const {
  const plant::Conduit& conduit = gateway_.judge().plant().conduits[index];
  const Reach reach = reach_of(gateway_, conduit);
  const uint16_t served = permille(reach.served, reach.named);
  const std::string_view far = far_of(gateway_, conduit);
  const auto wire = gateway_.wires().find(far);
  const bool wired = wire != gateway_.wires().end();
  if (wired) {
    const std::string words = "the wire to the gateway " + std::string(far) +
                              (wire->second ? " is up: TLS, with certificates on both sides" : " is down");
    out.push_back({"tunnel-up", wire->second, served, words});
    out.push_back({"peers-proved", wire->second, served, words});
  }
  if (reach.certified > 0) {
    const std::string plain = came_plain(gateway_, index);
    std::string words = std::to_string(reach.certified) + " of " + std::to_string(reach.named) +
                        " servers are behind doors that take nobody without a certificate";
    if (!plain.empty()) words = plain + " is connected without a certificate";
    // Where it only tests, a certificate of somebody else is told and let through.
    if (conduit.mode != plant::Mode::enforce) words = "it only learns or tests: who shows another's certificate passes";
    const bool holds = plain.empty() && conduit.mode == plant::Mode::enforce;
    const uint16_t share = permille(reach.certified, reach.named);
    out.push_back({"clients-proved", holds, share, words});
    if (far.empty()) out.push_back({"peers-proved", holds, share, words});
  }
  if (!wired && !(far.empty() && reach.certifies)) return;
  const std::string why = unchecked(index, now);
  out.push_back({"chains-checked", why.empty(), served,
                 why.empty() ? "each certificate led to the plant's authority, was on no list of withdrawn ones, and "
                               "its holder signed the handshake"
                             : why});
}

/// unchecked is what of a certificate's check was left out, or passed over; empty: nothing. The chain and the key are
/// always checked: there is no session without (net/tls_session.cpp).
std::string GuardEvidence::unchecked(Index conduit, TimePoint now) const {
  const net::TlsContext* identity = gateway_.identity();
  if (identity == nullptr) return "it has no identity";
  const auto list = identity->list_until();
  if (!list) return "it has no list of withdrawn certificates (crl.pem)";
  if (now >= *list) return "its list of withdrawn certificates (crl.pem) is too old";
  if (now >= identity->own().until) return "its own certificate has ended: who takes it does so in grace";
  return in_grace(conduit, now);
}

std::string GuardEvidence::in_grace(Index index, TimePoint now) const {
  const plant::Plant& plant = gateway_.judge().plant();
  const plant::Conduit& conduit = plant.conduits[index];
  const std::string_view far = far_of(gateway_, conduit);
  const auto words = [](std::string_view subject) {
    return "the certificate of " + std::string(subject) + " was taken after its end, in grace";
  };
  for (const auto& [subject, when] : graced_) {
    if (now < when + kGraceCounts && concerns(plant, conduit, far, subject)) return words(subject);
  }
  for (const auto& connection : gateway_.connections()) {
    if (connection->talk().conduit != index || connection->state() != gateway::Connection::State::open) continue;
    const net::TlsSession* const sides[] = {connection->client_tls(), connection->server_tls()};
    for (const net::TlsSession* tls : sides) {
      if (tls != nullptr && tls->in_grace()) return words(tls->peer().subject);
    }
  }
  return {};
}

void GuardEvidence::say(const std::string& conduit, const Word& word, TimePoint now) {
  records::Evidence evidence;
  evidence.when = now;
  evidence.fact = word.fact;
  evidence.scope = "conduit";
  evidence.subject = conduit;
  evidence.holds = word.holds;
  evidence.share_permille = word.share_permille;
  evidence.origin = origin_;
  evidence.text = word.text;
  Said& said = said_[{conduit, word.fact}];
  evidence.count = word.judged - std::min(said.judged, word.judged);
  if (evidence.holds) evidence.until = now + kEvidenceHolds;
  sink_.tell(evidence);
  said.holds = word.holds;
  said.judged = word.judged;
}

void GuardEvidence::beat(Recording recording, TimePoint now) {
  const gateway::Judge& judge = gateway_.judge();
  const bool due = now >= told_ + kEvidenceEvery || now < told_;
  if (due) told_ = now;
  ++beats_;
  for (Index conduit = 0; conduit < judge.plant().conduits.size(); ++conduit) {
    const plant::Conduit& said = judge.plant().conduits[conduit];
    if (!judge.guards(said)) continue;
    for (const Word& word : words_of(conduit, recording, now)) {
      const auto known = said_.find(std::pair(said.id.value, word.fact));
      if (due || known == said_.end() || known->second.holds != word.holds) say(said.id.value, word, now);
      said_[{said.id.value, word.fact}].beat = beats_;
    }
  }
  // What another plant made end: a wire that it has no more, a conduit that is not ours.
  for (auto& [key, said] : said_) {
    if (said.holds && said.beat != beats_) {
      say(key.first, {key.second, false, 1000, "by the plant in force it is so no more", said.judged}, now);
    }
  }
}

void GuardEvidence::end(TimePoint now) {
  for (auto& [key, said] : said_) say(key.first, {key.second, false, 1000, "it ended", said.judged}, now);
}

}  // namespace rampart::apps
