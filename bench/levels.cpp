// How fast levels follow a fact: `levels [ZONES]` makes a plant of 500 zones with 20 assets each (10,000) and 499
// conduits, a million facts about it, then measures the computation of everything and of one new fact, of an asset and
// of the whole plant. Markdown on standard output.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "assess/assessment.h"
#include "assess/plant_facts.h"
#include "assess/steps.h"
#include "base/clock.h"
#include "plant/plant.h"

namespace {

using namespace rampart;
using namespace rampart::assess;

constexpr int kAssets = 20;
constexpr size_t kFacts = 1'000'000;

double seconds_now() { return std::chrono::duration<double>(SystemClock().steady()).count(); }

plant::Plant made(int zones) {
  std::string text = "rampart: 1\nplant: Bench\nzones:\n";
  for (int z = 0; z < zones; ++z) {
    const std::string net = "10." + std::to_string(z / 256) + "." + std::to_string(z % 256);
    text += "  - id: z" + std::to_string(z) + "\n    target: 3\n    networks: [" + net + ".0/24]\n    assets:\n";
    for (int a = 0; a < kAssets; ++a) {
      const char* kind = a == 0 ? "operator-station" : "controller";
      text += "      - {id: a" + std::to_string(z) + "-" + std::to_string(a) + ", kind: " + kind +
              ", at: [{ip: " + net + "." + std::to_string(a + 1) + "}]}\n";
    }
  }
  text += "conduits:\n";
  for (int z = 0; z + 1 < zones; ++z) {
    const std::string one = std::to_string(z), other = std::to_string(z + 1);
    text += "  - {id: c" + one + ", joins: [z" + one + ", z" + other +
            "], rules: [{id: r, allow: read, protocol: modbus, from: [a" + one + "-0], to: [a" + other + "-1]}]}\n";
  }
  return plant::require(plant::load_text(text, "bench.yaml"));
}

/// facts are of every kind and scope first, favourable, then repeated by other origins at other times until there are
/// enough.
std::vector<Fact> facts_of(const plant::Plant& plant, TimePoint now) {
  std::mt19937 random(1);
  std::vector<Fact> out;
  out.reserve(kFacts);
  for (uint32_t origin = 1; out.size() < kFacts; ++origin) {
    for (FactKind kind = 0; kind < fact_kinds().size() && out.size() < kFacts; ++kind) {
      size_t scopes = 1;
      if (row_of(kind).scope == Scope::Kind::zone) scopes = plant.zones.size();
      if (row_of(kind).scope == Scope::Kind::conduit) scopes = plant.conduits.size();
      if (row_of(kind).scope == Scope::Kind::asset) scopes = plant.assets.size();
      for (Index i = 0; i < scopes && out.size() < kFacts; ++i) {
        Fact fact;
        fact.kind = kind;
        fact.scope = {row_of(kind).scope, i};
        fact.holds = random() % 200 != 0;
        fact.origin = origin;
        fact.since = fact.time = now - std::chrono::minutes(random() % 5'000);
        out.push_back(std::move(fact));
      }
    }
  }
  return out;
}

struct Times {
  std::vector<double> all;
  std::string say() {
    std::ranges::sort(all);
    char text[96];
    std::snprintf(text, sizeof text, "%.3f | %.3f", all[all.size() / 2] * 1000, all.back() * 1000);
    return text;
  }
};

Times add_one_by_one(Assessment& assessment, Scope::Kind scope, size_t scopes, TimePoint now) {
  std::mt19937 random(2);
  Times times;
  for (FactKind kind = 0; kind < fact_kinds().size(); ++kind) {
    if (row_of(kind).scope != scope) continue;
    for (int way = 0; way < 6; ++way) {
      Fact fact;
      fact.kind = kind;
      fact.scope = {scope, static_cast<Index>(random() % scopes)};
      fact.holds = way % 2 == 1;
      fact.origin = 1'000'000;
      fact.since = fact.time = now + std::chrono::seconds(way);
      const double begun = seconds_now();
      assessment.add(std::move(fact));
      times.all.push_back(seconds_now() - begun);
    }
  }
  return times;
}

}  // namespace

int main(int count, char** arguments) {
  const int zones = count > 1 ? std::max(2, std::atoi(arguments[1])) : 500;
  const TimePoint now = from_unix(1'795'694'400, 0);
  const plant::Plant plant = made(zones);
  std::vector<Fact> facts = facts_of(plant, now);
  const size_t number = facts.size();
  Assessment assessment(plant, {}, now);
  const double begun = seconds_now();
  assessment.add_all(std::move(facts), {});
  const double whole = seconds_now() - begun;
  std::printf("%d zones, %zu assets, %zu conduits, %zu facts given, %zu kept\n\n", zones, plant.assets.size(),
              plant.conduits.size(), number, assessment.facts().size());
  std::printf("| what | median ms | worst ms |\n|---|---:|---:|\n");
  std::printf("| everything | %.0f | |\n", whole * 1000);
  const struct {
    const char* name;
    Scope::Kind kind;
    size_t scopes;
  } kRows[] = {{"one fact of an asset", Scope::Kind::asset, plant.assets.size()},
               {"one fact of a conduit", Scope::Kind::conduit, plant.conduits.size()},
               {"one fact of a zone", Scope::Kind::zone, plant.zones.size()},
               {"one fact of the plant", Scope::Kind::plant, 1},
               {"one fact of the journal", Scope::Kind::journal, 1}};
  for (const auto& row : kRows) {
    std::printf("| %s | %s |\n", row.name, add_one_by_one(assessment, row.kind, row.scopes, now).say().c_str());
  }
  const double stepping = seconds_now();
  const size_t found = steps(assessment).size();
  std::printf("| the %zu best steps | %.0f | |\n", found, (seconds_now() - stepping) * 1000);
  struct rusage used {};
  getrusage(RUSAGE_SELF, &used);
  std::printf("\npeak %ld MiB\n", used.ru_maxrss / 1024);
  return 0;
}
