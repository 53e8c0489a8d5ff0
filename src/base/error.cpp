#include "base/error.h"

#include <algorithm>

#include "base/text.h"

namespace rampart {

std::string render(const Problem& problem) {
  std::string out = problem.file;
  if (problem.mark.line > 0) {
    out += ':';
    append_number(out, problem.mark.line);
    out += ':';
    append_number(out, problem.mark.column);
  }
  out += problem.warning ? ": warning: " : ": error: ";
  out += problem.what;
  if (!problem.excerpt.empty()) {
    out += "\n    ";
    // A file may hold what a terminal would obey.
    for (const char c : problem.excerpt) out += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? ' ' : c;
    out += "\n    ";
    for (size_t i = 1; i < problem.mark.column && i <= problem.excerpt.size(); ++i) {
      out += problem.excerpt[i - 1] == '\t' ? '\t' : ' ';
    }
    const size_t right = problem.excerpt.size() - std::min<size_t>(problem.excerpt.size(), problem.mark.column - 1u);
    out.append(std::max<size_t>(std::min<size_t>(problem.width, problem.mark.column == 0 ? 0 : right), 1), '^');
  }
  if (!problem.hint.empty()) out += "\n  " + problem.hint;
  return out;
}

namespace {

std::string render_all(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& problem : problems) {
    if (!out.empty()) out += '\n';
    out += render(problem);
  }
  return out;
}

}  // namespace

FileError::FileError(std::vector<Problem> problems) : Error(render_all(problems)), problems_(std::move(problems)) {}

}  // namespace rampart
