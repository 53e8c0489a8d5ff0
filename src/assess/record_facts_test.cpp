// Story: a journal tells what happened; facts are what that means for a level. Memory must not grow with the journal.
#include "assess/record_facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>

#include "assess/testing.h"

namespace rampart::assess {
namespace {

using namespace testing;
using records::Verdict;

/// Teller makes records, stores them and reads them back, as a journal would.
class Teller : public ::testing::Test {
 protected:
  Teller() {
    talk_.transport = records::Transport::tcp;
    talk_.client = {.ip = IpAddress::parse("10.1.0.11"), .mac = {}, .port = 40'000, .asset = "hmi", .zone = "upper"};
    talk_.server = {.ip = IpAddress::parse("10.2.0.10"), .mac = {}, .port = 502, .asset = "plc", .zone = "lower"};
    operation_.action = protocols::Action::write;
  }
  template <class Record>
  void tell(const Record& record, TimePoint written = kNow) {
    std::vector<uint8_t> bytes;
    records::append_cbor(bytes, record, written);
    facts_->take(records::Stored::decode(bytes).value(), number_++);
  }
  void ask(Verdict verdict, TimePoint when = kNow) {
    tell(records::Transaction{.conversation = &talk_,
                              .asked = protocols::Direction::to_server,
                              .asked_at = when,
                              .asked_packet = 7,
                              .operation = &operation_,
                              .verdict = verdict});
  }
  void find(std::string_view id, std::string_view conduit = "up-down") {
    tell(records::Finding{.when = kNow,
                          .packet = 9,
                          .id = id,
                          .message = "something",
                          .conversation = &talk_,
                          .asked = protocols::Direction::to_server,
                          .zone = "lower",
                          .conduit = conduit});
  }
  /// way says how a fact stands: 1 holds, -1 does not, 0 is not there; of all that the reader has told.
  int way(std::string_view word, Scope scope) {
    for (Fact& fact : facts_->take_changed(kNow)) all_.push_back(std::move(fact));
    int way = 0;
    for (const Fact& fact : all_) {
      if (fact.kind == fact_kind(word) && fact.scope == scope) way = way == -1 || !fact.holds ? -1 : 1;
    }
    return way;
  }
  const Fact& last(std::string_view word) {
    for (Fact& fact : facts_->take_changed(kNow)) all_.push_back(std::move(fact));
    const auto found =
        std::find_if(all_.rbegin(), all_.rend(), [&](const Fact& fact) { return fact.kind == fact_kind(word); });
    EXPECT_NE(found, all_.rend()) << word;
    return *found;
  }

  const plant::Plant plant_ = plant_of(kGood);
  std::optional<RecordFacts> facts_{std::in_place, plant_, 0u, "aa00"};
  std::vector<Fact> all_;
  uint64_t number_ = 1;
  records::Conversation talk_;
  protocols::Operation operation_;
  const Scope kPlant{Scope::Kind::plant, 0}, kJournal{Scope::Kind::journal, 0}, kUpper{Scope::Kind::zone, 0},
      kLower{Scope::Kind::zone, 1}, kConduit{Scope::Kind::conduit, 0}, kHmi{Scope::Kind::asset, 1},
      kPlc{Scope::Kind::asset, 2};
};

TEST_F(Teller, AllowedOperationsSayThatAssetsAndConduitWereHeardAndRulesKept) {
  ask({.kind = Verdict::Kind::allowed, .conduit = "up-down", .rule = "move"});
  EXPECT_EQ(way("asset-heard", kHmi), 1);
  EXPECT_EQ(way("asset-heard", kPlc), 1);
  EXPECT_EQ(way("conduit-heard", kConduit), 1);
  EXPECT_EQ(way("rules-kept", kConduit), 1);
  EXPECT_EQ(way("changes-recorded", kConduit), 1);
  EXPECT_EQ(way("no-boundary", kLower), -1);
  EXPECT_EQ(last("rules-kept").sources.back().number, 1u);
  EXPECT_EQ(last("rules-kept").sources.back().packet, 7u);
}

TEST_F(Teller, DenialsSpeakAgainstWhatTheyBreak) {
  const struct {
    std::string_view reason, fact;
    Scope scope;
  } kRows[] = {{"no_rule", "rules-kept", kConduit},
               {"no_conduit", "boundary-kept", kUpper},
               {"no_conduit", "boundary-kept", kLower},
               {"unknown_client", "clients-known", kLower},
               {"value_out_of_range", "values-kept", kConduit},
               {"step_too_large", "values-kept", kConduit},
               {"rate_exceeded", "load-kept", kLower}};
  for (const auto& row : kRows) {
    facts_.emplace(plant_, 0u, "aa00");
    all_.clear();
    EXPECT_EQ(way(row.fact, row.scope), 0);
    ask({.kind = Verdict::Kind::denied, .conduit = "up-down", .reason = row.reason});
    EXPECT_EQ(way(row.fact, row.scope), -1) << row.reason;
  }
}

TEST_F(Teller, AProgramThatNoRuleAllowsSpeaksAgainstTheLogic) {
  operation_.action = protocols::Action::program;
  ask({.kind = Verdict::Kind::allowed, .conduit = "up-down"});
  EXPECT_EQ(way("logic-kept", kLower), 0);
  ask({.kind = Verdict::Kind::denied, .conduit = "up-down", .reason = "no_rule"});
  EXPECT_EQ(way("logic-kept", kLower), -1);
}

TEST_F(Teller, FindingsSpeakAgainstTheFactThatTheyAreAbout) {
  const struct {
    std::string_view id, fact;
    Scope scope;
  } kRows[] = {{"traffic-no-rule", "services-needed", kPlc},
               {"malformed", "messages-wellformed", kLower},
               {"unknown-asset", "devices-known", kUpper},
               {"new-master", "masters-foreseen", kLower},
               {"flood", "load-kept", kLower},
               {"flood", "load-caused-none", kUpper},
               {"one-sided", "monitor-lossless", kPlant},
               {"duplicate-address", "addresses-stable", kLower},
               {"plain-credentials", "credentials-covered", kUpper},
               {"outdated-protocol", "crypto-current", kLower},
               {"certificate-expired", "certificates-valid", kLower},
               {"changed-asset", "device-as-intended", kPlc},
               {"scan-functions", "messages-wellformed", kLower},
               {"traffic-no-conduit", "boundary-kept", kLower}};
  for (const auto& row : kRows) {
    facts_.emplace(plant_, 0u, "aa00");
    all_.clear();
    find(row.id);
    EXPECT_EQ(way(row.fact, row.scope), -1) << row.id;
    EXPECT_EQ(last(row.fact).text, "something");
  }
}

TEST_F(Teller, AMonitorThatStoppedIsStoppedStillAsLongAsItDoesNotStart) {
  tell(records::Run{.kind = records::Run::Kind::start, .when = kNow - std::chrono::hours(5), .plant_sha256 = "aa00"},
       kNow - std::chrono::hours(5));
  EXPECT_EQ(way("monitor-running", kPlant), 1);
  EXPECT_EQ(way("plan-in-force", kPlant), 1);
  ask({.kind = Verdict::Kind::allowed, .conduit = "up-down"});
  EXPECT_EQ(last("monitor-running").time, kNow) << "what it writes says that it runs";
  tell(records::Run{.kind = records::Run::Kind::stop, .when = kNow});
  const auto changed = facts_->take_changed(kNow + std::chrono::hours(9));
  const auto stopped = std::ranges::find_if(
      changed, [](const Fact& fact) { return fact.kind == fact_kind("monitor-running") && !fact.holds; });
  ASSERT_NE(stopped, changed.end());
  EXPECT_EQ(stopped->time, kNow + std::chrono::hours(9));
}

TEST_F(Teller, AMonitorThatRunsForWeeksStillHasItsPlantAndItsLosslessness) {
  const TimePoint begun = kNow - std::chrono::days(60);
  tell(records::Run{.kind = records::Run::Kind::start, .when = begun, .plant_sha256 = "aa00"}, begun);
  ask({.kind = Verdict::Kind::allowed, .conduit = "up-down"});
  EXPECT_EQ(last("plan-in-force").time, kNow);
  EXPECT_EQ(last("plan-in-force").since, begun);
  EXPECT_EQ(last("plan-in-force").sources.size(), 1u) << "the run, not every record since";
  EXPECT_EQ(last("monitor-lossless").time, kNow);
}

TEST_F(Teller, AMonitorThatWasKilledIsNotRunningWhateverOthersWriteIntoItsJournal) {
  tell(records::Run{.kind = records::Run::Kind::start, .when = kNow - std::chrono::hours(9)},
       kNow - std::chrono::hours(9));
  tell(records::JournalRead{.when = kNow - std::chrono::hours(1), .what = "show"}, kNow - std::chrono::hours(1));
  EXPECT_EQ(last("monitor-running").time, kNow - std::chrono::hours(9)) << "by the inbox: nobody knows yet";
  tell(records::JournalEvent{.when = kNow, .event = "opened"});
  EXPECT_EQ(way("monitor-running", kPlant), -1);
  EXPECT_EQ(last("monitor-running").text, "it ended without a word");
}

TEST_F(Teller, AnotherPlantInForceIsSeen) {
  tell(records::PlantChange{.when = kNow, .person = "p-1", .after_sha256 = "bb11", .how = "loaded"});
  EXPECT_EQ(way("plan-in-force", kPlant), -1);
  EXPECT_EQ(way("acts-attributed", kPlant), 1);
}

TEST_F(Teller, FlowsTellProtectionMessagingServicesAndSessions) {
  records::Flow flow{.conversation = &talk_, .first = kNow - std::chrono::hours(30), .last = kNow, .first_packet = 3};
  flow.octets[0] = 100;
  flow.encrypted = protocols::Assurance::no;
  flow.authenticated = protocols::Assurance::yes;
  talk_.server.port = 3389;
  tell(flow);
  EXPECT_EQ(way("traffic-encrypted", kConduit), -1);
  EXPECT_EQ(way("traffic-authenticated", kConduit), 1);
  EXPECT_EQ(way("sessions-short", kLower), -1);
  EXPECT_EQ(way("device-authenticates", kPlc), 1);
  talk_.server.port = 25;
  tell(flow);
  EXPECT_EQ(way("messaging-unseen", kLower), -1);
  EXPECT_EQ(way("messaging-unseen-out", kUpper), -1);
  talk_.server = {.ip = IpAddress::parse("8.8.8.8"), .mac = {}, .port = 53, .asset = {}, .zone = {}};
  tell(flow);
  EXPECT_EQ(way("services-inside", kUpper), -1);
}

TEST_F(Teller, EncryptedTrafficCountsByItsShare) {
  records::Flow flow{.conversation = &talk_, .first = kNow, .last = kNow};
  flow.octets[0] = 300;
  tell(flow);  // shows neither way
  flow.octets[0] = 100;
  flow.encrypted = protocols::Assurance::yes;
  tell(flow);
  EXPECT_NEAR(last("traffic-encrypted").share, 0.25, 1e-6);
}

TEST_F(Teller, CertificatesTellTheirEndAndTheirKey) {
  records::ProtectionSeen shown{.when = kNow, .conversation = &talk_};
  shown.protection.kind = protocols::Protection::Kind::certificate;
  shown.protection.method = "RSA";
  shown.protection.key_bits = 1024;
  shown.protection.not_before = kNow - std::chrono::hours(1);
  shown.protection.not_after = kNow + std::chrono::hours(1);
  tell(shown);
  EXPECT_EQ(way("certificates-valid", kLower), 1);
  EXPECT_EQ(last("certificates-valid").until, shown.protection.not_after);
  EXPECT_EQ(way("keys-sized", kLower), -1);
  EXPECT_EQ(way("no-pki", kLower), -1);
  shown.protection.not_after = kNow;
  tell(shown);
  EXPECT_EQ(way("certificates-valid", kLower), -1);
}

TEST_F(Teller, DevicesTellWhatTheyAre) {
  protocols::Attribute attribute{.kind = protocols::Attribute::Kind::firmware, .text = "V1"};
  records::AssetSeen seen{.when = kNow, .side = talk_.server, .vlan = {}, .attribute = &attribute};
  tell(seen);
  EXPECT_EQ(way("device-as-intended", kPlc), 1) << "a leading V does not count";
  attribute.text = "2.0";
  tell(seen);
  EXPECT_EQ(way("device-as-intended", kPlc), -1);
  attribute = {.kind = protocols::Attribute::Kind::clock, .text = "stratum 2"};
  tell(seen);
  EXPECT_EQ(way("clock-fed", kPlc), 1);
  attribute = {.kind = protocols::Attribute::Kind::role, .text = "WLAN access point"};
  tell(seen);
  EXPECT_EQ(way("no-wireless", kLower), -1);
}

TEST_F(Teller, TheJournalTellsOfItself) {
  const auto event = [&](std::string_view what) { tell(records::JournalEvent{.when = kNow, .event = what}); };
  event("opened");
  EXPECT_EQ(way("journal-open", kJournal), 1);
  event("write-failed");
  EXPECT_EQ(way("journal-writes", kJournal), -1);
  event("damaged");
  EXPECT_EQ(way("journal-intact", kJournal), -1);
  event("backed-up");
  EXPECT_EQ(way("journal-backed-up", kJournal), 1);
  tell(records::JournalEvent{.when = kNow, .event = "clock-step", .step = -std::chrono::seconds(9)});
  EXPECT_EQ(way("clock-steady", kJournal), -1);
  tell(records::NotKept{.until = kNow, .kind = "flow", .reason = "quota"});
  EXPECT_EQ(way("journal-complete", kJournal), 0);
  tell(records::NotKept{.until = kNow, .kind = "finding", .reason = "quota"});
  EXPECT_EQ(way("journal-complete", kJournal), -1);
  tell(records::JournalRead{.when = kNow, .what = "export cef"});
  EXPECT_EQ(way("journal-reads-told", kJournal), 1);
  EXPECT_EQ(way("journal-exported", kJournal), 1);
  tell(records::Loss{.when = kNow, .kind = "gap", .count = 9});
  EXPECT_EQ(way("monitor-lossless", kPlant), 0);
  tell(records::Loss{.when = kNow, .kind = "kernel-drop", .count = 9});
  EXPECT_EQ(way("monitor-lossless", kPlant), -1);
}

TEST_F(Teller, ReportsAndTechniquesAreRemembered) {
  EXPECT_FALSE(facts_->tally().reported);
  tell(records::JournalRead{.when = kNow - std::chrono::hours(2), .what = kReportReading});
  tell(records::JournalRead{.when = kNow, .what = "levels"});
  EXPECT_EQ(facts_->tally().reported, kNow - std::chrono::hours(2)) << "only a report counts as one";
  tell(records::Finding{.when = kNow - std::chrono::hours(1), .technique = "T0855"});
  tell(records::Finding{.when = kNow, .technique = "T0855", .count = 4});
  tell(records::Finding{.when = kNow, .technique = "T9999"});
  ASSERT_EQ(facts_->tally().techniques.size(), 1u) << "what the catalogue lacks is passed over";
  const TechniqueSeen& seen = facts_->tally().techniques.at("T0855");
  EXPECT_EQ(seen.findings, 5u);
  EXPECT_EQ(seen.first, kNow - std::chrono::hours(1));
  EXPECT_EQ(seen.last, kNow);
}

TEST_F(Teller, EvidenceIsTakenByItsWordAndItsScopeAndElsePassedOver) {
  records::Evidence evidence{.when = kNow,
                             .fact = "conduit-enforced",
                             .scope = "conduit",
                             .subject = "up-down",
                             .holds = true,
                             .share_permille = 500,
                             .origin = "gateway gw-1",
                             .text = "12 requests"};
  tell(evidence);
  EXPECT_EQ(way("conduit-enforced", kConduit), 1);
  EXPECT_NEAR(last("conduit-enforced").share, 0.5, 1e-6);
  EXPECT_EQ(last("conduit-enforced").text, "gateway gw-1: 12 requests");
  const size_t before = all_.size();
  for (const auto& [word, scope, subject] :
       {std::tuple("conduit-enforced", "zone", "upper"), std::tuple("nonsense", "zone", "upper"),
        std::tuple("rules-loaded", "zone", "nowhere")}) {
    evidence.fact = word;
    evidence.scope = scope;
    evidence.subject = subject;
    tell(evidence);
  }
  way("conduit-enforced", kConduit);
  for (size_t i = before; i < all_.size(); ++i) EXPECT_EQ(row_of(all_[i].kind).word, "journal-open");
}

TEST_F(Teller, WhatAGatewayRefusedCrossedNothing) {
  const Verdict denied{.kind = Verdict::Kind::denied, .conduit = "up-down", .reason = "value_out_of_range"};
  const auto refuse = [&](Verdict verdict) {
    tell(records::Transaction{.conversation = &talk_,
                              .asked = protocols::Direction::to_server,
                              .asked_at = kNow,
                              .operation = &operation_,
                              .outcome = {.kind = protocols::Outcome::Kind::refused, .name = records::kByGateway},
                              .verdict = verdict});
  };
  refuse(denied);
  EXPECT_EQ(way("rules-kept", kConduit), 0);
  EXPECT_EQ(way("values-kept", kConduit), 0);
  EXPECT_EQ(facts_->tally().denied.at("up-down"), 1u);
  refuse({.kind = Verdict::Kind::denied, .conduit = "up-down", .reason = "unknown_client"});
  EXPECT_EQ(way("clients-known", kLower), -1) << "that a stranger asked stays so";
  ask(denied);  // as in a mode that only tests: it passed
  EXPECT_EQ(way("values-kept", kConduit), -1);
}

TEST_F(Teller, AGuardIsNoMonitorAndItsFindingsOfOperationsAreToldByTheirTransactions) {
  tell(records::Run{.when = kNow, .sources = "10.20.0.2:502", .settings = "guard as=gw-1"});
  tell(records::Finding{.when = kNow,
                        .id = "value-out-of-range",
                        .conversation = &talk_,
                        .asked = protocols::Direction::to_server,
                        .zone = "lower",
                        .conduit = "up-down",
                        .operation = &operation_});
  find("malformed");
  EXPECT_EQ(way("monitor-running", kPlant), 0);
  EXPECT_EQ(way("values-kept", kConduit), 0);
  EXPECT_EQ(way("messages-wellformed", kLower), -1);
}

TEST_F(Teller, HowAGuardFailedIsEvidenceForItsConduits) {
  records::GuardEvent event{.when = kNow, .origin = "gateway gw-1", .event = "failed-closed"};
  tell(event);
  EXPECT_EQ(way("fail-closed-seen", kConduit), 1) << "all conduits that it guards are meant";
  event.conduit = "up-down";
  event.event = "island";
  tell(event);
  EXPECT_EQ(way("island-exercised", kConduit), 1);
  event.event = "failed-open";
  tell(event);
  EXPECT_EQ(way("fail-closed-seen", kConduit), -1);
  EXPECT_EQ(way("conduit-enforced", kConduit), -1);
  event = {.when = kNow, .origin = "gateway gw-1", .event = "wire-up", .conduit = "up-down"};
  tell(event);
  EXPECT_EQ(way("tunnel-up", kConduit), 0) << "that is evidence's, which ends with the gateway";
}

TEST_F(Teller, OfAConduitOnlyAGatewayThatItNamesIsHeard) {
  records::Evidence evidence{.when = kNow,
                             .fact = "tunnel-up",
                             .scope = "conduit",
                             .subject = "up-down",
                             .holds = false,
                             .origin = "gateway gw-2",
                             .text = "it ended"};
  tell(evidence);
  EXPECT_EQ(way("tunnel-up", kConduit), 0) << "a gateway that was replaced speaks for nothing";
  evidence.origin = "gateway gw-1";
  tell(evidence);
  EXPECT_EQ(way("tunnel-up", kConduit), -1);
}

TEST_F(Teller, AGatewayIsOneThatSpeaksWhicheverJournalItWrites) {
  const plant::Plant pair = plant_of(std::string(kGood) + "gateways: [{id: gw-1}]\n");
  RecordFacts one(pair, 0, "aa00"), other(pair, 7, "aa00");
  std::vector<uint8_t> bytes;
  records::append_cbor(bytes,
                       records::Evidence{.when = kNow,
                                         .fact = "conduit-enforced",
                                         .scope = "conduit",
                                         .subject = "up-down",
                                         .holds = true,
                                         .origin = "gateway gw-1"},
                       kNow);
  std::set<uint32_t> origins;
  for (RecordFacts* facts : {&one, &other}) {
    facts->take(records::Stored::decode(bytes).value(), 1);
    for (const Fact& fact : facts->take_changed(kNow)) {
      if (fact.kind == fact_kind("conduit-enforced")) origins.insert(fact.origin);
    }
  }
  EXPECT_EQ(origins.size(), 1u) << "of a pair the newest word counts";
}

TEST_F(Teller, ThatAGatewayRecordsIsItsOwnWordAndEndsWithIt) {
  tell(records::Run{.when = kNow, .sources = "10.20.0.2:502", .settings = "guard as=gw-1"});
  ask({.kind = Verdict::Kind::allowed, .conduit = "up-down"});
  EXPECT_EQ(way("rules-kept", kConduit), 1);
  EXPECT_EQ(way("changes-recorded", kConduit), 0);
  tell(records::Evidence{.when = kNow,
                         .fact = "changes-recorded",
                         .scope = "conduit",
                         .subject = "up-down",
                         .holds = true,
                         .origin = "gateway gw-1",
                         .until = kNow + std::chrono::minutes(5)});
  ask({.kind = Verdict::Kind::allowed, .conduit = "up-down"}, kNow + std::chrono::seconds(1));
  EXPECT_EQ(way("changes-recorded", kConduit), 1);
  EXPECT_EQ(last("changes-recorded").until, kNow + std::chrono::minutes(5)) << "also where it wrote more afterwards";
}

TEST_F(Teller, ACertificateIsAnAssetsOwnUntilItEndsOrIsWithdrawn) {
  records::CertificateEvent event{
      .when = kNow, .event = "issued", .subject = "plc", .until = kNow + std::chrono::hours(1)};
  tell(event);
  EXPECT_EQ(way("certificate-own", kPlc), 1);
  EXPECT_EQ(last("certificate-own").until, event.until);
  event.event = "revoked";
  tell(event);
  EXPECT_EQ(way("certificate-own", kPlc), -1);
}

TEST_F(Teller, FactsAreBoundedByThePlantHoweverLongTheJournalIs) {
  for (int i = 0; i < 20'000; ++i) {
    ask({.kind = i % 3 == 0 ? Verdict::Kind::denied : Verdict::Kind::allowed,
         .conduit = "up-down",
         .reason = "no_rule"},
        kNow + std::chrono::seconds(i));
  }
  const auto facts = facts_->take_changed(kNow);
  EXPECT_LT(facts.size(), 40u);
  for (const Fact& fact : facts) EXPECT_LE(fact.sources.size(), kMostSources);
  EXPECT_TRUE(facts_->take_changed(kNow).empty()) << "nothing changed since";
}

TEST_F(Teller, SourcesAreTheFirstAndTheNewest) {
  for (int i = 0; i < 30; ++i) ask({.kind = Verdict::Kind::allowed, .conduit = "up-down"});
  const Fact& fact = last("rules-kept");
  EXPECT_EQ(fact.count, 30u);
  EXPECT_EQ(fact.sources.front().number, 1u);
  EXPECT_EQ(fact.sources.back().number, 30u);
}

}  // namespace
}  // namespace rampart::assess
