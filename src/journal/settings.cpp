#include "journal/settings.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace rampart::journal {

namespace {

constexpr uint64_t kMostFile = 65'536;

/// Line is one setting: its name, where its value lies, what it may be, and what people are told about it.
struct Line {
  std::string_view name;
  std::variant<uint32_t Settings::*, uint64_t Settings::*> value;
  uint64_t least = 0, most = 0;
  std::string_view comment;
};

constexpr uint64_t kTebibyte = uint64_t{1} << 40;
const Line kLines[] = {
    {"keep_days", &Settings::keep_days, 1, 36'500, "records older than so many days may be pruned"},
    {"most_octets", &Settings::most_octets, uint64_t{1} << 20, 1024 * kTebibyte,
     "segments and tiles together; the oldest segments go when there is more"},
    {"reserve_octets", &Settings::reserve_octets, 0, kTebibyte,
     "disk kept free for access, orders and the journal's own records; 0: none"},
    {"blob_days", &Settings::blob_days, 1, 36'500, "blobs older than so many days are removed"},
    {"blob_octets", &Settings::blob_octets, 0, 1024 * kTebibyte, "blobs together; the oldest go when there are more"},
    {"share_percent", &Settings::share_percent, 1, 100, "most of a kind's quota that one source may take"},
};

uint64_t value_of(const Settings& settings, const Line& line) {
  return std::visit([&](auto member) { return uint64_t{settings.*member}; }, line.value);
}

/// set puts the words of a line into `settings`. Result: what is wrong and what would mend it, empty where nothing is.
std::pair<std::string, std::string> set(Settings& settings, std::string_view name, std::string_view text) {
  std::vector<std::string_view> names;
  for (const Line& line : kLines) {
    names.push_back(line.name);
    if (line.name != name) continue;
    const std::optional<uint64_t> number = parse_number(text);
    if (!number || *number < line.least || *number > line.most) {
      return {fmt::format("{} is \"{}\"", name, text),
              fmt::format("write a whole number from {} to {}", line.least, line.most)};
    }
    std::visit(
        [&](auto member) { settings.*member = static_cast<std::remove_cvref_t<decltype(settings.*member)>>(*number); },
        line.value);
    return {};
  }
  const std::string_view near = closest(name, names);
  return {fmt::format("there is no setting \"{}\"", name),
          near.empty() ? fmt::format("the settings are {}", fmt::join(names, ", "))
                       : fmt::format("did you mean \"{}\"?", near)};
}

}  // namespace

Settings read_settings(const std::string& path) {
  Settings settings;
  const std::optional<std::vector<uint8_t>> bytes = read_file(path, kMostFile);
  if (!bytes) return settings;
  std::vector<Problem> problems;
  uint32_t number = 0;
  for (const std::string_view whole : split(as_text(*bytes), '\n')) {
    ++number;
    const std::string_view line = trim(whole.substr(0, whole.find('#')));
    if (line.empty()) continue;
    const size_t gap = line.find_first_of(" \t");
    auto [what, hint] = set(settings, line.substr(0, gap), gap == line.npos ? "" : trim(line.substr(gap)));
    if (what.empty()) continue;
    problems.push_back({.file = path,
                        .mark = {.line = number, .column = static_cast<uint32_t>(whole.find(line)) + 1},
                        .what = std::move(what),
                        .hint = std::move(hint),
                        .excerpt = std::string(whole),
                        .width = static_cast<uint32_t>(line.size())});
  }
  if (!problems.empty()) throw FileError(std::move(problems));
  return settings;
}

std::string format(const Settings& settings) {
  std::string out;
  for (const Line& line : kLines) {
    out += fmt::format("# {}\n{} {}\n", line.comment, line.name, value_of(settings, line));
  }
  return out;
}

}  // namespace rampart::journal
