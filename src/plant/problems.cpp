#include "plant/problems.h"

#include <algorithm>

#include "base/text.h"

namespace rampart::plant {

namespace {

constexpr size_t kStride = 256;
constexpr size_t kLongestExcerpt = 240;

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

size_t count_characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

}  // namespace

Lines::Lines(std::string_view text) : text_(text) {
  starts_.push_back(0);
  for (size_t i = 0; i < text.size(); ++i) {
    const bool ends = text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'));
    if (ends) starts_.push_back(static_cast<uint32_t>(i + 1));
  }
  size_t count = 0;
  for (size_t i = 0; i <= text.size(); i += kStride) {
    counted_.push_back(static_cast<uint32_t>(count));
    count += count_characters(text.substr(i, kStride));
  }
}

size_t Lines::characters_before(size_t offset) const {
  const size_t stride = offset / kStride;
  return counted_[stride] + count_characters(text_.substr(stride * kStride, offset % kStride));
}

Mark Lines::mark(size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const size_t start = *(after - 1);
  return {static_cast<uint32_t>(after - starts_.begin()),
          static_cast<uint32_t>(characters_before(offset) - characters_before(start) + 1)};
}

size_t Lines::offset(Mark mark) const {
  if (mark.line == 0 || mark.line > starts_.size()) return text_.size();
  size_t at = starts_[mark.line - 1];
  for (uint32_t column = 1; column < mark.column && at < text_.size(); ++column) {
    do {
      ++at;
    } while (at < text_.size() && !begins_character(text_[at]));
  }
  return at;
}

std::string_view Lines::line(uint32_t number) const {
  if (number == 0 || number > starts_.size()) return {};
  const size_t start = starts_[number - 1];
  const size_t end = number < starts_.size() ? starts_[number] : text_.size();
  std::string_view line = text_.substr(start, end - start);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

std::string excerpt(std::string_view line, uint32_t column) {
  const bool cut = line.size() > kLongestExcerpt;
  if (cut && column > kLongestExcerpt / 2) return {};
  if (cut) line = line.substr(0, kLongestExcerpt);
  while (cut && !line.empty() && !begins_character(line.back())) line.remove_suffix(1);
  if (cut && !line.empty()) line.remove_suffix(1);
  std::string out(line);
  const bool readable = is_utf8(out);
  for (char& c : out) {
    const auto octet = static_cast<unsigned char>(c);
    if ((octet < 0x20 && c != '\t') || octet == 0x7f || (octet >= 0x80 && !readable)) c = '?';
  }
  // U+0080..U+009F are control characters too: two octets, the first of them 0xc2.
  for (size_t i = 0; i + 1 < out.size(); ++i) {
    if (out[i] == '\xc2' && static_cast<unsigned char>(out[i + 1]) < 0xa0) out.replace(i, 2, "?");
  }
  if (cut) out += "...";
  return out;
}

void Problems::add(Found found) {
  ++(found.warning ? warnings_ : errors_);
  if (!full()) found_.push_back(std::move(found));
}

void Problems::error(Span at, std::string what, std::string hint) {
  add({at, std::move(what), std::move(hint), false});
}

void Problems::warning(Span at, std::string what, std::string hint) {
  add({at, std::move(what), std::move(hint), true});
}

std::vector<Problem> Problems::take() {
  std::stable_sort(found_.begin(), found_.end(),
                   [](const Found& left, const Found& right) { return left.at.offset < right.at.offset; });
  std::vector<Problem> out;
  size_t errors_shown = 0;
  for (Found& found : found_) {
    if (out.size() == limits_.problems) break;
    Problem problem;
    problem.file = file_;
    problem.mark = lines_.mark(found.at.offset);
    const size_t offset = std::min(found.at.offset, text_.size());
    const std::string_view token = text_.substr(offset, std::min(found.at.length, kLongestExcerpt));
    problem.width =
        static_cast<uint32_t>(std::max<size_t>(count_characters(token.substr(0, token.find_first_of("\r\n"))), 1));
    problem.what = std::move(found.what);
    problem.hint = std::move(found.hint);
    problem.excerpt = excerpt(lines_.line(problem.mark.line), problem.mark.column);
    problem.warning = found.warning;
    errors_shown += !found.warning;
    out.push_back(std::move(problem));
  }
  const size_t hidden = errors_ + warnings_ - out.size();
  if (hidden > 0) {
    Problem more;
    more.file = file_;
    more.what = "and ";
    append_number(more.what, hidden);
    more.what += hidden == 1 ? " more problem" : " more problems";
    more.hint = "mend these first, then run it again";
    more.warning = errors_shown == errors_;
    out.push_back(std::move(more));
  }
  return out;
}

}  // namespace rampart::plant
