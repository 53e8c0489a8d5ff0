// Hashes for tables whose keys come from the wire: without the key nobody can choose entries that fall into one bucket,
// or that are taken for one another. KeyedHash is SipHash-1-3 over 64-bit words; SeededHash is one multiplication, for
// what is looked up for every packet. Not for anything that is stored or signed. The key comes from
// crypto::random_hash_key(); what a program says must not depend on it.
#pragma once

#include <bit>
#include <cstdint>

#include "base/address.h"
#include "base/bytes.h"

namespace rampart {

struct HashKey {
  uint64_t first = 0, second = 0;
};

class SeededHash {
 public:
  SeededHash() : SeededHash(HashKey{}) {}
  explicit SeededHash(const HashKey& key)
      : first_(key.first ^ 0x9e3779b97f4a7c15u), second_(key.second ^ 0xff51afd7ed558ccdu) {}

  /// add folds two more words into `hash`, which begins as 0.
  uint64_t add(uint64_t hash, uint64_t one, uint64_t other) const { return fold(one ^ first_ ^ hash, other ^ second_); }
  uint64_t operator()(uint64_t word) const { return twice(add(0, word, 0)); }
  uint64_t operator()(const IpAddress& address) const {
    const auto [high, low] = address.words();
    return twice(add(address.is_v4() ? 0 : 1, high, low));
  }
  uint64_t operator()(const MacAddress& address) const { return twice(add(2, load_big<6>(address.octets.data()), 0)); }

 private:
  __extension__ typedef unsigned __int128 Wide;
  /// twice: one product alone keeps like keys and like words alike.
  uint64_t twice(uint64_t hash) const { return fold(hash ^ second_, first_); }
  static uint64_t fold(uint64_t one, uint64_t other) {
    const Wide product = Wide{one} * other;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  uint64_t first_, second_;
};

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
    const auto [high, low] = address.words();
    add(high);
    if (!address.is_v4()) add(low);
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

}  // namespace rampart
