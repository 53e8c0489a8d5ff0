// The words of findings, which are those of the records, under the names that this room uses.
#pragma once

#include "records/findings.h"

namespace rampart::monitor {

using records::FindingKind;
using records::mix;
using records::RepeatKeeper;
namespace kinds = records::kinds;

}  // namespace rampart::monitor
