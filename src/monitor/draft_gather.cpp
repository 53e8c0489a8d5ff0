#include "monitor/draft_gather.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "monitor/side.h"
#include "protocols/registry.h"

namespace rampart::monitor::discover {
namespace {

using protocols::Action;
using protocols::Object;
using protocols::Operation;
using protocols::Values;
using protocols::ValueType;

/// Span is the numbers that an operation is about, as the plant's rules count them.
struct Span {
  bool named = false;   // a place, with or without numbers
  bool listed = false;  // each value carries its own number
  bool memory = false;
  uint32_t address_bits = 1;
  Place place;
  uint64_t first = 0, last = 0;
};

Span span_of(const Operation& operation) {
  const Object& object = operation.object;
  const protocols::Entry& entry = operation.protocol.entry();
  Span span;
  span.named = object.addressed() || !object.name.empty();
  span.place = {object.space, object.container, std::string(object.name)};
  if (!object.addressed()) {
    span.place.container = object.container;
    return span;
  }
  std::tie(span.first, span.last) = std::minmax(object.first, object.last);
  if (object.space < entry.spaces.size()) {
    span.memory = entry.spaces[object.space].memory;
    span.address_bits = std::max<uint32_t>(entry.spaces[object.space].address_bits, 1);
  }
  span.listed = !span.memory && operation.values.index_octets > 0 && !operation.values.empty();
  return span;
}

/// writable is true where the plant's words for an object lead back to it.
bool writable(const Operation& operation, const Span& span, uint64_t first, uint64_t last) {
  const protocols::Entry& entry = operation.protocol.entry();
  if (entry.parse_object == nullptr || entry.append_object == nullptr) return false;
  if (span.place.name.size() > Gatherer::kMostText) return false;
  const bool plain = std::all_of(span.place.name.begin(), span.place.name.end(),
                                 [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (!plain) return false;
  Object object = operation.object;
  object.unit = Object::kNoUnit;
  object.first = first;
  object.last = last;
  std::string text;
  entry.append_object(text, object);
  if (text.empty() || text == "none" || text.front() == ' ' || text.back() == ' ') return false;
  const protocols::ParsedObject parsed = entry.parse_object(text);
  const Object& back = parsed.object;
  if (!parsed.error.empty() || back.space != object.space || back.container != object.container) return false;
  if (back.name != object.name) return false;
  return !object.addressed() || (std::min(back.first, back.last) == first && std::max(back.first, back.last) == last);
}

}  // namespace

std::string to_text(const Address& address) {
  if (address.ip) return rampart::to_text(*address.ip);
  return address.mac ? rampart::to_text(*address.mac) : std::string("nobody");
}

Address address_of(const records::Side& side) {
  if (side.ip) return {side.ip, {}};
  return {{}, side.mac};
}

void Objects::add(const Objects& other) {
  for (const auto& [place, ranges] : other.places) places[place].add(ranges);
  nameless = nameless || other.nameless;
  any = any || other.any;
}

void Gatherer::record(const records::Transaction& transaction) {
  if (transaction.operation == nullptr) return;
  ++transactions;
  const Operation& operation = *transaction.operation;
  if (!operation.protocol.known()) return;
  const bool by_client = (transaction.asked == records::Direction::to_server) != operation.for_peer;
  const records::Conversation& conversation = *transaction.conversation;
  // What is sent to everybody is not judged, so it needs no rule.
  if (operation.protocol.entry().to_everybody && monitor::is_group(conversation.server)) return;
  const AskedKey key{.client = address_of(by_client ? conversation.client : conversation.server),
                     .server = address_of(by_client ? conversation.server : conversation.client),
                     .unit = operation.object.unit,
                     .protocol = operation.protocol.number,
                     .action = operation.action,
                     .function = operation.function.code};
  auto at = asked.find(key);
  if (at == asked.end()) {
    if (asked.size() >= kMostAsked) {
      ++not_kept;
      return;
    }
    at = asked.emplace(key, Asked{}).first;
    at->second.function_name = operation.function.name;
  }
  Asked& seen = at->second;
  ++seen.count;
  if (transaction.outcome.kind == protocols::Outcome::Kind::ok) ++seen.answered;
  if (seen.packets.size() < kMostPackets) seen.packets.push_back(transaction.asked_packet);
  add_objects(seen.objects, operation);
  if (operation.action == Action::write || operation.action == Action::operate) add_values(key.server, operation);
}

void Gatherer::add_objects(Objects& objects, const Operation& operation) {
  const Span span = span_of(operation);
  if (!span.named) {
    objects.nameless = true;
    return;
  }
  const auto known = objects.places.find(span.place);
  if (known == objects.places.end() && objects.places.size() >= kMostPlaces) objects.any = true;
  if (objects.any) return;
  if (!span.listed) {
    if (known != objects.places.end() && known->second.contains(span.first, span.last)) return;
    if (!writable(operation, span, span.first, span.last)) {
      objects.any = true;
      return;
    }
    objects.places[span.place].add(span.first, span.last);
    return;
  }
  if (!operation.values.fits()) {
    objects.any = true;
    return;
  }
  Ranges& ranges = objects.places[span.place];
  for (uint32_t i = 0; i < operation.values.count; ++i) {
    const uint64_t index = operation.values.index(i);
    if (ranges.contains(index, index)) continue;
    if (!writable(operation, span, index, index)) {
      objects.any = true;
      return;
    }
    ranges.add(index, index);
  }
}

void Gatherer::add_values(const Address& server, const Operation& operation) {
  const Span span = span_of(operation);
  if (!operation.object.addressed()) return;
  const Values& values = operation.values;
  Ranges& open = not_judged[{server, operation.object.unit, operation.protocol.number, span.place}];
  const uint32_t width = protocols::bits(values.type);
  const bool number = values.type != ValueType::control && values.type != ValueType::time && width > 0;
  const uint64_t step = span.memory ? width / span.address_bits : 1;
  const bool whole = values.fits() && !values.empty() && !values.masks && number && step > 0 &&
                     (!span.memory || (width % span.address_bits == 0 && width <= 64 && !values.little_endian));
  const bool same_size = span.listed || (span.last - span.first) / std::max<uint64_t>(step, 1) + 1 == values.count;
  if (!whole || !same_size || (!span.listed && span.last - span.first == Object::kAll)) {
    open.add(span.first, span.last);
    return;
  }
  if (span.memory && span.address_bits == 16 && values.type == ValueType::uint16 && values.count == 2) {
    add_pair({.server = server,
              .unit = operation.object.unit,
              .protocol = operation.protocol.number,
              .place = span.place,
              .first = span.first,
              .last = span.last},
             values);
  }
  for (uint32_t i = 0; i < values.count; ++i) {
    const uint64_t first = span.listed ? values.index(i) : span.first + i * step;
    const protocols::Scalar scalar = values.at(i);
    const double value = scalar.number();
    WrittenKey key{.server = server,
                   .unit = operation.object.unit,
                   .protocol = operation.protocol.number,
                   .place = span.place,
                   .first = first,
                   .last = first + step - 1};
    auto at = written.find(key);
    if (!scalar.is_number() || !std::isfinite(value) || (at == written.end() && written.size() >= kMostWritten)) {
      open.add(key.first, key.last);
      continue;
    }
    if (at == written.end()) {
      at = written.emplace(std::move(key), Written{.type = scalar.type, .least = value, .most = value}).first;
    }
    Written& seen = at->second;
    seen.mixed = seen.mixed || seen.type != scalar.type;
    seen.least = std::min(seen.least, value);
    seen.most = std::max(seen.most, value);
    ++seen.count;
  }
}

/// add_pair reads two registers as one float32, high word first. Numbers as processes have them are few among all
/// float32: two registers that are something else seldom look like one, and never for long.
void Gatherer::add_pair(const WrittenKey& key, const Values& values) {
  if (pairs.size() >= kMostWritten && !pairs.contains(key)) return;
  const auto bits = static_cast<uint32_t>(values.at(0).natural << 16 | values.at(1).natural);
  const double value = std::bit_cast<float>(bits);
  const bool likely = bits == 0 || (std::fabs(value) >= 1e-3 && std::fabs(value) <= 1e6);
  Written& seen =
      pairs.try_emplace(key, Written{.type = ValueType::float32, .least = value, .most = value}).first->second;
  seen.mixed = seen.mixed || !likely;
  ++seen.count;
  if (seen.mixed) return;
  seen.least = std::min(seen.least, value);
  seen.most = std::max(seen.most, value);
}

void Gatherer::record(const records::AssetSeen& seen) {
  if (seen.attribute == nullptr || seen.attribute->about_ip || seen.attribute->about_mac) return;
  const auto kind = static_cast<size_t>(seen.attribute->kind);
  if (kind >= Told::kKinds || seen.attribute->text.empty()) return;
  const std::pair key(address_of(seen.side), seen.attribute->unit);
  if (told.size() >= kMostTold && !told.contains(key)) return;
  Told& all = told[key];
  if (!all.texts[kind].empty()) return;
  all.texts[kind] = seen.attribute->text.substr(0, kMostText);
  all.packets[kind] = seen.packet;
}

void Gatherer::record(const records::Loss& loss) { lost += loss.kind == "gap" || loss.kind == "evicted" ? 1u : 0u; }

void Gatherer::record(const records::Flow& flow) {
  ++flow_count;
  const records::Conversation& conversation = *flow.conversation;
  const bool has_ports =
      conversation.transport == records::Transport::tcp || conversation.transport == records::Transport::udp;
  const StreamKey key{.client = address_of(conversation.client),
                      .server = address_of(conversation.server),
                      .ip_protocol = conversation.ip_protocol,
                      .port = has_ports ? conversation.server.port : uint16_t{0},
                      .protocol = conversation.protocol.number};
  auto at = flows.find(key);
  if (at == flows.end()) {
    size_t& of_client = flows_of_client[key.client];
    if (of_client >= kMostOfClient) crowded.insert(key.client);
    if (of_client >= kMostOfClient || flows.size() >= kMostFlows) {
      ++not_kept;
      return;
    }
    ++of_client;
    at = flows.emplace(key, StreamsSeen{}).first;
  }
  StreamsSeen& seen = at->second;
  ++seen.count;
  if (flow.octets[1] > 0 || flow.operations > 0) ++seen.answered;
  if (flow.packets[1] > 0) ++seen.heard;
  if (flow.operations > 0) return;
  ++seen.silent;
  if (seen.first_packet == 0 || flow.first_packet < seen.first_packet) seen.first_packet = flow.first_packet;
}

}  // namespace rampart::monitor::discover
