// Rule sets and messages as anybody may send them to the helper. What is accepted has one form, and makes words for
// nft.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "firewall/messages.h"
#include "firewall/nft_json.h"

using rampart::Bytes;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes bytes{data, size};
  std::string why;
  if (const auto rules = rampart::firewall::decode(bytes, why)) {
    const auto again = rampart::firewall::encode(*rules);
    if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) std::abort();
    if (rampart::firewall::nft_json(*rules).empty()) std::abort();
  } else if (why.empty()) {
    std::abort();
  }
  rampart::firewall::decode_load(bytes);
  rampart::firewall::decode_status(bytes);
  rampart::firewall::parse_request_head(bytes);
  rampart::firewall::parse_answer_head(bytes);
  return 0;
}
