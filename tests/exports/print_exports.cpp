// Prints records of every kind in every format, with texts that would break each of them: `format TAB line`, and at the
// end how many lines there were. check_exports.py reads it.
#include <cstdio>
#include <string>

#include "records/exports.h"
#include "records/exports_testing.h"

int main() {
  using namespace rampart::records;
  const std::string much(3000, '"');
  const std::string wide = [] {
    std::string text;
    for (int i = 0; i < 700; ++i) text += "\xf0\x9f\x92\xa7";
    return text;
  }();
  std::string out;
  uint64_t number = 0;
  for (const std::string_view outside : {std::string_view("plain words"), testing::kNasty, testing::kNoText,
                                         std::string_view(much), std::string_view(wide), std::string_view()}) {
    for (const Stored& stored : testing::every_kind(outside)) {
      const Origin origin{.host = outside.empty() ? outside : "sensor-1", .journal = outside, .version = "0.1.0"};
      append_syslog(out += "syslog\t", stored, number, origin);
      append_cef(out += "\ncef\t", stored, number, origin);
      append_ocsf(out += "\nocsf\t", stored, number, origin);
      out += '\n';
      ++number;
    }
  }
  out += "lines\t" + std::to_string(3 * number) + '\n';
  return std::fwrite(out.data(), 1, out.size(), stdout) == out.size() ? 0 : 1;
}
