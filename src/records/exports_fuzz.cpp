#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "records/exports.h"
#include "records/view.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool one_line(std::string_view text) {
  return rampart::is_utf8(text) &&
         std::none_of(text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

// Whatever reads as a record is told in every format on one line, without a control character, in bounded words.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rampart::records;
  const auto stored = Stored::decode({data, size});
  if (!stored) return 0;
  const View seen = view(*stored);
  require(!seen.text.empty() && seen.text.size() <= 1000);
  static std::string line;
  for (const auto append : {append_syslog, append_cef, append_ocsf}) {
    line.clear();
    append(line, *stored, 1, {.host = "sensor-1", .journal = "waterworks", .version = "0.1.0"});
    require(one_line(line));
  }
  line.clear();
  append_line(line, *stored, 1);
  require(line.ends_with('\n') && one_line(std::string_view(line).substr(0, line.size() - 1)));
  require(matches({}, *stored));
  matches({.since = rampart::TimePoint(), .zone = "cell", .requirement = "SR 5.2"}, *stored);
  return 0;
}
