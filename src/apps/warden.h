// The part of the gateway's helper that hears whether the gateway lives: two seconds of silence, or its end, and the
// kernel gets the rules of failure; a beat, and it gets the standing ones back. It lives in the helper's process.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "gateway/kernel_rules.h"

namespace rampart::apps {

class Warden {
 public:
  /// Word is what it tells the gateway: News::What, and seconds since 1970.
  struct Word {
    uint64_t what = 0;
    int64_t since = 0;
  };

  /// Empty `rules`: it does nothing, since nothing needs to be done.
  Warden(gateway::KernelRules rules, int pulse) : rules_(std::move(rules)), pulse_(pulse) {}

  /// check has nft read both sets without loading them. False with what it says.
  bool check(std::string& wrong) const;
  /// wait is for how long poll() may: milliseconds, -1 for ever.
  int wait() const;
  /// beaten: the gateway lives. look loads the rules of failure where it was silent for too long.
  void beaten();
  void look();
  /// gateway_ended loads them where they are not.
  void gateway_ended();

 private:
  bool arms() const { return !rules_.standing.empty(); }
  void fail();
  void tell(uint64_t what, int64_t since) const;

  gateway::KernelRules rules_;
  int pulse_ = -1;
  bool watching_ = false, failed_ = false, tried_ = false, complained_ = false;
  int64_t since_ = 0;      // when the rules of failure were loaded, by the wall's clock
  int64_t last_beat_ = 0;  // milliseconds of the steady clock
};

}  // namespace rampart::apps
