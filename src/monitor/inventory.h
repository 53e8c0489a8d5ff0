// Who is there: every address that a run saw, what it does and what it says of itself, and which addresses are one
// device. A sink beside others; one thread. What assets() gives is a copy and stands alone.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/keyed_hash.h"
#include "records/records.h"

namespace rampart::monitor {

/// Confidence says how we know an attribute: the device told it of itself, another one told it of the device, or we
/// conclude it from something else.
enum class Confidence : uint8_t { inferred, told_by_another, told_by_itself };
std::string_view to_text(Confidence confidence);

/// Told is one value of one attribute with where it comes from. Two values of one kind, unit and source contradict
/// each other; both are kept.
struct Told {
  protocols::Attribute::Kind kind{};
  uint32_t unit = protocols::Object::kNoUnit;
  std::string text;    // valid UTF-8 without control characters
  std::string source;  // "modbus 43/14 object 5"
  Confidence confidence = Confidence::told_by_itself;
  std::optional<IpAddress> by{};  // who told it, where that was another one
  TimePoint when{};
  uint64_t packet = 0;
};

/// Role is what an asset does in one protocol on one port of the server. Where no protocol is known, the port stands
/// for it. Actions are bits by their number.
struct Role {
  protocols::Protocol protocol{};
  records::Transport transport{};
  uint16_t port = 0;
  uint64_t client_flows = 0, server_flows = 0;
  uint64_t answered_flows = 0;     // as server, with octets back
  uint64_t asked = 0, served = 0;  // operations; served: answered
  uint32_t asks = 0, serves = 0;
  std::vector<uint32_t> clients, servers;  // peers: who asked it, whom it asked; places in the list of assets
  bool is_client() const { return client_flows > 0 || asked > 0; }
  bool is_server() const { return answered_flows > 0 || served > 0; }
};
/// append_service writes "modbus tcp/502", "tcp/443".
void append_service(std::string& out, const Role& role);

/// UnitSeen is a unit or link address behind an address of the asset, which was asked or asks.
struct UnitSeen {
  protocols::Protocol protocol{};
  uint32_t unit = 0;
  uint64_t operations = 0, answered = 0;
};

/// Guess is what kind of asset this seems to be, in the plant's words; empty where nothing speaks for any.
struct Guess {
  enum class Likelihood : uint8_t { low, medium, high };
  std::string_view kind{};
  Likelihood likelihood = Likelihood::low;
  std::string reason{};
};
std::string_view to_text(Guess::Likelihood likelihood);

/// SeenAsset is one device as far as the evidence goes.
struct SeenAsset {
  std::vector<IpAddress> ips;    // its own
  std::vector<MacAddress> macs;  // its own, or the router's that its packets came through: see through_router
  std::vector<uint16_t> vlans;
  std::vector<UnitSeen> units;
  std::vector<Role> roles;
  std::vector<Told> told;  // by kind; within a kind the surest first, then the newest
  Guess guess;
  TimePoint first{}, last{};
  uint64_t packets = 0, octets = 0;  // sent
  uint64_t packets_received = 0, octets_received = 0;
  bool through_router = false;  // the MAC is that of a router in between
  uint32_t forwards = 0;        // addresses of other networks whose packets came from its MAC: it is a router
  std::string joined{};         // why several addresses are one asset; empty: there is one

  /// value is the first text told of `kind`, empty where there is none.
  std::string_view value(protocols::Attribute::Kind kind) const;
};

/// InventoryTotals: what bounds cost. Addresses that nothing came from are counted, not listed.
struct InventoryTotals {
  uint64_t addresses = 0, silent_addresses = 0;
  uint64_t addresses_dropped = 0, attributes_dropped = 0, roles_dropped = 0, units_dropped = 0, peers_dropped = 0,
           links_dropped = 0;
  bool lossy = false;  // the sensor itself lost packets: an absence proves nothing
  TimePoint first{}, last{};
};

/// InventoryLimits bound memory: one address costs about half a KiB and what is told of it.
struct InventoryLimits {
  size_t addresses = 100'000;
  size_t attributes = 128, roles = 64, peers = 128, units = 300, links = 8;  // of one address
};

class Inventory final : public records::Sink {
 public:
  /// `networks`: those that the plant knows. Elsewhere neighbours are those of one /24 or /64.
  /// `hash_key`: of its tables; a live sensor wants a random one.
  explicit Inventory(std::vector<IpNetwork> networks = {}, const InventoryLimits& limits = {},
                     const HashKey& hash_key = {});

  void record(const records::Run& run) override;
  void record(const records::Transaction& transaction) override;
  void record(const records::Finding&) override {}
  void record(const records::ProtectionSeen&) override {}
  void record(const records::AssetSeen& seen) override;
  void record(const records::Loss& loss) override;
  void record(const records::Flow& flow) override;
  // What a journal has instead of the transactions that it did not keep one by one.
  void record(const records::ReadSummary& summary);
  void record(const records::Repeats& repeats);

  /// assets joins addresses to devices and sorts them: IPv4, IPv6, then those with a MAC only. Cost: linear.
  std::vector<SeenAsset> assets() const;
  InventoryTotals totals() const;

 private:
  /// Link: a MAC that frames from an address had. Direct: they cannot have come through a router.
  struct Link {
    MacAddress mac{};
    bool direct = false;
  };
  /// Entry is one address. Role::clients and servers are places in entries_ here.
  static constexpr uint32_t kNone = 0xffffffff;
  struct Entry {
    std::optional<IpAddress> ip{};
    MacAddress mac{};          // where there is no ip
    uint32_t network = kNone;  // of the plant's, that it lies in
    std::vector<Link> links;
    std::vector<uint16_t> vlans;
    std::vector<UnitSeen> units;
    std::vector<Role> roles;
    std::vector<Told> told;
    TimePoint first{}, last{};
    uint64_t packets = 0, octets = 0, packets_received = 0, octets_received = 0;
    bool in_flow = false;
    bool claimed = false;  // somebody said who it is: ARP, DHCP
  };
  struct Joined;

  uint32_t place(const records::Side& side, TimePoint when);
  uint32_t place_anew(const records::Side& side, TimePoint when);
  void stay(Entry& entry, TimePoint when);
  Role* role(Entry& entry, const records::Conversation& conversation);
  void peer(std::vector<uint32_t>& peers, uint32_t other);
  void link(Entry& entry, const std::optional<MacAddress>& mac, bool direct);
  void operations(const records::Conversation& conversation, records::Direction asked,
                  const protocols::Operation& operation, bool answered, uint64_t count, TimePoint when);
  void unit(Entry& entry, protocols::Protocol protocol, uint32_t unit, uint64_t count, bool answered);
  void claim(const protocols::Attribute& attribute, TimePoint when);
  void note(Entry& entry, Told told);
  static bool neighbours(const Entry& one, const Entry& other);
  bool heard(const Entry& entry) const;

  std::vector<IpNetwork> networks_;
  InventoryLimits limits_;
  std::deque<Entry> entries_;
  SeededHash hash_;
  std::unordered_map<IpAddress, uint32_t, SeededHash> by_ip_;
  std::unordered_map<MacAddress, uint32_t, SeededHash> by_mac_;
  std::vector<uint32_t> lately_;  // by part of an address' hash: the entry looked up last, which may be another one's
  InventoryTotals totals_;
};

/// readable makes text of a device fit for people and files: controls and what is no UTF-8 become '?', at most 200
/// octets.
std::string readable(std::string_view text);

}  // namespace rampart::monitor
