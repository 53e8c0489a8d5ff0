#include "plant/keys.h"

namespace rampart::plant {

namespace {

constexpr bool kRequired = true;

constexpr Key kPlant[] = {{"rampart", kRequired},
                          {"plant", kRequired},
                          {"tolerable-risk"},
                          {"roles"},
                          {"essential-functions"},
                          {"zones", kRequired},
                          {"conduits"},
                          {"calendars"},
                          {"findings"},
                          {"suppress"},
                          {"gateways"}};
constexpr Key kRole[] = {{"may", kRequired}, {"factors"}};
constexpr Key kFunction[] = {{"id", kRequired}, {"name"}, {"consequence"}};
constexpr Key kConsequence[] = {{"safety"}, {"environment"}, {"production"}};
constexpr Key kZone[] = {{"id", kRequired}, {"name"},     {"level"},     {"safety"},
                         {"target"},        {"networks"}, {"inventory"}, {"assets"}};
constexpr Key kNetwork[] = {{"cidr", kRequired}, {"vlan"}, {"seen-by"}};
constexpr Key kInventory[] = {{"complete"}, {"reviewed"}, {"by"}};
constexpr Key kAsset[] = {{"id", kRequired}, {"kind", kRequired}, {"name"},      {"at"},        {"vendor"},
                          {"model"},         {"firmware"},        {"serial"},    {"essential"}, {"connected"},
                          {"wireless"},      {"points"},          {"deviations"}};
constexpr Key kLocation[] = {{"ip"}, {"mac"}, {"vlan"}, {"unit"}, {"link"}, {"route"}, {"name"}};
constexpr Key kPoint[] = {{"id", kRequired}, {"object", kRequired},
                          {"type"},          {"byte-order"},
                          {"unit"},          {"scale"},
                          {"offset"},        {"range"},
                          {"step"},          {"safe"}};
constexpr Key kConduit[] = {{"id", kRequired}, {"name"},    {"joins", kRequired}, {"target"},  {"guard"},
                            {"mode"},          {"on-deny"}, {"on-failure"},       {"protect"}, {"rules"}};
constexpr Key kRule[] = {{"id", kRequired},
                         {"allow", kRequired},
                         {"protocol", kRequired},
                         {"from", kRequired},
                         {"to", kRequired},
                         {"points"},
                         {"objects"},
                         {"functions"},
                         {"ports"},
                         {"rate"},
                         {"role"},
                         {"approvals"},
                         {"during"},
                         {"essential"},
                         {"reviewed"},
                         {"unknown"},
                         {"mode"},
                         {"journal"}};
constexpr Key kCalendar[] = {{"days", kRequired}, {"from"}, {"to"}, {"zone"}};
constexpr Key kFinding[] = {{"id", kRequired}, {"threshold"}, {"learn"}};
constexpr Key kSuppression[] = {
    {"finding", kRequired}, {"asset"},        {"zone"}, {"conduit"}, {"from"}, {"to"}, {"until", kRequired},
    {"reason", kRequired},  {"by", kRequired}};
constexpr Key kGateway[] = {{"id", kRequired}, {"stands"}, {"interfaces"}, {"unnamed"},
                            {"serves"},        {"limits"}, {"wire"},       {"grace"}};
constexpr Key kServe[] = {{"to", kRequired}, {"protocol", kRequired},
                          {"transport"},     {"at"},
                          {"port"},          {"server-port"},
                          {"sessions"},      {"kept"},
                          {"tls"},           {"serial"}};
constexpr Key kSerialLine[] = {{"device", kRequired}, {"baud"}, {"parity"}, {"stop-bits"}};
constexpr Key kWire[] = {{"at", kRequired}, {"port"}, {"oldest"}};
constexpr Key kGatewayLimit[] = {{"connections"}, {"each-client"}, {"half-open"}, {"buffers"}};
constexpr Key kTarget[] = {{"IAC"}, {"UC"}, {"SI"}, {"DC"}, {"RDF"}, {"TRE"}, {"RA"}};

constexpr std::string_view kKindWords[] = {"controller",
                                           "remote-io",
                                           "sensor",
                                           "actuator",
                                           "drive",
                                           "robot",
                                           "relay",
                                           "meter",
                                           "safety-controller",
                                           "remote-terminal-unit",
                                           "operator-station",
                                           "scada-server",
                                           "engineering-workstation",
                                           "historian",
                                           "server",
                                           "workstation",
                                           "virtual-host",
                                           "switch",
                                           "router",
                                           "firewall",
                                           "gateway",
                                           "data-diode",
                                           "wireless-access-point",
                                           "time-server",
                                           "jump-host",
                                           "iiot-device",
                                           "mobile",
                                           "camera",
                                           "printer",
                                           "other"};
constexpr std::string_view kPermissionWords[] = {"watch",   "acknowledge", "lease", "rehearse",
                                                 "approve", "override",    "verify"};
constexpr std::string_view kRiskWords[] = {"very-low", "low", "medium", "high", "very-high"};
constexpr std::string_view kConnectedWords[] = {"permanently", "temporarily", "externally"};
constexpr std::string_view kByteOrderWords[] = {"big", "little", "word-swapped", "byte-swapped"};
constexpr std::string_view kModeWords[] = {"learn", "test", "enforce"};
constexpr std::string_view kOnDenyWords[] = {"exception", "ignore", "reset"};
constexpr std::string_view kOnFailureWords[] = {"close", "open", "island"};
constexpr std::string_view kProtectWords[] = {"none", "mutual-tls"};
constexpr std::string_view kUnknownWords[] = {"deny", "allow"};
constexpr std::string_view kJournalWords[] = {"after", "before"};
constexpr std::string_view kDayWords[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr std::string_view kStandsWords[] = {"addressed", "transparent", "bridged"};
constexpr std::string_view kUnnamedWords[] = {"drop", "pass"};
constexpr std::string_view kParityWords[] = {"none", "even", "odd"};
constexpr std::string_view kTlsVersionWords[] = {"tls-1.2", "tls-1.3"};
constexpr std::string_view kTlsSideWords[] = {"none", "clients", "server", "both"};
constexpr std::string_view kTransportWords[] = {"tcp", "udp"};
constexpr std::string_view kRequirementWords[] = {"IAC", "UC", "SI", "DC", "RDF", "TRE", "RA"};

}  // namespace

const KeyTable kPlantKeys{"plant", "a plant", kPlant};
const KeyTable kRoleKeys{"role", "a role", kRole};
const KeyTable kFunctionKeys{"essential-function", "an essential function", kFunction};
const KeyTable kConsequenceKeys{"consequence", "a consequence", kConsequence};
const KeyTable kZoneKeys{"zone", "a zone", kZone};
const KeyTable kNetworkKeys{"network", "a network", kNetwork};
const KeyTable kInventoryKeys{"inventory", "an inventory", kInventory};
const KeyTable kAssetKeys{"asset", "an asset", kAsset};
const KeyTable kLocationKeys{"location", "a place in `at`", kLocation};
const KeyTable kPointKeys{"point", "a point", kPoint};
const KeyTable kConduitKeys{"conduit", "a conduit", kConduit};
const KeyTable kRuleKeys{"rule", "a rule", kRule};
const KeyTable kCalendarKeys{"calendar", "a calendar", kCalendar};
const KeyTable kFindingKeys{"finding-setting", "a setting of a finding", kFinding};
const KeyTable kSuppressionKeys{"suppression", "a suppression", kSuppression};
const KeyTable kGatewayKeys{"gateway", "a gateway", kGateway};
const KeyTable kServeKeys{"serve", "what a gateway serves", kServe};
const KeyTable kGatewayLimitKeys{"gateway-limits", "limits of a gateway", kGatewayLimit};
const KeyTable kSerialLineKeys{"serial-line", "a serial line", kSerialLine};
const KeyTable kWireKeys{"wire", "the end of a wire", kWire};
const KeyTable kTargetKeys{"target-levels", "a target", kTarget};

const WordTable kAssetKinds{"asset-kind", "a kind of asset", kKindWords};
const WordTable kPermissions{"permission", "a permission", kPermissionWords};
const WordTable kRisks{"risk", "a class of risk", kRiskWords};
const WordTable kConnected{"connected", "a way of being connected", kConnectedWords};
const WordTable kByteOrders{"byte-order", "a byte order", kByteOrderWords};
const WordTable kModes{"mode", "a mode", kModeWords};
const WordTable kOnDeny{"on-deny", "an answer to what is denied", kOnDenyWords};
const WordTable kOnFailure{"on-failure", "a way to fail", kOnFailureWords};
const WordTable kProtect{"protect", "a protection", kProtectWords};
const WordTable kUnknown{"unknown", "a way with unknown values", kUnknownWords};
const WordTable kJournal{"journal", "a time of journalling", kJournalWords};
const WordTable kDays{"day", "a day of the week", kDayWords};
const WordTable kStands{"stands", "a way of standing", kStandsWords};
const WordTable kUnnamed{"unnamed", "what becomes of the rest", kUnnamedWords};
const WordTable kTransports{"transport", "a transport", kTransportWords};
const WordTable kParities{"parity", "a parity", kParityWords};
const WordTable kTlsVersions{"tls-version", "a version of TLS", kTlsVersionWords};
const WordTable kTlsSides{"tls-side", "a side for TLS", kTlsSideWords};
const WordTable kRequirements{"foundational-requirement", "a foundational requirement", kRequirementWords};

std::span<const KeyTable* const> keys() {
  static constexpr const KeyTable* kAll[] = {
      &kPlantKeys,      &kRoleKeys,    &kFunctionKeys,    &kConsequenceKeys, &kZoneKeys,    &kNetworkKeys,
      &kInventoryKeys,  &kAssetKeys,   &kLocationKeys,    &kPointKeys,       &kConduitKeys, &kRuleKeys,
      &kCalendarKeys,   &kFindingKeys, &kSuppressionKeys, &kGatewayKeys,     &kServeKeys,   &kGatewayLimitKeys,
      &kSerialLineKeys, &kWireKeys,    &kTargetKeys};
  return kAll;
}

std::span<const WordTable* const> words() {
  static constexpr const WordTable* kAll[] = {&kAssetKinds, &kPermissions, &kRisks,     &kConnected,   &kByteOrders,
                                              &kModes,      &kOnDeny,      &kOnFailure, &kProtect,     &kUnknown,
                                              &kJournal,    &kDays,        &kStands,    &kUnnamed,     &kTransports,
                                              &kParities,   &kTlsVersions, &kTlsSides,  &kRequirements};
  return kAll;
}

std::string_view synonym(std::string_view word) {
  struct Synonym {
    std::string_view word, listed;
  };
  static constexpr Synonym kSynonyms[] = {{"plc", "controller"},
                                          {"pac", "controller"},
                                          {"dcs", "controller"},
                                          {"ied", "relay"},
                                          {"rtu", "remote-terminal-unit"},
                                          {"hmi", "operator-station"},
                                          {"operator", "operator-station"},
                                          {"panel", "operator-station"},
                                          {"scada", "scada-server"},
                                          {"ews", "engineering-workstation"},
                                          {"engineering", "engineering-workstation"},
                                          {"engineering-station", "engineering-workstation"},
                                          {"sis", "safety-controller"},
                                          {"safety-plc", "safety-controller"},
                                          {"io", "remote-io"},
                                          {"rio", "remote-io"},
                                          {"vfd", "drive"},
                                          {"inverter", "drive"},
                                          {"valve", "actuator"},
                                          {"pump", "actuator"},
                                          {"pc", "workstation"},
                                          {"laptop", "workstation"},
                                          {"ap", "wireless-access-point"},
                                          {"wifi", "wireless-access-point"},
                                          {"ntp", "time-server"},
                                          {"diode", "data-diode"},
                                          {"transmitter", "sensor"},
                                          {"instrument", "sensor"},
                                          {"always", "enforce"},
                                          {"drop", "ignore"},
                                          {"tls", "mutual-tls"},
                                          {"mtls", "mutual-tls"},
                                          {"cdab", "word-swapped"},
                                          {"badc", "byte-swapped"},
                                          {"dcba", "little"},
                                          {"abcd", "big"}};
  for (const Synonym& synonym : kSynonyms) {
    if (synonym.word == word) return synonym.listed;
  }
  return {};
}

}  // namespace rampart::plant
