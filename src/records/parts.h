// What several kinds of records have in common, at one place for the view and the exports. Internal to the room.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "records/stored.h"

namespace rampart::records {

/// Parts borrows from the Stored. Null, empty or zero where a kind has none.
struct Parts {
  const Conversation* conversation = nullptr;
  const Side* from = nullptr;  // who asked, or told of itself
  const Side* to = nullptr;    // who was asked
  const protocols::Operation* operation = nullptr;
  protocols::Function function{};  // the operation's; the answer's where nobody was seen asking
  Verdict verdict{};
  std::optional<protocols::Outcome> outcome{};
  TimePoint first{}, last{};  // of a record that stands for several moments
  uint64_t count = 1;
  std::string_view person{}, reason{};
};
Parts parts_of(const Stored& stored);

/// append_name writes what a person knows a side by: its asset, else its address; escaped.
void append_name(std::string& out, const Side* side);
/// append_object writes an operation's object in the words of rules, as it came; nothing where it has none.
void append_object(std::string& out, const protocols::Operation& operation);
/// append_values writes the first few values and how many more there are; nothing where there are none.
void append_values(std::string& out, const protocols::Values& values);
/// append_words writes what happened as one line, escaped, at most kMostWords octets.
inline constexpr size_t kMostWords = 1000;
void append_words(std::string& out, const Stored& stored);
/// append_moment writes `when` as 2026-11-23, `between`, 18:30:00.123456: UTC, microseconds.
void append_moment(std::string& out, TimePoint when, char between);

}  // namespace rampart::records
