#include "apps/loading.h"

#include <algorithm>

#include "monitor/settings.h"

namespace rampart::apps {

LoadedPolicy load_policy(const std::string& file, TimePoint now) {
  plant::Loaded loaded = plant::load(file);
  std::vector<Problem> problems = std::move(loaded.problems);
  const bool loadable = std::none_of(problems.begin(), problems.end(), [](const Problem& p) { return !p.warning; });
  LoadedPolicy result;
  result.plant = std::make_shared<const plant::Plant>(std::move(loaded.plant));
  // What the loader took apart is compiled even where it found errors, so that one run shows the errors of both.
  policy::Compiled compiled = policy::compile(result.plant);
  problems.insert(problems.end(), compiled.problems.begin(), compiled.problems.end());
  const std::vector<Problem> of_findings = monitor::check_settings(*result.plant, now);
  problems.insert(problems.end(), of_findings.begin(), of_findings.end());
  std::stable_sort(problems.begin(), problems.end(),
                   [](const Problem& a, const Problem& b) { return a.mark < b.mark; });
  result.policy = compiled.policy;
  const bool known = std::all_of(of_findings.begin(), of_findings.end(), [](const Problem& p) { return p.warning; });
  if (!loadable || !known || !result.policy) {
    std::erase_if(problems, [](const Problem& p) { return p.warning; });
    throw FileError(std::move(problems));
  }
  result.warnings = std::move(problems);
  return result;
}

}  // namespace rampart::apps
