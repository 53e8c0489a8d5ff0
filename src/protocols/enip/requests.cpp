// What is asked by a message of CIP: services in services, down to those that do something.
#include <algorithm>

#include "protocols/enip/decoder.h"

namespace rampart::protocols::enip {
namespace {

/// word_path reads a path that is preceded by its number of words.
bool word_path(ByteReader& reader, Bytes& path) {
  path = reader.bytes(reader.u8() * size_t{2});
  return reader.ok();
}

Values octets(Bytes data) { return data.empty() ? Values{} : Values::one(ValueType::octets, data); }

/// attribute_range is the run that the attributes form, none where they do not lie side by side.
bool attribute_range(Bytes numbers, uint16_t& first, uint16_t& last) {
  if (numbers.empty()) return false;
  first = last = static_cast<uint16_t>(load_little<2>(numbers.data()));
  for (size_t at = 2; at < numbers.size(); at += 2) {
    const auto next = static_cast<uint16_t>(load_little<2>(numbers.data() + at));
    if (next != last + 1) return false;
    last = next;
  }
  return true;
}

}  // namespace

Feed EnipDecoder::request(Message& message, Bytes cip, int depth, Sink& sink) {
  ByteReader reader(cip);
  const uint8_t code = reader.u8();
  Bytes words;
  if (!word_path(reader, words)) return malformed("path beyond message");
  const Path path = read_path(words, true, text_);
  if (!path.error.empty()) return malformed(path.error);
  const Service service = service_of(path.class_number, path.symbolic, code);
  if (service.shape == Shape::services || service.shape == Shape::unconnected) {
    if (depth >= kDeepest) return malformed("services too deep in services");
    return service.shape == Shape::services ? services(message, reader.rest(), depth, sink)
                                            : unconnected(message, reader.rest(), depth, sink);
  }
  return ask(message, code, path, reader.rest(), sink);
}

/// services: a multiple service packet. Where each service begins is checked for all before any is read.
Feed EnipDecoder::services(Message& message, Bytes data, int depth, Sink& sink) {
  if (data.size() < 2) return malformed("multiple service packet cut short");
  const size_t count = load_little<2>(data.data());
  const size_t begin = 2 + 2 * count;
  if (count == 0 || begin > data.size()) return malformed("multiple service packet without its offsets");
  const auto offset = [&](size_t i) {
    return i < count ? static_cast<size_t>(load_little<2>(data.data() + 2 + 2 * i)) : data.size();
  };
  for (size_t i = 0; i < count; ++i) {
    // A service needs its code and the length of its path.
    if (offset(i) < begin || offset(i) + 2 > offset(i + 1)) return malformed("offset of a service out of bounds");
  }
  message.asked->multiple = true;
  Feed feed;
  for (size_t i = 0; i < count; ++i) {
    const Feed one = request(message, data.subspan(offset(i), offset(i + 1) - offset(i)), depth + 1, sink);
    if (feed.state == Feed::State::complete) feed = one;
    if (one.state != Feed::State::malformed) continue;
    ++message.item;  // its answer has a place all the same
    if (message.asked->services.size() < kMostServices) message.asked->services.emplace_back();
  }
  return feed;
}

/// unconnected: an unconnected send, which carries a message to where its route leads.
Feed EnipDecoder::unconnected(Message& message, Bytes data, int depth, Sink& sink) {
  ByteReader reader(data);
  reader.skip(2);  // tick time and ticks
  const uint16_t size = reader.u16_little();
  const Bytes inner = reader.bytes(size);
  if (size % 2 != 0) reader.skip(1);
  const uint8_t words = reader.u8();
  reader.skip(1);
  const Bytes route_octets = reader.bytes(words * size_t{2});
  if (!reader.ok() || inner.size() < 2) return malformed("unconnected send cut short");
  const Path route = read_path(route_octets, true, text_);
  if (!route.error.empty()) return malformed(route.error);
  const uint32_t before = message.unit;
  message.unit = route.unit();
  const Feed feed = request(message, inner, depth + 1, sink);
  message.unit = before;
  return feed;
}

/// ask tells one service that does something.
Feed EnipDecoder::ask(Message& message, uint8_t code, const Path& path, Bytes data, Sink& sink) {
  Service service = service_of(path.class_number, path.symbolic, code);
  Operation operation{.protocol = self_, .action = service.action, .item = message.item};
  operation.function = service.function;
  operation.key = message.key;
  operation.object = path.object();
  AskedService asked{.service = service, .code = code, .unit = message.unit};
  asked.class_number = path.symbolic ? cip_class::kSymbol : path.class_number;
  asked.attribute = static_cast<uint16_t>(path.attribute);
  Feed feed;
  switch (service.shape) {
    case Shape::plain:
    case Shape::attribute:
    case Shape::attribute_list:
    case Shape::settings:
      attributes(operation, path, service, data);
      break;
    case Shape::read_tag:
    case Shape::read_fragment:
    case Shape::write_tag:
    case Shape::write_fragment:
      feed = tag_data(operation, path, service, data, sink);
      break;
    case Shape::modify_tag:
      feed = modify(operation, data);
      break;
    case Shape::pccc:
      feed = pccc_request(operation, asked, data);
      asked.service.function = operation.function;
      asked.service.action = operation.action;
      break;
    case Shape::forward_open:
    case Shape::large_forward_open:
      feed = open(operation, message.asked, data, service.shape == Shape::large_forward_open);
      break;
    case Shape::forward_close:
      feed = close(operation, message.asked, data);
      break;
    case Shape::services:
    case Shape::unconnected:
      break;
  }
  // Numbers of attributes are no secret, all else may be.
  if (service.secret && service.shape != Shape::attribute_list) operation.values = {};
  if (feed.state == Feed::State::malformed) return feed;
  if (operation.object.unit == Object::kNoUnit) operation.object.unit = message.unit;
  std::vector<AskedService>& services = message.asked->services;
  if (services.size() < kMostServices) services.push_back(asked);
  ++message.item;
  sink.operation(operation);
  return feed;
}

/// attributes: which attributes are got or set, and to what. A list of attributes that do not lie side by side is told
/// as all of the object's, and what sets several gives its octets: how long each is only the object knows.
void EnipDecoder::attributes(Operation& operation, const Path& path, const Service& service, Bytes data) {
  operation.values = octets(data);
  if (service.shape == Shape::plain || path.symbolic || data.size() < 2) return;
  if (service.shape == Shape::attribute) return;
  const size_t count = load_little<2>(data.data());
  const Bytes list = data.subspan(2);
  const auto narrow = [&](uint16_t first, uint16_t last) {
    const std::string_view name = operation.object.name;
    operation.object = class_object(path.class_number, path.instance, first, last);
    operation.object.name = name;
  };
  if (service.shape == Shape::attribute_list) {
    if (count == 0 || list.size() < 2 * count) return;
    const Bytes numbers = list.first(2 * count);
    operation.values = Values::numbers(ValueType::uint16, numbers, true);
    uint16_t first = 0, last = 0;
    if (attribute_range(numbers, first, last)) narrow(first, last);
  } else if (count == 1 && list.size() >= 2) {
    const auto number = static_cast<uint16_t>(load_little<2>(list.data()));
    narrow(number, number);
    operation.values = octets(list.subspan(2));
  }
}

/// tag_data: count of elements, and, where it writes, type and values. A fragment begins at an octet of the whole.
Feed EnipDecoder::tag_data(Operation& operation, const Path& path, const Service& service, Bytes data, Sink& sink) {
  const bool writes = service.shape == Shape::write_tag || service.shape == Shape::write_fragment;
  const bool fragment = service.shape == Shape::read_fragment || service.shape == Shape::write_fragment;
  ByteReader reader(data);
  const uint16_t type = writes ? reader.u16_little() : uint16_t{0};
  if (type == kStructure) reader.skip(2);  // which structure
  const uint16_t count = reader.u16_little();
  const uint32_t offset = fragment ? reader.u32_little() : 0;
  if (!reader.ok()) return malformed("tag service cut short");
  const Bytes values = reader.rest();
  if (path.symbolic) operation.object = path.object(count);
  if (!writes) {
    if (!values.empty()) sink.deviation("trailing-bytes");
    return {};
  }
  const size_t width = width_of(type);
  if (width == 0) {
    operation.values = octets(values);
    return {};
  }
  const size_t whole = width * count;
  if (!fragment && values.size() < whole) return malformed("fewer values than counted");
  if (!fragment && values.size() > whole) sink.deviation("trailing-bytes");
  operation.values = tag_values(type, values.first(std::min(values.size(), whole)));
  if (fragment && path.symbolic && offset % width == 0 && operation.values.count > 0) {
    operation.object.first = uint64_t{path.element} + offset / width;
    operation.object.last = operation.object.first + operation.values.count - 1;
  }
  return {};
}

/// modify: the controller computes (old | first mask) & second mask. We hand out masks of which the first keeps bits
/// and the second sets others.
Feed EnipDecoder::modify(Operation& operation, Bytes data) {
  ByteReader reader(data);
  const uint16_t width = reader.u16_little();
  const Bytes set = reader.bytes(width);
  const Bytes kept = reader.bytes(width);
  if (!reader.ok() || width == 0) return malformed("masks cut short");
  ValueType type = ValueType::none;
  if (width == 1) type = ValueType::uint8;
  if (width == 2) type = ValueType::uint16;
  if (width == 4) type = ValueType::uint32;
  if (width == 8) type = ValueType::uint64;
  if (type == ValueType::none) {
    operation.values = octets(data.subspan(2, size_t{2} * width));
    return {};
  }
  for (size_t i = 0; i < width; ++i) {
    masks_[i] = static_cast<uint8_t>(kept[i] & ~set[i]);
    masks_[width + i] = static_cast<uint8_t>(kept[i] & set[i]);
  }
  operation.values = Values::numbers(type, Bytes(masks_).first(size_t{2} * width), true);
  operation.values.masks = true;
  return {};
}

}  // namespace rampart::protocols::enip
