// What the kernel has to be told before a gateway can stand between two sides without being addressed: as a script for
// who sets the machine up. Nothing here changes anything.
#pragma once

#include <string>

#include "plant/plant.h"

namespace rampart::gateway {

/// setup_script is a shell script of sysctl, ip and nft that makes the kernel hand over what `gateway` serves; for one
/// that is addressed it says that there is nothing to do.
std::string setup_script(const plant::Plant& plant, const plant::Gateway& gateway);

}  // namespace rampart::gateway
