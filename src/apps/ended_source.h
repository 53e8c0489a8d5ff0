// A source of packets that ends early: where somebody asks to stop. What was read until then is told in full.
#pragma once

#include <utility>

#include "monitor/capture.h"

namespace rampart::apps {

/// EndedSource ends once `ended()` is true, asked before each packet. `source` must outlive it.
template <class Ended>
class EndedSource final : public monitor::PacketSource {
 public:
  EndedSource(monitor::PacketSource& source, Ended ended) : source_(source), ended_(std::move(ended)) {}
  bool next(monitor::RawPacket& packet) override { return !ended_() && source_.next(packet); }
  monitor::Progress progress() const override { return source_.progress(); }

 private:
  monitor::PacketSource& source_;
  Ended ended_;
};

}  // namespace rampart::apps
