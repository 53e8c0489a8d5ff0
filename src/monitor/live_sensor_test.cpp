// What beats and pauses of a live source do: time passes without packets, in the same place whatever the workers.
#include <gtest/gtest.h>

#include "monitor/sensor_testing.h"

namespace rampart::monitor {
namespace {

using namespace testing;

/// LiveWire is a Wire that pauses after each frame and beats once a second, as a live source does.
class LiveWire : public PacketSource {
 public:
  explicit LiveWire(Wire& wire) : wire_(wire) { wire_.rewind(); }
  /// until: how long it goes on beating after the last frame.
  std::chrono::seconds until{30};

  bool next(RawPacket& packet) override {
    if (!waiting_ && more_) {
      more_ = wire_.next(frame_);
      if (!more_) frame_.time = beat_ + until;
      if (beat_ == TimePoint{}) beat_ = frame_.time + std::chrono::seconds(1);
    }
    waiting_ = true;
    if (beat_ <= frame_.time) {
      packet = {.time = beat_, .bytes = {}, .number = last_, .item = RawPacket::Item::beat};
      beat_ += std::chrono::seconds(1);
      return true;
    }
    if (!paused_) {
      paused_ = true;
      packet = {.time = {}, .bytes = {}, .number = last_, .item = RawPacket::Item::pause};
      return true;
    }
    paused_ = waiting_ = false;
    packet = frame_;
    last_ = frame_.number;
    return more_;
  }
  Progress progress() const override { return {}; }

 private:
  Wire& wire_;
  RawPacket frame_;
  TimePoint beat_{};
  uint64_t last_ = 0;
  bool waiting_ = false, paused_ = true, more_ = true;
};

Wire some_wire() {
  Wire wire;
  Conversation first(wire, "10.1.0.10", 40000, "10.2.0.10", 502);
  first.open().ask(read_registers(1, 100, 2)).tell(registers(1, {11, 12}));
  first.ask(read_registers(2, 100, 2));  // nobody answers
  for (unsigned host = 1; host < 40; ++host) {
    wire.wait(std::chrono::seconds(host % 3));
    Conversation(wire, "10.1.0." + std::to_string(host), 40000, "10.2.0.10", 502)
        .open()
        .ask(write_register(host, 100, host))
        .tell(write_register(host, 100, host))
        .close();
  }
  return wire;
}

TEST(LiveSensor, EndsFlowsAndWaitsByBeatsAlone) {
  Wire wire;
  Conversation(wire, "10.1.0.10", 40000, "10.2.0.10", 502).open().ask(read_registers(1, 100, 2));
  Conversation(wire, "10.1.0.11", 40000, "10.2.0.10", 502).open().close();
  for (const uint32_t workers : {1u, 2u, 4u}) {
    LiveWire live(wire);
    std::vector<std::string> at_the_last_beat;
    size_t beats = 0;
    Lines out;
    Correlator correlator(nullptr, nullptr, out);
    SensorOptions options{.workers = workers};
    options.beat = [&](Moment moment) {
      ++beats;
      EXPECT_EQ(moment.packet, wire.frames.size());
      at_the_last_beat = out.lines;
    };
    const SensorResult result = run(live, correlator, options, [](const SensorResult&) {});
    EXPECT_EQ(beats, 31u) << "a second after the first frame, and 30 more";
    EXPECT_EQ(result.packets, wire.frames.size());
    std::string told;
    for (const std::string& line : at_the_last_beat) told += line;
    EXPECT_NE(told.find("\"outcome\":\"unanswered\""), std::string::npos) << workers;
    EXPECT_NE(told.find("\"reason\":\"closed\""), std::string::npos) << workers;
    EXPECT_EQ(told.find("\"reason\":\"capture-end\""), std::string::npos) << "that one is still open";
  }
}

TEST(LiveSensor, WritesTheSameLinesWhateverTheNumberOfWorkers) {
  Wire wire = some_wire();
  std::vector<std::string> lines;
  for (const uint32_t workers : {1u, 2u, 4u}) {
    LiveWire live(wire);
    const Watched watched(live, "", {.workers = workers});
    EXPECT_FALSE(watched.out.lines.empty());
    if (workers == 1) lines = watched.out.lines;
    EXPECT_EQ(watched.out.lines, lines) << workers;
  }
}

TEST(LiveSensor, TellsTheSameAsFromAFile) {
  Wire wire = some_wire();
  const Watched file(wire);
  LiveWire live(wire);
  live.until = std::chrono::seconds(0);
  const Watched heard(live);
  const auto sorted = [](std::vector<std::string> lines) {
    std::sort(lines.begin(), lines.end());
    return lines;
  };
  EXPECT_EQ(sorted(heard.out.lines), sorted(file.out.lines));
}

/// SetBack is a source whose clock is set back by an hour: beats only, then an open question whose time must still end.
class SetBack : public PacketSource {
 public:
  explicit SetBack(Wire& wire) : wire_(wire) {}
  bool next(RawPacket& packet) override {
    const TimePoint start(std::chrono::seconds(1'700'000'000));
    if (step_ == 0) {
      ++step_;
      packet = {.time = start + std::chrono::hours(1), .bytes = {}, .item = RawPacket::Item::beat};
      return true;
    }
    packet.item = RawPacket::Item::packet;
    if (wire_.next(packet)) return true;
    if (step_ > 40) return false;
    packet = {.time = start + step_++ * std::chrono::seconds(1), .bytes = {}, .item = RawPacket::Item::beat};
    return true;
  }
  Progress progress() const override { return {}; }

 private:
  Wire& wire_;
  int step_ = 0;
};

TEST(LiveSensor, GoesOnTickingAfterTheClockWasSetBack) {
  Wire wire;
  Conversation(wire, "10.1.0.10", 40000, "10.2.0.10", 502).open().close();
  SetBack source(wire);
  bool closed = false;
  Lines out;
  Correlator correlator(nullptr, nullptr, out);
  SensorOptions options;
  options.beat = [&](Moment) { closed = !out.with({"\"reason\":\"closed\""}).empty(); };
  run(source, correlator, options, [](const SensorResult&) {});
  EXPECT_TRUE(closed) << "told at a tick, not at the end";
}

}  // namespace
}  // namespace rampart::monitor
