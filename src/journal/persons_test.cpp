#include "journal/persons.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"

namespace rampart::journal {
namespace {

std::string text_of(const Layout& layout) {
  const auto bytes = read_file(layout.persons(), 1 << 20);
  return bytes ? std::string(as_text(*bytes)) : "";
}

TEST(Persons, GetAnIdentifierThatStays) {
  const TemporaryFolder folder;
  const Layout layout{folder.path()};
  Persons persons(layout);
  const std::string alice = persons.identifier("alice");
  EXPECT_EQ(alice.size(), 18u);
  EXPECT_EQ(alice.substr(0, 2), "p-");
  EXPECT_EQ(alice.find_first_not_of("0123456789abcdef", 2), std::string::npos);
  EXPECT_EQ(persons.identifier("alice"), alice);
  EXPECT_NE(persons.identifier("B\xc3\xb6rje \xc3\x85ngstr\xc3\xb6m"), alice);
  Persons again(layout);
  EXPECT_EQ(again.identifier("alice"), alice);
  EXPECT_EQ(again.name(alice), "alice");
  EXPECT_EQ(again.all().size(), 2u);
}

TEST(Persons, AreReadableByTheJournalsOwnerAlone) {
  const TemporaryFolder folder;
  const Layout layout{folder.path()};
  Persons(layout).identifier("alice");
  struct stat facts {};
  ASSERT_EQ(stat(layout.persons().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777u, 0600u);
}

TEST(Persons, ErasedLeaveTheIdentifierTiedToNobody) {
  const TemporaryFolder folder;
  const Layout layout{folder.path()};
  Persons persons(layout);
  const std::string alice = persons.identifier("alice");
  const std::string bob = persons.identifier("bob");
  EXPECT_TRUE(persons.erase("alice"));
  EXPECT_TRUE(persons.erase(bob));
  EXPECT_FALSE(persons.erase("alice"));
  EXPECT_FALSE(persons.name(alice));
  EXPECT_EQ(text_of(layout), "");
  EXPECT_NE(persons.identifier("alice"), alice) << "who comes back is somebody new";
}

TEST(Persons, SeeWhatAnotherProcessNamedMeanwhile) {
  const TemporaryFolder folder;
  const Layout layout{folder.path()};
  Persons one(layout), other(layout);
  const std::string alice = one.identifier("alice");
  EXPECT_EQ(other.identifier("alice"), alice);
  const std::string bob = other.identifier("bob");
  EXPECT_TRUE(one.erase("bob")) << "also what this one had not read";
  EXPECT_FALSE(one.name(bob));
  EXPECT_EQ(one.name(alice), "alice");
}

TEST(Persons, NamedByManyAtOnceLoseNobody) {
  const TemporaryFolder folder;
  const Layout layout{folder.path()};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&layout, t] {
      Persons persons(layout);
      for (int i = 0; i < 10; ++i) {
        persons.identifier("shared " + std::to_string(i));
        persons.identifier("own " + std::to_string(t) + " " + std::to_string(i));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Persons(layout).all().size(), 10u + 40u);
}

TEST(Persons, RefuseNamesThatCouldBreakALineOrATerminal) {
  const TemporaryFolder folder;
  Persons persons(Layout{folder.path()});
  for (const std::string name : {"", "a\nb", "a\tb", "\x1b[2J", "a\x7f",
                                 "\xc2\x9b"
                                 "31m",
                                 "\xff\xfe", "a\rb", "p-0123456789abcdef"}) {
    EXPECT_THROW(persons.identifier(name), Error);
  }
  EXPECT_THROW(persons.identifier(std::string(256, 'a')), Error);
  EXPECT_NO_THROW(persons.identifier("\xc2\xa0 \xe6\x9d\x8e"));
  EXPECT_THROW(persons.identifier(std::string("a\0b", 3)), Error);
}

TEST(Persons, NameTheLineOfATableThatIsDamaged) {
  const TemporaryFolder folder;
  const Layout layout{folder.path()};
  const std::string good = "p-0123456789abcdef\talice\n";
  for (const std::string bad : {"p-0123456789abcdeX\tx", "p-0123456789abcdef\ttwice", "nonsense",
                                "p-0123456789abcdee\t", "p-0123456789abcdee\ta\tb", ""}) {
    std::ofstream(layout.persons()) << good << bad << "\n";
    try {
      Persons persons(layout);
      ADD_FAILURE() << bad;
    } catch (const FileError& error) {
      EXPECT_EQ(error.problems().at(0).mark.line, 2u);
    }
  }
}

}  // namespace
}  // namespace rampart::journal
