// Records of every kind for the tests of what is written about them: each text that somebody else chose is `outside`.
#pragma once

#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/text.h"
#include "protocols/registry.h"
#include "records/stored.h"

namespace rampart::records::testing {

/// kNasty is what would end a line, a field, a quotation or a terminal's patience in one of the formats.
inline constexpr std::string_view kNasty =
    "q\" b] [p| e= back\\ cr\r lf\n tab\t nul\x01 esc\x1b[2J del\x7f c1\xc2\x9b rlo\xe2\x80\xae line\xe2\x80\xa8 "
    "pump \xf0\x9f\x92\xa7 \xc3\xa4 \\n ${x} <b>";
/// kNoText is no UTF-8.
inline constexpr std::string_view kNoText = "cut\xf0\x9f\x92 over\xc0\xaf alone\x80 \xff\xfe \xed\xa0\x80 ]\"|=\\\n";

inline TimePoint at(int64_t seconds, int64_t nanoseconds = 0) {
  return from_unix(1'795'458'600 + seconds, nanoseconds);
}

template <class Record>
Stored stored(const Record& record) {
  std::vector<uint8_t> octets;
  append_cbor(octets, record, at(60));
  return std::move(Stored::decode(octets).value());
}

/// World owns what the records of a test borrow.
struct World {
  explicit World(std::string_view outside) : name(outside) {
    conversation.flow_id = 7;
    conversation.transport = Transport::tcp;
    conversation.ip_protocol = 6;
    conversation.client = {.ip = IpAddress::parse("10.20.0.10"), .port = 49'152, .asset = "scada", .zone = outside};
    conversation.server = {.ip = IpAddress::parse("10.20.1.5"), .port = 502, .asset = "plc-1", .zone = "cell"};
    conversation.protocol = *protocols::find_protocol("modbus");
    conversation.community_id = "1:abc=";
    operation.protocol = conversation.protocol;
    operation.action = protocols::Action::write;
    operation.function = {16, "write-multiple-registers"};
    operation.object = conversation.protocol.entry().parse_object("holding-register 100").object;
    operation.object.unit = 1;
    operation.values = protocols::Values::numbers(protocols::ValueType::uint16, value);
    denied = {Verdict::Kind::denied, "scada-to-cell", outside, "value-out-of-range"};
    read = operation;
    read.action = protocols::Action::read;
    read.function = {3, "read-holding-registers"};
    read.object.last = 109;
    read.values = {};
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::string_view name;
  uint8_t value[2] = {0x11, 0x94};  // 4500
  Conversation conversation;
  protocols::Operation operation, read;
  Verdict denied;
  protocols::Attribute attribute{.kind = protocols::Attribute::Kind::model, .text = name};

  Transaction transaction() const {
    return {.conversation = &conversation,
            .asked = Direction::to_server,
            .asked_at = at(0, 123'456'789),
            .answered_at = at(0, 135'456'789),
            .operation = &operation,
            .outcome = {.kind = protocols::Outcome::Kind::refused, .code = 2, .name = "illegal-data-address"},
            .verdict = denied};
  }
  Finding finding(Severity severity) const {
    return {.when = at(0),
            .signature = 1010,
            .id = "value-out-of-range",
            .category = "Not allowed by the plant",
            .severity = severity,
            .message = name,
            .conversation = &conversation,
            .zone = "cell",
            .conduit = "scada-to-cell",
            .rule = name,
            .reason = "value-out-of-range",
            .technique = "T0836",
            .requirement = "SR 3.5",
            .operation = &operation,
            .count = 12};
  }
  ReadSummary summary() const {
    return {.first = at(0),
            .last = at(59),
            .conversation = &conversation,
            .operation = &read,
            .verdict = {Verdict::Kind::allowed, "scada-to-cell", "polling", "rule"},
            .count = 60,
            .latency_least = std::chrono::milliseconds(2),
            .latency_most = std::chrono::milliseconds(12),
            .latency_total = std::chrono::milliseconds(300)};
  }
};

/// every_kind gives at least one record of each kind, in the order of their numbers, an unknown kind last.
inline std::vector<Stored> every_kind(std::string_view outside) {
  const World world(outside);
  std::vector<Stored> all;
  const auto add = [&all](const auto& record) { all.push_back(stored(record)); };
  add(Run{.when = at(0), .version = "0.1.0", .plant = outside, .sources = outside, .person = outside});
  add(Run{.kind = Run::Kind::stop, .when = at(9), .version = "0.1.0", .packets = 1204, .findings = 1, .gaps = 2});
  add(world.transaction());
  Transaction unseen = world.transaction();
  const protocols::Answer answer{.unsolicited = true, .function = {4, "report"}};
  const protocols::Answer* const answers[] = {&answer};
  unseen.operation = nullptr;
  unseen.answers = answers;
  unseen.outcome = {};
  unseen.verdict = {};
  add(unseen);
  Transaction homeless = world.transaction();
  homeless.conversation = nullptr;
  add(homeless);
  for (const Severity severity : {Severity::critical, Severity::high, Severity::medium, Severity::low}) {
    add(world.finding(severity));
  }
  add(Finding{.when = at(0), .signature = 1030, .id = outside, .category = outside, .technique = outside});
  add(AssetSeen{.when = at(0), .side = world.conversation.client, .vlan = 12});
  add(AssetSeen{.when = at(0),
                .side = {.mac = MacAddress::parse("00:0e:8c:01:02:03")},

                .vlan = {},
                .conversation = &world.conversation,
                .attribute = &world.attribute});
  const protocols::Attribute about{.kind = protocols::Attribute::Kind::name,
                                   .text = outside,
                                   .basis = protocols::Attribute::Basis::assigned,
                                   .about_ip = IpAddress::parse("10.1.0.77"),
                                   .about_mac = MacAddress::parse("00:0e:8c:01:02:03")};
  add(AssetSeen{.when = at(0), .side = world.conversation.server, .vlan = {}, .attribute = &about});
  protocols::Attribute claim = about;
  claim.kind = protocols::Attribute::Kind::address;
  claim.text = {};
  add(AssetSeen{.when = at(0), .side = world.conversation.server, .vlan = {}, .attribute = &claim});
  add(AssetSeen{.when = at(0), .side = {}, .vlan = {}});
  add(Loss{.when = at(0), .kind = "gap", .reason = outside, .count = 1400, .conversation = &world.conversation});
  Flow flow{.conversation = &world.conversation, .first = at(0), .last = at(300), .end = "closed"};
  flow.packets[0] = 60, flow.packets[1] = 61, flow.octets[0] = 720, flow.octets[1] = 1500;
  add(flow);
  World six(outside);
  six.conversation.client.ip = IpAddress::parse("fe80::1");
  six.conversation.server.ip = IpAddress::parse("2001:db8::5");
  flow.conversation = &six.conversation;
  flow.end = "reset";
  add(flow);
  flow.conversation = nullptr;
  flow.end = outside;
  add(flow);
  add(world.summary());
  add(Repeats{.first = at(0),
              .last = at(10),
              .conversation = &world.conversation,
              .operation = &world.operation,
              .verdict = world.denied,
              .outcome = {.kind = protocols::Outcome::Kind::unanswered},
              .count = 37});
  add(NotKept{.since = at(0),
              .until = at(60),
              .kind = "transaction",
              .source = outside,
              .reason = "quota",
              .count = 12,
              .octets = 3400});
  add(PlantChange{.when = at(0), .person = outside, .file = outside, .after_sha256 = "aa00", .how = "loaded"});
  add(PlantChange{.when = at(0),
                  .person = "p-4f21",
                  .file = "plant.yaml",
                  .before_sha256 = "aa00",
                  .after_sha256 = "bb11",
                  .how = "set",
                  .path = outside,
                  .before = outside,
                  .after = outside});
  for (const std::string_view change : {std::string_view("added"), std::string_view("removed"), outside}) {
    add(RuleChange{.when = at(0),
                   .plant_sha256 = "bb11",
                   .conduit = "scada-to-cell",
                   .rule = outside,
                   .change = change,
                   .before = outside,
                   .after = outside});
  }
  add(JournalEvent{.when = at(0), .event = "clock-step", .reason = outside, .step = -std::chrono::seconds(3)});
  add(JournalEvent{.when = at(0), .event = "pruned", .person = outside, .from = 0, .to = 4096, .count = 99});
  add(KeyChange{
      .when = at(0), .before = outside, .after = "plant+0a1b2c3d+AAAA", .reason = outside, .person = outside});
  add(JournalRead{.when = at(0),
                  .person = "p-4f21",
                  .what = "export cef",
                  .filter = outside,
                  .destination = "siem.example:6514",
                  .from = 1,
                  .to = 1300,
                  .records = 1204});
  add(JournalRead{.when = at(0), .what = "show", .to = 1, .records = 1});
  add(Login{.when = at(0),
            .person = outside,
            .method = "password",
            .outcome = "refused",
            .reason = outside,
            .zone = "office",
            .asset = "hmi",
            .address = IpAddress::parse("10.30.0.7")});
  add(Login{.when = at(0), .outcome = "ok"});
  for (const auto kind : {protocols::Protection::Kind::encrypted, protocols::Protection::Kind::unencrypted,
                          protocols::Protection::Kind::authenticated, protocols::Protection::Kind::unauthenticated,
                          protocols::Protection::Kind::plain_credentials, protocols::Protection::Kind::outdated,
                          protocols::Protection::Kind::certificate}) {
    add(ProtectionSeen{.when = at(0),
                       .packet = 3,
                       .conversation = &world.conversation,
                       .direction = Direction::to_client,
                       .protection = {.kind = kind,
                                      .method = "RSA",
                                      .text = outside,
                                      .issuer = outside,
                                      .alternative = outside,
                                      .key_bits = 2048,
                                      .not_before = at(0),
                                      .not_after = at(300)}});
  }
  add(ProtectionSeen{.when = at(0)});
  add(Evidence{.when = at(0),
               .fact = "conduit-enforced",
               .scope = "conduit",
               .subject = outside,
               .holds = true,
               .share_permille = 900,
               .origin = outside,
               .text = outside,
               .sha256 = "bb11",
               .until = at(300),
               .count = 12});
  add(Evidence{.when = at(0)});
  for (const bool withdrawn : {false, true}) {
    add(Statement{.when = at(0),
                  .id = "st-1",
                  .person = outside,
                  .what = "SR 7.5/a",
                  .scope = "zone",
                  .subject = outside,
                  .answer = "met",
                  .maturity = 3,
                  .document = outside,
                  .sha256 = "bb11",
                  .until = at(300),
                  .reason = outside,
                  .withdrawn = withdrawn});
  }
  add(LevelChange{.when = at(0),
                  .scope = "zone",
                  .subject = outside,
                  .requirement = "FR6",
                  .before = 2,
                  .after = 1,
                  .target = 2,
                  .row = "SR 6.2",
                  .cause = outside,
                  .fact = "monitor-running",
                  .record = 17});
  add(CertificateEvent{.when = at(0),
                       .event = "renewed",
                       .subject = outside,
                       .role = outside,
                       .serial = "0a1b",
                       .sha256 = "bb11",
                       .until = at(300),
                       .person = outside,
                       .reason = outside,
                       .address = IpAddress::parse("10.20.0.31")});
  add(GuardEvent{.when = at(0),
                 .origin = outside,
                 .event = "failed-open",
                 .conduit = outside,
                 .reason = outside,
                 .person = outside,
                 .sha256 = "bb11",
                 .count = 3});
  all.push_back(std::move(Stored::decode(std::vector<uint8_t>{0xa2, 0, 0x18, 77, 1, 1}).value()));
  return all;
}

}  // namespace rampart::records::testing
