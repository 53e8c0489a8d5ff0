#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::dnp3 {

/// entry is DNP3's line of the registry.
Entry entry();

}  // namespace rampart::protocols::dnp3
