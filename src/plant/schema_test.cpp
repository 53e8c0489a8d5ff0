// The schema for editors is held to the loader's own tables. JSON is YAML, so the loader's reader reads it.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>

#include "plant/keys.h"
#include "plant/yaml.h"

namespace rampart::plant {
namespace {

using Words = std::set<std::string>;

std::string read_file(const std::string& name) {
  std::ifstream stream(RAMPART_SOURCE_DIR "/docs/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class PlantSchema : public ::testing::Test {
 protected:
  PlantSchema() : text_(read_file("plant.schema.json")), problems_(text_, "schema", {.depth = 64}) {
    tree_ = parse(problems_);
  }
  NodeIndex at(NodeIndex node, std::string_view key) const {
    if (node == kNoNode || tree_[node].kind != NodeKind::mapping) return kNoNode;
    for (NodeIndex i = tree_[node].first; i != kNoNode; i = tree_[tree_[i].next].next) {
      if (tree_[i].value == key) return tree_[i].next;
    }
    return kNoNode;
  }
  NodeIndex table(std::string_view name) const {
    return name == "plant" ? tree_.root() : at(at(tree_.root(), "$defs"), name);
  }
  Words keys_of(NodeIndex node) const {
    Words words;
    if (node == kNoNode) return words;
    for (NodeIndex i = tree_[node].first; i != kNoNode; i = tree_[tree_[i].next].next) words.emplace(tree_[i].value);
    return words;
  }
  Words items_of(NodeIndex node) const {
    Words words;
    if (node == kNoNode) return words;
    for (NodeIndex i = tree_[node].first; i != kNoNode; i = tree_[i].next) words.emplace(tree_[i].value);
    return words;
  }

  std::string text_;
  Problems problems_;
  Tree tree_;
};

TEST_F(PlantSchema, IsRead) {
  EXPECT_TRUE(tree_.complete());
  EXPECT_FALSE(problems_.any_error());
}

TEST_F(PlantSchema, HasTheKeysOfTheLoaderAndNoOthers) {
  for (const KeyTable* expected : keys()) {
    SCOPED_TRACE(expected->name);
    Words names;
    Words required;
    for (const Key& key : expected->keys) {
      names.emplace(key.name);
      if (key.required) required.emplace(key.name);
    }
    EXPECT_EQ(keys_of(at(table(expected->name), "properties")), names);
    EXPECT_EQ(items_of(at(table(expected->name), "required")), required);
    EXPECT_EQ(tree_[at(table(expected->name), "additionalProperties")].value, "false");
  }
}

TEST_F(PlantSchema, HasTheClosedListsOfTheLoader) {
  for (const WordTable* expected : words()) {
    SCOPED_TRACE(expected->name);
    Words names;
    for (const std::string_view word : expected->words) names.emplace(word);
    EXPECT_EQ(items_of(at(table(expected->name), "enum")), names);
  }
}

TEST_F(PlantSchema, DescribesEveryKey) {
  for (const KeyTable* expected : keys()) {
    for (const Key& key : expected->keys) {
      const NodeIndex node = at(at(table(expected->name), "properties"), key.name);
      EXPECT_NE(at(node, "description"), kNoNode) << expected->name << " " << key.name;
    }
  }
}

TEST(PlantDocument, NamesEveryKeyAndWord) {
  const std::string text = read_file("plant.md");
  for (const KeyTable* table : keys()) {
    for (const Key& key : table->keys) {
      EXPECT_NE(text.find("| `" + std::string(key.name) + "` |"), std::string::npos) << key.name;
    }
  }
  for (const WordTable* table : words()) {
    for (const std::string_view word : table->words) {
      EXPECT_NE(text.find("`" + std::string(word) + "`"), std::string::npos) << word;
    }
  }
}

}  // namespace
}  // namespace rampart::plant
