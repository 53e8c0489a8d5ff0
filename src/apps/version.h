#pragma once

#include <string_view>

namespace rampart::apps {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace rampart::apps
