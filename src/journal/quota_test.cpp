#include "journal/quota.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace rampart::journal {
namespace {

using namespace std::chrono_literals;
using records::Kind;

constexpr HashKey kKey{1, 2};
constexpr Settings kSmall{.keep_days = 10, .most_octets = 1'000'000'000, .share_percent = 20};
// Of transactions, by those settings: 24 % of 90 % of 1,000,000,000; a tenth at once, the whole in ten days.
constexpr double kShare = 216'000'000;
constexpr size_t kBurst = 21'600'000;

Source source(uint8_t last) {
  const uint8_t octets[] = {10, 0, 0, last};
  return {.ip = IpAddress::v4(octets)};
}

uint64_t drain(Quotas& quotas, Kind kind, const Source& from, Duration now) {
  constexpr size_t kRecord = 1000;
  uint64_t octets = 0;
  while (quotas.take(kind, from, kRecord, now)) octets += kRecord;
  return octets;
}

TEST(Quotas, SharesOfAllKindsMakeAWhole) {
  uint32_t all = 0, reserved = 0;
  for (uint16_t number = 1; number < kKinds; ++number) {
    const auto kind = static_cast<Kind>(number);
    EXPECT_GT(share_percent(kind), 0u) << to_text(kind);
    all += share_percent(kind);
    if (urgency(kind) == Urgency::reserved) reserved += share_percent(kind);
  }
  EXPECT_EQ(all, 100u);
  EXPECT_EQ(reserved, 24u);
}

TEST(Quotas, SharesAreThoseOfTheDocument) {
  const auto bytes = read_file(RAMPART_SOURCE_DIR "/docs/formats/journal.md", 1 << 20);
  ASSERT_TRUE(bytes);
  for (uint16_t number = 1; number < kKinds; ++number) {
    const auto kind = static_cast<Kind>(number);
    const std::string cell = "| " + std::string(to_text(kind)) + " | " + std::to_string(share_percent(kind)) + " |";
    EXPECT_NE(as_text(*bytes).find(cell), std::string_view::npos) << cell;
  }
}

TEST(Quotas, GiveATenthOfTheShareAtOnceAndTheRestOverTheDaysToKeep) {
  Quotas quotas(kSmall, kKey);
  EXPECT_EQ(drain(quotas, Kind::transaction, {}, 0s), kBurst);
  EXPECT_EQ(drain(quotas, Kind::transaction, {}, 0s), 0u);
  EXPECT_NEAR(static_cast<double>(drain(quotas, Kind::transaction, {}, 6h)), kShare / 10 / 4, 1000);
  EXPECT_EQ(drain(quotas, Kind::transaction, {}, 24h * 100), kBurst) << "never more than the bucket holds";
}

TEST(Quotas, HoldASourceToItsPartOfAKind) {
  Quotas quotas(kSmall, kKey);
  EXPECT_NEAR(static_cast<double>(drain(quotas, Kind::transaction, source(1), 0s)), kBurst * 0.2, 1000);
  EXPECT_NEAR(static_cast<double>(drain(quotas, Kind::transaction, source(2), 0s)), kBurst * 0.2, 1000);
  EXPECT_NEAR(static_cast<double>(drain(quotas, Kind::transaction, source(1), 6h)), kShare / 10 / 4 * 0.2, 1000);
  EXPECT_GT(drain(quotas, Kind::finding, source(1), 6h), 0u) << "what one kind took is not missing in another";
}

TEST(Quotas, KeepKindsApart) {
  Quotas quotas(kSmall, kKey);
  for (const Kind flood : {Kind::transaction, Kind::finding, Kind::loss, Kind::flow, Kind::repeats}) {
    drain(quotas, flood, {}, 0s);
  }
  EXPECT_TRUE(quotas.take(Kind::login, source(1), 300, 0s));
  EXPECT_TRUE(quotas.take(Kind::asset_seen, source(1), 300, 0s));
}

TEST(Quotas, BoundManySourcesByTheKind) {
  Quotas quotas(kSmall, kKey);
  uint64_t octets = 0;
  for (uint32_t i = 0; i < 100'000; ++i) {
    const uint8_t address[] = {10, static_cast<uint8_t>(i >> 16), static_cast<uint8_t>(i >> 8),
                               static_cast<uint8_t>(i)};
    if (quotas.take(Kind::transaction, {.ip = IpAddress::v4(address)}, 1000, 0s)) octets += 1000;
  }
  EXPECT_EQ(octets, kBurst);
}

TEST(Quotas, AlwaysHaveRoomForOneRecordHoweverSmallTheJournal) {
  Quotas quotas({.keep_days = 3650, .most_octets = 1, .share_percent = 1}, kKey);
  for (uint16_t number = 1; number < kKinds; ++number) {
    EXPECT_TRUE(quotas.take(static_cast<Kind>(number), source(1), records::kMostRecord, 0s));
  }
}

TEST(QuotaClock, FollowsWhicheverTimeRunsFaster) {
  QuotaClock clock;
  const TimePoint start = from_unix(1'700'000'000, 0);
  EXPECT_EQ(clock.pass(5s, start), 0s);
  EXPECT_EQ(clock.pass(15s, start + 10s), 10s) << "live: both alike, counted once";
  EXPECT_EQ(clock.pass(16s, start + 1h), 1h) << "a file: by its packets";
  EXPECT_EQ(clock.pass(16s + 30s, start + 1h), 1h + 30s) << "nothing heard: by the clock";
}

TEST(QuotaClock, CountsAlikeClocksOnceHoweverUnevenTheyRun) {
  QuotaClock clock;
  const TimePoint start = from_unix(1'700'000'000, 0);
  clock.pass(0s, start);
  for (int i = 1; i <= 100'000; ++i) {
    clock.pass(i * 1ms, start + (i - i % 7) * 1ms);
  }
  EXPECT_GE(clock.pass(100s, start + 100s), 98s);
  EXPECT_LE(clock.pass(100s, start + 100s), 102s);
}

TEST(QuotaClock, GainsNothingFromTimesThatJumpBackAndForth) {
  QuotaClock clock;
  const TimePoint start = from_unix(1'700'000'000, 0);
  clock.pass(0s, start);
  for (int i = 0; i < 1000; ++i) clock.pass(0s, i % 2 == 0 ? start + 1h : start);
  EXPECT_EQ(clock.pass(0s, start), 1h);
}

TEST(QuotaClock, SurvivesTheEndsOfTimeAndGoesOn) {
  QuotaClock clock;
  clock.pass(0s, from_unix(INT64_MIN, 0));
  const Duration far = clock.pass(0s, from_unix(INT64_MAX, 0));
  EXPECT_EQ(far, 24h * 365);
  EXPECT_EQ(clock.pass(10s, from_unix(0, 0)), far + 10s);
}

TEST(Shortfall, AddsUpByKindSourceAndReason) {
  Shortfall shortfall;
  const TimePoint start = from_unix(1'700'000'000, 0);
  shortfall.add(Kind::transaction, source(1), "quota", start + 5s, 1, 100);
  shortfall.add(Kind::transaction, source(1), "quota", start, 2, 50);
  shortfall.add(Kind::finding, source(1), "quota", start, 1, 1);
  std::vector<Shortfall::Row> rows;
  shortfall.tell([&](const Shortfall::Row& row) {
    rows.push_back(row);
    return true;
  });
  EXPECT_TRUE(shortfall.empty());
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].count, 3u);
  EXPECT_EQ(rows[0].octets, 150u);
  EXPECT_EQ(rows[0].since, start);
  EXPECT_EQ(rows[0].until, start + 5s);
}

TEST(Shortfall, CountsFurtherSourcesTogetherAndLosesNone) {
  Shortfall shortfall;
  for (int i = 0; i < 250; ++i) shortfall.add(Kind::transaction, source(static_cast<uint8_t>(i)), "quota", {}, 1, 10);
  uint64_t rows = 0, count = 0, together = 0;
  shortfall.tell([&](const Shortfall::Row& row) {
    ++rows;
    count += row.count;
    if (!row.source.known()) together = row.count;
    return true;
  });
  EXPECT_EQ(rows, Shortfall::kMostSources + 1);
  EXPECT_EQ(count, 250u);
  EXPECT_EQ(together, 250u - Shortfall::kMostSources);
}

TEST(Shortfall, KeepsWhatCouldNotBeTold) {
  Shortfall shortfall;
  shortfall.add(Kind::flow, {}, "quota", {}, 4, 10);
  shortfall.tell([](const Shortfall::Row&) { return false; });
  EXPECT_FALSE(shortfall.empty());
  shortfall.add(Kind::flow, {}, "quota", {}, 1, 10);
  uint64_t count = 0;
  shortfall.tell([&](const Shortfall::Row& row) {
    count = row.count;
    return true;
  });
  EXPECT_EQ(count, 5u);
  EXPECT_TRUE(shortfall.empty());
}

}  // namespace
}  // namespace rampart::journal
