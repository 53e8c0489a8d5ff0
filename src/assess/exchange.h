// The levels in other programs' forms: OSCAL assessment-results 1.1 and a layer of the ATT&CK Navigator. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "assess/levels_json.h"

namespace rampart::assess {

/// NameToUuid makes the same UUID (version 5) of the same name.
using NameToUuid = std::function<std::string(std::string_view name)>;

/// append_oscal writes assessment results as OSCAL 1.1.2 JSON. Zones and conduits are components; a finding is one row
/// asked of one of them by its target, `satisfied` where it is met, compensated or not applicable; an observation is
/// one aspect that anything was seen or stated of. Not assessed is `not-satisfied` for the reason `other`.
void append_oscal(std::string& out, const Shown& shown, const NameToUuid& uuid);

/// append_navigator writes a layer (format 4.5) of the techniques that findings name; the score is how many did.
void append_navigator(std::string& out, const Shown& shown);

}  // namespace rampart::assess
