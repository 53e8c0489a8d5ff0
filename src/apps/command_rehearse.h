// The command `rampart rehearse`: recorded traffic judged by two plants, and where their verdicts differ.
#pragma once

#include <string>
#include <vector>

namespace rampart::apps {

/// rehearse_command returns 0 where no verdict changes, 3 where some do. Errors: throws Error.
int rehearse_command(const std::string& new_plant, const std::string& old_plant,
                     const std::vector<std::string>& captures, uint32_t workers, std::string& out);

}  // namespace rampart::apps
