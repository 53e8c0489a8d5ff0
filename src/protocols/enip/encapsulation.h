// The outer layer of EtherNet/IP: the encapsulation header of 24 octets, and the list of items (common packet format)
// behind it or, in datagrams of I/O, alone. Pure functions; nothing is kept. Source: CIP volume 2, chapter 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocols/decoder.h"

namespace rampart::protocols::enip {

// All limits of the protocol.
constexpr size_t kHeaderOctets = 24;
constexpr size_t kLongestData = 65511;  // behind the header
constexpr size_t kMostItems = 8;        // in one list; the standard needs at most four
constexpr size_t kPathOctets = 510;     // a path counts its words in one octet
constexpr int kDeepest = 3;             // services in services: unconnected send in multiple service packet
constexpr size_t kMostServices = 256;   // remembered of one multiple service packet
constexpr size_t kMostClasses = 6;      // classes in one path

namespace command {
constexpr uint16_t kNop = 0x00, kLegacy = 0x01, kListServices = 0x04, kListIdentity = 0x63, kListInterfaces = 0x64;
constexpr uint16_t kRegister = 0x65, kUnregister = 0x66, kRequestReply = 0x6f, kUnit = 0x70;
constexpr uint16_t kIndicate = 0x72, kCancel = 0x73;
}  // namespace command

namespace item {
constexpr uint16_t kNull = 0x0000, kIdentity = 0x000c, kConnectedAddress = 0x00a1, kConnectedData = 0x00b1;
constexpr uint16_t kUnconnectedData = 0x00b2, kServices = 0x0100, kSequencedAddress = 0x8002;
}  // namespace item

struct Header {
  uint16_t command = 0;
  uint16_t length = 0;
  uint32_t session = 0;
  uint32_t status = 0;
  uint64_t context = 0;  // the sender's own, echoed by the receiver
  uint32_t options = 0;
};

/// read_header reads 24 octets that are there.
Header read_header(const uint8_t* at);
bool is_known(uint16_t command);
/// carries_items: these commands have interface handle and timeout, then a list of items.
constexpr bool carries_items(uint16_t command) {
  return command == command::kRequestReply || command == command::kUnit;
}

/// find_frame finds the end of the message that begins `bytes`.
Frame find_frame(Bytes bytes);
/// could_begin is true as long as no octet of `bytes`, however few, speaks against a message with items.
bool could_begin(Bytes bytes);
/// verified is true where a whole message with a list of items, or the opening of a session, begins `bytes`: what no
/// payload is like by chance.
bool verified(Bytes bytes);

struct Item {
  uint16_t type = 0;
  Bytes data{};
};
/// Items is a list of items in the order of the wire. `error` is empty where it was well-formed.
struct Items {
  Item list[kMostItems];
  size_t count = 0;
  size_t trailing = 0;  // octets behind the last one
  std::string_view error{};

  /// find gives the first item of `type`, null where there is none: their order says nothing.
  const Item* find(uint16_t type) const;
};
Items read_items(Bytes bytes);

/// is_io: does `datagram` consist of a list of items alone, a connection's address and its data?
bool is_io(Bytes datagram);

}  // namespace rampart::protocols::enip
