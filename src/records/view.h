// What people and filters want of a record of any kind: one line of words, and where it belongs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records/stored.h"

namespace rampart::records {

/// View is what every kind can be asked for; empty where it has none. Borrows from the Stored.
struct View {
  std::vector<std::string_view> zones, assets;  // of the client, then of the server
  std::string_view conduit, rule, person;
  std::string address;               // of who asked, or logged in
  std::string_view requirement;      // of IEC 62443-3-3: a finding's own, else the one that the kind serves
  std::optional<Severity> severity;  // findings; denied transactions are high
  std::string text;                  // one line: who did what to what, and what came of it
};
View view(const Stored& stored);
View view(Stored&& stored) = delete;  // it would not live as long

/// Filter: all that is set must hold. An unknown kind passes only an empty filter.
struct Filter {
  std::optional<TimePoint> since{}, until{};  // of when(): since included, until not
  std::vector<Kind> kinds{};
  std::string zone{}, asset{}, conduit{}, person{}, requirement{};
  bool empty() const;
  /// text says the filter in words, for the record of a reading.
  std::string text() const;
};
bool matches(const Filter& filter, const Stored& stored);

/// append_line writes the record as one line for people and its end, control characters escaped: number, time (UTC),
/// kind, severity or blank, words.
void append_line(std::string& out, const Stored& stored, uint64_t number);

}  // namespace rampart::records
