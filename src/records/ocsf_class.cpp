#include "records/ocsf_class.h"

namespace rampart::records {
namespace {

OcsfClass network(const Parts& parts, int activity, std::string_view activity_name, std::string_view kind) {
  if (named(parts.from) || named(parts.to)) {
    return {4001, "Network Activity", 4, "Network Activity", activity, activity_name};
  }
  return {0, "Base Event", 0, "Uncategorized", 99, kind};
}
OcsfClass entity(int activity, std::string_view activity_name) {
  return {3004, "Entity Management", 3, "Identity & Access Management", activity, activity_name};
}

}  // namespace

bool named(const Side* side) { return side != nullptr && (side->ip || side->mac || !side->asset.empty()); }

OcsfClass ocsf_class(const Stored& stored, const Parts& parts) {
  const Fact& fact = stored.fact();
  const std::string_view kind = to_text(stored.kind());
  if (std::holds_alternative<Finding>(fact)) return {2004, "Detection Finding", 2, "Findings", 1, "Create"};
  if (const auto* flow = std::get_if<Flow>(&fact)) {
    if (flow->end == "closed") return network(parts, 2, "Close", kind);
    if (flow->end == "reset") return network(parts, 3, "Reset", kind);
    return network(parts, 6, "Traffic", kind);
  }
  if (std::holds_alternative<Transaction>(fact) || std::holds_alternative<ReadSummary>(fact) ||
      std::holds_alternative<Repeats>(fact) || std::holds_alternative<ProtectionSeen>(fact)) {
    return network(parts, 6, "Traffic", kind);
  }
  if (std::holds_alternative<Login>(fact)) {
    return {3002, "Authentication", 3, "Identity & Access Management", 1, "Logon"};
  }
  if (std::holds_alternative<AssetSeen>(fact) && named(parts.from)) {
    return {5001, "Device Inventory Info", 5, "Discovery", 2, "Collect"};
  }
  if (const auto* run = std::get_if<Run>(&fact)) {
    const bool start = run->kind == Run::Kind::start;
    return {6002, "Application Lifecycle", 6, "Application Activity", start ? 3 : 4, start ? "Start" : "Stop"};
  }
  if (const auto* change = std::get_if<PlantChange>(&fact)) {
    return change->before_sha256.empty() ? entity(1, "Create") : entity(3, "Update");
  }
  if (const auto* change = std::get_if<RuleChange>(&fact)) {
    if (change->change == "added") return entity(1, "Create");
    return change->change == "removed" ? entity(4, "Delete") : entity(3, "Update");
  }
  if (const auto* change = std::get_if<KeyChange>(&fact)) {
    return change->before.empty() ? entity(1, "Create") : entity(3, "Update");
  }
  if (std::holds_alternative<JournalRead>(fact)) {
    return {6005, "Datastore Activity", 6, "Application Activity", 1, "Read"};
  }
  return {0, "Base Event", 0, "Uncategorized", 99, kind};
}

}  // namespace rampart::records
