// PCCC inside CIP: the commands of PLC-5, SLC 500 and MicroLogix, as DF1 has them (1770-6.5.16, chapter 7).
#include <algorithm>

#include "protocols/enip/decoder.h"

namespace rampart::protocols::enip {
namespace {

constexpr uint8_t kReply = 0x40;
constexpr uint8_t kExtendedStatus = 0xf0;
constexpr uint8_t kFloat = 0x8a, kString = 0x8d, kAscii = 0x8e, kLong = 0x91;
constexpr uint8_t kLogicalFirst = 0xa1, kMaskedWrite = 0xab;

/// Envelope is what stands before a command's data: who asks, command, status, number of the transaction.
struct Envelope {
  uint8_t command = 0;
  uint8_t status = 0;
  uint16_t transaction = 0;
};

bool read_envelope(ByteReader& reader, Envelope& envelope) {
  const uint8_t size = reader.u8();  // of the requester's identification, this octet included
  if (size > 0) reader.skip(size - 1u);
  envelope.command = reader.u8();
  envelope.status = reader.u8();
  envelope.transaction = reader.u16_little();
  return reader.ok() && size > 0;
}

/// short_or_long reads a number of one octet, or of two behind 0xff.
uint16_t short_or_long(ByteReader& reader) {
  const uint8_t first = reader.u8();
  return first == 0xff ? reader.u16_little() : first;
}

/// octets_of is the size of one word or element of a file.
uint32_t octets_of(uint8_t type) {
  switch (type) {
    case kFloat:
    case kLong:
      return 4;
    case kString:
      return 84;
    default:
      return 2;
  }
}

Values file_values(uint8_t type, Bytes data) {
  if (data.empty()) return {};
  ValueType as = ValueType::int16;
  if (type == kFloat) as = ValueType::float32;
  if (type == kLong) as = ValueType::int32;
  if (type == kString || type == kAscii || data.size() % octets_of(type) != 0) as = ValueType::octets;
  if (type == 0x84 || type == 0x85 || type == 0x8b || type == 0x8c) {
    if (as == ValueType::int16) as = ValueType::uint16;  // status, bits, outputs, inputs
  }
  return as == ValueType::octets ? Values::one(as, data) : Values::numbers(as, data, true);
}

/// logical reads the address of a command that names type, file, element and, by its function, a word of it.
bool logical(ByteReader& reader, uint8_t function, Object& object, uint8_t& type) {
  const uint8_t octets = reader.u8();
  const uint16_t file = short_or_long(reader);
  type = reader.u8();
  const uint16_t element = short_or_long(reader);
  const bool three = function == 0xa2 || function == 0xaa || function == kMaskedWrite;
  const uint16_t word = three ? short_or_long(reader) : uint16_t{0};
  if (!reader.ok()) return false;
  object = {.space = space::kPccc, .container = uint32_t{type} << 16 | file};
  object.first = uint64_t{element} * words_of(type) + word;
  object.last = object.first + std::max<uint32_t>(octets / octets_of(type), 1) - 1;
  return true;
}

}  // namespace

Feed EnipDecoder::pccc_request(Operation& operation, AskedService& asked, Bytes data) {
  ByteReader reader(data);
  Envelope envelope;
  if (!read_envelope(reader, envelope)) return malformed("pccc command cut short");
  const bool has_function = envelope.command == 0x06 || envelope.command == 0x07 || envelope.command == 0x0f;
  const uint8_t function = has_function ? reader.u8() : uint8_t{0};
  if (!reader.ok()) return malformed("pccc command without its function");
  const Service service = pccc_service(envelope.command, function, reader.peek());
  operation.function = service.function;
  operation.action = service.action;
  const bool addressed = envelope.command == 0x0f && (function == kLogicalFirst || function == 0xa2 ||
                                                      function == 0xa9 || function == 0xaa || function == kMaskedWrite);
  if (!addressed) {
    const Bytes rest = reader.rest();
    if (!rest.empty()) operation.values = Values::one(ValueType::octets, rest);
    if (service.function.name == "unknown") return {Feed::State::unsupported, "unknown pccc command"};
    return {};
  }
  if (!logical(reader, function, operation.object, asked.file_type)) return malformed("pccc address cut short");
  if (function == kMaskedWrite && reader.left() == 4) {
    const Bytes mask = reader.bytes(2);
    const Bytes value = reader.bytes(2);
    // A bit of the mask says that the value's bit is written; our first mask says which are kept.
    for (size_t i = 0; i < 2; ++i) {
      masks_[i] = static_cast<uint8_t>(~mask[i]);
      masks_[2 + i] = static_cast<uint8_t>(mask[i] & value[i]);
    }
    operation.values = Values::numbers(ValueType::uint16, Bytes(masks_).first(4), true);
    operation.values.masks = true;
    return {};
  }
  if (function == kMaskedWrite) {
    // Of several words only the first has a mask that is sure to be one.
    const Bytes rest = reader.rest();
    if (rest.size() < 4) return malformed("pccc mask cut short");
    operation.values = Values::one(ValueType::octets, rest);
    return {};
  }
  operation.values = file_values(asked.file_type, reader.rest());
  return {};
}

Feed EnipDecoder::pccc_answer(Answer& answer, const AskedService* asked, Bytes data) {
  if (answer.outcome.kind != Outcome::Kind::ok) return {};
  ByteReader reader(data);
  Envelope envelope;
  if (!read_envelope(reader, envelope)) return malformed("pccc answer cut short");
  if ((envelope.command & kReply) == 0) return malformed("pccc command in an answer");
  const uint8_t extended = envelope.status == kExtendedStatus ? reader.u8() : uint8_t{0};
  answer.outcome = pccc_outcome(envelope.status, extended);
  const Bytes rest = reader.rest();
  if (rest.empty()) return {};
  answer.values = asked != nullptr && asked->file_type != 0 ? file_values(asked->file_type, rest)
                                                            : Values::one(ValueType::octets, rest);
  return {};
}

}  // namespace rampart::protocols::enip
