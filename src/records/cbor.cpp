#include "records/cbor.h"

#include <cbor.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace rampart::records {
namespace {

/// head_size is the octets of the shortest head that says `number`.
size_t head_size(uint64_t number) {
  if (number < 24) return 1;
  if (number <= 0xff) return 2;
  if (number <= 0xffff) return 3;
  return number <= 0xffff'ffff ? 5 : 9;
}

template <Item::Kind kKind, class Number>
void take_number(void* item, Number number) {
  *static_cast<Item*>(item) = {.kind = kKind, .number = number};
}
template <Item::Kind kKind>
void take_octets(void* item, cbor_data data, size_t size) {
  *static_cast<Item*>(item) = {.kind = kKind, .number = size, .bytes = {data, size}};
}
template <class Number>
void take_real(void* item, Number) {
  *static_cast<Item*>(item) = {.kind = Item::Kind::other};
}
void take_other(void* item) { *static_cast<Item*>(item) = {.kind = Item::Kind::other}; }
void take_indefinite(void*) {}

// In the order of struct cbor_callbacks; what has an indefinite length leaves the item as it is: none.
constexpr cbor_callbacks kCallbacks = {
    .uint8 = take_number<Item::Kind::natural, uint8_t>,
    .uint16 = take_number<Item::Kind::natural, uint16_t>,
    .uint32 = take_number<Item::Kind::natural, uint32_t>,
    .uint64 = take_number<Item::Kind::natural, uint64_t>,
    .negint64 = take_number<Item::Kind::negative, uint64_t>,
    .negint32 = take_number<Item::Kind::negative, uint32_t>,
    .negint16 = take_number<Item::Kind::negative, uint16_t>,
    .negint8 = take_number<Item::Kind::negative, uint8_t>,
    .byte_string_start = take_indefinite,
    .byte_string = take_octets<Item::Kind::octets>,
    .string = take_octets<Item::Kind::text>,
    .string_start = take_indefinite,
    .indef_array_start = take_indefinite,
    .array_start = take_number<Item::Kind::array, size_t>,
    .indef_map_start = take_indefinite,
    .map_start = take_number<Item::Kind::map, size_t>,
    .tag = take_number<Item::Kind::tag, uint64_t>,
    .float2 = take_real<float>,
    .float4 = take_real<float>,
    .float8 = take_real<double>,
    .undefined = take_other,
    .null = take_other,
    .boolean = take_number<Item::Kind::boolean, bool>,
    .indef_break = take_indefinite,
};

}  // namespace

bool is_text(std::string_view octets) {
  uint8_t all = 0;
  for (const char c : octets) all |= static_cast<uint8_t>(c);
  return all < 0x80 || is_utf8(octets);
}

void Writer::long_natural(uint64_t value) {
  spare();
  used_ += cbor_encode_uint(value, end(), kLongestHead);
}

void Writer::integer(int64_t value) {
  if (value >= 0) return natural(static_cast<uint64_t>(value));
  spare();
  used_ += cbor_encode_negint(~static_cast<uint64_t>(value), end(), kLongestHead);
}

void Writer::boolean(bool value) {
  spare();
  used_ += cbor_encode_bool(value, end(), kLongestHead);
}

void Writer::text(std::string_view value) {
  if (!is_text(value)) return octets(as_bytes(value));
  spare(value.size());
  used_ += cbor_encode_string_start(value.size(), end(), kLongestHead);
  raw(as_bytes(value));
}

void Writer::octets(Bytes value) {
  spare(value.size());
  used_ += cbor_encode_bytestring_start(value.size(), end(), kLongestHead);
  raw(value);
}

void Writer::array(size_t items) {
  spare();
  used_ += cbor_encode_array_start(items, end(), kLongestHead);
}

void Writer::raw(Bytes items) {
  spare(items.size());
  std::copy(items.begin(), items.end(), end());
  used_ += items.size();
}

size_t Writer::open_map() {
  spare();
  return used_++;
}

void Writer::close_map(size_t at, size_t pairs) {
  const size_t head = head_size(pairs);
  if (head > 1) {
    spare(head);
    std::memmove(out_.data() + at + head, out_.data() + at + 1, used_ - at - 1);
    used_ += head - 1;
  }
  cbor_encode_map_start(pairs, out_.data() + at, head);
}

Item Reader::next() {
  Item item;
  if (left() == 0) return item;
  const cbor_decoder_result result = cbor_stream_decode(bytes_.data() + at_, left(), &kCallbacks, &item);
  if (result.status != CBOR_DECODER_FINISHED || result.read > left()) return {};
  const bool has_number = item.kind != Item::Kind::boolean && item.kind != Item::Kind::other;
  if (has_number && result.read - item.bytes.size() != head_size(item.number)) return {};
  if (item.kind == Item::Kind::text && !is_text(as_text(item.bytes))) return {};
  at_ += result.read;
  return item;
}

bool Reader::skip(int depth) {
  const Item item = next();
  switch (item.kind) {
    case Item::Kind::none:
      return false;
    case Item::Kind::natural:
    case Item::Kind::negative:
    case Item::Kind::octets:
    case Item::Kind::text:
    case Item::Kind::boolean:
    case Item::Kind::other:
      return true;
    case Item::Kind::tag:
      return depth < kMostDepth && skip(depth + 1);
    case Item::Kind::map:
      return depth < kMostDepth && skip_map(item.number, depth + 1);
    case Item::Kind::array:
      break;
  }
  if (depth >= kMostDepth) return false;
  // A count that lies ends where the octets do: each item takes one at least.
  for (uint64_t i = 0; i < item.number; ++i) {
    if (!skip(depth + 1)) return false;
  }
  return true;
}

bool Reader::skip_map(uint64_t pairs, int depth) {
  Bytes last;
  for (uint64_t i = 0; i < pairs; ++i) {
    const size_t start = at_;
    if (!skip(depth)) return false;
    const Bytes key = since(start);
    if (i > 0 && !std::lexicographical_compare(last.begin(), last.end(), key.begin(), key.end())) return false;
    last = key;
    if (!skip(depth)) return false;
  }
  return true;
}

}  // namespace rampart::records
