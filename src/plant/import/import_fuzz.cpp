// Lists of assets that may hold anything: no text makes the readers throw, and what they accept becomes a plant that
// loads, or a fault that is said.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "plant/import/intended.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rampart::plant;
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<Intended> parts;
  parts.push_back(read_intended(text, "fuzz"));
  parts.push_back(read_netbox(text, "fuzz"));
  for (const Intended& part : parts) {
    for (const rampart::Problem& problem : part.problems) require(!rampart::render(problem).empty());
  }
  // Both readings of one text name the same addresses; one alone must make a draft that is YAML of a plant.
  parts.resize(1);
  const Intended intended = join(std::move(parts));
  if (!intended.ok()) return 0;
  const std::string drafted = draft(intended, text.substr(0, 40));
  Loaded loaded = load_text(drafted, "draft");
  for (const rampart::Problem& problem : loaded.problems) {
    // What the loader still refuses is about addresses and sizes, never about how it is written.
    require(problem.warning || problem.what.find("YAML") == std::string::npos);
  }
  if (loaded.ok()) {
    require(loaded.plant.assets.size() == intended.assets.size());
    require(loaded.plant.zones.size() == intended.zones.size());
    (void)additions(intended, loaded.plant);
  }
  return 0;
}
