// What a conversation must remember so that answers, pushes and refusals can be understood: a few requests, a few
// subscriptions, a few uploads, a few unfinished answers. All bounded; memory is reused. Belongs to one decoder.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "protocols/operation.h"
#include "protocols/ring.h"
#include "protocols/s7comm/names.h"

namespace rampart::protocols::s7comm {

/// kKeptOctets bounds the addresses kept of one request; the answers of longer ones give octets.
constexpr size_t kKeptOctets = 2048;

/// Asked is a request as far as its answer or refusal needs it.
struct Asked {
  uint64_t key = 0;  // 0: free
  Service service{};
  uint8_t rosctr = 0;
  uint8_t code = 0;  // function of a job; type and group of userdata
  uint8_t subfunction = 0;
  uint8_t sequence = 0;
  uint8_t item_count = 0;
  uint16_t redundancy = 0;
  uint16_t reference = 0;
  bool kept = false;            // `octets` is whole
  std::vector<uint8_t> octets;  // addresses of variables, or the name of a block
};

/// Subscription: which variables the pushes of a job carry.
struct Subscription {
  uint64_t key = 0;
  uint8_t subfunction = 0;
  uint16_t count = 0;
  std::vector<uint8_t> octets;
};

/// Upload: the name of the block that an upload identifier stands for.
struct Upload {
  uint64_t key = 0;
  std::array<uint8_t, 32> name{};
  uint8_t name_octets = 0;
};

/// Partial is an answer of several messages; `object` is what its request asked for.
struct Partial {
  uint64_t key = 0;
  uint8_t unit = 0;
  Object object{};
  std::vector<uint8_t> octets;
};

}  // namespace rampart::protocols::s7comm
