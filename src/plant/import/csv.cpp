#include "plant/import/csv.h"

#include <algorithm>

namespace rampart::plant {
namespace {

class Scanner {
 public:
  Scanner(std::string_view text, Problems& problems) : text_(text), problems_(problems) {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
    const std::string_view first = text_.substr(0, text_.find_first_of("\r\n"));
    const auto count = [first](char c) { return std::count(first.begin(), first.end(), c); };
    if (count(';') > count(separator_)) separator_ = ';';
    if (count('\t') > count(separator_)) separator_ = '\t';
  }

  bool done() const { return at_ >= text_.size(); }
  /// row reads to the end of a line. False where a quote did not end: what follows cannot be told apart.
  bool row(CsvRow& row, size_t most_cells) {
    row.clear();
    const size_t start = at_;
    for (bool more = true; more;) {
      CsvCell cell;
      if (!this->cell(cell)) return false;
      if (row.size() == most_cells) {
        problems_.error({start, 1}, "a row of more than " + std::to_string(most_cells) + " cells",
                        "is the right character between the cells?");
        return false;
      }
      row.push_back(std::move(cell));
      more = !done() && text_[at_] == separator_;
      if (more) ++at_;
    }
    if (!done() && text_[at_] == '\r') ++at_;
    if (!done() && text_[at_] == '\n') ++at_;
    return true;
  }

 private:
  bool cell(CsvCell& cell) {
    cell.at = {at_, 0};
    if (done() || text_[at_] != '"') {
      const char ends[] = {separator_, '\r', '\n'};
      const size_t end = std::min(text_.find_first_of(std::string_view(ends, 3), at_), text_.size());
      cell.text = text_.substr(at_, end - at_);
      at_ = end;
      cell.at.length = end - cell.at.offset;
      return true;
    }
    ++at_;
    while (true) {
      const size_t quote = text_.find('"', at_);
      if (quote == std::string_view::npos) {
        problems_.error({cell.at.offset, 1}, "this quote does not end", "write \" inside a quoted cell as \"\"");
        return false;
      }
      cell.text += text_.substr(at_, quote - at_);
      at_ = quote + 1;
      if (done() || text_[at_] != '"') break;
      cell.text += '"';
      ++at_;
    }
    cell.at.length = at_ - cell.at.offset;
    if (!done() && text_[at_] != separator_ && text_[at_] != '\r' && text_[at_] != '\n') {
      problems_.error({at_, 1}, "text behind the quote that ends a cell", "write \" inside a quoted cell as \"\"");
      return false;
    }
    return true;
  }

  std::string_view text_;
  Problems& problems_;
  size_t at_ = 0;
  char separator_ = ',';
};

}  // namespace

std::vector<CsvRow> read_csv(std::string_view text, Problems& problems, const CsvLimits& limits) {
  Scanner scanner(text, problems);
  std::vector<CsvRow> rows;
  CsvRow row;
  while (!scanner.done() && scanner.row(row, limits.cells)) {
    if (std::all_of(row.begin(), row.end(), [](const CsvCell& cell) { return cell.text.empty(); })) continue;
    if (rows.size() == limits.rows) {
      problems.error(row[0].at, "more than " + std::to_string(limits.rows) + " rows", "split the file");
      break;
    }
    rows.push_back(row);
  }
  return rows;
}

}  // namespace rampart::plant
