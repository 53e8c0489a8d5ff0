// Distinguished encoding rules (ITU-T X.690), as far as SNMP and certificates need them: definite lengths, tags of one
// octet. One element at a time; who goes deeper takes another reader over the element's content.
#pragma once

#include "base/bytes.h"

namespace rampart::protocols::light {

enum DerTag : uint8_t {
  kDerInteger = 0x02,
  kDerBitString = 0x03,
  kDerOctets = 0x04,
  kDerNull = 0x05,
  kDerObject = 0x06,
  kDerUtcTime = 0x17,
  kDerGeneralTime = 0x18,
  kDerSequence = 0x30,
  kDerSet = 0x31,
};

struct Der {
  uint8_t tag = 0;
  Bytes content;
};

/// next_der takes the next element. False, and the reader failed, where none stands there whole.
inline bool next_der(ByteReader& reader, Der& element) {
  element.tag = reader.u8();
  if ((element.tag & 0x1f) == 0x1f) reader.fail();
  size_t length = reader.u8();
  if (length >= 0x80) {
    const size_t octets = length & 0x7f;
    if (octets == 0 || octets > 4) reader.fail();
    length = 0;
    for (size_t i = 0; i < octets && reader.ok(); ++i) length = length << 8 | reader.u8();
  }
  element.content = reader.bytes(length);
  return reader.ok();
}

/// inside_der takes the next element, which must have `tag`, and opens it.
inline ByteReader inside_der(ByteReader& reader, uint8_t tag) {
  Der element;
  if (next_der(reader, element) && element.tag == tag) return ByteReader(element.content);
  reader.fail();
  ByteReader none{Bytes{}};
  none.fail();
  return none;
}

/// der_number reads an INTEGER of at most eight octets as it stands, without a sign.
inline bool der_number(ByteReader& reader, uint64_t& value) {
  Der element;
  if (!next_der(reader, element) || element.tag != kDerInteger || element.content.empty() ||
      element.content.size() > 8) {
    reader.fail();
    return false;
  }
  value = 0;
  for (const uint8_t octet : element.content) value = value << 8 | octet;
  return true;
}

}  // namespace rampart::protocols::light
