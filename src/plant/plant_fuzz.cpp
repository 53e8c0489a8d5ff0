#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "plant/plant.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// edit changes the plant's name, and holds the promise of edited(): it loads, or it throws an Error.
void edit(const rampart::plant::Plant& plant) {
  try {
    const std::string text = rampart::plant::edited(plant, "plant", "a [new], \"name\": of it");
    const rampart::plant::Loaded again = rampart::plant::load_text(text, "fuzz.yaml");
    require(again.ok() && again.plant.name == "a [new], \"name\": of it");
    require(again.plant.assets.size() == plant.assets.size());
  } catch (const rampart::Error&) {
    // A name over several lines, for one.
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const rampart::plant::Loaded loaded = rampart::plant::load_text(text, "fuzz.yaml");
  require(loaded.plant.text == text);
  require(loaded.problems.size() <= 101);
  rampart::Mark last;
  for (const rampart::Problem& problem : loaded.problems) {
    require(!problem.what.empty());
    require(problem.mark.line == 0 || last <= problem.mark);
    if (problem.mark.line != 0) last = problem.mark;
    require(!rampart::render(problem).empty());
  }
  if (loaded.ok()) edit(loaded.plant);
  return 0;
}
