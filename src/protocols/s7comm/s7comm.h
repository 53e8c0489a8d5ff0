#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::s7comm {

/// entry is S7comm's line of the registry.
Entry entry();

}  // namespace rampart::protocols::s7comm
