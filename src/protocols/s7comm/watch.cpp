// Variables watched: cyclic data, whose pushes carry no addresses, and the variable tables of programming devices.
#include "protocols/s7comm/decoder.h"

namespace rampart::protocols::s7comm {
namespace {

/// Table is the payload of variable status, modify variable and force: parameters, then addresses and values.
struct Table {
  uint16_t count = 0;
  Bytes addresses{};  // in requests
  ByteReader rest{{}};
};

bool read_table(Bytes payload, bool request, Table& table) {
  ByteReader reader(payload);
  const uint16_t parameter_octets = reader.u16();
  const uint16_t data_octets = reader.u16();
  reader.skip(parameter_octets);
  // A length beyond the payload is not believed, so that what is there is still seen.
  ByteReader data = reader.sub(data_octets <= reader.left() ? data_octets : reader.left());
  table.count = data.u16();
  if (request) table.addresses = data.bytes(table.count * kStatusAddressOctets);
  table.rest = data;
  return reader.ok() && data.ok();
}

}  // namespace

Feed S7Decoder::subscribe(Operation& operation, Bytes payload, Asked& asked, Sink& sink) {
  ByteReader reader(payload);
  const uint16_t count = reader.u16();
  reader.skip(2);  // how often
  const Bytes specifications = reader.rest();
  asked.item_count = static_cast<uint8_t>(count);
  keep(asked, specifications);
  if (count > 0xff) asked.kept = false;
  SpecificationReader specification(specifications, count);
  Item item;
  while (specification.next(item)) {
    if (specification.departs()) sink.deviation("variable-specification");
    operation.object = item.object;
    sink.operation(operation);
    ++operation.item;
  }
  if (operation.item == 0) {
    operation.object = {};
    sink.operation(operation);
  }
  return specification.ok() ? Feed{} : malformed("variable specification cut short");
}

Feed S7Decoder::variable_table(Operation& operation, Bytes payload, Asked& asked, Sink& sink) {
  Table table;
  if (!read_table(payload, true, table) || table.count == 0) {
    if (!payload.empty()) sink.deviation("variable-table");
    sink.operation(operation);
    return {};
  }
  asked.item_count = static_cast<uint8_t>(table.count);
  keep(asked, table.addresses);
  if (table.count > 0xff) asked.kept = false;
  StatusReader reader(table.addresses, table.count);
  const bool writes = asked.subfunction != 2;
  Item item;
  while (reader.next(item)) {
    operation.object = item.object;
    operation.values = {};
    DataItem written;
    if (writes && table.rest.left() > 0) {
      if (!read_data_item(table.rest, operation.item + 1u >= table.count, written)) {
        sink.operation(operation);
        return malformed("values to write missing");
      }
      operation.values = values_of(item, written.data);
    }
    sink.operation(operation);
    ++operation.item;
  }
  return {};
}

Feed S7Decoder::watched_values(Answer& answer, Bytes payload, const Subscription& subscription, Sink& sink) {
  const uint16_t count = static_cast<uint16_t>(load_big<2>(payload.data()));
  if (count == 0) {
    sink.answer(answer);
    return {};
  }
  SpecificationReader reader(subscription.octets, subscription.count);
  return emit_values(reader, count, payload.subspan(2), answer, sink, answer.unsolicited);
}

Feed S7Decoder::table_values(Answer& answer, Bytes payload, const Subscription& subscription, Sink& sink) {
  Table table;
  if (!read_table(payload, false, table) || table.count == 0) {
    answer.values = Values::one(ValueType::octets, payload);
    sink.answer(answer);
    return {};
  }
  StatusReader reader(subscription.octets, subscription.count);
  const bool reads = (answer.function.code & 0xff) == 2;
  answer.item = 0;
  for (uint32_t i = 0; i < table.count; ++i) {
    Item item;
    DataItem value;
    const bool known = reader.next(item);
    const bool last = i + 1u == table.count;
    if (reads) {
      if (!read_data_item(table.rest, last, value)) return cut_short(answer, sink);
    } else {
      value.code = table.rest.u8();  // what became of each write
      if (!table.rest.ok()) return cut_short(answer, sink);
    }
    answer.object.reset();
    if (known) answer.object = item.object;
    answer.outcome = outcome_of(value.code);
    answer.values = {};
    if (value.code == kSuccess) answer.values = known ? values_of(item, value.data) : values_of_transport(value);
    answer.final = last;
    sink.answer(answer);
    ++answer.item;
  }
  return {};
}

}  // namespace rampart::protocols::s7comm
