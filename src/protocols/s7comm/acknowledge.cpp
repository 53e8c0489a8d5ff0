// Acknowledgements: the answers to jobs.
#include <algorithm>

#include "protocols/s7comm/decoder.h"

namespace rampart::protocols::s7comm {

Feed S7Decoder::acknowledge(const Header& header, Direction direction, Sink& sink) {
  Answer answer{.protocol = self_};
  answer.key = key_of(header.rosctr, header.reference);
  const uint64_t place = place_of(opposite(direction), answer.key.match);
  const Asked* asked = asked_.get(place);
  const uint8_t code = header.parameter.empty() ? uint8_t{0} : header.parameter[0];
  // An acknowledgement names its function, save where it is only an error. An answer to something else than was asked
  // is believed, and what was asked is not used to read it.
  if (asked != nullptr && !header.parameter.empty() && asked->code != code) {
    sink.deviation("function-differs");
    asked = nullptr;
  }
  const Service service = asked != nullptr ? asked->service : job_service(code);
  answer.action = service.action;
  answer.function = asked == nullptr && header.parameter.empty() ? Function{0, "acknowledgement"} : service.function;
  Feed feed;
  if (header.error != 0) {
    answer.outcome = {Outcome::Kind::refused, header.error, error_name(header.error)};
    sink.answer(answer);
  } else if (code == kReadVar) {
    feed = read_answer(header, asked, answer, sink);
  } else if (code == kWriteVar) {
    feed = write_answer(header, asked, answer, sink);
  } else {
    if (code == kSetup && header.parameter.size() >= 8) {
      answer.values = Values::numbers(ValueType::uint16, header.parameter.subspan(2, 6));
    } else if ((code == kUpload || code == kDownloadBlock) && header.data.size() > 4) {
      answer.values = Values::one(ValueType::octets, header.data.subspan(4));
    } else if (code == kStartUpload && header.parameter.size() >= 8 && asked != nullptr && asked->kept) {
      Upload& upload = uploads_.take(place_of(opposite(direction), load_big<4>(header.parameter.data() + 4) + 1ull));
      upload.name_octets = static_cast<uint8_t>(std::min(asked->octets.size(), upload.name.size()));
      std::copy_n(asked->octets.begin(), upload.name_octets, upload.name.begin());
    }
    sink.answer(answer);
  }
  asked_.forget(place);
  return feed;
}

Feed S7Decoder::read_answer(const Header& header, const Asked* asked, Answer& answer, Sink& sink) {
  const uint8_t count = header.parameter.size() < 2 ? uint8_t{0} : header.parameter[1];
  if (count == 0) {
    sink.deviation("no-items");
    sink.answer(answer);
    return {};
  }
  if (asked != nullptr && asked->item_count != count) sink.deviation("item-count");
  const bool known = asked != nullptr && asked->kept;
  SpecificationReader reader(known ? Bytes(asked->octets) : Bytes{}, known ? asked->item_count : 0u);
  return emit_values(reader, count, header.data, answer, sink, false);
}

Feed S7Decoder::write_answer(const Header& header, const Asked* asked, Answer& answer, Sink& sink) {
  const uint8_t count = header.parameter.size() < 2 ? uint8_t{0} : header.parameter[1];
  if (count == 0) {
    sink.deviation("no-items");
    sink.answer(answer);
    return {};
  }
  if (asked != nullptr && asked->item_count != count) sink.deviation("item-count");
  answer.item = 0;
  for (uint8_t i = 0; i < count; ++i) {
    if (i >= header.data.size()) return cut_short(answer, sink);
    answer.outcome = outcome_of(header.data[i]);
    answer.final = i + 1u == count;
    sink.answer(answer);
    ++answer.item;
  }
  return {};
}

}  // namespace rampart::protocols::s7comm
