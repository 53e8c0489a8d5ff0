// What a server answers. Where the request was seen, the answer is held against it: exact counts, echoes that differ
// ("value-mismatch"), sizes that differ ("length-mismatch"). Numbers in comments are clauses of MODBUS Application
// Protocol V1.1b3.
#include <algorithm>

#include "base/text.h"
#include "protocols/modbus/adu.h"
#include "protocols/modbus/umas.h"

namespace rampart::protocols::modbus {
namespace {

/// Answering builds the answers of one message.
class Answering {
 public:
  Answering(const Adu& adu, Protocol self, RequestTable* table, protocols::Sink& sink)
      : adu_(adu), table_(table), sink_(sink) {
    answer_.protocol = self;
    answer_.key = adu.key();
  }

  Feed decode() {
    if (adu_.function >= kException) return exception();
    mean(meaning_of(adu_.function));
    switch (adu_.function) {
      case 1:
      case 2:
        return bits_read();
      case 3:
      case 4:
        return registers_read(Answer::kAllItems);
      case 5:
        return single_coil_written();
      case 6:
        return echoed(space::holding_register, 2);
      case 7:
        return exception_status();
      case 8:
        return diagnostics();
      case 11:
        return event_counter();
      case 12:
        return event_log();
      case 15:
        return many_written(space::coil, kMostCoilsWritten);
      case 16:
        return many_written(space::holding_register, kMostRegistersWritten);
      case 17:
        return server_id();
      case 20:
        return file_read();
      case 21:
        return file_written();
      case 22:
        return echoed(space::holding_register, 4);
      case 23:
        return read_written();
      case 24:
        return fifo_read();
      case 43:
        return encapsulated();
      case kUmas:
        return umas();
      default:
        return other();
    }
  }

 private:
  void mean(const Meaning& meaning) {
    answer_.function = meaning.function;
    answer_.action = meaning.action;
  }
  template <class Fits>
  void find_request(Fits&& fits) {
    seen_ = table_ != nullptr && table_->take(answer_.key, request_, fits);
  }
  void find_request() {
    find_request([](const Request&) { return true; });
  }
  void find_echo(uint64_t echo) {
    find_request([echo](const Request& request) { return request.echo == echo; });
    if (seen_ && request_.echo != echo) sink_.deviation("value-mismatch");
  }
  void check_padding(bool octets_left) {
    if (octets_left || adu_.padded) sink_.deviation("trailing-bytes");
  }
  void object(uint8_t in_space, uint64_t first, uint64_t count = 1) {
    answer_.object =
        Object{.unit = adu_.unit, .space = in_space, .first = first, .last = first + (count > 0 ? count - 1 : 0)};
  }
  Feed emit() {
    sink_.answer(answer_);
    return {};
  }

  // 7: the function with its highest bit set, and one octet that says why.
  Feed exception() {
    ByteReader reader(adu_.body);
    const uint8_t code = reader.u8();
    if (!reader.ok()) return malformed("truncated");
    find_request();
    mean(seen_ ? meaning_of_code(request_.code) : meaning_of(adu_.function & 0x7f));
    check_padding(reader.left() > 0);
    answer_.outcome = {Outcome::Kind::refused, code, exception_name(code)};
    return emit();
  }

  // 6.1, 6.2: only the request says how many of the bits in the last octet count.
  Feed bits_read() {
    ByteReader reader(adu_.body);
    const uint8_t octets = reader.u8();
    const Bytes data = reader.bytes(octets);
    if (!reader.ok()) return malformed("truncated");
    if (octets == 0) return malformed("byte-count");
    find_request([octets](const Request& request) { return (request.quantity + 7u) / 8 == octets; });
    uint32_t count = uint32_t{octets} * 8;
    if (seen_) {
      if ((request_.quantity + 7u) / 8 != octets) sink_.deviation("length-mismatch");
      count = std::min<uint32_t>(count, request_.quantity);
    }
    check_padding(reader.left() > 0);
    answer_.values = Values::packed_bits(data, count);
    return emit();
  }

  // 6.3, 6.4
  Feed registers_read(uint16_t item) {
    ByteReader reader(adu_.body);
    const uint8_t octets = reader.u8();
    const Bytes data = reader.bytes(octets);
    if (!reader.ok()) return malformed("truncated");
    if (octets < 2) return malformed("byte-count");
    find_request([octets](const Request& request) { return request.quantity * 2u == octets; });
    if (octets % 2 != 0) sink_.deviation("byte-count");
    if (seen_ && request_.quantity * 2u != octets) sink_.deviation("length-mismatch");
    check_padding(reader.left() > 0);
    answer_.item = item;
    answer_.values = Values::numbers(ValueType::uint16, data);
    return emit();
  }

  // 6.5
  Feed single_coil_written() {
    ByteReader reader(adu_.body);
    const uint16_t address = reader.u16();
    const Bytes octets = reader.bytes(2);
    if (!reader.ok()) return malformed("truncated");
    find_echo(echo_of(adu_.body.first(4)));
    check_padding(reader.left() > 0);
    if (octets[1] != 0 || (octets[0] != 0 && octets[0] != 0xff)) sink_.deviation("coil-value");
    object(space::coil, address);
    answer_.values = coil_state(octets);
    return emit();
  }

  // 6.6, 6.16
  Feed echoed(uint8_t in_space, size_t octets) {
    ByteReader reader(adu_.body);
    const uint16_t address = reader.u16();
    const Bytes data = reader.bytes(octets);
    if (!reader.ok()) return malformed("truncated");
    find_echo(echo_of(adu_.body.first(2 + octets)));
    check_padding(reader.left() > 0);
    object(in_space, address);
    answer_.values = Values::numbers(ValueType::uint16, data);
    answer_.values.masks = octets == 4;
    return emit();
  }

  // 6.7
  Feed exception_status() {
    if (adu_.body.empty()) return malformed("truncated");
    find_request();
    check_padding(adu_.body.size() > 1);
    object(space::exception_status, 0);
    answer_.values = Values::numbers(ValueType::uint8, adu_.body.first(1));
    return emit();
  }

  // 6.8
  Feed diagnostics() {
    ByteReader reader(adu_.body);
    const uint16_t sub_function = reader.u16();
    if (!reader.ok()) return malformed("truncated");
    mean(meaning_of_diagnostics(sub_function));
    const Bytes data = reader.rest();
    const uint32_t code = answer_.function.code;
    find_request([code](const Request& request) { return request.code == code; });
    if (seen_ && echoes(sub_function) && request_.echo != echo_of(data)) sink_.deviation("value-mismatch");
    check_diagnostic_data(sub_function, data, sink_);
    check_padding(false);
    object(space::diagnostics, sub_function);
    answer_.values = diagnostic_values(data);
    return emit();
  }
  static bool echoes(uint16_t sub_function) {
    return sub_function <= 1 || sub_function == 3 || sub_function == 0x0a || sub_function == 0x14;
  }

  // 6.9: status, event count
  Feed event_counter() {
    ByteReader reader(adu_.body);
    const Bytes both = reader.bytes(4);
    if (!reader.ok()) return malformed("truncated");
    find_request();
    check_padding(reader.left() > 0);
    object(space::event_counter, 0);
    answer_.values = Values::numbers(ValueType::uint16, both);
    return emit();
  }

  // 6.10: status, event count, message count; then up to 64 events of one octet, which are an answer of their own.
  Feed event_log() {
    ByteReader reader(adu_.body);
    const uint8_t octets = reader.u8();
    ByteReader log = reader.sub(octets);
    const Bytes counters = log.bytes(6);
    if (!reader.ok()) return malformed("truncated");
    if (!log.ok()) return malformed("byte-count");
    find_request();
    check_padding(reader.left() > 0);
    object(space::event_counter, 0, 3);
    answer_.values = Values::numbers(ValueType::uint16, counters);
    const Bytes events = log.rest();
    answer_.final = events.empty();
    emit();
    if (events.empty()) return {};
    answer_.final = true;
    object(space::event_log, 0, events.size());
    answer_.values = Values::numbers(ValueType::uint8, events);
    return emit();
  }

  // 6.11, 6.12: first address and quantity
  Feed many_written(uint8_t in_space, uint32_t most) {
    ByteReader reader(adu_.body);
    const uint16_t first = reader.u16();
    const uint16_t quantity = reader.u16();
    if (!reader.ok()) return malformed("truncated");
    find_echo(echo_of(adu_.body.first(4)));
    check_padding(reader.left() > 0);
    if (quantity == 0 || quantity > most) sink_.deviation("quantity");
    object(in_space, first, quantity);
    return emit();
  }

  // 6.13: an identifier, whether it runs, and what else the maker likes to say. Nothing marks where the text begins.
  Feed server_id() {
    ByteReader reader(adu_.body);
    const uint8_t octets = reader.u8();
    const Bytes data = reader.bytes(octets);
    if (!reader.ok()) return malformed("truncated");
    find_request();
    check_padding(reader.left() > 0);
    object(space::server_identification, 0);
    if (!data.empty()) answer_.values = Values::one(ValueType::octets, data);
    attribute(Attribute::Kind::model, as_bytes(umas_model(data)), "17");
    return emit();
  }

  /// attribute tells what can be read as text; `source` is a literal.
  void attribute(Attribute::Kind kind, Bytes octets, std::string_view source) {
    while (!octets.empty() && (octets.back() == 0 || octets.back() == ' ')) octets = octets.first(octets.size() - 1);
    const bool readable = std::none_of(octets.begin(), octets.end(), [](uint8_t c) { return c < 0x20 || c == 0x7f; });
    if (octets.empty() || !readable || !is_utf8(as_text(octets))) return;
    sink_.attribute({.kind = kind, .unit = adu_.unit, .text = as_text(octets), .source = source});
  }

  // 6.14: groups of length, reference type, records
  Feed file_read() {
    ByteReader reader(adu_.body);
    const uint8_t octets = reader.u8();
    const Bytes groups = reader.bytes(octets);
    if (!reader.ok()) return malformed("truncated");
    const bool as_specified = are_answered_groups(groups);
    if (!as_specified && !are_type_first_groups(groups)) return malformed("byte-count");
    find_request();
    if (!as_specified) sink_.deviation("file-group-order");
    check_padding(reader.left() > 0);
    if (groups.empty()) {
      sink_.deviation("quantity");
      return emit();
    }
    answer_.item = 0;
    for (ByteReader group(groups); group.left() > 0; ++answer_.item) {
      const uint8_t first = group.u8();
      const uint8_t second = group.u8();
      if (as_specified && second != 6) sink_.deviation("reference-type");
      if (as_specified && first % 2 != 1) sink_.deviation("byte-count");
      answer_.values = Values::numbers(ValueType::uint16, group.bytes(as_specified ? first - 1u : size_t{second} * 2));
      answer_.final = group.left() == 0;
      emit();
    }
    return {};
  }
  static bool are_answered_groups(Bytes groups) {
    ByteReader group(groups);
    while (group.left() > 0) {
      const uint8_t length = group.u8();
      if (length == 0) return false;
      group.skip(length);
    }
    return group.ok();
  }
  /// Some servers (pymodbus 3.0) send the reference type first, and then a count of registers.
  static bool are_type_first_groups(Bytes groups) {
    ByteReader group(groups);
    while (group.left() > 0) {
      if (group.u8() != 6) return false;
      group.skip(size_t{group.u8()} * 2);
    }
    return group.ok();
  }

  // 6.15: the request again
  Feed file_written() {
    ByteReader reader(adu_.body);
    const uint8_t octets = reader.u8();
    const Bytes groups = reader.bytes(octets);
    if (!reader.ok()) return malformed("truncated");
    if (!are_file_groups(groups)) return malformed("byte-count");
    find_echo(echo_of(groups));
    check_padding(reader.left() > 0);
    if (groups.empty()) {
      sink_.deviation("quantity");
      return emit();
    }
    answer_.item = 0;
    for (ByteReader group(groups); group.left() > 0; ++answer_.item) {
      if (group.u8() != 6) sink_.deviation("reference-type");
      const uint16_t file = group.u16();
      const uint16_t record = group.u16();
      const uint16_t length = group.u16();
      object(space::file, record, length);
      answer_.object->container = file;
      answer_.values = Values::numbers(ValueType::uint16, group.bytes(size_t{length} * 2));
      answer_.final = group.left() == 0;
      emit();
    }
    return {};
  }

  // 6.17: only the read half has values; the write half is answered by the fact that there is an answer.
  Feed read_written() {
    if (adu_.body.empty() || adu_.body[0] < 2 || adu_.body[0] >= adu_.body.size()) return malformed("byte-count");
    answer_.item = 0;
    answer_.final = false;
    emit();
    answer_.action = Action::read;
    answer_.final = true;
    return registers_read(1);
  }

  // 6.18: octets that follow, registers in the queue, at most 31
  Feed fifo_read() {
    ByteReader reader(adu_.body);
    const uint16_t octets = reader.u16();
    ByteReader queue = reader.sub(octets);
    const uint16_t count = queue.u16();
    const Bytes data = queue.rest();
    if (!reader.ok()) return malformed("truncated");
    if (!queue.ok()) return malformed("byte-count");
    find_request();
    // Some servers count octets where the specification counts registers.
    if (data.size() != size_t{count} * 2) sink_.deviation("fifo-count");
    if (data.size() > kMostFifo * size_t{2}) sink_.deviation("quantity");
    check_padding(reader.left() > 0);
    answer_.values = Values::numbers(ValueType::uint16, data.first(std::min<size_t>(data.size(), size_t{count} * 2)));
    return emit();
  }

  // 6.19 to 6.21
  Feed encapsulated() {
    ByteReader reader(adu_.body);
    const uint8_t type = reader.u8();
    if (!reader.ok()) return malformed("truncated");
    mean(meaning_of_interface(type));
    if (type == 0x0e) return identification(reader);
    find_request();
    check_padding(false);
    if (reader.left() > 0) answer_.values = Values::one(ValueType::octets, reader.rest());
    return emit();
  }

  // 6.21: each object becomes an answer; its detail is the conformity level << 8 | more follows.
  Feed identification(ByteReader reader) {
    const uint8_t access = reader.u8();
    const uint8_t conformity = reader.u8();
    const uint8_t more = reader.u8();
    reader.u8();  // next object id
    const uint8_t count = reader.u8();
    if (!reader.ok()) return malformed("truncated");
    ByteReader check = reader;
    for (uint8_t i = 0; i < count; ++i) {
      check.u8();
      check.skip(check.u8());
    }
    if (!check.ok()) return malformed("object-length");
    find_request();
    check_padding(check.left() > 0);
    const uint8_t level = conformity & 0x7f;
    if (access < 1 || access > 4) sink_.deviation("access-code");
    if (level < 1 || level > 3) sink_.deviation("conformity");
    if (more != 0 && more != 0xff) sink_.deviation("more-follows");
    if (count == 0) return emit();
    for (uint8_t i = 0; i < count; ++i) {
      const uint8_t id = reader.u8();
      const Bytes text = reader.bytes(reader.u8());
      identify(id, text);
      object(space::device_identification, id);
      answer_.object->detail = static_cast<uint16_t>(conformity << 8 | more);
      answer_.values = text.empty() ? Values{} : Values::one(id < 0x80 ? ValueType::text : ValueType::octets, text);
      answer_.final = i + 1 == count;
      emit();
    }
    return {};
  }

  void identify(uint8_t id, Bytes text) {
    switch (id) {
      case 0:
        return attribute(Attribute::Kind::vendor, text, "43/14 object 0");
      case 1:
        return attribute(Attribute::Kind::order_number, text, "43/14 object 1");
      case 2:
        return attribute(Attribute::Kind::firmware, text, "43/14 object 2");
      case 4:  // product name
        return attribute(Attribute::Kind::model, text, "43/14 object 4");
      case 5:  // model name
        return attribute(Attribute::Kind::model, text, "43/14 object 5");
      case 6:  // the user's name of the application
        return attribute(Attribute::Kind::name, text, "43/14 object 6");
      default:  // 3 is the vendor's URL: an answer, but no attribute of the device
        return;
    }
  }

  // The answer does not say what was asked; only the request does.
  Feed umas() {
    UmasMessage message;
    if (!read_umas(adu_.body, message)) return malformed("truncated");
    if (message.code != kUmasOk && message.code != kUmasError) return malformed("umas-request-from-server");
    find_request();
    const uint8_t asked = seen_ ? static_cast<uint8_t>(request_.code) : uint8_t{0};
    if (seen_) mean(meaning_of_umas(asked));
    check_padding(false);
    if (message.code == kUmasError) {
      ByteReader reader(message.data);
      const uint16_t code = reader.u16_little();
      answer_.outcome = {Outcome::Kind::refused, reader.ok() ? code : 0u, "umas-error"};
      return emit();
    }
    if (asked == 0x02) attribute(Attribute::Kind::model, as_bytes(umas_model(message.data)), "umas 0x02");
    const bool secret = !seen_ || carries_credentials(asked);
    if (!message.data.empty() && !secret) answer_.values = Values::one(ValueType::octets, message.data);
    return emit();
  }

  Feed other() {
    find_request();
    check_padding(false);
    if (!adu_.body.empty()) answer_.values = Values::one(ValueType::octets, adu_.body);
    return emit();
  }

  const Adu& adu_;
  RequestTable* table_;
  protocols::Sink& sink_;
  Answer answer_{};
  Request request_{};
  bool seen_ = false;
};

}  // namespace

Feed decode_answer(const Adu& adu, Protocol self, RequestTable* table, protocols::Sink& sink) {
  return Answering(adu, self, table, sink).decode();
}

}  // namespace rampart::protocols::modbus
