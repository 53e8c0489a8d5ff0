// What changed between two plants, for the journal: the plant as a whole, and each of its rules in the file's own
// words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/keeper.h"
#include "journal/layout.h"
#include "plant/plant.h"

namespace rampart::apps {

/// rule_text is the part of the plant's file that writes `rule`: one line in braces, or the lines of its block. A view
/// into plant.text.
std::string_view rule_text(const plant::Plant& plant, const plant::Rule& rule);

/// RuleDifference is one rule that another plant adds, removes or writes differently. Rules are the same where conduit
/// and id are.
struct RuleDifference {
  std::string conduit, rule;
  std::string_view before, after;  // empty: not there. Views into the texts of the plants
};
std::vector<RuleDifference> compare_rules(const plant::Plant& before, const plant::Plant& after);

/// last_plant is the SHA-256 of the plant that the journal named last, by a run or a change; empty where there is none.
/// Errors: throws Error where `folder` cannot be read.
std::string last_plant(const std::string& folder);

/// Edit is one value that a person set.
struct Edit {
  std::string path, before, after;
};
/// PlantStep is the step from one plant to another, ready to be kept. To make it reads and writes files; to keep it
/// does neither.
struct PlantStep {
  struct Rule {
    std::string conduit, rule, before, after;  // empty: not there
  };
  std::string file;
  std::string known, hash;  // SHA-256 of the plant before (empty: none) and of this one
  bool is_compared = false;
  std::vector<Rule> rules;
};
/// plant_step lays the plant's text beside the journal as a blob and, where it is another plant than `known` (SHA-256;
/// empty: none), compares them. Errors: throws Error where the blob cannot be written.
PlantStep plant_step(const journal::Layout& layout, const plant::Plant& plant, const std::string& known);
/// keep_step keeps a PlantChange and a RuleChange for each rule; nothing where the plant is the same. `edit` says which
/// value was set; without it the plant was loaded.
void keep_step(journal::Keeper& keeper, const PlantStep& step, const std::string& person,
               const std::optional<Edit>& edit, TimePoint now);
/// keep_plant does both, and returns the plant's SHA-256.
std::string keep_plant(journal::Keeper& keeper, const journal::Layout& layout, const plant::Plant& plant,
                       const std::string& known, const std::string& person, const std::optional<Edit>& edit,
                       TimePoint now);

}  // namespace rampart::apps
