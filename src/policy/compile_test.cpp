#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "policy/testing.h"

namespace rampart::policy {
namespace {

using namespace testing;
using ::testing::HasSubstr;

/// said puts all problems into one text, errors and warnings told apart.
std::string said(const Compiled& compiled) {
  std::string all;
  for (const Problem& problem : compiled.problems) {
    all += (problem.warning ? "warning " : "error ") + std::to_string(problem.mark.line) + ": " + problem.what + " (" +
           problem.hint + ")\n";
  }
  return all;
}

class CompileRules : public ::testing::Test {
 protected:
  CompileRules() {
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
  Builder build_;
  Index office_, control_, scada_, hmi_, plc_, conduit_;
};

TEST_F(CompileRules, NamesEveryWordThatNobodyKnowsInTheOrderOfTheFile) {
  plant::Rule& first = rule("a", {});
  first.allow = {text("raed", 30)};
  first.functions = {text("write-singel-register", 31)};
  first.objects = {text("holding-regster 1", 32)};
  first.points = {text("valv", 33)};
  build_.point(plc_, "valve", "holding-register 1");
  rule("b", {"read"}).protocol = text("modbuss", 20);
  const Compiled compiled = build_.compile();
  EXPECT_EQ(compiled.policy, nullptr);
  const std::string all = said(compiled);
  EXPECT_THAT(all, HasSubstr("error 20: \"modbuss\" is no protocol that is known here (did you mean modbus?)"));
  EXPECT_THAT(all, HasSubstr("error 30: \"raed\" is no action (did you mean read?)"));
  EXPECT_THAT(all, HasSubstr("error 31: \"write-singel-register\" is no function of modbus (did you mean"));
  EXPECT_THAT(all, HasSubstr("error 32: "));
  EXPECT_THAT(all, HasSubstr("error 33: \"valv\" is no point of the assets in \"to\" (did you mean valve?)"));
  EXPECT_LT(all.find("error 20"), all.find("error 30"));
}

TEST_F(CompileRules, FindsFaultWithPoints) {
  build_.point(plc_, "a", "holding-regster 1").object.mark = {1, 1};
  build_.point(plc_, "b", "holding-register 1", "flaot32").type.mark = {2, 1};
  build_.point(plc_, "c", "holding-register 1-3", "float32").type.mark = {3, 1};
  build_.point(plc_, "d", "holding-register 1-2").object.mark = {4, 1};
  build_.point(plc_, "e", "holding-register").object.mark = {5, 1};
  build_.point(plc_, "f", "holding-register 1").byte_order = text("midle", 6);
  build_.point(plc_, "g", "DB1.DBX0.0", "float32").type.mark = {7, 1};
  build_.point(plc_, "h", "holding-register 5", "text").type.mark = {8, 1};
  build_.point(plc_, "i", "holding-register 5.17").object.mark = {9, 1};
  rule("r", {"read"});
  const Compiled compiled = build_.compile();
  const std::string all = said(compiled);
  for (int line = 1; line <= 9; ++line) EXPECT_THAT(all, HasSubstr("error " + std::to_string(line) + ": "));
  EXPECT_EQ(compiled.problems.size(), 9u) << all;
  EXPECT_THAT(all, HasSubstr("\"flaot32\" is no type of a number (did you mean float32?)"));
  EXPECT_THAT(all, HasSubstr("float32 has 32 bits, but \"holding-register 1-3\" has 48"));
  EXPECT_THAT(all, HasSubstr("\"midle\" is no byte order"));
}

TEST_F(CompileRules, WarnsOfRulesThatNeverMatch) {
  rule("none", {"read"}).from.clear();
  build_.rule(conduit_, "same", {"read"}, "modbus", {scada_}, {hmi_});
  const Index lab = build_.zone("lab");
  const Index tester = build_.asset(lab, "tester");
  build_.rule(conduit_, "apart", {"read"}, "modbus", {tester}, {plc_});
  build_.point(plc_, "valve", "DB1.DBW0");
  rule("foreign", {"write"}).points = texts({"valve"});
  build_.plant.calendars.push_back({text("never"), {}, std::chrono::minutes(0), std::chrono::minutes(1440), text("")});
  rule("idle", {"read"}).during = 0;
  rule("odd", {"read"}).functions = texts({"250"});
  const Compiled compiled = build_.compile();
  EXPECT_NE(compiled.policy, nullptr);
  const std::string all = said(compiled);
  EXPECT_THAT(all, HasSubstr("rule \"none\" never matches: \"from\" names no asset"));
  EXPECT_THAT(all, HasSubstr("rule \"same\" never matches: its assets lie in the same zone"));
  EXPECT_THAT(all, HasSubstr("rule \"apart\" never matches: \"link\" does not join the zones"));
  EXPECT_THAT(all, HasSubstr("\"valve\" is \"DB1.DBW0\", which modbus cannot reach"));
  EXPECT_THAT(all, HasSubstr("rule \"idle\" never matches: its calendar has no days"));
  EXPECT_THAT(all, HasSubstr("modbus has no function 250"));
}

TEST_F(CompileRules, WarnsOfRulesThatAnEarlierOneMakesUseless) {
  rule("wide", {"read", "write"}).objects = texts({"holding-register 0-99"});
  rule("narrow", {"read"}).objects = texts({"holding-register 10-20"});
  rule("beyond", {"read"}).objects = texts({"holding-register 90-100"});
  rule("asking", {"start"}).rate = plant::Rate{1, std::chrono::seconds(1)};
  rule("free", {"start"});
  const Compiled compiled = build_.compile();
  ASSERT_EQ(compiled.problems.size(), 1u) << said(compiled);
  EXPECT_THAT(said(compiled), HasSubstr("rule \"narrow\" changes nothing: rule \"wide\" of \"link\" comes first"));
}

TEST_F(CompileRules, SaysNothingOfAPlantThatIsInOrder) {
  build_.point(plc_, "valve", "holding-register 1");
  rule("poll", {"read"});
  rule("set", {"write"}).points = texts({"valve"});
  const Compiled compiled = build_.compile();
  EXPECT_TRUE(compiled.problems.empty()) << said(compiled);
  EXPECT_NE(compiled.policy, nullptr);
}

TEST_F(CompileRules, RefusesAZoneOfTimeThatDoesNotExist) {
  build_.plant.calendars.push_back(
      {text("hours"), {}, std::chrono::minutes(0), std::chrono::minutes(1440), text("Europe/Berlyn", 4)});
  EXPECT_THAT(said(build_.compile()),
              HasSubstr("error 4: \"Europe/Berlyn\" is no time zone that this machine knows (did "
                        "you mean Europe/Berlin?)"));
}

TEST(CompileFile, TakesTheExampleOfTheDesign) {
  std::ifstream file(RAMPART_SOURCE_DIR "/../shared/plant-example.yaml");
  if (!file) GTEST_SKIP() << "the shared example is not beside the repository";
  std::ostringstream content;
  content << file.rdbuf();
  plant::Loaded loaded = plant::load_text(content.str(), "plant-example.yaml");
  ASSERT_TRUE(loaded.ok());
  const Compiled compiled = compile(std::make_shared<const plant::Plant>(std::move(loaded.plant)));
  EXPECT_NE(compiled.policy, nullptr) << said(compiled);
  EXPECT_TRUE(compiled.problems.empty()) << said(compiled);
}

}  // namespace
}  // namespace rampart::policy
