// A plant is changed as text: the one scalar at its mark, nothing else. The result is read again before it counts.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "plant/draft.h"

namespace rampart::plant {

namespace {

/// id_of is the id of a map that has one, else empty.
std::string_view id_of(const Tree& tree, NodeIndex node) {
  if (tree[node].kind != NodeKind::mapping) return {};
  for (NodeIndex key = tree[node].first; key != kNoNode;) {
    const NodeIndex value = tree[key].next;
    if (value == kNoNode) return {};
    if (tree[key].value == "id" && tree[value].kind == NodeKind::scalar) return tree[value].value;
    key = tree[value].next;
  }
  return {};
}

/// step follows one part of a path: a key of a map; an id, a word or a number counted from 0 in a list.
NodeIndex step(const Tree& tree, NodeIndex node, std::string_view part) {
  if (tree[node].kind == NodeKind::mapping) {
    for (NodeIndex key = tree[node].first; key != kNoNode;) {
      const NodeIndex value = tree[key].next;
      if (value == kNoNode || tree[key].value == part) return value;
      key = tree[value].next;
    }
    return kNoNode;
  }
  if (tree[node].kind != NodeKind::sequence) return kNoNode;
  for (NodeIndex item = tree[node].first; item != kNoNode; item = tree[item].next) {
    if (id_of(tree, item) == part) return item;
  }
  const auto number = parse_number(part);
  if (!number || *number >= tree[node].children) return kNoNode;
  NodeIndex item = tree[node].first;
  for (uint64_t i = 0; i < *number; ++i) item = tree[item].next;
  return item;
}

NodeIndex follow(const Tree& tree, std::string_view path) {
  NodeIndex node = tree.root();
  for (const std::string_view part : split(path, '/')) {
    if (node == kNoNode) return kNoNode;
    node = step(tree, node, part);
  }
  return node;
}

std::string in_double_quotes(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string in_single_quotes(std::string_view value) {
  std::string out = "'";
  for (const char c : value) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + '\'';
}

/// is_plain: a value that needs no quotes anywhere, in braces or not, for any reader of YAML.
bool is_plain(std::string_view value) {
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  const auto inside = [&](char c) {
    return letter_or_digit(c) || std::string_view(" -_./+()%;=*").find(c) != std::string_view::npos;
  };
  if (value.empty() || value.back() == ' ' || value == "null") return false;
  const bool signed_number = value.size() > 1 && value[0] == '-' && value[1] >= '0' && value[1] <= '9';
  return (letter_or_digit(value.front()) || signed_number) && std::all_of(value.begin(), value.end(), inside);
}

std::string written(std::string_view old, std::string_view value) {
  if (old.starts_with('\'')) return in_single_quotes(value);
  if (old.starts_with('"') || !is_plain(value)) return in_double_quotes(value);
  return std::string(value);
}

/// only_new is what is wrong with `after` and was not wrong before.
std::vector<Problem> only_new(const std::vector<Problem>& before, std::vector<Problem> after) {
  std::set<std::pair<uint32_t, std::string>> known;
  for (const Problem& problem : before) known.emplace(problem.mark.line, problem.what);
  std::erase_if(after, [&](const Problem& problem) {
    return problem.warning || known.contains({problem.mark.line, problem.what});
  });
  return after;
}

Tree parse_again(const Plant& plant) {
  Problems unused(plant.text, plant.file, {});
  if (plant.text.size() > Limits().bytes || !check_bytes(unused)) {
    throw FileError(load_text(plant.text, plant.file).problems);
  }
  return parse(unused);
}

/// require_scalar finds the one value at `path`. Errors: throws Error.
NodeIndex require_scalar(const Plant& plant, const Tree& tree, std::string_view path) {
  const std::string where = "`" + std::string(path) + "`";
  const NodeIndex node = follow(tree, path);
  if (node == kNoNode) {
    throw Error(plant.file + ": nothing at " + where, "a path is made of keys, ids and numbers: zones/control/level");
  }
  if (tree[node].kind != NodeKind::scalar) throw Error(plant.file + ": " + where + " is not one value");
  return node;
}

}  // namespace

std::string scalar_at(const Plant& plant, std::string_view path) {
  const Tree tree = parse_again(plant);
  return std::string(tree[require_scalar(plant, tree, path)].value);
}

std::string edited(const Plant& plant, std::string_view path, std::string_view value) {
  const Loaded before = load_text(plant.text, plant.file);
  const Tree tree = parse_again(plant);
  const NodeIndex node = require_scalar(plant, tree, path);
  const bool one_line = is_utf8(value) && std::all_of(value.begin(), value.end(), [](char c) {
                          return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
                        });
  if (!one_line) throw Error(plant.file + ": a value is one line of text", "nothing was changed");
  const Span at = tree[node].at;
  const std::string_view old = std::string_view(plant.text).substr(at.offset, at.length);
  std::string text = plant.text;
  text.replace(at.offset, at.length, written(old, value));

  Loaded after = load_text(text, plant.file);
  std::vector<Problem> fresh = only_new(before.problems, after.problems);
  if (!fresh.empty()) throw FileError(std::move(fresh));
  Problems none(text, plant.file, {});
  const Tree changed = parse(none);
  // What was written must read back as the value asked for, in a file of the same shape.
  const bool same_shape = changed.size() == tree.size() && changed.complete() == tree.complete();
  if (!same_shape || changed[node].value != value) {
    throw Error(plant.file + ": `" + std::string(path) + "` cannot hold this value", "nothing was changed");
  }
  return text;
}

}  // namespace rampart::plant
