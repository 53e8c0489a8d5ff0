#include "standard/csv.h"

#include <utility>

namespace rampart::standard {

namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  CsvTable run() {
    while (at_ < text_.size() && table_.ok()) row();
    if (!table_.ok()) table_.rows.clear();
    return std::move(table_);
  }

 private:
  void row() {
    const size_t first_line = line_;
    CsvRow cells;
    do {
      cells.push_back(at_ < text_.size() && text_[at_] == '"' ? quoted() : plain());
    } while (table_.ok() && take(','));
    if (!table_.ok()) return;
    if (at_ < text_.size() && !line_end()) return fail(line_, "text after a closing quote");
    if (!table_.rows.empty() && table_.rows.front().size() != cells.size()) {
      return fail(first_line, "this row has " + std::to_string(cells.size()) + " cells, the first has " +
                                  std::to_string(table_.rows.front().size()));
    }
    table_.rows.push_back(std::move(cells));
  }

  std::string quoted() {
    const size_t opened = line_;
    std::string cell;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        cell += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        cell += text_[at_++];
      } else {
        ++at_;
        return cell;
      }
    }
    fail(opened, "a quote is opened here and never closed");
    return cell;
  }

  std::string plain() {
    const size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n' && text_[at_] != '"') ++at_;
    if (at_ < text_.size() && text_[at_] == '"') fail(line_, "a quote inside a cell that does not begin with one");
    std::string_view cell = text_.substr(begin, at_ - begin);
    if (cell.ends_with('\r') && at_ < text_.size() && text_[at_] == '\n') cell.remove_suffix(1);
    return std::string(cell);
  }

  bool take(char wanted) {
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  bool line_end() {
    if (text_.substr(at_).starts_with("\r\n")) ++at_;
    if (!take('\n')) return false;
    ++line_;
    return true;
  }

  void fail(size_t line, std::string why) {
    if (!table_.ok()) return;
    table_.error_line = line;
    table_.error = std::move(why);
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 1;
  CsvTable table_;
};

}  // namespace

CsvTable parse_csv(std::string_view text) { return Parser(text).run(); }

}  // namespace rampart::standard
