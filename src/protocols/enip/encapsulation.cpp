#include "protocols/enip/encapsulation.h"

#include <algorithm>

namespace rampart::protocols::enip {
namespace {

constexpr size_t kInterfaceOctets = 6;  // interface handle and timeout
constexpr uint32_t kHighestStatus = 0x6a;
constexpr uint8_t kItemsBegin[] = {0x6f, 0x70};

bool is_item_type(uint16_t type) {
  switch (type) {
    case item::kNull:
    case item::kIdentity:
    case item::kConnectedAddress:
    case item::kConnectedData:
    case item::kUnconnectedData:
    case item::kServices:
    case 0x0085:  // Rockwell's own, older than the common ones
    case 0x0086:
    case 0x0091:
    case 0x8000:  // socket addresses
    case 0x8001:
    case item::kSequencedAddress:
      return true;
    default:
      return false;
  }
}

bool all_known(const Items& items) {
  for (size_t i = 0; i < items.count; ++i) {
    if (!is_item_type(items.list[i].type)) return false;
  }
  return true;
}

}  // namespace

Header read_header(const uint8_t* at) {
  return {.command = static_cast<uint16_t>(load_little<2>(at)),
          .length = static_cast<uint16_t>(load_little<2>(at + 2)),
          .session = static_cast<uint32_t>(load_little<4>(at + 4)),
          .status = static_cast<uint32_t>(load_little<4>(at + 8)),
          .context = load_little<8>(at + 12),
          .options = static_cast<uint32_t>(load_little<4>(at + 20))};
}

bool is_known(uint16_t command) {
  switch (command) {
    case command::kNop:
    case command::kLegacy:
    case command::kListServices:
    case command::kListIdentity:
    case command::kListInterfaces:
    case command::kRegister:
    case command::kUnregister:
    case command::kRequestReply:
    case command::kUnit:
    case command::kIndicate:
    case command::kCancel:
      return true;
    default:
      return false;
  }
}

Frame find_frame(Bytes bytes) {
  const auto octet = [&](size_t i) { return i < bytes.size() ? bytes[i] : uint8_t{0}; };
  if (bytes.size() >= 2 && !is_known(static_cast<uint16_t>(octet(0) | octet(1) << 8))) {
    return {Frame::State::malformed, 0};
  }
  if (bytes.size() >= 12 && load_little<4>(bytes.data() + 8) > kHighestStatus) return {Frame::State::malformed, 0};
  if (bytes.size() < kHeaderOctets) return {Frame::State::more, kHeaderOctets};
  const size_t length = load_little<2>(bytes.data() + 2);
  if (length > kLongestData) return {Frame::State::malformed, 0};
  const size_t size = kHeaderOctets + length;
  return {size <= bytes.size() ? Frame::State::complete : Frame::State::more, size};
}

bool could_begin(Bytes bytes) {
  const auto is = [&](size_t at, uint8_t octet) { return at >= bytes.size() || bytes[at] == octet; };
  if (bytes.empty()) return true;
  const bool begins = std::find(std::begin(kItemsBegin), std::end(kItemsBegin), bytes[0]) != std::end(kItemsBegin);
  if (!begins || !is(1, 0)) return false;
  for (size_t at = 8; at < 12; ++at) {
    if (!is(at, 0)) return false;  // status
  }
  for (size_t at = 20; at < 28; ++at) {
    if (!is(at, 0)) return false;  // options, interface handle
  }
  if (bytes.size() >= 4 && load_little<2>(bytes.data() + 2) < kInterfaceOctets + 2) return false;
  return bytes.size() <= 30 || (bytes[30] >= 2 && bytes[30] <= kMostItems && is(31, 0));
}

bool verified(Bytes bytes) {
  if (bytes.size() < kHeaderOctets) return false;
  const Header header = read_header(bytes.data());
  if (header.options != 0 || header.status > kHighestStatus || bytes.size() < kHeaderOctets + header.length)
    return false;
  const Bytes data = bytes.subspan(kHeaderOctets, header.length);
  if (header.command == command::kRegister) return header.length == 4 && load_little<4>(data.data()) == 1;
  if (!carries_items(header.command) || header.status != 0) return false;
  if (!could_begin(bytes.first(std::min<size_t>(bytes.size(), 32)))) return false;
  if (data.size() < kInterfaceOctets) return false;
  const Items items = read_items(data.subspan(kInterfaceOctets));
  if (!items.error.empty() || items.trailing > 0 || items.count < 2 || !all_known(items)) return false;
  return items.find(item::kConnectedData) != nullptr || items.find(item::kUnconnectedData) != nullptr;
}

const Item* Items::find(uint16_t type) const {
  for (size_t i = 0; i < count; ++i) {
    if (list[i].type == type) return &list[i];
  }
  return nullptr;
}

Items read_items(Bytes bytes) {
  Items items;
  ByteReader reader(bytes);
  const uint16_t count = reader.u16_little();
  if (count > kMostItems) {
    items.error = "too many items";
    return items;
  }
  for (; items.count < count; ++items.count) {
    Item& one = items.list[items.count];
    one.type = reader.u16_little();
    one.data = reader.bytes(reader.u16_little());
  }
  if (!reader.ok()) items.error = "items beyond message";
  items.trailing = reader.left();
  return items;
}

bool is_io(Bytes datagram) {
  // The smallest: two items, the address of a connection and data of no length.
  if (datagram.size() < 2 + 8 + 4 || datagram[0] < 2 || datagram[0] > 4 || datagram[1] != 0) return false;
  const Items items = read_items(datagram);
  if (!items.error.empty() || items.trailing > 0 || !all_known(items)) return false;
  const Item* const sequenced = items.find(item::kSequencedAddress);
  const Item* const plain = items.find(item::kConnectedAddress);
  const bool addressed =
      sequenced != nullptr ? sequenced->data.size() == 8 : plain != nullptr && plain->data.size() == 4;
  return addressed && items.find(item::kConnectedData) != nullptr;
}

}  // namespace rampart::protocols::enip
