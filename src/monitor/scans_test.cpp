#include "monitor/scans.h"

#include <gtest/gtest.h>

namespace rampart::monitor {
namespace {

using std::chrono::seconds;

constexpr TimePoint kStart{seconds(1'700'000'000)};

Scans::Limits limits(uint32_t count, seconds per) {
  Scans::Limits all;
  all.fill({count, per});
  return all;
}

TEST(Scans, BeginWithTheThingThatReachesTheLimit) {
  Scans scans(limits(3, seconds(60)));
  EXPECT_FALSE(scans.probe(Scan::hosts, 1, 101, kStart));
  EXPECT_FALSE(scans.probe(Scan::hosts, 1, 102, kStart + seconds(1)));
  EXPECT_FALSE(scans.ever());
  EXPECT_TRUE(scans.probe(Scan::hosts, 1, 103, kStart + seconds(2)));
  EXPECT_TRUE(scans.ever());
  EXPECT_TRUE(scans.scanning(Scan::hosts, 1, kStart + seconds(62)));
  EXPECT_FALSE(scans.scanning(Scan::hosts, 1, kStart + seconds(63)));
}

TEST(Scans, DoNotCountTheSameThingTwice) {
  Scans scans(limits(2, seconds(60)));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(scans.probe(Scan::ports, 1, 502, kStart + seconds(i % 10)));
}

TEST(Scans, ForgetWhatLiesTooFarBack) {
  Scans scans(limits(3, seconds(60)));
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(scans.probe(Scan::hosts, 1, static_cast<uint64_t>(i), kStart + seconds(31 * i))) << i;
  }
}

TEST(Scans, TellSourcesAndKindsApart) {
  Scans scans(limits(2, seconds(60)));
  EXPECT_FALSE(scans.probe(Scan::hosts, 1, 101, kStart));
  EXPECT_FALSE(scans.probe(Scan::hosts, 2, 102, kStart));
  EXPECT_FALSE(scans.probe(Scan::ports, 1, 102, kStart));
  EXPECT_TRUE(scans.probe(Scan::hosts, 1, 102, kStart));
  EXPECT_FALSE(scans.scanning(Scan::ports, 1, kStart));
}

TEST(Scans, BeginAnewAfterSilence) {
  Scans scans(limits(2, seconds(10)));
  scans.probe(Scan::hosts, 1, 101, kStart);
  EXPECT_TRUE(scans.probe(Scan::hosts, 1, 102, kStart));
  EXPECT_FALSE(scans.probe(Scan::hosts, 1, 103, kStart + seconds(11)));
  EXPECT_TRUE(scans.probe(Scan::hosts, 1, 104, kStart + seconds(12)));
}

TEST(Scans, StayBoundedUnderAMillionSources) {
  Scans scans(limits(5, seconds(60)));
  for (uint64_t i = 0; i < 1'000'000; ++i) scans.probe(Scan::hosts, i * 0x9e3779b97f4a7c15u, 1, kStart);
  EXPECT_GT(scans.evicted(), 900'000u);
  for (uint64_t i = 0; i < 4; ++i) EXPECT_FALSE(scans.probe(Scan::hosts, 7, i, kStart + seconds(1)));
  EXPECT_TRUE(scans.probe(Scan::hosts, 7, 5, kStart + seconds(1)));
}

TEST(Scans, TakeTimeThatRunsBackwards) {
  Scans scans(limits(3, seconds(60)));
  scans.probe(Scan::hosts, 1, 101, kStart);
  scans.probe(Scan::hosts, 1, 102, kStart - seconds(30));
  EXPECT_TRUE(scans.probe(Scan::hosts, 1, 103, kStart));
}

}  // namespace
}  // namespace rampart::monitor
