#include "monitor/recorder.h"

#include <algorithm>

namespace rampart::monitor {
namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;  // clang 16 does not find it by itself

}  // namespace

Bytes Recorder::keep(Bytes bytes) {
  if (bytes.empty()) return {};
  uint8_t* place = nullptr;
  if (bytes.size() > kChunk) {
    large_.push_back(std::make_unique<uint8_t[]>(bytes.size()));
    place = large_.back().get();
  } else {
    if (!chunks_.empty() && used_ + bytes.size() > kChunk) {
      ++chunk_;
      used_ = 0;
    }
    if (chunk_ == chunks_.size()) chunks_.push_back(std::make_unique<uint8_t[]>(kChunk));
    place = chunks_[chunk_].get() + used_;
    used_ += bytes.size();
  }
  std::copy(bytes.begin(), bytes.end(), place);
  return {place, bytes.size()};
}

void Recorder::add(FlowRef flow, Direction direction, Moment moment, What what) {
  events_.push_back({step_, flow, direction, moment, std::move(what)});
}

void Recorder::flow_started(FlowRef flow, const FlowStart& start, Moment moment) { add(flow, {}, moment, start); }
void Recorder::roles_swapped(FlowRef flow) { add(flow, {}, {}, Swapped{}); }
void Recorder::protocol_found(FlowRef flow, protocols::Protocol protocol, Moment moment) {
  add(flow, {}, moment, Found{protocol, false});
}
void Recorder::protocol_missing(FlowRef flow, protocols::Protocol expected, Moment moment) {
  add(flow, {}, moment, Found{expected, true});
}
void Recorder::operation(FlowRef flow, Direction direction, const protocols::Operation& operation, Seen seen,
                         Moment moment) {
  Operation kept{operation, seen};
  kept.operation.values.data = keep(operation.values.data);
  kept.operation.object.name = keep(operation.object.name);
  add(flow, direction, moment, kept);
}
void Recorder::answer(FlowRef flow, Direction direction, const protocols::Answer& answer, Moment moment) {
  protocols::Answer kept = answer;
  kept.values.data = keep(answer.values.data);
  if (kept.object) kept.object->name = keep(answer.object->name);
  add(flow, direction, moment, kept);
}
void Recorder::attribute(FlowRef flow, Direction direction, const protocols::Attribute& attribute, Moment moment) {
  protocols::Attribute kept = attribute;
  kept.text = keep(attribute.text);
  add(flow, direction, moment, kept);
}
void Recorder::protection(FlowRef flow, Direction direction, const protocols::Protection& protection, Moment moment) {
  protocols::Protection kept = protection;
  kept.text = keep(protection.text);
  kept.issuer = keep(protection.issuer);
  kept.alternative = keep(protection.alternative);
  add(flow, direction, moment, kept);
}
void Recorder::deviation(FlowRef flow, std::string_view name) { add(flow, {}, {}, Deviation{name}); }
void Recorder::trouble(FlowRef flow, Direction direction, std::string_view kind, std::string_view reason,
                       uint64_t count, Moment moment) {
  add(flow, direction, moment, Trouble{kind, reason, count});
}
void Recorder::flow_stopped(FlowRef flow, const FlowStop& stop, Moment moment) { add(flow, {}, moment, stop); }
void Recorder::packet_trouble(std::string_view reason, Moment moment) { add({}, {}, moment, PacketTrouble{reason}); }
void Recorder::tick(Moment moment) { add({}, {}, moment, Tick{}); }

void Recorder::play(uint64_t number, Events& events) {
  for (; played_ < events_.size() && events_[played_].step == number; ++played_) {
    const Event& event = events_[played_];
    const FlowRef flow = event.flow;
    const Moment moment = event.moment;
    std::visit(
        Overloaded{
            [&](const FlowStart& start) { events.flow_started(flow, start, moment); },
            [&](const Swapped&) { events.roles_swapped(flow); },
            [&](const Found& found) {
              if (found.missing) {
                events.protocol_missing(flow, found.protocol, moment);
              } else {
                events.protocol_found(flow, found.protocol, moment);
              }
            },
            [&](const Operation& operation) {
              events.operation(flow, event.direction, operation.operation, operation.seen, moment);
            },
            [&](const protocols::Answer& answer) { events.answer(flow, event.direction, answer, moment); },
            [&](const protocols::Attribute& attribute) { events.attribute(flow, event.direction, attribute, moment); },
            [&](const protocols::Protection& protection) {
              events.protection(flow, event.direction, protection, moment);
            },
            [&](const Deviation& deviation) { events.deviation(flow, deviation.name); },
            [&](const Trouble& trouble) {
              events.trouble(flow, event.direction, trouble.kind, trouble.reason, trouble.count, moment);
            },
            [&](const FlowStop& stop) { events.flow_stopped(flow, stop, moment); },
            [&](const PacketTrouble& trouble) { events.packet_trouble(trouble.reason, moment); },
            [&](const Tick&) { events.tick(moment); },
        },
        event.what);
  }
}

void Recorder::clear() {
  events_.clear();
  large_.clear();
  played_ = 0;
  chunk_ = 0;
  used_ = 0;
}

}  // namespace rampart::monitor
