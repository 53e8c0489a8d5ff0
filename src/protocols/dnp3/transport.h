// DNP3's transport function (IEEE 1815 clause 8): segments to application fragments. One Transport belongs to one
// decoder; it keeps at most kContexts unfinished fragments, each bounded, and reuses their memory.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "protocols/operation.h"

namespace rampart::protocols::dnp3 {

/// kFragmentOctets: IEEE 1815 sets 2048 as the largest fragment that a device may expect another to take. Devices
/// configured for more exist; they are decoded up to kLongestFragment and named.
inline constexpr size_t kFragmentOctets = 2048;
inline constexpr size_t kLongestFragment = 4096;

class Transport {
 public:
  /// Result: `fragment` where one is complete; it lies in the segment or in the transport, until the next call.
  struct Result {
    enum class State : uint8_t { complete, held, malformed };
    State state = State::complete;
    Bytes fragment{};
    std::string_view reason{};     // malformed
    std::string_view deviation{};  // empty: none
  };

  /// add takes the user data of one frame: transport octet and at most 249 octets.
  Result add(Direction direction, uint16_t destination, uint16_t source, Bytes segment);
  /// drop forgets what was begun in `direction`, or there between these two.
  void drop(Direction direction);
  void drop(Direction direction, uint16_t destination, uint16_t source);

 private:
  static constexpr size_t kContexts = 16;

  /// Context is an unfinished fragment of one sender to one receiver; several stations may share a connection.
  struct Context {
    bool open = false;
    uint8_t sequence = 0;
    Direction direction{};
    uint16_t destination = 0;
    uint16_t source = 0;
    uint64_t touched = 0;
    size_t last_segment = 0;  // where the last segment begins, to tell a repeated one
    std::vector<uint8_t> bytes;
  };

  Context* find(Direction direction, uint16_t destination, uint16_t source);
  Context& begin(Direction direction, uint16_t destination, uint16_t source);
  void close(Context& context);

  std::array<Context, kContexts> contexts_;
  size_t open_ = 0;
  uint64_t clock_ = 0;
};

}  // namespace rampart::protocols::dnp3
