// decide() held against a reference that shares no code with it: it walks all rules for every question and keeps every
// single bit of every device in a map. Slow, and plain enough to be believed.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <map>
#include <random>

#include "policy/compiled.h"
#include "policy/testing.h"

namespace rampart::policy {
namespace {

using namespace testing;
using protocols::Action;
using protocols::Operation;
using protocols::Values;
using protocols::ValueType;

/// Ask is an operation in plain numbers: registers or coils from `first` on.
struct Ask {
  Action action = Action::read;
  bool coils = false;
  uint32_t first = 0;
  std::vector<uint16_t> values;  // of a write
  uint32_t count = 1;
  bool masked = false;
  uint32_t function = 3;
};

/// Where a point lies, beside what the plant says in words.
struct Spot {
  bool coil = false;
  uint32_t first = 0, words = 1;
  int bit = -1;
  std::string type, order;
};

using Bits = std::map<std::tuple<Index, bool, uint32_t, int>, bool>;  // asset, coil, address, bit

struct World {
  Builder build;
  std::map<std::pair<Index, Index>, Spot> spots;                                          // asset, point
  std::map<std::pair<Index, Index>, std::vector<std::pair<uint32_t, uint32_t>>> objects;  // conduit, rule: registers
  Bits memory;
  std::map<std::tuple<Index, Index, Index>, std::vector<int64_t>> asked;  // conduit, rule, server: seconds
  std::vector<Lease> leases;
  bool sees = false;
};

/// bits_of lists what an operation is about: address and bit, with the value where it writes one.
std::map<std::pair<uint32_t, int>, bool> bits_of(const Ask& ask) {
  std::map<std::pair<uint32_t, int>, bool> result;
  for (uint32_t i = 0; i < ask.count; ++i) {
    for (int bit = 0; bit < (ask.coils ? 1 : 16); ++bit) {
      if (ask.masked && (ask.values[0] >> bit & 1) != 0) continue;
      const uint16_t value = ask.values.empty() ? uint16_t{0} : ask.values[ask.masked ? 1 : i];
      result[{ask.first + i, bit}] = (value >> bit & 1) != 0;
    }
  }
  return result;
}

std::vector<std::pair<uint32_t, int>> bits_of(const Spot& spot) {
  std::vector<std::pair<uint32_t, int>> result;
  if (spot.bit >= 0) return {{spot.first, spot.bit}};
  for (uint32_t i = 0; i < spot.words; ++i) {
    for (int bit = 0; bit < (spot.coil ? 1 : 16); ++bit) result.push_back({spot.first + i, bit});
  }
  return result;
}

/// value_of puts a value together from single bits; nothing where one is not known.
std::optional<double> value_of(const Spot& spot, Index asset, const Bits& memory) {
  std::vector<uint32_t> words;
  for (uint32_t i = 0; i < spot.words; ++i) {
    uint32_t word = 0;
    for (int bit = 0; bit < (spot.coil ? 1 : 16); ++bit) {
      if (spot.bit >= 0 && bit != spot.bit) continue;
      const auto found = memory.find({asset, spot.coil, spot.first + i, bit});
      if (found == memory.end()) return {};
      word |= uint32_t{found->second} << bit;
    }
    words.push_back(word);
  }
  if (spot.coil || spot.bit >= 0) return words[0] != 0 ? 1 : 0;
  if (spot.order == "little" || spot.order == "byte-swapped") {
    for (uint32_t& word : words) word = (word & 0xff) << 8 | word >> 8;
  }
  if (spot.order == "little" || spot.order == "word-swapped") std::reverse(words.begin(), words.end());
  if (spot.type == "int16") return words[0] >= 0x8000 ? static_cast<double>(words[0]) - 65536 : words[0];
  if (spot.type == "uint32") return words[0] * 65536.0 + words[1];
  if (spot.type == "float32") return static_cast<double>(std::bit_cast<float>(words[0] << 16 | words[1]));
  return words[0];
}

struct Expected {
  Decision decision;
  Reason reason;
  Index conduit = kNone, rule = kNone;  // of the rule that allows, or came nearest
};

struct ValuesSay {
  bool range = false, step = false, unknown = false, all_safe = false;
};

ValuesSay values_say(const World& world, Index server, const Ask& ask) {
  ValuesSay result;
  const auto touched = bits_of(ask);
  auto left = touched;
  Bits after = world.memory;
  for (const auto& [where, value] : touched) after[{server, ask.coils, where.first, where.second}] = value;
  const auto& points = world.build.plant.assets[server].points;
  for (Index i = 0; i < points.size(); ++i) {
    const Spot& spot = world.spots.at({server, i});
    if (spot.coil != ask.coils) continue;
    const auto own = bits_of(spot);
    if (std::none_of(own.begin(), own.end(), [&](const auto& where) { return touched.contains(where); })) continue;
    const plant::Point& point = points[i];
    const auto raw = value_of(spot, server, after), before = value_of(spot, server, world.memory);
    if (!raw) {
      result.unknown = result.unknown || point.minimum || point.maximum || point.step;
      continue;
    }
    const double value = *raw * point.scale + point.offset;
    // Rounding is forgiven: two units in the last place of float32, next to nothing for whole numbers.
    const double unit = spot.type == "float32" ? 1.0 / 4'194'304 : 1e-14,
                 weight = std::fabs(*raw * point.scale) + std::fabs(point.offset);
    const auto slack = [&](double limit) { return unit * (weight + std::fabs(limit)); };
    bool safe = false;
    for (const double one : point.safe) safe = safe || std::fabs(value - one) <= slack(one);
    if (safe) {
      for (const auto& where : own) left.erase(where);
      continue;
    }
    const bool number = std::isfinite(value);
    if ((point.minimum && !(number && value >= *point.minimum - slack(*point.minimum))) ||
        (point.maximum && !(number && value <= *point.maximum + slack(*point.maximum)))) {
      result.range = true;
    } else if (point.step && number && !before) {
      result.unknown = true;
    } else if (point.step && !(number && std::fabs(value - (*before * point.scale + point.offset)) <=
                                             *point.step + slack(*point.step) +
                                                 unit * (std::fabs(*before * point.scale) + std::fabs(point.offset)))) {
      result.step = true;
    }
  }
  result.all_safe = left.empty() && !touched.empty();
  return result;
}

bool has(const std::vector<Index>& list, Index one) { return std::find(list.begin(), list.end(), one) != list.end(); }
bool joins(const plant::Conduit& conduit, Index one, Index other) {
  if (one == other) return std::count(conduit.joins.begin(), conduit.joins.end(), one) > 1;
  return has(conduit.joins, one) && has(conduit.joins, other);
}

bool inside(const World& world, Index conduit, Index rule, Index server, const Ask& ask) {
  const plant::Rule& said = world.build.plant.conduits[conduit].rules[rule];
  if (said.points.empty() && said.objects.empty()) return true;
  const bool writes = ask.action == Action::write;
  auto left = bits_of(ask);
  if (!writes) {
    for (uint32_t i = 0; i < ask.count; ++i) {
      for (int bit = 0; bit < (ask.coils ? 1 : 16); ++bit) left[{ask.first + i, bit}] = false;
    }
  }
  const auto found = world.objects.find({conduit, rule});
  if (found != world.objects.end() && !ask.coils) {
    for (const auto& [first, last] : found->second) {
      std::erase_if(left, [&](const auto& one) { return one.first.first >= first && one.first.first <= last; });
    }
  }
  const auto& points = world.build.plant.assets[server].points;
  for (const plant::Text& id : said.points) {
    for (Index i = 0; i < points.size(); ++i) {
      const Spot& spot = world.spots.at({server, i});
      if (points[i].id.value != id.value || spot.coil != ask.coils) continue;
      for (const auto& where : bits_of(spot)) {
        std::erase_if(left,
                      [&](const auto& one) { return writes ? one.first == where : one.first.first == where.first; });
      }
    }
  }
  return left.empty();
}

/// reference gives the verdict in the plainest way.
Expected reference(const World& world, const Parties& parties, const Ask& ask, int64_t now) {
  const plant::Plant& plant = world.build.plant;
  const Party &client = parties.client, &server = parties.server;
  if (client.zone == kNone) return {Decision::denied, Reason::unknown_client};
  if (server.zone == kNone) return {Decision::denied, Reason::unknown_server};
  bool joined = false;
  for (const plant::Conduit& conduit : plant.conduits) joined = joined || joins(conduit, client.zone, server.zone);
  if (!joined) {
    if (client.zone == server.zone) return {Decision::allowed, Reason::same_zone};
    return {Decision::denied, Reason::no_conduit};
  }
  if (client.asset == kNone || server.asset == kNone) return {Decision::denied, Reason::unknown_asset};
  Expected best{Decision::denied, Reason::no_rule};
  const ValuesSay values = ask.action == Action::write ? values_say(world, server.asset, ask) : ValuesSay{};
  for (Index c = 0; c < plant.conduits.size(); ++c) {
    if (!joins(plant.conduits[c], client.zone, server.zone)) continue;
    for (Index r = 0; r < plant.conduits[c].rules.size(); ++r) {
      const plant::Rule& rule = plant.conduits[c].rules[r];
      bool action = false;
      for (const plant::Text& word : rule.allow) action = action || word.value == to_text(ask.action);
      if (!action || rule.protocol.value != "modbus" || !has(rule.from, client.asset) || !has(rule.to, server.asset))
        continue;
      bool function = rule.functions.empty();
      for (const plant::Text& word : rule.functions) function = function || word.value == std::to_string(ask.function);
      if (!function || !inside(world, c, r, server.asset, ask)) continue;
      Expected here{Decision::allowed, Reason::rule, c, r};
      const bool people = rule.role != kNone;
      bool leased = false;
      for (const Lease& lease : world.leases) {
        leased = leased || (lease.role == rule.role && (lease.server == kNone || lease.server == server.asset) &&
                            lease.until > at(now));
      }
      int64_t recent = 0;
      const auto asked = world.asked.find({c, r, server.asset});
      if (asked != world.asked.end() && rule.rate) {
        for (const int64_t when : asked->second) recent += when > now - rule.rate->per.count();
      }
      const auto day = std::chrono::floor<std::chrono::days>(at(now));
      if (values.range) {
        here = {Decision::denied, Reason::value_out_of_range, c, r};
      } else if (values.step) {
        here = {Decision::denied, Reason::step_too_large, c, r};
      } else if (rule.rate && recent >= rule.rate->count && !values.all_safe) {
        here = {Decision::denied, Reason::rate_exceeded, c, r};
      } else if (rule.during != kNone &&
                 !plant.calendars[rule.during].days[std::chrono::weekday(day).iso_encoding() - 1]) {
        here = {Decision::denied, Reason::outside_calendar, c, r};
      } else if (people && world.sees && !leased) {
        here = {Decision::denied, Reason::role_missing, c, r};
      } else if (values.unknown && rule.unknown == plant::Unknown::deny) {
        here = {Decision::undecidable, Reason::value_unknown, c, r};
      } else if (people && !world.sees) {
        here = {Decision::undecidable, Reason::role_unknown, c, r};
      }
      if (here.decision == Decision::allowed) return here;
      if (best.decision == Decision::undecidable) continue;
      if (here.decision == Decision::undecidable || here.reason > best.reason) best = here;
    }
  }
  return best;
}

class Maker {
 public:
  /// `crowded`: the first two assets have so many rules that they are found by index.
  explicit Maker(uint32_t seed, bool crowded = false) : random_(seed), crowded_(crowded) {}
  uint32_t pick(uint32_t count) { return static_cast<uint32_t>(random_() % count); }

  World world() {
    World world;
    Builder& build = world.build;
    build.plant.roles.push_back({text("engineer"), {}, 1});
    build.plant.calendars.push_back(
        {text("even"), {true, false, true, false, true, false, true}, {}, std::chrono::minutes(1440), text("")});
    for (int i = 0; i < 3; ++i) build.zone("zone");
    for (int i = 0; i < 5; ++i) {
      const Index asset = build.asset(i < 2 ? static_cast<Index>(i) : pick(3), "asset");
      for (uint32_t points = pick(4) + (i == 1); points > 0; --points) point(world, asset);
    }
    for (uint32_t conduits = 1 + pick(3); conduits > 0; --conduits) {
      const Index conduit =
          build.conduit("conduit", pick(4) > 0 ? std::vector<Index>{0, 1} : std::vector<Index>{pick(3), pick(3)});
      for (uint32_t rules = crowded_ ? 30 + pick(30) : pick(4); rules > 0; --rules) rule(world, conduit);
    }
    world.sees = pick(2) == 0;
    return world;
  }

  Ask ask() {
    Ask ask;
    ask.action =
        std::array{Action::read, Action::write, Action::write, Action::write, Action::read, Action::stop}[pick(6)];
    ask.coils = pick(5) == 0;
    ask.first = pick(6);
    ask.count = 1 + pick(3);
    ask.function = 3 + pick(3);
    if (ask.action != Action::write) return ask;
    ask.masked = !ask.coils && pick(5) == 0;
    if (ask.masked) ask.count = 1;
    for (uint32_t i = 0; i < (ask.masked ? 2 : ask.count); ++i) ask.values.push_back(word(ask.coils));
    return ask;
  }
  uint16_t word(bool coil) {
    if (coil) return static_cast<uint16_t>(pick(2));
    const uint16_t words[] = {0, 1, 5, 9, 50, 0x3f80, 0x803f, 0x7fc0, 0xffff, 0x0100, static_cast<uint16_t>(random_())};
    return words[pick(11)];
  }

 private:
  void point(World& world, Index asset) {
    Spot spot;
    std::string object = "holding-register ";
    spot.first = pick(8);
    switch (pick(6)) {
      case 0:
        spot.coil = true;
        object = "coil ";
        break;
      case 1:
        spot.bit = static_cast<int>(pick(16));
        break;
      case 2:
        spot.type = "int16";
        break;
      case 3:
        spot.type = "uint32";
        break;
      case 4:
        spot.type = "float32";
        break;
      default:
        break;
    }
    if (spot.type == "uint32" || spot.type == "float32") spot.words = 2;
    const char* orders[] = {"", "little", "word-swapped", "byte-swapped"};
    if (!spot.coil && spot.bit < 0) spot.order = orders[pick(4)];
    object += std::to_string(spot.first) + (spot.bit >= 0 ? "." + std::to_string(spot.bit) : "");
    const auto index = static_cast<Index>(world.build.plant.assets[asset].points.size());
    plant::Point& point = world.build.point(asset, "p" + std::to_string(index), object, spot.type);
    point.byte_order = text(spot.order);
    if (pick(4) == 0) point.minimum = pick(10);
    if (pick(4) == 0) point.maximum = 10 + pick(100);
    if (pick(2) == 0) point.step = 1 + pick(20);
    if (pick(3) == 0) point.safe = {static_cast<double>(pick(2))};
    if (pick(4) == 0) point.scale = 0.5;
    if (pick(4) == 0) point.offset = 4;
    world.spots[{asset, index}] = spot;
  }

  void rule(World& world, Index conduit) {
    std::vector<Index> from, to;
    for (Index i = 0; i < 5; ++i) {
      if (pick(4) > 0) from.push_back(i);
      if (pick(4) > 0) to.push_back(i);
    }
    plant::Rule& rule = world.build.rule(conduit, "rule", {"write"}, pick(8) == 0 ? "s7comm" : "modbus", from, to);
    if (pick(2) == 0) rule.allow.push_back(text("read"));
    if (pick(4) == 0) rule.allow.push_back(text("stop"));
    const auto index = static_cast<Index>(world.build.plant.conduits[conduit].rules.size() - 1);
    if ((crowded_ ? pick(16) != 0 : pick(6) == 0) && rule.protocol.value == "modbus") {
      for (uint32_t count = 1 + pick(2); count > 0; --count) {
        const uint32_t first = pick(8), last = first + pick(4);
        rule.objects.push_back(text("holding-register " + std::to_string(first) + "-" + std::to_string(last)));
        world.objects[{conduit, index}].push_back({first, last});
      }
    }
    const std::string id = "p" + std::to_string(pick(3));
    const bool exists = std::any_of(to.begin(), to.end(), [&](Index asset) {
      return std::any_of(world.build.plant.assets[asset].points.begin(), world.build.plant.assets[asset].points.end(),
                         [&](const plant::Point& point) { return point.id.value == id; });
    });
    if (pick(6) == 0 && exists) rule.points = {text(id)};
    if (pick(8) == 0) rule.functions = {text(std::to_string(3 + pick(3)))};
    if (pick(2) == 0) rule.rate = plant::Rate{1 + pick(2), std::chrono::seconds(1 + pick(60))};
    if (pick(6) == 0) rule.role = 0;
    if (pick(6) == 0) rule.during = 0;
    if (pick(3) == 0) rule.unknown = plant::Unknown::allow;
  }

  std::mt19937 random_;
  const bool crowded_;
};

/// Wire makes the Operation of an Ask, and keeps its octets.
struct Wire {
  explicit Wire(const Ask& ask) {
    const std::string space = ask.coils ? "coil " : "holding-register ";
    operation = testing::operation("modbus", ask.action,
                                   space + std::to_string(ask.first) + "-" + std::to_string(ask.first + ask.count - 1));
    operation.function.code = ask.function;
    operation.values = values(ask);
  }
  Values values(const Ask& ask) {
    octets.clear();
    if (ask.values.empty()) return {};
    if (ask.coils) {
      octets.assign(1, 0);
      for (size_t i = 0; i < ask.values.size(); ++i) octets[0] = static_cast<uint8_t>(octets[0] | ask.values[i] << i);
      return Values::packed_bits(octets, static_cast<uint32_t>(ask.values.size()));
    }
    for (const uint16_t value : ask.values) {
      octets.push_back(static_cast<uint8_t>(value >> 8));
      octets.push_back(static_cast<uint8_t>(value));
    }
    Values made = Values::numbers(ValueType::uint16, octets);
    made.masks = ask.masked;
    return made;
  }
  Operation operation;
  std::vector<uint8_t> octets;
};

/// Answered is what a device said to an Ask: 0 ok, 1 refused, 2 nothing.
void note_both(World& world, Situation& situation, const Policy& policy, const Parties& parties, const Ask& ask,
               uint32_t how) {
  const Wire wire(ask);
  protocols::Outcome outcome;
  if (how == 1) outcome.kind = protocols::Outcome::Kind::refused;
  if (how == 2) outcome.kind = protocols::Outcome::Kind::unanswered;
  Ask told = ask;
  if (ask.action == Action::read) {
    for (uint32_t i = 0; i < ask.count; ++i)
      told.values.push_back(static_cast<uint16_t>(ask.coils ? i % 2 : 3 * i + ask.first));
  }
  Wire back(told);
  const protocols::Answer answer = answer_to(wire.operation, back.operation.values);
  note_answered(situation, policy, parties, &wire.operation, how == 0 ? &answer : nullptr, outcome, at(0));
  const Index server = parties.server.asset;
  if (server == kNone || how == 1 || (ask.action == Action::read && how == 2)) return;
  if (ask.action == Action::stop) {
    std::erase_if(world.memory, [&](const auto& one) { return std::get<0>(one.first) == server; });
    return;
  }
  for (const auto& [where, value] : bits_of(told)) {
    const auto key = std::tuple(server, ask.coils, where.first, where.second);
    world.memory.erase(key);
    if (how == 0) world.memory[key] = value;
  }
}

/// run_rounds holds decide() against the reference, 20 operations a round, and counts the reasons in `seen`.
void run_rounds(uint32_t rounds, bool crowded, std::map<Reason, size_t>& seen) {
  uint32_t by_index = 0;
  for (uint32_t round = 0; round < rounds; ++round) {
    Maker maker(round, crowded);
    World world = maker.world();
    const Compiled compiled = world.build.compile();
    ASSERT_NE(compiled.policy, nullptr) << compiled.problems.at(0).what;
    const Policy& policy = *compiled.policy;
    by_index += policy.stretches.empty() ? 0u : 1u;
    Situation situation(compiled.policy), calm(compiled.policy);
    situation.see_people(world.sees);
    calm.see_people(world.sees);
    int64_t now = 1'000'000'000 + maker.pick(1'000'000);
    // The same plant with one rule less, for which the same values become known.
    Builder less = world.build;
    auto& rules = less.plant.conduits[maker.pick(static_cast<uint32_t>(less.plant.conduits.size()))].rules;
    if (!rules.empty()) rules.erase(rules.begin() + maker.pick(static_cast<uint32_t>(rules.size())));
    const auto poorer = less.compile().policy;
    ASSERT_NE(poorer, nullptr);
    Situation poor(poorer);
    poor.see_people(world.sees);
    World unused;
    for (int i = 0; i < 20; ++i) {
      const Ask ask = maker.ask();
      Parties parties;
      for (Party* party : {&parties.client, &parties.server}) {
        const uint32_t kind = maker.pick(20);
        if (kind > 0) *party = {kNone, maker.pick(3)};
        // Most questions go between the same two, so that their values get known and their rates used up.
        if (kind > 1) party->asset = kind > 6 ? (party == &parties.client ? 0 : 1) : maker.pick(5);
        if (kind > 1) party->zone = world.build.plant.assets[party->asset].zone;
      }
      const Wire wire(ask);
      const Verdict verdict = decide(policy, situation, parties, wire.operation, at(now));
      const Expected expected = reference(world, parties, ask, now);
      ASSERT_EQ(to_text(verdict.reason), to_text(expected.reason)) << "round " << round << " operation " << i;
      ASSERT_EQ(to_text(verdict.decision), to_text(expected.decision)) << "round " << round << " operation " << i;
      if (expected.rule != kNone) {
        ASSERT_EQ(std::pair(verdict.conduit, verdict.rule), std::pair(expected.conduit, expected.rule))
            << "round " << round << " operation " << i;
      }
      const Verdict again = decide(policy, situation, parties, wire.operation, at(now));
      ASSERT_EQ(std::tie(again.decision, again.reason, again.conduit, again.rule, again.point),
                std::tie(verdict.decision, verdict.reason, verdict.conduit, verdict.rule, verdict.point));
      if (decide(policy, calm, parties, wire.operation, at(now)).decision == Decision::denied) {
        ASSERT_NE(decide(*poorer, poor, parties, wire.operation, at(now)).decision, Decision::allowed);
      }
      ++seen[verdict.reason];
      if (verdict.allowed() && verdict.rule != kNone) {
        note_asked(situation, policy, parties, verdict, at(now));
        world.asked[{verdict.conduit, verdict.rule, parties.server.asset}].push_back(now);
      }
      const uint32_t how = std::array<uint32_t, 5>{0, 0, 0, 1, 2}[maker.pick(5)];
      note_both(world, situation, policy, parties, ask, how);
      note_both(unused, calm, policy, parties, ask, how);
      note_both(unused, poor, *poorer, parties, ask, how);
      if (maker.pick(10) == 0) {
        const Lease lease{
            .role = 0, .server = maker.pick(2) == 0 ? kNone : maker.pick(5), .until = at(now + maker.pick(50))};
        for (Situation* one : {&situation, &calm, &poor}) one->add(lease, at(now));
        world.leases.push_back(lease);
      }
      now += maker.pick(16) == 0 ? 86'400 : maker.pick(6);
    }
  }
  if (crowded) {
    EXPECT_GT(by_index, rounds / 2) << "rules are found by index in most plants";
  }
}

TEST(DecideProperty, AgreesWithThePlainReferenceOnAHundredThousandOperations) {
  std::map<Reason, size_t> seen;
  run_rounds(5'000, false, seen);
  for (const Reason reason :
       {Reason::rule, Reason::same_zone, Reason::unknown_client, Reason::unknown_server, Reason::unknown_asset,
        Reason::no_conduit, Reason::no_rule, Reason::value_out_of_range, Reason::step_too_large, Reason::rate_exceeded,
        Reason::outside_calendar, Reason::role_missing, Reason::value_unknown, Reason::role_unknown}) {
    EXPECT_GT(seen[reason], 200u) << to_text(reason);
  }
}

TEST(DecideProperty, AgreesWithThePlainReferenceWhereAPairHasDozensOfRules) {
  std::map<Reason, size_t> seen;
  run_rounds(400, true, seen);
  for (const Reason reason : {Reason::rule, Reason::no_rule, Reason::value_out_of_range, Reason::step_too_large,
                              Reason::rate_exceeded, Reason::outside_calendar, Reason::value_unknown}) {
    EXPECT_GT(seen[reason], 20u) << to_text(reason);
  }
}

}  // namespace
}  // namespace rampart::policy
