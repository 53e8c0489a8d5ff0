// The part of RecordFacts that reads traffic: operations, findings, flows, what devices tell and how they protect it.
#include <algorithm>

#include "assess/record_facts.h"
#include "assess/site.h"
#include "base/text.h"
#include "records/before.h"
#include "records/findings.h"
#include "standard/catalogue.h"

namespace rampart::assess {
namespace {

using protocols::Assurance;
using protocols::Attribute;
using protocols::Protection;
using records::Conversation;
using records::Side;

template <size_t Count>
bool among(uint16_t port, const uint16_t (&ports)[Count]) {
  return std::ranges::find(ports, port) != std::end(ports);
}
// Mail and chat and calls; of them, those that fetch; names, time, log-ins; screens and shells.
constexpr uint16_t kMessaging[] = {25, 110, 143, 465, 587, 993, 995, 5060, 5061, 5222, 5269, 6667};
constexpr uint16_t kFetching[] = {110, 143, 993, 995, 5222};
constexpr uint16_t kServices[] = {53, 88, 123, 389, 636, 3268};
constexpr uint16_t kSessions[] = {22, 23, 3389, 5900, 5901, 5902, 5938};
constexpr std::string_view kForPeople[] = {"http", "ftp", "telnet", "vnc", "ssh", "rdp", "smb"};
constexpr Duration kLongSession = std::chrono::hours(24);
constexpr size_t kMostUnknown = 10'000;

bool for_people(const Conversation& talk) {
  return talk.protocol.known() && std::ranges::find(kForPeople, talk.protocol.name()) != std::end(kForPeople);
}
const Side& side_of(const Conversation& talk, protocols::Direction asked) {
  return asked == protocols::Direction::to_server ? talk.server : talk.client;
}
/// plain_version leaves of a version what two ways of writing it share.
std::string plain_version(std::string_view text) {
  std::string out = lower(trim(text));
  if (!out.empty() && out[0] == 'v') out.erase(0, 1);
  std::erase(out, ' ');
  return out;
}
bool says_same(std::string_view told, std::string_view intended) {
  const std::string one = lower(trim(told)), other = lower(trim(intended));
  return one.find(other) != std::string::npos || other.find(one) != std::string::npos;
}

}  // namespace

void RecordFacts::heard(const Conversation& talk, const Seen& seen) {
  static const FactKind kHeard = fact_kind("asset-heard");
  of_asset(kHeard, talk.client.asset, true, seen);
  of_asset(kHeard, talk.server.asset, true, seen);
}

void RecordFacts::unit_heard(const Conversation& talk, const protocols::Operation& operation, const Seen& seen) {
  static const FactKind kHeard = fact_kind("asset-heard");
  if (units_.empty() || operation.object.unit == protocols::Object::kNoUnit || !talk.server.ip) return;
  const auto found = units_.find({*talk.server.ip, operation.object.unit});
  if (found != units_.end()) say(kHeard, {Scope::Kind::asset, found->second}, true, seen);
}

/// crossing says what a conversation between two zones, or with somebody of no zone, shows of both.
void RecordFacts::crossing(const Conversation& talk, const Seen& seen) {
  static const FactKind kBoundary = fact_kind("no-boundary"), kUntrusted = fact_kind("no-untrusted-access"),
                        kHeard = fact_kind("conduit-heard");
  if (talk.client.zone == talk.server.zone) return;
  of_zone(kBoundary, talk.client.zone, false, seen);
  of_zone(kBoundary, talk.server.zone, false, seen);
  if (talk.client.zone.empty() && talk.client.ip) of_zone(kUntrusted, talk.server.zone, false, seen);
  of_conduit(kHeard, conduit_between(talk.client.zone, talk.server.zone), true, seen);
}

void RecordFacts::operation(const Conversation* talk, const protocols::Operation* operation,
                            const records::Verdict& verdict, const protocols::Outcome& outcome, const Seen& seen) {
  static const FactKind kKept = fact_kind("rules-kept"), kChanges = fact_kind("changes-recorded"),
                        kConduit = fact_kind("conduit-heard"), kOpenRecord = fact_kind("values-kept");
  if (talk == nullptr) return;
  heard(*talk, seen);
  if (operation != nullptr) unit_heard(*talk, *operation, seen);
  crossing(*talk, seen);
  std::string_view conduit = verdict.conduit;
  if (conduit.empty()) conduit = conduit_between(talk->client.zone, talk->server.zone);
  of_conduit(kConduit, conduit, true, seen);
  // Where the journal has the reads of a conduit it would have the changes: it keeps those one by one. A gateway says
  // so itself, as evidence that ends with it.
  if (!guards_) of_conduit(kChanges, conduit, true, seen);
  const bool crosses = talk->client.zone != talk->server.zone;
  if (crosses && verdict.kind != records::Verdict::Kind::none) {
    tally_.crossed += seen.count;
    if (verdict.kind == records::Verdict::Kind::allowed) tally_.crossed_allowed += seen.count;
  }
  if (verdict.kind == records::Verdict::Kind::allowed) {
    of_conduit(kKept, conduit, true, seen);
    of_conduit(kOpenRecord, conduit, true, seen);
  }
  if (verdict.kind == records::Verdict::Kind::denied) denied(*talk, operation, verdict, outcome, conduit, seen);
}

void RecordFacts::denied(const Conversation& talk, const protocols::Operation* operation,
                         const records::Verdict& verdict, const protocols::Outcome& outcome, std::string_view conduit,
                         const Seen& seen) {
  static const FactKind kKept = fact_kind("rules-kept"), kBoundary = fact_kind("boundary-kept"),
                        kClients = fact_kind("clients-known"), kValues = fact_kind("values-kept"),
                        kLoad = fact_kind("load-kept"), kLogic = fact_kind("logic-kept");
  using protocols::Action;
  const std::string_view reason = verdict.reason;
  if (!conduit.empty()) tally_.denied[std::string(conduit)] += seen.count;
  if (outcome.name == records::kByGateway) {  // nothing crossed; that somebody asked stays so
    if (reason == "unknown_client" || reason == "unknown_asset") of_zone(kClients, talk.server.zone, false, seen);
    return;
  }
  if (reason == "no_conduit") {
    of_zone(kBoundary, talk.client.zone, false, seen);
    of_zone(kBoundary, talk.server.zone, false, seen);
  } else if (reason == "unknown_client" || reason == "unknown_asset") {
    // Who is in no network of the plant came by a way that it does not have.
    if (reason == "unknown_client") of_zone(kBoundary, talk.server.zone, false, seen);
    of_zone(kClients, talk.server.zone, false, seen);
    of_conduit(kKept, conduit, false, seen);
  } else if (reason == "value_out_of_range" || reason == "step_too_large") {
    of_conduit(kValues, conduit, false, seen);
    of_conduit(kKept, conduit, false, seen);
  } else if (reason == "rate_exceeded") {
    of_zone(kLoad, talk.server.zone, false, seen);
    of_conduit(kKept, conduit, false, seen);
  } else {
    of_conduit(kKept, conduit, false, seen);
  }
  if (operation == nullptr) return;
  const Action action = operation->action;
  const bool logic = action == Action::program || action == Action::firmware || action == Action::stop;
  if (logic) of_zone(kLogic, talk.server.zone, false, seen);
}

void RecordFacts::read(const records::Transaction& transaction, Seen seen) {
  if (records::recorded_before(transaction)) return;  // it is counted by what became of it
  seen.packet = transaction.asked_packet;
  operation(transaction.conversation, transaction.operation, transaction.verdict, transaction.outcome, seen);
}
void RecordFacts::read(const records::ReadSummary& summary, Seen seen) {
  seen.first = summary.first;
  seen.last = summary.last;
  seen.count = summary.count;
  operation(summary.conversation, summary.operation, summary.verdict, {}, seen);
}
void RecordFacts::read(const records::Repeats& repeats, Seen seen) {
  seen.first = repeats.first;
  seen.last = repeats.last;
  seen.count = repeats.count;
  operation(repeats.conversation, repeats.operation, repeats.verdict, repeats.outcome, seen);
}

void RecordFacts::read(const records::Finding& finding, Seen seen) {
  if (const standard::Technique* technique = standard::find_technique(finding.technique)) {
    TechniqueSeen& known = tally_.techniques[technique->id];
    if (known.findings == 0) known.first = finding.when;
    known.findings += std::max<uint64_t>(finding.count, 1);
    known.last = std::max(known.last, finding.when);
  }
  // Of which part of the plant a finding speaks against which fact. Where verdicts say the same, both count once.
  enum class Of : uint8_t { zone, both_zones, client_zone, conduit, asset, plant };
  struct Row {
    std::string_view id, fact;
    Of of;
  };
  static constexpr Row kRows[] = {
      {"no-rule", "rules-kept", Of::conduit},
      {"traffic-no-rule", "rules-kept", Of::conduit},
      {"traffic-no-rule", "services-needed", Of::asset},
      {"outside-calendar", "rules-kept", Of::conduit},
      {"role-missing", "rules-kept", Of::conduit},
      {"approval-missing", "rules-kept", Of::conduit},
      {"no-conduit", "boundary-kept", Of::both_zones},
      {"traffic-no-conduit", "boundary-kept", Of::both_zones},
      {"unknown-client", "clients-known", Of::zone},
      {"unknown-client", "boundary-kept", Of::zone},
      {"unknown-server", "devices-known", Of::client_zone},
      {"value-out-of-range", "values-kept", Of::conduit},
      {"step-too-large", "values-kept", Of::conduit},
      {"rate-exceeded", "load-kept", Of::zone},
      {"malformed", "messages-wellformed", Of::zone},
      {"malformed", "device-messages-wellformed", Of::asset},
      {"protocol-on-other-port", "services-needed", Of::asset},
      {"other-protocol-on-port", "services-needed", Of::asset},
      {"unknown-asset", "devices-known", Of::both_zones},
      {"changed-asset", "device-as-intended", Of::asset},
      {"new-master", "masters-foreseen", Of::zone},
      {"write-burst", "load-kept", Of::zone},
      {"write-burst", "load-caused-none", Of::client_zone},
      {"flood", "load-kept", Of::zone},
      {"flood", "load-caused-none", Of::client_zone},
      {"scan-functions", "messages-wellformed", Of::zone},
      {"scan-units", "messages-wellformed", Of::zone},
      {"scan-objects", "messages-wellformed", Of::zone},
      {"scan-hosts", "masters-foreseen", Of::zone},
      {"scan-ports", "masters-foreseen", Of::zone},
      {"one-sided", "monitor-lossless", Of::plant},
      {"duplicate-address", "addresses-stable", Of::zone},
      {"address-moved", "addresses-stable", Of::zone},
      {"plain-credentials", "credentials-covered", Of::both_zones},
      {"plain-credentials", "device-covers-credentials", Of::asset},
      {"outdated-protocol", "crypto-current", Of::both_zones},
      {"outdated-protocol", "device-crypto-current", Of::asset},
      {"certificate-expired", "certificates-valid", Of::both_zones},
  };
  if (finding.id == records::kinds::kContradicted.id && tally_.contradicted.size() < kMostUnknown) {
    tally_.contradicted.insert(std::string(finding.reason));
  }
  const Conversation* talk = finding.conversation;
  seen.packet = finding.packet;
  seen.count = finding.count;
  seen.text = finding.message;
  if (talk != nullptr) heard(*talk, seen);
  // Of an operation at a gateway its transaction tells the same, and whether it passed.
  const bool told = guards_ && finding.operation != nullptr;
  for (const Row& row : kRows) {
    if (told || row.id != finding.id) continue;
    const FactKind kind = fact_kind(row.fact);
    if (row.of == Of::plant) say(kind, {Scope::Kind::plant, 0}, false, seen);
    if (row.of == Of::conduit) of_conduit(kind, finding.conduit, false, seen);
    if (row.of == Of::zone || (row.of == Of::both_zones && talk == nullptr)) of_zone(kind, finding.zone, false, seen);
    if (talk == nullptr) continue;
    if (row.of == Of::asset) of_asset(kind, side_of(*talk, finding.asked).asset, false, seen);
    if (row.of == Of::both_zones || row.of == Of::client_zone) of_zone(kind, talk->client.zone, false, seen);
    if (row.of == Of::both_zones && talk->server.zone != talk->client.zone)
      of_zone(kind, talk->server.zone, false, seen);
  }
  if (finding.id != "unknown-asset" || talk == nullptr || tally_.unknown_addresses.size() >= kMostUnknown) return;
  const Side& side = finding.asked == protocols::Direction::to_server ? talk->client : talk->server;
  if (!side.ip) return;
  const std::string address = to_text(*side.ip);
  const auto at = std::ranges::lower_bound(tally_.unknown_addresses, address);
  if (at == tally_.unknown_addresses.end() || *at != address) tally_.unknown_addresses.insert(at, address);
}

void RecordFacts::read(const records::AssetSeen& asset, Seen seen) {
  static const FactKind kHeard = fact_kind("asset-heard"), kIntended = fact_kind("device-as-intended"),
                        kClock = fact_kind("clock-fed"), kWireless = fact_kind("no-wireless");
  seen.packet = asset.packet;
  of_asset(kHeard, asset.side.asset, true, seen);
  const Attribute* attribute = asset.attribute;
  if (attribute == nullptr || attribute->about_ip || attribute->about_mac) return;
  seen.text = attribute->text;
  if (attribute->kind == Attribute::Kind::role) {
    const std::string role = lower(attribute->text);
    const bool radio = role.find("wlan") != std::string::npos || role.find("access point") != std::string::npos;
    if (radio) of_zone(kWireless, asset.side.zone, false, seen);
  }
  const Index index = asset.side.asset.empty() ? kNone : plant_.asset(asset.side.asset);
  if (index == kNone) return;
  const plant::Asset& intended = plant_.assets[index];
  const Scope scope{Scope::Kind::asset, index};
  if (attribute->kind == Attribute::Kind::clock) {
    say(kClock, scope, attribute->text.find("not synchron") == std::string_view::npos, seen);
  }
  if (attribute->unit != protocols::Object::kNoUnit) return;  // of a module behind it
  if (attribute->kind == Attribute::Kind::vendor && !intended.vendor.empty()) {
    if (says_same(attribute->text, intended.vendor)) say(kIntended, scope, true, seen);
  } else if (attribute->kind == Attribute::Kind::firmware && !intended.firmware.empty()) {
    say(kIntended, scope, plain_version(attribute->text) == plain_version(intended.firmware), seen);
  } else if (attribute->kind == Attribute::Kind::model || attribute->kind == Attribute::Kind::order_number) {
    if (!intended.model.empty() && says_same(attribute->text, intended.model)) say(kIntended, scope, true, seen);
  }
}

void RecordFacts::read(const records::Flow& flow, Seen seen) {
  static const FactKind kEncrypted = fact_kind("traffic-encrypted"), kProves = fact_kind("traffic-authenticated"),
                        kIn = fact_kind("messaging-unseen"), kOut = fact_kind("messaging-unseen-out"),
                        kInside = fact_kind("services-inside"), kShort = fact_kind("sessions-short"),
                        kClock = fact_kind("clock-fed"), kDeviceEncrypts = fact_kind("device-encrypts"),
                        kDeviceProves = fact_kind("device-authenticates");
  const Conversation* talk = flow.conversation;
  const uint64_t octets = flow.octets[0] + flow.octets[1];
  if (talk == nullptr || octets == 0) return;
  seen.first = flow.first;
  seen.last = flow.last;
  seen.packet = flow.first_packet;
  heard(*talk, seen);
  crossing(*talk, seen);
  const uint16_t port = talk->server.port;
  const bool apart = talk->client.zone != talk->server.zone;
  if (apart && among(port, kMessaging)) {
    of_zone(kIn, talk->server.zone, false, seen);
    of_zone(kOut, talk->client.zone, false, seen);
    if (among(port, kFetching)) of_zone(kIn, talk->client.zone, false, seen);
  }
  if (among(port, kServices)) {
    const Index zone = talk->server.zone.empty() ? kNone : plant_.zone(talk->server.zone);
    if (zone == kNone || outside_control(plant_.zones[zone])) of_zone(kInside, talk->client.zone, false, seen);
  }
  if (port == 123 && flow.packets[1] > 0) of_asset(kClock, talk->client.asset, true, seen);
  if (among(port, kSessions) && flow.last - flow.first > kLongSession) {
    of_zone(kShort, talk->server.zone, false, seen);
  }
  const std::string_view conduit = conduit_between(talk->client.zone, talk->server.zone);
  if (!conduit.empty()) {
    auto& counts = tally_.encrypted[std::string(conduit)];
    counts[0] += flow.encrypted == Assurance::yes ? octets : 0;
    counts[1] += octets;
    Seen part = seen;
    part.share = static_cast<float>(static_cast<double>(counts[0]) / static_cast<double>(counts[1]));
    if (flow.encrypted != Assurance::unknown) of_conduit(kEncrypted, conduit, flow.encrypted == Assurance::yes, part);
    if (flow.authenticated != Assurance::unknown) {
      of_conduit(kProves, conduit, flow.authenticated == Assurance::yes, seen);
    }
  }
  if (flow.encrypted != Assurance::unknown) {
    of_asset(kDeviceEncrypts, talk->server.asset, flow.encrypted == Assurance::yes, seen);
  }
  if (flow.authenticated != Assurance::unknown) {
    of_asset(kDeviceProves, talk->server.asset, flow.authenticated == Assurance::yes, seen);
  }
}

void RecordFacts::read(const records::ProtectionSeen& shown, Seen seen) {
  static const FactKind kPki = fact_kind("no-pki"), kValid = fact_kind("certificates-valid"),
                        kKeys = fact_kind("keys-sized"), kPrivate = fact_kind("private-covered"),
                        kEntries = fact_kind("entries-authenticated"), kCovered = fact_kind("credentials-covered"),
                        kCrypto = fact_kind("crypto-current"), kDeviceCovers = fact_kind("device-covers-credentials"),
                        kDeviceCrypto = fact_kind("device-crypto-current");
  const Conversation* talk = shown.conversation;
  if (talk == nullptr) return;
  seen.packet = shown.packet;
  seen.text = shown.protection.method;
  heard(*talk, seen);
  const auto both = [&](FactKind kind, bool holds) {
    of_zone(kind, talk->client.zone, holds, seen);
    if (talk->client.zone != talk->server.zone) of_zone(kind, talk->server.zone, holds, seen);
  };
  const Protection& protection = shown.protection;
  switch (protection.kind) {
    case Protection::Kind::encrypted:
    case Protection::Kind::authenticated:
      break;
    case Protection::Kind::unencrypted:
      if (for_people(*talk)) both(kPrivate, false);
      break;
    case Protection::Kind::unauthenticated:
      if (for_people(*talk)) of_zone(kEntries, talk->server.zone, false, seen);
      break;
    case Protection::Kind::plain_credentials:
      both(kCovered, false);
      of_asset(kDeviceCovers, talk->server.asset, false, seen);
      break;
    case Protection::Kind::outdated:
      both(kCrypto, false);
      of_asset(kDeviceCrypto, talk->server.asset, false, seen);
      break;
    case Protection::Kind::certificate: {
      both(kPki, false);
      const bool in_time = protection.not_before <= seen.last && seen.last < protection.not_after;
      if (in_time) seen.until = protection.not_after;
      both(kValid, in_time);
      seen.until.reset();
      const bool curve = protection.method.starts_with("EC") || protection.method.starts_with("Ed");
      if (protection.key_bits != 0) both(kKeys, protection.key_bits >= (curve ? 224u : 2048u));
      break;
    }
  }
}

}  // namespace rampart::assess
