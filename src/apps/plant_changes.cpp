#include "apps/plant_changes.h"

#include <algorithm>
#include <map>

#include "apps/walk.h"
#include "base/text.h"
#include "journal/blobs.h"
#include "records/stored.h"

namespace rampart::apps {
namespace {

// Before and after of a rule must fit into one record, whatever a file puts into a rule.
constexpr size_t kMostRule = 16'000;

size_t offset_of(std::string_view text, Mark mark) {
  size_t at = 0;
  for (uint32_t line = 1; line < mark.line; ++line) {
    const size_t end = text.find('\n', at);
    if (end == std::string_view::npos) return text.size();
    at = end + 1;
  }
  return std::min(text.size(), at + std::max<uint32_t>(mark.column, 1) - 1);
}

/// braced is the length of a flow mapping that begins with its brace: quotes and comments may hold braces.
size_t braced(std::string_view text) {
  int depth = 0;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (quote == '"' && c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '#' && i > 0 && (text[i - 1] == ' ' || text[i - 1] == '\n' || text[i - 1] == '\t')) {
      i = std::min(text.find('\n', i), text.size() - 1);
    } else if (c == '"' || c == '\'') {
      // Within a plain word, as in it's, a quote is a letter.
      const bool begins = i > 0 && std::string_view(" \t\n,:[{").find(text[i - 1]) != std::string_view::npos;
      if (begins) quote = c;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return text.size();
}

/// block is the length of a block mapping: its first line and those below that stand deeper than its dash does.
size_t block(std::string_view text, size_t dash) {
  size_t end = std::min(text.find('\n'), text.size());
  for (size_t at = end + 1; at < text.size();) {
    const size_t line_end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, line_end - at);
    const size_t indent = line.find_first_not_of(" \r");
    const bool says_nothing = indent == std::string_view::npos || line[indent] == '#';
    if (!says_nothing && indent <= dash) break;
    if (!says_nothing) end = line_end;
    at = line_end + 1;
  }
  return end;
}

std::string_view cut(std::string_view text) {
  if (text.size() <= kMostRule) return text;
  size_t end = kMostRule;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80) --end;
  return text.substr(0, end);
}

using RuleTexts = std::map<std::pair<std::string, std::string>, std::string_view>;

RuleTexts rule_texts(const plant::Plant& plant) {
  RuleTexts texts;
  for (const plant::Conduit& conduit : plant.conduits) {
    for (const plant::Rule& rule : conduit.rules) {
      texts.emplace(std::pair(conduit.id.value, rule.id.value), rule_text(plant, rule));
    }
  }
  return texts;
}

std::string_view plant_named_by(const records::Stored& stored) {
  if (const auto* run = std::get_if<records::Run>(&stored.fact())) return run->plant_sha256;
  if (const auto* change = std::get_if<records::PlantChange>(&stored.fact())) return change->after_sha256;
  return {};
}

/// known_plant loads the plant of that hash from its blob; nothing where the blob is gone or does not load any more.
std::optional<plant::Plant> known_plant(const journal::Layout& layout, const std::string& hash) {
  const auto bytes = journal::get_blob(layout, hash);
  if (!bytes) return std::nullopt;
  plant::Loaded loaded = plant::load_text(std::string(as_text(*bytes)), hash);
  if (!loaded.ok()) return std::nullopt;
  return std::move(loaded.plant);
}

}  // namespace

std::string_view rule_text(const plant::Plant& plant, const plant::Rule& rule) {
  const std::string_view text = plant.text;
  const size_t at = offset_of(text, rule.mark);
  if (at >= text.size()) return {};
  const std::string_view from_here = text.substr(at);
  if (from_here.front() == '{') return trim(from_here.substr(0, braced(from_here)));
  const size_t line = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  const size_t dash = text.find_first_not_of(' ', line) - line;
  return trim(from_here.substr(0, block(from_here, dash)));
}

std::vector<RuleDifference> compare_rules(const plant::Plant& before, const plant::Plant& after) {
  const RuleTexts old_rules = rule_texts(before);
  const RuleTexts new_rules = rule_texts(after);
  std::vector<RuleDifference> differences;
  for (const auto& [name, text] : old_rules) {
    const auto found = new_rules.find(name);
    const std::string_view now = found == new_rules.end() ? std::string_view() : found->second;
    if (now != text) differences.push_back({name.first, name.second, text, now});
  }
  for (const auto& [name, text] : new_rules) {
    if (!old_rules.contains(name)) differences.push_back({name.first, name.second, {}, text});
  }
  return differences;
}

std::string last_plant(const std::string& folder) {
  journal::Reader reader(folder);
  std::string hash;
  find_last(reader, reader.first(), reader.size(), 1, [&](Bytes record) {
    const auto stored = records::Stored::decode(record);
    if (!stored || plant_named_by(*stored).empty()) return false;
    hash = plant_named_by(*stored);
    return true;
  });
  return hash;
}

PlantStep plant_step(const journal::Layout& layout, const plant::Plant& plant, const std::string& known) {
  PlantStep step;
  step.file = plant.file;
  step.known = known;
  step.hash = journal::put_blob(layout, as_bytes(plant.text));
  if (step.hash == known || known.empty()) return step;
  const auto before = known_plant(layout, known);
  if (!before) return step;
  step.is_compared = true;
  for (const RuleDifference& difference : compare_rules(*before, plant)) {
    step.rules.push_back({difference.conduit, difference.rule, std::string(cut(difference.before)),
                          std::string(cut(difference.after))});
  }
  return step;
}

void keep_step(journal::Keeper& keeper, const PlantStep& step, const std::string& person,
               const std::optional<Edit>& edit, TimePoint now) {
  if (step.hash == step.known) return;
  std::string how = edit ? "set" : "loaded";
  if (!step.known.empty() && !step.is_compared) {
    how += ", rules not compared: the text of the plant before is not kept any more";
  }
  const Edit said = edit.value_or(Edit());
  keeper.keep(records::PlantChange{.when = now,
                                   .person = person,
                                   .file = step.file,
                                   .before_sha256 = step.known,
                                   .after_sha256 = step.hash,
                                   .how = how,
                                   .path = said.path,
                                   .before = said.before,
                                   .after = said.after});
  for (const PlantStep::Rule& rule : step.rules) {
    keeper.keep(records::RuleChange{.when = now,
                                    .plant_sha256 = step.hash,
                                    .conduit = rule.conduit,
                                    .rule = rule.rule,
                                    .change = rule.before.empty()  ? "added"
                                              : rule.after.empty() ? "removed"
                                                                   : "altered",
                                    .before = rule.before,
                                    .after = rule.after});
  }
}

std::string keep_plant(journal::Keeper& keeper, const journal::Layout& layout, const plant::Plant& plant,
                       const std::string& known, const std::string& person, const std::optional<Edit>& edit,
                       TimePoint now) {
  const PlantStep step = plant_step(layout, plant, known);
  keep_step(keeper, step, person, edit, now);
  return step.hash;
}

}  // namespace rampart::apps
