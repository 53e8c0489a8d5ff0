#include "base/files.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <limits>
#include <thread>

#include "base/testing.h"

namespace rampart {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t kMuch = std::numeric_limits<uint64_t>::max();

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string text_of(const std::string& path) {
  const auto bytes = read_file(path, kMuch);
  return bytes ? std::string(as_text(*bytes)) : "missing";
}

unsigned mode_of(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 ? facts.st_mode & 07777u : 0;
}

/// SmallFiles lets no file of this process grow beyond `most` octets, as a full disk would, but for root too.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t most) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{most, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallFiles() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

class Files : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(Files, ReadBackWhatWasReplaced) {
  const std::string path = folder_ / "file";
  replace_file(path, as_bytes("one"));
  EXPECT_EQ(text_of(path), "one");
  replace_file(path, as_bytes("two"));
  EXPECT_EQ(text_of(path), "two");
  replace_file(path, {});
  EXPECT_EQ(text_of(path), "");
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("file"));
}

TEST_F(Files, ReadGivesNothingWhereThereIsNoFile) {
  EXPECT_EQ(read_file(folder_ / "none", 10), std::nullopt);
  EXPECT_EQ(read_file(folder_ / "none/deeper", 10), std::nullopt);
}

TEST_F(Files, ReadTakesExactlyTheLimitAndNotOneMore) {
  const std::string path = folder_ / "file";
  replace_file(path, std::vector<uint8_t>(1000, 'a'));
  EXPECT_EQ(read_file(path, 1000)->size(), 1000u);
  EXPECT_EQ(read_file(path, kMuch)->size(), 1000u);
  EXPECT_THAT(error_of([&] { read_file(path, 999); }), AllOf(HasSubstr(path), HasSubstr("larger than 999 octets")));
}

// Files of /proc say that they are empty.
TEST_F(Files, ReadGoesToTheEndOfFilesThatHideTheirSize) {
  EXPECT_GT(read_file("/proc/self/status", 1'000'000)->size(), 100u);
  EXPECT_THAT(error_of([] { read_file("/proc/self/status", 10); }), HasSubstr("larger than 10 octets"));
}

TEST_F(Files, ReadRefusesWhatIsNoFile) {
  EXPECT_THAT(error_of([&] { read_file(folder_.path(), 10); }), HasSubstr("There is a folder"));
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(error_of([&] { read_file(folder_ / "pipe", 10); }), HasSubstr("not a regular file"));
  replace_file(folder_ / "file", as_bytes("x"));
  EXPECT_THAT(error_of([&] { read_file(folder_ / "file/below", 10); }), HasSubstr("A part of the path is a file"));
}

TEST_F(Files, ModeIsTheOneAskedForWhateverTheUmask) {
  const mode_t before = umask(077);
  replace_file(folder_ / "open", as_bytes("x"), 0644);
  create_file(folder_ / "created", as_bytes("x"), 0664);
  umask(0);
  replace_file(folder_ / "default", as_bytes("x"));
  create_file(folder_ / "secret", as_bytes("x"), 0600);
  make_folders(folder_ / "folder/below");
  umask(before);
  EXPECT_EQ(mode_of(folder_ / "open"), 0644u);
  EXPECT_EQ(mode_of(folder_ / "created"), 0664u);
  EXPECT_EQ(mode_of(folder_ / "default"), 0640u);
  EXPECT_EQ(mode_of(folder_ / "secret"), 0600u);
  EXPECT_EQ(mode_of(folder_ / "folder/below"), 0750u);
}

TEST_F(Files, CreateNeverTouchesWhatIsThere) {
  const std::string path = folder_ / "file";
  create_file(path, as_bytes("one"), 0600);
  EXPECT_THAT(error_of([&] { create_file(path, as_bytes("two"), 0600); }),
              AllOf(HasSubstr("cannot create " + path), HasSubstr("File exists"), HasSubstr("another name")));
  EXPECT_EQ(text_of(path), "one");
  ASSERT_EQ(symlink("nowhere", (folder_ / "link").c_str()), 0);
  EXPECT_THROW(create_file(folder_ / "link", as_bytes("two"), 0600), Error);
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("file", "link"));
}

TEST_F(Files, OnlyOneOfManyCreates) {
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      try {
        create_file(folder_ / "file", as_bytes("x"), 0600);
        ++made;
      } catch (const Error&) {
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("file"));
}

TEST_F(Files, FailedWriteLeavesTheOldFileAndNothingElse) {
  const std::string path = folder_ / "file";
  replace_file(path, as_bytes("old"));
  {
    const SmallFiles small(1000);
    const std::vector<uint8_t> much(5000, 'x');
    EXPECT_THAT(error_of([&] { replace_file(path, much); }), HasSubstr("cannot write " + path));
    EXPECT_THROW(create_file(folder_ / "other", much, 0600), Error);
  }
  EXPECT_EQ(text_of(path), "old");
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("file"));
}

TEST_F(Files, FailedRenameLeavesNothing) {
  make_folders(folder_ / "folder/full");
  EXPECT_THROW(replace_file(folder_ / "folder", as_bytes("x")), Error);
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("folder"));
}

TEST_F(Files, NewFileHasItsNameOnlyWhenItIsWhole) {
  {
    NewFile file(folder_ / "file", 0600);
    file.write(as_bytes("one "));
    file.write(as_bytes("two"));
    EXPECT_EQ(text_of(folder_ / "file"), "missing");
    file.create();
  }
  EXPECT_EQ(text_of(folder_ / "file"), "one two");
  {
    NewFile file(folder_ / "file", 0600);
    file.write(as_bytes("three"));
  }
  EXPECT_EQ(text_of(folder_ / "file"), "one two");
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("file"));
}

TEST_F(Files, ErrorsNameTheFileAndWhatHelps) {
  EXPECT_THAT(error_of([&] { replace_file(folder_ / "none/file", as_bytes("x")); }),
              AllOf(HasSubstr(folder_ / "none/file"), HasSubstr("No such file"), HasSubstr("folder must exist")));
  EXPECT_THAT(file_error("write", "/a/file", ENOSPC).what(),
              AllOf(HasSubstr("cannot write /a/file: No space left"), HasSubstr("Make room")));
}

// A process of the same number may have died here before.
TEST_F(Files, LeftoversOfACrashAreNotUsed) {
  const std::string begin = folder_ / (std::string(kUnfinished) + std::to_string(getpid()) + "-");
  replace_file(folder_ / "file", as_bytes("one"));
  for (int i = 0; i < 90; ++i) {
    const FileDescriptor made(open((begin + std::to_string(i)).c_str(), O_CREAT | O_WRONLY, 0600));
    ASSERT_TRUE(made);
  }
  replace_file(folder_ / "file", as_bytes("two"));
  EXPECT_EQ(text_of(folder_ / "file"), "two");
  EXPECT_EQ(names_in(folder_.path()).size(), 91u);
}

TEST_F(Files, FoldersAreMadeAllTheWayAndMayBeThere) {
  make_folders(folder_ / "a/b/c/");
  make_folders(folder_ / "a/b/c");
  make_folders(folder_ / "a/b/d");
  EXPECT_THAT(names_in(folder_ / "a/b"), ElementsAre("c", "d"));
  replace_file(folder_ / "file", as_bytes("x"));
  EXPECT_THAT(error_of([&] { make_folders(folder_ / "file"); }), HasSubstr("make the folder"));
  EXPECT_THROW(make_folders(folder_ / "file/below"), Error);
}

TEST_F(Files, NamesAreSortedAndEmptyWhereThereIsNoFolder) {
  for (const char* name : {"b", ".hidden", "a"}) replace_file(folder_ / name, {});
  EXPECT_THAT(names_in(folder_.path()), ElementsAre(".hidden", "a", "b"));
  EXPECT_THAT(names_in(folder_ / "none"), IsEmpty());
  EXPECT_THROW(names_in(folder_ / "a"), Error);
}

TEST_F(Files, SyncFolderRefusesWhatIsNoFolder) {
  replace_file(folder_ / "file", {});
  EXPECT_THROW(sync_folder(folder_ / "file"), Error);
  EXPECT_THROW(sync_folder(folder_ / "none"), Error);
}

TEST_F(Files, WriteAllGoesOnAfterShortWrites) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const FileDescriptor out(ends[0]);
  FileDescriptor in(ends[1]);
  std::vector<uint8_t> sent(1'000'000), received;
  for (size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<uint8_t>(i * 31 >> 3);
  std::thread writer([&] {
    EXPECT_TRUE(write_all(in.get(), sent));
    in.reset();
  });
  uint8_t piece[777];
  ssize_t count = 0;
  while ((count = read(out.get(), piece, sizeof piece)) > 0) received.insert(received.end(), piece, piece + count);
  writer.join();
  EXPECT_EQ(received, sent);
}

TEST_F(Files, WriteAllWritesWhereItIsTold) {
  const std::string path = folder_ / "file";
  replace_file(path, as_bytes("0123456789"));
  const FileDescriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  EXPECT_TRUE(write_all(file.get(), as_bytes("abc"), 4));
  EXPECT_TRUE(write_all(file.get(), as_bytes("X")));
  EXPECT_EQ(text_of(path), "X123abc789");
}

TEST_F(Files, WriteAllTellsAFullDisk) {
  const FileDescriptor full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  errno = 0;
  EXPECT_FALSE(write_all(full.get(), as_bytes("x")));
  EXPECT_EQ(errno, ENOSPC);
}

TEST(FileDescriptor, IsClosedOnceByItsLastOwner) {
  FileDescriptor first(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const int number = first.get();
  FileDescriptor second(std::move(first));
  EXPECT_FALSE(first);
  EXPECT_EQ(second.get(), number);
  second = FileDescriptor();
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

}  // namespace
}  // namespace rampart
