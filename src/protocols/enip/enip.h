// EtherNet/IP with CIP. See README.md of this folder.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::enip {

Entry entry();

}  // namespace rampart::protocols::enip
