// Keeps a run of events with all they borrow, in the order they came, to be played again in another thread.
#pragma once

#include <cstddef>
#include <memory>
#include <variant>
#include <vector>

#include "monitor/events.h"

namespace rampart::monitor {

class Recorder : public Events {
 public:
  void flow_started(FlowRef flow, const FlowStart& start, Moment moment) override;
  void roles_swapped(FlowRef flow) override;
  void protocol_found(FlowRef flow, protocols::Protocol protocol, Moment moment) override;
  void protocol_missing(FlowRef flow, protocols::Protocol expected, Moment moment) override;
  void operation(FlowRef flow, Direction direction, const protocols::Operation& operation, Seen seen,
                 Moment moment) override;
  void answer(FlowRef flow, Direction direction, const protocols::Answer& answer, Moment moment) override;
  void attribute(FlowRef flow, Direction direction, const protocols::Attribute& attribute, Moment moment) override;
  void protection(FlowRef flow, Direction direction, const protocols::Protection& protection, Moment moment) override;
  void deviation(FlowRef flow, std::string_view name) override;
  void trouble(FlowRef flow, Direction direction, std::string_view kind, std::string_view reason, uint64_t count,
               Moment moment) override;
  void flow_stopped(FlowRef flow, const FlowStop& stop, Moment moment) override;
  void packet_trouble(std::string_view reason, Moment moment) override;
  void tick(Moment moment) override;

  /// step names what the events after it belong to: packets come in the order of steps.
  void step(uint64_t number) { step_ = number; }
  /// play hands the events of step `number`, which must not lie before those already played, to `events`.
  void play(uint64_t number, Events& events);
  void clear();

 private:
  struct Swapped {};
  struct Found {
    protocols::Protocol protocol;
    bool missing = false;
  };
  struct Operation {
    protocols::Operation operation;
    Seen seen{};
  };
  struct Deviation {
    std::string_view name;
  };
  struct Trouble {
    std::string_view kind, reason;
    uint64_t count = 0;
  };
  struct PacketTrouble {
    std::string_view reason;
  };
  struct Tick {};
  using What = std::variant<FlowStart, Swapped, Found, Operation, protocols::Answer, protocols::Attribute,
                            protocols::Protection, Deviation, Trouble, FlowStop, PacketTrouble, Tick>;
  struct Event {
    uint64_t step = 0;
    FlowRef flow;
    Direction direction{};
    Moment moment;
    What what;
  };

  void add(FlowRef flow, Direction direction, Moment moment, What what);
  Bytes keep(Bytes bytes);
  std::string_view keep(std::string_view text) { return as_text(keep(as_bytes(text))); }

  static constexpr size_t kChunk = 65'536;
  uint64_t step_ = 0;
  size_t played_ = 0;
  std::vector<Event> events_;
  std::vector<std::unique_ptr<uint8_t[]>> chunks_;  // full-size ones, reused
  std::vector<std::unique_ptr<uint8_t[]>> large_;
  size_t chunk_ = 0, used_ = 0;
};

}  // namespace rampart::monitor
