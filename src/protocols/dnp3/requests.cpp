// Requests: what a master asks, one operation for each object header.
#include "protocols/dnp3/application.h"
#include "protocols/dnp3/functions.h"

namespace rampart::protocols::dnp3 {

TransactionKey make_key(uint16_t master, uint16_t outstation, uint8_t sequence, bool unsolicited) {
  return {
      .match = uint64_t{master} << 32 | uint64_t{outstation} << 16 | uint64_t{sequence} << 4 | (unsolicited ? 1u : 0u),
      .id = sequence};
}

Feed Application::feed(const LinkHeader& link, Bytes fragment, Sink& sink) {
  if (fragment.size() < 2) return {Feed::State::malformed, "application header cut short"};
  return fragment[1] < 0x80 ? request(link, fragment, sink) : response(link, fragment, sink);
}

Feed Application::request(const LinkHeader& link, Bytes fragment, Sink& sink) {
  const uint8_t control = fragment[0];
  const uint8_t code = fragment[1];
  const uint8_t sequence = control & 0x0f;
  const Bytes objects = fragment.subspan(2);
  if (!link.from_master()) sink.deviation("direction-bit");
  if ((control & 0xc0) != 0xc0) sink.deviation("fragment-bits");  // requests are one fragment (IEEE 1815, 4.2.2.4)

  Operation operation{
      .protocol = self_,
      .action = action_of(code, 0xff, 0),
      .expects_answer = expects_answer(code) && !link.broadcast(),
      .function = name_function(code),
      .object = {.unit = link.destination, .last = Object::kAll},
      .key = make_key(link.source, link.destination, sequence, code == function::kConfirm && (control & 0x10) != 0)};
  if (!known_request(code)) {
    // What the device will do is anyone's guess, so somebody must be able to forbid it.
    remember(operation, link, sequence, {});
    sink.operation(operation);
    return {Feed::State::unsupported, "unknown function code"};
  }
  if (objects.empty()) {
    remember(operation, link, sequence, {});
    sink.operation(operation);
    return {};
  }
  ObjectWalker walker(objects, code, link.destination);
  give_objects(operation, walker, sink);
  remember(operation, link, sequence, objects);
  return walker.result();
}

/// give_objects gives one operation for each item. Secure authentication's aggressive mode wraps a request in g120v3
/// (first) and g120v9 (last); as they are about the message, not asked of the device, they come after what is.
void Application::give_objects(Operation& operation, ObjectWalker& walker, Sink& sink) {
  const Object whole = operation.object;
  const Action action = operation.action;
  const auto code = static_cast<uint8_t>(operation.function.code);
  bool wrapped = false;
  Object wrapper;
  uint16_t count = 0;
  Item item;
  while (walker.next(item)) {
    if (item.layout.kind == Layout::Kind::sized || !item.payload.empty()) {
      const Payload payload = read_payload(item);
      if (payload.malformed && item.deviation.empty()) item.deviation = "object-cut-short";
      if (payload.file_handle) item.object.name = files_.find(item.object.unit, *payload.file_handle);
      // opening: g70v3 with function open
      if (payload.file_request && item.variation == 3) {
        files_.opening(item.object.unit, *payload.file_request, item.object.name);
      }
    }
    if (item.group == group::kAuthentication) {
      item.values = {};
      if (item.variation == 3 && count == 0 && !wrapped) {
        wrapped = true;
        wrapper = item.object;
        continue;
      }
    }
    if (!item.deviation.empty()) sink.deviation(item.deviation);
    operation.action = action_of(code, item.group, item.variation);
    operation.item = count++;
    operation.object = item.object;
    operation.values = item.values;
    sink.operation(operation);
  }
  if (wrapped) {
    operation.action = Action::session;
    operation.item = count++;
    operation.object = wrapper;
    operation.values = {};
    sink.operation(operation);
  }
  if (count == 0) sink.operation(operation);  // nothing could be read: that something was asked is known all the same
  operation.object = whole;
  operation.values = {};
  if (code != function::kWrite && code != function::kRead) operation.action = action;
}

void Application::remember(const Operation& operation, const LinkHeader& link, uint8_t sequence, Bytes objects) {
  if (operation.function.code == function::kConfirm) return;
  newest_ = (newest_ + 1) % kRequests;
  Request& request = requests_[newest_];
  request = {.match = operation.key.match,
             .master = link.source,
             .outstation = link.destination,
             .function = static_cast<uint8_t>(operation.function.code),
             .sequence = sequence,
             .expects_answer = operation.expects_answer,
             .action = operation.action};
  self_address_used_ |= link.destination == kSelfAddress;
  const bool command = request.function >= function::kSelect && request.function <= function::kDirectOperate;
  if (!command || objects.empty() || objects.size() > kCommandOctets) return;
  request.command = ++command_serial_;
  Command& kept = commands_[command_serial_ % kCommands];
  kept.serial = command_serial_;
  kept.size = static_cast<uint8_t>(objects.size());
  std::memcpy(kept.objects.data(), objects.data(), objects.size());
}

const Application::Request* Application::find(uint64_t match) const {
  for (size_t i = 0; i < kRequests; ++i) {
    const Request& request = requests_[(newest_ + kRequests - i) % kRequests];
    if (request.match == match) return &request;
  }
  return nullptr;
}

}  // namespace rampart::protocols::dnp3
