#include "records/stored.h"

#include <gtest/gtest.h>

#include "records/json.h"
#include "records/stored_testing.h"

namespace rampart::records {
namespace {

using testing::Filler;
using testing::Pool;

const TimePoint kWritten = from_unix(1'795'458'600, 123'456'789);

template <class Record>
std::vector<uint8_t> encoded(const Record& record) {
  std::vector<uint8_t> out;
  append_cbor(out, record, kWritten);
  return out;
}
template <class Record>
std::string json(const Record& record) {
  std::string out;
  append_json(out, record);
  return out;
}
std::string json(const Stored& stored, uint64_t number) {
  std::string out;
  append_json(out, stored, number);
  return out;
}

template <class Record>
void comes_back(Pool& pool, Kind kind) {
  const auto record = Filler::made<Record>(pool);
  const std::vector<uint8_t> octets = encoded(record);
  const auto stored = Stored::decode(octets);
  ASSERT_TRUE(stored) << to_text(kind);
  EXPECT_EQ(stored->kind(), kind);
  EXPECT_EQ(stored->written(), kWritten);
  const auto* fact = std::get_if<Record>(&stored->fact());
  ASSERT_NE(fact, nullptr);
  const std::string line = json(record);
  EXPECT_EQ(json(*fact), line);
  EXPECT_EQ(stored->encode(), octets);
  EXPECT_TRUE(std::equal(octets.begin(), octets.end(), stored->bytes().begin(), stored->bytes().end()));
  EXPECT_EQ(encoded(*fact), octets);
  std::string timestamp;
  append_timestamp(timestamp, stored->when());
  EXPECT_EQ(line.substr(14, timestamp.size()), timestamp) << line;
}

template <size_t... kPlace>
void all_kinds_come_back(Pool& pool, std::index_sequence<kPlace...>) {
  (comes_back<std::variant_alternative_t<kPlace + 1, Fact>>(pool, static_cast<Kind>(kPlace + 1)), ...);
}

TEST(Stored, GivesEveryKindBackAsItWas) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Pool pool(seed);
    all_kinds_come_back(pool, std::make_index_sequence<std::variant_size_v<Fact> - 1>());
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(Stored, NamesKindsByWords) {
  EXPECT_EQ(to_text(Kind::run), "run");
  EXPECT_EQ(to_text(Kind::asset_seen), "asset-seen");
  EXPECT_EQ(to_text(Kind::login), "login");
  EXPECT_EQ(to_text(static_cast<Kind>(0)), "unknown");
  EXPECT_EQ(to_text(static_cast<Kind>(77)), "unknown");
  EXPECT_EQ(parse_kind("journal-event"), Kind::journal_event);
  EXPECT_FALSE(parse_kind("unknown"));
  EXPECT_FALSE(parse_kind(""));
}

/// Transact is a transaction of which every member says something.
struct Transact {
  Transact() {
    talk.flow_id = 9;
    talk.vlan = 101;
    talk.transport = Transport::tcp;
    talk.ip_protocol = 6;
    talk.client = {IpAddress::parse("10.1.0.10"), MacAddress::parse("00:0e:8c:01:02:03"), 40000, "scada", "control"};
    talk.server = {IpAddress::parse("fe80::1"), MacAddress::parse("00:0e:8c:01:02:04"), 20000, "rtu-1", "field"};
    talk.protocol = *protocols::find_protocol("dnp3");
    talk.community_id = "1:LQU9qZlK+B5F3KDmev6m5PMibrg=";
    operation.protocol = talk.protocol;
    operation.action = protocols::Action::operate;
    operation.item = 1;
    operation.expects_answer = false;
    operation.for_peer = true;
    operation.function = {5, "direct-operate"};
    operation.object = talk.protocol.entry().parse_object("binary-output 5-6").object;
    operation.object.unit = 10;
    operation.object.detail = 12 * 256 + 1;
    operation.object.name = "CROB";
    operation.values = {.type = protocols::ValueType::control,
                        .little_endian = true,
                        .index_octets = 1,
                        .quality_octet = 11,
                        .time_octet = 1,
                        .offset_bits = 8,
                        .stride_bits = 96,
                        .count = 1,
                        .data = octets};
    operation.key.id = 12;
    answer = {.protocol = talk.protocol,
              .action = protocols::Action::operate,
              .item = 1,
              .unsolicited = true,
              .final = false,
              .function = {129, "response"},
              .key = {0, 12},
              .outcome = {protocols::Outcome::Kind::refused, 4, "not-supported", 0x9000},
              .object = operation.object,
              .values = operation.values};
    transaction = {.conversation = &talk,
                   .asked = Direction::to_client,
                   .asked_at = from_unix(1'700'000'000, 123'456'000),
                   .answered_at = from_unix(1'700'000'000, 124'456'000),
                   .asked_packet = 4,
                   .answered_packet = 5,
                   .exchange = 3,
                   .operation = &operation,
                   .answers = answers,
                   .outcome = answer.outcome,
                   .seen = Seen::gap_before,
                   .verdict = {Verdict::Kind::denied, "up-down", "rule-1", "no_rule"},
                   .deviation = "trailing-bytes"};
  }
  Transact(const Transact&) = delete;
  Transact& operator=(const Transact&) = delete;

  std::vector<uint8_t> octets = {5, 3, 1, 0xe8, 3, 0, 0, 0xd0, 7, 0, 0, 1};
  Conversation talk;
  protocols::Operation operation;
  protocols::Answer answer;
  const protocols::Answer* answers[1] = {&answer};
  Transaction transaction;
};

void expect_same(const protocols::Operation& a, const protocols::Operation& b) {
  EXPECT_EQ(a.protocol, b.protocol);
  EXPECT_EQ(a.action, b.action);
  EXPECT_EQ(a.item, b.item);
  EXPECT_EQ(a.expects_answer, b.expects_answer);
  EXPECT_EQ(a.for_peer, b.for_peer);
  EXPECT_EQ(a.function.code, b.function.code);
  EXPECT_EQ(a.function.name, b.function.name);
  EXPECT_TRUE(a.object.covers(b.object) && b.object.covers(a.object));
  EXPECT_EQ(a.object.unit, b.object.unit);
  EXPECT_EQ(a.object.detail, b.object.detail);
  EXPECT_EQ(a.values.time_octet, b.values.time_octet);
  EXPECT_EQ(a.values.little_endian, b.values.little_endian);
  EXPECT_EQ(a.key.id, b.key.id);
}

TEST(Stored, HoldsAllThatALineOfJsonLeavesOut) {
  const Transact world;
  const Stored stored = Stored::decode(encoded(world.transaction)).value();
  const auto& back = std::get<Transaction>(stored.fact());
  expect_same(*back.operation, world.operation);
  ASSERT_EQ(back.answers.size(), 1u);
  EXPECT_EQ(back.answers[0]->item, 1u);
  EXPECT_EQ(back.answers[0]->final, false);
  EXPECT_EQ(back.answers[0]->unsolicited, true);
  EXPECT_EQ(back.answers[0]->action, protocols::Action::operate);
  EXPECT_EQ(back.answers[0]->function.name, "response");
  EXPECT_EQ(back.answers[0]->key.id, 12u);
  const Conversation& talk = *back.conversation;
  EXPECT_EQ(talk.ip_protocol, 6);
  EXPECT_EQ(talk.client.mac, world.talk.client.mac);
  EXPECT_EQ(talk.client.asset, "scada");
  EXPECT_EQ(talk.server.zone, "field");
  EXPECT_EQ(back.answered_at, world.transaction.answered_at);
}

TEST(Stored, StaysWholeWhereItIsMovedTo) {
  const Transact world;
  std::vector<Stored> moved;
  for (int i = 0; i < 5; ++i) moved.push_back(Stored::decode(encoded(world.transaction)).value());
  Stored last = std::move(moved.front());
  moved.clear();
  EXPECT_EQ(json(std::get<Transaction>(last.fact())), json(world.transaction));
}

TEST(Stored, AllocatesNothingOnceTheOutputHasGrown) {
  const Transact world;
  std::vector<uint8_t> out;
  append_cbor(out, world.transaction, kWritten);
  const std::vector<uint8_t> once = out;
  out.clear();
  out.shrink_to_fit();
  out.reserve(4096);
  const uint8_t* place = out.data();
  for (int i = 0; i < 5; ++i) append_cbor(out, world.transaction, kWritten);
  EXPECT_EQ(out.data(), place);
  EXPECT_EQ(out.size(), once.size() * 5);
}

TEST(Stored, AddsNumberAndTimeToTheLineOfJson) {
  const Transact world;
  const Stored stored = Stored::decode(encoded(world.transaction)).value();
  std::string expected = json(world.transaction);
  expected.insert(expected.size() - 3, ",\"record\":7,\"written\":\"2026-11-23T18:30:00.123456+0000\"");
  EXPECT_EQ(json(stored, 7), expected);
  // An empty object needs no comma before what is added.
  const Stored empty = Stored::decode(encoded(PlantChange())).value();
  EXPECT_NE(json(empty, 1).find("\"rampart\":{\"record\":1,"), std::string::npos) << json(empty, 1);
}

TEST(Stored, TellsAnythingOnlyWhereAllOfItIsThere) {
  const Transact world;
  const std::vector<uint8_t> octets = encoded(world.transaction);
  for (size_t size = 0; size < octets.size(); ++size) {
    EXPECT_FALSE(Stored::decode(Bytes(octets).first(size))) << size;
  }
  std::vector<uint8_t> longer = octets;
  longer.push_back(0);
  EXPECT_FALSE(Stored::decode(longer));
}

TEST(Stored, TakesOneFormOnlyWhateverOctetIsAltered) {
  const Transact world;
  std::vector<uint8_t> octets = encoded(world.transaction);
  for (uint8_t& octet : octets) {
    const uint8_t before = octet;
    for (int value = 0; value < 256; ++value) {
      octet = static_cast<uint8_t>(value);
      const auto stored = Stored::decode(octets);
      if (!stored) continue;
      EXPECT_EQ(stored->encode(), octets);
      EXPECT_EQ(json(*stored, 1).back(), '\n');
    }
    octet = before;
  }
}

}  // namespace
}  // namespace rampart::records
