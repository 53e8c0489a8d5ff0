// make_catalogue turns the tables of data/ into one C++ source of constant data for the room `standard`. The build runs
// it: `make_catalogue DATA_FOLDER OUTPUT_FILE`. A table that is not as expected ends the build with file and row.
#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "standard/csv.h"

namespace {

using rampart::standard::CsvRow;

/// Table is a CSV file whose cells are asked for by the name of the column.
class Table {
 public:
  Table(const std::string& folder, const std::string& name) : name_(name) {
    std::ifstream file(folder + "/" + name, std::ios::binary);
    if (!file) throw std::runtime_error(name + ": cannot be read");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    rampart::standard::CsvTable csv = rampart::standard::parse_csv(text);
    if (!csv.ok()) throw std::runtime_error(name + ":" + std::to_string(csv.error_line) + ": " + csv.error);
    if (csv.rows.size() < 2) throw std::runtime_error(name + ": has no rows");
    for (size_t i = 0; i < csv.rows[0].size(); ++i) columns_[csv.rows[0][i]] = i;
    rows_.assign(csv.rows.begin() + 1, csv.rows.end());
  }

  size_t size() const { return rows_.size(); }
  const std::string& cell(size_t row, const std::string& column) const {
    const auto found = columns_.find(column);
    if (found == columns_.end()) throw std::runtime_error(name_ + ": has no column '" + column + "'");
    return rows_[row][found->second];
  }
  [[noreturn]] void reject(size_t row, const std::string& why) const {
    throw std::runtime_error(name_ + ": row " + std::to_string(row + 1) + " (" + rows_[row][0] + "): " + why);
  }

 private:
  std::string name_;
  std::map<std::string, size_t> columns_;
  std::vector<CsvRow> rows_;
};

std::string literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet >= 0x7f || c == '"' || c == '\\') {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\%03o", octet);
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

/// Source is the file being written: the lists of all rows in one array, then one array and one function a table.
class Source {
 public:
  /// list writes the parts of a cell (separated by `;`, space after it ignored) and gives the span over them.
  std::string list(std::string_view cell) {
    const size_t first = count_;
    while (!cell.empty()) {
      const size_t end = std::min(cell.find(';'), cell.size());
      std::string_view part = cell.substr(0, end);
      while (part.starts_with(' ')) part.remove_prefix(1);
      if (!part.empty()) {
        words_ += "    " + literal(part) + ",\n";
        ++count_;
      }
      cell.remove_prefix(std::min(end + 1, cell.size()));
    }
    return count_ == first ? "{}" : "{kWords + " + std::to_string(first) + ", " + std::to_string(count_ - first) + "}";
  }

  /// table begins the array behind the function `name`; row adds to it; end closes it.
  void table(const std::string& type, const std::string& name) {
    body_ += "constexpr " + type + " k_" + name + "[] = {\n";
    functions_ += "std::span<const " + type + "> " + name + "() { return k_" + name + "; }\n";
  }
  void row(const std::vector<std::string>& cells) {
    body_ += "    {";
    for (size_t i = 0; i < cells.size(); ++i) body_ += (i == 0 ? "" : ", ") + cells[i];
    body_ += "},\n";
  }
  void end() { body_ += "};\n\n"; }

  std::string text() const {
    return "// Made by tools/make_catalogue.cpp from data/*.csv.\n#include \"standard/catalogue.h\"\n\n"
           "namespace rampart::standard {\nnamespace {\n\nconstexpr std::string_view kWords[] = {\n" +
           words_ + "};\n\n" + body_ + "}  // namespace\n\n" + functions_ + "\n}  // namespace rampart::standard\n";
  }

 private:
  std::string words_;
  size_t count_ = 0;
  std::string body_;
  std::string functions_;
};

std::string digit(const Table& table, size_t row, const std::string& text, char lowest, char highest) {
  if (text.size() != 1 || text[0] < lowest || text[0] > highest) table.reject(row, "'" + text + "' is out of range");
  return text;
}

std::string levels(const Table& table, size_t row) {
  std::string out = "{";
  for (const char* column : {"sl1", "sl2", "sl3", "sl4"}) {
    out += digit(table, row, table.cell(row, column), '0', '1') == "1" ? "true, " : "false, ";
  }
  return out.substr(0, out.size() - 2) + "}";
}

std::string confidence(const Table& table, size_t row) {
  static const std::map<std::string, std::string> kNames = {{"confirmed", "confirmed"},
                                                            {"confirmed_majority", "majority"},
                                                            {"disputed", "disputed"},
                                                            {"single_source", "single_source"}};
  const auto found = kNames.find(table.cell(row, "status"));
  if (found == kNames.end()) table.reject(row, "unknown status");
  return "Confidence::" + found->second;
}

std::string base_of(const std::string& id) {
  const size_t enhancement = id.find(" RE ");
  return enhancement == std::string::npos ? "" : id.substr(0, enhancement);
}

/// write_requirements joins a table of levels with its table of confidence, row by row.
void write_requirements(Source& out, const std::string& folder, const std::string& file, const std::string& part,
                        const std::string& function) {
  const Table table(folder, file + ".csv");
  const Table sure(folder, file + "_confidence.csv");
  if (sure.size() != table.size()) throw std::runtime_error(file + ".csv and its confidence differ in length");
  out.table("Requirement", function);
  for (size_t i = 0; i < table.size(); ++i) {
    const std::string& id = table.cell(i, "id");
    if (sure.cell(i, "id") != id) sure.reject(i, "is not " + id);
    const std::string& fr = table.cell(i, "fr");
    if (!fr.starts_with("FR")) table.reject(i, "fr is not one of FR1 to FR7");
    std::string component = part == "3-3" ? "component" : table.cell(i, "type");
    static const std::map<std::string, std::string> kComponents = {{"component", "any"},
                                                                   {"application", "application"},
                                                                   {"embedded", "embedded"},
                                                                   {"host", "host"},
                                                                   {"network", "network"}};
    if (!kComponents.contains(component)) table.reject(i, "unknown component type");
    out.row({literal(id), literal(base_of(id)), literal(part), digit(table, i, fr.substr(2), '1', '7'),
             "Component::" + kComponents.at(component), levels(table, i), confidence(sure, i),
             literal(sure.cell(i, "agreeing_sources")), literal(sure.cell(i, "differing_sources")),
             literal(sure.cell(i, "note")), literal(table.cell(i, "title")), literal(table.cell(i, "summary"))});
  }
  out.end();
}

void write_clauses(Source& out, const std::string& folder) {
  struct Origin {
    const char* file;
    const char* part;
    const char* kind;  // a column, or after `=` the word itself
    const char* group;
  };
  static constexpr std::array<Origin, 5> kOrigins = {{{"iec62443_2_1.csv", "2-1", "kind", "spe"},
                                                      {"iec62443_2_4.csv", "2-4", "kind", "area"},
                                                      {"iec62443_3_2.csv", "3-2", "=requirement", "="},
                                                      {"iec62443_4_1.csv", "4-1", "=requirement", "practice"},
                                                      {"iec62443_4_2_ccsc.csv", "4-2", "=constraint", "="}}};
  out.table("Clause", "clauses");
  for (const Origin& origin : kOrigins) {
    const Table table(folder, origin.file);
    const auto take = [&](size_t row, const char* from) {
      return literal(from[0] == '=' ? std::string(from + 1) : table.cell(row, from));
    };
    for (size_t i = 0; i < table.size(); ++i) {
      out.row({take(i, "id"), literal(origin.part), take(i, origin.kind), take(i, origin.group), take(i, "title"),
               take(i, "summary")});
    }
  }
  out.end();
}

/// write_plain writes a table whose rows are only text and lists; `*` marks a column that holds a list.
void write_plain(Source& out, const std::string& folder, const std::string& file, const std::string& type,
                 const std::string& function, const std::vector<std::string>& columns) {
  const Table table(folder, file);
  out.table(type, function);
  for (size_t i = 0; i < table.size(); ++i) {
    std::vector<std::string> cells;
    for (const std::string& column : columns) {
      cells.push_back(column[0] == '*' ? out.list(table.cell(i, column.substr(1))) : literal(table.cell(i, column)));
    }
    out.row(cells);
  }
  out.end();
}

void write_numbered(Source& out, const std::string& folder) {
  const Table frs(folder, "foundational_requirements.csv");
  out.table("Foundational", "foundational_requirements");
  for (size_t i = 0; i < frs.size(); ++i) {
    out.row({digit(frs, i, frs.cell(i, "vector_position"), '1', '7'), literal(frs.cell(i, "fr")),
             literal(frs.cell(i, "code")), literal(frs.cell(i, "title")), literal(frs.cell(i, "summary"))});
  }
  out.end();
  const Table sls(folder, "security_levels.csv");
  out.table("SecurityLevel", "security_levels");
  for (size_t i = 0; i < sls.size(); ++i) {
    out.row({digit(sls, i, sls.cell(i, "sl"), '0', '4'), literal(sls.cell(i, "means")),
             literal(sls.cell(i, "resources")), literal(sls.cell(i, "skills")), literal(sls.cell(i, "motivation")),
             literal(sls.cell(i, "summary"))});
  }
  out.end();
}

void write_mitigations(Source& out, const std::string& folder) {
  const Table table(folder, "attack_ics_mitigations.csv");
  out.table("Mitigation", "mitigations");
  for (size_t i = 0; i < table.size(); ++i) {
    out.row({literal(table.cell(i, "id")), literal(table.cell(i, "name")),
             out.list(table.cell(i, "iec62443_3_3") + ";" + table.cell(i, "iec62443_4_2"))});
  }
  out.end();
}

/// number writes a whole number between `least` and `most`.
std::string number(const Table& table, size_t row, const std::string& column, int least, int most) {
  const std::string& text = table.cell(row, column);
  const bool digits = !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || std::stoi(text) < least || std::stoi(text) > most) table.reject(row, column + " is out of range");
  return text;
}

/// write_aspects writes a table of aspects: they must follow the rows that they belong to.
void write_aspects(Source& out, const std::string& folder, const std::string& file, const std::string& rows,
                   const std::string& function) {
  const Table table(folder, file);
  const Table of(folder, rows);
  out.table("Aspect", function);
  size_t at = 0;
  for (size_t i = 0; i < table.size(); ++i) {
    const std::string& id = table.cell(i, "id");
    const std::string& row = table.cell(i, "row");
    if (i > 0 && row != of.cell(at, "id")) ++at;
    if (at >= of.size() || row != of.cell(at, "id")) table.reject(i, "is not an aspect of the next row of " + rows);
    if (id.size() != row.size() + 2 || !id.starts_with(row + "/")) table.reject(i, "is not " + row + "/ and a letter");
    out.row({literal(id), literal(row), literal(table.cell(i, "what")), literal(table.cell(i, "where")),
             literal(table.cell(i, "fact")), number(table, i, "days", 1, 3650), number(table, i, "share", 1, 100),
             literal(table.cell(i, "check"))});
  }
  if (at + 1 != of.size()) throw std::runtime_error(file + ": the last rows of " + rows + " have no aspect");
  out.end();
}

std::string make(const std::string& folder) {
  Source out;
  write_requirements(out, folder, "iec62443_3_3", "3-3", "system_requirements");
  write_requirements(out, folder, "iec62443_4_2", "4-2", "component_requirements");
  write_aspects(out, folder, "aspects.csv", "iec62443_3_3.csv", "aspects");
  write_aspects(out, folder, "component_aspects.csv", "iec62443_4_2.csv", "component_aspects");
  write_plain(out, folder, "iec62443_1_3_metrics.csv", "Metric", "metrics",
              {"id", "origin", "title", "summary", "*inputs", "part"});
  write_clauses(out, folder);
  write_plain(out, folder, "parts.csv", "Part", "parts", {"part", "title", "edition", "year", "status", "summary"});
  write_numbered(out, folder);
  write_plain(out, folder, "attack_ics_tactics.csv", "Tactic", "tactics", {"id", "name", "shortname"});
  write_plain(out, folder, "attack_ics_techniques.csv", "Technique", "techniques",
              {"id", "name", "*tactic_ids", "*mitigation_ids", "*asset_ids"});
  write_mitigations(out, folder);
  write_plain(out, folder, "attack_to_sr_pairs.csv", "TechniqueRequirement", "technique_requirements",
              {"technique_id", "requirement_id", "part", "*via_mitigations"});
  write_plain(out, folder, "terms.csv", "Term", "terms", {"term", "part", "definition", "*see"});
  return out.text();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: make_catalogue DATA_FOLDER OUTPUT_FILE\n";
    return 2;
  }
  try {
    const std::string text = make(arguments[1]);
    std::ofstream file(arguments[2], std::ios::binary | std::ios::trunc);
    if (!(file << text) || !file.flush()) throw std::runtime_error(std::string(arguments[2]) + ": cannot be written");
  } catch (const std::exception& error) {
    std::cerr << "make_catalogue: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
