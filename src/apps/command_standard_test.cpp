#include "apps/command_standard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "standard/catalogue.h"

namespace rampart::apps {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

std::string ask(const std::vector<std::string>& words) {
  std::string out;
  std::string error;
  EXPECT_EQ(standard_command(words, out, error), 0) << error;
  EXPECT_EQ(error, "");
  for (const std::string_view line : split(out, '\n')) {
    EXPECT_LE(line.size(), 80u) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
  EXPECT_TRUE(out.ends_with('\n'));
  EXPECT_EQ(out.find('\x1f'), std::string::npos);
  return out;
}

std::string complaint(const std::vector<std::string>& words) {
  std::string out;
  std::string error;
  EXPECT_EQ(standard_command(words, out, error), 1);
  EXPECT_EQ(out, "");
  return error;
}

TEST(StandardCommand, ShowsTotalsPartsAndHowToAskWithoutWords) {
  const std::string out = ask({});
  EXPECT_THAT(out, ContainsRegex("all +37 +60 +90 +100\n"));
  EXPECT_THAT(out, ContainsRegex("FR1 IAC Identification and authentication control +10 +16 +22 +24\n"));
  EXPECT_THAT(out, ContainsRegex("network device +40 +67 +86 +92\n"));
  EXPECT_THAT(out, HasSubstr("4-1  Secure product development lifecycle requirements (47 rows)"));
  EXPECT_THAT(out, HasSubstr("rampart standard SR 5.2"));
  EXPECT_EQ(ask({"", " "}), out);
}

TEST(StandardCommand, ShowsARequirementWithLevelsEnhancementsComponentsAndConfidence) {
  const std::string out = ask({"SR", "5.2"});
  EXPECT_THAT(out, HasSubstr("SR 5.2  Zone boundary protection\n  IEC 62443-3-3, FR5 Restricted data flow (RDF)\n"));
  EXPECT_THAT(out, HasSubstr("SR 5.2          x x x x   Zone boundary protection"));
  EXPECT_THAT(out, HasSubstr("SR 5.2 RE 1     . x x x   Deny by default"));
  EXPECT_THAT(out, HasSubstr("SR 5.2 RE 3     . . x x   Fail close"));
  EXPECT_THAT(out, HasSubstr("NDR 5.2         x x x x   Zone boundary protection (network device)"));
  EXPECT_THAT(out, HasSubstr("None by MITRE's labels"));
  EXPECT_THAT(out, HasSubstr("Confirmed: sources A, B, C and D agree on SL 1 as the lowest, none differs."));
}

TEST(StandardCommand, TakesAnySpelling) {
  EXPECT_EQ(ask({"sr5.2"}), ask({"SR", "5.2"}));
  EXPECT_EQ(ask({"sr", "5.2", "re(1)"}), ask({"SR 5.2 RE 1"}));
  EXPECT_EQ(ask({"SR", "5.2", "(1)"}), ask({"SR 5.2 RE 1"}));
  EXPECT_EQ(ask({"fr", "5"}), ask({"RDF"}));
  EXPECT_EQ(ask({"sl3"}), ask({"SL", "3"}));
}

TEST(StandardCommand, SaysWhatDisputesALevel) {
  const std::string out = ask({"SR", "3.4"});
  EXPECT_THAT(out, HasSubstr("Disputed: sources A and D agree on SL 2 as the lowest; B says SL 1, C says"));
  EXPECT_THAT(out, HasSubstr("Note: 2013 text selects it from SL 1"));
  EXPECT_THAT(ask({"SR 1.2"}), HasSubstr("By majority: sources A and B agree on SL 2 as the lowest; D says SL 1."));
  EXPECT_THAT(ask({"SAR 2.4 RE 1"}), HasSubstr("One source only: source A says SL 2."));
}

TEST(StandardCommand, ShowsTechniquesThatARequirementHelpsAgainst) {
  EXPECT_THAT(ask({"SR", "3.4"}), HasSubstr("T0843           Program Download, through M0945 and M0947"));
}

TEST(StandardCommand, ShowsWhatALevelNeedsAndWhatIsNew) {
  const std::string out = ask({"SL", "3"});
  EXPECT_THAT(out, HasSubstr("A zone at SL 3 needs 90 of 100 rows of IEC 62443-3-3, 30 of them new."));
  EXPECT_THAT(out, HasSubstr("embedded device       77 rows"));
  const size_t below = out.find("Already needed below");
  ASSERT_NE(below, std::string::npos);
  EXPECT_THAT(out.substr(0, below), HasSubstr("SR 5.2 RE 2"));
  EXPECT_THAT(out.substr(below), Not(HasSubstr("SR 5.2 RE 2")));
  EXPECT_THAT(out.substr(below), HasSubstr("SR 5.2, SR 5.2 RE 1"));
  EXPECT_THAT(ask({"SL 0"}), Not(HasSubstr("needs")));
}

TEST(StandardCommand, ShowsTechniqueTacticAndMitigation) {
  const std::string technique = ask({"T0855"});
  EXPECT_THAT(technique, HasSubstr("Impair Process Control (TA0106)"));
  EXPECT_THAT(technique, HasSubstr("M0807           Network Allowlists"));
  EXPECT_THAT(technique, ContainsRegex("SR 5.1 +Network segmentation, through M0930 and M0937"));
  EXPECT_THAT(ask({"T0817"}), HasSubstr("CR 5.4          no such row in part 4-2"));
  EXPECT_THAT(ask({"impair", "process", "control"}), HasSubstr("T0855"));
  EXPECT_THAT(ask({"M0930"}), HasSubstr("SR 5.1          Network segmentation"));
}

TEST(StandardCommand, ShowsRowsOfThePartsWithoutLevels) {
  EXPECT_THAT(ask({"zcr", "5.6"}), HasSubstr("ZCR 5.6  Determine SL-T"));
  EXPECT_THAT(ask({"SM-1"}), HasSubstr("IEC 62443-4-1, requirement, Practice 1: Security management"));
  EXPECT_THAT(ask({"SP.01"}), HasSubstr("SP.01.07 BR"));
  EXPECT_THAT(ask({"ORG 1"}), HasSubstr("ORG 1.6"));
  EXPECT_THAT(ask({"4-1"}), HasSubstr("SG-7"));
  EXPECT_THAT(ask({"4-2"}), HasSubstr("CCSC 4"));
  EXPECT_THAT(ask({"1-2"}), HasSubstr("No table of this part is compiled in."));
}

TEST(StandardCommand, ExplainsATermAndWhereItComesUp) {
  const std::string out = ask({"conduit"});
  EXPECT_THAT(out, HasSubstr("conduit\n  The ways by which zones talk to each other"));
  EXPECT_THAT(out, HasSubstr("See also: zone and channel."));
  EXPECT_THAT(out, HasSubstr("ZCR 3.1"));
}

TEST(StandardCommand, SearchesWordsBestFirstAndBounded) {
  const std::string out = ask({"wireless", "access"});
  EXPECT_LT(out.find("SR 1.6"), out.find("SP.03.08 RE(1)"));
  const std::string many = ask({"the"});
  EXPECT_THAT(many, HasSubstr("The best 20 matches for 'the'"));
}

TEST(StandardCommand, PrintsEveryRowWithin80Columns) {
  for (const auto& row : standard::system_requirements()) ask({std::string(row.id)});
  for (const auto& row : standard::component_requirements()) ask({std::string(row.id)});
  for (const auto& row : standard::clauses()) ask({std::string(row.id)});
  for (const auto& row : standard::techniques()) ask({std::string(row.id)});
  for (const auto& row : standard::mitigations()) ask({std::string(row.id)});
  for (const auto& row : standard::terms()) ask({std::string(row.term)});
  for (const auto& row : standard::parts()) ask({std::string(row.id)});
}

TEST(StandardCommand, NamesTheClosestMatchesForWhatIsUnknown) {
  EXPECT_THAT(complaint({"SR", "5.22"}),
              HasSubstr("nothing in the catalogue is called 'SR 5.22'; did you mean SR 5.2"));
  EXPECT_THAT(complaint({"conduite"}), HasSubstr("did you mean conduit"));
  EXPECT_THAT(complaint({"xyzzyxyzzy"}), Not(HasSubstr("did you mean")));
}

TEST(StandardCommand, PrintsNothingThatSteersATerminal) {
  const std::string error = complaint({"a\x1b[31mb\n" + std::string(100'000, 'x')});
  EXPECT_EQ(error.find('\x1b'), std::string::npos);
  EXPECT_LT(error.size(), 300u);
}

}  // namespace
}  // namespace rampart::apps
