// Writes the YAML of a draft: comments and lists that break at 120 columns, texts from the wire made harmless. Private
// to draft*.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rampart::monitor::discover {

class DraftText {
 public:
  static constexpr size_t kWidth = 120;

  void line(size_t indent, std::string_view text);
  void blank() { out_ += '\n'; }
  /// comment writes words behind `#`, over as many lines as they need. What is no printable ASCII becomes `?`.
  void comment(size_t indent, std::string_view text);
  /// list writes `key: one` or `key: [one, two]`, broken where it is longer than a line. Items are as they shall stand.
  void list(size_t indent, std::string_view key, const std::vector<std::string>& items);

  std::string take() { return std::move(out_); }

  /// scalar is `text` as a value: plain where it is a plain word to every reader, else in quotes.
  static std::string scalar(std::string_view text);
  /// word is an id: in quotes where another reader would see something else than text.
  static std::string word(std::string_view id);
  /// harmless is `text` without anything but printable ASCII.
  static std::string harmless(std::string_view text);

 private:
  std::string out_;
};

}  // namespace rampart::monitor::discover
