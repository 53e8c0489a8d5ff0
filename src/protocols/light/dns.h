// DNS over UDP, multicast DNS and the name service of NetBIOS: one message format (RFC 1035, section 4), three uses.
#pragma once

#include "protocols/registry.h"

namespace rampart::protocols::light {

/// Limits of the three.
inline constexpr int kMostRecords = 32;   // looked at in one message
inline constexpr int kMostPointers = 16;  // of one name

/// Name is a domain name with dots between its labels, as it came.
struct Name {
  char text[256];
  size_t size = 0;
  std::string_view view() const { return {text, size}; }
};
/// read_name reads a name of `message` at the reader's place, following pointers backwards only. False where it breaks
/// the rules: labels or a name too long, pointers that do not lead back.
bool read_name(Bytes message, ByteReader& reader, Name& name);

/// Header: identifier, flags, and how many questions, answers, authorities and additional records follow.
struct DnsHeader {
  uint16_t id = 0, flags = 0;
  uint16_t counts[4]{};
  bool response() const { return (flags & 0x8000) != 0; }
  uint8_t opcode() const { return flags >> 11 & 0xf; }
  uint8_t code() const { return flags & 0xf; }
};
bool read_header(ByteReader& reader, DnsHeader& header);

struct Question {
  Name name;
  uint16_t type = 0, of_class = 0;
};
bool read_question(Bytes message, ByteReader& reader, Question& question);

struct ResourceRecord {
  Name name;
  uint16_t type = 0, of_class = 0;
  Bytes data;
};
bool read_record(Bytes message, ByteReader& reader, ResourceRecord& record);

Entry dns();
Entry mdns();
Entry netbios();

}  // namespace rampart::protocols::light
