// Statements and overlays are files that anybody may have written: they are read whole, or refused by one error.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "assess/rows.h"
#include "assess/statement.h"
#include "base/error.h"

using namespace rampart;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto read = assess::read_statements(text, "fuzz");
    // What was read can be written, and reads as the same again.
    std::string again;
    for (const assess::Statement& statement : read) {
      append_line(again, statement);
      if (statement.withdrawn)
        assess::append_withdrawal(again, statement.id, statement.withdrawn_by, "", *statement.withdrawn);
    }
    if (assess::read_statements(again, "again").size() != read.size()) std::abort();
  } catch (const FileError&) {
    // One clear error is an answer.
  }
  try {
    for (const assess::OwnCell& cell : assess::read_overlay(text, "fuzz")) {
      if (cell.lowest < 1 || cell.lowest > 5) std::abort();
    }
  } catch (const FileError&) {
    // Likewise.
  }
  return 0;
}
