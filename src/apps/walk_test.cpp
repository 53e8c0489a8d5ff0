// Walks over a journal: what the options choose, from both ends, while it grows.
#include "apps/walk.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing.h"
#include "journal/journal.h"

namespace rampart::apps {
namespace {

using namespace std::chrono_literals;

// More than two steps of find_last, and no multiple of anything.
constexpr uint64_t kRecords = 6'001;
const TimePoint kStart = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23);

/// WalkTest has a journal of logins, one each second; every thousandth is by p-rare. Its own records are among them.
class WalkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const journal::Layout layout{path_};
    make_folders(path_ + "/keys");
    const auto key = crypto::make_key_file(layout.key_file());
    journal::make_journal(path_, "test", *key, {});
    journal_ = journal::Journal::open(path_, {.wait_for_room = true}, clock_);
    for (uint64_t i = 0; i < kRecords; ++i) {
      login(kStart + std::chrono::seconds(i), i % 1000 == 500 ? "p-rare" : "p-often");
    }
    EXPECT_TRUE(journal_->wait_durable(journal_->status().size - 1, 30s));
  }

  uint64_t login(TimePoint when, std::string_view person) {
    std::vector<uint8_t> bytes;
    append_cbor(bytes, records::Login{.when = when, .person = person}, clock_.now());
    const auto number = journal_->append(bytes, journal::Urgency::reserved);
    EXPECT_TRUE(number);
    return number.value_or(0);
  }

  std::vector<uint64_t> numbers(const Selection& chosen) const {
    std::vector<uint64_t> out;
    Walk walk(path_, chosen);
    while (const auto found = walk.next()) out.push_back(found->number);
    return out;
  }

  static Selection by(std::string person) {
    Selection chosen;
    chosen.filter.kinds = {records::Kind::login};
    chosen.filter.person = std::move(person);
    return chosen;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "journal";
  SystemClock clock_;
  std::unique_ptr<journal::Journal> journal_;
};

TEST_F(WalkTest, GivesWhatTheOptionsChoose) {
  EXPECT_EQ(numbers(by("p-rare")).size(), 6u);
  EXPECT_EQ(numbers(by("p-often")).size(), kRecords - 6);
  EXPECT_TRUE(numbers(by("p-nobody")).empty());

  Selection some;
  some.from = 10;
  some.to = 13;
  EXPECT_EQ(numbers(some), (std::vector<uint64_t>{10, 11, 12}));

  Selection timed = by("p-rare");
  timed.filter.since = kStart + 1500s;
  timed.filter.until = kStart + 3500s;
  EXPECT_EQ(numbers(timed).size(), 2u);
}

TEST_F(WalkTest, FindsTheNewestFromTheEnd) {
  const auto all = numbers(by("p-rare"));
  for (uint64_t count : {1u, 2u, 5u, 6u, 7u, 1000u}) {
    Selection chosen = by("p-rare");
    chosen.last = count;
    const auto begin = all.size() > count ? all.end() - static_cast<std::ptrdiff_t>(count) : all.begin();
    EXPECT_EQ(numbers(chosen), std::vector<uint64_t>(begin, all.end())) << count;
  }
  Selection nothing = by("p-nobody");
  nothing.last = 3;
  EXPECT_TRUE(numbers(nothing).empty());
  Selection early = by("p-rare");
  early.to = all[2];
  early.last = 1;
  EXPECT_EQ(numbers(early), std::vector<uint64_t>{all[1]});
}

TEST_F(WalkTest, EndsWhereTheJournalEndedAndGoesOnWhenExtended) {
  Walk walk(path_, by("p-new"));
  const uint64_t number = login(kStart + 1h, "p-new");
  ASSERT_TRUE(journal_->wait_durable(number, 30s));
  EXPECT_FALSE(walk.next());
  walk.extend();
  const auto found = walk.next();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->number, number);
  EXPECT_FALSE(walk.next());
}

TEST(SelectionTest, SaysInWordsWhatWasAsked) {
  FilterArguments arguments;
  const auto text = [&] { return selection(arguments, {"/nowhere"}, kStart).text(); };
  EXPECT_EQ(text(), "everything");
  arguments.from = 5;
  arguments.last = 2;
  EXPECT_EQ(text(), "from record 5, the last 2");
  arguments.zone = "control";
  arguments.requirement = "sr5.2";
  const std::string words = text();
  EXPECT_NE(words.find("zone control"), std::string::npos) << words;
  EXPECT_NE(words.find("SR 5.2"), std::string::npos) << words;
  EXPECT_NE(words.find("from record 5, the last 2"), std::string::npos) << words;
}

}  // namespace
}  // namespace rampart::apps
