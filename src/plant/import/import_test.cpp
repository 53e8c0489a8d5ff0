// Lists of other programs become plants that load; what is wrong with them is said with its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "plant/import/csv.h"
#include "plant/import/intended.h"
#include "plant/import/networks.h"

namespace rampart::plant {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::vector<std::string>> cells(std::string_view text) {
  Problems problems(text, "t.csv", {});
  std::vector<std::vector<std::string>> rows;
  for (const CsvRow& row : read_csv(text, problems)) {
    auto& texts = rows.emplace_back();
    for (const CsvCell& cell : row) texts.push_back(cell.text);
  }
  for (const Problem& problem : problems.take()) rows.push_back({render(problem)});
  return rows;
}

std::vector<std::string> said(const Intended& intended) {
  std::vector<std::string> lines;
  for (const Problem& problem : intended.problems) {
    const std::string text = render(problem);
    lines.push_back(text.substr(0, text.find('\n')));
  }
  return lines;
}

Intended from(std::string_view text, const std::string& file = "list") {
  std::vector<Intended> parts;
  parts.push_back(read_intended(text, file));
  return join(std::move(parts));
}

/// loaded is the draft of a list, which must load without error.
Plant loaded(const Intended& intended) {
  const std::string text = draft(intended, "A \"quoted\" plant");
  Loaded result = load_text(text, "draft.yaml");
  for (const Problem& problem : result.problems) EXPECT_TRUE(problem.warning) << render(problem) << "\n" << text;
  return std::move(result.plant);
}

TEST(Csv, IsReadAsRfc4180AndAsProgramsWriteIt) {
  EXPECT_THAT(cells("a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n,\r\n2,\n"),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("1", "x, \"y\"\nz"), ElementsAre("2", "")));
  EXPECT_THAT(cells("\xef\xbb\xbfid;name\r1;a,b"), ElementsAre(ElementsAre("id", "name"), ElementsAre("1", "a,b")));
  EXPECT_THAT(cells("id\tname\n1\t\"\"\n"), ElementsAre(ElementsAre("id", "name"), ElementsAre("1", "")));
}

TEST(Csv, FaultsHaveTheirPlace) {
  EXPECT_THAT(cells("a,b\n1,\"open\n2").back()[0], HasSubstr("t.csv:2:3: error: this quote does not end"));
  EXPECT_THAT(cells("a,b\n\"1\"x,2\n").back()[0], HasSubstr("t.csv:2:4: error: text behind the quote"));
  EXPECT_THAT(cells("a\n" + std::string(400, ',')).back()[0], HasSubstr("t.csv:2:1: error: a row of more than 256"));
}

TEST(Kinds, AreFoundInOtherPeoplesWords) {
  EXPECT_EQ(kind_of("PLC"), "controller");
  EXPECT_EQ(kind_of("Engineering Workstation"), "engineering-workstation");
  EXPECT_EQ(kind_of("core-router"), "router");
  EXPECT_EQ(kind_of("HMI / Panel"), "operator-station");
  EXPECT_EQ(kind_of("access_switch"), "switch");
  EXPECT_EQ(kind_of("safety-controller 3"), "safety-controller");
  EXPECT_EQ(kind_of("flux capacitor"), "");
  EXPECT_EQ(kind_of(""), "");
}

TEST(ZoneNetworks, TheNarrowestCounts) {
  ZoneNetworks networks;
  networks.add(*IpNetwork::parse("10.0.0.0/8"), 1);
  networks.add(*IpNetwork::parse("10.1.2.0/23"), 2);
  networks.add(*IpNetwork::parse("fd00::/64"), 3);
  EXPECT_EQ(networks.find(*IpAddress::parse("10.1.3.4")), 2u);
  EXPECT_EQ(networks.find(*IpAddress::parse("10.1.4.4")), 1u);
  EXPECT_EQ(networks.find(*IpAddress::parse("11.1.4.4")), kNone);
  EXPECT_EQ(networks.find(*IpAddress::parse("fd00::9")), 3u);
}

TEST(Import, ATableBecomesAPlantThatLoads) {
  const Intended intended = from(
      "Hostname,Role,Zone,IP Address,MAC,Manufacturer,Type,Firmware Version,Serial Number,Unit,Owner\n"
      "PLC 1,PLC,Control,10.1.0.20,,Siemens,6ES7 315,3.2,S 1,,\"J. Koch\n#: x\"\n"
      "meter,meter,Control,10.1.0.21,,Acme,,\"2.10\",,7,\n"
      "HMI,panel,Supervisory,10.2.0.5/24; 10.2.0.6,00:0e:8c:00:00:01,,,,,,\n"
      "Box,,,,00:0e:8c:00:00:02,,,,,,\n");
  EXPECT_THAT(said(intended), IsEmpty());
  const Plant plant = loaded(intended);
  EXPECT_EQ(plant.name, "A \"quoted\" plant");
  ASSERT_EQ(plant.assets.size(), 4u);
  const Asset& plc = plant.assets[plant.asset("plc-1")];
  EXPECT_EQ(plc.name, "PLC 1");
  EXPECT_EQ(plc.kind.value, "controller");
  EXPECT_EQ(plc.vendor, "Siemens");
  EXPECT_EQ(plc.model, "6ES7 315");
  EXPECT_EQ(plc.firmware, "3.2");
  EXPECT_EQ(plc.serial, "S 1");
  EXPECT_EQ(plant.zones[plc.zone].id.value, "control");
  EXPECT_EQ(plant.assets[plant.asset("meter")].at[0].unit, 7u);
  EXPECT_EQ(plant.assets[plant.asset("meter")].firmware, "2.10");
  const Asset& hmi = plant.assets[plant.asset("hmi")];
  ASSERT_EQ(hmi.at.size(), 2u);
  EXPECT_EQ(to_text(*hmi.at[1].ip), "10.2.0.6");
  EXPECT_EQ(plant.zones[plant.assets[plant.asset("box")].zone].id.value, "unassigned");
  EXPECT_EQ(plant.assets[plant.asset("box")].kind.value, "other");
  // What has no place in a plant stays readable.
  EXPECT_THAT(plant.text, HasSubstr("# Owner: J. Koch #: x"));
  EXPECT_THAT(plant.text, HasSubstr("# mac: 00:0e:8c:00:00:01"));
}

TEST(Import, ATableSaysEveryFaultWithLineAndColumn) {
  const Intended intended = from(
      "id,kind,ip,unit,mac\n"
      "a,controller,10.1.0.300,,\n"
      "b,gizmo,10.1.0.20,999,\n"
      "c,,,,zz\n"
      "d,,,3,\n"
      "e,,10.1.0.5,,,extra\n",
      "assets.csv");
  EXPECT_THAT(said(intended), ElementsAre("assets.csv:2:14: error: `10.1.0.300` is not an IP address",
                                          "assets.csv:3:3: warning: `gizmo` is no kind of asset; it becomes `other`",
                                          "assets.csv:3:19: error: `999` is no Modbus unit identifier",
                                          "assets.csv:4:6: error: `zz` is not a MAC address",
                                          "assets.csv:5:5: error: a unit without an address",
                                          "assets.csv:6:15: error: a cell without a column"));
  EXPECT_FALSE(intended.ok());
  EXPECT_THAT(said(from("what,ever\n1,2\n")), ElementsAre(HasSubstr("list:1:1: error: no column is")));
  EXPECT_THAT(said(from("")), ElementsAre(HasSubstr("error: no table")));
}

TEST(Import, IdsBecomeUniqueAndOneAddressOfTwoIsAFault) {
  const Intended intended = from("id,ip\nplc,10.1.0.1\nPLC,10.1.0.2\nplc,10.1.0.3\n");
  ASSERT_EQ(intended.assets.size(), 3u);
  EXPECT_EQ(intended.assets[1].id, "plc-2");
  EXPECT_EQ(intended.assets[2].id, "plc-3");
  EXPECT_EQ(loaded(intended).assets.size(), 3u);
  EXPECT_THAT(said(from("id,ip\na,10.1.0.1\nb,10.1.0.1\n")),
              ElementsAre("list:3:1: error: `b` has the address 10.1.0.1, as `a` has"));
  EXPECT_TRUE(from("id,ip,unit\na,10.1.0.1,\nb,10.1.0.1,7\nc,10.1.0.1,8\n").ok());
}

TEST(Import, OurOwnExportIsReadBackWithItsGuards) {
  const Intended intended = from(
      "id,kind,zone,name,vendor,model,firmware,serial,ip,mac,vlan,unit,link,station,state,packets_sent,kind_source\n"
      "asset-10-1-0-9,controller,,\"'=cmd()\",\"'-x\",,,,10.1.0.9,00:0e:8c:00:00:01,10,,,,unknown,99,inferred (low)\n");
  ASSERT_TRUE(intended.ok());
  const Plant plant = loaded(intended);
  EXPECT_EQ(plant.assets[0].name, "=cmd()");
  EXPECT_EQ(plant.assets[0].vendor, "-x");
  EXPECT_EQ(plant.assets[0].at[0].vlan, 10);
  EXPECT_THAT(plant.text, HasSubstr("# kind_source: inferred (low)"));
  EXPECT_EQ(plant.text.find("99"), std::string::npos) << "what was counted is no intention";
}

constexpr std::string_view kNetBox = R"({"devices": {"count": 2, "next": null, "results": [
  {"id": 1, "name": "plc-01", "device_type": {"model": "CPU 1511", "manufacturer": {"name": "Siemens", "slug": "siemens"}},
   "role": {"name": "PLC", "slug": "plc"}, "serial": "S-9", "asset_tag": "A7", "site": {"name": "Riverside"},
   "primary_ip": {"address": "10.1.0.20/24"}, "primary_ip4": {"address": "10.1.0.20/24"}, "primary_ip6": null,
   "status": {"value": "active", "label": "Active"}, "custom_fields": {"firmware": "V2.8", "zone": null, "owner": "K"}},
  {"id": 2, "name": "sw-1", "device_type": {"model": "X208"}, "device_role": {"name": "Access Switch"},
   "primary_ip4": {"address": "10.1.9.2/24"}, "custom_fields": {"zone": "Plant Floor"}}]},
 "virtual_machines": [{"name": "hist", "vcpus": 2, "role": {"name": "Historian"}, "primary_ip4": null, "cluster": {"name": "C1"}}],
 "prefixes": [
  {"prefix": "10.0.0.0/8", "status": {"value": "container"}},
  {"prefix": "10.1.0.0/16", "status": {"value": "active"}, "description": "everything"},
  {"prefix": "10.1.0.0/24", "vlan": {"vid": 101, "name": "Control"}, "status": {"value": "active"}}]})";

TEST(Import, NetBoxDevicesAndPrefixesBecomeAPlantThatLoads) {
  const Intended intended = from(kNetBox);
  ASSERT_TRUE(intended.ok()) << ::testing::PrintToString(said(intended));
  const Plant plant = loaded(intended);
  const Asset& plc = plant.assets[plant.asset("plc-01")];
  EXPECT_EQ(plc.kind.value, "controller");
  EXPECT_EQ(plc.vendor, "Siemens");
  EXPECT_EQ(plc.model, "CPU 1511");
  EXPECT_EQ(plc.firmware, "V2.8");
  EXPECT_EQ(plc.serial, "S-9");
  ASSERT_EQ(plc.at.size(), 1u);
  const Zone& control = plant.zones[plc.zone];
  EXPECT_EQ(control.id.value, "control");
  EXPECT_EQ(control.networks[0].vlan, 101);
  const Asset& sw = plant.assets[plant.asset("sw-1")];
  EXPECT_EQ(sw.kind.value, "switch");
  EXPECT_EQ(plant.zones[sw.zone].id.value, "plant-floor");
  EXPECT_EQ(plant.assets[plant.asset("hist")].kind.value, "historian");
  for (const char* kept :
       {"# site: Riverside", "# asset_tag: A7", "# owner: K", "# cluster: C1", "10.1.0.0/16 also holds"}) {
    EXPECT_THAT(plant.text, HasSubstr(kept));
  }
}

TEST(Import, FaultsOfJsonHaveLineAndColumnOrTheirPlaceInTheDocument) {
  EXPECT_THAT(said(from("[{\"device_type\": 1,\n  oops}]", "nb.json")),
              ElementsAre(HasSubstr("nb.json:2:3: error: no JSON")));
  EXPECT_THAT(said(from("[{\"prefix\": \"10.0.0.0/24\"}", "nb.json")), ElementsAre(HasSubstr("error: no JSON")));
  EXPECT_THAT(said(from("[] x", "nb.json")), ElementsAre(HasSubstr("error: text behind the end")));
  EXPECT_THAT(said(from("[]", "nb.json")), ElementsAre(HasSubstr("neither devices nor prefixes")));
  EXPECT_THAT(
      said(from(R"({"results": [{"device_type": {}, "primary_ip4": {"address": "10.1/24"}}, {"prefix": "x"}, 7, {}]})",
                "nb.json")),
      ElementsAre("nb.json: error: results[0].primary_ip4: `10.1/24` is not an IP address",
                  "nb.json: error: results[1].prefix: `x` is not a network",
                  "nb.json: error: results[2]: no object of NetBox",
                  "nb.json: error: results[3]: no device, virtual machine or prefix of NetBox"));
  EXPECT_FALSE(from(std::string(100, '[') + std::string(100, ']')).ok()) << "deeper than the limit";
  EXPECT_THAT(said(from(R"({"next": "http://n/?offset=50", "results": [{"prefix": "10.0.0.0/24"}]})")),
              ElementsAre(HasSubstr("warning: one page of several")));
}

TEST(Import, AnAddressInTheNetworkOfAnotherZoneIsDraftedThereAndSaid) {
  const Intended intended = from(R"([{"prefix": "10.1.0.0/24", "role": {"name": "Control"}},
      {"name": "x", "device_type": {}, "primary_ip4": {"address": "10.1.0.9/24"}, "custom_fields": {"zone": "Office"}}])");
  EXPECT_THAT(
      said(intended),
      ElementsAre(HasSubstr("warning: `x` says zone `office`, and its address lies in a network of `control`")));
  const Plant plant = loaded(intended);
  EXPECT_EQ(plant.zones[plant.assets[0].zone].id.value, "control");
}

TEST(Import, AdditionsAreToldAndThePlantsOwnWordStays) {
  const Plant plant = require(load_text(R"(rampart: 1
plant: Test
zones:
  - id: control
    target: 1
    networks: [10.1.0.0/24]
    assets:
      - {id: plc-1, kind: controller, at: [{ip: 10.1.0.20}], vendor: Siemens}
)",
                                        "plant.yaml"));
  const Intended intended = from(
      "id,kind,zone,ip,vendor\n"
      "plc-1,controller,control,10.1.0.20,Schneider\n"
      "plc-2,controller,elsewhere,10.1.0.21,\n"
      "hmi,hmi,control,10.7.0.1,\n"
      "far,server,office,10.9.0.1,\n");
  const std::string text = additions(intended, plant);
  EXPECT_THAT(text, HasSubstr("# New zones, to paste below `zones:`\n  - id: \"office\""));
  EXPECT_THAT(text, HasSubstr("# Zone control (line 4): to paste below its `assets:`\n      - id: \"plc-2\""));
  EXPECT_THAT(text, HasSubstr("# Its `networks:` lack \"10.7.0.1/32\""));
  EXPECT_THAT(text, HasSubstr("# plc-1 (line 8): vendor is \"Siemens\", the list says \"Schneider\""));
  EXPECT_EQ(text.find("- id: \"plc-1\""), std::string::npos);
  EXPECT_EQ(additions(from("id,ip\nplc-1,10.1.0.20\n"), plant), "");
}

}  // namespace
}  // namespace rampart::plant
