// Tree is a YAML file as plain nodes, each with the bytes it was written at. It is read from libfyaml's events, so that
// size, depth and number of nodes are bounded while reading, and every duplicate can be reported, not only the first.
// A tree borrows the text. What a plant file may not have (anchors, aliases, tags, several documents) is a problem
// here.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "plant/problems.h"

namespace rampart::plant {

using NodeIndex = uint32_t;
inline constexpr NodeIndex kNoNode = 0xffffffff;

enum class NodeKind : uint8_t { null, scalar, sequence, mapping, broken };

/// Node is one scalar, list or map. Children are chained by `next`; a map's are key, value, key, value.
struct Node {
  NodeKind kind = NodeKind::null;
  bool plain = false;   // a scalar without quotes
  bool closed = false;  // a list or map whose end was seen: false where the file breaks off
  Span at;              // a list or map: its first byte
  std::string_view value;
  NodeIndex first = kNoNode;
  NodeIndex next = kNoNode;
  uint32_t children = 0;
};

class Tree {
 public:
  Tree() = default;
  Tree(Tree&&) = default;
  Tree& operator=(Tree&&) = default;

  const Node& operator[](NodeIndex index) const { return nodes_[index]; }
  size_t size() const { return nodes_.size(); }
  /// root is the document's node; kNoNode where the file holds none.
  NodeIndex root() const { return nodes_.empty() ? kNoNode : NodeIndex{0}; }
  /// complete: the parser came to the end; false where it gave up, and what follows is missing for that reason alone.
  bool complete() const { return complete_; }

 private:
  friend class TreeBuilder;
  std::vector<Node> nodes_;
  std::deque<std::string> cooked_;  // scalars that are not written as they read
  bool complete_ = false;
};

/// parse reads the text of `problems`. Never throws for what the text holds; all that is wrong goes to `problems`.
Tree parse(Problems& problems);

/// check_bytes reports what no parser should see: not UTF-8, byte order marks, control characters.
/// False where the text must not be parsed.
bool check_bytes(Problems& problems);

}  // namespace rampart::plant
