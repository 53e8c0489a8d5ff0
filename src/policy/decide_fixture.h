// For tests of decide() only: a plant of two zones with a conduit between them, and short ways to ask and answer.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "policy/testing.h"

namespace rampart::policy::testing {

using protocols::Action;
using protocols::Operation;
using protocols::Outcome;
using protocols::Values;
using protocols::ValueType;

inline constexpr Outcome kOk{};
inline constexpr Outcome kRefused{.kind = Outcome::Kind::refused, .code = 2};
inline constexpr Outcome kUnanswered{.kind = Outcome::Kind::unanswered};

/// Decide has two zones, a conduit between them, scada and hmi on one side and plc on the other.
class Decide : public ::testing::Test {
 protected:
  Decide() {
    office_ = build_.zone("office");
    control_ = build_.zone("control");
    scada_ = build_.asset(office_, "scada");
    hmi_ = build_.asset(office_, "hmi");
    plc_ = build_.asset(control_, "plc");
    conduit_ = build_.conduit("link", {office_, control_});
  }
  plant::Rule& rule(const char* id, std::initializer_list<const char*> allow, const char* protocol = "modbus") {
    return build_.rule(conduit_, id, allow, protocol, {scada_}, {plc_});
  }
  void make() {
    const Compiled compiled = build_.compile();
    for (const Problem& problem : compiled.problems) EXPECT_TRUE(problem.warning) << problem.what;
    policy_ = compiled.policy;
    ASSERT_NE(policy_, nullptr);
    situation_.emplace(policy_);
  }
  Parties parties(Index client, Index server) const {
    return {{client, build_.plant.assets[client].zone}, {server, build_.plant.assets[server].zone}};
  }
  Verdict judge(const Operation& operation, TimePoint now = at(1000)) {
    return decide(*policy_, *situation_, parties(scada_, plc_), operation, now);
  }
  Reason reason(const Operation& operation, TimePoint now = at(1000)) { return judge(operation, now).reason; }
  /// write asks for registers from `object` on.
  Operation write(const char* object, std::initializer_list<uint16_t> values) {
    bytes_.push_back(std::make_unique<std::vector<uint8_t>>(registers(values)));
    return testing::operation("modbus", Action::write, object, Values::numbers(ValueType::uint16, *bytes_.back()));
  }
  void answer_read(const char* object, std::initializer_list<uint16_t> values) {
    const Operation read = testing::operation("modbus", Action::read, object);
    const std::vector<uint8_t> octets = registers(values);
    const protocols::Answer answer = answer_to(read, Values::numbers(ValueType::uint16, octets));
    note_answered(*situation_, *policy_, parties(scada_, plc_), &read, &answer, kOk, at(1));
  }
  void note(const Operation& operation, const Outcome& outcome) {
    note_answered(*situation_, *policy_, parties(scada_, plc_), &operation, nullptr, outcome, at(1));
  }

  Builder build_;
  Index office_, control_, scada_, hmi_, plc_, conduit_;
  std::shared_ptr<const Policy> policy_;
  std::optional<Situation> situation_;
  std::vector<std::unique_ptr<std::vector<uint8_t>>> bytes_;
};

}  // namespace rampart::policy::testing
