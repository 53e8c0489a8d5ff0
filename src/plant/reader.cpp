#include "plant/reader.h"

#include <algorithm>

#include "base/text.h"
#include "plant/scalars.h"

namespace rampart::plant {

namespace {

std::string join(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

std::vector<std::string_view> names_of(const KeyTable& table) {
  std::vector<std::string_view> names;
  for (const Key& key : table.keys) names.push_back(key.name);
  return names;
}

}  // namespace

Fields::Fields(Reader& reader, NodeIndex node, const KeyTable& table) : node_(node), table_(table) {
  values_.fill(kNoNode);
  if (node == kNoNode || reader[node].kind == NodeKind::broken) return;
  const std::string called(table.called);
  if (reader[node].kind != NodeKind::mapping) {
    reader.error(node, called + " is a map of keys and values", "its keys: " + join(names_of(table)));
    return;
  }
  for (NodeIndex key = reader[node].first; key != kNoNode;) {
    const NodeIndex value = reader[key].next;
    const std::string_view name = reader[key].value;
    const auto at = std::find_if(table.keys.begin(), table.keys.end(), [&](const Key& k) { return k.name == name; });
    if (reader[key].kind != NodeKind::scalar) {
      if (reader[key].kind != NodeKind::broken) reader.error(key, "a key must be a word");
    } else if (at == table.keys.end()) {
      reader.error(
          key, called + " has no key " + quoted(name),
          name == "<<" ? "merge keys are not allowed: write the keys out" : reader.did_you_mean(name, names_of(table)));
    } else if (NodeIndex& slot = values_[static_cast<size_t>(at - table.keys.begin())]; slot != kNoNode) {
      reader.error(key, "the key " + quoted(name) + " stands here twice", "keep one of the two");
    } else if (value != kNoNode) {
      slot = value;
    }
    key = value == kNoNode ? kNoNode : reader[value].next;
  }
  if (!reader[node].closed) return;
  for (size_t i = 0; i < table.keys.size(); ++i) {
    if (!table.keys[i].required || values_[i] != kNoNode) continue;
    const NodeIndex first = reader[node].first;
    reader.error(first == kNoNode ? node : first, called + " needs the key " + quoted(table.keys[i].name));
  }
}

NodeIndex Fields::operator[](std::string_view key) const {
  for (size_t i = 0; i < table_.keys.size(); ++i) {
    if (table_.keys[i].name == key) return values_[i];
  }
  return kNoNode;
}

std::string quoted(std::string_view word) {
  return word.size() <= 80 ? "`" + std::string(word) + "`" : "a word of " + std::to_string(word.size()) + " octets";
}

void Reader::error(NodeIndex node, std::string what, std::string hint) {
  problems_.error(tree_[node].at, std::move(what), std::move(hint));
}

std::string Reader::did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) const {
  if (!problems_.wants_hints()) return {};
  if (word.size() <= 64 && candidates.size() <= 2'000) {
    const std::string small = lower(word);
    std::string_view near = closest(small, candidates);
    for (const std::string_view candidate : candidates) {
      const bool one_begins_other = small.starts_with(candidate) || candidate.starts_with(small);
      if (near.empty() && small.size() >= 3 && one_begins_other) near = candidate;
    }
    if (!near.empty()) return "did you mean `" + std::string(near) + "`?";
  }
  if (candidates.empty()) return "there is none";
  if (candidates.size() <= 32) return "one of: " + join(candidates);
  return {};
}

std::optional<std::string_view> Reader::scalar(NodeIndex node, std::string_view wanted) {
  if (node == kNoNode || tree_[node].kind == NodeKind::broken) return {};
  if (tree_[node].kind == NodeKind::scalar && !tree_[node].value.empty()) return tree_[node].value;
  const std::string text(wanted);
  if (tree_[node].kind == NodeKind::null || tree_[node].kind == NodeKind::scalar) {
    error(node, "no value where " + text + " should stand", "write one, or take the key away");
  } else {
    error(node, (tree_[node].kind == NodeKind::sequence ? "a list where " : "a map where ") + text + " should stand");
  }
  return {};
}

Text Reader::text(NodeIndex node, std::string_view wanted) {
  const std::optional<std::string_view> value = scalar(node, wanted);
  if (!value) return {};
  if (value->size() > 1000) {
    error(node, "a text of more than 1000 octets", "say it shorter");
    return {};
  }
  return {std::string(*value), mark(node)};
}

std::string Reader::string(NodeIndex node, std::string_view wanted) { return text(node, wanted).value; }

Text Reader::id(NodeIndex node) {
  const std::optional<std::string_view> value = scalar(node, "an id");
  if (!value) return {};
  if (is_id(*value)) return {std::string(*value), mark(node)};
  const std::string near = as_id(*value);
  error(node, quoted(*value) + " is not an id: lower-case letters, digits and hyphens, at most 64",
        near.empty() ? std::string() : "did you mean `" + near + "`?");
  return {};
}

std::optional<uint32_t> Reader::number(NodeIndex node, uint32_t minimum, uint32_t maximum, std::string_view hint) {
  std::string wanted = "a number from ";
  append_number(wanted, minimum);
  wanted += " to ";
  append_number(wanted, maximum);
  const std::optional<std::string_view> value = scalar(node, wanted);
  if (!value) return {};
  const std::optional<uint64_t> parsed = parse_number(*value);
  if (parsed && *parsed >= minimum && *parsed <= maximum) return static_cast<uint32_t>(*parsed);
  error(node, quoted(*value) + " is not " + wanted, std::string(hint));
  return {};
}

std::optional<double> Reader::real(NodeIndex node) {
  const std::optional<std::string_view> value = scalar(node, "a number");
  if (!value) return {};
  const std::optional<double> parsed = parse_real(*value);
  if (!parsed) error(node, quoted(*value) + " is not a number", "write 12, -0.5 or 1e3");
  return parsed;
}

bool Reader::flag(NodeIndex node, bool otherwise) {
  const std::optional<std::string_view> value = scalar(node, "yes or no");
  if (!value) return otherwise;
  const std::optional<bool> parsed = parse_flag(*value);
  if (!parsed) error(node, quoted(*value) + " is neither yes nor no", "write yes, no, true or false");
  return parsed.value_or(otherwise);
}

std::optional<size_t> Reader::word(NodeIndex node, const WordTable& table) {
  const std::optional<std::string_view> value = scalar(node, table.called);
  if (!value) return {};
  const auto at = std::find(table.words.begin(), table.words.end(), *value);
  if (at != table.words.end()) return static_cast<size_t>(at - table.words.begin());
  const std::string_view known = synonym(lower(value->substr(0, 64)));
  const bool listed = std::find(table.words.begin(), table.words.end(), known) != table.words.end();
  error(node, quoted(*value) + " is not " + std::string(table.called),
        listed ? "did you mean `" + std::string(known) + "`?"
               : did_you_mean(*value, {table.words.begin(), table.words.end()}));
  return {};
}

std::vector<NodeIndex> Reader::list(NodeIndex node, std::string_view wanted) {
  std::vector<NodeIndex> items;
  if (node == kNoNode || tree_[node].kind == NodeKind::broken) return items;
  if (tree_[node].kind != NodeKind::sequence) {
    error(node, std::string(wanted) + " are a list",
          tree_[node].kind == NodeKind::null ? "write [] where there are none"
                                             : "put it in [ ], or begin each item with `- `");
    return items;
  }
  items.reserve(tree_[node].children);
  for (NodeIndex item = tree_[node].first; item != kNoNode; item = tree_[item].next) items.push_back(item);
  return items;
}

std::vector<NodeIndex> Reader::words(NodeIndex node, std::string_view wanted) {
  if (node == kNoNode || tree_[node].kind == NodeKind::broken) return {};
  if (tree_[node].kind == NodeKind::scalar) return {node};
  std::vector<NodeIndex> items = list(node, wanted);
  if (items.empty() && tree_[node].kind == NodeKind::sequence && tree_[node].closed) {
    error(node, "an empty list of " + std::string(wanted), "name at least one, or take the key away");
  }
  return items;
}

void Names::add(Reader& reader, NodeIndex id, Index index, std::string_view kind) {
  if (id == kNoNode || reader[id].kind != NodeKind::scalar || reader[id].value.empty()) return;
  const auto [entry, fresh] = entries_.try_emplace(reader[id].value, Entry{index, id});
  if (fresh) return;
  std::string hint = "the first is on line ";
  append_number(hint, reader.mark(entry->second.node).line);
  reader.error(id, "a second " + std::string(kind) + " " + quoted(reader[id].value), hint + "; ids are unique");
}

Index Names::find(std::string_view id) const {
  const auto at = entries_.find(id);
  return at == entries_.end() ? kNone : at->second.index;
}

std::vector<std::string_view> Names::all() const {
  std::vector<std::string_view> names;
  names.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace rampart::plant
