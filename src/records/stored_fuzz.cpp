#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "records/stored.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// What is read as a record is written again as the same octets, and its line of JSON is one line of text.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using rampart::records::Stored;
  const rampart::Bytes input(data, size);
  const auto stored = Stored::decode(input);
  if (!stored) return 0;
  const std::vector<uint8_t> again = stored->encode();
  require(std::equal(again.begin(), again.end(), input.begin(), input.end()));
  require(stored->kind_number() != 0 && stored->version() != 0);
  static std::string line;
  line.clear();
  append_json(line, *stored, 1);
  require(line.ends_with("}}\n") && rampart::is_utf8(line));
  require(
      std::none_of(line.begin(), line.end() - 1, [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; }));
  std::string timestamp = "{\"timestamp\":\"";
  rampart::append_timestamp(timestamp, stored->when());
  require(line.starts_with(timestamp));
  return 0;
}
