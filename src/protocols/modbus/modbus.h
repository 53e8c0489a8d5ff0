#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::modbus {

/// entry is Modbus's line of the registry.
Entry entry();

}  // namespace rampart::protocols::modbus
