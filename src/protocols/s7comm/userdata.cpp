// Userdata: everything beside variables and programs - status lists, blocks, cyclic data, alarms, clock, password.
#include <algorithm>

#include "protocols/s7comm/decoder.h"
#include "protocols/s7comm/objects.h"

namespace rampart::protocols::s7comm {
namespace {

enum Type : uint8_t { kPush = 0, kNcPush = 3, kRequest = 4, kNcRequest = 7, kResponse = 8, kNcResponse = 11 };

bool read_userdata_header(Bytes parameter, UserdataHeader& userdata) {
  ByteReader reader(parameter);
  reader.skip(3);  // 00 01 12
  ByteReader rest = reader.sub(reader.u8());
  userdata.method = rest.u8();
  const uint8_t type_and_group = rest.u8();
  userdata.type = type_and_group >> 4;
  userdata.group = type_and_group & 0x0f;
  userdata.subfunction = rest.u8();
  userdata.sequence = rest.u8();
  if (!rest.ok()) return false;
  if (rest.left() < 4) return true;  // the short form, of requests
  userdata.unit = rest.u8();
  userdata.more = rest.u8() != 0;
  userdata.error = rest.u16();
  return true;
}

Service service_of(const UserdataHeader& userdata) {
  if (userdata.group == kModeTransition) return mode_service(userdata.subfunction);
  return userdata_service(userdata.group, userdata.subfunction);
}

/// object_of reads what a request is about: a status list, a block, a type of block, a file of an NCK.
void object_of(const UserdataHeader& userdata, Bytes payload, Object& object) {
  ByteReader reader(payload);
  if (userdata.group == kCpu && userdata.subfunction == 1) {
    const uint32_t address = reader.u32();
    if (!reader.ok()) return;
    object.space = kSzl;
    object.first = object.last = address;
  } else if (userdata.group == kBlocks && userdata.subfunction == 3) {
    read_block_name(payload, object);
  } else if (userdata.group == kBlocks && userdata.subfunction == 2 && payload.size() == 2) {
    // Two hexadecimal digits, as at the beginning of a block's name; read with a number, then without.
    std::array<uint8_t, 8> name = {payload[0], payload[1], '0', '0', '0', '0', '0', 'A'};
    Object block;
    if (!read_block_name(name, block) || block.space != kBlock) return;
    object = block;
    object.detail = 0;
    object.first = 0;
    object.last = Object::kAll;
  } else if (userdata.group == kNcProgram) {
    // The path stands at the end, after counts and times of varying form.
    const auto slash = std::find(payload.begin(), payload.end(), uint8_t{'/'});
    const auto end = std::find_if(slash, payload.end(), [](uint8_t c) { return c < 0x20 || c >= 0x7f; });
    if (slash == end) return;
    object.space = kFile;
    object.last = Object::kAll;
    object.name =
        as_text(payload.subspan(static_cast<size_t>(slash - payload.begin()), static_cast<size_t>(end - slash)));
  }
}

/// carries_values: requests whose payload is data to be written. A password never is handed out.
bool carries_values(const UserdataHeader& userdata) {
  return (userdata.group == kClock && userdata.subfunction % 2 == 0) || userdata.group == kBlockSend ||
         (userdata.group == kCpu && userdata.subfunction == 11);
}

uint64_t partial_key(const UserdataHeader& userdata, Direction direction) {
  const uint64_t match = uint64_t{0xffffff} << 16 | static_cast<uint64_t>(userdata.group) << 8 | userdata.sequence;
  return place_of(direction, match);
}

uint64_t subscription_key(const UserdataHeader& userdata, Direction direction) {
  return place_of(direction, static_cast<uint64_t>(userdata.group) << 8 | userdata.sequence);
}

bool is_cyclic(const UserdataHeader& userdata) {
  return userdata.group == kCyclic &&
         (userdata.subfunction == 1 || userdata.subfunction == 5 || userdata.subfunction == 7);
}
bool is_variable_table(const UserdataHeader& userdata) {
  return userdata.group == kProgrammer &&
         (userdata.subfunction == 2 || userdata.subfunction == 8 || userdata.subfunction == 9);
}

}  // namespace

Feed S7Decoder::userdata(const Header& header, Direction direction, Sink& sink) {
  UserdataHeader userdata;
  if (!read_userdata_header(header.parameter, userdata)) return malformed("userdata parameters too short");
  DataItem item;
  if (!header.data.empty()) {
    ByteReader data(header.data);
    if (!read_data_item(data, true, item)) {
      // The header is whole: say what was asked or answered, without what it carries.
      item = DataItem{};
      item.code = header.data[0];
      sink.deviation("userdata-length");
      item.data = header.data.size() > 4 ? header.data.subspan(4) : Bytes{};
    }
  }
  switch (userdata.type) {
    case kRequest:
    case kNcRequest:
      return userdata_request(header, userdata, item, direction, sink);
    case kResponse:
    case kNcResponse:
      return userdata_answer(header, userdata, item, direction, sink);
    case kPush:
    case kNcPush:
      return userdata_push(header, userdata, item, direction, sink);
    default:
      return malformed("unknown type of userdata");
  }
}

Feed S7Decoder::userdata_request(const Header& header, const UserdataHeader& userdata, const DataItem& item,
                                 Direction direction, Sink& sink) {
  const Service service = service_of(userdata);
  Operation operation{.protocol = self_, .action = service.action, .function = service.function};
  operation.key = key_of(header.rosctr, header.reference);
  Asked& asked = remember(header, direction, service);
  asked.code = static_cast<uint8_t>(userdata.type << 4 | userdata.group);
  asked.subfunction = userdata.subfunction;
  asked.sequence = userdata.sequence;
  asked.octets.clear();
  if (is_cyclic(userdata)) return subscribe(operation, item.data, asked, sink);
  if (is_variable_table(userdata)) return variable_table(operation, item.data, asked, sink);
  if (item.data.empty() && userdata.method == 0x12) {
    // The request for the next part of an answer: it is about what the first part was about.
    const Partial* partial = partials_.get(partial_key(userdata, opposite(direction)));
    if (partial != nullptr) operation.object = partial->object;
  } else {
    object_of(userdata, item.data, operation.object);
    const bool numbered = operation.object.space == kSzl || operation.object.space == kBlock;
    if (numbered) keep(asked, item.data.first(std::min<size_t>(item.data.size(), 8)));
  }
  if (carries_values(userdata) && !item.data.empty()) operation.values = Values::one(ValueType::octets, item.data);
  sink.operation(operation);
  return {};
}

Feed S7Decoder::userdata_answer(const Header& header, const UserdataHeader& userdata, const DataItem& item,
                                Direction direction, Sink& sink) {
  const Service service = service_of(userdata);
  Answer answer{.protocol = self_, .action = service.action, .function = service.function};
  answer.key = key_of(header.rosctr, header.reference);
  const uint64_t place = place_of(opposite(direction), answer.key.match);
  const Asked* asked = asked_.get(place);
  if (asked != nullptr && asked->subfunction != userdata.subfunction) asked = nullptr;
  Feed feed;
  if (userdata.error != 0) {
    answer.outcome = {Outcome::Kind::refused, userdata.error, error_name(userdata.error)};
    sink.answer(answer);
  } else if (item.code != kSuccess && item.code != kNoObject && item.code != 0) {
    answer.outcome = outcome_of(item.code);
    sink.answer(answer);
  } else {
    if ((is_cyclic(userdata) || is_variable_table(userdata)) && asked != nullptr && asked->kept) {
      Subscription& subscription = subscriptions_.take(subscription_key(userdata, direction));
      subscription.subfunction = userdata.subfunction;
      subscription.count = asked->item_count;
      subscription.octets.assign(asked->octets.begin(), asked->octets.end());
    }
    Object object;
    if (asked != nullptr && asked->kept) object_of(userdata, asked->octets, object);
    const Bytes whole = part(userdata, item.data, direction, &object);
    const Subscription* subscription =
        is_cyclic(userdata) ? subscriptions_.get(subscription_key(userdata, direction)) : nullptr;
    if (is_cyclic(userdata) && whole.size() >= 2) {
      feed = watched_values(answer, whole, subscription == nullptr ? Subscription{} : *subscription, sink);
    } else {
      if (userdata.group == kCpu && userdata.subfunction == 1) emit_identity(whole, sink);
      if (!item.data.empty()) answer.values = Values::one(ValueType::octets, item.data);
      sink.answer(answer);
    }
  }
  asked_.forget(place);
  return feed;
}

Feed S7Decoder::userdata_push(const Header& header, const UserdataHeader& userdata, const DataItem& item,
                              Direction direction, Sink& sink) {
  const Service service = service_of(userdata);
  Answer answer{.protocol = self_, .action = service.action, .function = service.function};
  answer.unsolicited = true;
  answer.key = key_of(header.rosctr, header.reference);
  if (userdata.error != 0) {
    answer.outcome = {Outcome::Kind::refused, userdata.error, error_name(userdata.error)};
    sink.answer(answer);
    return {};
  }
  const bool watched = is_cyclic(userdata) || is_variable_table(userdata);
  const Bytes payload = part(userdata, item.data, direction, nullptr);
  if (watched && payload.size() >= 2) {
    const Subscription* known = subscriptions_.get(subscription_key(userdata, direction));
    const Subscription none;
    const Subscription& subscription = known == nullptr ? none : *known;
    return is_cyclic(userdata) ? watched_values(answer, payload, subscription, sink)
                               : table_values(answer, payload, subscription, sink);
  }
  if (!item.data.empty()) answer.values = Values::one(ValueType::octets, item.data);
  sink.answer(answer);
  return {};
}

Bytes S7Decoder::part(const UserdataHeader& userdata, Bytes payload, Direction direction, const Object* object) {
  // The octet that numbers the parts' common answer is zero where there is only one.
  if (userdata.unit == 0 && !userdata.more) return payload;
  const uint64_t key = partial_key(userdata, direction);
  Partial* known = partials_.get(key);
  const bool first = object != nullptr && object->addressed();
  if (known == nullptr || first || known->unit != userdata.unit) {
    if (!userdata.more) return {};  // the last part of something whose beginning was not seen
    known = &partials_.take(key);
    known->unit = userdata.unit;
    known->object = object == nullptr ? Object{} : *object;
    known->object.name = {};
    known->octets.clear();
  }
  if (known->octets.size() + payload.size() > kMessageOctets) {
    partials_.forget(key);
    return {};
  }
  known->octets.insert(known->octets.end(), payload.begin(), payload.end());
  if (userdata.more) return {};
  partials_.forget(key);
  return known->octets;
}

}  // namespace rampart::protocols::s7comm
