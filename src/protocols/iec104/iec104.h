#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::iec104 {

/// entry is IEC 60870-5-104's line of the registry.
Entry entry();

}  // namespace rampart::protocols::iec104
