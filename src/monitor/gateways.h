// What a monitor has to know of the plant's gateways: who talks to an addressed one means an asset behind it, and it
// asks that asset for those who may. So a conversation through it is two, and neither is a stranger's. Immutable.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/address.h"
#include "plant/plant.h"
#include "protocols/operation.h"
#include "records/records.h"

namespace rampart::monitor {

class Gateways {
 public:
  /// A gateway's own addresses are those where it serves, the one of its wire, and those of the asset that has its id.
  explicit Gateways(const plant::Plant& plant);
  Gateways() = default;

  /// Behind is what an addressed gateway stands before at one of its own places.
  struct Behind {
    IpAddress server;  // of the asset; behind a serial line the gateway's own, where the unit tells
    protocols::Protocol protocol{};
  };
  /// behind finds it for `at`; null: nothing is served there.
  const Behind* behind(const records::Side& at, records::Transport transport) const;
  /// at is the gateway that has that address; plant::kNone: none has.
  plant::Index at(const std::optional<IpAddress>& ip) const;
  /// clients lists the assets that may ask `server` through an addressed gateway: those that rules of its conduits
  /// name.
  std::span<const plant::Index> clients(plant::Index gateway, plant::Index server) const;
  /// are_wired is true where `server` is the wire of a peer of `gateway` (policy::are_peers).
  bool are_wired(plant::Index gateway, const records::Side& server) const;

 private:
  struct Place {
    IpAddress ip;
    uint16_t port = 0;
    records::Transport transport{};
    bool operator==(const Place&) const = default;
  };
  struct PlaceHash {
    size_t operator()(const Place& place) const {
      return place.ip.hash() ^ (size_t{place.port} << 8 | static_cast<size_t>(place.transport));
    }
  };
  void add_addressed(const plant::Plant& plant, plant::Index gateway);

  std::unordered_map<Place, Behind, PlaceHash> behind_;
  std::unordered_map<IpAddress, plant::Index> own_;
  std::unordered_map<uint64_t, std::vector<plant::Index>> clients_;        // gateway << 32 | server
  std::unordered_map<Place, std::vector<plant::Index>, PlaceHash> wires_;  // the gateways that may come to each
};

}  // namespace rampart::monitor
