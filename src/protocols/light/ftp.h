// FTP: the control connection: program, files, whether it turns to TLS, how the user is known.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

Entry ftp();

}  // namespace rampart::protocols::light
