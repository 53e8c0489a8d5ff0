// For tests of this room: a small plant, facts in few words, and a world in which every aspect is met.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "assess/assessment.h"
#include "assess/plant_facts.h"
#include "plant/plant.h"

namespace rampart::assess::testing {

/// kNow is 2026-11-26 12:00 UTC.
inline const TimePoint kNow = from_unix(1'795'694'400, 0);

inline plant::Plant plant_of(std::string text) {
  plant::Loaded loaded = plant::load_text(std::move(text), "plant.yaml");
  for (const Problem& problem : loaded.problems) {
    if (!problem.warning) ADD_FAILURE() << render(problem);
  }
  return std::move(loaded.plant);
}

/// kGood is a plant whose file says all that 3-3 can ask of it up to SL 4, in two zones and one conduit.
inline constexpr const char* kGood = R"(rampart: 1
plant: Test works
roles:
  operator: {may: [watch, lease], factors: 2}
  supervisor: {may: [watch, approve, override], factors: 2}
  auditor: {may: [watch, verify], factors: 2}
essential-functions:
  - {id: supply, name: Supply}
zones:
  - id: upper
    level: 2
    target: 2
    networks: [10.1.0.0/24]
    inventory: {complete: true, reviewed: 2026-11-01, by: j.koch}
    assets:
      - {id: scada, kind: scada-server, at: [{ip: 10.1.0.10}], vendor: V, model: M, firmware: "1"}
      - {id: hmi, kind: operator-station, at: [{ip: 10.1.0.11}], vendor: V, model: M, firmware: "1"}
  - id: lower
    level: 1
    target: {IAC: 2, UC: 3, SI: 3, DC: 1, RDF: 3, TRE: 2, RA: 3}
    networks: [10.2.0.0/24]
    inventory: {complete: true, reviewed: 2026-11-01, by: j.koch}
    assets:
      - id: plc
        kind: controller
        at: [{ip: 10.2.0.10}]
        vendor: V
        model: M
        firmware: "1"
        essential: [supply]
        points:
          - {id: valve, object: holding-register 100, range: 0..100, safe: [0]}
conduits:
  - id: up-down
    joins: [upper, lower]
    guard: gw-1
    mode: enforce
    on-failure: close
    protect: mutual-tls
    rules:
      - {id: poll, allow: read, protocol: modbus, from: [scada, hmi], to: [plc]}
      - {id: move, allow: write, protocol: modbus, from: [hmi], to: [plc], points: [valve], rate: 60/min, role: operator}
)";

inline Fact fact(std::string_view word, Scope scope, bool holds = true, TimePoint time = kNow, uint32_t origin = 1) {
  Fact out;
  out.kind = fact_kind(word);
  out.scope = scope;
  out.holds = holds;
  out.since = out.time = time;
  out.origin = origin;
  return out;
}

/// scopes_of are all parts of a plant that a kind of fact is said of.
inline std::vector<Scope> scopes_of(const plant::Plant& plant, Scope::Kind kind) {
  size_t count = 1;
  if (kind == Scope::Kind::zone) count = plant.zones.size();
  if (kind == Scope::Kind::conduit) count = plant.conduits.size();
  if (kind == Scope::Kind::asset) count = plant.assets.size();
  std::vector<Scope> out;
  for (Index i = 0; i < count; ++i) out.push_back({kind, i});
  return out;
}

/// all_good says of every part of the plant that every kind of fact holds that a check needs or asks about, but for
/// those that say that something is not there.
inline std::vector<Fact> all_good(const plant::Plant& plant, TimePoint time = kNow) {
  std::vector<Fact> out;
  for (FactKind kind = 0; kind < fact_kinds().size(); ++kind) {
    if (row_of(kind).word.starts_with("no-")) continue;
    for (const Scope scope : scopes_of(plant, row_of(kind).scope))
      out.push_back(fact(row_of(kind).word, scope, true, time));
  }
  return out;
}

/// all_stated answers every aspect that only a person can, for the whole plant.
inline std::vector<Statement> all_stated(TimePoint time = kNow) {
  std::vector<Statement> out;
  for (const standard::Aspect& aspect : standard::aspects()) {
    if (aspect.check != "statement") continue;
    Statement statement;
    statement.id = "st-" + std::to_string(out.size() + 1);
    statement.person = "j.koch";
    statement.what = aspect.id;
    statement.scope = "plant";
    statement.reason = "looked at";
    statement.made = time;
    statement.until = time + std::chrono::days(365);
    out.push_back(std::move(statement));
  }
  return out;
}

inline std::vector<std::string> good_rows(const Assessment& assessment, size_t unit) {
  std::vector<std::string> out;
  for (uint16_t i = 0; i < assessment.rows().rows().size(); ++i) {
    if (good(assessment.row(unit, i))) out.emplace_back(assessment.rows().rows()[i].requirement->id);
  }
  return out;
}

}  // namespace rampart::assess::testing
