#include "records/exports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "records/exports_testing.h"
#include "records/view.h"

// What a whole line must be is checked by tests/exports/check_exports.py; here is what the fields say.
namespace rampart::records {
namespace {

using testing::at;
using ::testing::HasSubstr;
using testing::kNasty;
using ::testing::Not;
using ::testing::StartsWith;
using testing::stored;
using testing::World;

constexpr Origin kOrigin{.host = "sensor-1", .journal = "waterworks", .version = "0.1.0"};

using Append = void (*)(std::string&, const Stored&, uint64_t, const Origin&);
template <class Record>
std::string write(Append append, const Record& record, const Origin& origin = kOrigin) {
  std::string out;
  append(out, stored(record), 1234, origin);
  return out;
}

TEST(Syslog, WritesAMessageOfRfc5424) {
  const World world("setpoints");
  EXPECT_EQ(write(append_syslog, world.summary()),
            "<110>1 2026-11-23T18:30:59.000000Z sensor-1 rampart - read-summary [rampart@32473 record=\"1234\" "
            "journal=\"waterworks\" source=\"10.20.0.10\" source-port=\"49152\" source-asset=\"scada\" "
            "source-zone=\"setpoints\" destination=\"10.20.1.5\" destination-port=\"502\" destination-asset=\"plc-1\" "
            "destination-zone=\"cell\" transport=\"TCP\" protocol=\"modbus\" action=\"read\" "
            "object=\"holding-register 100-109\" unit=\"1\" function=\"read-holding-registers\" outcome=\"ok\" "
            "verdict=\"allowed\" conduit=\"scada-to-cell\" rule=\"polling\" reason=\"rule\" requirement=\"SR 2.8\" "
            "count=\"60\"] \xef\xbb\xbfscada read holding-register 100-109 of plc-1 (unit 1) 60 times in 59 s, slowest "
            "12 ms");
}

TEST(Syslog, PutsSecurityApartFromTheAuditOfTheJournal) {
  const World world("setpoints");
  EXPECT_THAT(write(append_syslog, world.finding(Severity::critical)), StartsWith("<82>1 "));
  EXPECT_THAT(write(append_syslog, world.finding(Severity::low)), StartsWith("<85>1 "));
  EXPECT_THAT(write(append_syslog, world.transaction()), StartsWith("<83>1 "));
  EXPECT_THAT(write(append_syslog, Login{.when = at(0)}), StartsWith("<86>1 "));
  EXPECT_THAT(write(append_syslog, JournalRead{.when = at(0)}), StartsWith("<110>1 "));
}

TEST(Syslog, EscapesParametersByItsThreeCharacters) {
  const World world("a\"b]c\\d\n");
  EXPECT_THAT(write(append_syslog, world.transaction()), HasSubstr(R"( rule="a\"b\]c\\d\\u000a" )"));
}

TEST(Syslog, KeepsItsHeaderWithinPrintableAscii) {
  const std::string host = "sen sor\xc3\xa4\n]" + std::string(300, 'x');
  const std::string line = write(append_syslog, records::Run{.when = at(0)}, {.host = host});
  EXPECT_THAT(line, HasSubstr("Z sen_sor___]" + std::string(244, 'x') + " rampart - run ["));
  EXPECT_THAT(write(append_syslog, records::Run{.when = at(0)}, {}),
              HasSubstr("Z - rampart - run [rampart@32473 record=\"1234\""));
}

TEST(Cef, WritesALineWithTheKeysOfItsDictionary) {
  const World world("scada wrote 4500");
  EXPECT_EQ(write(append_cef, world.finding(Severity::critical)),
            "CEF:0|Rampart|rampart|0.1.0|1010|value-out-of-range|10|rt=1795458600000 externalId=1234 dvchost=sensor-1 "
            "deviceExternalId=waterworks src=10.20.0.10 spt=49152 shost=scada flexString1=scada wrote 4500 "
            "flexString1Label=Source Zone dst=10.20.1.5 dpt=502 dhost=plc-1 flexString2=cell "
            "flexString2Label=Destination Zone proto=TCP app=modbus act=write cs4=holding-register 100 cs4Label=Object "
            "cn1=1 cn1Label=Unit cs5=write-multiple-registers cs5Label=Function cat=Not allowed by the plant "
            "reason=value-out-of-range cs1=scada-to-cell cs1Label=Conduit cs2=scada wrote 4500 cs2Label=Rule "
            "cs3=SR 3.5 cs3Label=Requirement cnt=12 msg=scada wrote 4500, 12 times");
}

TEST(Cef, EscapesHeaderAndExtensionEachByItsOwnRules) {
  const Finding finding{.when = at(0), .signature = 1, .id = "a|b=c\\d\n", .category = "a|b=c\\d\ne\r"};
  const std::string line = write(append_cef, finding);
  EXPECT_THAT(line, HasSubstr(R"(|1|a\|b=c\\d\\u000a|5|)"));
  EXPECT_THAT(line, HasSubstr(R"( cat=a|b\=c\\d\ne\r )"));
}

TEST(Cef, KeepsVersion6OutOfTheKeysForVersion4) {
  World world("setpoints");
  world.conversation.client.ip = IpAddress::parse("fe80::1");
  const std::string line = write(append_cef, world.transaction());
  EXPECT_THAT(line, HasSubstr(" c6a2=fe80::1 c6a2Label=Source IPv6 Address "));
  EXPECT_THAT(line, Not(HasSubstr(" src=")));
}

TEST(Cef, GivesSpansTheirBeginningAndEnd) {
  const World world("setpoints");
  EXPECT_THAT(write(append_cef, world.summary()), HasSubstr(" start=1795458600000 end=1795458659000 cnt=60 msg="));
}

TEST(Ocsf, GivesEachKindItsClass) {
  const World world("setpoints");
  const auto type = [](int uid) { return "\"type_uid\":" + std::to_string(uid) + ","; };
  EXPECT_THAT(write(append_ocsf, world.finding(Severity::high)), HasSubstr(type(200401)));
  EXPECT_THAT(write(append_ocsf, world.transaction()), HasSubstr(type(400106)));
  EXPECT_THAT(write(append_ocsf, Flow{.conversation = &world.conversation, .end = "reset"}), HasSubstr(type(400103)));
  EXPECT_THAT(write(append_ocsf, Login{.when = at(0)}), HasSubstr(type(300201)));
  EXPECT_THAT(write(append_ocsf, records::Run{.kind = records::Run::Kind::stop, .when = at(0)}),
              HasSubstr(type(600204)));
  EXPECT_THAT(write(append_ocsf, RuleChange{.when = at(0), .change = "removed"}), HasSubstr(type(300404)));
  EXPECT_THAT(write(append_ocsf, KeyChange{.when = at(0)}), HasSubstr(type(300401)));
  EXPECT_THAT(write(append_ocsf, JournalRead{.when = at(0)}), HasSubstr(type(600501)));
  EXPECT_THAT(write(append_ocsf, JournalEvent{.when = at(0)}), HasSubstr(type(99)));
}

TEST(Ocsf, SaysWhatBecameOfAQuestion) {
  const World world("setpoints");
  EXPECT_THAT(
      write(append_ocsf, world.transaction()),
      HasSubstr(R"("status_id":2,"status":"Failure","status_code":"2","status_detail":"illegal-data-address")"));
  EXPECT_THAT(write(append_ocsf, world.summary()), HasSubstr(R"("status_id":1,"status":"Success")"));
  EXPECT_THAT(write(append_ocsf, world.summary()),
              HasSubstr(R"("start_time":1795458600000,"end_time":1795458659000,"count":60)"));
}

TEST(Ocsf, KeepsWhatTheSchemaHasNoPlaceFor) {
  const World world("setpoints");
  EXPECT_THAT(write(append_ocsf, world.transaction()),
              HasSubstr(R"("conduit":"scada-to-cell","rule":"setpoints","reason":"value-out-of-range",)"
                        R"("requirement":"SR 5.2","verdict":"denied","function":"write-multiple-registers",)"
                        R"("action":"write","object":"holding-register 100","values":"4500","unit":1}})"));
}

TEST(Ocsf, ATransactionOfNobodyIsABaseEvent) {
  const World world("setpoints");
  Transaction transaction = world.transaction();
  transaction.conversation = nullptr;
  EXPECT_THAT(write(append_ocsf, transaction), StartsWith(R"({"class_uid":0,"class_name":"Base Event")"));
}

TEST(Exports, TheDocumentShowsWhatIsWritten) {
  const auto read = read_file(std::string(RAMPART_SOURCE_DIR) + "/docs/formats/export.md", 1 << 20);
  ASSERT_TRUE(read);
  World world("scada wrote 4500 to intake valve (allowed 0 to 100)");
  world.conversation.client.zone = "control";
  Finding finding = world.finding(Severity::critical);
  finding.rule = "setpoints";
  std::string line;
  append_line(line, stored(finding), 1234);
  for (const std::string& example :
       {line, write(append_syslog, finding), write(append_cef, finding), write(append_ocsf, finding)}) {
    EXPECT_NE(as_text(*read).find(example), std::string_view::npos) << example;
  }
}

TEST(Exports, NothingFromOutsideEndsALine) {
  for (const Append append : {append_syslog, append_cef, append_ocsf}) {
    for (const std::string_view outside : {kNasty, testing::kNoText}) {
      for (const Stored& record : testing::every_kind(outside)) {
        std::string out = "before\n";
        append(out, record, 1, {.host = outside, .journal = outside, .version = outside});
        EXPECT_TRUE(is_utf8(out)) << out;
        for (const char letter : out.substr(7))
          EXPECT_TRUE(static_cast<unsigned char>(letter) >= 0x20 && letter != 0x7f) << out;
      }
    }
  }
}

}  // namespace
}  // namespace rampart::records
