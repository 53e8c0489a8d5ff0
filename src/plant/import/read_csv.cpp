// A table of assets: the columns by their names, each row one asset.
#include <algorithm>

#include "base/text.h"
#include "plant/import/csv.h"
#include "plant/import/intended.h"
#include "plant/scalars.h"

namespace rampart::plant {
namespace {

constexpr size_t kMostOctets = size_t{16} << 20;
constexpr size_t kMostAddresses = 64;  // of one asset

enum class Column : uint8_t {
  id,
  kind,
  zone,
  name,
  vendor,
  model,
  firmware,
  serial,
  ip,
  mac,
  vlan,
  unit,
  link,
  route,
  station,
  note,
  left_out
};

/// Columns by their names, in lower case, with blanks for underscores and hyphens.
struct Named {
  std::string_view name;
  Column column;
};
constexpr Named kNames[] = {
    {"id", Column::id},
    {"asset", Column::id},
    {"kind", Column::kind},
    {"role", Column::kind},
    {"asset type", Column::kind},
    {"zone", Column::zone},
    {"security zone", Column::zone},
    {"name", Column::name},
    {"hostname", Column::name},
    {"vendor", Column::vendor},
    {"manufacturer", Column::vendor},
    {"model", Column::model},
    {"type", Column::model},
    {"device type", Column::model},
    {"firmware", Column::firmware},
    {"firmware version", Column::firmware},
    {"serial", Column::serial},
    {"serial number", Column::serial},
    {"ip", Column::ip},
    {"ip address", Column::ip},
    {"address", Column::ip},
    {"primary ip", Column::ip},
    {"mac", Column::mac},
    {"mac address", Column::mac},
    {"vlan", Column::vlan},
    {"unit", Column::unit},
    {"link", Column::link},
    {"route", Column::route},
    {"station", Column::station},
    {"station name", Column::station},
    // What `rampart assets --csv` counted is no intention.
    {"state", Column::left_out},
    {"first seen", Column::left_out},
    {"last seen", Column::left_out},
    {"packets sent", Column::left_out},
    {"octets sent", Column::left_out},
    {"packets received", Column::left_out},
    {"octets received", Column::left_out},
};

Column column_of(std::string_view name) {
  std::string plain = lower(trim(name));
  for (char& letter : plain) {
    if (letter == '_' || letter == '-') letter = ' ';
  }
  for (const Named& named : kNames) {
    if (named.name == plain) return named.column;
  }
  return Column::note;
}

/// plain takes away the apostrophe that keeps a spreadsheet from calculating.
std::string_view plain(std::string_view text) {
  if (text.size() > 1 && text[0] == '\'' && std::string_view("=+-@\t\r'").find(text[1]) != std::string_view::npos) {
    text.remove_prefix(1);
  }
  return trim(text);
}

class RowReader {
 public:
  RowReader(const std::vector<Column>& columns, const CsvRow& header, Problems& problems)
      : columns_(columns), header_(header), problems_(problems) {}

  IntendedAsset read(const CsvRow& row) {
    row_ = &row;
    IntendedAsset asset;
    asset.mark = problems_.lines().mark(row[0].at.offset);
    asset.id = cell(Column::id);
    asset.zone = cell(Column::zone);
    asset.name = cell(Column::name);
    asset.vendor = cell(Column::vendor);
    asset.model = cell(Column::model);
    asset.firmware = cell(Column::firmware);
    asset.serial = cell(Column::serial);
    kind(asset);
    places(asset);
    for (size_t i = 0; i < row.size() && i < columns_.size(); ++i) {
      const std::string_view text = plain(row[i].text);
      if (columns_[i] == Column::note && !text.empty()) {
        asset.notes.push_back(std::string(trim(header_[i].text)) + ": " + std::string(text));
      }
    }
    if (row.size() > columns_.size()) {
      problems_.error(row[columns_.size()].at, "a cell without a column",
                      "the first row has " + std::to_string(columns_.size()) + " names");
    }
    return asset;
  }

 private:
  size_t place(Column column) const {
    return static_cast<size_t>(std::find(columns_.begin(), columns_.end(), column) - columns_.begin());
  }
  bool has(size_t i) const { return i < columns_.size() && i < row_->size(); }
  std::string cell(Column column) const {
    const size_t i = place(column);
    return has(i) ? std::string(plain((*row_)[i].text)) : std::string();
  }
  Span at(Column column) const {
    const size_t i = place(column);
    return has(i) ? (*row_)[i].at : (*row_)[0].at;
  }

  void kind(IntendedAsset& asset) {
    const std::string words = cell(Column::kind);
    asset.kind = std::string(kind_of(words));
    if (!asset.kind.empty()) return;
    asset.kind = "other";
    if (words.empty()) return;
    asset.notes.push_back("kind: " + words);
    problems_.warning(at(Column::kind), quoted(words) + " is no kind of asset; it becomes `other`",
                      "docs/plant.md lists the kinds");
  }

  static std::string quoted(std::string_view word) {
    return word.size() <= 80 ? "`" + std::string(word) + "`" : "a word of " + std::to_string(word.size()) + " octets";
  }

  template <class T>
  std::optional<T> number(Column column, uint64_t most, std::string_view what) {
    const std::string text = cell(column);
    if (text.empty()) return {};
    const auto value = parse_number(text);
    if (value && *value <= most) return static_cast<T>(*value);
    problems_.error(at(column), quoted(text) + " is no " + std::string(what),
                    "a number from 0 to " + std::to_string(most));
    return {};
  }

  /// words of a cell with several addresses, between blanks, commas or semicolons.
  static std::vector<std::string> words(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == ',' || c == ';' || c == '\n' || c == '\r'; }, ' ');
    std::vector<std::string> found;
    for (const std::string_view word : split(text, ' ')) {
      if (!word.empty()) found.emplace_back(word);
    }
    return found;
  }

  void places(IntendedAsset& asset) {
    Location rest;
    rest.vlan = vlan(asset);
    rest.unit = number<uint32_t>(Column::unit, 255, "Modbus unit identifier");
    rest.link = number<uint32_t>(Column::link, 65'519, "DNP3 link address");
    rest.route = cell(Column::route);
    rest.name = cell(Column::station);
    for (const std::string& word : words(cell(Column::ip))) {
      Location location = rest;
      // NetBox and others write the length of the network's prefix behind an address.
      location.ip = IpAddress::parse(std::string_view(word).substr(0, word.find('/')));
      if (!location.ip) {
        problems_.error(at(Column::ip), quoted(word) + " is not an IP address", "write 10.20.0.10 or fd00::10");
      } else if (asset.at.size() < kMostAddresses) {
        asset.at.push_back(std::move(location));
      }
    }
    const bool by_ip = !asset.at.empty();
    for (const std::string& word : words(cell(Column::mac))) {
      const auto mac = MacAddress::parse(word);
      if (!mac) {
        problems_.error(at(Column::mac), quoted(word) + " is not a MAC address", "write 00:0e:8c:01:02:03");
      } else if (!by_ip && asset.at.size() < kMostAddresses) {
        Location location = rest;
        location.mac = mac;
        asset.at.push_back(std::move(location));
      } else {
        // A place with both would have to be seen with both.
        asset.notes.push_back("mac: " + word);
      }
    }
    if (!asset.at.empty()) return;
    if (!rest.name.empty()) {
      asset.at.push_back(std::move(rest));
    } else if (rest.unit || rest.link) {
      problems_.error(at(rest.unit ? Column::unit : Column::link), "a unit without an address",
                      "name the ip that it is behind");
    }
  }

  std::optional<uint16_t> vlan(IntendedAsset& asset) {
    const std::string text = cell(Column::vlan);
    if (words(text).size() < 2) return number<uint16_t>(Column::vlan, 4094, "VLAN");
    asset.notes.push_back("vlan: " + text);
    return {};
  }

  const std::vector<Column>& columns_;
  const CsvRow& header_;
  Problems& problems_;
  const CsvRow* row_ = nullptr;
};

}  // namespace

Intended read_assets_csv(std::string_view text, const std::string& file) {
  Intended intended;
  if (text.size() > kMostOctets) {
    intended.problems.push_back({.file = file, .what = "larger than 16 MiB", .hint = "split it"});
    return intended;
  }
  Problems problems(text, file, {});
  const std::vector<CsvRow> rows = plant::read_csv(text, problems);
  if (rows.empty()) {
    if (!problems.any_error()) problems.error({0, 0}, "no table", "the first row names the columns: id,kind,ip ...");
    intended.problems = problems.take();
    return intended;
  }
  std::vector<Column> columns;
  bool useful = false;
  for (const CsvCell& cell : rows[0]) {
    const Column column = column_of(cell.text);
    const bool twice = column != Column::note && column != Column::left_out &&
                       std::find(columns.begin(), columns.end(), column) != columns.end();
    if (twice) problems.warning(cell.at, "another column says the same; this one becomes a comment");
    columns.push_back(twice ? Column::note : column);
    useful = useful || column == Column::id || column == Column::name || column == Column::ip || column == Column::mac;
  }
  if (!useful) {
    problems.error(rows[0][0].at, "no column is an `id`, `name`, `ip` or `mac`",
                   "the first row names the columns; docs/assets.md lists them");
  } else {
    RowReader reader(columns, rows[0], problems);
    for (size_t i = 1; i < rows.size(); ++i) {
      if (problems.full()) break;
      IntendedAsset asset = reader.read(rows[i]);
      asset.file = file;
      intended.assets.push_back(std::move(asset));
    }
  }
  intended.problems = problems.take();
  return intended;
}

}  // namespace rampart::plant
