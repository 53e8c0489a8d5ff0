#include "monitor/draft_text.h"

#include <algorithm>

namespace rampart::monitor::discover {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// plain_word: begins with a letter and has nothing that YAML gives a meaning, nor is it a word of YAML itself.
bool plain_word(std::string_view text) {
  if (text.empty() || !is_letter(text.front()) || text.back() == ' ') return false;
  for (const std::string_view word :
       {"true", "false", "yes",   "no",  "null", "on",   "off", "True", "False", "Yes", "No", "Null", "On",
        "Off",  "TRUE",  "FALSE", "YES", "NO",   "NULL", "ON",  "OFF",  "y",     "n",   "Y",  "N"}) {
    if (text == word) return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == ' ' || c == '-' || c == '.' || c == '_' || c == '/';
  });
}

/// number_or_network: digits with dots, slashes and hyphens, as ports, networks and ranges are written.
bool number_or_network(std::string_view text) {
  return !text.empty() && is_digit(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.' || c == '/' || c == '-'; });
}

}  // namespace

std::string DraftText::harmless(std::string_view text) {
  std::string out;
  for (const char c : text) out += c >= ' ' && c <= '~' ? c : '?';
  return out;
}

std::string DraftText::scalar(std::string_view text) {
  if (plain_word(text) || number_or_network(text)) return std::string(text);
  std::string out = "\"";
  for (const char c : harmless(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string DraftText::word(std::string_view text) {
  return plain_word(text) ? std::string(text) : "\"" + std::string(text) + "\"";
}

void DraftText::line(size_t indent, std::string_view text) {
  out_.append(indent, ' ');
  out_ += text;
  out_ += '\n';
}

void DraftText::comment(size_t indent, std::string_view text) {
  const std::string words = harmless(text);
  const size_t room = kWidth - indent - 2;
  std::string_view rest = words;
  if (rest.empty()) line(indent, "#");
  while (!rest.empty()) {
    size_t end = rest.size();
    if (end > room) {
      end = rest.rfind(' ', room);
      if (end == std::string_view::npos || end == 0) end = room;
    }
    line(indent, "# " + std::string(rest.substr(0, end)));
    rest.remove_prefix(end);
    while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  }
}

void DraftText::list(size_t indent, std::string_view key, const std::vector<std::string>& items) {
  std::string text = std::string(key) + ": ";
  if (items.size() == 1) return line(indent, text + items.front());
  text += "[";
  const size_t inner = indent + key.size() + 3;
  size_t column = indent + text.size();
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string item = items[i] + (i + 1 < items.size() ? "," : "]");
    if (i > 0 && column + 1 + item.size() > kWidth) {
      text += "\n" + std::string(inner, ' ');
      column = inner;
    } else if (i > 0) {
      text += " ";
      ++column;
    }
    text += item;
    column += item.size();
  }
  line(indent, text);
}

}  // namespace rampart::monitor::discover
