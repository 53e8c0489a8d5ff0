// HTTP/1: what is asked of which program, and how the asking one is known.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

Entry http();

}  // namespace rampart::protocols::light
