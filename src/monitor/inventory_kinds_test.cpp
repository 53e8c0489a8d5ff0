// What kind of asset something seems to be.
#include "monitor/inventory_kinds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "monitor/inventory_testing.h"
#include "plant/keys.h"

namespace rampart::monitor {
namespace {

using Attribute = protocols::Attribute;
using protocols::Action;
using testing::having;
using testing::Tell;

/// Kinds gives every address a MAC of its own, so that each is an asset of its own.
class Kinds : public ::testing::Test {
 protected:
  Kinds() : tell_(inventory_) {}
  static std::string mac_of(int host) { return "00:0e:8c:00:00:" + std::to_string(host); }
  static std::string ip_of(int host) { return "10.1.0." + std::to_string(host); }
  Guess guess(int host) {
    const auto assets = inventory_.assets();
    return having(assets, ip_of(host).c_str())->guess;
  }
  std::string kind(int host) { return std::string(guess(host).kind); }
  records::Conversation& between(int client, int server, uint16_t port, const char* protocol) {
    return tell_.between(ip_of(client).c_str(), mac_of(client).c_str(), ip_of(server).c_str(), mac_of(server).c_str(),
                         port, protocol);
  }
  void asks(int client, int server, Action action, const char* protocol = "modbus", uint32_t unit = 1) {
    const auto& talk = between(client, server, 502, protocol);
    tell_.operation(talk, action, unit);
    tell_.flow(talk);
  }
  void says(int host, Attribute::Kind kind, const char* text) {
    tell_.attribute(between(99, host, 502, "modbus"), {.kind = kind, .text = text});
  }

  Inventory inventory_;
  Tell tell_;
};

TEST_F(Kinds, FollowWhoAnswersAndWhoCommands) {
  for (const int server : {21, 22, 23}) asks(10, server, Action::write);
  asks(11, 21, Action::read);
  asks(12, 24, Action::program, "s7comm");
  asks(13, 25, Action::read, "dnp3");
  for (const int server : {21, 22, 23}) asks(14, server, Action::read);
  EXPECT_EQ(kind(10), "scada-server");
  EXPECT_EQ(kind(11), "operator-station");
  EXPECT_EQ(kind(12), "engineering-workstation");
  EXPECT_EQ(kind(14), "historian");
  EXPECT_EQ(kind(21), "controller");
  EXPECT_EQ(guess(21).likelihood, Guess::Likelihood::low);
  EXPECT_EQ(kind(24), "controller");
  EXPECT_EQ(guess(24).likelihood, Guess::Likelihood::high);
  EXPECT_EQ(kind(25), "remote-terminal-unit");
  EXPECT_EQ(guess(25).reason, "it answers dnp3");
}

TEST_F(Kinds, UnitsThatAnswerBehindAnAddressMakeAGateway) {
  asks(10, 20, Action::read, "modbus", 0);
  asks(10, 20, Action::read, "modbus", 255);
  asks(10, 20, Action::read, "modbus", 1);
  EXPECT_EQ(kind(20), "controller");
  asks(10, 20, Action::read, "modbus", 2);
  EXPECT_EQ(kind(20), "gateway");
}

TEST_F(Kinds, WhatADeviceCallsItselfCountsFirst) {
  says(30, Attribute::Kind::model, "SCALANCE X208");
  says(31, Attribute::Kind::order_number, "6ES7 315-2EH14-0AB0");
  says(32, Attribute::Kind::model, "CPU 317F-2 PN/DP");
  says(33, Attribute::Kind::model, "PowerFlex 755");
  says(34, Attribute::Kind::model, "PanelView Plus 7");
  says(35, Attribute::Kind::role, "bridge, telephone");
  asks(10, 30, Action::read);
  EXPECT_EQ(kind(30), "switch");
  EXPECT_EQ(kind(31), "controller");
  EXPECT_EQ(kind(32), "safety-controller");
  EXPECT_EQ(kind(33), "drive");
  EXPECT_EQ(kind(34), "operator-station");
  EXPECT_EQ(kind(35), "switch");
}

TEST_F(Kinds, OfficesAndStrangersAreNotCalledControllers) {
  tell_.flow(between(40, 41, 445, nullptr));
  tell_.flow(between(40, 42, 9100, nullptr));
  tell_.flow(between(40, 43, 4321, nullptr));
  tell_.flow(between(40, 44, 5450, nullptr));
  EXPECT_EQ(kind(41), "server");
  EXPECT_EQ(kind(42), "printer");
  EXPECT_EQ(kind(43), "");
  EXPECT_EQ(kind(44), "historian");
  EXPECT_EQ(kind(40), "");
}

TEST_F(Kinds, AreSaidInThePlantsWordsAndStandInTheDocumentation) {
  std::ifstream file(RAMPART_SOURCE_DIR "/docs/assets.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  for (const KindRule& rule : kind_rules()) {
    EXPECT_NE(std::find(plant::kAssetKinds.words.begin(), plant::kAssetKinds.words.end(), rule.kind),
              plant::kAssetKinds.words.end())
        << rule.kind;
    const std::string row = "| `" + std::string(rule.name) + "` | `" + std::string(rule.kind) + "` | " +
                            std::string(to_text(rule.likelihood)) + " |";
    EXPECT_NE(page.find(row), std::string::npos) << row;
  }
}

}  // namespace
}  // namespace rampart::monitor
