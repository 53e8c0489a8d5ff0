// SMB over TCP: dialect, signing, encryption, and what NTLM says of the machines. Users are looked past.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

Entry smb();

}  // namespace rampart::protocols::light
