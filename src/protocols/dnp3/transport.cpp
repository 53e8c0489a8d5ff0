#include "protocols/dnp3/transport.h"

#include <algorithm>

namespace rampart::protocols::dnp3 {
namespace {

constexpr uint8_t kFinal = 0x80;
constexpr uint8_t kFirst = 0x40;
constexpr uint8_t kSequence = 0x3f;

}  // namespace

Transport::Context* Transport::find(Direction direction, uint16_t destination, uint16_t source) {
  if (open_ == 0) return nullptr;
  for (Context& context : contexts_) {
    if (context.open && context.source == source && context.destination == destination &&
        context.direction == direction) {
      return &context;
    }
  }
  return nullptr;
}

Transport::Context& Transport::begin(Direction direction, uint16_t destination, uint16_t source) {
  Context* chosen = &contexts_[0];
  for (Context& context : contexts_) {
    if (!context.open) {
      chosen = &context;
      break;
    }
    if (context.touched < chosen->touched) chosen = &context;
  }
  if (!chosen->open) ++open_;
  chosen->open = true;
  chosen->direction = direction;
  chosen->destination = destination;
  chosen->source = source;
  chosen->bytes.clear();
  return *chosen;
}

void Transport::close(Context& context) {
  context.open = false;
  --open_;
}

Transport::Result Transport::add(Direction direction, uint16_t destination, uint16_t source, Bytes segment) {
  using State = Result::State;
  if (segment.empty()) return {.state = State::malformed, .reason = "no transport octet"};
  const uint8_t control = segment[0];
  const Bytes data = segment.subspan(1);
  Context* context = find(direction, destination, source);
  Result result;
  if ((control & kFirst) != 0) {
    if (context != nullptr) {
      result.deviation = "unfinished-fragment";
      close(*context);
    }
    if ((control & kFinal) != 0) {
      result.fragment = data;
      return result;
    }
    context = &begin(direction, destination, source);
  } else {
    if (context == nullptr) return {.state = State::malformed, .reason = "transport segment without a first one"};
    const Bytes last = Bytes(context->bytes).subspan(context->last_segment);
    const uint8_t sequence = control & kSequence;
    if (sequence == context->sequence && std::equal(last.begin(), last.end(), data.begin(), data.end())) {
      return {.state = State::held, .deviation = "repeated-segment"};
    }
    if (sequence != ((context->sequence + 1) & kSequence)) {
      close(*context);
      return {.state = State::malformed, .reason = "transport sequence broken"};
    }
    if (context->bytes.size() + data.size() > kLongestFragment) {
      close(*context);
      return {.state = State::malformed, .reason = "fragment too long"};
    }
  }
  context->sequence = control & kSequence;
  context->touched = ++clock_;
  context->last_segment = context->bytes.size();
  context->bytes.insert(context->bytes.end(), data.begin(), data.end());
  if ((control & kFinal) == 0) {
    result.state = State::held;
    return result;
  }
  close(*context);
  result.fragment = context->bytes;
  if (context->bytes.size() > kFragmentOctets) result.deviation = "fragment-size";
  return result;
}

void Transport::drop(Direction direction) {
  for (Context& context : contexts_) {
    if (context.open && context.direction == direction) close(context);
  }
}

void Transport::drop(Direction direction, uint16_t destination, uint16_t source) {
  if (Context* context = find(direction, destination, source)) close(*context);
}

}  // namespace rampart::protocols::dnp3
