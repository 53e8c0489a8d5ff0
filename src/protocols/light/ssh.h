// SSH: versions, programs, and the algorithms that both sides agree on.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

Entry ssh();

}  // namespace rampart::protocols::light
