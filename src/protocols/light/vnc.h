// VNC (RFB): version and kind of authentication.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

Entry vnc();

}  // namespace rampart::protocols::light
