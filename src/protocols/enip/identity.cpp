// What devices say about themselves: attributes of the identity object (CIP volume 1, 5-2).
#include "base/text.h"
#include "protocols/enip/decoder.h"

namespace rampart::protocols::enip {
namespace {

void emit(Attribute::Kind kind, uint32_t unit, std::string_view text, Sink& sink) {
  if (!text.empty()) sink.attribute({.kind = kind, .unit = unit, .text = text});
}

void emit_serial(uint32_t serial, uint32_t unit, std::string& text, Sink& sink) {
  const uint8_t octets[] = {static_cast<uint8_t>(serial >> 24), static_cast<uint8_t>(serial >> 16),
                            static_cast<uint8_t>(serial >> 8), static_cast<uint8_t>(serial)};
  text.clear();
  append_hex(text, octets);
  emit(Attribute::Kind::serial, unit, text, sink);
}

constexpr uint16_t kVendor = 1, kDeviceType = 2, kProductCode = 3, kRevision = 4, kStatus = 5, kSerial = 6, kName = 7;

}  // namespace

void emit_attribute(uint16_t number, ByteReader& reader, uint32_t unit, std::string& text, Sink& sink) {
  text.clear();
  switch (number) {
    case kVendor: {
      const uint16_t vendor = reader.u16_little();
      if (!reader.ok()) return;
      const std::string_view name = vendor_name(vendor);
      if (name.empty()) append_number(text, vendor);
      return emit(Attribute::Kind::vendor, unit, name.empty() ? std::string_view(text) : name, sink);
    }
    case kDeviceType:
    case kProductCode:
    case kStatus:
      reader.skip(2);
      return;
    case kRevision: {
      const uint8_t major = reader.u8(), minor = reader.u8();
      if (!reader.ok()) return;
      append_number(text, static_cast<unsigned>(major & 0x7f));
      text += minor < 10 ? ".00" : minor < 100 ? ".0" : ".";
      append_number(text, static_cast<unsigned>(minor));
      return emit(Attribute::Kind::firmware, unit, text, sink);
    }
    case kSerial: {
      const uint32_t serial = reader.u32_little();
      if (reader.ok()) emit_serial(serial, unit, text, sink);
      return;
    }
    case kName: {
      const Bytes name = reader.bytes(reader.u8());
      if (!reader.ok() || !is_utf8(as_text(name))) return;
      return emit(Attribute::Kind::model, unit, trim(as_text(name)), sink);
    }
    default:
      reader.fail();  // of unknown length: nothing behind it can be found
  }
}

void emit_identity(ByteReader reader, uint32_t unit, std::string& text, Sink& sink) {
  for (uint16_t number = kVendor; number <= kName; ++number) emit_attribute(number, reader, unit, text, sink);
}

void emit_attributes(Bytes list, uint32_t unit, std::string& text, Sink& sink) {
  ByteReader reader(list);
  const uint16_t count = reader.u16_little();
  for (uint16_t i = 0; i < count && reader.left() >= 4; ++i) {
    const uint16_t number = reader.u16_little();
    if (reader.u16_little() == 0) emit_attribute(number, reader, unit, text, sink);
  }
}

}  // namespace rampart::protocols::enip
