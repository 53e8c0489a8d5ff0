#include "apps/arguments.h"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "apps/commands.h"
#include "base/address.h"
#include "base/files.h"
#include "base/text.h"

namespace rampart::apps {
namespace {

constexpr uint64_t kMostKeyFile = uint64_t{1} << 20;

/// Scan takes pieces off the front of a text; once a piece is missing it stays failed.
struct Scan {
  std::string_view rest;
  bool ok = true;

  int digits(size_t count) {
    int value = 0;
    ok = ok && rest.size() >= count;
    for (size_t i = 0; ok && i < count; ++i) {
      ok = rest[i] >= '0' && rest[i] <= '9';
      value = value * 10 + (rest[i] - '0');
    }
    if (ok) rest.remove_prefix(count);
    return ok ? value : 0;
  }
  bool at(std::string_view any) const {
    return ok && !rest.empty() && any.find(rest.front()) != std::string_view::npos;
  }
  bool skip(std::string_view any) {
    if (!at(any)) return false;
    rest.remove_prefix(1);
    return true;
  }
  void expect(std::string_view any) { ok = skip(any); }
};

int64_t fraction(Scan& scan) {
  int64_t nanoseconds = 0;
  int64_t unit = 100'000'000;
  scan.ok = scan.at("0123456789");
  while (scan.at("0123456789")) {
    nanoseconds += unit * scan.digits(1);
    unit /= 10;
  }
  return nanoseconds;
}

std::chrono::minutes offset(Scan& scan) {
  if (scan.rest.empty() || scan.skip("Zz")) return {};
  const bool behind = scan.at("-");
  scan.expect("+-");
  const int hours = scan.digits(2);
  scan.skip(":");
  const int minutes = scan.digits(2);
  scan.ok = scan.ok && hours < 24 && minutes < 60;
  return std::chrono::minutes((hours * 60 + minutes) * (behind ? -1 : 1));
}

std::optional<TimePoint> parse_calendar(std::string_view text) {
  Scan scan{text};
  const int year = scan.digits(4);
  scan.expect("-");
  const int month = scan.digits(2);
  scan.expect("-");
  const int day = scan.digits(2);
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  // The years that a count of nanoseconds can hold.
  if (!scan.ok || !date.ok() || year < 1685 || year > 2254) return std::nullopt;
  TimePoint when = std::chrono::sys_days(date);
  if (scan.rest.empty()) return when;
  scan.expect("Tt ");
  const int hour = scan.digits(2);
  scan.expect(":");
  const int minute = scan.digits(2);
  const int second = scan.skip(":") ? scan.digits(2) : 0;
  const int64_t nanoseconds = scan.skip(".") ? fraction(scan) : 0;
  const std::chrono::minutes ahead = offset(scan);
  if (!scan.ok || !scan.rest.empty() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return when + std::chrono::hours(hour) + std::chrono::minutes(minute) - ahead + std::chrono::seconds(second) +
         Duration(nanoseconds);
}

uint64_t factor_of(std::string_view unit) {
  constexpr std::pair<std::string_view, uint64_t> kUnits[] = {{"", 1},
                                                              {"B", 1},
                                                              {"KiB", 1 << 10},
                                                              {"kB", 1000},
                                                              {"MiB", 1 << 20},
                                                              {"MB", 1'000'000},
                                                              {"GiB", 1 << 30},
                                                              {"GB", 1'000'000'000},
                                                              {"TiB", uint64_t{1} << 40},
                                                              {"TB", 1'000'000'000'000}};
  for (const auto& [name, factor] : kUnits) {
    if (name == unit) return factor;
  }
  return 0;
}

}  // namespace

std::optional<TimePoint> parse_time(std::string_view text, TimePoint now) {
  if (text.size() >= 2 && text.size() <= 7) {
    constexpr std::pair<char, int64_t> kUnits[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}, {'w', 604'800}};
    for (const auto& [unit, seconds] : kUnits) {
      if (text.back() != unit) continue;
      Scan scan{text.substr(0, text.size() - 1)};
      const int count = scan.digits(scan.rest.size());
      const auto back = std::chrono::seconds(count * seconds);
      // Longer ago than 1970 is as good as the beginning. Nanoseconds would not hold every count of weeks.
      const bool before = back >= std::chrono::floor<std::chrono::seconds>(now.time_since_epoch());
      if (scan.ok) return before ? TimePoint{} : now - back;
    }
  }
  return parse_calendar(text);
}

TimePoint require_time(std::string_view option, std::string_view text, TimePoint now) {
  if (const auto when = parse_time(text, now)) return *when;
  throw UsageError(std::string(option) + ": '" + std::string(text) + "' is no time",
                   "write 2026-11-23, 2026-11-23T18:30:00Z, or how long ago: 90s 15m 2h 7d 4w");
}

std::optional<uint64_t> parse_octets(std::string_view text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_number(text.substr(0, digits));
  const uint64_t factor = factor_of(trim(text.substr(digits)));
  if (digits == 0 || !number || factor == 0) return std::nullopt;
  if (*number > std::numeric_limits<uint64_t>::max() / factor) return std::nullopt;
  return *number * factor;
}

HostPort require_host(std::string_view text, uint16_t default_port) {
  const auto wrong = [&] {
    return UsageError("'" + std::string(text) + "' is no host, or host and port",
                      "write a name or address, and a port where it is not " + std::to_string(default_port) +
                          ": host.example:" + std::to_string(default_port) +
                          ", [fd00::5]:" + std::to_string(default_port));
  };
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) throw wrong();
    host = text.substr(1, end - 1);
    const std::string_view after = text.substr(end + 1);
    if (!after.empty() && !after.starts_with(':')) throw wrong();
    if (!after.empty()) port = after.substr(1);
    if (!after.empty() && port.empty()) throw wrong();
  } else if (const size_t colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) throw wrong();
  }
  if (host.empty() || host.find_first_of(" \t/") != std::string_view::npos) throw wrong();
  uint64_t number = default_port;
  if (!port.empty()) {
    const auto parsed = parse_number(port);
    if (!parsed || *parsed == 0 || *parsed > 65'535) throw wrong();
    number = *parsed;
  }
  return {std::string(host), static_cast<uint16_t>(number)};
}

HostPort require_listen(std::string_view option, std::string_view text) {
  std::string_view host = "127.0.0.1";
  std::string_view port = text;
  if (const size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (bracketed != (host.find(':') != std::string_view::npos)) host = {};
  }
  const auto number = parse_number(port);
  if (!IpAddress::parse(host) || !number || *number > 65'535) {
    throw UsageError(std::string(option) + ": '" + std::string(text) + "' is no address to listen on",
                     "write an address of this host and a port: 127.0.0.1:9464, [::1]:9464, or 9464 alone");
  }
  return {std::string(host), static_cast<uint16_t>(*number)};
}

std::vector<journal::VerifierKey> require_keys(const std::vector<std::string>& words) {
  std::vector<journal::VerifierKey> keys;
  for (const std::string& word : words) {
    if (const auto key = journal::VerifierKey::parse(word)) {
      keys.push_back(*key);
      continue;
    }
    const auto file = read_file(word, kMostKeyFile);
    if (!file) {
      throw UsageError("'" + word + "' is neither a verifier key nor a file with one",
                       "a verifier key is one line: name+8 hexadecimal digits+base64, as `rampart init` printed it");
    }
    const size_t before = keys.size();
    uint32_t number = 0;
    for (std::string_view line : split(as_text(*file), '\n')) {
      ++number;
      line = trim(line);
      if (line.empty() || line.starts_with('#')) continue;
      const auto key = journal::VerifierKey::parse(line);
      if (!key) {
        throw UsageError(word + ":" + std::to_string(number) + ": this line is no verifier key",
                         "one key a line: name+8 hexadecimal digits+base64; # begins a comment");
      }
      keys.push_back(*key);
    }
    if (keys.size() == before) throw UsageError(word + ": there is no verifier key in it", "one key a line");
  }
  return keys;
}

std::string read_input(const std::string& path, uint64_t most) {
  if (path != "-") {
    const auto bytes = read_file(path, most);
    if (!bytes) throw Error("cannot read " + path + ": there is no such file", "check the name");
    return std::string(as_text(*bytes));
  }
  std::string text;
  char part[16'384];
  for (size_t count = 1; count > 0 && text.size() <= most;) {
    count = std::fread(part, 1, sizeof part, stdin);
    text.append(part, count);
  }
  if (std::ferror(stdin) != 0) throw Error("cannot read standard input", "give a file instead of -");
  if (text.size() > most) throw Error("standard input is larger than " + std::to_string(most) + " octets", "");
  return text;
}

}  // namespace rampart::apps
