// The values of read answers and of pushes: data items, matched to the variables that were asked for.
#include <array>

#include "protocols/s7comm/decoder.h"

namespace rampart::protocols::s7comm {
namespace {

/// emit_areas splits the values of a DBREAD item: each area has its own return code before its octets. Some devices
/// leave the octets of refused areas out. False where neither way of reading uses up `data` exactly.
bool emit_areas(SpecificationReader& reader, Item item, Bytes data, Answer& answer, bool last, Sink& sink,
                bool name_objects) {
  std::array<Item, 64> items;
  size_t count = 0;
  items[count++] = item;
  while (!item.ends_message_item && reader.next(item)) {
    if (count == items.size()) return false;
    items[count++] = item;
  }
  for (const bool refused_have_octets : {false, true}) {
    ByteReader check(data);
    for (size_t i = 0; i < count; ++i) {
      const uint8_t code = check.u8();
      if (code == kSuccess || refused_have_octets) check.skip(items[i].octets);
    }
    if (!check.done()) continue;
    ByteReader octets(data);
    for (size_t i = 0; i < count; ++i) {
      const uint8_t code = octets.u8();
      const Bytes part = code == kSuccess || refused_have_octets ? octets.bytes(items[i].octets) : Bytes{};
      answer.outcome = outcome_of(code);
      if (name_objects) answer.object = items[i].object;
      answer.values = code == kSuccess ? values_of(items[i], part) : Values{};
      answer.final = last && i + 1 == count;
      sink.answer(answer);
      ++answer.item;
    }
    return true;
  }
  return false;
}

}  // namespace

Outcome outcome_of(uint8_t return_code) {
  // Change-driven pushes leave out areas that are as before, and say so by this code.
  if (return_code == kSuccess || return_code == kUnchanged) return {};
  return {Outcome::Kind::refused, return_code, return_code_name(return_code)};
}

Feed cut_short(Answer& answer, Sink& sink) {
  answer.item = Answer::kAllItems;
  answer.final = true;
  answer.values = {};
  answer.outcome = {Outcome::Kind::refused, 0, "answer cut short"};
  sink.answer(answer);
  return malformed("answer cut short");
}

Feed emit_values(SpecificationReader& reader, uint32_t count, Bytes octets, Answer& answer, Sink& sink,
                 bool name_objects) {
  ByteReader data(octets);
  answer.item = 0;
  for (uint32_t i = 0; i < count; ++i) {
    DataItem value;
    const bool last = i + 1 == count;
    if (!read_data_item(data, last, value)) return cut_short(answer, sink);
    Item item;
    const bool typed = reader.next(item);
    if (typed && item.in_group && value.code == kSuccess &&
        emit_areas(reader, item, value.data, answer, last, sink, name_objects)) {
      continue;
    }
    answer.object.reset();
    if (typed && name_objects && !item.in_group) answer.object = item.object;
    const bool single = typed && !item.in_group;
    uint16_t further = 0;  // areas of a group whose values cannot be told apart
    while (typed && !item.ends_message_item && reader.next(item)) ++further;
    answer.outcome = outcome_of(value.code);
    answer.values = {};
    if (value.code == kSuccess) {
      if (single && item.octets != 0 && value.data.size() != item.octets) sink.deviation("value-length");
      // Symbols say nothing of a type; then the answer's transport size is all there is.
      const bool has_type = single && item.octets != 0;
      answer.values = has_type ? values_of(item, value.data) : values_of_transport(value);
    }
    answer.final = last;
    sink.answer(answer);
    answer.item = static_cast<uint16_t>(answer.item + 1 + further);
  }
  if (data.left() > 1) sink.deviation("trailing-bytes");
  return {};
}

}  // namespace rampart::protocols::s7comm
