// The checks: which facts answer an aspect. One table (checks.cpp); a check is one line there. A check is pure: the
// same facts give the same answer. It is data, so that docs/checks.md, the steps and the tests read what the judge
// reads.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assess/fact.h"

namespace rampart::assess {

/// Check: an aspect holds where each of `needs` holds of enough of what it is asked of, and nothing in `against` is
/// seen otherwise. A need is met by any of its kinds. It is not applicable where all of `unless` hold and enough of the
/// zone's assets were heard to say so.
struct Check {
  std::string_view name;
  std::vector<std::vector<FactKind>> needs;
  std::vector<FactKind> against, unless;
};

std::span<const Check> checks();
/// find_check is the place of a check in checks(). "statement" is none: only a person answers such an aspect.
std::optional<size_t> find_check(std::string_view name);

}  // namespace rampart::assess
