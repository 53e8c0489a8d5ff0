// Tables of comma-separated values as programs write them (RFC 4180): quoted cells, line ends of any kind, a comma,
// semicolon or tab between cells, whichever the first line has. Pure; every cell keeps its place in the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "plant/problems.h"

namespace rampart::plant {

struct CsvCell {
  std::string text;
  Span at;
};
using CsvRow = std::vector<CsvCell>;

/// CsvLimits: what lies beyond is a problem, and reading ends there.
struct CsvLimits {
  size_t rows = 100'000;
  size_t cells = 256;  // of one row
};

/// read_csv reads all rows; those without any text are left out. A quote that does not end is a problem.
std::vector<CsvRow> read_csv(std::string_view text, Problems& problems, const CsvLimits& limits = {});

}  // namespace rampart::plant
