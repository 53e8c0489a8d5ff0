// What must be on record before it is let through: whom a gateway asks for that, and who waits for it. The journal is a
// room that the gateway does not know; who has both joins them. One thread.
#pragma once

#include <cstdint>
#include <optional>

#include "records/records.h"

namespace rampart::gateway {

/// Ledger keeps records and knows which are on the disk. Neither call waits.
class Ledger {
 public:
  virtual ~Ledger() = default;
  /// keep takes `asked` down. Its number; nothing where it is not kept: no room, or over its quota.
  virtual std::optional<uint64_t> keep(const records::Transaction& asked) = 0;
  /// durable is true once record `number` would survive the loss of power.
  virtual bool durable(uint64_t number) = 0;
};

/// Waiting is a conversation that holds a message until its record is durable.
class Waiting {
 public:
  /// resume goes on where it can. False once it waits for nothing more, or is over.
  virtual bool resume() = 0;

 protected:
  ~Waiting() = default;
};

}  // namespace rampart::gateway
