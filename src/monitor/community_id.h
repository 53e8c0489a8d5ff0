// The Community ID of a flow, by which tools of different makers find the same flow.
#pragma once

#include <string>

#include "records/records.h"

namespace rampart::monitor {

/// community_id is version 1 of the Community ID with seed 0: "1:" and base64 of a SHA-1 over the ordered ends. Empty
/// where the conversation has no IP addresses. Source: Corelight, Community ID Flow Hashing specification.
std::string community_id(const records::Conversation& conversation);

}  // namespace rampart::monitor
