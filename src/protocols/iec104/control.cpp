// Commands, system commands and parameters: what a controlling station asks, and what the controlled station says to
// it.
#include <algorithm>

#include "protocols/iec104/decoder.h"
#include "protocols/iec104/functions.h"
#include "protocols/iec104/objects.h"

namespace rampart::protocols::iec104 {
namespace {

constexpr uint8_t kSelectBit = 0x80;  // S/E of SCO, DCO, RCO and QOS (IEC 60870-5-101, 7.2.6.15 to 7.2.6.17, 7.2.6.39)
constexpr uint8_t kCounterRequest = 0x3f;
constexpr uint8_t kAllCounters = 5;  // RQT of a general request; 1 to 4: groups

/// selects: the command only announces. Bitstrings have no such bit.
bool selects(const Asdu& asdu, size_t i) {
  const uint8_t at = layout_of(asdu.type).quality;
  return kind_of(asdu.type) == Kind::command && at != Values::kAbsent && (asdu.element(i)[at] & kSelectBit) != 0;
}

bool deactivates(const Asdu& asdu) {
  return asdu.cause == cause::kDeactivation || asdu.cause == cause::kDeactivationConfirmation;
}

/// freezes: a counter interrogation that freezes counters, or sets them to zero (FRZ, 7.2.6.23).
bool freezes(const Asdu& asdu) {
  return asdu.type == type::kCounterInterrogation && (asdu.element(0)[0] & ~kCounterRequest) != 0;
}

bool answers(uint8_t cause) {
  return cause == cause::kActivationConfirmation || cause == cause::kDeactivationConfirmation ||
         cause == cause::kTermination || (cause >= cause::kUnknownType && cause <= cause::kUnknownObjectAddress);
}
bool asks(uint8_t cause) {
  return cause == cause::kRequest || cause == cause::kActivation || cause == cause::kDeactivation;
}

uint32_t code_of(const Asdu& asdu, size_t i) {
  uint32_t code = asdu.type;
  if (deactivates(asdu)) {
    if (name_function(function::kDeactivate | code).name != "unknown") code |= function::kDeactivate;
  } else if (selects(asdu, i)) {
    code |= function::kSelect;
  }
  return code;
}

/// key_of is the same for what asks and what answers. An interrogation's has the cause that its data will have.
TransactionKey key_of(const Asdu& asdu, uint32_t id) {
  uint32_t low = (selects(asdu, 0) ? 0x100u : 0) | (deactivates(asdu) ? 0x200u : 0);
  uint32_t address = asdu.address(0);
  if (asdu.type == type::kInterrogation) {
    low |= asdu.element(0)[0];
    address = 0;
  } else if (asdu.type == type::kCounterInterrogation) {
    const uint32_t request = asdu.element(0)[0] & kCounterRequest;
    low |= cause::kCounters + (request == kAllCounters ? 0 : request);
    address = 0;
  }
  return make_key(asdu.type, asdu.station, address, low, id);
}

/// command_octets is what a command does: its value and how, without select bit and time.
Bytes command_octets(const Asdu& asdu, size_t i) {
  const Layout& layout = layout_of(asdu.type);
  return asdu.element(i).first(layout.time == Values::kAbsent ? layout.octets : layout.time);
}

}  // namespace

Iec104Decoder::Selection* Iec104Decoder::find_selection(const Asdu& asdu, size_t i) {
  const uint32_t address = asdu.address(i);
  for (Selection& one : selections_) {
    if (one.open && one.type == asdu.type && one.station == asdu.station && one.address == address) return &one;
  }
  return nullptr;
}

/// track_selection remembers what is selected and holds what is executed against it. Gives the deviation, if any.
std::string_view Iec104Decoder::track_selection(const Asdu& asdu, size_t i) {
  const uint8_t at = layout_of(asdu.type).quality;
  if (kind_of(asdu.type) != Kind::command || at == Values::kAbsent) return {};
  Selection* selection = find_selection(asdu, i);
  if (asdu.cause == cause::kDeactivation) {
    if (selection != nullptr) selection->open = false;
    return {};
  }
  if (asdu.cause != cause::kActivation) return {};
  std::array<uint8_t, kSelectedOctets> value{};
  const Bytes octets = command_octets(asdu, i);
  std::copy(octets.begin(), octets.end(), value.begin());
  value[at] &= static_cast<uint8_t>(~kSelectBit);
  if (selects(asdu, i)) {
    if (selection == nullptr) selection = &selections_[next_selection_++ % kSelections];
    *selection = {.open = true, .type = asdu.type, .station = asdu.station, .address = asdu.address(i), .value = value};
    return {};
  }
  if (selection == nullptr) return "execute-without-select";
  selection->open = false;
  return selection->value == value ? std::string_view() : "execute-differs-from-select";
}

void Iec104Decoder::give_controlled(const Message& message, Sink& sink) {
  const Asdu& asdu = message.asdu;
  if (asdu.count == 0) return;
  const bool asked = asks(asdu.cause);
  if (answers(asdu.cause) || (!asked && message.direction == Direction::to_client)) {
    give_controlled_answers(message, sink);
    return;
  }
  if (asdu.negative) sink.deviation("negative-request");
  Operation operation{.protocol = self_,
                      .action = action_of(asdu.type, freezes(asdu)),
                      .expects_answer = asked && asdu.station != kBroadcast,
                      .key = in_epoch(key_of(asdu, message.id()))};
  if (asked) remember(message, operation.key);
  const bool whole_station = kind_of(asdu.type) == Kind::system && asdu.type != type::kRead;
  for (size_t i = 0; i < asdu.count; ++i) {
    const std::string_view deviation = track_selection(asdu, i);
    if (!deviation.empty()) sink.deviation(deviation);
    if (whole_station && asdu.address(i) != 0) sink.deviation("object-address-not-zero");
    operation.item = static_cast<uint16_t>(i);
    operation.function = name_function(code_of(asdu, i));
    operation.object = object_of(asdu, i);
    // What is given up is not known to have any value.
    operation.values = asdu.cause == cause::kDeactivation ? Values{} : value_of(asdu, i);
    sink.operation(operation);
  }
}

/// give_controlled_answers: confirmations, terminations, and what does not know the type, cause or address. An
/// interrogation ends with its termination. Other commands are answered by their confirmation: whether a termination
/// follows is a setting of the station, so it is told when it comes, and nothing waits for it.
void Iec104Decoder::give_controlled_answers(const Message& message, Sink& sink) {
  const Asdu& asdu = message.asdu;
  const bool interrogation = asdu.type == type::kInterrogation || asdu.type == type::kCounterInterrogation;
  Answer answer{.protocol = self_,
                .action = action_of(asdu.type, freezes(asdu)),
                .unsolicited = !answers(asdu.cause) || (asdu.cause == cause::kTermination && !interrogation),
                .key = in_epoch(key_of(asdu, message.id()))};
  const bool refused = asdu.negative || asdu.cause >= cause::kUnknownType;
  if (refused) {
    answer.outcome = {.kind = Outcome::Kind::refused, .code = asdu.cause, .name = cause_name(asdu.cause)};
  }
  const bool last_message = refused || !interrogation || asdu.cause != cause::kActivationConfirmation;
  for (size_t i = 0; i < asdu.count; ++i) {
    if (refused || asdu.cause == cause::kDeactivationConfirmation) {
      if (Selection* selection = find_selection(asdu, i); selection != nullptr && selects(asdu, i)) {
        selection->open = false;
      }
    }
    answer.item = asdu.count == 1 ? Answer::kAllItems : static_cast<uint16_t>(i);
    answer.final = last_message && i + 1 == asdu.count;
    answer.function = name_function(code_of(asdu, i));
    answer.object = object_of(asdu, i);
    answer.values = value_of(asdu, i);
    sink.answer(answer);
  }
}

}  // namespace rampart::protocols::iec104
