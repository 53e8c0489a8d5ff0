#include "standard/csv.h"

#include <gtest/gtest.h>

namespace rampart::standard {
namespace {

TEST(Csv, SplitsRowsAndCells) {
  const CsvTable table = parse_csv("id,title\nSR 1.1,Log-in\nSR 1.2,\n");
  ASSERT_TRUE(table.ok()) << table.error;
  const std::vector<CsvRow> wanted = {{"id", "title"}, {"SR 1.1", "Log-in"}, {"SR 1.2", ""}};
  EXPECT_EQ(table.rows, wanted);
}

TEST(Csv, KeepsCommasQuotesAndLineEndsInsideQuotes) {
  const CsvTable table = parse_csv("a,\"b, c\",\"say \"\"no\"\"\"\n\"two\nlines\",,\"\"\n");
  ASSERT_TRUE(table.ok()) << table.error;
  const std::vector<CsvRow> wanted = {{"a", "b, c", "say \"no\""}, {"two\nlines", "", ""}};
  EXPECT_EQ(table.rows, wanted);
}

TEST(Csv, TakesCarriageReturnsOffLineEndsOnly) {
  const CsvTable table = parse_csv("a,b\r\n\"c\",d\r\n");
  ASSERT_TRUE(table.ok()) << table.error;
  const std::vector<CsvRow> wanted = {{"a", "b"}, {"c", "d"}};
  EXPECT_EQ(table.rows, wanted);
}

TEST(Csv, NeedsNoLastLineEnd) {
  const std::vector<CsvRow> wanted = {{"a", "b"}, {"c", ""}};
  EXPECT_EQ(parse_csv("a,b\nc,").rows, wanted);
  EXPECT_EQ(parse_csv("a,b\nc,\n").rows, wanted);
}

TEST(Csv, ReadsNothingFromNothing) {
  EXPECT_TRUE(parse_csv("").ok());
  EXPECT_TRUE(parse_csv("").rows.empty());
}

TEST(Csv, RejectsAnUnclosedQuoteAndNamesItsLine) {
  const CsvTable table = parse_csv("a,b\nc,\"d\ne,f\n");
  EXPECT_FALSE(table.ok());
  EXPECT_EQ(table.error_line, 2u);
  EXPECT_TRUE(table.rows.empty());
}

TEST(Csv, RejectsTextAfterAClosingQuote) { EXPECT_EQ(parse_csv("a,b\n\"c\"d,e\n").error_line, 2u); }

TEST(Csv, RejectsAQuoteInsideAPlainCell) { EXPECT_EQ(parse_csv("a,b\nc,d\"e\n").error_line, 2u); }

TEST(Csv, RejectsRowsOfAnotherWidthAndCountsLinesInsideQuotes) {
  const CsvTable table = parse_csv("a,b\n\"c\nc\",d\ne\n");
  EXPECT_FALSE(table.ok());
  EXPECT_EQ(table.error_line, 4u);
}

}  // namespace
}  // namespace rampart::standard
