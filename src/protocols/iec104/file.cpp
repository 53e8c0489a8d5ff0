// File transfer (IEC 60870-5-101, 7.3.6 and 7.4.11): the same types go both ways. What goes to the controlled station
// is asked, what comes from it answers; a segment, an acknowledged file and what is given up wait for nothing.
#include <algorithm>

#include "protocols/iec104/decoder.h"
#include "protocols/iec104/functions.h"
#include "protocols/iec104/objects.h"

namespace rampart::protocols::iec104 {
namespace {

constexpr uint8_t kWord = 0x0f;             // of a qualifier: what is asked; above it an error
constexpr uint8_t kNotReady = 0x80;         // of the qualifiers of file ready and section ready
constexpr uint8_t kLastOfDirectory = 0x20;  // LFD of the state of a file
constexpr uint32_t kRefusals = 0x100;       // codes of refusals: 0x100 | type

bool calls_directory(const Asdu& asdu) { return asdu.type == type::kCall && asdu.cause == cause::kRequest; }

/// qualifier is the octet that says what is meant; it ends the object, where the type has one.
uint8_t qualifier(const Asdu& asdu, size_t i) {
  switch (asdu.type) {
    case type::kFileReady:
    case type::kSectionReady:
    case type::kCall:
    case type::kAcknowledge:
      return asdu.element(i).back();
    case type::kDirectory:
      return asdu.element(i)[5];
    default:
      return 0;
  }
}

uint32_t code_of(const Asdu& asdu, size_t i) {
  const bool named = (asdu.type == type::kCall && !calls_directory(asdu)) || asdu.type == type::kAcknowledge;
  if (!named) return asdu.type;
  const uint32_t word = qualifier(asdu, i) & kWord;
  return asdu.type | word << function::kQualifierShift;
}

bool expects_answer(const Asdu& asdu, size_t i) {
  const uint8_t word = qualifier(asdu, i) & kWord;
  switch (asdu.type) {
    case type::kCall:
      return calls_directory(asdu) || word == call::kSelectFile || word == call::kRequestFile ||
             word == call::kSelectSection || word == call::kRequestSection;
    case type::kAcknowledge:
      return word == acknowledge::kSection;  // the next section, or the end of the file, follows
    case type::kSegment:
    case type::kDirectory:
      return false;
    default:
      return true;
  }
}

TransactionKey key_of(const Asdu& asdu, size_t i, uint32_t id) {
  if (asdu.type == type::kDirectory || calls_directory(asdu)) {
    return make_key(type::kDirectory, asdu.station, 0, 0, id);
  }
  const auto name = static_cast<uint32_t>(load_little<2>(asdu.element(i).data()));
  return make_key(type::kFileReady, asdu.station, asdu.address(i), name, id);
}

Outcome outcome_of(const Asdu& asdu, size_t i) {
  const auto refused = [&](uint32_t code, std::string_view name) {
    return Outcome{.kind = Outcome::Kind::refused, .code = code, .name = name};
  };
  if (asdu.negative || asdu.cause >= cause::kUnknownType) return refused(asdu.cause, cause_name(asdu.cause));
  const uint8_t said = qualifier(asdu, i);
  const uint8_t word = said & kWord;
  if (asdu.type == type::kFileReady && (said & kNotReady) != 0) return refused(kRefusals | asdu.type, "file-not-ready");
  if (asdu.type == type::kSectionReady && (said & kNotReady) != 0) {
    return refused(kRefusals | asdu.type, "section-not-ready");
  }
  if (asdu.type == type::kAcknowledge && (word == acknowledge::kRejectFile || word == acknowledge::kRejectSection)) {
    return refused(kRefusals | asdu.type, "not-acknowledged");
  }
  return {};
}

}  // namespace

void Iec104Decoder::give_file(const Message& message, Sink& sink) {
  const Asdu& asdu = message.asdu;
  if (asdu.count == 0) return;
  if (message.direction == Direction::to_client || asdu.cause >= cause::kUnknownType) {
    give_file_answers(message, sink);
    return;
  }
  for (size_t i = 0; i < asdu.count; ++i) {
    Operation operation{.protocol = self_,
                        .action = Action::file,
                        .item = static_cast<uint16_t>(i),
                        .expects_answer = expects_answer(asdu, i) && asdu.station != kBroadcast,
                        .function = name_function(code_of(asdu, i)),
                        .object = object_of(asdu, i),
                        .values = value_of(asdu, i),
                        .key = in_epoch(key_of(asdu, i, message.id()))};
    if (i == 0) remember(message, operation.key);
    sink.operation(operation);
  }
}

void Iec104Decoder::give_file_answers(const Message& message, Sink& sink) {
  const Asdu& asdu = message.asdu;
  for (size_t i = 0; i < asdu.count; ++i) {
    Answer answer{.protocol = self_,
                  .action = Action::file,
                  .unsolicited = asdu.cause == cause::kSpontaneous,
                  .final = asdu.type != type::kSegment,
                  .function = name_function(code_of(asdu, i)),
                  .key = in_epoch(key_of(asdu, i, message.id())),
                  .outcome = outcome_of(asdu, i),
                  .object = object_of(asdu, i),
                  .values = value_of(asdu, i)};
    if (asdu.type == type::kDirectory && !answer.unsolicited) {
      answer.final = (qualifier(asdu, i) & kLastOfDirectory) != 0 || answer.outcome.kind == Outcome::Kind::refused;
    }
    sink.answer(answer);
  }
}

}  // namespace rampart::protocols::iec104
