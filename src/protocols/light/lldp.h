// LLDP: what a neighbour says about itself: name, description, capabilities, management address.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

Entry lldp();

}  // namespace rampart::protocols::light
