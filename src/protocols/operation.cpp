#include "protocols/operation.h"

#include <algorithm>
#include <array>

namespace rampart::protocols {
namespace {

constexpr std::array<std::string_view, kActionCount> kActions = {
    "read",     "write", "operate", "configure", "program", "start",   "stop",
    "firmware", "file",  "time",    "identify",  "session", "diagnose"};
constexpr std::array<std::string_view, kAttributeKinds> kAttributes = {
    "vendor",           "model", "order_number", "firmware", "hardware", "serial",  "name", "location", "version",
    "operating_system", "role",  "service",      "port",     "domain",   "address", "clock"};
constexpr std::array<std::string_view, 6> kBases = {"said", "asked", "answered", "gratuitous", "probed", "assigned"};
constexpr std::array<std::string_view, 3> kAssurances = {"unknown", "no", "yes"};
constexpr std::array<std::string_view, 7> kProtections = {
    "encrypted", "unencrypted", "authenticated", "unauthenticated", "plain_credentials", "outdated", "certificate"};

/// keep copies `data` and `name` behind each other into `storage` and points both at the copies.
void keep(Bytes& data, std::string_view* name, std::vector<uint8_t>& storage) {
  const size_t name_size = name == nullptr ? 0 : name->size();
  storage.resize(data.size() + name_size);
  std::copy(data.begin(), data.end(), storage.begin());
  data = {storage.data(), data.size()};
  if (name_size == 0) return;
  std::copy(name->begin(), name->end(), storage.begin() + static_cast<ptrdiff_t>(data.size()));
  *name = as_text({storage.data() + data.size(), name_size});
}

}  // namespace

std::string_view to_text(Action action) { return kActions[static_cast<size_t>(action)]; }

std::optional<Action> parse_action(std::string_view word) {
  const auto found = std::find(kActions.begin(), kActions.end(), word);
  if (found == kActions.end()) return {};
  return static_cast<Action>(found - kActions.begin());
}

bool changes(Action action) {
  switch (action) {
    case Action::write:
    case Action::operate:
    case Action::configure:
    case Action::program:
    case Action::start:
    case Action::stop:
    case Action::firmware:
    case Action::file:
    case Action::time:
      return true;
    case Action::read:
    case Action::identify:
    case Action::session:
    case Action::diagnose:
      return false;
  }
  return true;
}

std::string_view to_text(Attribute::Kind kind) { return kAttributes[static_cast<size_t>(kind)]; }
std::string_view to_text(Attribute::Basis basis) { return kBases[static_cast<size_t>(basis)]; }
std::string_view to_text(Assurance assurance) { return kAssurances[static_cast<size_t>(assurance)]; }
std::string_view to_text(Protection::Kind kind) { return kProtections[static_cast<size_t>(kind)]; }

bool Object::covers(const Object& other) const {
  if (unit != kNoUnit && unit != other.unit) return false;
  if (space != kNoSpace && (space != other.space || container != other.container)) return false;
  if (!name.empty() && name != other.name) return false;
  return space == kNoSpace || (first <= other.first && other.last <= last);
}

bool Object::overlaps(const Object& other) const {
  if (unit != kNoUnit && other.unit != kNoUnit && unit != other.unit) return false;
  if (space != other.space || container != other.container || name != other.name) return false;
  return first <= other.last && other.first <= last;
}

void own(const Operation& from, Operation& copy, std::vector<uint8_t>& storage) {
  copy = from;
  keep(copy.values.data, &copy.object.name, storage);
}

void own(const Answer& from, Answer& copy, std::vector<uint8_t>& storage) {
  copy = from;
  keep(copy.values.data, copy.object ? &copy.object->name : nullptr, storage);
}

}  // namespace rampart::protocols
