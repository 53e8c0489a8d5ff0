#include "records/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "records/exports_testing.h"

namespace rampart::records {
namespace {

using protocols::Action;
using protocols::Outcome;
using std::chrono::milliseconds;
using testing::at;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kNasty;
using testing::stored;
using testing::World;

template <class Record>
std::string words(const Record& record) {
  const Stored kept = stored(record);
  return view(kept).text;
}
template <class Record>
auto severity_of(const Record& record) {
  const Stored kept = stored(record);
  return view(kept).severity;
}
template <class Record>
std::string requirement_of(const Record& record) {
  const Stored kept = stored(record);
  return std::string(view(kept).requirement);
}
std::string line(const Stored& record, uint64_t number) {
  std::string out;
  append_line(out, record, number);
  return out;
}

TEST(View, SaysWhatWasWrittenAndThatItWasDenied) {
  const World world("setpoints");
  EXPECT_EQ(words(world.transaction()),
            "scada wrote 4500 to holding-register 100 of plc-1 (unit 1), refused with illegal-data-address (code 2): "
            "denied, value-out-of-range (rule setpoints, conduit scada-to-cell)");
}

TEST(View, SaysNothingOfWhatIsAsItShouldBe) {
  World world("setpoints");
  world.denied.kind = Verdict::Kind::allowed;
  Transaction transaction = world.transaction();
  transaction.outcome = {};
  EXPECT_EQ(words(transaction), "scada wrote 4500 to holding-register 100 of plc-1 (unit 1)");
  EXPECT_EQ(severity_of(transaction), std::nullopt);
}

TEST(View, KnowsASideByItsAddressWhereItIsNoAsset) {
  World world("setpoints");
  world.conversation.client.asset = {};
  world.conversation.server.asset = {};
  world.conversation.server.ip = {};
  world.conversation.server.mac = MacAddress::parse("00:0e:8c:01:02:03");
  EXPECT_THAT(words(world.transaction()),
              HasSubstr("10.20.0.10 wrote 4500 to holding-register 100 of 00:0e:8c:01:02:03"));
}

TEST(View, TellsTheServersQuestionsFromTheClients) {
  const World world("setpoints");
  Transaction transaction = world.transaction();
  transaction.asked = Direction::to_client;
  const Stored kept = stored(transaction);
  const View seen = view(kept);
  EXPECT_THAT(seen.text, HasSubstr("plc-1 wrote 4500 to holding-register 100 of scada"));
  EXPECT_EQ(seen.address, "10.20.1.5");
}

TEST(View, NamesTheFunctionWhereTheActionHasNoObject) {
  World world("setpoints");
  world.operation.action = Action::stop;
  world.operation.object = {};
  world.operation.values = {};
  world.operation.function = {8, "restart-communications"};
  EXPECT_THAT(words(world.transaction()),
              HasSubstr("scada asked plc-1 for stop (modbus restart-communications), refused"));
}

TEST(View, ShowsTheFirstFewValuesOfMany) {
  World world("setpoints");
  const uint8_t octets[] = {0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6};
  world.operation.values = protocols::Values::numbers(protocols::ValueType::uint16, octets);
  EXPECT_THAT(words(world.transaction()), HasSubstr("wrote 1, 2, 3, 4 and 2 more to holding-register 100"));
}

TEST(View, SaysWhatCameUnasked) {
  const World world("setpoints");
  protocols::Answer answer{.unsolicited = true, .function = {130, "unsolicited-response"}};
  const protocols::Answer* const answers[] = {&answer};
  Transaction transaction = world.transaction();
  transaction.operation = nullptr;
  transaction.answers = answers;
  transaction.outcome = {};
  transaction.verdict = {};
  EXPECT_EQ(words(transaction), "plc-1 sent scada unsolicited-response, unasked");
  answer.unsolicited = false;
  EXPECT_EQ(words(transaction), "plc-1 answered scada unsolicited-response, the request was not seen");
}

TEST(View, SumsUpReads) {
  const World world("setpoints");
  EXPECT_EQ(words(world.summary()),
            "scada read holding-register 100-109 of plc-1 (unit 1) 60 times in 59 s, slowest 12 ms");
}

TEST(View, CountsRepeats) {
  const World world("setpoints");
  const Repeats repeats{.first = at(0),
                        .last = at(10),
                        .conversation = &world.conversation,
                        .operation = &world.operation,
                        .verdict = world.denied,
                        .outcome = {.kind = Outcome::Kind::unanswered},
                        .count = 37};
  EXPECT_EQ(words(repeats),
            "again, 37 times in 10 s: scada wrote 4500 to holding-register 100 of plc-1 (unit 1), no answer: denied, "
            "value-out-of-range (rule setpoints, conduit scada-to-cell)");
  EXPECT_EQ(severity_of(repeats), Severity::high);
}

TEST(View, TakesAFindingsOwnWords) {
  const World world("scada wrote 4500 to intake valve (allowed 0 to 100)");
  const Stored record = stored(world.finding(Severity::critical));
  const View seen = view(record);
  EXPECT_EQ(seen.text, "scada wrote 4500 to intake valve (allowed 0 to 100), 12 times");
  EXPECT_EQ(seen.severity, Severity::critical);
  EXPECT_EQ(seen.requirement, "SR 3.5");
}

TEST(View, SaysWhoOrWhatWasSeen) {
  World world("6ES7 315");
  EXPECT_EQ(words(AssetSeen{.when = at(0), .side = world.conversation.server, .vlan = {}}),
            "plc-1 was seen for the first time at 10.20.1.5, in zone cell");
  EXPECT_EQ(
      words(AssetSeen{
          .when = at(0), .side = {.ip = IpAddress::parse("10.9.9.9")}, .vlan = {}, .attribute = &world.attribute}),
      "10.9.9.9 says that its model is 6ES7 315");
}

TEST(View, NamesOnlyTheAssetThatWasSeenAndNotItsPeer) {
  World world("6ES7 315");
  const Stored seen = stored(AssetSeen{.when = at(0),
                                       .side = world.conversation.server,
                                       .vlan = {},
                                       .conversation = &world.conversation,
                                       .attribute = &world.attribute});
  EXPECT_THAT(view(seen).assets, ElementsAre("plc-1"));
}

TEST(View, SaysWhatWasLost) {
  const World world("setpoints");
  EXPECT_EQ(
      words(Loss{
          .when = at(0), .kind = "gap", .reason = "not captured", .count = 1400, .conversation = &world.conversation}),
      "gap: 1,400 octets not seen from scada to plc-1, not captured");
  EXPECT_EQ(words(Loss{.when = at(0), .kind = "malformed", .count = 1}), "malformed: once");
  const Loss dropped{.when = at(60),
                     .kind = "kernel-drop",
                     .reason = "the buffer was full",
                     .count = 1200,
                     .since = at(59),
                     .source = "eth0"};
  EXPECT_EQ(words(dropped), "kernel-drop: 1,200 packets not seen on eth0, the buffer was full");
  EXPECT_EQ(words(Loss{.when = at(60), .kind = "blind", .reason = "it was down", .since = at(0), .source = "eth1"}),
            "blind: nothing was seen on eth1, it was down");
  EXPECT_EQ(words(NotKept{.since = at(0),
                          .until = at(60),
                          .kind = "transaction",
                          .source = "10.0.0.9",
                          .reason = "quota",
                          .count = 12,
                          .octets = 3400}),
            "12 records of kind transaction (3,400 octets) from 10.0.0.9 were not written down in 60 s: quota");
}

TEST(View, SaysHowAConversationEnded) {
  const World world("setpoints");
  Flow flow{.conversation = &world.conversation, .first = at(0), .last = at(300), .operations = 60, .end = "closed"};
  flow.packets[0] = 60, flow.packets[1] = 61, flow.octets[0] = 720, flow.octets[1] = 1500;
  EXPECT_EQ(words(flow),
            "scada talked to plc-1 (modbus, TCP 502) in 5 min: 121 packets, 2,220 octets, 60 operations; closed");
}

TEST(View, SaysWhoChangedWhat) {
  EXPECT_EQ(words(PlantChange{.when = at(0),
                              .person = "p-4f21",
                              .file = "plant.yaml",
                              .before_sha256 = "00112233445566",
                              .after_sha256 = "aabbccddeeff00",
                              .how = "loaded"}),
            "p-4f21 loaded the plant plant.yaml, now aabbccddeeff, before 001122334455");
  EXPECT_EQ(words(PlantChange{.when = at(0),
                              .person = "p-4f21",
                              .file = "plant.yaml",
                              .how = "set",
                              .path = "zones.cell.target",
                              .before = "SL 1",
                              .after = "SL 2"}),
            "p-4f21 set zones.cell.target from SL 1 to SL 2 in plant.yaml");
  EXPECT_EQ(words(RuleChange{.when = at(0),
                             .conduit = "scada-to-cell",
                             .rule = "setpoints",
                             .change = "altered",
                             .before = "range: 0..100",
                             .after = "range: 0..200"}),
            "rule setpoints of conduit scada-to-cell was altered, before: range: 0..100, now: range: 0..200");
  EXPECT_EQ(words(KeyChange{.when = at(0),
                            .before = "plant+01020304+AAAA",
                            .after = "plant+a1b2c3d4+BBBB",
                            .reason = "yearly",
                            .person = "p-4f21"}),
            "the journal is signed by plant+a1b2c3d4 instead of plant+01020304: yearly, by p-4f21");
}

TEST(View, SaysWhoReadTheJournal) {
  EXPECT_EQ(words(JournalRead{.when = at(0),
                              .person = "p-4f21",
                              .what = "export cef",
                              .filter = "zone cell",
                              .destination = "siem.example:6514",
                              .records = 1204}),
            "p-4f21 exported 1,204 records as cef to siem.example:6514: zone cell");
  EXPECT_EQ(words(JournalRead{.when = at(0), .what = "show", .records = 1}), "somebody read 1 record by show");
}

TEST(View, SaysWhatHappenedToTheJournal) {
  EXPECT_EQ(words(JournalEvent{.when = at(0), .event = "clock-step", .step = -std::chrono::seconds(3)}),
            "journal clock-step backward by 3 s");
  EXPECT_EQ(
      words(JournalEvent{.when = at(0), .event = "pruned", .person = "p-4f21", .from = 0, .to = 4096, .count = 9}),
      "journal pruned, records 0 to 4,095, 9 octets, by p-4f21");
  EXPECT_EQ(words(Login{.when = at(0),
                        .person = "p-4f21",
                        .method = "password",
                        .outcome = "refused",
                        .reason = "wrong password",
                        .address = IpAddress::parse("10.30.0.7")}),
            "p-4f21 logged in by password from 10.30.0.7: refused, wrong password");
  EXPECT_EQ(words(records::Run{.when = at(0), .version = "0.1.0", .plant = "plant.yaml", .sources = "eth0"}),
            "rampart 0.1.0 started on eth0 with plant plant.yaml");
}

TEST(View, SurvivesTheFurthestTimesThatAFileCanHold) {
  const TimePoint past = from_unix(-9'000'000'000, 0), future = from_unix(9'000'000'000, 0);
  const World world("setpoints");
  ReadSummary summary = world.summary();
  summary.first = past;
  summary.last = future;
  EXPECT_THAT(words(summary), HasSubstr(" in 106,752 days"));  // the most that a duration holds
  EXPECT_THAT(words(JournalEvent{.when = past, .event = "clock-step", .step = Duration(INT64_MIN)}),
              HasSubstr("backward by 106,752 days"));
}

TEST(View, NothingFromOutsideActsOnATerminal) {
  for (const std::string_view outside : {kNasty, testing::kNoText}) {
    for (const Stored& record : testing::every_kind(outside)) {
      const std::string text = line(record, 1);
      EXPECT_TRUE(is_utf8(text)) << text;
      EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
      for (const char* acting : {"\x1b", "\x7f", "\x01", "\t", "\r", "\xc2\x9b", "\xe2\x80\xae", "\xe2\x80\xa8"}) {
        EXPECT_EQ(text.find(acting), std::string::npos) << text;
      }
    }
  }
  const World world(kNasty);
  EXPECT_THAT(words(world.finding(Severity::low)), HasSubstr("lf\\u000a tab\\u0009"));
  EXPECT_THAT(words(world.finding(Severity::low)), HasSubstr("rlo\\u202e line\\u2028 pump \xf0\x9f\x92\xa7 \xc3\xa4"));
}

TEST(View, IsBounded) {
  const std::string much(60'000, 'x'), wide = "\xf0\x9f\x92\xa7" + much;
  for (const std::string_view outside : {std::string_view(much), std::string_view(wide)}) {
    const World world(outside);
    const std::string text = words(world.finding(Severity::low));
    EXPECT_LE(text.size(), 1000u);
    EXPECT_TRUE(is_utf8(text));
    EXPECT_THAT(text, HasSubstr("xxx..."));
  }
}

TEST(View, EveryKindServesARequirement) {
  for (const Stored& record : testing::every_kind("outside")) {
    const View seen = view(record);
    const bool known = !std::holds_alternative<std::monostate>(record.fact());
    EXPECT_EQ(seen.requirement.starts_with("SR "), known) << to_text(record.kind());
    EXPECT_FALSE(seen.text.empty());
  }
}

TEST(View, EveryKindKeepsTimeAndRequirementOfItsOwnMeaning) {
  EXPECT_EQ(requirement_of(JournalEvent{.when = at(0), .event = "clock-step"}), "SR 2.11");
  EXPECT_EQ(requirement_of(JournalEvent{.when = at(0), .event = "disk-full"}), "SR 2.10");
  EXPECT_EQ(requirement_of(JournalEvent{.when = at(0), .event = "opened"}), "SR 2.8");
  EXPECT_EQ(requirement_of(JournalRead{.when = at(0)}), "SR 6.1");
  const World world("setpoints");
  EXPECT_EQ(requirement_of(world.transaction()), "SR 5.2");
  EXPECT_EQ(requirement_of(world.summary()), "SR 2.8");
}

TEST(Filter, EmptyPassesEverything) {
  const Filter filter;
  EXPECT_TRUE(filter.empty());
  EXPECT_EQ(filter.text(), "everything");
  for (const Stored& record : testing::every_kind("outside")) EXPECT_TRUE(matches(filter, record));
}

TEST(Filter, TakesTheTimeFromItsBeginningToBeforeItsEnd) {
  const World world("office");
  const Stored record = stored(world.finding(Severity::high));
  EXPECT_TRUE(matches({.since = at(0), .until = at(1)}, record));
  EXPECT_FALSE(matches({.since = at(0, 1)}, record));
  EXPECT_FALSE(matches({.until = at(0)}, record));
}

TEST(Filter, FindsZoneAndAssetOnEitherSide) {
  const World world("office");
  const Stored record = stored(world.transaction());
  for (const char* zone : {"office", "cell"}) EXPECT_TRUE(matches({.zone = zone}, record)) << zone;
  for (const char* asset : {"scada", "plc-1"}) EXPECT_TRUE(matches({.asset = asset}, record)) << asset;
  EXPECT_FALSE(matches({.zone = "cel"}, record));
  EXPECT_FALSE(matches({.asset = "plc"}, record));
  EXPECT_TRUE(matches({.asset = "hmi"}, stored(Login{.when = at(0), .asset = "hmi"})));
}

TEST(Filter, AllThatIsSetMustHold) {
  const World world("office");
  const Stored record = stored(world.transaction());
  EXPECT_TRUE(matches({.kinds = {Kind::finding, Kind::transaction}, .conduit = "scada-to-cell"}, record));
  EXPECT_FALSE(matches({.kinds = {Kind::finding}, .conduit = "scada-to-cell"}, record));
  EXPECT_FALSE(matches({.kinds = {Kind::transaction}, .conduit = "other"}, record));
  EXPECT_TRUE(matches({.person = "p-1"}, stored(Login{.when = at(0), .person = "p-1"})));
  EXPECT_FALSE(matches({.person = "p-1"}, stored(Login{.when = at(0), .person = "p-12"})));
}

TEST(Filter, ARequirementIncludesItsEnhancementsAndNothingElse) {
  const auto passes = [](std::string_view own, const char* asked) {
    return matches({.requirement = asked}, stored(Finding{.when = at(0), .requirement = own}));
  };
  EXPECT_TRUE(passes("SR 5.2", "SR 5.2"));
  EXPECT_TRUE(passes("SR 5.2 RE 1", "SR 5.2"));
  EXPECT_FALSE(passes("SR 5.2", "SR 5.2 RE 1"));
  EXPECT_FALSE(passes("SR 5.21", "SR 5.2"));
  EXPECT_FALSE(passes("SR 2.10", "SR 2.1"));
}

TEST(Filter, AnUnknownKindPassesOnlyAnEmptyFilter) {
  const Stored unknown = std::move(testing::every_kind("outside").back());
  EXPECT_TRUE(matches({}, unknown));
  EXPECT_FALSE(matches({.since = TimePoint(Duration(INT64_MIN))}, unknown));
  EXPECT_FALSE(matches({.zone = "cell"}, unknown));
}

TEST(Filter, SaysItselfInWords) {
  const Filter filter{
      .since = at(0), .until = at(1), .kinds = {Kind::finding, Kind::loss}, .zone = "ce\nll", .requirement = "SR 5.2"};
  EXPECT_EQ(filter.text(),
            "since 2026-11-23 18:30:00.000000, before 2026-11-23 18:30:01.000000, kind finding, kind loss, zone "
            "ce\\u000all, requirement SR 5.2");
}

TEST(Line, AlignsItsColumns) {
  const World world("scada wrote 4500");
  Finding finding = world.finding(Severity::high);
  finding.when = at(0, 123'999'999);
  finding.count = 1;
  EXPECT_EQ(line(stored(finding), 1234),
            "   1234  2026-11-23 18:30:00.123  finding        HIGH      scada wrote 4500\n");
  EXPECT_EQ(line(stored(JournalEvent{.when = at(0), .event = "opened"}), 0),
            "      0  2026-11-23 18:30:00.000  journal-event            journal opened\n");
  EXPECT_THAT(line(stored(finding), 123'456'789), HasSubstr("123456789  2026-11-23"));
}

}  // namespace
}  // namespace rampart::records
