// The plant that a draft proposes, before it is text: hosts become assets, assets come into zones, what was asked
// becomes rules. Private to draft*.cpp. Everything is ordered by address and words, never by the order of arrival.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "monitor/draft_gather.h"

namespace rampart::monitor::discover {

/// Level is the class of an asset by its role; the number is the Purdue level that its zone is drafted with.
enum class Level : uint8_t { control = 1, supervisory = 2, other = 3, outside = 5, group = 6 };

/// Host is an address with what it was seen to do.
struct Host {
  std::set<uint32_t> units, links;  // that were asked for behind it, and that a plant can write
  bool unit_beyond = false;         // one that no plant can write was asked for: broadcast
  bool answers_industrial = false, telemetry = false, engineers = false, changes = false, spoke = false;
  bool serves = false;           // answered something
  std::set<Address> asks;        // industrial servers
  std::set<std::string> speaks;  // names of protocols it answers to
  std::set<uint16_t> ports;      // that it answers on without protocol, the first few
  uint64_t requests = 0;         // that it was asked
};

struct DraftPoint {
  std::string id, object, type;
  double least = 0, most = 0;      // seen
  double lowest = 0, highest = 0;  // drafted
  double unit = 0;                 // that they were rounded to; 0: not rounded
  uint64_t count = 0;
  uint16_t protocol = 0;
  Place place;
  uint64_t first = 0, last = 0;
};

struct DraftAsset {
  std::string id, kind;
  Address address;
  std::optional<uint32_t> unit, link;
  Level level = Level::other;
  size_t zone = 0;
  std::string reason;
  Told told;
  std::vector<DraftPoint> points;
  std::vector<std::string> notes;
};

struct DraftZone {
  std::string id, name, reason;
  Level level = Level::other;
  std::vector<std::string> networks;
  std::vector<size_t> assets;
};

/// Body is what a rule allows, without who and whom.
struct Body {
  uint16_t protocol = 0;
  std::string plain;  // tcp, udp, icmp, ip-47: where there is no protocol
  protocols::Action action = protocols::Action::session;
  std::set<std::string> functions;
  Objects objects;
  std::set<std::string> points;
  Ranges ports;
  auto operator<=>(const Body&) const = default;
};

/// Evidence is where the reason for a rule lies.
struct Evidence {
  uint64_t count = 0, first_packet = 0;
  bool unanswered = true;
  void add(const Evidence& other);
};

struct DraftRule {
  std::string id;
  Body body;
  std::set<size_t> from, to;
  Evidence evidence;
};

struct NotAllowed {
  size_t client = 0, server = 0;
  std::string what;
  uint64_t count = 0;
  std::vector<uint64_t> packets;
};

struct DraftConduit {
  std::string id;
  size_t one = 0, other = 0;  // zones, the lower index first
  std::vector<DraftRule> rules;
  std::vector<NotAllowed> not_allowed;
};

struct Plan {
  std::map<Address, Host> hosts;
  std::vector<DraftAsset> assets;
  std::map<Address, std::vector<size_t>> assets_at;
  std::vector<DraftZone> zones;
  std::vector<DraftConduit> conduits;
  std::map<Address, std::string> scanners;  // with what they did
  size_t hosts_left_out = 0;

  /// party is the asset that policy::identify() will find; the caller has checked that the address has one.
  size_t party(const Address& address, uint16_t protocol, uint32_t unit) const;
};

/// never_drafted: what changes logic, state or configuration of a device is for a person to allow.
bool never_drafted(protocols::Action action);
/// industrial is false of protocols that offices speak too.
bool industrial(uint16_t protocol);
/// is_group: an address that is no host's: multicast, broadcast, unspecified.
bool is_group(const Address& address);
/// is_outside: an address of the internet.
bool is_outside(const IpAddress& ip);
/// subnet_of is the /24 or /64 around an address; nothing where it has no IP.
std::optional<IpNetwork> subnet_of(const Address& address);
/// words_of writes what was asked in the plant's words; false where one of them cannot be written.
bool words_of(uint16_t protocol, const Place& place, uint64_t first, uint64_t last, std::string& out);
/// counted writes "1 time", "3 times".
std::string counted(uint64_t count, std::string_view word);

void plan_scanners(const Gatherer& seen, Plan& plan);
void plan_assets(const Gatherer& seen, Plan& plan);
void plan_zones(Plan& plan);
void plan_points(const Gatherer& seen, Plan& plan);
void plan_rules(const Gatherer& seen, Plan& plan);

}  // namespace rampart::monitor::discover
