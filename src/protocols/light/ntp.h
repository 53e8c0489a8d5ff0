// NTP: who gives time to whom, and how good it is.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

Entry ntp();

}  // namespace rampart::protocols::light
