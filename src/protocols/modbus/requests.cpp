// What a client asks. Every function of MODBUS Application Protocol V1.1b3 section 6; numbers in comments are its
// clauses. A quantity outside its limits is the deviation "quantity" (the server answers exception 3); a length that
// contradicts itself is malformed.
#include "protocols/modbus/adu.h"
#include "protocols/modbus/umas.h"

namespace rampart::protocols::modbus {
namespace {

/// Asking builds the operations of one request.
class Asking {
 public:
  Asking(const Adu& adu, Protocol self, RequestTable* table, protocols::Sink& sink)
      : adu_(adu), table_(table), sink_(sink) {
    operation_.protocol = self;
    operation_.key = adu.key();
    operation_.object.unit = adu.unit;
  }

  Feed decode() {
    mean(meaning_of(adu_.function));
    switch (adu_.function) {
      case 1:
        return read(space::coil, kMostCoilsRead);
      case 2:
        return read(space::discrete_input, kMostCoilsRead);
      case 3:
        return read(space::holding_register, kMostRegistersRead);
      case 4:
        return read(space::input_register, kMostRegistersRead);
      case 5:
        return write_single_coil();
      case 6:
        return write_single_register();
      case 7:
        return without_arguments(space::exception_status);
      case 8:
        return diagnostics();
      case 11:
        return without_arguments(space::event_counter);
      case 12:
        return without_arguments(space::event_log);
      case 15:
        return write_multiple_coils();
      case 16:
        return write_multiple_registers();
      case 17:
        return without_arguments(space::server_identification);
      case 20:
        return read_file();
      case 21:
        return write_file();
      case 22:
        return mask_write();
      case 23:
        return read_write();
      case 24:
        return read_fifo();
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
    operation_.function = meaning.function;
    operation_.action = meaning.action;
    request_.code = meaning.function.code;
  }
  void object(uint8_t in_space, uint64_t first, uint64_t count = 1) {
    operation_.object.space = in_space;
    operation_.object.first = first;
    operation_.object.last = first + (count > 0 ? count - 1 : 0);
  }
  void check_padding(bool octets_left) {
    if (octets_left || adu_.padded) sink_.deviation("trailing-bytes");
  }
  void check_range(uint32_t first, uint32_t quantity, uint32_t most) {
    if (quantity == 0 || quantity > most) sink_.deviation("quantity");
    if (first + quantity > 0x10000) sink_.deviation("address-overflow");
  }
  void remember() {
    if (table_ != nullptr) table_->add(operation_.key, request_);
  }
  Feed emit() {
    remember();
    sink_.operation(operation_);
    return {};
  }

  // 6.1 to 6.4
  Feed read(uint8_t in_space, uint32_t most) {
    ByteReader reader(adu_.body);
    const uint16_t first = reader.u16();
    const uint16_t quantity = reader.u16();
    if (!reader.ok()) return malformed("truncated");
    check_padding(reader.left() > 0);
    check_range(first, quantity, most);
    request_.first = first;
    request_.quantity = quantity;
    object(in_space, first, quantity);
    return emit();
  }

  // 6.5: a value other than 0x0000 and 0xff00 is a deviation; any bit set counts as "on".
  Feed write_single_coil() {
    ByteReader reader(adu_.body);
    const uint16_t address = reader.u16();
    const Bytes octets = reader.bytes(2);
    if (!reader.ok()) return malformed("truncated");
    check_padding(reader.left() > 0);
    if (octets[1] != 0 || (octets[0] != 0 && octets[0] != 0xff)) sink_.deviation("coil-value");
    object(space::coil, address);
    operation_.values = coil_state(octets);
    request_.echo = echo_of(adu_.body.first(4));
    return emit();
  }

  // 6.6
  Feed write_single_register() {
    ByteReader reader(adu_.body);
    const uint16_t address = reader.u16();
    const Bytes octets = reader.bytes(2);
    if (!reader.ok()) return malformed("truncated");
    check_padding(reader.left() > 0);
    object(space::holding_register, address);
    operation_.values = Values::numbers(ValueType::uint16, octets);
    request_.echo = echo_of(adu_.body.first(4));
    return emit();
  }

  // 6.7, 6.9, 6.10, 6.13
  Feed without_arguments(uint8_t in_space) {
    check_padding(!adu_.body.empty());
    object(in_space, 0);
    return emit();
  }

  // 6.8
  Feed diagnostics() {
    ByteReader reader(adu_.body);
    const uint16_t sub_function = reader.u16();
    if (!reader.ok()) return malformed("truncated");
    mean(meaning_of_diagnostics(sub_function));
    const Bytes data = reader.rest();
    check_diagnostic_data(sub_function, data, sink_);
    check_padding(false);
    object(space::diagnostics, sub_function);
    operation_.values = diagnostic_values(data);
    request_.echo = echo_of(data);
    // 6.8.1, sub-function 4: no response is returned.
    // Servers that refuse it do answer, with an exception: it is remembered for the name.
    operation_.expects_answer = sub_function != 4;
    return emit();
  }

  // 6.11
  Feed write_multiple_coils() {
    ByteReader reader(adu_.body);
    const uint16_t first = reader.u16();
    const uint16_t quantity = reader.u16();
    const uint8_t octets = reader.u8();
    const Bytes data = reader.bytes(octets);
    if (!reader.ok()) return malformed("truncated");
    const size_t needed = (size_t{quantity} + 7) / 8;
    if (octets < needed) return malformed("byte-count");
    if (octets > needed) sink_.deviation("byte-count");
    check_padding(reader.left() > 0);
    check_range(first, quantity, kMostCoilsWritten);
    object(space::coil, first, quantity);
    operation_.values = Values::packed_bits(data, quantity);
    request_.echo = echo_of(adu_.body.first(4));
    return emit();
  }

  // 6.12
  Feed write_multiple_registers() {
    ByteReader reader(adu_.body);
    const uint16_t first = reader.u16();
    const uint16_t quantity = reader.u16();
    const uint8_t octets = reader.u8();
    const Bytes data = reader.bytes(octets);
    if (!reader.ok()) return malformed("truncated");
    const size_t needed = size_t{quantity} * 2;
    if (octets < needed) return malformed("byte-count");
    if (octets > needed) sink_.deviation("byte-count");
    check_padding(reader.left() > 0);
    check_range(first, quantity, kMostRegistersWritten);
    object(space::holding_register, first, quantity);
    operation_.values = Values::numbers(ValueType::uint16, data.first(needed));
    request_.echo = echo_of(adu_.body.first(4));
    return emit();
  }

  // 6.14: groups of reference type 6, file, record, length.
  Feed read_file() {
    ByteReader reader(adu_.body);
    const uint8_t octets = reader.u8();
    const Bytes groups = reader.bytes(octets);
    if (!reader.ok()) return malformed("truncated");
    constexpr size_t kGroup = 7;
    if (groups.size() % kGroup != 0) return malformed("byte-count");
    check_padding(reader.left() > 0);
    if (groups.empty()) return nothing_asked();
    remember();
    for (ByteReader group(groups); group.left() > 0; ++operation_.item) {
      if (group.u8() != 6) sink_.deviation("reference-type");
      read_group(group);
      sink_.operation(operation_);
    }
    return {};
  }

  // 6.15: as 6.14, each group followed by its records.
  Feed write_file() {
    ByteReader reader(adu_.body);
    const uint8_t octets = reader.u8();
    const Bytes groups = reader.bytes(octets);
    if (!reader.ok()) return malformed("truncated");
    if (!are_file_groups(groups)) return malformed("byte-count");
    check_padding(reader.left() > 0);
    request_.echo = echo_of(groups);
    if (groups.empty()) return nothing_asked();
    remember();
    for (ByteReader group(groups); group.left() > 0; ++operation_.item) {
      if (group.u8() != 6) sink_.deviation("reference-type");
      const uint16_t length = read_group(group);
      operation_.values = Values::numbers(ValueType::uint16, group.bytes(size_t{length} * 2));
      sink_.operation(operation_);
    }
    return {};
  }

  /// A request without groups touches no file, and is still a request.
  Feed nothing_asked() {
    sink_.deviation("quantity");
    return emit();
  }

  uint16_t read_group(ByteReader& group) {
    operation_.object.container = group.u16();
    const uint16_t record = group.u16();
    const uint16_t length = group.u16();
    if (length == 0 || operation_.object.container == 0) sink_.deviation("quantity");
    // The specification ends at record 9999 (0x270f); devices with more are common.
    object(space::file, record, length);
    return length;
  }

  // 6.16: result = (old and first) or (second and not first)
  Feed mask_write() {
    ByteReader reader(adu_.body);
    const uint16_t address = reader.u16();
    const Bytes both = reader.bytes(4);
    if (!reader.ok()) return malformed("truncated");
    check_padding(reader.left() > 0);
    object(space::holding_register, address);
    operation_.values = Values::numbers(ValueType::uint16, both);
    operation_.values.masks = true;
    request_.echo = echo_of(adu_.body.first(6));
    return emit();
  }

  // 6.17: the write is performed before the read; so it is item 0, the read is item 1.
  Feed read_write() {
    ByteReader reader(adu_.body);
    const uint16_t read_first = reader.u16();
    const uint16_t read_quantity = reader.u16();
    const uint16_t write_first = reader.u16();
    const uint16_t write_quantity = reader.u16();
    const uint8_t octets = reader.u8();
    const Bytes data = reader.bytes(octets);
    if (!reader.ok()) return malformed("truncated");
    const size_t needed = size_t{write_quantity} * 2;
    if (octets < needed) return malformed("byte-count");
    if (octets > needed) sink_.deviation("byte-count");
    check_padding(reader.left() > 0);
    check_range(write_first, write_quantity, kMostRegistersReadWrite);
    object(space::holding_register, write_first, write_quantity);
    operation_.values = Values::numbers(ValueType::uint16, data.first(needed));
    request_.first = read_first;
    request_.quantity = read_quantity;
    emit();
    check_range(read_first, read_quantity, kMostRegistersRead);
    operation_.item = 1;
    operation_.action = Action::read;
    operation_.values = {};
    object(space::holding_register, read_first, read_quantity);
    sink_.operation(operation_);
    return {};
  }

  // 6.18
  Feed read_fifo() {
    ByteReader reader(adu_.body);
    const uint16_t address = reader.u16();
    if (!reader.ok()) return malformed("truncated");
    check_padding(reader.left() > 0);
    object(space::fifo, address);
    return emit();
  }

  // 6.19 to 6.21
  Feed encapsulated() {
    ByteReader reader(adu_.body);
    const uint8_t type = reader.u8();
    if (!reader.ok()) return malformed("truncated");
    mean(meaning_of_interface(type));
    if (type != 0x0e) {
      if (type == 0x0d) operation_.object.space = space::canopen;
      operation_.object.last = Object::kAll;
      return emit_octets(reader.rest());
    }
    const uint8_t access = reader.u8();
    const uint8_t id = reader.u8();
    if (!reader.ok()) return malformed("truncated");
    check_padding(reader.left() > 0);
    if (access < 1 || access > 4) sink_.deviation("access-code");
    // Basic, regular and extended stream all objects of their category from `id` on; 4 asks for one.
    constexpr uint8_t kLast[] = {0x02, 0x7f, 0xff};
    object(space::device_identification, id);
    if (access >= 1 && access <= 3 && id <= kLast[access - 1]) operation_.object.last = kLast[access - 1];
    return emit();
  }

  Feed umas() {
    UmasMessage message;
    if (!read_umas(adu_.body, message)) return malformed("truncated");
    if (message.code == kUmasOk || message.code == kUmasError) return malformed("umas-answer-from-client");
    mean(meaning_of_umas(message.code));
    operation_.object.space = space::umas;
    operation_.object.last = Object::kAll;
    // Values are what is to be written; where nothing is, the data only say what is meant.
    const Action does = operation_.action;
    const bool writes = does == Action::write || does == Action::program || does == Action::configure;
    return emit_octets(writes && !carries_credentials(message.code) ? message.data : Bytes{});
  }

  Feed other() {
    if (adu_.function >= kException) return malformed("exception-from-client");
    return emit_octets(adu_.body);
  }

  Feed emit_octets(Bytes octets) {
    check_padding(false);
    if (!octets.empty()) operation_.values = Values::one(ValueType::octets, octets);
    return emit();
  }

  const Adu& adu_;
  RequestTable* table_;
  protocols::Sink& sink_;
  Operation operation_{};
  Request request_{};
};

}  // namespace

bool are_file_groups(Bytes groups) {
  ByteReader group(groups);
  while (group.left() > 0) {
    group.skip(5);
    group.skip(size_t{group.u16()} * 2);
  }
  return group.ok();
}

Values coil_state(Bytes octets) {
  Values values = Values::packed_bits(octets, 1);
  for (uint16_t bit = 0; bit < 16; ++bit) {
    if ((octets[bit / 8] >> (bit % 8) & 1) != 0) values.offset_bits = bit;
  }
  return values;
}

Values diagnostic_values(Bytes data) {
  if (data.empty()) return {};
  if (data.size() % 2 != 0) return Values::one(ValueType::octets, data);
  return Values::numbers(ValueType::uint16, data);
}

void check_diagnostic_data(uint16_t sub_function, Bytes data, protocols::Sink& sink) {
  // Query data (0) may be any number of words; so are statistics (21), which are Modicon's own.
  if (data.size() < 2) sink.deviation("missing-data");
  if (data.size() > 2 && sub_function != 0 && sub_function != 21) sink.deviation("trailing-bytes");
}

Feed decode_request(const Adu& adu, Protocol self, RequestTable* table, protocols::Sink& sink) {
  return Asking(adu, self, table, sink).decode();
}

}  // namespace rampart::protocols::modbus
