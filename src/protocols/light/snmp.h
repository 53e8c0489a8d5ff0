// SNMP: which version, what is read and set, and what an agent says of its system. Communities and the names of users
// are looked past.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

Entry snmp();

}  // namespace rampart::protocols::light
