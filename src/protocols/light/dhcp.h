// DHCP for IPv4: what a client says about itself, and which address a server gave to it.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

Entry dhcp();

}  // namespace rampart::protocols::light
