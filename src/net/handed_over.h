// Listening sockets that whoever started us hands over, and that we leave with it for who comes after: what comes in
// between waits in them, so that a restart refuses nobody. Source: sd_listen_fds(3), sd_notify(3). One thread.
#pragma once

#include <cstdint>
#include <vector>

#include "net/socket.h"

namespace rampart::net {

class HandedOver {
 public:
  /// Takes what $LISTEN_FDS names, where $LISTEN_PID is this process: descriptors from 3 on. What is no listener of TCP
  /// or socket of UDP is closed.
  static HandedOver from_environment();
  explicit HandedOver(std::vector<Descriptor> descriptors);

  /// take gives the socket that is bound to `place`; invalid where there is none.
  Descriptor take(const Place& place, Kind kind);
  /// close_rest closes those that nobody took, and says how many.
  size_t close_rest();

 private:
  struct Socket {
    Place place;
    Kind kind{};
    Descriptor descriptor;
  };
  std::vector<Socket> sockets_;
};

}  // namespace rampart::net
