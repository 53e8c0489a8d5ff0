#include "monitor/live_capture.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace rampart::monitor {
namespace {

constexpr std::chrono::seconds kBeat{1};
constexpr std::chrono::milliseconds kLongestWait{200};
/// So long a frame waits for earlier ones of other interfaces: two turns of the kernel's timer, and some.
constexpr Duration kSettle = 4 * Ring::kRetire;
constexpr size_t kMostLosses = 1024;  // not taken; a beat takes them all

std::string_view reason_of(InterfaceState state) {
  switch (state) {
    case InterfaceState::up:
      return "nothing was heard before the first packet";
    case InterfaceState::no_carrier:
      return "the interface had no carrier";
    case InterfaceState::down:
      return "the interface was down";
    case InterfaceState::gone:
      return "the interface was not there";
  }
  return "";
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

}  // namespace

/// Tap is one interface. What other threads read is atomic, or changed under the capture's mutex (`blind_since`).
struct LiveCapture::Tap {
  explicit Tap(std::string its_name) : name(std::move(its_name)), ring(name) {}

  std::string name;
  Ring ring;
  uint32_t number = 0;
  uint32_t link_type = 0;
  bool loopback = false;
  int index = 0;
  std::vector<std::string> offloads;
  RingFrame frame;
  bool ready = false;  // `frame` is at the front
  TimePoint asked{};   // when drops were last asked for
  std::string_view blind_reason{};

  std::atomic<InterfaceState> state{InterfaceState::up};
  std::atomic<uint64_t> packets{0}, octets{0}, drops{0};
  std::atomic<TimePoint> last{TimePoint{}};
  std::atomic<TimePoint> blind_since{TimePoint{}};  // zero: it is seen
  std::atomic<Duration> blind{Duration{}};
};

LiveCapture::LiveCapture(const std::vector<std::string>& interfaces, const LiveOptions& options, const Clock& clock)
    : clock_(clock) {
  for (const std::string& name : interfaces) {
    for (const auto& other : taps_) {
      if (other->name == name) throw Error("interface " + name + " is named twice", "name each interface once");
    }
    auto tap = std::make_unique<Tap>(name);
    const int socket = tap->ring.descriptor();
    const Interface found = look_at(socket, name);
    if (found.state == InterfaceState::gone) {
      throw Error("there is no interface " + name, "there are: " + joined(interfaces_there()));
    }
    tap->link_type = link_type_of(socket, name);
    if (tap->link_type == 0) {
      throw Error("interface " + name + " is of a kind whose frames are not decoded",
                  "Ethernet, loopback and IP tunnels are; there are: " + joined(interfaces_there()));
    }
    if (!options.leave_offloads) turn_offloads_off(socket, name);
    tap->offloads = offloads_on(socket, name);
    tap->number = static_cast<uint32_t>(taps_.size());
    tap->index = found.index;
    tap->loopback = found.loopback;
    // Nothing is heard until the first packet: an interface that is down, or a mirror that mirrors nothing, is blind.
    tap->asked = clock.now();
    tap->blind_since = tap->asked;
    tap->state = found.state;
    tap->blind_reason = reason_of(found.state);
    if (!tap->ring.bind(found.index) && errno != ENETDOWN) {
      throw Error("cannot listen on " + name + ": " + std::strerror(errno), "`ip link show " + name + "` tells more");
    }
    taps_.push_back(std::move(tap));
  }
  if (taps_.empty()) throw Error("no interface is named", "name at least one: --interface eth0");
  next_beat_ = clock.steady() + kBeat;
}

LiveCapture::~LiveCapture() = default;

bool LiveCapture::next(RawPacket& packet) {
  if (given_ != nullptr) {
    given_->ring.pop();
    given_->ready = false;
    given_ = nullptr;
  }
  packet.bytes = {};
  packet.number = number_;
  // The clock is asked now and then under load, always when there is nothing to do.
  while (true) {
    if (paused_ || number_ % 64 == 0) {
      const Duration steady = clock_.steady();
      if (steady >= next_beat_) {
        next_beat_ = std::max(next_beat_ + kBeat, steady);
        packet.item = RawPacket::Item::beat;
        packet.time = clock_.now();
        look_after(packet.time);
        return true;
      }
    }
    TimePoint settled{};
    Tap* tap = earliest(settled);
    if (tap != nullptr && tap->loopback && tap->frame.outgoing) {  // comes a second time, as received
      tap->ring.pop();
      tap->ready = false;
      continue;
    }
    if (tap != nullptr) {
      hand_out(*tap, packet);
      return true;
    }
    if (!paused_) {
      paused_ = true;
      packet.item = RawPacket::Item::pause;
      return true;
    }
    Duration longest = std::min<Duration>(kLongestWait, next_beat_ - clock_.steady());
    if (settled != TimePoint{}) longest = std::min<Duration>(longest, Ring::kRetire);
    wait(longest);
    paused_ = false;  // after this round it is said again, so that the caller can look whether to stop
  }
}

/// earliest is the tap with the earliest frame that nothing can precede any more; null where there is none. `settled`
/// is then when one of them will be, if any waits.
LiveCapture::Tap* LiveCapture::earliest(TimePoint& settled) {
  Tap* first = nullptr;
  bool all = true;
  for (const auto& tap : taps_) {
    if (!tap->ready) tap->ready = tap->ring.front(tap->frame);
    all = all && (tap->ready || tap->state != InterfaceState::up);
    if (tap->ready && (first == nullptr || tap->frame.time < first->frame.time)) first = tap.get();
  }
  if (first == nullptr || all) return first;
  const TimePoint ripe = first->frame.time + kSettle;
  // A clock that was set back must hold up nothing for long.
  const TimePoint now = clock_.now();
  if (now >= ripe || ripe - now > 2 * kSettle) return first;
  settled = ripe;
  return nullptr;
}

void LiveCapture::hand_out(Tap& tap, RawPacket& packet) {
  packet.item = RawPacket::Item::packet;
  packet.time = tap.frame.time;
  packet.bytes = tap.frame.bytes;
  packet.original_length = tap.frame.original_length;
  packet.link_type = tap.link_type;
  packet.number = ++number_;
  packet.file = tap.number;
  tap.packets.store(tap.packets.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  tap.octets.store(tap.octets.load(std::memory_order_relaxed) + packet.original_length, std::memory_order_relaxed);
  tap.last.store(packet.time, std::memory_order_relaxed);
  // Of an interface that went down there may still be frames in the ring; look_at_tap() says when it is seen again.
  if (tap.blind_since.load(std::memory_order_relaxed) != TimePoint{} && tap.state == InterfaceState::up) [[unlikely]] {
    end_blindness(tap, packet.time);
  }
  given_ = &tap;
  paused_ = false;
}

void LiveCapture::end_blindness(Tap& tap, TimePoint now) {
  const TimePoint since = tap.blind_since;
  tap.blind_since = TimePoint{};
  if (now <= since) return;
  tap.blind = tap.blind.load() + (now - since);
  lose(tap, "blind", tap.blind_reason, since, now, 0);
}

void LiveCapture::look_after(TimePoint now) {
  for (const auto& tap : taps_) look_at_tap(*tap, now);
}

void LiveCapture::look_at_tap(Tap& tap, TimePoint now) {
  if (const uint64_t dropped = tap.ring.dropped(); dropped != 0) {
    tap.drops += dropped;
    lose(tap, "kernel-drop", "the kernel's buffer was full", tap.asked, now, dropped);
  }
  const Interface found = look_at(tap.ring.descriptor(), tap.name);
  const InterfaceState before = tap.state;
  const bool blind = tap.blind_since.load() != TimePoint{};
  if (found.state != InterfaceState::gone && found.index != tap.index && tap.ring.bind(found.index)) {
    tap.index = found.index;
    if (before == InterfaceState::up) lose(tap, "blind", "the interface was replaced by another", tap.asked, now, 0);
  }
  if (found.state != before && (before == InterfaceState::up || found.state == InterfaceState::gone)) {
    tap.blind_reason = reason_of(found.state);
  }
  if (before == InterfaceState::up && found.state != before && !blind) {
    // Told at once, as a process may be killed before the interface comes back.
    tap.blind_since = tap.asked;
    lose(tap, "blind", tap.blind_reason, tap.asked, now, 0);
  } else if (before != InterfaceState::up && found.state == InterfaceState::up && blind) {
    end_blindness(tap, now);
  }
  tap.state = found.state;
  tap.asked = now;
}

void LiveCapture::lose(const Tap& tap, std::string_view kind, std::string_view reason, TimePoint since, TimePoint until,
                       uint64_t count) {
  const std::lock_guard lock(mutex_);
  if (losses_.size() < kMostLosses) losses_.push_back({since, until, tap.name, kind, reason, count});
}

std::vector<LiveLoss> LiveCapture::take_losses() {
  const std::lock_guard lock(mutex_);
  return std::exchange(losses_, {});
}

void LiveCapture::finish() {
  const TimePoint now = clock_.now();
  look_after(now);
  for (const auto& tap : taps_) {
    if (tap->blind_since.load() == TimePoint{}) continue;
    if (tap->state == InterfaceState::up) tap->blind_reason = "nothing was heard at all";
    end_blindness(*tap, now);
  }
}

std::vector<LiveSource> LiveCapture::sources() const {
  const TimePoint now = clock_.now();
  std::vector<LiveSource> out;
  for (const auto& tap : taps_) {
    LiveSource source{.name = tap->name,
                      .state = tap->state,
                      .packets = tap->packets,
                      .octets = tap->octets,
                      .drops = tap->drops,
                      .last_packet = tap->last,
                      .blind = tap->blind,
                      .offloads = tap->offloads};
    const TimePoint since = tap->blind_since;
    if (since != TimePoint{} && now > since) source.blind += now - since;
    out.push_back(std::move(source));
  }
  return out;
}

void LiveCapture::wait(Duration longest) {
  std::vector<pollfd> waiting;
  for (const auto& tap : taps_) {
    // A ring whose front is known would end the wait at once; one that is down keeps saying so.
    if (tap->ready || tap->state != InterfaceState::up) continue;
    waiting.push_back({tap->ring.descriptor(), POLLIN, 0});
  }
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(std::max<Duration>(longest, Duration{}));
  poll(waiting.data(), waiting.size(), static_cast<int>(milliseconds.count()));
}

}  // namespace rampart::monitor
