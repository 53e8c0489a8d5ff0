// What every command with a plant does first: load it, compile it, and say all that is wrong with it at once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "plant/plant.h"
#include "policy/policy.h"

namespace rampart::apps {

struct LoadedPolicy {
  std::shared_ptr<const plant::Plant> plant;
  std::shared_ptr<const policy::Policy> policy;
  std::vector<Problem> warnings;
};

/// load_policy reads and compiles `file` and holds what it says of findings against those that there are. Suppressions
/// that ended before `now` are warnings. Errors: throws FileError with the problems of all three together.
LoadedPolicy load_policy(const std::string& file, TimePoint now = {});

}  // namespace rampart::apps
