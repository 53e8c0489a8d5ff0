#include "journal/inbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "crypto/signature.h"
#include "journal/persons.h"
#include "records/stored.h"

namespace rampart::journal {
namespace {

constexpr std::string_view kEnding = ".reading";
constexpr size_t kMostNames = 10'000;          // looked at in one take_over
constexpr size_t kMostSetAside = 1'000;        // kept in damaged/; what comes beyond them is removed
constexpr off_t kMostSetAsideOctets = 65'536;  // each
constexpr Duration kUnfinishedFor = std::chrono::hours(1);

std::string random_name() {
  std::array<uint8_t, 16> octets{};
  crypto::random(octets);
  std::string name;
  append_hex(name, octets);
  return name;
}

/// Anybody who comes as far as this folder may leave something, but sees nothing of what others left and removes only
/// what is theirs: write and search, no list, sticky.
void make_inbox(const Layout& layout) {
  const std::string path = layout.inbox();
  struct stat facts {};
  if (lstat(path.c_str(), &facts) == 0) return;
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) throw file_error("make the folder", path, errno);
  if (chmod(path.c_str(), 01733) != 0) throw file_error("make the folder", path, errno);
  sync_folder(layout.folder);
}

struct Reading {
  std::string name;
  uid_t owner = 0;
  std::vector<uint8_t> bytes;
};

enum class What { reading, other, gone };

/// look opens without following a link and without waiting for a pipe's other end, and reads no more than a reading
/// has.
What look(int folder, const std::string& name, Reading& reading) {
  const FileDescriptor file(openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) return errno == ENOENT || errno == EMFILE || errno == ENFILE ? What::gone : What::other;
  struct stat facts {};
  if (fstat(file.get(), &facts) != 0) return What::gone;
  // A second name could make somebody else's file pass for a reading of theirs.
  if (!S_ISREG(facts.st_mode) || facts.st_nlink != 1 || !name.ends_with(kEnding)) return What::other;
  if (facts.st_size > static_cast<off_t>(kMostReading)) return What::other;
  reading.bytes.resize(kMostReading + 1);
  const ssize_t count = pread(file.get(), reading.bytes.data(), reading.bytes.size(), 0);
  if (count < 0) return What::other;
  reading.bytes.resize(static_cast<size_t>(count));
  if (reading.bytes.size() > kMostReading) return What::other;
  reading.name = name;
  reading.owner = facts.st_uid;
  return What::reading;
}

/// A file that somebody is writing at this moment is left alone, but not for ever.
bool unfinished(int folder, const std::string& name, TimePoint now) {
  if (!name.starts_with(kUnfinished)) return false;
  struct stat facts {};
  if (fstatat(folder, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) return true;
  return S_ISREG(facts.st_mode) && from_unix(facts.st_ctim.tv_sec, facts.st_ctim.tv_nsec) + kUnfinishedFor > now;
}

std::vector<std::string> some_names(int folder) {
  std::vector<std::string> names;
  const int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (again < 0) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(fdopendir(again), closedir);
  if (!listing) {
    close(again);
    return names;
  }
  while (names.size() < kMostNames) {
    const dirent* entry = readdir(listing.get());
    if (entry == nullptr) break;
    const std::string_view name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// SetAside moves what is no reading to damaged/, under a name of ours: theirs may be anything.
class SetAside {
 public:
  SetAside(const Layout& layout, int inbox) : layout_(layout), inbox_(inbox) {}

  /// take is false where it can neither be moved nor removed, as a folder of somebody else's with something in it.
  bool take(const std::string& name) {
    if (!counted_) {
      counted_ = true;
      make_folders(layout_.damaged());
      const auto names = names_in(layout_.damaged());
      there_ = static_cast<size_t>(
          std::ranges::count_if(names, [](const std::string& there) { return there.starts_with(kPrefix); }));
    }
    struct stat facts {};
    const bool small =
        fstatat(inbox_, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 && facts.st_size <= kMostSetAsideOctets;
    const std::string to = layout_.damaged() + "/" + std::string(kPrefix) + random_name();
    if (small && there_ < kMostSetAside && renameat(inbox_, name.c_str(), AT_FDCWD, to.c_str()) == 0) {
      ++there_;
      return true;
    }
    return unlinkat(inbox_, name.c_str(), 0) == 0 || unlinkat(inbox_, name.c_str(), AT_REMOVEDIR) == 0;
  }

 private:
  static constexpr std::string_view kPrefix = "inbox-";
  const Layout& layout_;
  int inbox_;
  bool counted_ = false;
  size_t there_ = 0;
};

/// signed_by_owner writes the reading anew: who read is the file's owner, and it cannot have been in the future.
std::optional<std::vector<uint8_t>> signed_by_owner(const Reading& reading, Persons& persons, TimePoint now) {
  const auto stored = records::Stored::decode(reading.bytes);
  const auto* claimed = stored ? std::get_if<records::JournalRead>(&stored->fact()) : nullptr;
  if (claimed == nullptr) return std::nullopt;
  const std::string person = persons.identifier(user_name(reading.owner));
  records::JournalRead read = *claimed;
  read.person = person;
  read.when = std::min(read.when, now);
  std::vector<uint8_t> bytes;
  append_cbor(bytes, read, now);
  return bytes;
}

}  // namespace

std::string user_name(uid_t user) {
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr &&
      Persons::good_name(entry.pw_name)) {
    return entry.pw_name;
  }
  return "uid " + std::to_string(user);
}

void leave(const Layout& layout, const records::JournalRead& read, TimePoint now) {
  std::vector<uint8_t> bytes;
  append_cbor(bytes, read, now);
  if (bytes.size() > kMostReading) throw Error("cannot record this reading: its filter is too long");
  make_inbox(layout);
  const std::string name = random_name();
  const std::string path = layout.inbox() + "/" + name + std::string(kEnding);
  const std::string beside = layout.inbox() + "/" + std::string(kUnfinished) + name;
  const FileDescriptor file(open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) throw file_error("write", path, errno);
  // The journal's holder is another user and must read it; nobody else learns the name. The folder cannot be opened to
  // be synced, so the file is synced again once it has its name, which the file systems of Linux take along.
  if (fchmod(file.get(), 0644) != 0 || !write_all(file.get(), bytes) || fdatasync(file.get()) != 0 ||
      rename(beside.c_str(), path.c_str()) != 0 || fsync(file.get()) != 0) {
    const int code = errno;
    unlink(beside.c_str());
    throw file_error("write", path, code);
  }
}

uint64_t take_over(const Layout& layout, Appender& journal, const Clock& clock,
                   const std::function<bool(uint64_t number)>& durable) {
  make_inbox(layout);
  const FileDescriptor inbox(open(layout.inbox().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!inbox) throw file_error("read", layout.inbox(), errno);
  const TimePoint now = clock.now();
  std::optional<Persons> persons;
  SetAside aside(layout, inbox.get());
  std::vector<std::string> taken;
  uint64_t moved = 0, last = 0;
  for (const std::string& name : some_names(inbox.get())) {
    if (taken.size() == kMostTaken || moved == kMostMoved) break;
    if (unfinished(inbox.get(), name, now)) continue;
    Reading reading;
    const What what = look(inbox.get(), name, reading);
    if (what == What::gone) continue;
    std::optional<std::vector<uint8_t>> record;
    if (what == What::reading) {
      if (!persons) persons.emplace(layout);
      record = signed_by_owner(reading, *persons, now);
    }
    if (!record) {
      if (aside.take(name)) ++moved;
      continue;
    }
    const auto number = journal.append(*record, Urgency::reserved);
    if (!number) break;
    last = *number;
    taken.push_back(name);
  }
  if (moved > 0) {
    std::vector<uint8_t> bytes;
    append_cbor(bytes, records::JournalEvent{.when = now, .event = "damaged", .reason = "inbox", .count = moved}, now);
    journal.append(bytes, Urgency::normal);
  }
  if (taken.empty() || (durable && !durable(last))) return 0;
  for (const std::string& name : taken) unlinkat(inbox.get(), name.c_str(), 0);
  return taken.size();
}

}  // namespace rampart::journal
