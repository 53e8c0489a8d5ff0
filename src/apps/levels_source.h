// What `rampart levels`, `diff` and `state` rest on: a plant, the statements beside it, journals that are read to
// facts, and the assessment of all three as of one time. One thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/loading.h"
#include "apps/walk.h"
#include "assess/assessment.h"
#include "assess/levels_json.h"
#include "assess/record_facts.h"
#include "base/clock.h"

namespace rampart::apps {

struct LevelsInput {
  std::string plant;
  std::vector<std::string> journals;
  std::string statements;  // empty: beside the plant
  std::string overlay;     // empty: none
};

/// statements_file is where the statements of a plant are kept: `plant.yaml` has `plant.statements.jsonl`.
std::string statements_file(const std::string& plant);
/// load_statements reads them; none where the file does not exist. Errors: throws Error.
std::vector<assess::Statement> load_statements(const std::string& file);
/// file_sha256 is the SHA-256 of a file in hexadecimal. Errors: throws Error.
std::string file_sha256(const std::string& path);

class LevelsSource {
 public:
  /// Reads everything up to `at`, and assesses it as of then. Errors: throws Error.
  LevelsSource(const LevelsInput& input, TimePoint at);
  ~LevelsSource();

  const assess::Assessment& assessment() const { return *assessment_; }
  assess::Shown shown() const;
  /// last_levels are the levels that the journals tell of last, by unit and FR; nothing where none does.
  std::optional<int> last_level(size_t unit, size_t fr) const;
  /// last_report is when the journals say that a report was made last; nothing where none was.
  std::optional<TimePoint> last_report() const;
  /// follow takes in what was appended since, and the passing of time until `now`; every cell that changed comes back.
  std::vector<assess::Change> follow(TimePoint now);
  uint64_t unreadable() const;

 private:
  struct Journal;
  void read(Journal& journal, TimePoint at);

  LevelsInput input_;
  LoadedPolicy loaded_;
  std::string sha256_;
  std::vector<assess::Statement> statements_;
  std::string statements_text_;
  std::vector<std::unique_ptr<Journal>> journals_;
  std::unique_ptr<assess::Assessment> assessment_;
  TimePoint plant_told_{};
};

}  // namespace rampart::apps
