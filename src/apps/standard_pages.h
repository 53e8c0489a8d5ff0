// What `rampart standard` prints about one row of the catalogue, and the 80-column page it prints on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "standard/search.h"

namespace rampart::apps {

/// Page appends lines of at most 80 columns to a text of the caller's, which must outlive it. Texts are broken at
/// spaces, except at unbroken ones; only a single word longer than the line sticks out.
class Page {
 public:
  static constexpr size_t kWidth = 80;
  /// kUnbroken is printed as a space at which no line ends.
  static constexpr char kUnbroken = '\x1f';

  explicit Page(std::string& out) : out_(out) {}

  /// entry writes `label`, then `text` from column `indent` on, its further lines under its first.
  void entry(std::string_view label, size_t indent, std::string_view text);
  /// text writes a paragraph two columns in.
  void text(std::string_view text) { entry("", 2, text); }
  /// heading leaves a line free, then writes a line that begins at the left edge.
  void heading(std::string_view text);

 private:
  std::string& out_;
};

/// write_page writes all that is known about one row.
void write_page(Page& page, const standard::Entry& entry);

/// write_hits writes one line an entry: identifier and title, or the beginning of a term's definition.
void write_hits(Page& page, const std::vector<standard::Entry>& entries);

}  // namespace rampart::apps
