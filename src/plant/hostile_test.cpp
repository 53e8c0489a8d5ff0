// Files made to cost time or memory, or to hide what they hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "plant/plant.h"
#include "plant/problems.h"

namespace rampart::plant {
namespace {

using ::testing::HasSubstr;

const std::string kHead = "rampart: 1\nplant: x\n";

std::string repeated(std::string_view part, size_t bytes) {
  std::string out;
  while (out.size() + part.size() <= bytes) out += part;
  return out;
}

std::string first_problem(const std::string& text) {
  const Loaded loaded = load_text(text, "p");
  return loaded.problems.empty() ? "" : loaded.problems[0].what;
}

TEST(HostilePlant, OfMoreThan16MiBIsOneProblem) {
  EXPECT_EQ(first_problem(std::string((size_t{16} << 20) + 1, '#')), "larger than 16 MiB");
}

TEST(HostilePlant, ThatNeverEndsIsOneProblem) {
  const Loaded loaded = load("/dev/zero");
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_EQ(loaded.problems[0].what, "larger than 16 MiB");
}

TEST(HostilePlant, OfBracketsAloneIsRefusedBeforeItIsParsed) {
  for (const char* part : {"[", "{", "{a: ", "[\n", "{?\n "}) {
    EXPECT_THAT(first_problem(repeated(part, size_t{4} << 20)), HasSubstr("brackets and quotes")) << part;
  }
}

TEST(HostilePlant, OfMoreThanAMillionValuesIsRefused) {
  const Loaded loaded = load_text("zones: [" + repeated("a,", 2'100'000) + "]\n", "p");
  EXPECT_EQ(loaded.problems.size(), 101u);
  EXPECT_FALSE(loaded.ok());
}

TEST(HostilePlant, OfManyErrorsShowsAHundredAndCountsTheRest) {
  const Loaded loaded = load_text(kHead + "zones: []\n" + repeated("k: 1\n", 500'000), "p");
  ASSERT_EQ(loaded.problems.size(), 101u);
  EXPECT_EQ(loaded.problems.back().what, "and 99900 more problems");
  EXPECT_FALSE(loaded.problems.back().warning);
}

TEST(HostilePlant, OfManyWarningsAndNoErrorStillLoads) {
  std::string text = kHead + "zones:\n";
  for (int i = 0; i < 300; ++i) {
    text += "  - {id: z";
    append_number(text, i);
    text += "}\n";
  }
  const Loaded loaded = load_text(text, "p");
  EXPECT_EQ(loaded.problems.size(), 101u);
  EXPECT_TRUE(loaded.ok());
}

TEST(HostilePlant, ReportsEveryLineThatIsNotText) {
  const std::string text = kHead + "zones: []  # \xff\n# \xc3\n# \x01\n# ok\n" + std::string("# \0\n", 4);
  const Loaded loaded = load_text(text, "p");
  ASSERT_EQ(loaded.problems.size(), 4u);
  EXPECT_EQ(loaded.problems[0].mark, (Mark{3, 14}));
  EXPECT_EQ(loaded.problems[1].mark, (Mark{4, 3}));
  EXPECT_EQ(loaded.problems[2].what, "a control character");
  EXPECT_EQ(loaded.problems[3].what, "a NUL octet");
  EXPECT_EQ(loaded.problems[0].excerpt, "zones: []  # ?");
}

TEST(HostilePlant, ReportsEveryTabInTheIndentation) {
  const Loaded loaded = load_text(kHead + "zones:\n\t- id: a\n\t  target: 1\n", "p");
  ASSERT_GE(loaded.problems.size(), 2u);
  EXPECT_EQ(loaded.problems[0].mark, (Mark{4, 1}));
  EXPECT_EQ(loaded.problems[1].mark, (Mark{5, 1}));
}

TEST(HostilePlant, InAnotherEncodingSaysSo) {
  EXPECT_EQ(first_problem(std::string("\xff\xfer\0", 4)), "a file in UTF-16");
  EXPECT_EQ(first_problem("\xef\xbb\xbframpart: 1\n"), "a byte order mark before the text");
}

TEST(HostilePlant, WithoutContentIsEmpty) {
  for (const char* text : {"", "\n", "# only words\n", "---\n...\n", "   "}) {
    const Loaded loaded = load_text(text, "p");
    ASSERT_EQ(loaded.problems.size(), 1u) << text;
    EXPECT_FALSE(loaded.ok());
  }
}

TEST(HostilePlant, OfOneLongLineIsShownWithoutIt) {
  const Loaded loaded = load_text(kHead + "zones: [" + repeated("{id: a, kind: b}, ", 200'000) + "]\n", "p");
  EXPECT_EQ(loaded.problems.size(), 101u);
  for (const Problem& problem : loaded.problems) EXPECT_LE(problem.excerpt.size(), 300u);
}

TEST(HostilePlant, ShowsNoWordOfMegabytes) {
  const Loaded loaded = load_text(kHead + "zones: []\n" + std::string(3'000'000, 'k') + ": 1\n", "p");
  for (const Problem& problem : loaded.problems) EXPECT_LE(render(problem).size(), 2'000u);
  EXPECT_FALSE(loaded.ok());
}

TEST(HostilePlant, ReportsEveryDuplicateKey) {
  const Loaded loaded =
      load_text(kHead + "plant: y\nzones: [{id: a, target: 1, target: 2, target: 3}]\nplant: z\n", "p");
  ASSERT_EQ(loaded.problems.size(), 4u);
  for (const Problem& problem : loaded.problems) EXPECT_THAT(problem.what, HasSubstr("stands here twice"));
}

TEST(HostilePlant, OfNetworksThatAllOverlapIsJudgedInTime) {
  std::string text = kHead + "zones:\n";
  for (int i = 0; i < 20'000; ++i) {
    text += "  - {id: z";
    append_number(text, i);
    text += ", target: 1, networks: [10.0.0.0/8]}\n";
  }
  EXPECT_EQ(load_text(text, "p").problems.back().what, "and 19899 more problems");
}

TEST(HostilePlant, OfReferencesToNothingIsJudgedInTime) {
  std::string text = kHead + "zones:\n  - id: z\n    target: 1\n    assets:\n";
  for (int i = 0; i < 5'000; ++i) {
    text += "      - {id: a";
    append_number(text, i);
    text += ", kind: sensor, at: [{ip: 10.0.0.1, unit: 7}]}\n";
  }
  text += "conduits:\n  - id: c\n    joins: [z, z]\n    rules:\n";
  for (int i = 0; i < 10'000; ++i) {
    text += "      - {id: r";
    append_number(text, i);
    text += ", allow: read, protocol: modbus, from: [missing], to: [a1], points: [none]}\n";
  }
  EXPECT_EQ(load_text(text, "p").problems.size(), 101u);
}

TEST(PlantLines, CountLikeAnEditor) {
  const std::string text = "a\r\nbc\rd\n\xc3\xa4z";
  const Lines lines(text);
  EXPECT_EQ(lines.mark(0), (Mark{1, 1}));
  EXPECT_EQ(lines.mark(3), (Mark{2, 1}));
  EXPECT_EQ(lines.mark(6), (Mark{3, 1}));
  EXPECT_EQ(lines.mark(10), (Mark{4, 2}));
  EXPECT_EQ(lines.mark(99), (Mark{4, 3}));
  EXPECT_EQ(lines.offset({4, 2}), 10u);
  EXPECT_EQ(lines.line(2), "bc");
  EXPECT_EQ(lines.line(9), "");
}

}  // namespace
}  // namespace rampart::plant
