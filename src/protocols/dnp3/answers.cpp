// Responses: what an outstation answers, or sends unasked, one answer for each object header.
#include "protocols/dnp3/application.h"
#include "protocols/dnp3/functions.h"

namespace rampart::protocols::dnp3 {
namespace {

constexpr uint8_t kFir = 0x80;
constexpr uint8_t kFin = 0x40;
constexpr uint8_t kUns = 0x10;
constexpr uint8_t kFunctionAuthentication = 32;

/// worst_status is the first status other than success among the commands that an operate response echoes.
uint8_t worst_status(const Item& item) {
  const Values& values = item.values;
  const size_t stride = values.stride_bits / 8;
  for (size_t i = 0; i < values.count; ++i) {
    const size_t at = i * stride + values.index_octets + item.layout.status;
    const uint8_t status = at < values.data.size() ? values.data[at] & 0x7f : uint8_t{0};
    if (status != 0) return status;
  }
  return 0;
}

}  // namespace

/// sequence_of_request: the sequence that the request had, to which this fragment answers.
uint8_t Application::sequence_of_request(const LinkHeader& link, uint8_t control, bool unsolicited, Sink& sink) {
  const uint8_t sequence = control & 0x0f;
  const bool first = (control & kFir) != 0;
  const bool final = (control & kFin) != 0;
  if (unsolicited || (first && final && open_series_ == 0)) return sequence;
  Series* series = nullptr;
  for (Series& one : series_) {
    if (one.open && one.master == link.destination && one.outstation == link.source) series = &one;
  }
  if (first) {
    if (final) {
      if (series != nullptr) {
        series->open = false;
        --open_series_;
      }
      return sequence;
    }
    if (series == nullptr) {
      series = &series_[next_series_++ % kSeries];
      if (!series->open) ++open_series_;
    }
    *series = {
        .open = true, .master = link.destination, .outstation = link.source, .first = sequence, .last = sequence};
    return sequence;
  }
  if (series == nullptr) return sequence;  // begun before we looked
  // A fragment whose confirmation was lost is sent again with the same sequence.
  if (sequence != series->last && sequence != ((series->last + 1) & 0x0f)) sink.deviation("fragment-sequence");
  series->last = sequence;
  const uint8_t asked = series->first;
  if (final) {
    series->open = false;
    --open_series_;
  }
  return asked;
}

Feed Application::response(const LinkHeader& link, Bytes fragment, Sink& sink) {
  if (fragment.size() < 4) return {Feed::State::malformed, "response header cut short"};
  const uint8_t control = fragment[0];
  const uint8_t code = fragment[1];
  if (code < function::kFirstResponse || code > function::kLastResponse) {
    return {Feed::State::unsupported, "unknown function code"};
  }
  const bool unsolicited = code == function::kUnsolicited;
  if (link.from_master()) sink.deviation("direction-bit");
  if (unsolicited != ((control & kUns) != 0)) sink.deviation("unsolicited-bit");
  // Unsolicited responses are always one fragment (IEEE 1815, 4.2.2.4).
  if (unsolicited && (control & (kFir | kFin)) != (kFir | kFin)) sink.deviation("fragment-bits");

  const uint8_t sequence = sequence_of_request(link, control, unsolicited, sink);
  Answer answer{.protocol = self_,
                .unsolicited = unsolicited,
                .final = false,
                .function = name_function(code),
                .key = make_key(link.destination, link.source, sequence, unsolicited)};
  const Request* asked = unsolicited ? nullptr : find(answer.key.match);
  if (asked == nullptr && !unsolicited && self_address_used_) {
    // Asked at the self address, answered from the real one.
    const TransactionKey self = make_key(link.destination, kSelfAddress, sequence, false);
    asked = find(self.match);
    if (asked != nullptr) answer.key = self;
  }
  answer.outcome = read_indications(static_cast<uint16_t>(load_big<2>(fragment.data() + 2)));
  // What is sent unasked refuses nothing; the bits may still stand from a request before.
  if (unsolicited) answer.outcome = {.indications = answer.outcome.indications};
  answer.action = asked != nullptr ? asked->action : Action::read;
  const bool final = unsolicited || (control & kFin) != 0;
  return give_answers(answer, asked, fragment.subspan(4), final, link.source, sink);
}

/// give_answers gives one answer for each item. A refusal by the internal indications is about the request as a whole
/// and says not which object: what came stays as it is, and one last answer carries the refusal.
Feed Application::give_answers(Answer& answer, const Request* asked, Bytes objects, bool final, uint32_t unit,
                               Sink& sink) {
  Answer whole = answer;
  whole.final = final;
  if (objects.empty()) {
    sink.answer(whole);
    return {};
  }
  const bool refused = whole.outcome.kind == Outcome::Kind::refused;
  const bool command =
      asked != nullptr && asked->function >= function::kSelect && asked->function <= function::kDirectOperate;
  ObjectWalker walker(objects, ObjectWalker::kAnswer, unit);
  bool waiting = false;  // `answer` is filled and not handed out: it may be the last
  uint16_t position = 0;
  Item item;
  while (walker.next(item)) {
    if (waiting) sink.answer(answer);
    waiting = true;
    answer.item = Answer::kAllItems;
    answer.outcome = {.indications = whole.outcome.indications};
    describe(item, asked, answer, sink);
    if (item.group != group::kAuthentication) {
      if ((command || asked == nullptr) && item.layout.status != Values::kAbsent) answer.item = position;
      ++position;
    } else if (item.variation == 1 && asked != nullptr && asked->function != kFunctionAuthentication) {
      final = false;  // a challenge: what was asked is answered when the challenge has been
      whole.final = false;
    }
  }
  if (!waiting || refused) {
    if (waiting) sink.answer(answer);
    sink.answer(whole);
    return walker.result();
  }
  answer.final = final;
  sink.answer(answer);
  return walker.result();
}

void Application::describe(Item& item, const Request* asked, Answer& answer, Sink& sink) {
  const auto indications = static_cast<uint16_t>(answer.outcome.indications);
  if (item.layout.kind == Layout::Kind::sized || !item.payload.empty()) {
    const Payload payload = read_payload(item);
    if (payload.malformed && item.deviation.empty()) item.deviation = "object-cut-short";
    if (payload.attribute) sink.attribute(*payload.attribute);
    if (payload.file_status) answer.outcome = file_status(*payload.file_status, indications);
    if (payload.security_error) {
      answer.outcome = {.kind = Outcome::Kind::refused,
                        .code = 0x400u | *payload.security_error,
                        .name = security_error_name(*payload.security_error),
                        .indications = indications};
    }
    if (payload.file_handle) {
      if (payload.file_request && answer.outcome.kind == Outcome::Kind::ok) {
        files_.opened(item.object.unit, *payload.file_request, *payload.file_handle);
      }
      item.object.name = files_.find(item.object.unit, *payload.file_handle);
    }
  }
  if (item.layout.status != Values::kAbsent) answer.outcome = command_status(worst_status(item), indications);
  if (item.group == group::kAuthentication) item.values = {};
  if (!item.deviation.empty()) sink.deviation(item.deviation);
  const bool known = asked != nullptr && known_request(asked->function);
  answer.action = known ? action_of(asked->function, item.group, item.variation) : action_of_answer(item.group);
  answer.object = item.object;
  answer.values = item.values;
}

}  // namespace rampart::protocols::dnp3
