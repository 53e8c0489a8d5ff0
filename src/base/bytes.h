// Bytes from a wire or a file, and the one cursor that reads them. A ByteReader does not own what it reads: the bytes
// must outlive it. No thread rules: a reader belongs to one function call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace rampart {

using Bytes = std::span<const uint8_t>;

inline Bytes as_bytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
inline std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// load_big reads `Size` octets at `at`, most significant first. The caller has checked that they are there.
template <size_t Size>
inline uint64_t load_big(const uint8_t* at) {
  uint64_t value = 0;
  for (size_t i = 0; i < Size; ++i) value = value << 8 | at[i];
  return value;
}
/// load_little reads `Size` octets at `at`, least significant first. The caller has checked that they are there.
template <size_t Size>
inline uint64_t load_little(const uint8_t* at) {
  uint64_t value = 0;
  for (size_t i = Size; i > 0; --i) value = value << 8 | at[i - 1];
  return value;
}

/// ByteReader is a cursor over bytes that it does not own. A read past the end returns zero (or an empty span), moves
/// to the end and marks the reader failed; read all fields, then check ok() once before using any of them.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  uint8_t u8() { return static_cast<uint8_t>(big<1>()); }
  uint16_t u16() { return static_cast<uint16_t>(big<2>()); }
  uint32_t u24() { return static_cast<uint32_t>(big<3>()); }
  uint32_t u32() { return static_cast<uint32_t>(big<4>()); }
  uint64_t u64() { return big<8>(); }
  uint16_t u16_little() { return static_cast<uint16_t>(little<2>()); }
  uint32_t u24_little() { return static_cast<uint32_t>(little<3>()); }
  uint32_t u32_little() { return static_cast<uint32_t>(little<4>()); }
  uint64_t u48_little() { return little<6>(); }
  uint64_t u64_little() { return little<8>(); }

  /// bytes takes the next `count` octets, or fails and gives none.
  Bytes bytes(size_t count) {
    if (!take(count)) return {};
    return {at_ - count, count};
  }
  void skip(size_t count) { take(count); }
  /// sub makes a length field a wall: a reader over the next `count` octets. Where they are not there, both fail.
  ByteReader sub(size_t count) {
    ByteReader inner(bytes(count));
    inner.failed_ = failed_;
    return inner;
  }
  /// rest takes all that is left.
  Bytes rest() { return bytes(left()); }
  /// peek looks at the octet `ahead` of the cursor without moving; zero where there is none.
  uint8_t peek(size_t ahead = 0) const { return ahead < left() ? at_[ahead] : uint8_t{0}; }

  size_t left() const { return static_cast<size_t>(end_ - at_); }
  bool ok() const { return !failed_; }
  /// done is true where every octet was read and none was missing.
  bool done() const { return !failed_ && at_ == end_; }
  void fail() {
    failed_ = true;
    at_ = end_;
  }

 private:
  bool take(size_t count) {
    if (count > left()) {
      fail();
      return false;
    }
    at_ += count;
    return true;
  }
  template <size_t Size>
  uint64_t big() {
    return take(Size) ? load_big<Size>(at_ - Size) : 0;
  }
  template <size_t Size>
  uint64_t little() {
    return take(Size) ? load_little<Size>(at_ - Size) : 0;
  }

  const uint8_t* at_;
  const uint8_t* end_;
  bool failed_ = false;
};

}  // namespace rampart
