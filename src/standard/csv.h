// CSV as RFC 4180 has it: cells by commas, rows by line ends, quotes around cells that hold either. The build turns the
// tables of data/ into code with this parser and the tests read the same tables with it. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rampart::standard {

/// CsvRow is the cells of one row, quotes taken off and doubled quotes made single.
using CsvRow = std::vector<std::string>;

/// CsvTable is what parse_csv found: the rows, or where (line, from 1) and why the text is not CSV.
struct CsvTable {
  std::vector<CsvRow> rows;
  size_t error_line = 0;
  std::string error;
  bool ok() const { return error.empty(); }
};

/// parse_csv reads a whole text. Line ends are LF or CRLF and may stand inside quotes; a last line end makes no row.
/// Errors: an unclosed quote, text after a closing quote, a quote inside an unquoted cell, rows of different width.
/// On error `rows` is empty.
CsvTable parse_csv(std::string_view text);

}  // namespace rampart::standard
