#include "protocols/modbus/modbus.h"
#include "protocols/testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rampart::protocols;
  static const Protocol self = *find_protocol("modbus");
  return testing::fuzz_decoder(self.entry(), self, data, size);
}
