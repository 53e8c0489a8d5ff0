#include "standard/search.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace rampart::standard {

namespace {

constexpr std::string_view kLevelIds[] = {"SL 0", "SL 1", "SL 2", "SL 3", "SL 4"};
constexpr size_t kLongestTyped = 200;  // longer than any name; bounds the work of comparing spellings

bool letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool digit(char c) { return c >= '0' && c <= '9'; }

template <typename Rows>
void append(std::vector<Entry>& out, Rows rows) {
  for (const auto& row : rows) out.push_back(&row);
}

/// all_entries is every row, in the order in which lookup prefers them.
std::vector<Entry> all_entries() {
  std::vector<Entry> all;
  append(all, system_requirements());
  append(all, component_requirements());
  append(all, clauses());
  append(all, parts());
  append(all, foundational_requirements());
  append(all, security_levels());
  append(all, tactics());
  append(all, techniques());
  append(all, mitigations());
  append(all, terms());
  return all;
}

struct IdOf {
  template <typename Row>
  std::string_view operator()(const Row* row) const {
    return row->id;
  }
  std::string_view operator()(const SecurityLevel* row) const { return kLevelIds[row->level]; }
  std::string_view operator()(const Term* row) const { return row->term; }
};

struct TitleOf {
  template <typename Row>
  std::string_view operator()(const Row* row) const {
    return row->title;
  }
  std::string_view operator()(const SecurityLevel* row) const { return row->means; }
  std::string_view operator()(const Tactic* row) const { return row->name; }
  std::string_view operator()(const Technique* row) const { return row->name; }
  std::string_view operator()(const Mitigation* row) const { return row->name; }
  std::string_view operator()(const Term* row) const { return row->term; }
};

struct TextOf {
  template <typename Row>
  std::string_view operator()(const Row* row) const {
    return row->summary;
  }
  std::string_view operator()(const Tactic*) const { return {}; }
  std::string_view operator()(const Technique*) const { return {}; }
  std::string_view operator()(const Mitigation*) const { return {}; }
  std::string_view operator()(const Term* row) const { return row->definition; }
};

/// code_of is the second name by which a row goes, empty for most.
std::string_view code_of(const Entry& entry) {
  if (const auto* row = std::get_if<const Foundational*>(&entry)) return (*row)->code;
  return {};
}

/// named_by_title is true for rows whose whole title may stand for the row: those of ATT&CK and the seven.
bool named_by_title(const Entry& entry) {
  return std::holds_alternative<const Tactic*>(entry) || std::holds_alternative<const Technique*>(entry) ||
         std::holds_alternative<const Mitigation*>(entry) || std::holds_alternative<const Foundational*>(entry);
}

/// weight_in is 0 where `word` does not stand in `text`, 1 inside a word, 2 at the beginning of one, 3 as a whole word.
int weight_in(const std::string& text, const std::string& word) {
  int best = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const bool begins = at == 0 || !letter_or_digit(text[at - 1]);
    const size_t after = at + word.size();
    const bool ends = after == text.size() || !letter_or_digit(text[after]);
    best = std::max(best, begins && ends ? 3 : begins ? 2 : 1);
  }
  return best;
}

/// score is 0 where a word is missing.
int score(const Entry& entry, const std::vector<std::string>& words, const std::string& whole) {
  const std::string id = lower(id_of(entry));
  const std::string title = lower(title_of(entry));
  const std::string text = lower(text_of(entry));
  int total = 0;
  for (const std::string& word : words) {
    const int found = std::max({weight_in(id, word) * 4, weight_in(title, word) * 4, weight_in(text, word)});
    if (found == 0) return 0;
    total += found;
  }
  if (title == whole || id == whole) total += 40;
  if (std::holds_alternative<const Term*>(entry)) total += 1;
  return total;
}

std::vector<std::string> words_of(std::string_view typed) {
  std::vector<std::string> words;
  for (const std::string_view part : split(typed, ' ')) {
    std::string word = lower(trim(part));
    if (word.size() > 3 && word.ends_with('s')) word.pop_back();  // "conduits" finds "conduit"
    if (!word.empty()) words.push_back(std::move(word));
  }
  return words;
}

std::string_view without_series(std::string_view typed) {
  for (const std::string_view prefix : {"iec ", "62443-", "part "}) {
    if (lower(typed.substr(0, prefix.size())) == prefix) typed = trim(typed.substr(prefix.size()));
  }
  return typed;
}

}  // namespace

std::string_view id_of(const Entry& entry) { return std::visit(IdOf(), entry); }
std::string_view title_of(const Entry& entry) { return std::visit(TitleOf(), entry); }
std::string_view text_of(const Entry& entry) { return std::visit(TextOf(), entry); }

std::string key_of(std::string_view typed) {
  std::string key;
  bool opened = false;
  for (const char c : lower(typed)) {
    if (c == '(') opened = true;
    if (!letter_or_digit(c) && c != '.') continue;
    if (opened && digit(c) && !key.ends_with("re")) key += "re";  // "SR 5.2 (1)" is how the standard's text names an RE
    opened = false;
    key += c;
  }
  return key;
}

std::optional<Entry> lookup(std::string_view typed) {
  typed = without_series(trim(typed));
  const std::string key = key_of(typed);
  if (key.empty() || typed.size() > kLongestTyped) return {};
  const std::vector<Entry> all = all_entries();
  const auto first = [&](auto matches) -> std::optional<Entry> {
    const auto found = std::ranges::find_if(all, matches);
    if (found == all.end()) return {};
    return *found;
  };
  const auto is_term = [](const Entry& entry) { return std::holds_alternative<const Term*>(entry); };
  if (auto found = first([&](const Entry& entry) { return !is_term(entry) && key_of(id_of(entry)) == key; }))
    return found;
  if (auto found = first([&](const Entry& entry) { return key_of(id_of(entry)) == key + "br"; })) return found;
  if (auto found = first([&](const Entry& entry) { return key_of(code_of(entry)) == key; })) return found;
  if (auto found = first([&](const Entry& entry) { return named_by_title(entry) && key_of(title_of(entry)) == key; })) {
    return found;
  }
  return first([&](const Entry& entry) { return is_term(entry) && key_of(id_of(entry)) == key; });
}

std::vector<Entry> search(std::string_view typed, size_t limit) {
  if (typed.size() > kLongestTyped) return {};
  const std::vector<std::string> words = words_of(typed);
  if (words.empty()) return {};
  const std::string whole = lower(trim(typed));
  std::vector<std::pair<int, Entry>> scored;
  for (const Entry& entry : all_entries()) {
    if (const int points = score(entry, words, whole); points > 0) scored.emplace_back(points, entry);
  }
  std::ranges::stable_sort(scored, [](const auto& left, const auto& right) { return left.first > right.first; });
  std::vector<Entry> found;
  for (const auto& [points, entry] : scored) {
    if (found.size() == limit) break;
    found.push_back(entry);
  }
  return found;
}

std::vector<std::string_view> suggest(std::string_view typed, size_t limit) {
  if (typed.size() > kLongestTyped) return {};
  const std::vector<Entry> all = all_entries();
  std::vector<std::pair<std::string, std::string_view>> names;  // the spelling compared, the name shown
  for (const Entry& entry : all) {
    names.emplace_back(key_of(id_of(entry)), id_of(entry));
    if (named_by_title(entry)) names.emplace_back(key_of(title_of(entry)), title_of(entry));
  }
  const std::string key = key_of(typed);
  std::vector<std::string_view> suggestions;
  while (suggestions.size() < limit) {
    std::vector<std::string_view> keys;
    for (const auto& name : names) keys.push_back(name.first);
    const std::string_view best = closest(key, keys);
    if (best.empty()) break;
    const auto found = std::ranges::find_if(names, [&](const auto& name) { return name.first == best; });
    suggestions.push_back(found->second);
    names.erase(found);
  }
  return suggestions;
}

}  // namespace rampart::standard
