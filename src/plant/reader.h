// Reader turns nodes into values and says what is wrong with those that are none. Every function takes a node that may
// be absent (kNoNode) and then gives the default without a word: whether a key is needed is the key table's matter.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "plant/keys.h"
#include "plant/plant.h"
#include "plant/yaml.h"

namespace rampart::plant {

class Reader;

/// quoted is a word of the file as messages show it; a hostile file's words may be megabytes.
std::string quoted(std::string_view word);

/// Fields are the values of one map by key. A node that is no map, unknown keys, duplicates and missing keys are
/// reported when it is made.
class Fields {
 public:
  Fields(Reader& reader, NodeIndex node, const KeyTable& table);
  NodeIndex operator[](std::string_view key) const;
  NodeIndex node() const { return node_; }

 private:
  NodeIndex node_;
  const KeyTable& table_;
  std::array<NodeIndex, 20> values_;
};

class Reader {
 public:
  Reader(const Tree& tree, Problems& problems) : tree_(tree), problems_(problems) {}

  const Node& operator[](NodeIndex index) const { return tree_[index]; }
  const Tree& tree() const { return tree_; }
  Problems& problems() { return problems_; }
  Mark mark(NodeIndex node) const { return problems_.lines().mark(tree_[node].at.offset); }

  void error(NodeIndex node, std::string what, std::string hint = {});
  /// did_you_mean is a hint with the candidate nearest to `word`, or all of them where none is near.
  std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) const;

  /// scalar is the text of a scalar, or nothing after an error; `wanted` says what should stand there.
  std::optional<std::string_view> scalar(NodeIndex node, std::string_view wanted);
  Text text(NodeIndex node, std::string_view wanted);
  std::string string(NodeIndex node, std::string_view wanted);
  /// id reads an id of the right form.
  Text id(NodeIndex node);
  std::optional<uint32_t> number(NodeIndex node, uint32_t minimum, uint32_t maximum, std::string_view hint = {});
  std::optional<double> real(NodeIndex node);
  bool flag(NodeIndex node, bool otherwise);
  /// word reads one of a closed list: its place in it.
  std::optional<size_t> word(NodeIndex node, const WordTable& table);
  template <class Enumeration>
  Enumeration choice(NodeIndex node, const WordTable& table, Enumeration otherwise) {
    const std::optional<size_t> at = word(node, table);
    return at ? static_cast<Enumeration>(*at) : otherwise;
  }

  /// list gives the items of a list; a node that is none is an error.
  std::vector<NodeIndex> list(NodeIndex node, std::string_view wanted);
  /// words gives the items of a list of scalars, or the one scalar that stands for a list of one. Not empty.
  std::vector<NodeIndex> words(NodeIndex node, std::string_view wanted);

 private:
  const Tree& tree_;
  Problems& problems_;
};

/// Names finds what an id stands for, among things of one kind. Views borrow from the tree.
class Names {
 public:
  /// add reports an id that is there already; `kind` names the things: "asset".
  void add(Reader& reader, NodeIndex id, Index index, std::string_view kind);
  Index find(std::string_view id) const;
  std::vector<std::string_view> all() const;

 private:
  struct Entry {
    Index index;
    NodeIndex node;
  };
  std::unordered_map<std::string_view, Entry> entries_;
};

}  // namespace rampart::plant
