#include "firewall/helper/keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/testing.h"
#include "firewall/nft_json.h"
#include "firewall/plants_testing.h"
#include "firewall/project.h"

namespace rampart::firewall {
namespace {

using ::testing::HasSubstr;

/// Table is the kernel as far as the keeper sees it: what was loaded last. Real ones are in tests/firewall.
class Table final : public Kernel {
 public:
  bool load(const std::string& json, std::string& error) override {
    if (broken) {
      error = "no";
      return false;
    }
    loaded = json == nft_json_without() ? "" : json;
    return true;
  }
  std::optional<std::string> listing(std::string&) override { return loaded; }
  std::optional<std::string> flows(std::string& error) override {
    error = "nothing tracks";
    return {};
  }
  std::string loaded;
  bool broken = false;
};

class HandClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint{}; }
  Duration steady() const override { return passed; }
  Duration passed{};
};

class Keeping : public ::testing::Test {
 protected:
  Keeping() { restart(); }
  void restart() {
    keeper_.emplace(folder_.path(), table_, clock_);
    keeper_->start();
  }
  RuleSet rules(bool observe = false) const {
    return project(*testing::policy_of(testing::kPlant), "gw-1", observe).rules;
  }
  /// other is another rule set: one zone is open no more.
  RuleSet other() const {
    RuleSet made = rules();
    made.zones[0].open_inside = false;
    return made;
  }
  std::string load(const RuleSet& set, uint16_t seconds, uint8_t name = 1) {
    return said(keeper_->answer(Ask::load, encode(Load{digest(name), seconds, encode(set)})));
  }
  std::string confirm(uint8_t name = 1) { return said(keeper_->answer(Ask::confirm, digest(name))); }
  Status status() { return *decode_status(keeper_->answer(Ask::status, {}).body); }
  void pass(int seconds) {
    clock_.passed += std::chrono::seconds(seconds);
    keeper_->tick();
  }
  static Digest digest(uint8_t name) { return Digest{name}; }
  static std::string said(const Answer& answer) {
    const std::string text(as_text(answer.body));
    return answer.result == Result::done ? "done" : text;
  }

  TemporaryFolder folder_;
  Table table_;
  HandClock clock_;
  std::optional<Keeper> keeper_;
};

TEST_F(Keeping, RulesThatAreNotConfirmedInTimeAreTakenBack) {
  ASSERT_EQ(load(rules(), 60), "done");
  EXPECT_EQ(table_.loaded, nft_json(rules()));
  EXPECT_EQ(status().state, Status::State::waiting);
  pass(59);
  EXPECT_EQ(status().seconds, 1);
  EXPECT_EQ(table_.loaded, nft_json(rules()));
  pass(1);
  EXPECT_EQ(table_.loaded, "");
  EXPECT_EQ(status().state, Status::State::none);
  EXPECT_THAT(status().last, HasSubstr("not confirmed in time"));
  EXPECT_THAT(confirm(), HasSubstr("nothing waits")) << "too late";
}

TEST_F(Keeping, RulesThatAreConfirmedStayAndComeBackAfterABoot) {
  load(rules(), 60);
  ASSERT_EQ(confirm(), "done");
  pass(1'000);
  EXPECT_EQ(table_.loaded, nft_json(rules()));
  table_.loaded.clear();
  restart();
  EXPECT_EQ(table_.loaded, nft_json(rules()));
  EXPECT_EQ(status().state, Status::State::confirmed);
  EXPECT_EQ(status().digest, digest(1));
}

TEST_F(Keeping, WhatWasConfirmedBeforeComesBackInPlaceOfWhatWasNot) {
  load(rules(), 60);
  confirm();
  ASSERT_EQ(load(other(), 10, 2), "done");
  EXPECT_EQ(table_.loaded, nft_json(other()));
  pass(10);
  EXPECT_EQ(table_.loaded, nft_json(rules()));
  EXPECT_EQ(status().digest, digest(1));
}

TEST_F(Keeping, AHelperThatEndedDuringTheWaitGoesBackWhenItStarts) {
  load(rules(), 60);
  confirm();
  load(other(), 60, 2);
  restart();
  EXPECT_EQ(table_.loaded, nft_json(rules()));
  EXPECT_THAT(status().last, HasSubstr("the helper ended"));
  restart();
  EXPECT_EQ(status().last, "") << "once is enough";
}

TEST_F(Keeping, RulesThatRunStayAsTheyAreWhenTheHelperStartsAgain) {
  load(rules(), 60);
  confirm();
  table_.loaded = "changed by hand";
  restart();
  EXPECT_EQ(table_.loaded, "changed by hand") << "telling is the watcher's work";
}

TEST_F(Keeping, OnlyWhatWaitsCanBeConfirmed) {
  load(rules(), 60);
  EXPECT_THAT(confirm(2), HasSubstr("another rule set"));
  EXPECT_EQ(status().state, Status::State::waiting);
  EXPECT_THAT(said(keeper_->answer(Ask::confirm, Bytes())), HasSubstr("another rule set"));
}

TEST_F(Keeping, NothingIsLoadedWhileSomethingWaits) {
  load(rules(), 60);
  EXPECT_THAT(load(other(), 60, 2), HasSubstr("waits for confirmation"));
  ASSERT_EQ(said(keeper_->answer(Ask::undo, {})), "done");
  EXPECT_EQ(table_.loaded, "");
  EXPECT_EQ(load(other(), 60, 2), "done");
}

TEST_F(Keeping, ObservingNeedsNoConfirmationAndDroppingDoes) {
  EXPECT_EQ(load(rules(true), 0), "done");
  EXPECT_EQ(status().state, Status::State::confirmed);
  EXPECT_THAT(load(rules(), 0, 2), HasSubstr("need a time"));
}

TEST_F(Keeping, WhatNftRefusesChangesNothing) {
  load(rules(), 60);
  confirm();
  table_.broken = true;
  EXPECT_THAT(load(other(), 60, 2), HasSubstr("nothing was changed"));
  table_.broken = false;
  EXPECT_EQ(status().state, Status::State::confirmed);
  restart();
  EXPECT_EQ(status().last, "") << "no wait was left behind";
}

TEST_F(Keeping, GoingBackIsTriedAgainUntilItWorks) {
  load(rules(), 60);
  table_.broken = true;
  pass(60);
  EXPECT_THAT(status().last, HasSubstr("could not roll back yet"));
  EXPECT_THAT(load(other(), 60, 2), HasSubstr("waits"));
  table_.broken = false;
  pass(1);
  EXPECT_EQ(table_.loaded, "");
}

TEST_F(Keeping, ATableThatSomebodyElseMadeIsNotReplaced) {
  table_.loaded = "theirs";
  EXPECT_THAT(load(rules(), 60), HasSubstr("did not load it"));
  EXPECT_EQ(table_.loaded, "theirs");
}

TEST_F(Keeping, WhatIsNoRuleSetIsRefused) {
  EXPECT_THAT(said(keeper_->answer(Ask::load, Bytes())), HasSubstr("malformed"));
  EXPECT_THAT(said(keeper_->answer(Ask::load, encode(Load{{}, 60, {1, 2, 3}}))), HasSubstr("no rule set"));
  EXPECT_EQ(table_.loaded, "");
}

TEST_F(Keeping, SaysWhatIsInForceAndWhatItCannotRead) {
  EXPECT_TRUE(keeper_->answer(Ask::rules, {}).body.empty());
  load(rules(), 60);
  EXPECT_EQ(keeper_->answer(Ask::rules, {}).body, encode(rules()));
  EXPECT_EQ(said(keeper_->answer(Ask::flows, {})), "nothing tracks");
}

TEST_F(Keeping, AStateFileThatIsDamagedIsSaid) {
  load(rules(), 60);
  confirm();
  std::filesystem::resize_file(folder_ / "rules", 40);
  EXPECT_THROW(Keeper(folder_.path(), table_, clock_), Error);
}

}  // namespace
}  // namespace rampart::firewall
