// One interface's packets out of the kernel: an AF_PACKET socket and the ring of blocks (TPACKET_V3) that it fills.
// Owns both. One thread. Opening needs CAP_NET_RAW; everything afterwards, also binding anew, needs no right.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/time.h"

namespace rampart::monitor {

/// RingFrame is one frame in the ring, valid until the next call of Ring::next().
struct RingFrame {
  TimePoint time;
  Bytes bytes;                   // the VLAN tag that the kernel took off is back in its place
  uint32_t original_length = 0;  // on the wire
  bool outgoing = false;         // sent by this host
};

class Ring {
 public:
  static constexpr uint32_t kBlock = 1u << 20;
  static constexpr uint32_t kBlocks = 64;
  /// A block that is not full is handed over after so long: the longest that a frame is hidden from us.
  static constexpr std::chrono::milliseconds kRetire{10};

  /// Makes the ring; hears nothing before bind(). Errors: throws Error, also where the right lacks; `name` is for them.
  explicit Ring(const std::string& name);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// bind listens to the interface, promiscuously, from here on; anew where one of that name came back. False: errno
  /// says why.
  bool bind(int interface_index);
  /// front gives the frame at the front; false where there is none at the moment. It stays at the front until pop().
  bool front(RingFrame& frame);
  void pop();

  /// dropped asks the kernel how many frames found the ring full since it was last asked.
  uint64_t dropped();
  int descriptor() const { return socket_; }

 private:
  bool open_block();
  void close_block();

  int socket_ = -1;
  uint8_t* blocks_ = nullptr;
  uint32_t block_ = 0;         // at hand, or the next to come
  uint8_t* packet_ = nullptr;  // at the front; null: none
  uint32_t left_ = 0;          // in the block, that at the front included
  bool tag_restored_ = false;  // of the frame at the front
};

}  // namespace rampart::monitor
