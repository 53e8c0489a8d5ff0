#include "records/json.h"

#include <gtest/gtest.h>

#include "protocols/registry.h"

namespace rampart::records {
namespace {

using protocols::Action;
using protocols::Answer;
using protocols::Operation;
using protocols::Outcome;
using protocols::Values;
using protocols::ValueType;

Conversation conversation() {
  Conversation conversation;
  conversation.flow_id = 9;
  conversation.vlan = 101;
  conversation.transport = Transport::tcp;
  conversation.client.ip = IpAddress::parse("10.1.0.10");
  conversation.client.port = 40000;
  conversation.server.ip = IpAddress::parse("fe80::1");
  conversation.server.port = 502;
  conversation.community_id = "1:abc=";
  conversation.protocol = *protocols::find_protocol("modbus");
  return conversation;
}

template <class Record>
std::string line(const Record& record) {
  std::string out;
  append_json(out, record);
  return out;
}

TEST(Json, WritesAnOperationInTheDocumentedForm) {
  const Conversation talk = conversation();
  const std::vector<uint8_t> octets = {0x01, 0x02, 0xff, 0xff};
  Operation operation{.protocol = talk.protocol, .action = Action::read, .function = {3, "read-holding-registers"}};
  operation.object = protocols::registry()[talk.protocol.number - 1u].parse_object("holding-register 100-101").object;
  operation.object.unit = 7;
  operation.key.id = 12;
  Answer answer{.protocol = talk.protocol, .values = Values::numbers(ValueType::uint16, octets)};
  const Answer* answers[] = {&answer};
  Transaction transaction{.conversation = &talk,
                          .asked_at = from_unix(1'700'000'000, 123'456'000),
                          .answered_at = from_unix(1'700'000'000, 124'456'000),
                          .asked_packet = 4,
                          .answered_packet = 5};
  transaction.exchange = 3;
  transaction.operation = &operation;
  transaction.answers = answers;
  transaction.verdict = {Verdict::Kind::denied, "up-down", "", "no_rule"};
  EXPECT_EQ(
      line(transaction),
      "{\"timestamp\":\"2023-11-14T22:13:20.123456+0000\",\"event_type\":\"operation\",\"flow_id\":9,\"vlan\":[101],"
      "\"src_ip\":\"10.1.0.10\",\"src_port\":40000,\"dest_ip\":\"fe80::1\",\"dest_port\":502,\"proto\":\"TCP\","
      "\"community_id\":\"1:abc=\",\"app_proto\":\"modbus\",\"pcap_cnt\":4,\"rampart\":{\"action\":\"read\","
      "\"function\":{\"code\":3,\"name\":\"read-holding-registers\"},\"object\":\"holding-register 100-101\","
      "\"unit\":7,\"transaction\":12,\"exchange\":3,\"values\":[258,65535],\"outcome\":\"ok\",\"seen\":\"whole\","
      "\"latency_us\":1000,\"answer_pcap_cnt\":5,\"verdict\":{\"allowed\":false,\"conduit\":\"up-down\","
      "\"reason\":\"no_rule\"}}}\n");
}

TEST(Json, TurnsTheEndsRoundForWhatTheServerAsked) {
  const Conversation talk = conversation();
  Operation operation{.protocol = talk.protocol, .function = {1, "x"}};
  Transaction transaction{.conversation = &talk, .asked = Direction::to_client, .operation = &operation};
  EXPECT_NE(line(transaction).find("\"src_ip\":\"fe80::1\",\"src_port\":502,\"dest_ip\":\"10.1.0.10\""),
            std::string::npos);
}

TEST(Json, WritesRefusalsUnansweredAndUnsolicited) {
  const Conversation talk = conversation();
  Operation operation{.protocol = talk.protocol, .function = {6, "write-single-register"}};
  Transaction transaction{.conversation = &talk, .operation = &operation};
  transaction.outcome = {.kind = Outcome::Kind::refused, .code = 2, .name = "illegal-data-address"};
  EXPECT_NE(line(transaction).find("\"outcome\":{\"code\":2,\"name\":\"illegal-data-address\"}"), std::string::npos);
  transaction.outcome = {.kind = Outcome::Kind::unanswered};
  EXPECT_NE(line(transaction).find("\"outcome\":\"unanswered\""), std::string::npos);
  transaction.outcome.name = "recorded-before";
  EXPECT_NE(line(transaction).find("\"outcome\":\"recorded-before\""), std::string::npos);
  const Answer push{.protocol = talk.protocol, .unsolicited = true, .function = {130, "unsolicited-response"}};
  const Answer* answers[] = {&push};
  const Transaction alone{.conversation = &talk, .answers = answers};
  EXPECT_NE(line(alone).find("\"unsolicited\":true"), std::string::npos);
}

TEST(Json, EscapesNamesOfObjects) {
  const Conversation talk = conversation();
  Operation operation{
      .protocol = *protocols::find_protocol("dnp3"), .action = Action::file, .function = {25, "open-file"}};
  operation.object.name = "/a\"},{\"x\":\n";
  Transaction transaction{.conversation = &talk, .operation = &operation};
  const std::string text = line(transaction);
  EXPECT_EQ(text.find("\"},{\"x\""), std::string::npos) << text;
  EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
}

TEST(Json, WritesAFindingAsASuricataAlert) {
  const Conversation talk = conversation();
  Finding finding;
  finding.packet = 8;
  finding.signature = 1010;
  finding.id = "value-out-of-range";
  finding.category = "Not allowed by the plant";
  finding.severity = Severity::critical;
  finding.message = "scada wrote 4500";
  finding.conversation = &talk;
  finding.technique = "T0836";
  finding.requirement = "SR 3.5";
  finding.count = 3;
  finding.first_packet = 6;
  const std::string text = line(finding);
  EXPECT_NE(text.find("\"event_type\":\"alert\""), std::string::npos);
  EXPECT_NE(
      text.find("\"alert\":{\"action\":\"allowed\",\"gid\":1,\"signature_id\":1010,\"rev\":1,\"signature\":\"scada "
                "wrote 4500\",\"category\":\"Not allowed by the plant\",\"severity\":1,\"metadata\":{"
                "\"mitre_technique_id\":[\"T0836\"],\"iec62443\":[\"SR 3.5\"]}}"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find("\"count\":3,\"first_pcap_cnt\":6"), std::string::npos) << text;
}

}  // namespace
}  // namespace rampart::records
