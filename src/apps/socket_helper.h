// A small process that keeps the one right which a gateway with other hosts' addresses needs, so that the gateway
// itself, which reads what peers send, has none. It makes sockets on demand, hears whether the gateway lives, and where
// it does not, loads the kernel's rules for that; both sets of rules are made before the gateway reads anything.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "gateway/kernel_rules.h"
#include "net/socket.h"

namespace rampart::apps {

class SocketHelper {
 public:
  /// News is what the helper did since it was asked last.
  struct News {
    enum class What : uint8_t { failed, recovered, not_loaded, gone };
    What what{};
    TimePoint since{};  // recovered: when the rules of failure had been loaded, by whoever did
  };

  /// Begins the helper, which becomes `user` and keeps CAP_NET_ADMIN alone. With `rules` it watches over the gateway
  /// from the first beat on. Before any thread is made and before rights are dropped. Errors: throws Error where the
  /// system refuses, or nft the rules.
  SocketHelper(const std::string& user, const std::optional<gateway::KernelRules>& rules);
  ~SocketHelper();  // the helper ends with its other end
  SocketHelper(const SocketHelper&) = delete;
  SocketHelper& operator=(const SocketHelper&) = delete;

  /// make is a transparent socket of the helper's making; invalid where it did not give one within a second.
  net::Descriptor make(net::Kind kind, bool six) const;
  /// beat says that the gateway lives: once a second. Two seconds without are its failure.
  void beat();
  /// news is what happened and was not told yet, one at a time. `gone` is told once.
  std::optional<News> news();
  bool alive() const { return !gone_; }

 private:
  std::optional<net::Descriptor> take_answer(int flags) const;

  net::Descriptor channel_, pulse_;
  mutable uint32_t owed_ = 0;  // answers that did not come in time
  int child_ = -1;
  bool gone_ = false;
};

}  // namespace rampart::apps
