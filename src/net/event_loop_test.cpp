#include "net/event_loop.h"

#include <gtest/gtest.h>

#include <vector>

namespace rampart::net {
namespace {

struct SetClock final : Clock {
  TimePoint now() const override { return wall; }
  Duration steady() const override { return since_start; }
  TimePoint wall{std::chrono::hours(500'000)};
  Duration since_start{};
  void pass(Duration time) {
    wall += time;
    since_start += time;
  }
};

TEST(EventLoop, TellsByHowMuchTheWallsClockWasSet) {
  SetClock clock;
  EventLoop loop(clock);
  std::vector<Duration> steps;
  loop.on_step([&](Duration step) {
    EXPECT_EQ(loop.now(), clock.wall);
    steps.push_back(step);
  });
  const auto turn = [&] { loop.turn(std::chrono::milliseconds(0)); };
  clock.pass(std::chrono::hours(2));
  turn();
  EXPECT_TRUE(steps.empty()) << "time that passes is no step";
  clock.wall += std::chrono::milliseconds(900);
  turn();
  EXPECT_TRUE(steps.empty());
  clock.wall += std::chrono::hours(3);
  turn();
  clock.pass(std::chrono::seconds(1));
  clock.wall -= std::chrono::hours(4);
  turn();
  turn();
  EXPECT_EQ(steps, (std::vector<Duration>{std::chrono::hours(3), std::chrono::hours(-4)}));
}

}  // namespace
}  // namespace rampart::net
