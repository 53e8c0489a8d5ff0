// Packets as they pass, from one or several interfaces, in the order of their time. next() belongs to one thread; what
// the interfaces do and what was lost may be asked by another.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "monitor/capture.h"
#include "monitor/interface.h"
#include "monitor/ring.h"

namespace rampart::monitor {

struct LiveOptions {
  bool leave_offloads = false;  // merging and splitting in the card and the kernel stay as they are
};

/// LiveLoss: an interval in which an interface was not or not wholly seen. `kind` and `reason` are literals.
struct LiveLoss {
  TimePoint since{}, until{};
  std::string source;
  std::string_view kind, reason;
  uint64_t count = 0;
};

/// LiveSource: how one interface fares.
struct LiveSource {
  std::string name;
  InterfaceState state{};
  uint64_t packets = 0, octets = 0, drops = 0;
  TimePoint last_packet{};  // zero: none yet
  Duration blind{};         // in all, the time at hand included
  std::vector<std::string> offloads;
};

class LiveCapture : public PacketSource {
 public:
  /// Opens `interfaces` in order. After it nothing needs a right any more. `clock` must outlive it.
  /// Errors: throws Error with what would mend it.
  LiveCapture(const std::vector<std::string>& interfaces, const LiveOptions& options, const Clock& clock);
  ~LiveCapture() override;

  /// next waits at most a fifth of a second before it says `pause`, and says `beat` once a second. It never ends.
  bool next(RawPacket& packet) override;
  Progress progress() const override { return {}; }

  /// sources tells how the interfaces fare; any thread.
  std::vector<LiveSource> sources() const;
  /// take_losses gives what was lost and not yet taken; any thread. finish() first ends what is still going on.
  std::vector<LiveLoss> take_losses();
  void finish();

 private:
  struct Tap;

  Tap* earliest(TimePoint& settled);
  void hand_out(Tap& tap, RawPacket& packet);
  void look_after(TimePoint now);
  void look_at_tap(Tap& tap, TimePoint now);
  void end_blindness(Tap& tap, TimePoint now);
  void lose(const Tap& tap, std::string_view kind, std::string_view reason, TimePoint since, TimePoint until,
            uint64_t count);
  void wait(Duration longest);

  const Clock& clock_;
  std::vector<std::unique_ptr<Tap>> taps_;
  Tap* given_ = nullptr;  // whose front was handed out last
  uint64_t number_ = 0;
  Duration next_beat_{};
  bool paused_ = true;  // nothing was handed out since it was last said that there is nothing
  mutable std::mutex mutex_;
  std::vector<LiveLoss> losses_;
};

}  // namespace rampart::monitor
