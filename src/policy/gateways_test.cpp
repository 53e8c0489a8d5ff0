// What a plant says of gateways, held against what the protocols can bear.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/testing.h"

namespace rampart::policy {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

class Gateways : public ::testing::Test {
 protected:
  Gateways() {
    office_ = build_.zone("office", {"10.1.0.0/16"});
    control_ = build_.zone("control", {"10.2.0.0/16"});
    scada_ = build_.asset(office_, "scada", "10.1.0.1");
    plc_ = build_.asset(control_, "plc", "10.2.0.1");
    conduit_ = build_.conduit("link", {office_, control_});
    build_.plant.conduits[conduit_].guard = text("gw");
    build_.rule(conduit_, "poll", {"read"}, "modbus", {scada_}, {plc_});
    plant::Gateway gateway;
    gateway.id = text("gw");
    build_.plant.gateways.push_back(std::move(gateway));
  }
  plant::Gateway& gateway() { return build_.plant.gateways[0]; }
  plant::Serve& serve(const char* protocol, bool udp = false, uint16_t port = 0) {
    plant::Serve serve;
    serve.to = plc_;
    serve.protocol = text(protocol, 20);
    serve.udp = udp;
    serve.port = port;
    serve.at = IpAddress::parse("10.1.0.9");
    gateway().serves.push_back(std::move(serve));
    return gateway().serves.back();
  }
  std::string said() const {
    std::string all;
    for (const Problem& problem : build_.compile().problems) {
      all += (problem.warning ? "warning: " : "error: ") + problem.what + " (" + problem.hint + ")\n";
    }
    return all;
  }
  Builder build_;
  Index office_, control_, scada_, plc_, conduit_;
};

TEST_F(Gateways, ServeWhatTheProtocolCanBear) {
  serve("modbus");
  serve("modbus", true, 503);
  serve("tcp", false, 9000);
  serve("ssh");
  EXPECT_THAT(said(), Not(HasSubstr("error")));
}

TEST_F(Gateways, NeedAnotherOneAndAWireEachWhereAConduitIsProtected) {
  plant::Conduit& conduit = build_.plant.conduits[conduit_];
  conduit.protect = plant::Protect::mutual_tls;
  EXPECT_THAT(said(), HasSubstr("warning: `protect: mutual-tls` takes two gateways, and \"link\" has one"));
  conduit.guards = {text("gw"), text("gw-2")};
  plant::Gateway other;
  other.id = text("gw-2");
  build_.plant.gateways.push_back(std::move(other));
  EXPECT_THAT(said(), HasSubstr("warning: the gateway \"gw\" has no wire"));
  EXPECT_THAT(said(), HasSubstr("warning: the gateway \"gw-2\" has no wire"));
  for (plant::Gateway& one : build_.plant.gateways) one.wire.emplace();
  EXPECT_THAT(said(), Not(HasSubstr("wire")));
}

TEST_F(Gateways, CannotStandWhereAProtocolOpensFurtherConnectionsOrHasNoAddress) {
  serve("ftp");
  EXPECT_THAT(said(), HasSubstr("error: ftp cannot pass this gateway: its data come on further connections"));
  gateway().serves.clear();
  serve("arp");
  EXPECT_THAT(said(), HasSubstr("error: arp cannot pass this gateway: it has no IP addresses"));
}

TEST_F(Gateways, CannotBeAddressedByWhatNamesAddressesElsewhere) {
  serve("enip", true, 2222);
  EXPECT_THAT(said(), HasSubstr("error: enip cannot pass this gateway"));
  gateway().stands = plant::Stands::transparent;
  EXPECT_THAT(said(), Not(HasSubstr("error")));
}

TEST_F(Gateways, KnowTheirProtocolsTransportsAndPorts) {
  serve("modbuss");
  EXPECT_THAT(said(), HasSubstr("\"modbuss\" is no protocol that a gateway knows (did you mean modbus?)"));
  gateway().serves.clear();
  serve("s7comm", true);
  EXPECT_THAT(said(), HasSubstr("s7comm is not spoken over UDP"));
  gateway().serves.clear();
  serve("tcp");
  EXPECT_THAT(said(), HasSubstr("what is not decoded has no usual port"));
}

TEST_F(Gateways, RefuseRulesOfTheirConduitsThatCannotPassThem) {
  build_.rule(conduit_, "files", {"session"}, "ftp", {scada_}, {plc_});
  EXPECT_THAT(said(), HasSubstr("error: ftp cannot pass this gateway"));
  build_.plant.conduits[conduit_].guard = {};
  EXPECT_THAT(said(), Not(HasSubstr("error: ftp"))) << "nobody guards that conduit";
}

TEST_F(Gateways, WarnOfWhatNobodyMayUse) {
  serve("modbus");
  build_.plant.conduits[conduit_].guard = text("other");
  EXPECT_THAT(said(), HasSubstr("warning: no rule of a conduit that this gateway guards is about \"plc\""));
}

TEST_F(Gateways, WarnOfWaysToFailThatTheyDoNotHave) {
  serve("modbus");
  build_.plant.conduits[conduit_].on_failure = plant::OnFailure::open;
  EXPECT_THAT(said(), HasSubstr("warning: the conduit \"link\" cannot fail open"));
  gateway().stands = plant::Stands::bridged;
  EXPECT_THAT(said(), Not(HasSubstr("cannot fail open")));
}

TEST_F(Gateways, KnowWhoIsBehindASerialLineByItsUnitAlone) {
  const Index meter = build_.asset(control_, "meter"), drive = build_.asset(control_, "drive");
  for (const auto& [asset, unit] : {std::pair(meter, 7u), std::pair(drive, 8u)}) {
    build_.plant.assets[asset].at.emplace_back();
    build_.plant.assets[asset].at.back().unit = unit;
    plant::Serve& serve = this->serve("modbus");
    serve.to = asset;
    serve.serial.emplace();
    serve.serial->device = text("/dev/ttyS0");
  }
  build_.rule(conduit_, "look", {"read"}, "modbus", {scada_}, {meter, drive});
  EXPECT_THAT(said(), Not(HasSubstr("error"))) << "no address is needed";
  const auto policy = build_.compile().policy;
  ASSERT_NE(policy, nullptr);
  Endpoint gateway;
  gateway.ip = IpAddress::parse("10.1.0.9");
  const auto behind = [&](uint32_t unit) {
    auto asked = operation("modbus", protocols::Action::read, "holding-register 1");
    asked.object.unit = unit;
    return identify(*policy, gateway, &asked);
  };
  EXPECT_EQ(behind(7), (Party{meter, control_}));
  EXPECT_EQ(behind(8), (Party{drive, control_}));
  EXPECT_EQ(behind(9), (Party{kNone, office_})) << "the address is the gateway's";
  EXPECT_EQ(identify(*policy, gateway), (Party{kNone, office_}));
  build_.plant.assets[drive].at.clear();
  EXPECT_THAT(said(), HasSubstr("nothing says which unit \"drive\" is behind the serial line"));
  build_.plant.assets[drive].at.emplace_back();
  build_.plant.assets[drive].at.back().unit = 248;
  EXPECT_THAT(said(), HasSubstr("nothing says which unit \"drive\" is behind the serial line"));
}

TEST(Inheritance, CarriesWhatIsTheSameInBothPlants) {
  const auto plant_of = [](const char* point, const char* rule) {
    Builder build;
    const Index office = build.zone("office"), control = build.zone("control");
    const Index scada = build.asset(office, "scada"), plc = build.asset(control, "plc");
    build.point(plc, point, "holding-register 10", "uint16").step = 5;
    const Index conduit = build.conduit("link", {office, control});
    build.rule(conduit, rule, {"write", "read"}, "modbus", {scada}, {plc}).rate =
        plant::Rate{2, std::chrono::seconds(60)};
    return build;
  };
  const auto before = plant_of("level", "set").compile().policy;
  ASSERT_NE(before, nullptr);
  const Parties parties{{0, 0}, {1, 1}};
  Situation old(before);
  const auto three = registers({3}), five = registers({5});
  const auto value = protocols::Values::numbers(protocols::ValueType::uint16, three);
  const auto read = operation("modbus", protocols::Action::read, "holding-register 10");
  const auto answer = answer_to(read, value);
  note_answered(old, *before, parties, &read, &answer, {}, at(0));
  Verdict by_set{.decision = Decision::allowed, .reason = Reason::rule, .conduit = 0, .rule = 0};
  note_asked(old, *before, parties, by_set, at(0));
  note_asked(old, *before, parties, by_set, at(1));

  const auto next = protocols::Values::numbers(protocols::ValueType::uint16, five);
  const auto write = operation("modbus", protocols::Action::write, "holding-register 10", next);
  const auto verdict_by = [&](const char* point, const char* rule, int64_t when) {
    const auto after = plant_of(point, rule).compile().policy;
    Situation situation(after);
    situation.inherit(old, succession(*before, *after));
    return decide(*after, situation, parties, write, at(when)).reason;
  };
  EXPECT_EQ(verdict_by("level", "set", 2), Reason::rate_exceeded) << "two were let through before";
  EXPECT_EQ(verdict_by("level", "set", 100), Reason::rule) << "3 is known, 5 is within the step";
  EXPECT_EQ(verdict_by("level", "other", 2), Reason::rule) << "another rule counts anew";
  EXPECT_EQ(verdict_by("pressure", "set", 100), Reason::value_unknown) << "another point has no value yet";
}

}  // namespace
}  // namespace rampart::policy
