// The decoder of one Modbus/TCP or Modbus/UDP conversation: frames, probing, finding the way back after a gap. Owns the
// table of requests in flight; belongs to one thread.
#pragma once

#include <array>

#include "protocols/decoder.h"
#include "protocols/modbus/adu.h"

namespace rampart::protocols::modbus {

class ModbusDecoder final : public Decoder {
 public:
  explicit ModbusDecoder(Protocol self) : self_(self) {}

  Match probe(Direction direction, Bytes bytes) const override;
  Frame frame(Direction direction, Bytes bytes) override;
  Feed feed(Direction direction, Bytes frame, Sink& sink) override;
  size_t resync(Direction direction, Bytes after_gap) override;
  void lost(Direction direction, uint64_t bytes) override;
  Refusal refuse(Direction direction, TransactionKey key, Reason reason) override;

 private:
  Protocol self_;
  /// While the way back is being sought, frames must pass a stricter check than a header that holds.
  std::array<bool, 2> unverified_{};
  RequestTable requests_;
};

}  // namespace rampart::protocols::modbus
