// `rampart pki serve`: the authority over TLS, until a signal ends it.
#pragma once

#include <string>

#include "base/clock.h"

namespace rampart::apps {

struct PkiServe {
  std::string folder, plant, listen, journal;
};
/// pki_serve returns 0. Errors: throws Error, UsageError.
int pki_serve(const PkiServe& options, const Clock& clock);

}  // namespace rampart::apps
