#include "monitor/baseline.h"

#include <gtest/gtest.h>

#include "monitor/bindings.h"

namespace rampart::monitor {
namespace {

using protocols::Values;
using protocols::ValueType;
using std::chrono::seconds;

constexpr TimePoint kStart{seconds(1'700'000'000)};

/// Number is one 16-bit value and what it lies in.
struct Number {
  explicit Number(unsigned value) : octets{static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)} {}
  Values values() const { return Values::numbers(ValueType::uint16, octets); }
  std::array<uint8_t, 2> octets;
};

TEST(Novelty, CallsNothingNewWhileItLearns) {
  Novelty novelty(seconds(60));
  EXPECT_FALSE(novelty.news(1, kStart + seconds(1000)));  // it has not begun
  novelty.begin(kStart);
  EXPECT_FALSE(novelty.news(2, kStart + seconds(59)));
  EXPECT_TRUE(novelty.news(3, kStart + seconds(60)));
  EXPECT_FALSE(novelty.news(3, kStart + seconds(61)));
  EXPECT_FALSE(novelty.news(2, kStart + seconds(61)));
}

TEST(Novelty, CallsNothingNewBeyondItsBound) {
  Novelty novelty(seconds(0), 3);
  novelty.begin(kStart);
  for (uint64_t key = 1; key <= 3; ++key) EXPECT_TRUE(novelty.news(key, kStart));
  EXPECT_FALSE(novelty.news(4, kStart));
  EXPECT_EQ(novelty.refused(), 1u);
}

TEST(KeyMap, KeepsWhatItWasGivenWhileItGrows) {
  KeyMap<uint64_t> map(10'000);
  bool fresh = false;
  for (uint64_t key = 0; key < 10'000; ++key) *map.insert(key * 64, fresh) = key;
  for (uint64_t key = 1; key < 10'000; ++key) {
    ASSERT_NE(map.find(key * 64), nullptr) << key;
    EXPECT_EQ(*map.find(key * 64), key);
  }
  EXPECT_EQ(map.find(7), nullptr);
}

TEST(Recent, ForgetsWhatWasSilentLongest) {
  Recent<int> recent(64);
  for (int i = 0; i < 1000; ++i) recent.touch(static_cast<uint64_t>(i), kStart + seconds(i)) = i;
  EXPECT_EQ(recent.find(1), nullptr);
  ASSERT_NE(recent.find(999), nullptr);
  EXPECT_EQ(*recent.find(999), 999);
  EXPECT_EQ(recent.evicted(), 1000u - 64u);
}

TEST(Writes, TellAnObjectThatNobodyWroteBefore) {
  Writes writes(seconds(60), seconds(60));
  writes.begin(kStart);
  const Number five(5);
  EXPECT_FALSE(writes.write(1, five.values(), kStart).first);
  EXPECT_FALSE(writes.write(1, five.values(), kStart + seconds(61)).first);
  EXPECT_TRUE(writes.write(2, five.values(), kStart + seconds(61)).first);
  EXPECT_FALSE(writes.write(2, five.values(), kStart + seconds(62)).first);
}

TEST(Writes, TellAValueOutsideOfWhatWasLearned) {
  Writes writes(seconds(60), seconds(60));
  writes.begin(kStart);
  for (const unsigned value : {10u, 20u, 15u}) writes.write(1, Number(value).values(), kStart);
  EXPECT_FALSE(writes.write(1, Number(10).values(), kStart + seconds(60)).outside);
  EXPECT_FALSE(writes.write(1, Number(20).values(), kStart + seconds(60)).outside);
  const Writes::Said said = writes.write(1, Number(21).values(), kStart + seconds(60));
  EXPECT_TRUE(said.outside);
  EXPECT_EQ(said.value, 21);
  EXPECT_EQ(said.lowest, 10);
  EXPECT_EQ(said.highest, 20);
  EXPECT_TRUE(writes.write(1, Number(21).values(), kStart + seconds(61)).outside);  // it did not learn from it
  EXPECT_TRUE(writes.write(1, Number(9).values(), kStart + seconds(61)).outside);
}

TEST(Writes, SayNothingOfNumbersThatAreNone) {
  Writes writes(seconds(60), seconds(60));
  writes.begin(kStart);
  const std::array<uint8_t, 4> nan = {0x7f, 0xc0, 0, 0};
  const Values values = Values::numbers(ValueType::float32, nan);
  EXPECT_FALSE(writes.write(1, values, kStart).outside);
  EXPECT_FALSE(writes.write(1, values, kStart + seconds(61)).outside);
  EXPECT_FALSE(writes.write(1, Number(5).values(), kStart + seconds(61)).outside);  // no value was learned
}

TEST(Bursts, AreWhatGoesBeyondThriceTheUsual) {
  Bursts bursts({1000, seconds(10)}, false, seconds(60));
  bursts.begin(kStart);
  Meter meter;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(bursts.add(meter, kStart + seconds(i % 2)));
  const TimePoint later = kStart + seconds(100);
  for (uint32_t i = 0; i < 3 * 10 + Bursts::kSlack; ++i) EXPECT_FALSE(bursts.add(meter, later)) << i;
  EXPECT_TRUE(bursts.add(meter, later));
  EXPECT_FALSE(bursts.add(meter, later + seconds(10)));
}

TEST(Bursts, HoldToTheLimitWhereNothingWasLearned) {
  Bursts learned({3, seconds(10)}, false, seconds(60));
  Bursts always({3, seconds(10)}, true, seconds(60));
  learned.begin(kStart);
  always.begin(kStart);
  Meter early, late, at_once;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(learned.add(early, kStart)) << i;
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(learned.add(late, kStart + seconds(60))) << i;
  EXPECT_TRUE(learned.add(late, kStart + seconds(60)));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(always.add(at_once, kStart)) << i;
  EXPECT_TRUE(always.add(at_once, kStart));
  Meter unlearned;
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(learned.add_learned(unlearned, kStart + seconds(60)));
}

TEST(Blindness, CoversConversationsThatWereAliveAtTheLoss) {
  Blindness blindness;
  EXPECT_FALSE(blindness.since(TimePoint::min()));
  blindness.lost(kStart);
  EXPECT_TRUE(blindness.since(kStart));
  EXPECT_FALSE(blindness.since(kStart + seconds(1)));
  blindness.lost(kStart - seconds(5));
  EXPECT_TRUE(blindness.since(kStart));
}

TEST(Bindings, TellWhatMovedAndWhatTwoClaim) {
  const MacAddress a{{2, 0, 0, 0, 0, 1}}, b{{2, 0, 0, 0, 0, 2}};
  Bindings bindings;
  MacAddress other;
  EXPECT_EQ(bindings.claim(1, a, kStart, other), Bindings::Said::nothing);
  EXPECT_EQ(bindings.claim(1, a, kStart, other), Bindings::Said::nothing);
  EXPECT_EQ(bindings.claim(1, b, kStart + seconds(1), other), Bindings::Said::moved);
  EXPECT_EQ(other, a);
  EXPECT_EQ(bindings.claim(1, a, kStart + seconds(2), other), Bindings::Said::both);
  EXPECT_EQ(other, b);
  EXPECT_EQ(bindings.claim(1, b, kStart + seconds(90), other), Bindings::Said::moved);
  EXPECT_EQ(bindings.claim(2, b, kStart, other), Bindings::Said::nothing);
}

TEST(Bindings, TakeNoClaimOfAGroupOrOfNobody) {
  const MacAddress a{{2, 0, 0, 0, 0, 1}}, group{{3, 0, 0, 0, 0, 1}};
  Bindings bindings;
  MacAddress other;
  bindings.claim(1, a, kStart, other);
  EXPECT_EQ(bindings.claim(1, group, kStart, other), Bindings::Said::nothing);
  EXPECT_EQ(bindings.claim(1, MacAddress{}, kStart, other), Bindings::Said::nothing);
  EXPECT_EQ(bindings.claim(1, a, kStart, other), Bindings::Said::nothing);
}

}  // namespace
}  // namespace rampart::monitor
