// A gateway in numbers: Prometheus text, one line of JSON, and a table for people.
#pragma once

#include <string>

#include "apps/metrics.h"
#include "gateway/gateway.h"

namespace rampart::apps {

/// guard_metrics_text is all numbers of the gateway. Labels are names of the plant and words of ours: never what a wire
/// said.
std::string guard_metrics_text(const gateway::Gateway& gateway, const WatchNumbers& numbers);
/// guard_health_line says whether all that the gateway should do is done: `well` is false where the journal lost
/// records, or the helper that makes its sockets is gone (`helper`: it is there, or none is needed).
std::string guard_health_line(const gateway::Gateway& gateway, const WatchNumbers& numbers, bool helper, bool& well);
/// rule_table says what each rule of the conduits that the gateway guards did, for who puts it to work.
std::string rule_table(const gateway::Gateway& gateway);

}  // namespace rampart::apps
