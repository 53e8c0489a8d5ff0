// What the plant file itself says, as facts: rules reviewed, roles, inventories, what there is none of. Pure.
#pragma once

#include <vector>

#include "assess/fact.h"
#include "plant/plant.h"

namespace rampart::assess {

/// plant_facts reads every fact of kind `policy` that the plant shows. Their time is `now`, for the file says it now;
/// that of an inventory is the day of its review. Their sources are lines of the file.
std::vector<Fact> plant_facts(const plant::Plant& plant, TimePoint now);

}  // namespace rampart::assess
