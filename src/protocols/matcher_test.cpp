#include "protocols/matcher.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace rampart::protocols {
namespace {

using std::chrono::milliseconds;

struct Note {
  int packet = 0;
};

/// Story feeds a matcher and writes down what comes out: "1.0 ok [7 8] 5ms" is item 0 of the message with key 1,
/// answered with values 7 and 8 after 5 ms; "? ..." an answer that nobody asked for.
struct Story {
  explicit Story(size_t limit = 64) : matcher(limit) {}

  auto emit() {
    return [this](const Transaction<Note>& transaction) { write(transaction); };
  }

  Note& ask(uint64_t key, int at, uint16_t item = 0, uint8_t space = 0, Direction direction = Direction::to_server) {
    Operation operation;
    operation.key = {key, 0};
    operation.item = item;
    operation.object.space = space;
    return matcher.asked(operation, direction, TimePoint(milliseconds(at)), emit());
  }
  void answer(uint64_t key, int at, std::vector<uint8_t> values = {}, uint16_t item = Answer::kAllItems,
              bool final = true, uint32_t refused = 0) {
    Answer answer;
    answer.key = {key, 0};
    answer.item = item;
    answer.final = final;
    answer.values = Values::numbers(ValueType::uint8, values);
    if (refused > 0) answer.outcome = {Outcome::Kind::refused, refused, "no"};
    matcher.answered(answer, Direction::to_client, TimePoint(milliseconds(at)), emit());
  }

  void write(const Transaction<Note>& transaction) {
    std::string line = "?";
    if (transaction.operation != nullptr) {
      line = std::to_string(transaction.operation->key.match) + "." + std::to_string(transaction.operation->item);
    }
    line += transaction.outcome.kind == Outcome::Kind::ok           ? " ok"
            : transaction.outcome.kind == Outcome::Kind::unanswered ? " unanswered"
                                                                    : " refused";
    if (transaction.outcome.code != 0) line += " " + std::to_string(transaction.outcome.code);
    for (const Answer* answer : transaction.answers) {
      line += " [";
      for (uint32_t i = 0; i < answer->values.count; ++i) {
        line += (i == 0 ? "" : " ") + std::to_string(answer->values.at(i).natural);
      }
      line += "]";
    }
    if (!transaction.answers.empty()) {
      line += " " + std::to_string((transaction.answered_at - transaction.asked_at) / milliseconds(1)) + "ms";
    }
    exchanges.push_back(transaction.exchange);
    lines.push_back(line);
  }
  std::vector<std::string> told() { return std::exchange(lines, {}); }

  Matcher<Note> matcher;
  std::vector<std::string> lines;
  std::vector<uint64_t> exchanges;
};

using Lines = std::vector<std::string>;

TEST(Matcher, JoinsAnAnswerToWhatWasAsked) {
  Story story;
  story.ask(1, 10);
  story.answer(1, 15, {7, 8});
  EXPECT_EQ(story.told(), (Lines{"1.0 ok [7 8] 5ms"}));
  EXPECT_EQ(story.matcher.in_flight(), 0u);
}

TEST(Matcher, MatchesPipelinedRequestsByKeyInAnyOrder) {
  Story story;
  for (uint64_t key = 1; key <= 4; ++key) story.ask(key, 0);
  for (const uint64_t key : {3u, 1u, 4u, 2u}) story.answer(key, 1, {static_cast<uint8_t>(key)});
  EXPECT_EQ(story.told(), (Lines{"3.0 ok [3] 1ms", "1.0 ok [1] 1ms", "4.0 ok [4] 1ms", "2.0 ok [2] 1ms"}));
}

TEST(Matcher, AnswersTheOlderOfTwoInFlightWithOneKey) {
  Story story;
  story.ask(1, 0).packet = 1;
  story.ask(1, 1).packet = 2;
  story.answer(1, 3, {7});
  story.answer(1, 4, {8});
  EXPECT_EQ(story.told(), (Lines{"1.0 ok [7] 3ms", "1.0 ok [8] 3ms"}));
}

TEST(Matcher, RecoversFromALostAnswerWhereAClientUsesOneIdentifierForEver) {
  Story story;
  story.ask(1, 0);  // its answer is lost
  for (int at = 100; at <= 300; at += 100) {
    story.ask(1, at);
    story.answer(1, at + 5);
  }
  EXPECT_EQ(story.told(), (Lines{"1.0 unanswered", "1.0 ok [] 5ms", "1.0 ok [] 5ms", "1.0 ok [] 5ms"}));
}

TEST(Matcher, GivesUpAllItemsOfAMessageWhoseAnswerWasLost) {
  Story story;
  story.ask(1, 0, 0);
  story.ask(1, 0, 1);
  story.ask(1, 100, 0);
  story.ask(1, 100, 1);
  story.answer(1, 101);
  EXPECT_EQ(story.told(), (Lines{"1.0 unanswered", "1.1 unanswered", "1.0 ok [] 1ms", "1.1 ok [] 1ms"}));
}

TEST(Matcher, TheSameKeyInTheOtherDirectionIsAnotherConversation) {
  Story story;
  story.ask(1, 0, 0, 0, Direction::to_client);
  story.answer(1, 1);
  EXPECT_EQ(story.told(), (Lines{"? ok [] 0ms"}));
  EXPECT_EQ(story.matcher.in_flight(), 1u);
}

TEST(Matcher, ReportsAnAnswerThatNobodyAskedFor) {
  Story story;
  story.answer(9, 1, {5});
  EXPECT_EQ(story.told(), (Lines{"? ok [5] 0ms"}));
}

TEST(Matcher, AnUnsolicitedAnswerCompletesNothing) {
  Story story;
  story.ask(1, 0);
  Answer answer;
  answer.key = {1, 0};
  answer.unsolicited = true;
  story.matcher.answered(answer, Direction::to_client, TimePoint(milliseconds(1)), story.emit());
  EXPECT_EQ(story.told(), (Lines{"? ok [] 0ms"}));
  EXPECT_EQ(story.matcher.in_flight(), 1u);
}

TEST(Matcher, GivesEachItemItsOwnAnswerAndOutcome) {
  Story story;
  for (uint16_t item = 0; item < 3; ++item) story.ask(1, 0, item);
  story.answer(1, 2, {10}, 0, false);
  story.answer(1, 2, {}, 1, false, 5);
  EXPECT_EQ(story.told(), Lines{});
  story.answer(1, 2, {12}, 2, true);
  EXPECT_EQ(story.told(), (Lines{"1.0 ok [10] 2ms", "1.1 refused 5 [] 2ms", "1.2 ok [12] 2ms"}));
  EXPECT_EQ(story.exchanges, (std::vector<uint64_t>{1, 1, 1}));
}

TEST(Matcher, AnItemThatNoAnswerNamesIsUnanswered) {
  Story story;
  story.ask(1, 0, 0);
  story.ask(1, 0, 1);
  story.answer(1, 2, {10}, 0, true);
  EXPECT_EQ(story.told(), (Lines{"1.0 ok [10] 2ms", "1.1 unanswered"}));
}

TEST(Matcher, ARefusalOfTheMessageRefusesAllItsItems) {
  Story story;
  story.ask(1, 0, 0);
  story.ask(1, 0, 1);
  story.answer(1, 3, {}, Answer::kAllItems, true, 2);
  EXPECT_EQ(story.told(), (Lines{"1.0 refused 2 [] 3ms", "1.1 refused 2 [] 3ms"}));
}

TEST(Matcher, JoinsSeveralMessagesOfOneAnswer) {
  Story story;
  story.ask(1, 0);
  story.answer(1, 2, {1}, Answer::kAllItems, false);
  story.answer(1, 3, {2}, Answer::kAllItems, false);
  story.answer(1, 4, {3});
  EXPECT_EQ(story.told(), (Lines{"1.0 ok [1] [2] [3] 4ms"}));
}

TEST(Matcher, GivesValuesOfTheMessageToTheItemThatAskedForTheirSpace) {
  Story story;
  story.ask(1, 0, 0, 4);
  story.ask(1, 0, 1, 9);
  const std::vector<uint8_t> octets = {42};
  Answer answer;
  answer.key = {1, 0};
  answer.object = Object{.space = 9};
  answer.values = Values::numbers(ValueType::uint8, octets);
  story.matcher.answered(answer, Direction::to_client, TimePoint(milliseconds(1)), story.emit());
  EXPECT_EQ(story.told(), (Lines{"1.0 ok", "1.1 ok [42] 1ms"}));
}

TEST(Matcher, KeepsTheCallersContextWithItsOperation) {
  Story story;
  story.ask(1, 0).packet = 11;
  story.ask(2, 0).packet = 22;
  std::vector<int> packets;
  story.matcher.flush([&](const Transaction<Note>& transaction) { packets.push_back(transaction.context->packet); });
  EXPECT_EQ(packets, (std::vector<int>{11, 22}));
}

TEST(Matcher, AReusedPlaceBeginsWithAFreshContext) {
  Story story;
  story.ask(1, 0).packet = 11;
  story.answer(1, 1);
  EXPECT_EQ(story.ask(2, 2).packet, 0);
}

TEST(Matcher, ExpiresWhatWasAskedBeforeTheDeadline) {
  Story story;
  story.ask(1, 0);
  story.ask(2, 10);
  story.ask(3, 20);
  story.matcher.expire(TimePoint(milliseconds(20)), story.emit());
  EXPECT_EQ(story.told(), (Lines{"1.0 unanswered", "2.0 unanswered"}));
  EXPECT_EQ(story.matcher.in_flight(), 1u);
}

TEST(Matcher, WhatIsGivenUpKeepsThePartsThatCame) {
  Story story;
  story.ask(1, 0);
  story.answer(1, 5, {7}, Answer::kAllItems, false);
  story.matcher.flush(story.emit());
  EXPECT_EQ(story.told(), (Lines{"1.0 ok [7] 5ms"}));
}

TEST(Matcher, AFullTableGivesUpTheOldestAndCountsIt) {
  Story story(2);
  story.ask(1, 0);
  story.ask(2, 1);
  story.ask(3, 2);
  EXPECT_EQ(story.told(), (Lines{"1.0 unanswered"}));
  EXPECT_EQ(story.matcher.given_up(), 1u);
  story.answer(2, 3);
  story.answer(3, 3);
  EXPECT_EQ(story.told(), (Lines{"2.0 ok [] 2ms", "3.0 ok [] 1ms"}));
}

TEST(Matcher, AMessageWithMoreItemsThanTheTableStaysOneExchange) {
  Story story(1);
  for (uint16_t item = 0; item < 3; ++item) story.ask(1, 0, item);
  story.answer(1, 1, {9}, 2, true);
  EXPECT_EQ(story.told(), (Lines{"1.0 unanswered", "1.1 unanswered", "1.2 ok [9] 1ms"}));
  EXPECT_EQ(story.exchanges, (std::vector<uint64_t>{1, 1, 1}));
}

TEST(Matcher, ItemsOfAnotherMessageAreAnotherExchangeEvenWithoutItsFirst) {
  Story story;
  story.ask(1, 0, 0);
  story.ask(2, 0, 1);
  story.answer(1, 1);
  EXPECT_EQ(story.told(), (Lines{"1.0 ok [] 1ms"}));
  EXPECT_EQ(story.matcher.in_flight(), 1u);
}

TEST(Matcher, BoundsThePartsThatItKeeps) {
  Story story;
  story.ask(1, 0);
  for (size_t i = 0; i < Matcher<Note>::kMostParts + 10; ++i) story.answer(1, 1, {1}, Answer::kAllItems, false);
  EXPECT_EQ(story.matcher.not_kept(), 10u);
  size_t parts = 0;
  story.matcher.flush([&](const Transaction<Note>& transaction) { parts = transaction.answers.size(); });
  EXPECT_EQ(parts, Matcher<Note>::kMostParts);
}

TEST(Matcher, BoundsTheOctetsThatItKeeps) {
  Story story;
  story.ask(1, 0);
  const std::vector<uint8_t> large(Matcher<Note>::kMostOctets / 4 + 1);
  for (int i = 0; i < 5; ++i) story.answer(1, 1, large, Answer::kAllItems, false);
  EXPECT_EQ(story.matcher.not_kept(), 2u);
  // What was given back counts no more.
  story.matcher.flush([](const Transaction<Note>&) {});
  story.ask(2, 2);
  story.answer(2, 2, large, Answer::kAllItems, false);
  EXPECT_EQ(story.matcher.not_kept(), 2u);
}

TEST(Matcher, TwentyItemsReuseTheMemoryOfEarlierMessages) {
  Matcher<Note> matcher(64);
  const std::vector<uint8_t> octets(32, 7);
  Operation operation;
  Answer answer;
  operation.values = answer.values = Values::numbers(ValueType::uint8, octets);
  std::set<const void*> places;
  uint64_t answers = 0;
  const auto emit = [&](const Transaction<Note>& transaction) {
    places.insert({transaction.operation, transaction.operation->values.data.data(), transaction.answers.data()});
    for (const Answer* part : transaction.answers) places.insert({part, part->values.data.data()});
    answers += transaction.answers.size();
  };
  const auto exchange = [&](uint64_t key) {
    operation.key = answer.key = {key, 0};
    for (uint16_t item = 0; item < 20; ++item) {
      operation.item = item;
      matcher.asked(operation, Direction::to_server, TimePoint(milliseconds(key)), emit);
    }
    for (uint16_t item = 0; item < 20; ++item) {
      answer.item = item;
      answer.final = item == 19;
      matcher.answered(answer, Direction::to_client, TimePoint(milliseconds(key)), emit);
    }
  };
  for (uint64_t key = 0; key < 4; ++key) exchange(key);
  const size_t usual = places.size();
  for (uint64_t key = 4; key < 200; ++key) exchange(key);
  EXPECT_EQ(places.size(), usual);
  EXPECT_EQ(answers, 200u * 20u);
}

}  // namespace
}  // namespace rampart::protocols
