#include "journal/room.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "journal/testing.h"

namespace rampart::journal {
namespace {

constexpr Duration kLong = std::chrono::minutes(1);

/// A disk of 2 MiB of its own, where the test may mount one.
class RoomTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(disk);
    if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=2m") != 0) GTEST_SKIP() << "skipped: mounting needs root";
    mounted = true;
  }
  void TearDown() override {
    if (mounted) umount2(disk.c_str(), MNT_DETACH);
  }
  uint64_t free_octets() const { return std::filesystem::space(disk).available; }
  /// fill leaves no room for others; empty gives it back.
  void fill() const {
    std::ofstream out(disk + "/filler", std::ios::binary | std::ios::app);
    const std::string page(4096, 'f');
    while (out.write(page.data(), 4096).flush()) continue;
  }
  void empty() const { std::filesystem::remove(disk + "/filler"); }

  const TemporaryFolder folder;
  const std::string disk = folder / "disk";
  const std::string path = disk + "/journal";
  bool mounted = false;
  SetClock clock;
};

TEST_F(RoomTest, TheReserveIsTakenOnlyWhereTwiceAsMuchIsFree) {
  make_folders(path);
  Reserve small(Layout{path}, 500'000);
  EXPECT_TRUE(small.make());
  EXPECT_TRUE(small.make());
  EXPECT_LT(free_octets(), 1'700'000U);
  EXPECT_TRUE(small.release());
  EXPECT_FALSE(small.release());
  EXPECT_FALSE(Reserve(Layout{path}, 1'500'000).make());
  EXPECT_TRUE(Reserve(Layout{path}, 0).make());
}

TEST_F(RoomTest, FullDiskKeepsReservedRecordsCountsTheOthersAndRecovers) {
  made_journal(path, {.reserve_octets = 300'000});
  std::mutex mutex;
  std::string alarms;
  JournalOptions options = quick();
  options.alarm = [&](std::string_view line) {
    const std::lock_guard lock(mutex);
    alarms += line;
  };
  const auto journal = Journal::open(path, options, clock);
  std::vector<uint64_t> acknowledged;
  const auto keep = [&](Urgency urgency) {
    const auto number = journal->append(content_of(journal->status().size), urgency);
    if (!number || !journal->wait_durable(*number, kLong)) return false;
    acknowledged.push_back(*number);
    return true;
  };
  ASSERT_TRUE(keep(Urgency::normal));
  fill();
  // What still fits the segment's last page; one by one, since what waits in memory has to fit the reserve later.
  for (uint64_t written = 0; const auto number = journal->append(content_of(90), Urgency::normal); ++written) {
    ASSERT_LT(written, 100'000U);
    journal->wait_durable(*number, std::chrono::milliseconds(10));
  }
  ASSERT_TRUE(soon([&] { return !std::filesystem::exists(Layout{path}.reserve()); }));
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(keep(Urgency::reserved));
  EXPECT_FALSE(journal->append(content_of(1), Urgency::normal));
  const uint64_t not_kept = journal->status().not_kept;
  EXPECT_GE(not_kept, 2U);
  empty();
  ASSERT_TRUE(soon([&] { return keep(Urgency::normal); }));
  ASSERT_TRUE(soon([&] { return !events_in(path, "recovered").empty(); }));
  EXPECT_TRUE(std::filesystem::exists(Layout{path}.reserve()));
  journal->close();
  const auto records = records_in(path);
  for (const uint64_t number : acknowledged) EXPECT_TRUE(records.contains(number)) << number;
  uint64_t told = 0;
  for (const Event& event : events_in(path, "not-kept")) told += event.reason == "disk-full" ? event.count : 0;
  EXPECT_EQ(told, journal->status().not_kept);
  EXPECT_EQ(events_in(path, "disk-full").size(), 1U);
  EXPECT_EQ(signed_in(path)->root, root_of_records(path, records.size()));
  const std::lock_guard lock(mutex);
  EXPECT_NE(alarms.find("the disk is full"), std::string::npos) << alarms;
}

TEST_F(RoomTest, FullDiskWithoutReserveFillsMemoryThenWritesItAll) {
  made_journal(path, {.reserve_octets = 0});
  JournalOptions options = quick();
  options.waiting_octets = 200'000;
  const auto journal = Journal::open(path, options, clock);
  fill();
  uint64_t taken = 0;
  while (journal->append(content_of(90), Urgency::normal)) ASSERT_LT(++taken, 100'000U);
  EXPECT_TRUE(soon([&] { return journal->status().failing; }));
  const uint64_t last = journal->status().size - 1;
  EXPECT_FALSE(journal->wait_durable(last, std::chrono::milliseconds(1)));
  empty();
  EXPECT_TRUE(journal->wait_durable(last, kLong));
  journal->close();
  const auto records = records_in(path);
  EXPECT_EQ(records.size(), journal->status().size);
  EXPECT_EQ(signed_in(path)->root, root_of_records(path, records.size()));
}

TEST_F(RoomTest, ClosingWhileTheDiskIsFullSaysSoAndLosesNothingAcknowledged) {
  made_journal(path, {.reserve_octets = 0});
  JournalOptions options = quick();
  options.waiting_octets = 200'000;
  const auto journal = Journal::open(path, options, clock);
  const uint64_t number = journal->append(content_of(5), Urgency::normal).value();
  ASSERT_TRUE(journal->wait_durable(number, kLong));
  fill();
  while (journal->append(content_of(90), Urgency::normal)) continue;
  EXPECT_TRUE(soon([&] { return journal->status().failing; }));
  EXPECT_THROW(journal->close(), Error);
  EXPECT_FALSE(journal->wait_durable(journal->status().size - 1, kLong));
  empty();
  Journal::open(path, options, clock)->close();
  const auto records = records_in(path);
  EXPECT_EQ(records.at(number), content_of(5));
  EXPECT_EQ(signed_in(path)->root, root_of_records(path, records.size()));
}

}  // namespace
}  // namespace rampart::journal
