// A small process that keeps the one right which a gateway with other hosts' addresses needs for every connection, so
// that the gateway itself, which reads what peers send, has none. It makes sockets on demand and does nothing else.
#pragma once

#include <string>

#include "net/socket.h"

namespace rampart::apps {

class SocketHelper {
 public:
  /// Begins the helper, which becomes `user` and keeps CAP_NET_ADMIN alone. Before any thread is made and before rights
  /// are dropped. Errors: throws Error where the system refuses.
  explicit SocketHelper(const std::string& user);
  ~SocketHelper();  // the helper ends with its other end
  SocketHelper(const SocketHelper&) = delete;
  SocketHelper& operator=(const SocketHelper&) = delete;

  /// make is a transparent socket of the helper's making; invalid where it did not give one within a second.
  net::Descriptor make(net::Kind kind, bool six) const;

 private:
  net::Descriptor channel_;
  int child_ = -1;
};

}  // namespace rampart::apps
