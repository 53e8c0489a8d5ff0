#include "journal/blobs.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"

namespace rampart::journal {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow = from_unix(1'800'000'000, 0);

std::string path_of(const Layout& layout, const std::string& name) {
  return layout.blobs() + "/" + name.substr(0, 2) + "/" + name;
}

void set_age(const std::string& path, Duration age) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>((kNow - age).time_since_epoch()).count();
  const timespec times[2] = {{seconds, 0}, {seconds, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST(Blobs, AreNamedByTheirSha256AndGivenBack) {
  const TemporaryFolder folder;
  const Layout layout{folder.path()};
  const std::string name = put_blob(layout, as_bytes("abc"));
  EXPECT_EQ(name, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const auto bytes = get_blob(layout, name);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(as_text(*bytes), "abc");
  EXPECT_EQ(put_blob(layout, {}), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Blobs, PutTwiceAreOneAndBeginTheirTimeAnew) {
  const TemporaryFolder folder;
  const Layout layout{folder.path()};
  const std::string name = put_blob(layout, as_bytes("a plant"));
  set_age(path_of(layout, name), 24h * 365);
  EXPECT_EQ(put_blob(layout, as_bytes("a plant")), name);
  EXPECT_EQ(names_in(layout.blobs() + "/" + name.substr(0, 2)).size(), 1u);
  struct stat facts {};
  ASSERT_EQ(stat(path_of(layout, name).c_str(), &facts), 0);
  EXPECT_GT(facts.st_mtim.tv_sec, 1'735'689'600) << "touched by the system's clock, not a year ago of ours";
}

TEST(Blobs, ThatWereAlteredAreNotGivenAndAreMendedByPut) {
  const TemporaryFolder folder;
  const Layout layout{folder.path()};
  const std::string name = put_blob(layout, as_bytes("evidence"));
  std::ofstream(path_of(layout, name)) << "evidencf";
  EXPECT_FALSE(get_blob(layout, name));
  EXPECT_EQ(put_blob(layout, as_bytes("evidence")), name);
  EXPECT_TRUE(get_blob(layout, name));
}

TEST(Blobs, AreNotFoundUnderNamesThatLeadElsewhere) {
  const TemporaryFolder folder;
  const Layout layout{folder.path()};
  std::ofstream(folder / "secret") << "x";
  EXPECT_FALSE(get_blob(layout, "../secret"));
  EXPECT_FALSE(get_blob(layout, ""));
  EXPECT_FALSE(get_blob(layout, std::string(64, '.')));
  EXPECT_FALSE(get_blob(layout, std::string(64, 'A')));
  EXPECT_FALSE(get_blob(layout, std::string(64, 'a')));
}

TEST(Blobs, PrunedByAge) {
  const TemporaryFolder folder;
  const Layout layout{folder.path()};
  const std::string old = put_blob(layout, as_bytes("old"));
  const std::string young = put_blob(layout, as_bytes("young"));
  set_age(path_of(layout, old), 24h * 91);
  set_age(path_of(layout, young), 24h * 89);
  const BlobsPruned pruned = prune_blobs(layout, {.blob_days = 90}, kNow);
  EXPECT_EQ(pruned.blobs, 1u);
  EXPECT_EQ(pruned.octets, 3u);
  EXPECT_FALSE(get_blob(layout, old));
  EXPECT_TRUE(get_blob(layout, young));
}

TEST(Blobs, PrunedBySizeOldestFirst) {
  const TemporaryFolder folder;
  const Layout layout{folder.path()};
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) {
    names.push_back(put_blob(layout, as_bytes(std::string(100, static_cast<char>('a' + i)))));
    set_age(path_of(layout, names.back()), 1h * (5 - i));
  }
  const BlobsPruned pruned = prune_blobs(layout, {.blob_octets = 250}, kNow);
  EXPECT_EQ(pruned.blobs, 3u);
  EXPECT_FALSE(get_blob(layout, names[2]));
  EXPECT_TRUE(get_blob(layout, names[3]));
}

TEST(Blobs, PruningTakesWhatACrashLeftHalfWritten) {
  const TemporaryFolder folder;
  const Layout layout{folder.path()};
  put_blob(layout, as_bytes("abc"));
  const std::string left = layout.blobs() + "/ba/" + std::string(kUnfinished) + "1-1";
  std::ofstream{left} << "half";
  set_age(left, 24h * 100);
  EXPECT_EQ(prune_blobs(layout, {}, kNow).blobs, 1u);
  EXPECT_NE(access(left.c_str(), F_OK), 0);
}

TEST(Blobs, ThatCannotBeWrittenAreAnError) {
  const TemporaryFolder folder;
  std::ofstream(folder / "blobs") << "a file where the folder belongs";
  EXPECT_THROW(put_blob({folder.path()}, as_bytes("abc")), Error);
  EXPECT_EQ(prune_blobs({folder / "none"}, {}, kNow).blobs, 0u);
}

}  // namespace
}  // namespace rampart::journal
