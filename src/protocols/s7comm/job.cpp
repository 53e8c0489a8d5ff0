// Jobs: what is asked of a controller, or by a controller that fetches blocks from its client.
#include <algorithm>

#include "protocols/s7comm/decoder.h"
#include "protocols/s7comm/objects.h"

namespace rampart::protocols::s7comm {
namespace {

Operation operation_of(Protocol self, const Header& header, const Service& service) {
  Operation operation{.protocol = self, .action = service.action, .function = service.function};
  operation.key = key_of(header.rosctr, header.reference);
  return operation;
}

int digit(uint8_t letter) { return letter >= '0' && letter <= '9' ? letter - '0' : -1; }
int hexadecimal(uint8_t letter) { return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : digit(letter); }

void set_name(Object& object, uint8_t space, Bytes name) {
  object.space = space;
  object.last = Object::kAll;
  object.name = as_text(name);
}

bool is_printable(Bytes text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](uint8_t c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

bool read_block_name(Bytes name, Object& object) {
  const Bytes whole = name;
  if (name.size() == 9) name = name.subspan(1);  // `_` or `$`: the whole block, or its header
  if (name.size() == 8) {
    const int type = hexadecimal(name[0]) * 16 + hexadecimal(name[1]);
    uint32_t number = 0;
    bool digits = hexadecimal(name[0]) >= 0 && hexadecimal(name[1]) >= 0 && type > 0;
    for (size_t i = 2; i < 7; ++i) {
      digits = digits && digit(name[i]) >= 0;
      number = number * 10 + static_cast<uint32_t>(name[i] - '0');
    }
    if (digits) {
      object = Object{};
      object.space = kBlock;
      object.container = static_cast<uint32_t>(type);
      object.detail = name[7];
      object.first = object.last = number;
      return true;
    }
  }
  if (!is_printable(whole)) return false;
  object = Object{};
  set_name(object, kFile, whole);
  return true;
}

Feed S7Decoder::job(const Header& header, Direction direction, Sink& sink) {
  if (header.parameter.empty()) return malformed("job without function");
  const Service service = job_service(header.parameter[0]);
  Asked& asked = remember(header, direction, service);
  switch (header.parameter[0]) {
    case kReadVar:
    case kWriteVar:
      return variables(header, service, asked, sink);
    case kRequestDownload:
    case kDownloadBlock:
    case kDownloadEnded:
    case kStartUpload:
    case kUpload:
    case kEndUpload:
      return block_transfer(header, service, direction, asked, sink);
    case kProgramService:
      return program_control(header, asked, sink);
    case kSetup: {
      // Two counts of jobs in parallel, and the longest message.
      Operation operation = operation_of(self_, header, service);
      if (header.parameter.size() < 8) return malformed("setup communication too short");
      operation.values = Values::numbers(ValueType::uint16, header.parameter.subspan(2, 6));
      sink.operation(operation);
      return {};
    }
    default:
      sink.operation(operation_of(self_, header, service));
      return {};
  }
}

Feed S7Decoder::variables(const Header& header, const Service& service, Asked& asked, Sink& sink) {
  if (header.parameter.size() < 2) return malformed("variables without count");
  const uint8_t count = header.parameter[1];
  const Bytes specifications = header.parameter.subspan(2);
  asked.item_count = count;
  keep(asked, specifications);
  const bool writes = header.parameter[0] == kWriteVar;
  SpecificationReader reader(specifications, count);
  ByteReader data(header.data);
  Operation operation = operation_of(self_, header, service);
  Item item;
  uint32_t taken = 0;
  while (reader.next(item)) {
    if (reader.departs()) sink.deviation("variable-specification");
    operation.object = item.object;
    operation.values = {};
    if (writes) {
      DataItem written;
      if (!read_data_item(data, taken + 1 >= count, written)) {
        sink.operation(operation);
        return malformed("values to write missing");
      }
      if (item.octets != 0 && written.data.size() != item.octets) sink.deviation("value-length");
      operation.values = values_of(item, written.data);
    }
    sink.operation(operation);
    ++operation.item;
    if (item.ends_message_item) ++taken;
  }
  if (!reader.ok()) {
    if (operation.item == 0) sink.operation(operation);
    return malformed("variable specification cut short");
  }
  if (operation.item == 0) {
    sink.deviation("no-items");
    sink.operation(operation);
  }
  return {};
}

Feed S7Decoder::block_transfer(const Header& header, const Service& service, Direction direction, Asked& asked,
                               Sink& sink) {
  Operation operation = operation_of(self_, header, service);
  // In a download the client only asks for it; then the controller fetches the block from the client.
  operation.for_peer = header.parameter[0] == kDownloadBlock || header.parameter[0] == kDownloadEnded;
  ByteReader reader(header.parameter);
  reader.skip(4);  // function, status, two octets
  const uint32_t upload = reader.u32();
  const bool by_number = header.parameter[0] == kUpload || header.parameter[0] == kEndUpload;
  if (by_number) {
    const Upload* known = uploads_.get(place_of(direction, upload + 1ull));
    if (known != nullptr) read_block_name(Bytes(known->name).first(known->name_octets), operation.object);
    sink.operation(operation);
    return reader.ok() ? Feed{} : malformed("block transfer cut short");
  }
  const Bytes name = reader.bytes(reader.u8());
  read_block_name(name, operation.object);
  keep(asked, name);
  // Length of the block in load memory and of its code, as text; only requests to download carry it.
  if (header.parameter[0] == kRequestDownload && reader.left() > 1) {
    const Bytes lengths = reader.bytes(reader.u8());
    if (is_printable(lengths)) operation.values = Values::one(ValueType::text, lengths);
  }
  sink.operation(operation);
  return reader.ok() ? Feed{} : malformed("block transfer cut short");
}

Feed S7Decoder::program_control(const Header& header, Asked& asked, Sink& sink) {
  ByteReader reader(header.parameter);
  reader.skip(8);
  const Bytes argument = reader.bytes(reader.u16());
  const Bytes name = reader.bytes(reader.u8());
  const Service service = program_service(as_text(name), as_text(argument));
  asked.service = service;
  Operation operation = operation_of(self_, header, service);
  if (!reader.ok()) {
    sink.operation(operation);
    return malformed("plc-control cut short");
  }
  const bool lists_blocks = as_text(name) == "_INSE" || as_text(name) == "_INS2" || as_text(name) == "_DELE";
  if (lists_blocks && argument.size() >= 10) {
    ByteReader blocks(argument);
    const uint8_t count = blocks.u8();
    blocks.skip(1);
    for (uint8_t i = 0; i < count && blocks.left() >= 8; ++i) {
      operation.object = {};
      read_block_name(blocks.bytes(8), operation.object);
      sink.operation(operation);
      ++operation.item;
    }
    if (operation.item == count) return {};
    if (operation.item == 0) sink.operation(operation);
    return malformed("list of blocks cut short");
  }
  // Where our name of the function says less than the service's own, that one is the object.
  const bool own_name = service.action != Action::start && service.action != Action::program;
  if ((own_name || as_text(name).starts_with("_N_")) && is_printable(name)) {
    set_name(operation.object, kService, name);
  }
  sink.operation(operation);
  return {};
}

}  // namespace rampart::protocols::s7comm
