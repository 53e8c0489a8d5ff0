// Live capture on interfaces that the tests make for themselves, in a network namespace of their own. Needs root.
#include "monitor/live_capture.h"

#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "monitor/packet_testing.h"

namespace rampart::monitor {
namespace {

using namespace testing;

/// TestClock is the system's, and can be set forward to make a beat due.
class TestClock : public Clock {
 public:
  TimePoint now() const override { return system_.now() + ahead_; }
  Duration steady() const override { return system_.steady() + ahead_; }
  void forward(Duration by) { ahead_ += by; }

 private:
  SystemClock system_;
  Duration ahead_{};
};

/// run_apart runs `test` in a thread that has a network of its own; false where this machine does not let us.
template <class Test>
bool run_apart(Test&& test) {
  bool apart = false;
  std::thread thread([&] {
    apart = geteuid() == 0 && unshare(CLONE_NEWNET) == 0 && std::system("ip link set lo up 2>/dev/null") == 0 &&
            std::system(
                "ip link add va type veth peer name vb 2>/dev/null && ip link set va up && "
                "ip link set vb up") == 0;
    if (apart) test();
  });
  thread.join();
  return apart;
}
constexpr const char* kNeeds = "needs root, iproute2 and the right to make network namespaces";

void ip(const std::string& words) { ASSERT_EQ(std::system(("ip " + words).c_str()), 0) << words; }

/// Sender puts frames on an interface as they are.
class Sender {
 public:
  explicit Sender(const char* interface) : socket_(socket(AF_PACKET, SOCK_RAW, 0)) {
    address_.sll_family = AF_PACKET;
    address_.sll_ifindex = look_at(socket_, interface).index;
    address_.sll_halen = 6;
  }
  ~Sender() { close(socket_); }
  bool send(const std::string& frame) const {
    return sendto(socket_, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&address_),
                  sizeof address_) == static_cast<ssize_t>(frame.size());
  }

 private:
  int socket_;
  sockaddr_ll address_{};
};

struct Heard {
  std::string bytes;
  uint32_t file = 0;
};

/// hear gives the next `count` packets that begin with the addresses of packet_testing.h, within five seconds; what the
/// system itself sends on a new interface is passed over.
std::vector<Heard> hear(LiveCapture& capture, size_t count) {
  std::vector<Heard> heard;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  RawPacket packet;
  while (heard.size() < count && std::chrono::steady_clock::now() < deadline) {
    if (!capture.next(packet)) break;
    if (packet.item != RawPacket::Item::packet) continue;
    const std::string bytes(as_text(packet.bytes));
    if (!bytes.starts_with(kMacB + kMacA)) continue;
    heard.push_back({bytes, packet.file});
  }
  return heard;
}

/// beat goes on to the next beat; false where none came within five seconds.
bool beat(LiveCapture& capture, TestClock& clock) {
  clock.forward(std::chrono::seconds(1));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  RawPacket packet;
  while (std::chrono::steady_clock::now() < deadline && capture.next(packet)) {
    if (packet.item == RawPacket::Item::beat) return true;
  }
  return false;
}

/// loss_of waits for a loss that `until` accepts, at most ten seconds: the kernel takes its time to raise a carrier.
template <class Until>
std::optional<LiveLoss> loss_of(LiveCapture& capture, TestClock& clock, Until&& until) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < deadline) {
    if (!beat(capture, clock)) return std::nullopt;
    for (const LiveLoss& loss : capture.take_losses()) {
      if (until(loss)) return loss;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return std::nullopt;
}

std::string datagram(const std::string& payload) { return ethernet(0x0800, ipv4(17, udp(40'000, 502, payload))); }

TEST(LiveCapture, GivesFramesAsTheyWereSent) {
  const bool ran = run_apart([] {
    const TestClock clock;
    LiveCapture capture({"vb"}, {}, clock);
    const Sender sender("va");
    const std::string frames[] = {datagram("one"), datagram("two")};
    for (const std::string& frame : frames) ASSERT_TRUE(sender.send(frame));
    const auto heard = hear(capture, 2);
    ASSERT_EQ(heard.size(), 2u);
    EXPECT_EQ(heard[0].bytes, frames[0]);
    EXPECT_EQ(heard[1].bytes, frames[1]);
    EXPECT_GE(capture.sources().at(0).packets, 2u);
    EXPECT_NE(capture.sources().at(0).last_packet, TimePoint{});
  });
  if (!ran) GTEST_SKIP() << kNeeds;
}

TEST(LiveCapture, PutsVlanTagsBackWhereTheyWere) {
  const bool ran = run_apart([] {
    const TestClock clock;
    LiveCapture capture({"vb"}, {}, clock);
    const Sender sender("va");
    const std::string inside = ipv4(17, udp(40'000, 502, "tagged"));
    const std::string frames[] = {
        ethernet(0x8100, vlan(0x6065, 0x0800, inside)),                   // priority 3, 101
        ethernet(0x8100, vlan(7, 0x8100, vlan(8, 0x0800, inside))),       // two of a kind
        ethernet(0x88a8, vlan(0x1123, 0x8100, vlan(9, 0x0800, inside))),  // a provider's around a customer's
        ethernet(0x0800, inside),
    };
    for (const std::string& frame : frames) ASSERT_TRUE(sender.send(frame));
    const auto heard = hear(capture, std::size(frames));
    ASSERT_EQ(heard.size(), std::size(frames));
    for (size_t i = 0; i < heard.size(); ++i) EXPECT_EQ(heard[i].bytes, frames[i]) << i;
  });
  if (!ran) GTEST_SKIP() << kNeeds;
}

TEST(LiveCapture, DropsOutgoingCopiesOfTheLoopbackOnly) {
  const bool ran = run_apart([] {
    const TestClock clock;
    LiveCapture capture({"lo", "va"}, {}, clock);
    const Sender loopback("lo");
    const Sender wire("va");
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(loopback.send(datagram("lo" + std::to_string(i))));
      ASSERT_TRUE(wire.send(datagram("va" + std::to_string(i))));
    }
    ASSERT_TRUE(loopback.send(datagram("end")));
    std::vector<Heard> heard;
    while (heard.empty() || heard.back().bytes != datagram("end")) {
      auto one = hear(capture, 1);
      ASSERT_FALSE(one.empty());
      heard.push_back(one[0]);
    }
    ASSERT_EQ(heard.size(), 7u);
    for (size_t i = 0; i < 6; ++i) {
      EXPECT_EQ(heard[i].bytes, datagram((i % 2 == 0 ? "lo" : "va") + std::to_string(i / 2)));
      EXPECT_EQ(heard[i].file, i % 2);
    }
  });
  if (!ran) GTEST_SKIP() << kNeeds;
}

TEST(LiveCapture, CountsWhatFoundTheRingFullAndWhen) {
  const bool ran = run_apart([] {
    ip("link set va mtu 65000");
    ip("link set vb mtu 65000");
    TestClock clock;
    LiveCapture capture({"vb"}, {}, clock);
    ASSERT_TRUE(beat(capture, clock));
    capture.take_losses();
    const Sender sender("va");
    const std::string frame = ethernet(0x88b5, std::string(60'000, 'x'));
    constexpr uint64_t kSent = 1500;  // 90 MB into 64 MiB
    for (uint64_t i = 0; i < kSent; ++i) ASSERT_TRUE(sender.send(frame));
    const auto heard = hear(capture, 900);
    EXPECT_EQ(heard.size(), 900u);
    EXPECT_EQ(heard.at(0).bytes, frame) << "the whole frame, however long";
    const auto loss = loss_of(capture, clock, [](const LiveLoss& l) { return l.kind == "kernel-drop"; });
    ASSERT_TRUE(loss);
    EXPECT_EQ(loss->source, "vb");
    EXPECT_GT(loss->count, 0u);
    EXPECT_LT(loss->since, loss->until);
    EXPECT_EQ(capture.sources().at(0).drops, loss->count);
    EXPECT_LE(loss->count + 900, kSent + 10);
  });
  if (!ran) GTEST_SKIP() << kNeeds;
}

TEST(LiveCapture, RecordsHowLongAnInterfaceWasDownAndHearsItAgain) {
  const bool ran = run_apart([] {
    TestClock clock;
    LiveCapture capture({"vb"}, {}, clock);
    const Sender sender("va");
    ASSERT_TRUE(sender.send(datagram("before")));
    ASSERT_EQ(hear(capture, 1).size(), 1u);
    ip("link set vb down");
    const auto begun = loss_of(capture, clock, [](const LiveLoss& l) { return l.reason == "the interface was down"; });
    ASSERT_TRUE(begun);
    EXPECT_EQ(capture.sources().at(0).state, InterfaceState::down);
    ip("link set vb up");
    const auto ended = loss_of(capture, clock, [](const LiveLoss& l) { return l.kind == "blind"; });
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->since, begun->since);
    EXPECT_GT(ended->until, begun->until);
    EXPECT_GE(capture.sources().at(0).blind, ended->until - ended->since);
    ASSERT_TRUE(sender.send(datagram("after")));
    const auto heard = hear(capture, 1);
    ASSERT_EQ(heard.size(), 1u);
    EXPECT_EQ(heard[0].bytes, datagram("after"));
  });
  if (!ran) GTEST_SKIP() << kNeeds;
}

TEST(LiveCapture, ListensAgainToAnInterfaceThatWasTakenAwayAndCameBack) {
  const bool ran = run_apart([] {
    TestClock clock;
    LiveCapture capture({"vb"}, {}, clock);
    ip("link del va");
    ASSERT_TRUE(beat(capture, clock));
    EXPECT_EQ(capture.sources().at(0).state, InterfaceState::gone);
    ip("link add va type veth peer name vb");
    ip("link set va up");
    ip("link set vb up");
    ASSERT_TRUE(loss_of(capture, clock, [](const LiveLoss& l) { return l.reason == "the interface was not there"; }));
    EXPECT_EQ(capture.sources().at(0).state, InterfaceState::up);
    const Sender sender("va");
    ASSERT_TRUE(sender.send(datagram("again")));
    EXPECT_EQ(hear(capture, 1).size(), 1u);
  });
  if (!ran) GTEST_SKIP() << kNeeds;
}

TEST(LiveCapture, TellsThatNothingWasHeardBeforeTheFirstPacketOrAtAll) {
  const bool ran = run_apart([] {
    ip("link set dev va arp off");
    ip("link set dev vb arp off");
    TestClock clock;
    LiveCapture capture({"va", "lo"}, {}, clock);
    const Sender sender("lo");
    ASSERT_TRUE(sender.send(datagram("first")));
    ASSERT_EQ(hear(capture, 1).size(), 1u);
    const auto first = capture.take_losses();
    ASSERT_FALSE(first.empty());
    EXPECT_EQ(first.back().source, "lo");
    EXPECT_EQ(first.back().reason, "nothing was heard before the first packet");
    clock.forward(std::chrono::seconds(5));
    capture.finish();
    for (const LiveLoss& loss : capture.take_losses()) {
      EXPECT_EQ(loss.source, "va") << "the loopback was heard";
      EXPECT_TRUE(loss.reason != "nothing was heard at all" || loss.until - loss.since >= std::chrono::seconds(5));
    }
  });
  if (!ran) GTEST_SKIP() << kNeeds;
}

TEST(LiveCapture, TurnsOffloadsOffOrLeavesThemAndSaysWhichAreOn) {
  const bool ran = run_apart([] {
    const TestClock clock;
    {
      const LiveCapture left({"vb"}, {.leave_offloads = true}, clock);
      EXPECT_FALSE(left.sources().at(0).offloads.empty()) << "a veth has them on at first";
    }
    const LiveCapture off({"vb"}, {}, clock);
    EXPECT_TRUE(off.sources().at(0).offloads.empty());
  });
  if (!ran) GTEST_SKIP() << kNeeds;
}

TEST(LiveCapture, SaysWhichInterfacesThereAre) {
  const bool ran = run_apart([] {
    const TestClock clock;
    try {
      const LiveCapture capture({"eth9"}, {}, clock);
      FAIL();
    } catch (const Error& error) {
      const std::string what = error.what();
      EXPECT_NE(what.find("there is no interface eth9"), std::string::npos) << what;
      EXPECT_NE(what.find("va"), std::string::npos) << what;
    }
    EXPECT_THROW(LiveCapture({"va", "va"}, {}, clock), Error);
    EXPECT_THROW(LiveCapture({"a-name-longer-than-any-interface-has"}, {}, clock), Error);
    EXPECT_THROW(LiveCapture({""}, {}, clock), Error);
  });
  if (!ran) GTEST_SKIP() << kNeeds;
}

}  // namespace
}  // namespace rampart::monitor
