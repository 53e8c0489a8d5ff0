// Telnet: that it is there, what greets, and whether it asks for a password.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

Entry telnet();

}  // namespace rampart::protocols::light
