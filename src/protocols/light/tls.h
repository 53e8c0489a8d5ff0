// TLS on any port: versions, names, certificates.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

Entry tls();

}  // namespace rampart::protocols::light
