// How traffic is protected, and who claims which address, told to the judging side event by event.
#include <gtest/gtest.h>

#include "monitor/protection_shares.h"
#include "monitor/sensor_testing.h"

namespace rampart::monitor {
namespace {

using namespace testing;
using protocols::Attribute;
using protocols::Direction;
using protocols::Protection;
using std::chrono::hours;
using std::chrono::seconds;

constexpr TimePoint kStart{seconds(1'700'000'000)};

std::string plant(const std::string& target) {
  return R"(rampart: 1
plant: Test
zones:
  - {id: upper, target: 1, networks: [10.1.0.0/24], assets: [{id: scada, kind: scada-server, at: [{ip: 10.1.0.10}]}]}
  - {id: lower, target: 1, networks: [10.2.0.0/24], assets: [{id: plc, kind: controller, at: [{ip: 10.2.0.10}]}]}
conduits:
  - id: up-down
    joins: [upper, lower]
    target: )" +
         target + R"(
    rules:
      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}
)";
}

/// Judge is a Correlator that is told events by hand.
class Judge {
 public:
  explicit Judge(const std::string& text) {
    if (!text.empty()) {
      plant_ = std::make_shared<const plant::Plant>(plant::require(plant::load_text(text, "test.yaml")));
      policy_ = policy::compile(plant_).policy;
    }
    correlator = std::make_unique<Correlator>(policy_, plant_, out);
  }
  FlowRef start(records::Transport transport = records::Transport::tcp, uint16_t port = 443) {
    FlowStart start;
    start.flow_id = ++flows_;
    start.client = {.ip = IpAddress::parse("10.1.0.10"), .mac = {{2, 0, 0, 0, 0, 1}}, .port = 40'000};
    start.server = {.ip = IpAddress::parse("10.2.0.10"), .mac = {{2, 0, 0, 0, 0, 2}}, .port = port};
    if (transport == records::Transport::ethernet) start.client.ip = start.server.ip = std::nullopt;
    start.transport = transport;
    const FlowRef flow{0, static_cast<uint32_t>(flows_ - 1)};
    correlator->flow_started(flow, start, moment());
    return flow;
  }
  void show(FlowRef flow, const Protection& protection, Direction direction = Direction::to_client) {
    correlator->protection(flow, direction, protection, moment());
  }
  void claim(FlowRef flow, const char* ip, uint8_t mac, Attribute::Basis basis = Attribute::Basis::answered) {
    Attribute attribute{.kind = Attribute::Kind::address, .basis = basis};
    attribute.about_ip = IpAddress::parse(ip);
    attribute.about_mac = MacAddress{{2, 0, 0, 0, 0, mac}};
    correlator->attribute(flow, Direction::to_server, attribute, moment());
  }
  void stop(FlowRef flow, uint64_t octets = 100) {
    FlowStop stop{.first = now, .last = now, .first_packet = packet, .end = "closed"};
    stop.packets[0] = stop.packets[1] = 5;
    stop.octets[0] = stop.octets[1] = octets;
    correlator->flow_stopped(flow, stop, moment());
  }
  Moment moment() {
    now += seconds(1);
    return {now, ++packet};
  }
  std::vector<std::string> found(const std::string& id) const { return out.with({"\"finding\":\"" + id + "\""}); }

  Lines out;
  TimePoint now = kStart;
  uint64_t packet = 0;
  std::unique_ptr<Correlator> correlator;

 private:
  std::shared_ptr<const plant::Plant> plant_;
  std::shared_ptr<const policy::Policy> policy_;
  uint64_t flows_ = 0;
};

TEST(Protected, ReadableCredentialsAreAFindingWithoutTheirText) {
  Judge judge("");
  judge.show(judge.start(), {.kind = Protection::Kind::plain_credentials, .method = "HTTP Basic", .text = "realm"},
             Direction::to_server);
  const auto lines = judge.found("plain-credentials");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("10.1.0.10 showed credentials that anybody can read to 10.2.0.10 (HTTP Basic)"),
            std::string::npos)
      << lines[0];
  EXPECT_EQ(lines[0].find("realm"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("SR 1.5"), std::string::npos);
}

TEST(Protected, CertificatesAreHeldAgainstThePacketsTime) {
  Judge judge("");
  const FlowRef flow = judge.start();
  const auto show = [&](TimePoint before, TimePoint after, const char* subject) {
    judge.show(flow, {.kind = Protection::Kind::certificate,
                      .method = "RSA",
                      .text = subject,
                      .not_before = before,
                      .not_after = after});
  };
  show(kStart - hours(10), kStart + hours(24 * 31), "CN=good");
  EXPECT_TRUE(judge.found("certificate-expired").empty());
  EXPECT_TRUE(judge.found("certificate-expires").empty());
  show(kStart - hours(10), kStart + hours(24 * 29), "CN=soon");
  EXPECT_EQ(judge.found("certificate-expires").size(), 1u);
  show(kStart - hours(10), kStart - hours(1), "CN=over");
  ASSERT_EQ(judge.found("certificate-expired").size(), 1u);
  EXPECT_NE(judge.found("certificate-expired")[0].find("10.2.0.10 shows a certificate that ended on 2023-11-14"),
            std::string::npos);
  show(kStart + hours(48), kStart + hours(4800), "CN=early");
  EXPECT_EQ(judge.found("certificate-expired").size(), 2u);
}

TEST(Protected, OutdatedVersionsAreAFinding) {
  Judge judge("");
  judge.show(judge.start(), {.kind = Protection::Kind::outdated, .method = "TLS 1.0"});
  ASSERT_EQ(judge.found("outdated-protocol").size(), 1u);
  EXPECT_NE(judge.found("outdated-protocol")[0].find("TLS 1.0"), std::string::npos);
}

/// exposed is which findings plain traffic gives under a conduit's target.
std::string exposed(const std::string& target, Protection::Kind one, Protection::Kind other) {
  Judge judge(plant(target));
  for (int i = 0; i < 3; ++i) {
    const FlowRef flow = judge.start();
    judge.show(flow, {.kind = one});
    judge.show(flow, {.kind = other});
    judge.stop(flow);
  }
  std::string found;
  for (const char* id : {"unencrypted", "unauthenticated", "no-integrity"}) {
    if (!judge.found(id).empty()) found += std::string(id) + std::to_string(judge.found(id).size()) + " ";
  }
  return found;
}

TEST(Protected, PlainTrafficIsAFindingWhereTheTargetAsksForMore) {
  constexpr auto kPlain = Protection::Kind::unencrypted;
  constexpr auto kAnybody = Protection::Kind::unauthenticated;
  EXPECT_EQ(exposed("1", kPlain, kAnybody), "");
  EXPECT_EQ(exposed("2", kPlain, kAnybody), "unauthenticated1 ");
  EXPECT_EQ(exposed("3", kPlain, kAnybody), "unauthenticated1 no-integrity1 ");
  EXPECT_EQ(exposed("4", kPlain, kAnybody), "unencrypted1 unauthenticated1 no-integrity1 ");
  EXPECT_EQ(exposed("{DC: 4}", kPlain, kAnybody), "unencrypted1 ");
  EXPECT_EQ(exposed("{SI: 3}", kPlain, kAnybody), "no-integrity1 ");
  EXPECT_EQ(exposed("4", Protection::Kind::encrypted, Protection::Kind::authenticated), "");
  EXPECT_EQ(exposed("4", Protection::Kind::encrypted, kAnybody), "unauthenticated1 ");
}

TEST(Protected, SaysWhichTargetAsksForWhat) {
  Judge judge(plant("{IAC: 3}"));
  const FlowRef flow = judge.start();
  judge.show(flow, {.kind = Protection::Kind::unauthenticated});
  judge.stop(flow);
  ASSERT_EQ(judge.found("unauthenticated").size(), 1u);
  const std::string line = judge.found("unauthenticated")[0];
  EXPECT_NE(line.find("traffic on up-down does not prove who speaks, as between scada and plc; its target 3 for IAC "
                      "asks for more from 2 on"),
            std::string::npos)
      << line;
  EXPECT_NE(line.find("\"conduit\":\"up-down\""), std::string::npos) << line;
}

TEST(Protected, TwoThatClaimOneAddressAreFoundAlsoWhereEachClaimWasSeenBefore) {
  Judge judge(plant("1"));
  const FlowRef flow = judge.start(records::Transport::ethernet);
  judge.claim(flow, "10.2.0.10", 2);
  judge.claim(flow, "10.2.0.10", 2);
  EXPECT_TRUE(judge.found("address-moved").empty());
  judge.claim(flow, "10.2.0.10", 9, Attribute::Basis::gratuitous);
  ASSERT_EQ(judge.found("address-moved").size(), 1u);
  EXPECT_NE(judge.found("address-moved")[0].find(
                "plc (10.2.0.10) is claimed now by 02:00:00:00:00:09, before by 02:00:00:00:00:02"),
            std::string::npos)
      << judge.found("address-moved")[0];
  judge.claim(flow, "10.2.0.10", 2);
  ASSERT_EQ(judge.found("duplicate-address").size(), 1u);
  EXPECT_NE(judge.found("duplicate-address")[0].find("is claimed in turn by"), std::string::npos);
}

TEST(Protected, WhoOnlyLooksWhetherAnAddressIsFreeClaimsNothing) {
  Judge judge(plant("1"));
  const FlowRef flow = judge.start(records::Transport::ethernet);
  judge.claim(flow, "10.2.0.10", 2);
  judge.claim(flow, "10.2.0.10", 9, Attribute::Basis::probed);
  judge.claim(flow, "10.2.0.10", 9, Attribute::Basis::assigned);
  EXPECT_TRUE(judge.found("address-moved").empty());
  EXPECT_TRUE(judge.found("duplicate-address").empty());
}

TEST(ProtectionShares, AddUpConversationsAndOctetsByConduit) {
  const auto loaded = std::make_shared<const plant::Plant>(plant::require(plant::load_text(plant("1"), "test.yaml")));
  ProtectionShares shares(loaded);
  const auto flow = [&](const char* from, const char* to, uint64_t octets, protocols::Assurance encrypted) {
    records::Conversation conversation;
    conversation.transport = records::Transport::tcp;
    conversation.client.zone = from;
    conversation.server.zone = to;
    records::Flow record{.conversation = &conversation};
    record.octets[0] = octets;
    record.encrypted = encrypted;
    shares.record(record);
  };
  flow("upper", "lower", 300, protocols::Assurance::yes);
  flow("lower", "upper", 100, protocols::Assurance::no);
  flow("upper", "lower", 0, protocols::Assurance::no);  // no data: says nothing
  flow("upper", "upper", 50, protocols::Assurance::unknown);
  flow("", "upper", 10, protocols::Assurance::unknown);
  ASSERT_EQ(shares.rows().size(), 3u);
  const auto& row = shares.rows().at("up-down");
  EXPECT_EQ(row.encrypted.conversations, (std::array<uint64_t, 3>{0, 1, 1}));
  EXPECT_EQ(row.encrypted.octets, (std::array<uint64_t, 3>{0, 100, 300}));
  EXPECT_EQ(row.authenticated.octets, (std::array<uint64_t, 3>{400, 0, 0}));
  const std::string text = shares.text();
  EXPECT_NE(text.find("up-down"), std::string::npos);
  EXPECT_NE(text.find("75 %"), std::string::npos) << text;
  EXPECT_NE(text.find("inside upper"), std::string::npos);
  EXPECT_NE(text.find("no conduit"), std::string::npos);
  for (size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    EXPECT_LE(end - at, 80u) << text.substr(at, end - at);
  }
  std::string lines;
  shares.append_lines(lines, kStart);
  EXPECT_NE(lines.find("\"event_type\":\"protection_share\",\"rampart\":{\"conduit\":\"up-down\",\"encrypted\":{"
                       "\"conversations\":{\"unknown\":0,\"no\":1,\"yes\":1},\"octets\":{\"unknown\":0,\"no\":100,"
                       "\"yes\":300}}"),
            std::string::npos)
      << lines;
}

}  // namespace
}  // namespace rampart::monitor
