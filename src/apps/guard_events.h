// What a gateway says of its own failures and of its recovery: records of its conduits. It watches the numbers that a
// beat brings; one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "plant/plant.h"
#include "records/records.h"

namespace rampart::apps {

/// Spell is a trouble that lasts: it begins once, and is over when it was not seen for ten seconds.
class Spell {
 public:
  enum class Change : uint8_t { none, began, ended };
  Change look(bool seen, Duration steady);

 private:
  bool lasts_ = false;
  Duration seen_{};
};

class GuardEvents {
 public:
  /// Conduits are those that `gateway` guards. The sink must outlive it.
  GuardEvents(records::Sink& sink, std::string gateway) : sink_(sink), gateway_(std::move(gateway)) {}

  /// Seen is what one beat brings.
  struct Seen {
    Duration stood_still{};  // the longest turn of the loop since the beat before
    uint64_t no_room = 0;    // peers cut off for want of room in the buffers, in all
    bool journal_failing = false;
    uint64_t not_kept = 0;  // records that the journal gave up, in all
  };
  void beat(const plant::Plant& plant, const Seen& seen, TimePoint now, Duration steady);

  /// failed: from `when` on the conduits did what their `on-failure` says.
  void failed(const plant::Plant& plant, TimePoint when, std::string_view reason);
  void recovered(const plant::Plant& plant, TimePoint now, std::string_view reason);
  /// closed: what begins anew does not pass, whatever the plant says.
  void closed(TimePoint now, std::string_view reason) { tell("failed-closed", {}, reason, now); }

  /// took_over: so many listening sockets were handed over to us.
  void took_over(TimePoint now, uint64_t count) {
    tell("took-over", {}, "the sockets that listen were handed over: nobody was refused", now, count);
  }

  /// role: of a pair, this one took over, or stood back.
  void role(TimePoint now, bool in_charge) {
    tell(in_charge ? "took-over" : "stood-back", {},
         in_charge ? "it is in charge of the pair; no value is known" : "the other of the pair is in charge", now);
  }

 private:
  void tell(std::string_view event, std::string_view conduit, std::string_view reason, TimePoint when,
            uint64_t count = 0);

  records::Sink& sink_;
  std::string gateway_;
  Spell buffers_, journal_;
  uint64_t no_room_ = 0, not_kept_ = 0;
};

}  // namespace rampart::apps
