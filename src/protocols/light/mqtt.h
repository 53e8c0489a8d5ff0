// MQTT: broker and clients, topics, how clients are known. Payloads are passed over.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

Entry mqtt();

}  // namespace rampart::protocols::light
