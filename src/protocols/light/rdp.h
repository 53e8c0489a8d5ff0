// RDP: how its connection is to be protected, and the server's certificate.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

Entry rdp();

}  // namespace rampart::protocols::light
