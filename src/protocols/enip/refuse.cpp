// The protocol's own "no", built from what was asked: the same encapsulation, session and context, the same sequence.
#include "protocols/enip/decoder.h"

namespace rampart::protocols::enip {
namespace {

constexpr uint8_t kPrivilegeViolation = 0x0f, kInvalidValue = 0x09, kUnavailable = 0x02;
constexpr uint8_t kEmbeddedError = 0x1e, kMultiple = 0x0a, kReplyBit = 0x80;
constexpr uint32_t kCommandRefused = 0x01, kNoMemory = 0x02;

void append_little(std::vector<uint8_t>& out, uint64_t value, size_t octets) {
  for (size_t i = 0; i < octets; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

uint8_t status_of(Reason reason) {
  switch (reason) {
    case Reason::not_allowed:
      return kPrivilegeViolation;
    case Reason::value:
      return kInvalidValue;
    case Reason::busy:
      return kUnavailable;
  }
  return kPrivilegeViolation;
}

void append_header(std::vector<uint8_t>& out, const Asked& asked, size_t length, uint32_t status) {
  append_little(out, asked.command, 2);
  append_little(out, length, 2);
  append_little(out, asked.session, 4);
  append_little(out, status, 4);
  append_little(out, asked.context, 8);
  append_little(out, 0, 4);
}

}  // namespace

void EnipDecoder::append_cip_refusal(std::vector<uint8_t>& out, const Asked& asked, Reason reason) const {
  const uint8_t status = status_of(reason);
  if (asked.multiple && asked.services.size() == asked.services_asked) {
    // Each service is refused by its own status, so that clients take it for a lack of rights, not for a fault.
    const size_t count = asked.services.size();
    out.insert(out.end(), {kMultiple | kReplyBit, 0, kEmbeddedError, 0});
    append_little(out, count, 2);
    for (size_t i = 0; i < count; ++i) append_little(out, 2 + 2 * count + 4 * i, 2);
    for (const AskedService& one : asked.services) {
      out.insert(out.end(), {static_cast<uint8_t>(one.code | kReplyBit), 0, status, 0});
    }
    return;
  }
  const uint8_t code = asked.multiple ? kMultiple : asked.services[0].code;
  out.insert(out.end(), {static_cast<uint8_t>(code | kReplyBit), 0, status, 0});
  const Shape shape = asked.services[0].service.shape;
  if (shape != Shape::forward_open && shape != Shape::large_forward_open && shape != Shape::forward_close) return;
  // Of a connection: its serial numbers, and the size of the path that was not gone.
  const uint64_t owner = asked.opening.owner;
  append_little(out, owner >> 48, 2);
  append_little(out, owner >> 32 & 0xffff, 2);
  append_little(out, owner & 0xffffffff, 4);
  append_little(out, 0, 2);
}

Refusal EnipDecoder::refuse(Direction direction, TransactionKey key, Reason reason) {
  Refusal refusal;
  const Asked* const asked = asked_.get(place_of(direction, key.match));
  if (asked == nullptr) return refusal;
  if (!carries_items(asked->command)) {
    const bool silent = asked->command == command::kNop || asked->command == command::kUnregister ||
                        asked->command == command::kCancel || asked->command == command::kIndicate;
    if (!silent) append_header(refusal.bytes, *asked, 0, reason == Reason::busy ? kNoMemory : kCommandRefused);
    return refusal;
  }
  if (asked->services.empty()) return refusal;
  std::vector<uint8_t> cip;
  append_cip_refusal(cip, *asked, reason);
  std::vector<uint8_t> items(6);  // interface handle, timeout
  append_little(items, 2, 2);
  if (asked->command == command::kUnit) {
    // The answer goes under the identifier of the other direction, which only the opening told.
    const Association* const known = association(asked->connection);
    if (known == nullptr) return refusal;
    append_little(items, item::kConnectedAddress, 2);
    append_little(items, 4, 2);
    append_little(items, known->other, 4);
    append_little(items, item::kConnectedData, 2);
    append_little(items, cip.size() + 2, 2);
    append_little(items, asked->sequence, 2);
  } else {
    append_little(items, item::kNull, 2);
    append_little(items, 0, 2);
    append_little(items, item::kUnconnectedData, 2);
    append_little(items, cip.size(), 2);
  }
  items.insert(items.end(), cip.begin(), cip.end());
  append_header(refusal.bytes, *asked, items.size(), 0);
  refusal.bytes.insert(refusal.bytes.end(), items.begin(), items.end());
  return refusal;
}

}  // namespace rampart::protocols::enip
