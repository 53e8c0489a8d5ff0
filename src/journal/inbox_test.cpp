#include "journal/inbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/files.h"
#include "base/testing.h"
#include "journal/keeper_testing.h"
#include "journal/persons.h"

namespace rampart::journal {
namespace {

using namespace std::chrono_literals;
using records::JournalEvent;
using records::JournalRead;
using records::Kind;

JournalRead reading(const ManualClock& clock) {
  return {.when = clock.wall, .person = "p-feedfeedfeedfeed", .what = "show", .filter = "zone=cell-1", .records = 17};
}

std::string own_name() {
  const passwd* entry = getpwuid(getuid());
  return entry != nullptr ? entry->pw_name : "uid " + std::to_string(getuid());
}

class Inbox : public testing::Test {
 protected:
  void SetUp() override {
    clock.wall = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    take_over(layout, journal, clock);  // makes the folder
  }
  std::string file(const std::string& name) const { return layout.inbox() + "/" + name; }
  bool empty() const { return names_in(layout.inbox()).empty(); }

  TemporaryFolder folder;
  Layout layout{folder.path()};
  ManualClock clock;
  CollectingAppender journal;
};

TEST_F(Inbox, TakesAReadingOverAndSaysWhoReadByTheFilesOwner) {
  leave(layout, reading(clock), clock.wall);
  EXPECT_EQ(take_over(layout, journal, clock), 1u);
  EXPECT_TRUE(empty());
  const auto read = journal.of(Kind::journal_read);
  ASSERT_EQ(read.size(), 1u);
  const auto& fact = std::get<JournalRead>(read[0].fact());
  EXPECT_EQ(fact.what, "show");
  EXPECT_EQ(fact.filter, "zone=cell-1");
  EXPECT_EQ(fact.records, 17u);
  EXPECT_EQ(Persons(layout).name(fact.person), own_name()) << "not who the content says";
  EXPECT_EQ(journal.urgencies.at(0), Urgency::reserved);
}

TEST_F(Inbox, LetsOthersLeaveButNotLook) {
  struct stat facts {};
  ASSERT_EQ(stat(layout.inbox().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777u, 01733u);
}

TEST_F(Inbox, KeepsAReadingUntilItsRecordIsDurable) {
  leave(layout, reading(clock), clock.wall);
  EXPECT_EQ(take_over(layout, journal, clock, [](uint64_t) { return false; }), 0u);
  EXPECT_FALSE(empty());
  journal.refuse = true;
  EXPECT_EQ(take_over(layout, journal, clock), 0u);
  EXPECT_FALSE(empty());
  journal.refuse = false;
  uint64_t asked = 0;
  EXPECT_EQ(take_over(layout, journal, clock, [&](uint64_t number) { return asked = number, true; }), 1u);
  EXPECT_EQ(asked, journal.records.size() - 1);
  EXPECT_TRUE(empty());
}

TEST_F(Inbox, BelievesNoReadingFromTheFuture) {
  JournalRead read = reading(clock);
  read.when = clock.wall + 48h;
  leave(layout, read, clock.wall);
  take_over(layout, journal, clock);
  const auto kept = journal.of(Kind::journal_read);
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_LE(kept[0].when(), clock.wall);
}

TEST_F(Inbox, MovesAnythingElseAside) {
  std::vector<uint8_t> login;
  append_cbor(login, records::Login{.when = clock.wall, .person = "p-1", .outcome = "ok"}, clock.wall);
  create_file(file("login.reading"), login, 0644);
  std::ofstream(file("text.reading")) << "no record at all";
  std::ofstream(file("empty.reading"));
  std::ofstream(file("other-name")) << "x";
  std::ofstream(file("large.reading")) << std::string(kMostReading + 1, 'x');
  EXPECT_EQ(take_over(layout, journal, clock), 0u);
  EXPECT_TRUE(empty());
  EXPECT_EQ(names_in(layout.damaged()).size(), 5u);
  EXPECT_TRUE(journal.of(Kind::login).empty());
  const auto told = journal.of(Kind::journal_event);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(std::get<JournalEvent>(told[0].fact()).event, "damaged");
  EXPECT_EQ(std::get<JournalEvent>(told[0].fact()).count, 5u);
}

TEST_F(Inbox, NeitherFollowsNorWaitsForWhatOthersPutThere) {
  leave(layout, reading(clock), clock.wall);
  const std::string mine = names_in(layout.inbox()).at(0);
  std::filesystem::rename(file(mine), folder / "elsewhere");
  std::filesystem::create_symlink(folder / "elsewhere", file("link.reading"));
  std::filesystem::create_symlink("/dev/zero", file("endless.reading"));
  std::filesystem::create_symlink("loop.reading", file("loop.reading"));
  std::filesystem::create_hard_link(folder / "elsewhere", file("second-name.reading"));
  ASSERT_EQ(mkfifo(file("pipe.reading").c_str(), 0666), 0);
  std::filesystem::create_directory(file("folder.reading"));
  const FileDescriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = file("s");
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  ASSERT_EQ(bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const FileDescriptor huge(open(file("huge.reading").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(ftruncate(huge.get(), off_t{1} << 40), 0);

  EXPECT_EQ(take_over(layout, journal, clock), 0u);
  EXPECT_TRUE(empty());
  EXPECT_TRUE(journal.of(Kind::journal_read).empty());
  EXPECT_TRUE(std::filesystem::exists(folder / "elsewhere"));
  for (const std::string& name : names_in(layout.damaged())) {
    EXPECT_TRUE(name.starts_with("inbox-"));
    EXPECT_FALSE(std::filesystem::is_regular_file(std::filesystem::symlink_status(layout.damaged() + "/" + name)) &&
                 std::filesystem::file_size(layout.damaged() + "/" + name) > 65'536)
        << "a huge one is not kept";
  }
}

TEST_F(Inbox, TakesAtMostAHundredAtOnceAndLosesNone) {
  for (int i = 0; i < 250; ++i) leave(layout, reading(clock), clock.wall);
  EXPECT_EQ(take_over(layout, journal, clock), 100u);
  EXPECT_EQ(take_over(layout, journal, clock), 100u);
  EXPECT_EQ(take_over(layout, journal, clock), 50u);
  EXPECT_EQ(take_over(layout, journal, clock), 0u);
  EXPECT_EQ(journal.of(Kind::journal_read).size(), 250u);
}

TEST_F(Inbox, SurvivesThousandsOfStrangeFiles) {
  for (int i = 0; i < 3000; ++i) std::ofstream(file(std::to_string(i) + "\n\x1b[2J")) << "x";
  leave(layout, reading(clock), clock.wall);
  for (int i = 0; i < 4 && !empty(); ++i) take_over(layout, journal, clock);
  EXPECT_TRUE(empty());
  EXPECT_EQ(journal.of(Kind::journal_read).size(), 1u);
  EXPECT_EQ(names_in(layout.damaged()).size(), 1000u) << "what lies aside is bounded, too";
}

TEST_F(Inbox, LeavesAloneWhatIsBeingWrittenButNotForEver) {
  std::ofstream(file(std::string(kUnfinished) + "abc")) << "half a rea";
  EXPECT_EQ(take_over(layout, journal, clock), 0u);
  EXPECT_FALSE(empty());
  clock.wall += 2h;
  EXPECT_EQ(take_over(layout, journal, clock), 0u);
  EXPECT_TRUE(empty());
}

}  // namespace
}  // namespace rampart::journal
