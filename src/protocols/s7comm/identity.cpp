// What a controller says of itself in its system status lists.
#include <algorithm>

#include "base/text.h"
#include "protocols/s7comm/decoder.h"

namespace rampart::protocols::s7comm {
namespace {

constexpr uint16_t kSiemens = 0x002a;  // manufacturer number of PROFIBUS and PROFINET International
constexpr size_t kModuleRecord = 28;
constexpr size_t kComponentRecord = 34;
constexpr uint16_t kBootLoader = 0x81;

constexpr std::string_view kModuleList = "SZL 0x0011";
constexpr std::string_view kComponentList = "SZL 0x001C";

void emit(Attribute::Kind kind, std::string_view text, std::string_view source, Sink& sink) {
  const size_t end = text.find('\0');
  text = trim(text.substr(0, end));
  if (text.empty() || !is_utf8(text)) return;
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) < 0x20; })) return;
  sink.attribute({.kind = kind, .text = text, .source = source});
}

/// emit_module: SZL 0x11, order numbers and versions. Version octets are a letter and three numbers.
void emit_module(uint16_t index, ByteReader record, Sink& sink) {
  const std::string_view order_number = as_text(record.bytes(20));
  record.skip(2);
  const uint8_t letter = record.u8();
  const uint8_t numbers[] = {record.u8(), record.u8(), record.u8()};
  if (!record.ok()) return;
  if (index == 1) emit(Attribute::Kind::order_number, order_number, kModuleList, sink);
  if (index == kBootLoader) {
    std::string version = "boot loader ";
    version += letter >= 'A' && letter <= 'Z' ? std::string(1, static_cast<char>(letter)) : std::string();
    append_number(version, numbers[0]);
    for (const uint8_t number : {numbers[1], numbers[2]}) {
      version += '.';
      append_number(version, number);
    }
    emit(Attribute::Kind::version, version, kModuleList, sink);
  }
  if (index != 6 && index != 7) return;
  std::string version;
  if (letter == 'V' || index == 7) {
    for (const uint8_t number : numbers) {
      if (!version.empty()) version += '.';
      append_number(version, number);
    }
  } else {
    append_number(version, numbers[0]);  // releases of hardware are one number
  }
  emit(index == 7 ? Attribute::Kind::firmware : Attribute::Kind::hardware, version, kModuleList, sink);
}

/// emit_component: SZL 0x1c, names and serial numbers, 32 octets each. `named` once the system's own name was told.
void emit_component(uint16_t index, ByteReader record, bool& named, Sink& sink) {
  const Bytes text = record.bytes(32);
  if (!record.ok()) return;
  const std::string_view name = as_text(text.first(24));
  switch (index & 0xff) {
    case 1:
      named = name[0] != '\0' && name[0] != ' ';
      emit(Attribute::Kind::name, name, kComponentList, sink);
      break;
    case 2:
      if (!named) emit(Attribute::Kind::name, name, kComponentList, sink);
      break;
    case 3:  // the plant's own designation of it
      emit(Attribute::Kind::location, as_text(text), kComponentList, sink);
      break;
    case 5:
      emit(Attribute::Kind::serial, name, kComponentList, sink);
      break;
    case 7:
      emit(Attribute::Kind::model, as_text(text), kComponentList, sink);
      break;
    case 9:
      if (load_big<2>(text.data()) == kSiemens) emit(Attribute::Kind::vendor, "Siemens", kComponentList, sink);
      break;
    case 11:
      emit(Attribute::Kind::location, as_text(text), kComponentList, sink);
      break;
    default:
      break;
  }
}

}  // namespace

void emit_identity(Bytes list, Sink& sink) {
  ByteReader reader(list);
  const uint16_t id = reader.u16();
  reader.skip(2);
  const uint16_t octets = reader.u16();
  const uint16_t count = reader.u16();
  if (!reader.ok() || id >> 12 != 0) return;  // lists of other kinds of modules have other records
  const bool module = (id & 0xff) == 0x11 && octets == kModuleRecord;
  const bool component = (id & 0xff) == 0x1c && octets == kComponentRecord;
  if (!module && !component) return;
  bool named = false;
  for (uint32_t i = 0; i < count; ++i) {
    ByteReader record = reader.sub(octets);
    const uint16_t index = record.u16();
    if (!record.ok()) return;
    if (module) {
      emit_module(index, record, sink);
    } else {
      emit_component(index, record, named, sink);
    }
  }
}

}  // namespace rampart::protocols::s7comm
