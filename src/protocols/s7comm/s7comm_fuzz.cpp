#include "protocols/testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const rampart::protocols::Protocol self = *rampart::protocols::find_protocol("s7comm");
  return rampart::protocols::testing::fuzz_decoder(self.entry(), self, data, size);
}
