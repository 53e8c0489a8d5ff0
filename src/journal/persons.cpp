#include "journal/persons.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "crypto/signature.h"

namespace rampart::journal {
namespace {

constexpr uint64_t kMostOctets = uint64_t{64} << 20;
constexpr size_t kMostName = 255;
constexpr std::string_view kPrefix = "p-";
constexpr size_t kDigits = 16;

bool good_identifier(std::string_view text) {
  return text.size() == kPrefix.size() + kDigits && text.starts_with(kPrefix) &&
         text.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

/// lock keeps other processes from changing the table. The lock is a file beside it, since the table itself is
/// replaced.
FileDescriptor lock(const std::string& path) {
  const std::string name = path + ".lock";
  FileDescriptor file(open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) throw file_error("open", name, errno);
  while (flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) throw file_error("lock", name, errno);
  }
  return file;
}

void write(const std::string& path, const std::map<std::string, std::string, std::less<>>& names) {
  std::string text;
  for (const auto& [identifier, name] : names) text += identifier + '\t' + name + '\n';
  replace_file(path, as_bytes(text), 0600);
}

}  // namespace

// A control character could break the line, or a person's terminal: C0, DEL, and C1, which UTF-8 writes as c2 80..9f.
bool Persons::good_name(std::string_view name) {
  if (name.empty() || name.size() > kMostName || !is_utf8(name) || good_identifier(name)) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    const auto octet = static_cast<unsigned char>(name[i]);
    if (octet < 0x20 || octet == 0x7f) return false;
    if (octet == 0xc2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xa0) return false;
  }
  return true;
}

Persons::Persons(const Layout& layout) : path_(layout.persons()) { load(); }

void Persons::load() {
  std::map<std::string, std::string, std::less<>> names;
  const auto bytes = read_file(path_, kMostOctets);
  if (bytes) {
    std::string_view text = as_text(*bytes);
    if (text.ends_with('\n')) text.remove_suffix(1);
    uint32_t line = 0;
    for (const std::string_view entry : text.empty() ? std::vector<std::string_view>{} : split(text, '\n')) {
      ++line;
      const size_t tab = entry.find('\t');
      const std::string_view identifier = entry.substr(0, tab);
      const std::string_view name = tab == std::string_view::npos ? std::string_view{} : entry.substr(tab + 1);
      if (!good_identifier(identifier) || !good_name(name) || !names.emplace(identifier, name).second) {
        throw FileError(
            {{.file = path_,
              .mark = {line, 1},
              .what = "this is no line of a table of persons, or its identifier comes twice",
              .hint = "a line is `p-` and 16 hexadecimal digits, a tab, a name; restore it from a backup"}});
      }
    }
  }
  names_ = std::move(names);
}

std::string Persons::identifier(std::string_view name) {
  if (!good_name(name)) {
    throw Error(
        "this cannot be the name of a person: it must be UTF-8 without control characters, 1 to 255 octets, "
        "and no identifier");
  }
  const auto find = [&] { return std::ranges::find(names_, name, [](const auto& entry) { return entry.second; }); };
  if (const auto known = find(); known != names_.end()) return known->first;
  const FileDescriptor held = lock(path_);
  load();  // another process may have named it meanwhile
  if (const auto known = find(); known != names_.end()) return known->first;
  std::string identifier;
  do {
    std::array<uint8_t, kDigits / 2> octets{};
    crypto::random(octets);
    identifier = kPrefix;
    append_hex(identifier, octets);
  } while (names_.contains(identifier));
  auto names = names_;
  names.emplace(identifier, name);
  journal::write(path_, names);
  names_ = std::move(names);
  return identifier;
}

std::optional<std::string> Persons::name(std::string_view identifier) const {
  const auto found = names_.find(identifier);
  if (found == names_.end()) return std::nullopt;
  return found->second;
}

bool Persons::erase(std::string_view identifier_or_name) {
  const FileDescriptor held = lock(path_);
  load();
  auto names = names_;
  const auto erased = std::erase_if(names, [&](const auto& entry) {
    return entry.first == identifier_or_name || entry.second == identifier_or_name;
  });
  if (erased == 0) return false;
  journal::write(path_, names);
  names_ = std::move(names);
  return true;
}

}  // namespace rampart::journal
