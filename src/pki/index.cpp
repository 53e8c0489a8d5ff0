#include "pki/index.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/crc32c.h"
#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/issuing.h"

namespace rampart::pki {
namespace {

constexpr std::string_view kHead = "rampart-pki-index 1\n";
constexpr uint64_t kMostOctets = uint64_t{512} << 20;
constexpr size_t kChecksum = 8;  // digits before each line

std::string checksum(std::string_view text) {
  const uint32_t sum = crc32c(as_bytes(text));
  const uint8_t octets[] = {static_cast<uint8_t>(sum >> 24), static_cast<uint8_t>(sum >> 16),
                            static_cast<uint8_t>(sum >> 8), static_cast<uint8_t>(sum)};
  std::string out;
  append_hex(out, octets);
  return out;
}

void append_seconds(std::string& out, TimePoint time) {
  append_number(out, std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

std::optional<TimePoint> seconds(std::string_view word) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return from_unix(value, 0);
}

/// word_of keeps an empty word apart from no word.
std::string word_of(const std::string& text) { return text.empty() ? "-" : text; }
std::string text_of(std::string_view word) { return word == "-" ? std::string() : std::string(word); }

/// checked is a line without its checksum; nothing where that is another.
std::optional<std::string_view> checked(std::string_view line) {
  if (line.size() < kChecksum + 2 || line[kChecksum] != ' ') return std::nullopt;
  const std::string_view text = line.substr(kChecksum + 1);
  if (checksum(text) != line.substr(0, kChecksum)) return std::nullopt;
  return text;
}

}  // namespace

void Index::make(const std::string& path) { create_file(path, as_bytes(kHead), 0600); }

Index::Index(std::string path) : path_(std::move(path)) {
  file_.reset(open(path_.c_str(), O_RDWR | O_CLOEXEC | O_APPEND));
  if (!file_) {
    throw errno == ENOENT ? Error("there is no authority: " + path_ + " is missing", "`rampart pki init` makes one")
                          : file_error("open", path_, errno);
  }
}

Index::Turn::Turn(Index& index) : index_(index) {
  while (flock(index_.file_.get(), LOCK_EX) != 0) {
    if (errno != EINTR) throw file_error("lock", index_.path_, errno);
  }
  try {
    index_.read_new();
  } catch (...) {
    flock(index_.file_.get(), LOCK_UN);
    throw;
  }
}
Index::Turn::~Turn() { flock(index_.file_.get(), LOCK_UN); }

void Index::read_new() {
  struct stat facts {};
  if (fstat(file_.get(), &facts) != 0) throw file_error("read", path_, errno);
  const auto size = static_cast<uint64_t>(facts.st_size);
  if (size == size_) return;
  if (size < size_ || size > kMostOctets) throw Error(path_ + " is shorter than it was, or too large", "Restore it.");
  std::string text(size - size_, '\0');
  for (size_t done = 0; done < text.size();) {
    const ssize_t count = pread(file_.get(), text.data() + done, text.size() - done, static_cast<off_t>(size_ + done));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) throw file_error("read", path_, count < 0 ? errno : EIO);
    done += static_cast<size_t>(count);
  }
  size_t at = 0;
  if (size_ == 0) {
    if (!text.starts_with(kHead)) throw Error(path_ + " is no index of an authority");
    at = kHead.size();
  }
  while (at < text.size()) {
    const size_t end = text.find('\n', at);
    const auto line = end == std::string::npos ? std::nullopt : checked(std::string_view(text).substr(at, end - at));
    if (!line || !take(*line)) {
      const bool last = end == std::string::npos || end + 1 == text.size();
      if (line || !last) {
        throw Error(path_ + ":" + std::to_string(lines_ + 2) + ": the line is damaged",
                    "Restore the authority's folder from its backup.");
      }
      break;
    }
    ++lines_;
    at = end + 1;
  }
  size_ += at;
  if (at == text.size()) return;
  // What a crash left of the last line was never acknowledged: nobody has what it would tell of.
  if (ftruncate(file_.get(), static_cast<off_t>(size_)) != 0 || fdatasync(file_.get()) != 0) {
    throw file_error("mend", path_, errno);
  }
}

bool Index::take(std::string_view text) {
  const std::vector<std::string_view> words = split(text, ' ');
  const auto made = words.size() >= 3 ? seconds(words[1]) : std::nullopt;
  if (!made) return false;
  if (words[0] == "issued") return take_issued(*made, words);
  if (words[0] == "token" && words.size() == 6 && tokens_.size() < kMostEntries) {
    const auto until = seconds(words[5]);
    if (!until) return false;
    return tokens_
        .try_emplace(std::string(words[4]), Token{std::string(words[2]), text_of(words[3]), *made, *until, {}})
        .second;
  }
  if (words.size() != 4) return false;
  const auto found = serials_.find(words[2]);
  if (found == serials_.end()) return false;
  Entry& entry = entries_[found->second];
  if (words[0] == "revoked") {
    entry.revoked = made;
    entry.reason = words[3];
    return true;
  }
  const auto days = parse_number(words[3]);
  if (words[0] != "told" || !days || *days > 1000) return false;
  entry.told = static_cast<int>(*days);
  return true;
}

bool Index::take_issued(TimePoint made, const std::vector<std::string_view>& words) {
  auto der = words.size() == 4 && entries_.size() < kMostEntries ? crypto::decode_base64(words[3]) : std::nullopt;
  if (!der) return false;
  Entry entry;
  entry.certificate = crypto::read_certificate(*der);
  append_hex(entry.key, crypto::sha256(crypto::public_key_of(*der)));
  entry.der = std::move(*der);
  entry.by = words[2];
  entry.made = made;
  if (!serials_.emplace(entry.certificate.serial, entries_.size()).second) return false;
  const auto token = tokens_.find(entry.by);
  if (token != tokens_.end()) token->second.used = entries_.size();
  newest_[entry.certificate.subject] = entries_.size();
  entries_.push_back(std::move(entry));
  return true;
}

void Index::add(const std::string& text) {
  const std::string line = checksum(text) + " " + text + "\n";
  if (size_ + line.size() > kMostOctets) throw Error(path_ + " is full", "Make a new authority.");
  if (!write_all(file_.get(), as_bytes(line)) || fdatasync(file_.get()) != 0) {
    const int code = errno;
    // Where even that fails, the next turn finds a torn line and cuts it.
    [[maybe_unused]] const int cut = ftruncate(file_.get(), static_cast<off_t>(size_));
    throw file_error("write", path_, code);
  }
  if (!take(text)) throw Error(path_ + " takes no more", "Make a new authority.");
  size_ += line.size();
  ++lines_;
}

void Index::add_token(TimePoint now, const std::string& hash, const Token& token) {
  if (tokens_.size() == kMostEntries) throw Error(path_ + " has no room for another token", "Make a new authority.");
  std::string text = "token ";
  append_seconds(text, now);
  text += " " + token.subject + " " + word_of(token.role) + " " + hash + " ";
  append_seconds(text, token.until);
  add(text);
}

size_t Index::add_issued(TimePoint now, const std::string& by, Bytes der) {
  if (entries_.size() == kMostEntries) throw Error(path_ + " has no room for another", "Make a new authority.");
  std::string text = "issued ";
  append_seconds(text, now);
  text += " " + by + " " + crypto::base64(der);
  add(text);
  return entries_.size() - 1;
}

void Index::add_revoked(TimePoint now, const std::string& serial, const std::string& reason) {
  std::string text = "revoked ";
  append_seconds(text, now);
  add(text + " " + serial + " " + reason);
}

void Index::add_told(TimePoint now, const std::string& serial, int days) {
  std::string text = "told ";
  append_seconds(text, now);
  add(text + " " + serial + " " + std::to_string(days));
}

const Token* Index::token(const std::string& hash) const {
  const auto found = tokens_.find(hash);
  return found == tokens_.end() ? nullptr : &found->second;
}

const Entry* Index::by_serial(std::string_view serial) const {
  const auto found = serials_.find(serial);
  return found == serials_.end() ? nullptr : &entries_[found->second];
}

const Entry* Index::newest(std::string_view subject) const {
  const auto found = newest_.find(subject);
  return found == newest_.end() ? nullptr : &entries_[found->second];
}

}  // namespace rampart::pki
