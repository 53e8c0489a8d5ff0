#include "gateway/peers.h"

#include <gtest/gtest.h>

#include "gateway/testing.h"

namespace rampart::gateway {
namespace {

using testing::policy_of;
using Kind = Way::Kind;

const char* const kPlant = R"(rampart: 1
plant: Test
roles:
  operator: {may: [watch]}
zones:
  - {id: office, target: 1, networks: [10.1.0.0/16], assets: [{id: scada, kind: scada-server, at: [{ip: 10.1.0.1}]}]}
  - {id: control, target: 1, networks: [10.2.0.0/16], assets: [{id: plc, kind: controller, at: [{ip: 10.2.0.1}]}]}
  - {id: lab, target: 1, networks: [10.3.0.0/16], assets: [{id: tester, kind: workstation, at: [{ip: 10.3.0.1}]}]}
conduits:
  - id: link
    joins: [office, control]
    guard: {office: gw-1, control: gw-2}
    protect: mutual-tls
    rules: [{id: poll, allow: read, protocol: modbus, from: [scada], to: [plc]}]
  - id: side
    joins: [lab, control]
    guard: gw-2
    rules: [{id: test, allow: read, protocol: modbus, from: [tester], to: [plc], essential: no}]
gateways:
  - {id: gw-1, wire: {at: 10.9.0.1}, serves: [{to: plc, protocol: modbus, at: 10.1.0.9}]}
  - {id: gw-2, wire: {at: 10.9.0.2}, serves: [{to: plc, protocol: modbus, at: 10.3.0.9}]}
  - {id: gw-3, serves: [{to: plc, protocol: modbus, at: 10.3.0.8, tls: clients}]}
)";

class Peers : public ::testing::Test {
 protected:
  const std::shared_ptr<const policy::Policy> policy_ = policy_of(kPlant);
  const plant::Plant& plant_ = policy::plant_of(*policy_);
  const policy::Party plc_{plant_.asset("plc"), plant_.zone("control")};
  const policy::Party scada_{plant_.asset("scada"), plant_.zone("office")};

  Way way(const char* gateway, const char* conduit, const policy::Party& server, bool plain = true) const {
    return way_of(plant_, gateway, conduit == nullptr ? plant::kNone : plant_.conduit(conduit), server, plain);
  }
  static crypto::Certificate certificate(const char* subject, std::initializer_list<const char*> addresses = {}) {
    crypto::Certificate made;
    made.subject = subject;
    for (const char* one : addresses) made.addresses.push_back(*IpAddress::parse(one));
    return made;
  }
  Fits asset(const char* id, const crypto::Certificate& shown, const char* seen) const {
    return fits_asset(plant_, id == nullptr ? plant::kNone : plant_.asset(id), shown, *IpAddress::parse(seen));
  }
};

TEST_F(Peers, TheWayLeadsOverTheWireToTheServersSideAndNeverPlainPastIt) {
  EXPECT_EQ(way("gw-1", "link", plc_).kind, Kind::wire);
  EXPECT_EQ(way("gw-1", "link", plc_).far, "gw-2");
  EXPECT_EQ(way("gw-2", "link", scada_).far, "gw-1") << "either zone may have the clients";
  EXPECT_EQ(way("gw-2", "link", plc_).kind, Kind::not_plain);
  EXPECT_EQ(way("gw-2", "link", plc_, false).kind, Kind::straight);
  EXPECT_EQ(way("gw-2", "side", plc_).kind, Kind::straight) << "another conduit, without protection";
  EXPECT_EQ(way("gw-1", nullptr, plc_).kind, Kind::wire) << "a stranger, where the gateway only learns";
  EXPECT_EQ(way("gw-2", nullptr, plc_).kind, Kind::not_plain);
}

TEST_F(Peers, AreThoseOfAConduitThatWantsThem) {
  EXPECT_TRUE(are_peers(plant_, "gw-1", "gw-2"));
  EXPECT_TRUE(are_peers(plant_, "gw-2", "gw-1", true));
  EXPECT_FALSE(are_peers(plant_, "gw-1", "gw-3"));
  EXPECT_FALSE(are_peers(plant_, "gw-1", "gw-1"));
  EXPECT_FALSE(are_peers(plant_, "gw-1", "scada"));
  EXPECT_TRUE(needs_identity(plant_, *find_gateway(plant_, "gw-2")));
  EXPECT_TRUE(needs_identity(plant_, *find_gateway(plant_, "gw-3"))) << "its clients speak TLS";
}

TEST_F(Peers, SpeakForTheirOwnSideAlone) {
  const plant::Index office = plant_.zone("office"), control = plant_.zone("control"), lab = plant_.zone("lab");
  EXPECT_TRUE(speaks_for(plant_, "gw-1", "gw-2", office, control));
  EXPECT_FALSE(speaks_for(plant_, "gw-1", "gw-2", lab, control)) << "the lab is not at its side";
  EXPECT_FALSE(speaks_for(plant_, "gw-1", "gw-2", control, control));
  EXPECT_FALSE(speaks_for(plant_, "gw-3", "gw-2", office, control));
  EXPECT_TRUE(speaks_for(plant_, "gw-1", "gw-2", plant::kNone, control));
  EXPECT_FALSE(speaks_for(plant_, "gw-3", "gw-2", plant::kNone, control));
}

TEST_F(Peers, AGatewayIsWhoItsCertificateSaysAtAnAddressOfItsOwn) {
  const IpAddress own = *IpAddress::parse("10.9.0.1"), other = *IpAddress::parse("10.9.0.7");
  EXPECT_EQ(fits_gateway(plant_, "gw-1", certificate("gw-1"), own), Fits::yes);
  EXPECT_EQ(fits_gateway(plant_, "gw-1", certificate("gw-1"), other), Fits::elsewhere);
  EXPECT_EQ(fits_gateway(plant_, "gw-1", certificate("gw-1", {"10.9.0.7"}), other), Fits::yes);
  EXPECT_EQ(fits_gateway(plant_, "gw-1", certificate("gw-2", {"10.9.0.1"}), own), Fits::elsewhere);
  EXPECT_EQ(fits_gateway(plant_, "gw-1", certificate("somebody"), own), Fits::nobody);
}

TEST_F(Peers, AnAssetIsWhoItsCertificateSaysWhereThePlantHasIt) {
  EXPECT_EQ(asset("scada", certificate("scada"), "10.1.0.1"), Fits::yes);
  EXPECT_EQ(asset("scada", certificate("tester"), "10.1.0.1"), Fits::elsewhere);
  EXPECT_EQ(asset("scada", certificate("tester", {"10.1.0.1"}), "10.1.0.1"), Fits::elsewhere);
  EXPECT_EQ(asset("scada", certificate("gw-1"), "10.1.0.1"), Fits::elsewhere);
  EXPECT_EQ(asset(nullptr, certificate("scada"), "10.1.0.77"), Fits::elsewhere);
  EXPECT_EQ(asset("scada", certificate("Maker 4711"), "10.1.0.1"), Fits::nobody);
  EXPECT_EQ(asset("scada", certificate("Maker 4711", {"10.1.0.1"}), "10.1.0.1"), Fits::yes);
  EXPECT_EQ(asset("scada", certificate("Maker 4711", {"10.1.0.8"}), "10.1.0.1"), Fits::elsewhere);
}

TEST_F(Peers, ARoleIsOneOfThePlantOrNone) {
  EXPECT_EQ(role_of(plant_, "operator"), 0u);
  EXPECT_EQ(role_of(plant_, "Operator"), plant::kNone);
  EXPECT_EQ(role_of(plant_, ""), plant::kNone);
}

}  // namespace
}  // namespace rampart::gateway
