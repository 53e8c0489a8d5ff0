// SipHash-1-3 over 64-bit words, for tables whose keys come from the wire: without the key nobody can choose entries
// that fall into one bucket. Not for anything that is stored or signed.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/bytes.h"

namespace rampart::journal {

struct HashKey {
  uint64_t first = 0, second = 0;
};
/// random_hash_key is another one in each process. What is kept never depends on it.
HashKey random_hash_key();

class KeyedHash {
 public:
  explicit KeyedHash(const HashKey& key)
      : a_(key.first ^ 0x736f6d6570736575u),
        b_(key.second ^ 0x646f72616e646f6du),
        c_(key.first ^ 0x6c7967656e657261u),
        d_(key.second ^ 0x7465646279746573u) {}

  void add(uint64_t word) {
    d_ ^= word;
    round();
    a_ ^= word;
  }
  void add(Bytes bytes) {
    add(bytes.size());
    for (; bytes.size() >= 8; bytes = bytes.subspan(8)) add(load_little<8>(bytes.data()));
    uint64_t rest = 0;
    for (const uint8_t octet : bytes) rest = rest << 8 | octet;
    add(rest);
  }
  void add(const IpAddress& address) {
    const Bytes octets = address.octets();
    if (address.is_v4()) {
      add(load_big<4>(octets.data()));
    } else {
      add(load_big<8>(octets.data()));
      add(load_big<8>(octets.data() + 8));
    }
  }
  uint64_t finish() {
    c_ ^= 0xff;
    for (int i = 0; i < 3; ++i) round();
    return a_ ^ b_ ^ c_ ^ d_;
  }

 private:
  void round() {
    a_ += b_;
    b_ = std::rotl(b_, 13) ^ a_;
    a_ = std::rotl(a_, 32);
    c_ += d_;
    d_ = std::rotl(d_, 16) ^ c_;
    a_ += d_;
    d_ = std::rotl(d_, 21) ^ a_;
    c_ += b_;
    b_ = std::rotl(b_, 17) ^ c_;
    c_ = std::rotl(c_, 32);
  }
  uint64_t a_, b_, c_, d_;
};

}  // namespace rampart::journal
