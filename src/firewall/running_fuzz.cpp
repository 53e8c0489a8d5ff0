// What nft and the kernel are said to say: listings of rules, lists of conversations.
#include <cstdint>

#include "base/error.h"
#include "firewall/flows.h"
#include "firewall/running.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = rampart::as_text({data, size});
  rampart::firewall::parse_flows(text);
  try {
    const rampart::firewall::Running running = rampart::firewall::parse_running(text);
    rampart::firewall::differences({}, running);
  } catch (const rampart::Error&) {
    return 0;
  }
  return 0;
}
