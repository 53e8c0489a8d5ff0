#include "apps/guard_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace rampart::apps {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Told final : public records::Sink {
 public:
  void record(const records::Run&) override {}
  void record(const records::Transaction&) override {}
  void record(const records::Finding&) override {}
  void record(const records::AssetSeen&) override {}
  void record(const records::Loss&) override {}
  void record(const records::Flow&) override {}
  void record(const records::ProtectionSeen&) override {}
  using Sink::tell;
  void tell(const records::GuardEvent& event) override {
    events.push_back(std::string(event.event) + (event.conduit.empty() ? "" : " ") + std::string(event.conduit));
  }
  std::vector<std::string> events;
};

class GuardEventsTest : public ::testing::Test {
 protected:
  GuardEventsTest() {
    plant.gateways.emplace_back();
    plant.gateways[0].id.value = "gw";
    plant.gateways[0].stands = plant::Stands::bridged;
    for (const auto& [id, how] : {std::pair("shut", plant::OnFailure::close), std::pair("free", plant::OnFailure::open),
                                  std::pair("alone", plant::OnFailure::island)}) {
      plant::Conduit conduit;
      conduit.id.value = id;
      conduit.guard.value = "gw";
      conduit.on_failure = how;
      plant.conduits.push_back(conduit);
    }
    plant::Rule rule;
    rule.essential = false;
    rule.journal = plant::JournalWhen::before;
    plant.conduits[0].rules.push_back(rule);
  }
  void beat(const GuardEvents::Seen& seen, seconds after) {
    steady += after;
    events.beat(plant, seen, {}, steady);
  }

  plant::Plant plant;
  Told told;
  GuardEvents events{told, "gw"};
  Duration steady{seconds(100)};
};

TEST_F(GuardEventsTest, EachConduitFailsAsThePlantSays) {
  events.failed(plant, {}, "");
  EXPECT_THAT(told.events, ElementsAre("failed-closed shut", "failed-open free", "island alone"));
  told.events.clear();
  plant.gateways[0].stands = plant::Stands::addressed;
  events.failed(plant, {}, "");
  EXPECT_THAT(told.events, ElementsAre("failed-closed shut", "failed-closed free", "failed-closed alone"));
}

TEST_F(GuardEventsTest, ATroubleIsToldOnceAndItsEndAfterTenQuietSeconds) {
  beat({.no_room = 0}, seconds(1));
  EXPECT_THAT(told.events, IsEmpty());
  beat({.no_room = 1}, seconds(1));
  beat({.no_room = 5}, seconds(9));
  EXPECT_THAT(told.events, ElementsAre("overload"));
  beat({.no_room = 5}, seconds(9));
  EXPECT_THAT(told.events, ElementsAre("overload"));
  beat({.no_room = 5}, seconds(1));
  EXPECT_THAT(told.events, ElementsAre("overload", "recovered"));
}

TEST_F(GuardEventsTest, AJournalThatKeepsNothingFailsTheConduitsThatNeedItFirst) {
  beat({.journal_failing = true}, seconds(1));
  EXPECT_THAT(told.events, ElementsAre("failed-closed shut"));
  beat({.not_kept = 7}, seconds(9));
  beat({.not_kept = 7}, seconds(10));
  EXPECT_THAT(told.events, ElementsAre("failed-closed shut", "recovered shut"));
}

TEST_F(GuardEventsTest, ALateTurnIsOverload) {
  beat({.stood_still = std::chrono::milliseconds(999)}, seconds(1));
  EXPECT_THAT(told.events, IsEmpty());
  beat({.stood_still = seconds(1)}, seconds(1));
  EXPECT_THAT(told.events, ElementsAre("overload", "recovered"));
}

}  // namespace
}  // namespace rampart::apps
