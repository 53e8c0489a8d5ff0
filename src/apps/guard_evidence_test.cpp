// Story: what a gateway shows of certificates must be so. Two gateways speak TLS over the loopback, by identities of a
// real authority; what may be said of their conduit is what their sessions and files are.
#include "apps/guard_evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/testing.h"
#include "pki/authority.h"
#include "pki/identity.h"
#include "plant/plant.h"

namespace rampart::apps {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using ::testing::HasSubstr;

const char* const kScada = "127.81.1.10";

/// Heard keeps the newest word of each fact.
class Heard final : public records::Sink {
 public:
  struct Word {
    bool holds = false;
    int share = 0;
    std::string text;
    std::optional<TimePoint> until;
    size_t count = 0;
  };
  void record(const records::Run&) override {}
  void record(const records::Transaction&) override {}
  void record(const records::Finding&) override {}
  void record(const records::AssetSeen&) override {}
  void record(const records::Loss&) override {}
  void record(const records::Flow&) override {}
  void record(const records::ProtectionSeen&) override {}
  using Sink::tell;
  void tell(const records::Evidence& evidence) override {
    EXPECT_EQ(evidence.scope, "conduit");
    Word& word = words[std::string(evidence.fact)];
    word = {evidence.holds, evidence.share_permille, std::string(evidence.text), evidence.until, word.count + 1};
  }
  void tell(const records::CertificateEvent& event) override {
    if (listener != nullptr) listener->tell(event);
  }
  std::string way(const std::string& fact) const {
    const auto at = words.find(fact);
    return at == words.end() ? "unsaid" : at->second.holds ? "so" : "not so";
  }

  std::map<std::string, Word> words;
  GuardEvidence* listener = nullptr;
};

std::string replaced(std::string text, const std::string& old, const std::string& by) {
  const size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return at == std::string::npos ? text : text.replace(at, old.size(), by);
}

class GuardEvidenceTest : public ::testing::Test {
 protected:
  GuardEvidenceTest() {
    pki::Authority::make(folder_ / "authority", "Works", std::nullopt, now() - days(200), [](const auto&) {});
    authority_.emplace(folder_ / "authority", [](const auto&) {});
    server_ = net::listen_at({ip("127.81.2.10"), 0}, net::Kind::tcp, net::plain_socket);
  }

  /// Guard is one gateway and what it says.
  struct Guard {
    Guard(GuardEvidenceTest& test, const std::string& text, const std::string& id,
          std::shared_ptr<const net::TlsContext> identity)
        : node(policy_of(text), id, heard, test.clock_, {}, {}, std::move(identity)), evidence(node, id, heard) {
      heard.listener = &evidence;
    }
    ~Guard() { heard.listener = nullptr; }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

    Heard heard;
    gateway::Gateway node;
    GuardEvidence evidence;
  };

  static IpAddress ip(const char* text) { return *IpAddress::parse(text); }
  TimePoint now() const { return clock_.now(); }
  static std::shared_ptr<const policy::Policy> policy_of(const std::string& text) {
    plant::Plant plant = plant::require(plant::load_text(text, "plant.yaml"));
    return policy::compile(std::make_shared<const plant::Plant>(std::move(plant))).policy;
  }
  uint16_t port(const char* at) {
    const net::Descriptor taken = net::listen_at({ip(at), 0}, net::Kind::tcp, net::plain_socket);
    return net::local_place(taken.get())->port;
  }
  std::string port_of_server() const { return std::to_string(net::local_place(server_.get())->port); }

  /// wired is a plant with a wire between two gateways; door_ is where clients find the first one.
  std::string wired() {
    door_ = {ip("127.81.1.2"), port("127.81.1.2")};
    return plant("    guard: {upper: gw-1, lower: gw-2}\n    protect: mutual-tls\n",
                 "  - id: gw-1\n    wire: {at: 127.81.1.2, port: " + std::to_string(port("127.81.1.2")) +
                     "}\n    serves:\n      - {to: plc, protocol: modbus, at: 127.81.1.2, port: " +
                     std::to_string(door_.port) + ", server-port: " + port_of_server() +
                     "}\n  - id: gw-2\n    wire: {at: 127.81.2.2, port: " + std::to_string(port("127.81.2.2")) +
                     "}\n    grace: 30d\n");
  }
  static std::string plant(const std::string& conduit, const std::string& gateways) {
    return R"(rampart: 1
plant: Works
zones:
  - id: upper
    target: 1
    networks: [127.81.1.0/24]
    assets:
      - {id: scada, kind: scada-server, at: [{ip: 127.81.1.10}]}
  - id: lower
    target: 1
    networks: [127.81.2.0/24]
    assets:
      - {id: plc, kind: controller, at: [{ip: 127.81.2.10}]}
      - {id: rtu, kind: controller, at: [{ip: 127.81.2.11}]}
conduits:
  - id: up-down
    joins: [upper, lower]
)" + conduit +
           R"(    rules:
      - {id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}
gateways:
)" + gateways;
  }
  std::shared_ptr<const net::TlsContext> identity(const std::string& text, const std::string& id, TimePoint issued) {
    const pki::Identity own(folder_ / id);
    const std::string request = own.request(id);
    const plant::Plant plant = plant::require(plant::load_text(text, "plant.yaml"));
    const std::string bundle = authority_->issue(plant, as_bytes(request), "", pki::kDefaultLife, issued);
    own.install(as_bytes(bundle), authority_->root().fingerprint, issued);
    return net::TlsContext::read(folder_ / id);
  }

  net::Descriptor client(const net::Place& to) const {
    return net::begin_connect(to, net::Kind::tcp, net::Place{ip(kScada), 0}, net::plain_socket);
  }
  /// turn lets gateways work until `done`, for at most ten seconds.
  template <class Done>
  bool turn(std::initializer_list<Guard*> guards, const Done& done) const {
    const Duration end = clock_.steady() + std::chrono::seconds(10);
    while (!done() && clock_.steady() < end) {
      for (Guard* guard : guards) guard->node.turn(std::chrono::milliseconds(2));
    }
    return done();
  }
  static bool is(const Guard& guard, std::string_view far, bool up) {
    const auto at = guard.node.wires().find(far);
    return at != guard.node.wires().end() && at->second == up;
  }
  static void beat(Guard& guard, TimePoint when) { guard.evidence.beat(Recording::works, when); }

  SystemClock clock_;
  TemporaryFolder folder_;
  std::optional<pki::Authority> authority_;
  net::Descriptor server_;
  net::Place door_;
};

TEST_F(GuardEvidenceTest, OfAWireNothingIsKnownBeforeItWasUsedAndThenWhatBothSidesProved) {
  const std::string text = wired();
  Guard near(*this, text, "gw-1", identity(text, "gw-1", now())),
      far(*this, text, "gw-2", identity(text, "gw-2", now()));
  beat(near, now());
  EXPECT_EQ(near.heard.way("conduit-enforced"), "so");
  for (const char* fact : {"tunnel-up", "peers-proved", "chains-checked"}) EXPECT_EQ(near.heard.way(fact), "unsaid");

  const net::Descriptor scada = client(door_);
  ASSERT_TRUE(turn({&near, &far}, [&] { return is(near, "gw-2", true) && is(far, "gw-1", true); }));
  for (Guard* guard : {&near, &far}) {
    beat(*guard, now());
    for (const char* fact : {"tunnel-up", "peers-proved", "chains-checked"}) {
      EXPECT_EQ(guard->heard.way(fact), "so") << fact << ": " << guard->heard.words[fact].text;
      EXPECT_EQ(guard->heard.words[fact].share, 1000) << "the server behind the other gateway's door counts here too";
      EXPECT_LE(guard->heard.words[fact].until, now() + kEvidenceHolds) << "it ends with the gateway";
    }
    EXPECT_EQ(guard->heard.way("clients-proved"), "unsaid") << "the wire proves gateways, not who is behind them";
    EXPECT_EQ(guard->heard.words["conduit-enforced"].share, 1000);
  }
}

TEST_F(GuardEvidenceTest, AWireThatIsDownIsToldAndOneThatThePlantHasNoMore) {
  const std::string text = wired();
  Guard near(*this, text, "gw-1", identity(text, "gw-1", now()));
  {
    Guard far(*this, text, "gw-2", identity(text, "gw-2", now()));
    const net::Descriptor scada = client(door_);
    ASSERT_TRUE(turn({&near, &far}, [&] { return is(near, "gw-2", true); }));
    beat(near, now());
  }
  const net::Descriptor scada = client(door_);
  ASSERT_TRUE(turn({&near}, [&] { return is(near, "gw-2", false); }));
  beat(near, now());
  EXPECT_EQ(near.heard.way("tunnel-up"), "not so") << "at once";
  EXPECT_EQ(near.heard.way("peers-proved"), "not so");
  EXPECT_THAT(near.heard.words["tunnel-up"].text, HasSubstr("gw-2 is down"));
  EXPECT_EQ(near.heard.way("conduit-enforced"), "so");

  Guard far(*this, text, "gw-2", net::TlsContext::read(folder_ / "gw-2"));
  const net::Descriptor again = client(door_);
  ASSERT_TRUE(turn({&near, &far}, [&] { return is(near, "gw-2", true); }));
  beat(near, now());
  EXPECT_EQ(near.heard.way("tunnel-up"), "so");
  near.node.take({near.node.judge().shared_policy(), policy_of(replaced(text, "    protect: mutual-tls\n", ""))});
  beat(near, now());
  for (const char* fact : {"tunnel-up", "peers-proved", "chains-checked"}) {
    EXPECT_EQ(near.heard.way(fact), "not so") << fact;
    EXPECT_THAT(near.heard.words[fact].text, HasSubstr("by the plant"));
  }
  EXPECT_EQ(near.heard.way("conduit-enforced"), "so");
}

TEST_F(GuardEvidenceTest, WithoutAListOfWithdrawnCertificatesTheyAreNotCheckedThoughPeersProveThemselves) {
  const std::string text = wired();
  identity(text, "gw-1", now());
  std::filesystem::remove(folder_ / "gw-1/crl.pem");
  Guard near(*this, text, "gw-1", net::TlsContext::read(folder_ / "gw-1"));
  Guard far(*this, text, "gw-2", identity(text, "gw-2", now()));
  const net::Descriptor scada = client(door_);
  ASSERT_TRUE(turn({&near, &far}, [&] { return is(near, "gw-2", true) && is(far, "gw-1", true); }));
  beat(near, now());
  EXPECT_EQ(near.heard.way("chains-checked"), "not so");
  EXPECT_THAT(near.heard.words["chains-checked"].text, HasSubstr("no list of withdrawn"));
  EXPECT_EQ(near.heard.way("peers-proved"), "so");
  beat(far, now());
  EXPECT_EQ(far.heard.way("chains-checked"), "so") << "it has one";
  beat(far, now() + pki::kListLife + days(1));
  EXPECT_THAT(far.heard.words["chains-checked"].text, HasSubstr("too old"));
}

TEST_F(GuardEvidenceTest, ACertificateTakenInGraceSpeaksAgainstTheCheckForADay) {
  const std::string text = wired();
  // It ended ten days ago.
  Guard near(*this, text, "gw-1", identity(text, "gw-1", now() - pki::kDefaultLife - days(10)));
  Guard far(*this, text, "gw-2", identity(text, "gw-2", now()));
  const net::Descriptor scada = client(door_);
  ASSERT_TRUE(turn({&near, &far}, [&] { return is(near, "gw-2", true) && is(far, "gw-1", true); }));
  beat(far, now());
  EXPECT_EQ(far.heard.way("chains-checked"), "not so");
  EXPECT_THAT(far.heard.words["chains-checked"].text, HasSubstr("gw-1 was taken after its end"));
  EXPECT_EQ(far.heard.way("peers-proved"), "so") << "it showed that it has the key";
  beat(near, now());
  EXPECT_THAT(near.heard.words["chains-checked"].text, HasSubstr("its own certificate has ended"));

  beat(far, now() + kGraceCounts + minutes(1));
  EXPECT_EQ(far.heard.way("chains-checked"), "so") << "nobody came with it for a day";
  far.evidence.tell(records::CertificateEvent{.when = now(), .event = "used-in-grace", .subject = "rtu"});
  beat(far, now() + kGraceCounts - minutes(1));
  EXPECT_THAT(far.heard.words["chains-checked"].text, HasSubstr("gw-1")) << "no rule of the conduit names rtu";
}

TEST_F(GuardEvidenceTest, DoorsOfModbusTcpSecurityProveTheirClientsAndAPlainOneBesideThemIsToldWhenItIsUsed) {
  const uint16_t tls_door = port("127.81.1.2");
  door_ = {ip("127.81.1.2"), port("127.81.1.2")};
  const std::string secure = "    serves:\n      - {to: plc, protocol: modbus, at: 127.81.1.2, tls: clients, port: " +
                             std::to_string(tls_door) + "}\n";
  const std::string plain = "      - {to: rtu, protocol: modbus, at: 127.81.1.2, port: " + std::to_string(door_.port) +
                            ", server-port: " + port_of_server() + "}\n";
  const std::string text =
      replaced(replaced(plant("    guard: gw-1\n", "  - id: gw-1\n" + secure + plain), "to: [plc]}", "to: [plc, rtu]}"),
               "127.81.2.11", "127.81.2.10, unit: 9");  // both behind the address at which the test listens
  const auto known = identity(text, "gw-1", now());
  Guard guard(*this, text, "gw-1", known);
  beat(guard, now());
  for (const char* fact : {"peers-proved", "clients-proved"}) {
    EXPECT_EQ(guard.heard.way(fact), "so");
    EXPECT_EQ(guard.heard.words[fact].share, 500) << "one of two servers";
  }
  EXPECT_EQ(guard.heard.way("tunnel-up"), "unsaid");
  EXPECT_EQ(guard.heard.way("chains-checked"), "so");
  EXPECT_EQ(guard.heard.words["chains-checked"].share, 1000) << "the other door takes no certificate at all";

  net::Descriptor scada = client(door_);
  ASSERT_TRUE(turn({&guard}, [&] {
    return !guard.node.connections().empty() &&
           guard.node.connections()[0]->state() == gateway::Connection::State::open;
  }));
  beat(guard, now());
  EXPECT_EQ(guard.heard.way("clients-proved"), "not so");
  EXPECT_EQ(guard.heard.way("peers-proved"), "not so");
  EXPECT_EQ(guard.heard.words["peers-proved"].text, std::string(kScada) + " is connected without a certificate");
  EXPECT_EQ(guard.heard.way("chains-checked"), "so");

  Guard plainly(*this, replaced(wired(), "    protect: mutual-tls\n", ""), "gw-1", known);
  beat(plainly, now());
  EXPECT_EQ(plainly.heard.way("clients-proved"), "unsaid") << "no door asks for a certificate";
}

TEST_F(GuardEvidenceTest, WhereTheGatewayOnlyTestsAnothersCertificatePassesAndNobodyIsProved) {
  const std::string text =
      plant("    guard: gw-1\n    mode: test\n",
            "  - id: gw-1\n    serves:\n      - {to: plc, protocol: modbus, at: 127.81.1.2, tls: clients, port: " +
                std::to_string(port("127.81.1.2")) + "}\n");
  Guard guard(*this, text, "gw-1", identity(text, "gw-1", now()));
  beat(guard, now());
  EXPECT_EQ(guard.heard.way("clients-proved"), "not so");
  EXPECT_EQ(guard.heard.way("peers-proved"), "not so");
  EXPECT_EQ(guard.heard.way("conduit-enforced"), "not so");
}

TEST_F(GuardEvidenceTest, RecordsAreSaidToBeKeptWhileAJournalTakesThemAndNothingOnceTheGatewayEnded) {
  const std::string text = wired();
  const auto known = identity(text, "gw-1", now());
  Guard guard(*this, text, "gw-1", known);
  guard.evidence.beat(Recording::none, now());
  EXPECT_EQ(guard.heard.way("changes-recorded"), "unsaid");
  guard.evidence.beat(Recording::works, now());
  EXPECT_EQ(guard.heard.way("changes-recorded"), "so");
  guard.evidence.beat(Recording::works, now() + std::chrono::seconds(2));
  EXPECT_EQ(guard.heard.words["changes-recorded"].count, 1u) << "the same again a minute later, not sooner";
  guard.evidence.beat(Recording::fails, now() + std::chrono::seconds(4));
  EXPECT_EQ(guard.heard.way("changes-recorded"), "not so");
  EXPECT_FALSE(guard.heard.words["changes-recorded"].until);
  guard.evidence.beat(Recording::works, now() + minutes(2));
  guard.evidence.end(now() + minutes(3));
  for (const auto& [fact, word] : guard.heard.words) {
    EXPECT_FALSE(word.holds) << fact;
    EXPECT_EQ(word.text, "it ended");
  }
}

}  // namespace
}  // namespace rampart::apps
