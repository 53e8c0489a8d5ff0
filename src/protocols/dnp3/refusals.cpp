// Refusals: the response that an outstation would send to say no, built from what was asked.
#include <algorithm>

#include "protocols/dnp3/application.h"
#include "protocols/dnp3/functions.h"

namespace rampart::protocols::dnp3 {
namespace {

constexpr uint8_t kToMasterUnconfirmed = 0x44;  // direction 0, primary, unconfirmed user data
constexpr uint8_t kWholeSegment = 0xc0;
constexpr uint8_t kWholeFragment = 0xc0;

/// command_reason is the control status that says `reason`.
uint8_t command_reason(Reason reason) {
  switch (reason) {
    case Reason::not_allowed:
      return 9;  // not authorized
    case Reason::value:
      return 12;  // out of range
    case Reason::busy:
      return 11;  // processing limited
  }
  return 127;
}

/// indication_reason is the octet IIN2 that says `reason`.
uint8_t indication_reason(Reason reason) {
  switch (reason) {
    case Reason::not_allowed:
      return 0x01;  // function not supported
    case Reason::value:
      return 0x04;  // parameter error
    case Reason::busy:
      return 0x10;  // already executing
  }
  return 0x01;
}

/// set_status writes `status` into every command among `objects`; false where something else stands there too.
bool set_status(std::span<uint8_t> objects, uint8_t status) {
  ObjectWalker walker(objects, function::kDirectOperate, 0);
  Item item;
  bool only_commands = true;
  while (walker.next(item)) {
    if (item.layout.status == Values::kAbsent) {
      only_commands = false;
      continue;
    }
    const Values& values = item.values;
    if (values.count == 0) continue;
    const auto begin = static_cast<size_t>(values.data.data() - objects.data());
    for (size_t i = 0; i < values.count; ++i) {
      objects[begin + i * values.stride_bits / 8 + values.index_octets + item.layout.status] = status;
    }
  }
  return only_commands && walker.result().state == Feed::State::complete;
}

}  // namespace

Refusal Application::refuse(TransactionKey key, Reason reason) const {
  Refusal refusal;
  const Request* asked = find(key.match);
  if (asked == nullptr || !asked->expects_answer || asked->outstation == kSelfAddress) return refusal;
  uint8_t data[kUserDataOctets] = {kWholeSegment, static_cast<uint8_t>(kWholeFragment | asked->sequence),
                                   function::kFirstResponse, 0, indication_reason(reason)};
  size_t size = 5;
  const Command& command = commands_[asked->command % kCommands];
  if (asked->command != 0 && command.serial == asked->command) {
    std::memcpy(data + size, command.objects.data(), command.size);
    if (set_status({data + size, command.size}, command_reason(reason))) {
      data[4] = 0;
      size += command.size;
    }
  }
  build_frame({.control = kToMasterUnconfirmed, .destination = asked->master, .source = asked->outstation},
              {data, size}, refusal.bytes);
  return refusal;
}

}  // namespace rampart::protocols::dnp3
