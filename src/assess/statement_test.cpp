// Story: a statement is a person's word with an end. The file is read whole or not at all.
#include "assess/statement.h"

#include <gtest/gtest.h>

#include "assess/testing.h"
#include "base/error.h"

namespace rampart::assess {
namespace {

using namespace testing;

Statement sample() {
  Statement out;
  out.id = "st-1";
  out.person = "j.koch";
  out.what = "SR 7.5/a";
  out.scope = "zone upper";
  out.reason = "tried \"out\"";
  out.made = kNow;
  out.until = kNow + std::chrono::days(30);
  return out;
}

TEST(Statements, AreReadAsTheyWereWritten) {
  Statement one = sample();
  one.answer = Answer::compensated;
  one.despite = {"credentials-covered", "rules-kept"};
  one.document = "a.pdf";
  one.sha256 = "ab";
  std::string text;
  append_line(text, one);
  const auto read = read_statements(text, "file");
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].what, one.what);
  EXPECT_EQ(read[0].reason, one.reason);
  EXPECT_EQ(read[0].despite, one.despite);
  EXPECT_EQ(read[0].answer, Answer::compensated);
  EXPECT_EQ(read[0].made, one.made);
  EXPECT_EQ(read[0].until, one.until);
  EXPECT_TRUE(read[0].counts(kNow));
  EXPECT_FALSE(read[0].counts(one.until));
  EXPECT_EQ(next_id(read), "st-2");
}

TEST(Statements, CountNoMoreOnceWithdrawn) {
  std::string text;
  append_line(text, sample());
  append_withdrawal(text, "st-1", "m.weber", "", kNow + std::chrono::hours(1));
  const auto read = read_statements(text, "file");
  ASSERT_EQ(read.size(), 1u);
  EXPECT_FALSE(read[0].counts(kNow + std::chrono::hours(2)));
  EXPECT_EQ(read[0].withdrawn_by, "m.weber");
}

TEST(Statements, WithAFaultEndTheReadingWithTheLine) {
  std::string good;
  append_line(good, sample());
  for (const std::string& bad :
       {std::string("nonsense"), std::string("[]"), std::string("{\"id\":1}"), std::string("{\"withdraw\":\"st-9\"}"),
        std::string("{\"id\":\"st-2\",\"answer\":\"perhaps\"}"), std::string("{\"id\":\"st-2\",\"answer\":\"met\"}"),
        std::string(20'000, 'x'), std::string(1, '\0'), std::string("{\"a\":[[[[[[[[[[1]]]]]]]]]]}")}) {
    try {
      read_statements(good + bad + "\n", "file");
      ADD_FAILURE() << bad.substr(0, 40);
    } catch (const FileError& error) {
      EXPECT_EQ(error.problems()[0].mark.line, 2u);
    }
  }
}

TEST(Statements, ThatSayNothingThatCanBeHeldAreRefused) {
  const plant::Plant plant = plant_of(kGood);
  EXPECT_EQ(check_statement(sample(), plant), "");
  const auto wrong = [&](auto change) {
    Statement one = sample();
    change(one);
    return !check_statement(one, plant).empty();
  };
  EXPECT_TRUE(wrong([](Statement& one) { one.what = "SR 9.9"; }));
  EXPECT_TRUE(wrong([](Statement& one) { one.scope = "zone nowhere"; }));
  EXPECT_TRUE(wrong([](Statement& one) { one.scope = "upper"; }));
  EXPECT_TRUE(wrong([](Statement& one) { one.person.clear(); }));
  EXPECT_TRUE(wrong([](Statement& one) { one.reason.clear(); }));
  EXPECT_TRUE(wrong([](Statement& one) { one.until = one.made; }));
  EXPECT_TRUE(wrong([](Statement& one) { one.until = one.made + std::chrono::days(2000); }));
  EXPECT_TRUE(wrong([](Statement& one) { one.answer = Answer::not_met; }));
  EXPECT_TRUE(wrong([](Statement& one) { one.maturity = 2; }));
  EXPECT_TRUE(wrong([](Statement& one) { one.what = "ORG 1.1"; })) << "a clause without maturity";
  EXPECT_TRUE(wrong([](Statement& one) { one.despite = {"rules-kept"}; })) << "met stands against nothing";
  EXPECT_TRUE(wrong([](Statement& one) {
    one.answer = Answer::compensated;
    one.despite = {"nonsense"};
  }));
  EXPECT_TRUE(wrong([](Statement& one) { one.what = "SL-C 2"; })) << "of an asset only";
  EXPECT_FALSE(wrong([](Statement& one) {
    one.what = "SL-C 2";
    one.scope = "asset plc";
  }));
}

TEST(Overlay, ReadsOwnLevelsAndNamesTheLineOfAFault) {
  const auto cells = read_overlay("row,lowest,why\nSR 3.4,1,as printed\nCR 7.8,2,checked\n", "own.csv");
  ASSERT_EQ(cells.size(), 2u);
  EXPECT_EQ(cells[0].lowest, 1);
  EXPECT_EQ(cells[0].why, "as printed");
  for (const char* bad : {"row,lowest\nSR 3.4,0\n", "row,lowest\nSR 9.9,1\n", "row,lowest\nSR 3.4,x\n"}) {
    EXPECT_THROW(read_overlay(bad, "own.csv"), FileError) << bad;
  }
}

}  // namespace
}  // namespace rampart::assess
