// Connections: forward open and close (CIP volume 1, 3-5.5), and the I/O that flows over them in datagrams.
#include "protocols/enip/decoder.h"

namespace rampart::protocols::enip {
namespace {

/// owner_of joins what names a connection to both of its ends.
uint64_t owner_of(uint16_t serial, uint16_t vendor, uint32_t originator) {
  return uint64_t{serial} << 48 | uint64_t{vendor} << 32 | originator;
}

constexpr uint16_t kDataAttribute = 3;  // of an assembly

/// target_of is what a connection path leads to: an object, and for I/O one connection point a direction.
void target_of(const Path& path, Opening& opening, Object& object) {
  object = path.object();
  object.name = {};
  object.unit = path.unit();
  opening.to_target = opening.to_originator = object;
  if (path.point_count == 0 || !path.has_class) return;
  const uint32_t last = path.points[path.point_count > 1 ? 1 : 0];
  opening.to_target = class_object(path.class_number, path.points[0], kDataAttribute, kDataAttribute);
  opening.to_originator = class_object(path.class_number, last, kDataAttribute, kDataAttribute);
  opening.to_target.unit = opening.to_originator.unit = object.unit;
}

}  // namespace

Feed EnipDecoder::open(Operation& operation, Asked* asked, Bytes data, bool large) {
  operation.object = {};  // its name may lie in text_, which the connection's path needs
  ByteReader reader(data);
  reader.skip(2 + 4 + 4);  // tick time and ticks, both identifiers as the originator proposes them
  const uint16_t serial = reader.u16_little();
  const uint16_t vendor = reader.u16_little();
  const uint32_t originator = reader.u32_little();
  reader.skip(1 + 3);                // timeout multiplier, reserved
  reader.skip(4 + (large ? 4 : 2));  // to the target: packet interval, parameters
  reader.skip(4 + (large ? 4 : 2));  // to the originator
  const uint8_t trigger = reader.u8();
  const Bytes words = reader.bytes(reader.u8() * size_t{2});
  if (!reader.ok()) return malformed("forward open cut short");
  const Path path = read_path(words, true, text_);
  if (!path.error.empty()) return malformed(path.error);
  Opening opening;
  opening.owner = owner_of(serial, vendor, originator);
  opening.transport_class = trigger & 0x0f;
  target_of(path, opening, operation.object);
  // The tag that a connection produces or consumes is told as it stands; what is kept has no name.
  if (path.symbolic) {
    operation.object.name = path.name;
    opening.to_target = opening.to_originator = {.unit = path.unit()};
  } else if (path.point_count > 0 && path.has_class) {
    operation.object = opening.to_target;
  }
  asked->opening = opening;
  return {};
}

Feed EnipDecoder::close(Operation& operation, Asked* asked, Bytes data) {
  operation.object = {};
  ByteReader reader(data);
  reader.skip(2);
  const uint16_t serial = reader.u16_little();
  const uint16_t vendor = reader.u16_little();
  const uint32_t originator = reader.u32_little();
  const uint8_t words = reader.u8();
  reader.skip(1);
  const Bytes octets = reader.bytes(words * size_t{2});
  if (!reader.ok()) return malformed("forward close cut short");
  const Path path = read_path(octets, true, text_);
  if (!path.error.empty()) return malformed(path.error);
  Opening opening;
  opening.owner = owner_of(serial, vendor, originator);
  opening.closes = true;
  target_of(path, opening, operation.object);
  if (path.symbolic) operation.object.name = path.name;
  if (path.point_count > 0 && path.has_class) operation.object = opening.to_target;
  asked->opening = opening;
  return {};
}

/// opened keeps both directions of a connection under the identifiers that were agreed.
void EnipDecoder::opened(const Opening& opening, Bytes data, Sink& sink) {
  if (shared_ == nullptr || data.size() < 8) return;
  Association to_target{.pair = pair_, .owner = opening.owner, .to_target = true, .kind = opening.transport_class};
  to_target.id = static_cast<uint32_t>(load_little<4>(data.data()));
  to_target.other = static_cast<uint32_t>(load_little<4>(data.data() + 4));
  to_target.object = opening.to_target;
  Association to_originator = to_target;
  std::swap(to_originator.id, to_originator.other);
  to_originator.to_target = false;
  to_originator.object = opening.to_originator;
  const bool kept = shared_->open(to_target);
  if (!shared_->open(to_originator) || !kept) sink.deviation("connections-forgotten");
}

const Association* EnipDecoder::association(uint32_t connection) const {
  return shared_ == nullptr ? nullptr : shared_->find(pair_, connection);
}

uint64_t EnipDecoder::connection_key(uint32_t connection) const {
  const Association* const known = association(connection);
  if (known == nullptr) return 0;
  return uint64_t{1} << 32 | (known->to_target ? known->id : known->other);
}

/// io: a datagram of a connection of class 0 or 1. What it carries, and which way, is known from its opening alone.
Feed EnipDecoder::io(Direction, Bytes datagram, Sink& sink) {
  const Items items = read_items(datagram);
  const Item* address = items.find(item::kSequencedAddress);
  if (address == nullptr) address = items.find(item::kConnectedAddress);
  const Item* const carried = items.find(item::kConnectedData);
  if (address == nullptr || carried == nullptr) return malformed("no address or no data");
  const auto connection = static_cast<uint32_t>(load_little<4>(address->data.data()));
  const uint32_t sequence =
      address->data.size() >= 8 ? static_cast<uint32_t>(load_little<4>(address->data.data() + 4)) : 0;
  const Association* const known = association(connection);
  const Service service = io_service(known != nullptr, known != nullptr && known->to_target);
  const TransactionKey key{uint64_t{connection} << 32 | sequence, sequence};
  Bytes data = carried->data;
  // Class 1 counts its data in their first two octets.
  if (known != nullptr && known->kind == 1 && data.size() >= 2) data = data.subspan(2);
  const Values values = data.empty() ? Values{} : Values::one(ValueType::octets, data);
  Object object{.space = space::kConnection, .first = connection, .last = connection};
  if (known != nullptr && known->object.addressed()) object = known->object;
  if (known != nullptr && known->to_target) {
    Operation operation{.protocol = self_, .action = service.action, .expects_answer = false};
    operation.function = service.function;
    operation.object = object;
    operation.values = values;
    operation.key = key;
    sink.operation(operation);
    return {};
  }
  Answer answer{.protocol = self_, .action = service.action, .unsolicited = true, .function = service.function};
  answer.key = key;
  answer.object = object;
  answer.values = values;
  sink.answer(answer);
  return {};
}

}  // namespace rampart::protocols::enip
