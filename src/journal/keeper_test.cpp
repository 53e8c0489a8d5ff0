#include "journal/keeper.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "base/files.h"
#include "base/testing.h"
#include "crypto/signature.h"
#include "journal/blobs.h"
#include "journal/keeper_testing.h"

namespace rampart::journal {
namespace {

using namespace std::chrono_literals;
using protocols::Action;
using protocols::Answer;
using protocols::Operation;
using protocols::Outcome;
using records::Conversation;
using records::Direction;
using records::Kind;
using records::NotKept;
using records::ReadSummary;
using records::Repeats;
using records::Seen;
using records::Stored;
using records::Transaction;
using records::Verdict;

const TimePoint kStart = from_unix(1'700'000'000, 0);
constexpr protocols::Protocol kModbus{1}, kOther{2};  // by their places in the registry

IpAddress address(uint32_t number) {
  const uint8_t octets[] = {10, static_cast<uint8_t>(number >> 16), static_cast<uint8_t>(number >> 8),
                            static_cast<uint8_t>(number)};
  return IpAddress::v4(octets);
}

/// Talk makes transactions of one conversation: reads of holding registers that were answered, unless changed.
struct Talk {
  explicit Talk(uint32_t client = 1, uint32_t server = 200) {
    conversation.transport = records::Transport::tcp;
    conversation.client = {.ip = address(client), .port = 40'000};
    conversation.server = {.ip = address(server), .port = 502, .asset = "plc-1", .zone = "cell-1"};
    conversation.protocol = kModbus;
    operation.protocol = conversation.protocol;
    operation.function = {3, "read-holding-registers"};
    operation.object = {.unit = 1, .space = 3, .first = 100, .last = 109};
    answer.protocol = conversation.protocol;
  }
  Transaction at(Duration offset, Duration latency = 2ms) {
    return {.conversation = &conversation,
            .asked_at = kStart + offset,
            .answered_at = kStart + offset + latency,
            .operation = &operation,
            .answers = answers,
            .verdict = verdict};
  }
  void deny() {
    operation.action = Action::write;
    operation.function = {6, "write-single-register"};
    operation.values = protocols::Values::numbers(protocols::ValueType::uint16, octets);
    verdict = {Verdict::Kind::denied, "scada-to-cell", "", "no_rule"};
  }

  Conversation conversation;
  Operation operation;
  Answer answer;
  std::array<const Answer*, 1> answers = {&answer};
  Verdict verdict{Verdict::Kind::allowed, "scada-to-cell", "reads", "rule"};
  std::array<uint8_t, 2> octets = {0x11, 0x94};
};

class KeeperTest : public testing::Test {
 protected:
  Keeper& keeper() {
    if (!keeper_) keeper_ = std::make_unique<Keeper>(journal, clock, options);
    return *keeper_;
  }
  template <class Fact>
  std::vector<Fact> told(Kind kind) {
    stored_ = journal.of(kind);
    std::vector<Fact> facts;
    for (const Stored& stored : stored_) facts.push_back(std::get<Fact>(stored.fact()));
    return facts;
  }
  void expect_all_accounted_for() {
    keeper().finish();
    const KeeperTotals& totals = keeper().totals();
    EXPECT_EQ(totals.seen, totals.kept + totals.summarised + totals.repeated + totals.not_kept);
  }

  CollectingAppender journal;
  ManualClock clock;
  KeeperOptions options;

 private:
  std::unique_ptr<Keeper> keeper_;
  std::vector<Stored> stored_;
};

TEST_F(KeeperTest, KeepsTheFirstReadAndSumsTheOthersOnceAMinute) {
  Talk talk;
  for (int second = 0; second < 150; ++second) {
    keeper().record(talk.at(second * 1s, second == 30 ? 9ms : second == 31 ? 1ms : 2ms));
  }
  EXPECT_EQ(journal.of(Kind::transaction).size(), 1u);
  const auto summaries = told<ReadSummary>(Kind::read_summary);
  ASSERT_EQ(summaries.size(), 2u) << "the third minute is not over";
  const ReadSummary& minute = summaries[0];
  EXPECT_EQ(minute.count, 60u);
  EXPECT_EQ(minute.first, kStart + 1s + 2ms);
  EXPECT_LT(minute.last - minute.first, 60s);
  EXPECT_EQ(minute.latency_least, 1ms);
  EXPECT_EQ(minute.latency_most, 9ms);
  EXPECT_EQ(minute.latency_total, 58 * 2ms + 9ms + 1ms);
  EXPECT_EQ(minute.operation->object.first, 100u);
  EXPECT_EQ(minute.operation->object.unit, 1u);
  EXPECT_EQ(minute.conversation->server.asset, "plc-1");
  EXPECT_EQ(minute.verdict.rule, "reads");
  expect_all_accounted_for();
  EXPECT_EQ(keeper().totals().summarised, 149u);
}

TEST_F(KeeperTest, OwnsWhatItCountsSinceTheSinksViewsEnd) {
  {
    auto talk = std::make_unique<Talk>();
    std::string asset = "an asset whose name is long enough to lie on the heap", name = "a file with a long name too";
    std::string rule = "a rule with a name that is long enough";
    talk->conversation.server.asset = asset;
    talk->operation.object = {.name = name};
    talk->verdict.rule = rule;
    keeper().record(talk->at(0s));
    keeper().record(talk->at(1s));
    asset.assign(asset.size(), 'x');
    name.assign(name.size(), 'x');
    rule.assign(rule.size(), 'x');
  }
  keeper().finish();
  const auto summaries = told<ReadSummary>(Kind::read_summary);
  ASSERT_EQ(summaries.size(), 1u);
  EXPECT_EQ(summaries[0].conversation->server.asset, "an asset whose name is long enough to lie on the heap");
  EXPECT_EQ(summaries[0].operation->object.name, "a file with a long name too");
  EXPECT_EQ(summaries[0].verdict.rule, "a rule with a name that is long enough");
}

TEST_F(KeeperTest, TellsApartWhatDiffersInAnythingThatTheSummaryNames) {
  int kinds = 0;
  const auto first_seen = [&](auto&& change) {
    Talk talk;
    change(talk);
    for (int i = 0; i < 3; ++i) keeper().record(talk.at(i * 1s));
    EXPECT_EQ(journal.of(Kind::transaction).size(), static_cast<size_t>(++kinds));
  };
  first_seen([](Talk&) {});
  first_seen([](Talk& talk) { talk.conversation.client.ip = address(2); });
  first_seen([](Talk& talk) { talk.conversation.server.ip = address(2); });
  first_seen([](Talk& talk) { talk.conversation.vlan = 7; });
  first_seen([](Talk& talk) { talk.operation.object.unit = 2; });
  first_seen([](Talk& talk) { talk.operation.object.last = 110; });
  first_seen([](Talk& talk) { talk.operation.object.first = 99; });
  first_seen([](Talk& talk) { talk.operation.object.space = 2; });
  first_seen([](Talk& talk) { talk.operation.function.code = 4; });
  first_seen([](Talk& talk) { talk.operation.action = Action::diagnose; });
  first_seen([](Talk& talk) { talk.operation.object.name = "tag"; });
  first_seen([](Talk& talk) { talk.verdict.rule = "other"; });
  first_seen([](Talk& talk) { talk.conversation.protocol = talk.operation.protocol = kOther; });
  Talk reconnected;
  reconnected.conversation.client.port = 40'001;
  reconnected.conversation.flow_id = 99;
  keeper().record(reconnected.at(5s));
  EXPECT_EQ(journal.of(Kind::transaction).size(), static_cast<size_t>(kinds)) << "a new connection is the same client";
}

TEST_F(KeeperTest, KeepsOneByOneWhatIsNotAPlainRead) {
  uint64_t kept = 0;
  const auto each = [&](auto&& change) {
    Talk talk;
    change(talk);
    for (int i = 0; i < 3; ++i) {
      Transaction transaction = talk.at(i * 1s);
      if (talk.operation.function.code == 90) transaction.outcome = {.kind = Outcome::Kind::refused, .code = 2};
      if (talk.operation.function.code == 91) transaction.outcome = {.kind = Outcome::Kind::unanswered};
      if (talk.operation.function.code == 92) transaction.seen = Seen::gap_before;
      if (talk.operation.function.code == 93) transaction.operation = nullptr;
      keeper().record(transaction);
    }
    kept += 3;
    EXPECT_EQ(journal.of(Kind::transaction).size(), kept);
  };
  for (const Action action : {Action::write, Action::operate, Action::configure, Action::program, Action::start,
                              Action::stop, Action::firmware, Action::file, Action::time, Action::session}) {
    each([&](Talk& talk) { talk.operation.action = action; });
  }
  for (uint32_t code = 90; code <= 93; ++code) {
    each([&](Talk& talk) { talk.operation.function.code = code; });
  }
}

TEST_F(KeeperTest, SumsKeepAlivesButNoOtherSession) {
  Talk talk;
  talk.operation.action = Action::session;
  talk.operation.function = {0x5a12, "umas-keep-alive"};
  for (int i = 0; i < 5; ++i) keeper().record(talk.at(i * 1s));
  EXPECT_EQ(journal.of(Kind::transaction).size(), 1u);
  talk.operation.function = {0xf0, "plc-password"};
  for (int i = 0; i < 5; ++i) keeper().record(talk.at(i * 1s));
  EXPECT_EQ(journal.of(Kind::transaction).size(), 6u);
}

TEST_F(KeeperTest, KeepsADeviationOnceAndSumsItByItself) {
  Talk talk;
  for (int i = 0; i < 6; ++i) {
    Transaction transaction = talk.at(i * 1s);
    if (i % 2 == 1) transaction.deviation = "trailing-bytes";
    keeper().record(transaction);
  }
  EXPECT_EQ(journal.of(Kind::transaction).size(), 2u);
  keeper().finish();
  EXPECT_EQ(journal.of(Kind::read_summary).size(), 2u);
}

TEST_F(KeeperTest, KeepsEveryOperationWhereItIsToldTo) {
  options.all_operations = true;
  Talk talk;
  for (int i = 0; i < 10; ++i) keeper().record(talk.at(i * 1s));
  EXPECT_EQ(journal.of(Kind::transaction).size(), 10u);
}

TEST_F(KeeperTest, KeepsTheFirstDenialAndCountsTheSameOnesEveryTenSeconds) {
  Talk talk;
  talk.deny();
  for (int i = 0; i < 2'500; ++i) keeper().record(talk.at(i * 10ms));
  EXPECT_EQ(journal.of(Kind::transaction).size(), 1u);
  const auto repeats = told<Repeats>(Kind::repeats);
  ASSERT_EQ(repeats.size(), 2u);
  EXPECT_EQ(repeats[0].count, 1000u);
  EXPECT_EQ(repeats[0].verdict.kind, Verdict::Kind::denied);
  EXPECT_EQ(repeats[0].verdict.reason, "no_rule");
  EXPECT_EQ(repeats[0].operation->values.at(0).natural, 0x1194u);
  expect_all_accounted_for();
  EXPECT_EQ(keeper().totals().repeated, 2499u);
}

TEST_F(KeeperTest, CountsDenialsOfAnotherValueOrOutcomeByThemselves) {
  Talk talk;
  talk.deny();
  keeper().record(talk.at(0s));
  talk.octets[1] ^= 1;
  keeper().record(talk.at(1s));
  Transaction refused = talk.at(2s);
  refused.outcome = {.kind = Outcome::Kind::refused, .code = 2, .name = "illegal-data-address"};
  keeper().record(refused);
  talk.verdict.kind = Verdict::Kind::undecidable;
  keeper().record(talk.at(3s));
  EXPECT_EQ(journal.of(Kind::transaction).size(), 4u);
}

TEST_F(KeeperTest, RecordsADenialAgainAfterAPause) {
  Talk talk;
  talk.deny();
  for (const Duration offset : {0s, 1s, 15s, 30s, 31s}) keeper().record(talk.at(offset));
  expect_all_accounted_for();
  EXPECT_EQ(journal.of(Kind::transaction).size(), 3u) << "at 0, 15... and 30 seconds";
  EXPECT_EQ(keeper().totals().repeated, 2u);
}

TEST_F(KeeperTest, KeepsTheOtherKindsOneByOne) {
  Talk talk;
  keeper().record(records::Run{.when = kStart, .version = "1"});
  keeper().record(records::Finding{.when = kStart, .signature = 1, .id = "x", .conversation = &talk.conversation});
  keeper().record(records::AssetSeen{.when = kStart, .side = talk.conversation.client, .vlan = 7});
  keeper().record(records::Loss{.when = kStart, .kind = "malformed", .count = 1});
  keeper().record(records::Flow{.conversation = &talk.conversation, .first = kStart, .last = kStart});
  EXPECT_EQ(keeper().keep(records::PlantChange{.when = kStart, .how = "loaded"}), 5u);
  EXPECT_EQ(keeper().keep(records::RuleChange{.when = kStart, .change = "added"}), 6u);
  EXPECT_EQ(keeper().keep(records::JournalRead{.when = kStart, .what = "show"}), 7u);
  EXPECT_EQ(keeper().keep(records::Login{.when = kStart, .outcome = "ok"}), 8u);
  using enum Urgency;
  EXPECT_EQ(journal.urgencies,
            (std::vector{reserved, normal, normal, normal, normal, reserved, reserved, reserved, reserved}));
  for (const auto& record : journal.records) {
    const auto stored = Stored::decode(record);
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->written(), clock.wall);
  }
  EXPECT_EQ(keeper().totals().kept, 9u);
}

TEST_F(KeeperTest, TellsWhatIsDueByTheClockWhereNothingIsHeard) {
  Talk talk;
  keeper().record(talk.at(0s));
  keeper().record(talk.at(1s));
  keeper().tick();
  clock.running += 59s;
  keeper().tick();
  EXPECT_TRUE(journal.of(Kind::read_summary).empty());
  clock.running += 2s;
  keeper().tick();
  EXPECT_EQ(journal.of(Kind::read_summary).size(), 1u);
  keeper().tick();
  EXPECT_EQ(journal.of(Kind::read_summary).size(), 1u) << "once";
}

TEST_F(KeeperTest, SumsByTheTimesOfPacketsThoughTheyRunBackwards) {
  Talk talk;
  keeper().record(talk.at(0s));
  keeper().record(talk.at(1s));
  for (int i = 0; i < 120; ++i) keeper().record(talk.at(-1h + i * 1s));  // an older file after a newer one
  expect_all_accounted_for();
  const auto summaries = told<ReadSummary>(Kind::read_summary);
  ASSERT_EQ(summaries.size(), 3u);
  for (const ReadSummary& summary : summaries) EXPECT_LT(summary.last - summary.first, 1min);
}

TEST_F(KeeperTest, SurvivesTimesAtTheEndsOfTime) {
  Talk talk;
  for (const int64_t asked : {INT64_MIN, INT64_MAX, int64_t{0}, INT64_MIN, int64_t{1'700'000'000}}) {
    for (const int64_t answered : {INT64_MAX, INT64_MIN, int64_t{0}}) {
      Transaction transaction = talk.at(0s);
      transaction.asked_at = from_unix(asked, 0);
      transaction.answered_at = from_unix(answered, 0);
      keeper().record(transaction);
      keeper().tick();
    }
  }
  expect_all_accounted_for();
}

TEST_F(KeeperTest, MakesRoomByTellingEarlyWhatWasNotUsedForLongest) {
  options.most_summaries = 10;
  Talk busy;
  keeper().record(busy.at(0s));
  for (uint32_t i = 0; i < 1000; ++i) {
    keeper().record(busy.at(1ms * i));
    Talk once(1, 1000 + i);
    keeper().record(once.at(1ms * i));
    keeper().record(once.at(1ms * i));
  }
  EXPECT_LT(journal.of(Kind::transaction).size(), 1010u) << "the busy one hardly ever left";
  expect_all_accounted_for();
  EXPECT_EQ(keeper().totals().summarised + keeper().totals().kept, 3001u);
  EXPECT_EQ(keeper().totals().not_kept, 0u);
}

TEST_F(KeeperTest, BoundsTheMemoryOfNamesAndValues) {
  Talk talk;
  talk.deny();
  std::vector<uint8_t> values(60'000);
  for (uint32_t i = 0; i < 3'000; ++i) {  // 180 MB, were all of it kept
    for (size_t k = 0; k < 4; ++k) values[k] = static_cast<uint8_t>(i >> 8 * k);
    talk.operation.values = protocols::Values::one(protocols::ValueType::octets, values);
    keeper().record(talk.at(1ms * i));
    journal.records.clear();
  }
  keeper().record(talk.at(4s));
  expect_all_accounted_for();
  EXPECT_EQ(keeper().totals().repeated, 1u) << "the newest is still known";
}

TEST_F(KeeperTest, TellsWhatItDidNotKeepByKindAndSource) {
  options.settings.most_octets = 1 << 20;  // every bucket holds one largest record
  Talk talk;
  talk.operation.action = Action::write;
  for (int i = 0; i < 5'000; ++i) keeper().record(talk.at(i * 1ms));
  const uint64_t kept = journal.of(Kind::transaction).size();
  EXPECT_GT(kept, 100u);
  EXPECT_LT(kept, 1'000u);
  keeper().record(talk.at(12s));
  const auto not_kept = told<NotKept>(Kind::not_kept);
  ASSERT_EQ(not_kept.size(), 1u);
  EXPECT_EQ(not_kept[0].kind, "transaction");
  EXPECT_EQ(not_kept[0].source, "10.0.0.1");
  EXPECT_EQ(not_kept[0].reason, "quota");
  EXPECT_EQ(not_kept[0].count + kept, 5'000u);
  EXPECT_GE(not_kept[0].since, kStart);
  EXPECT_TRUE(keeper().keep(records::Login{.when = kStart, .address = address(1)})) << "its own quota";
  Talk other(77);
  other.operation.action = Action::write;
  expect_all_accounted_for();
}

TEST_F(KeeperTest, AReadSummaryOverItsQuotaGoesOnCounting) {
  options.settings.most_octets = 1 << 20;
  std::vector<std::unique_ptr<Talk>> talks;
  for (uint32_t i = 0; i < 50; ++i) talks.push_back(std::make_unique<Talk>(1, 500 + i));
  for (int second = 0; second < 3600; ++second) {
    for (auto& talk : talks) keeper().record(talk->at(second * 1s));
  }
  EXPECT_LT(journal.of(Kind::read_summary).size(), 1000u) << "of 3,000";
  EXPECT_EQ(keeper().totals().not_kept, 0u) << "fewer, longer ones; none lost";
  expect_all_accounted_for();
  EXPECT_EQ(keeper().totals().summarised, 50u * 3599u) << "the end tells the rest";
}

TEST_F(KeeperTest, CountsWhatTheJournalDidNotTake) {
  Talk talk;
  journal.refuse = true;
  talk.operation.action = Action::write;
  keeper().record(talk.at(0s));
  EXPECT_EQ(keeper().keep(records::Login{.when = kStart}), std::nullopt);
  EXPECT_EQ(keeper().totals().not_kept, 2u);
  journal.refuse = false;
  expect_all_accounted_for();
  EXPECT_TRUE(journal.records.empty()) << "the journal tells these itself";
}

TEST_F(KeeperTest, TellsWhatItDidNotKeepOnceTheJournalTakesItAgain) {
  options.settings.most_octets = 1 << 20;
  Talk talk;
  talk.operation.action = Action::write;
  for (int i = 0; i < 1'000; ++i) keeper().record(talk.at(i * 1ms));
  journal.refuse = true;
  keeper().record(talk.at(20s));
  journal.refuse = false;
  keeper().record(talk.at(40s));
  uint64_t told_of = 0;
  for (const NotKept& row : told<NotKept>(Kind::not_kept)) told_of += row.count;
  EXPECT_EQ(told_of + journal.of(Kind::transaction).size() + 1, 1'002u) << "but the one that the journal refused";
}

TEST_F(KeeperTest, MakesABlobOfWhatIsTooLargeForARecord) {
  const TemporaryFolder folder;
  options.folder = folder.path();
  Talk talk;
  talk.operation.action = Action::write;
  const std::vector<uint8_t> values(records::kMostRecord + 1, 0x55);
  talk.operation.values = protocols::Values::one(protocols::ValueType::octets, values);
  keeper().record(talk.at(0s));
  EXPECT_TRUE(journal.of(Kind::transaction).empty());
  const auto not_kept = told<NotKept>(Kind::not_kept);
  ASSERT_EQ(not_kept.size(), 1u);
  constexpr std::string_view kBefore = "too-large, blob ";
  ASSERT_TRUE(not_kept[0].reason.starts_with(kBefore)) << not_kept[0].reason;
  EXPECT_EQ(not_kept[0].count, 1u);
  EXPECT_GT(not_kept[0].octets, values.size());
  const auto blob = get_blob({folder.path()}, not_kept[0].reason.substr(kBefore.size()));
  ASSERT_TRUE(blob);
  const auto stored = Stored::decode(*blob);
  ASSERT_TRUE(stored);
  EXPECT_EQ(std::get<Transaction>(stored->fact()).operation->values.data.size(), values.size());
  expect_all_accounted_for();
}

TEST_F(KeeperTest, SaysTooLargeWhereThereIsNoPlaceForBlobs) {
  Talk talk;
  talk.operation.action = Action::write;
  const std::vector<uint8_t> values(records::kMostRecord + 1, 0x55);
  talk.operation.values = protocols::Values::one(protocols::ValueType::octets, values);
  keeper().record(talk.at(0s));
  keeper().record(talk.at(1s));
  expect_all_accounted_for();
  const auto not_kept = told<NotKept>(Kind::not_kept);
  ASSERT_EQ(not_kept.size(), 1u);
  EXPECT_EQ(not_kept[0].reason, "too-large");
  EXPECT_EQ(not_kept[0].count, 2u);
}

// One million identical denials and one million that all differ, in one minute: a login afterwards is kept, what was
// written is bounded by the quota, and not one of the two million is unaccounted for.
TEST_F(KeeperTest, AFloodLeavesRoomForALoginAndIsToldToTheLastOne) {
  constexpr uint32_t kEach = 1'000'000;
  options.settings.most_octets = uint64_t{256} << 20;
  Talk same(1), other(2);
  same.deny();
  other.deny();
  for (uint32_t i = 0; i < kEach; ++i) {
    const Duration offset = i * 60us;
    keeper().record(same.at(offset));
    other.conversation.client.ip = address(1'000 + i);
    other.operation.object.first = other.operation.object.last = i % 65'536;
    other.octets = {static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)};
    keeper().record(other.at(offset));
  }
  EXPECT_TRUE(keeper().keep(records::Login{.when = kStart, .outcome = "ok", .address = address(5)}));
  expect_all_accounted_for();

  uint64_t told_of = journal.of(Kind::transaction).size();
  const uint64_t kept = told_of;
  for (const Repeats& repeats : told<Repeats>(Kind::repeats)) told_of += repeats.count;
  for (const NotKept& row : told<NotKept>(Kind::not_kept)) told_of += row.count;
  EXPECT_EQ(told_of, 2 * kEach);
  EXPECT_GT(kept, 10'000u);
  EXPECT_EQ(journal.of(Kind::login).size(), 1u);
  EXPECT_LT(journal.octets, options.settings.most_octets * 9 / 10 * 4 / 100) << "a tenth of the share of denials";
}

TEST_F(KeeperTest, AFloodIntoAJournalPushesNothingOutOfIt) {
  const TemporaryFolder folder;
  const Layout layout{folder / "journal"};
  make_folders(layout.folder + "/keys");
  options.settings.most_octets = uint64_t{16} << 20;
  make_journal(layout.folder, "plant/test", *crypto::make_key_file(layout.key_file()), options.settings);
  const auto real = Journal::open(layout.folder, {.wait_for_room = true, .segment_octets = 65'536}, clock);
  Keeper keeper(*real, clock, options);
  Talk talk;
  talk.deny();
  for (uint32_t i = 0; i < 50'000; ++i) {
    talk.conversation.client.ip = address(1'000 + i);
    keeper.record(talk.at(i * 1ms));
  }
  const auto login = keeper.keep(records::Login{.when = kStart, .outcome = "ok", .address = address(5)});
  ASSERT_TRUE(login);
  EXPECT_TRUE(real->wait_durable(*login, 30s));
  keeper.finish();
  EXPECT_GT(keeper.totals().not_kept, 40'000u);
  real->prune();
  EXPECT_EQ(real->status().first, 0u);
  EXPECT_EQ(real->status().not_kept, 0u);
  real->close();
}

}  // namespace
}  // namespace rampart::journal
