#include "standard/search.h"

#include <gtest/gtest.h>

#include <map>

namespace rampart::standard {
namespace {

std::string found(std::string_view typed) {
  const auto entry = lookup(typed);
  return entry ? std::string(id_of(*entry)) : "nothing";
}

TEST(Lookup, TakesIdentifiersInAnySpelling) {
  for (const char* typed : {"SR 5.2", "sr5.2", " sr  5.2 ", "Sr-5.2", "SR_5.2"})
    EXPECT_EQ(found(typed), "SR 5.2") << typed;
  for (const char* typed : {"SR 5.2 RE 1", "sr5.2re1", "sr 5.2 re(1)", "SR 5.2 (1)", "SR 5.2 RE(1)"}) {
    EXPECT_EQ(found(typed), "SR 5.2 RE 1") << typed;
  }
  EXPECT_EQ(found("ndr5.2 re (3)"), "NDR 5.2 RE 3");
  EXPECT_EQ(found("zcr 5.6"), "ZCR 5.6");
  EXPECT_EQ(found("sm1"), "SM-1");
  EXPECT_EQ(found("sp.01.01"), "SP.01.01 BR");
  EXPECT_EQ(found("SP.01.01 re 1"), "SP.01.01 RE(1)");
  EXPECT_EQ(found("sp.03"), "SP.03");
  EXPECT_EQ(found("org 1.1"), "ORG 1.1");
  EXPECT_EQ(found("t0855"), "T0855");
  EXPECT_EQ(found("sl3"), "SL 3");
  EXPECT_EQ(found("fr 5"), "FR5");
}

TEST(Lookup, TakesPartsOfTheSeries) {
  for (const char* typed : {"3-3", "62443-3-3", "IEC 62443-3-3", "part 3-3"}) EXPECT_EQ(found(typed), "3-3") << typed;
}

TEST(Lookup, TakesCodesNamesAndTerms) {
  EXPECT_EQ(found("rdf"), "FR5");
  EXPECT_EQ(found("restricted data flow"), "FR5");
  EXPECT_EQ(found("inhibit response function"), "TA0107");
  EXPECT_EQ(found("network segmentation"), "M0930");
  EXPECT_EQ(found("Zone"), "zone");
  EXPECT_EQ(found("sl-t"), "SL-T");
}

TEST(Lookup, KeepsRequirementSR3OfPart41ApartFromSR3Point1) {
  EXPECT_EQ(found("SR-3"), "SR-3");
  EXPECT_EQ(found("SR 3.1"), "SR 3.1");
}

TEST(Lookup, FindsNothingForWhatIsNotThere) {
  for (const char* typed : {"", "   ", "SR 9.9", "SR 5.2 RE 9", "T9999", "()", "SL 5", "sr 5."}) {
    EXPECT_EQ(found(typed), "nothing") << typed;
  }
  EXPECT_EQ(found(std::string(100'000, 'a')), "nothing");
}

TEST(Lookup, ReachesEveryRowByItsOwnIdentifier) {
  std::vector<Entry> all;
  for (const Requirement& row : system_requirements()) all.push_back(&row);
  for (const Requirement& row : component_requirements()) all.push_back(&row);
  for (const Clause& row : clauses()) all.push_back(&row);
  for (const Part& row : parts()) all.push_back(&row);
  for (const Technique& row : techniques()) all.push_back(&row);
  for (const Mitigation& row : mitigations()) all.push_back(&row);
  for (const Tactic& row : tactics()) all.push_back(&row);
  for (const Entry& entry : all) {
    const auto back = lookup(id_of(entry));
    ASSERT_TRUE(back.has_value()) << id_of(entry);
    EXPECT_EQ(*back, entry) << id_of(entry);
  }
}

TEST(Search, PutsTitlesBeforeSentences) {
  const auto hits = search("island mode", 10);
  ASSERT_GE(hits.size(), 3u);
  EXPECT_EQ(id_of(hits[0]), "island mode");
  EXPECT_EQ(id_of(hits[1]), "SR 5.2 RE 2");
}

TEST(Search, WantsEveryWord) {
  for (const Entry& entry : search("wireless identified", 50)) {
    const std::string all = std::string(title_of(entry)) + std::string(text_of(entry));
    EXPECT_NE(all.find("ireless"), std::string::npos) << id_of(entry);
  }
  EXPECT_TRUE(search("wireless zzz", 10).empty());
}

TEST(Search, FindsPluralsAndKeepsTheBound) {
  EXPECT_EQ(id_of(search("conduits", 1).at(0)), "conduit");
  EXPECT_EQ(search("security", 7).size(), 7u);
  EXPECT_TRUE(search("", 7).empty());
  EXPECT_TRUE(search(std::string(100'000, 'a'), 7).empty());
}

TEST(Suggest, NamesWhatIsSpeltNearly) {
  const auto near = suggest("SR 5.22", 3);
  ASSERT_FALSE(near.empty());
  EXPECT_EQ(near[0], "SR 5.2");
  EXPECT_LE(near.size(), 3u);
  EXPECT_EQ(suggest("conduite", 1).at(0), "conduit");
  EXPECT_TRUE(suggest(std::string(100'000, 'a'), 3).empty());
}

}  // namespace
}  // namespace rampart::standard
