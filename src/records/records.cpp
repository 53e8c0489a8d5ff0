#include "records/records.h"

#include <array>

namespace rampart::records {

std::string_view to_text(Transport transport) {
  constexpr std::array<std::string_view, 5> kNames = {"", "TCP", "UDP", "IP", "Ethernet"};
  return kNames[static_cast<size_t>(transport)];
}
std::string_view to_text(Seen seen) {
  constexpr std::array<std::string_view, 4> kNames = {"whole", "gap-before", "truncated", "unsupported"};
  return kNames[static_cast<size_t>(seen)];
}
std::string_view to_text(Verdict::Kind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"none", "allowed", "denied", "undecidable"};
  return kNames[static_cast<size_t>(kind)];
}
std::string_view to_text(Severity severity) {
  constexpr std::array<std::string_view, 5> kNames = {"", "critical", "high", "medium", "low"};
  return kNames[static_cast<size_t>(severity)];
}

}  // namespace rampart::records
