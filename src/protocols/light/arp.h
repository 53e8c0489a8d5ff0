// ARP: which IP address claims to lie at which MAC address, and on what occasion it says so.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

Entry arp();

}  // namespace rampart::protocols::light
