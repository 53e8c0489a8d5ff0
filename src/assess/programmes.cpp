#include "assess/programmes.h"

namespace rampart::assess {
namespace {

/// Fed is a clause and kinds of facts that show something of it: what the program sees, and no more than that. Nothing
/// that it sees shows a procedure of 4-1, of which the maker's development is the subject, nor the state of patches.
struct Fed {
  std::string_view part, clause;
  std::vector<std::string_view> facts;
};

const std::vector<Fed>& fed() {
  static const std::vector<Fed> all = {
      // Configuration management: an inventory kept, changes on record, by whom.
      {"2-1", "CM 1.1", {"inventory-reviewed", "inventory-described", "devices-known"}},
      {"2-1", "CM 1.3", {"filter-untouched", "plan-in-force"}},
      {"2-1", "CM 1.4", {"acts-attributed", "changes-recorded"}},
      // Network.
      {"2-1", "NET 1.1", {"boundary-kept", "rules-loaded"}},
      {"2-1", "NET 1.2", {"zone-has-networks", "rules-reviewed"}},
      {"2-1", "NET 1.3", {"zone-separated"}},
      {"2-1", "NET 1.4", {"services-inside"}},
      {"2-1", "NET 1.5", {"island-exercised"}},
      {"2-1", "NET 1.6", {"conduit-enforced", "clients-known"}},
      {"2-1", "NET 1.7", {"services-needed", "rules-narrow"}},
      {"2-1", "NET 1.8", {"messaging-unseen", "rules-without-messaging"}},
      {"2-1", "NET 1.9", {"clock-fed"}},
      {"2-1", "NET 3.2", {"entries-approved"}},
      {"2-1", "NET 3.3", {"sessions-short"}},
      // Data.
      {"2-1", "DATA 1.2", {"private-covered", "tunnel-up"}},
      {"2-1", "DATA 1.4", {"journal-bounded"}},
      {"2-1", "DATA 1.5", {"crypto-current", "keys-sized"}},
      {"2-1", "DATA 1.6", {"authority-run", "chains-checked"}},
      {"2-1", "DATA 1.7", {"journal-intact", "tunnel-up"}},
      // Users, people and programs.
      {"2-1", "USER 1.1", {"login-individual"}},
      {"2-1", "USER 1.6", {"clients-proved"}},
      {"2-1", "USER 1.10", {"peers-proved"}},
      {"2-1", "USER 1.11", {"credentials-covered"}},
      {"2-1", "USER 1.16", {"tunnel-up"}},
      {"2-1", "USER 1.18", {"session-locks"}},
      {"2-1", "USER 1.19", {"certificate-own"}},
      {"2-1", "USER 2.1", {"rules-kept", "conduit-enforced"}},
      {"2-1", "USER 2.2", {"duties-divided"}},
      {"2-1", "USER 2.3", {"rules-ask-two"}},
      {"2-1", "USER 2.4", {"override-role"}},
      // Events.
      {"2-1", "EVENT 1.1", {"monitor-running", "monitor-lossless"}},
      {"2-1", "EVENT 1.3", {"journal-exported"}},
      {"2-1", "EVENT 1.4", {"journal-open", "changes-recorded"}},
      {"2-1", "EVENT 1.5", {"clock-steady", "acts-attributed"}},
      {"2-1", "EVENT 1.6", {"journal-reads-told"}},
      // Availability: what is kept copies of.
      {"2-1", "AVAIL 1.2", {"load-kept", "load-limited"}},
      {"2-1", "AVAIL 1.3", {"fail-closed-seen", "points-have-safe-values"}},
      {"2-1", "AVAIL 2.1", {"backup-taken", "journal-backed-up"}},
      // What a service provider owes to the solution, as far as the solution shows it.
      {"2-4", "SP.03.02 BR", {"boundary-kept", "rules-reviewed"}},
      {"2-4", "SP.03.02 RE(2)", {"conduit-enforced", "rules-loaded"}},
      {"2-4", "SP.06.02 BR", {"inventory-described", "devices-known"}},
      {"2-4", "SP.08.02 BR", {"journal-open", "changes-recorded"}},
      {"2-4", "SP.08.02 RE(1)", {"journal-exported", "journal-reads-told"}},
  };
  return all;
}

}  // namespace

std::vector<Practice> practices(std::string_view part, const std::vector<Statement>& statements, TimePoint now) {
  std::vector<Practice> out;
  for (const standard::Clause& clause : standard::clauses()) {
    const bool asks = clause.kind == "requirement" || clause.kind == "BR" || clause.kind == "RE";
    if (clause.part != part || !asks) continue;
    Practice practice{&clause, 0, nullptr, {}};
    for (const Statement& statement : statements) {
      if (statement.what != clause.id || !statement.counts(now)) continue;
      if (practice.statement != nullptr && practice.statement->made > statement.made) continue;
      practice.statement = &statement;
      practice.maturity = statement.maturity;
    }
    for (const Fed& one : fed()) {
      if (one.part != part || one.clause != clause.id) continue;
      for (const std::string_view word : one.facts) practice.facts.push_back(fact_kind(word));
    }
    out.push_back(std::move(practice));
  }
  return out;
}

Spoken spoken(const Assessment& assessment, FactKind kind) {
  constexpr Duration kFresh = std::chrono::days(365);
  const plant::Plant& plant = assessment.site().plant();
  const Scope::Kind of = row_of(kind).scope;
  size_t count = 1;
  if (of == Scope::Kind::zone) count = plant.zones.size();
  if (of == Scope::Kind::conduit) count = plant.conduits.size();
  if (of == Scope::Kind::asset) count = plant.assets.size();
  Spoken out{0, 0, count};
  for (Index i = 0; i < count; ++i) {
    const Standing standing = assessment.facts().standing(kind, {of, i}, assessment.now(), kFresh);
    out.holds += standing.holds != nullptr ? 1 : 0;
    out.against += standing.not_so != nullptr ? 1 : 0;
  }
  return out;
}

}  // namespace rampart::assess
