#include "journal/reader.h"

#include <gmock/gmock.h>

#include "journal/journal_testing.h"

namespace rampart::journal {
namespace {

std::vector<uint64_t> rest_of(Reader& reader) {
  std::vector<uint64_t> numbers;
  for (Reader::Item item; reader.next(item);) numbers.push_back(item.number);
  return numbers;
}
std::vector<uint64_t> numbers(uint64_t from, uint64_t to) {
  std::vector<uint64_t> all;
  for (; from < to; ++from) all.push_back(from);
  return all;
}

TEST(Reader, GivesAllRecordsInOrder) {
  MadeJournal journal(100);
  journal.fill(1050);
  Reader reader(journal.layout.folder);
  EXPECT_EQ(reader.first(), 0U);
  EXPECT_EQ(reader.size(), 1050U);
  Reader::Item item;
  for (uint64_t i = 0; i < 1050; ++i) {
    ASSERT_TRUE(reader.next(item));
    EXPECT_EQ(item.number, i);
    EXPECT_EQ(Record(item.record.begin(), item.record.end()), journal.records[i]);
  }
  EXPECT_FALSE(reader.next(item));
  EXPECT_EQ(reader.damaged(), 0U);
}

TEST(Reader, OfAnEmptyJournalHasNothing) {
  MadeJournal journal;
  Reader reader(journal.layout.folder);
  EXPECT_EQ(reader.size(), 0U);
  EXPECT_THAT(rest_of(reader), testing::IsEmpty());
  journal.fill(3);
  reader.refresh();
  EXPECT_EQ(rest_of(reader), numbers(0, 3));
}

TEST(Reader, SeeksAnyNumber) {
  MadeJournal journal(100);
  journal.fill(350);
  Reader reader(journal.layout.folder);
  for (const uint64_t number : {0U, 1U, 99U, 100U, 234U, 349U, 350U, 9999U, 5U}) {
    reader.seek(number);
    EXPECT_EQ(rest_of(reader), numbers(number, 350)) << number;
  }
}

TEST(Reader, SeeksTheSegmentOfATime) {
  MadeJournal journal(100);  // segment n was made at second 100 n
  journal.fill(350);
  Reader reader(journal.layout.folder);
  const auto first_at = [&](int64_t second) {
    reader.seek_written(TimePoint(std::chrono::seconds(second)));
    Reader::Item item;
    return reader.next(item) ? item.number : UINT64_MAX;
  };
  EXPECT_EQ(first_at(-5), 0U);
  EXPECT_EQ(first_at(0), 0U);
  EXPECT_EQ(first_at(99), 0U);
  EXPECT_EQ(first_at(100), 100U);
  EXPECT_EQ(first_at(250), 200U);
  EXPECT_EQ(first_at(9999), 300U);
}

TEST(Reader, FollowsAWriter) {
  MadeJournal journal(100);
  journal.fill(50);
  Reader reader(journal.layout.folder);
  EXPECT_EQ(rest_of(reader), numbers(0, 50));
  uint64_t size = 50;
  for (const uint64_t more : {1U, 30U, 19U, 0U, 1U, 250U, 7U}) {
    journal.fill(more);
    Reader::Item item;
    EXPECT_FALSE(reader.next(item));  // not before refresh()
    reader.refresh();
    EXPECT_EQ(reader.size(), size + more);
    EXPECT_EQ(rest_of(reader), numbers(size, size + more));
    size += more;
  }
}

TEST(Reader, WaitsForATornTailToBecomeWhole) {
  MadeJournal journal(100);
  journal.fill(20);
  const std::string path = journal.layout.segment(0);
  const auto whole = MadeJournal::get(path);
  for (size_t cut = 1; cut < whole.size() - journal.frames_of(0)[18]; ++cut) {
    MadeJournal::put(path, Bytes(whole).first(whole.size() - cut));
    Reader reader(journal.layout.folder);
    const auto read = rest_of(reader);
    EXPECT_LT(read.size(), 20U);
    EXPECT_EQ(reader.damaged(), 0U);
    MadeJournal::put(path, whole);
    reader.refresh();
    EXPECT_EQ(rest_of(reader), numbers(read.size(), 20));
  }
}

TEST(Reader, SkipsAndCountsDamage) {
  MadeJournal journal(100);
  journal.fill(350);
  const std::string path = journal.layout.segment(100);
  const auto begins = journal.frames_of(100);
  auto bytes = MadeJournal::get(path);
  for (size_t i = 10; i < 13; ++i) bytes[begins[i] + 9] ^= 1;
  bytes[begins[99] + 9] ^= 1;
  MadeJournal::put(path, bytes);
  Reader reader(journal.layout.folder);
  auto wanted = numbers(0, 350);
  std::erase_if(wanted, [](uint64_t n) { return (n >= 110 && n < 113) || n == 199; });
  EXPECT_EQ(rest_of(reader), wanted);
  EXPECT_EQ(reader.damaged(), 4U);
}

TEST(Reader, BeginsBehindWhatWasPruned) {
  MadeJournal journal(100);
  journal.fill(350);
  Reader reader(journal.layout.folder);
  std::filesystem::remove(journal.layout.segment(0));
  reader.refresh();
  EXPECT_EQ(reader.first(), 100U);
  reader.seek(0);
  EXPECT_EQ(rest_of(reader), numbers(100, 350));
}

}  // namespace
}  // namespace rampart::journal
