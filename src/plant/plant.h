// The plant model: what one plant.yaml says, as values. Every node keeps the place it was written at, so that whoever
// finds fault with it (the loader here, or policy, which knows the protocols' words) can point there. Immutable after
// load(); any thread may read it. References between nodes are resolved to indexes into the vectors of Plant.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/error.h"
#include "base/time.h"

namespace rampart::plant {

/// Text is a word or a sentence of the file and where it stands. Words of protocols stay text here: policy reads them.
struct Text {
  std::string value;
  Mark mark;
};

using Index = uint32_t;
inline constexpr Index kNone = 0xffffffff;

/// SlVector is a security level 0..4 for each foundational requirement, in the order IAC UC SI DC RDF TRE RA.
struct SlVector {
  std::array<uint8_t, 7> levels{};
  auto operator<=>(const SlVector&) const = default;
};

enum class Permission : uint8_t { watch, acknowledge, lease, rehearse, approve, override_, verify };

struct Role {
  Text id;
  std::vector<Permission> may;
  uint32_t factors = 1;
};

struct EssentialFunction {
  Text id;
  std::string name;
  uint8_t safety = 0, environment = 0, production = 0;  // consequence 0..5 if it is lost
};

struct Network {
  IpNetwork cidr;
  std::optional<uint16_t> vlan;
  std::string seen_by;  // sensor that sees it, where the same numbers exist twice; empty: any
  Mark mark;
};

/// Location is one way to reach an asset. What is not said does not matter.
struct Location {
  std::optional<IpAddress> ip;
  std::optional<MacAddress> mac;
  std::optional<uint16_t> vlan;
  std::optional<uint32_t> unit;  // Modbus unit identifier, IEC 104 common address behind the address
  std::optional<uint32_t> link;  // DNP3 link address behind the address
  std::string route;             // CIP route behind the address
  std::string name;              // PROFINET station name
  Mark mark;
};

/// Point is one value of an asset's process image. `range`, `step` and `safe` are in engineering units: raw × scale +
/// offset.
struct Point {
  Text id;
  Text object;      // in the protocol's words
  Text type;        // "float32"; empty: what the object itself says
  Text byte_order;  // "big" (default), "little", "word-swapped" (CDAB), "byte-swapped" (BADC); empty: big
  std::string unit;
  double scale = 1, offset = 0;
  std::optional<double> minimum, maximum;  // range
  std::optional<double> step;              // largest change by one write
  std::vector<double> safe;                // always pass bounds, step and rate
  Mark mark;
};

/// Connected says how an asset is connected; ZCR 3.4 and 3.6 keep what comes and goes, and what comes by other people's
/// networks, apart from the rest.
enum class Connected : uint8_t { permanently, temporarily, externally };

struct Asset {
  Text id;
  Text kind;
  std::string name, vendor, model, firmware, serial;
  std::optional<Connected> connected;
  bool wireless = false;
  std::vector<Text> deviations;  // from the protocols' specifications that its messages may show, by name
  std::vector<Location> at;
  std::vector<Index> essential;  // into Plant::essential_functions
  std::vector<Point> points;
  Index zone = kNone;
  Mark mark;
};

struct Inventory {
  bool complete = false;
  std::optional<std::chrono::year_month_day> reviewed;
  std::string by;
};

struct Zone {
  Text id;
  std::string name;
  std::optional<uint8_t> level;  // Purdue level 0..5
  bool safety = false;
  SlVector target;
  std::vector<Network> networks;
  Inventory inventory;
  std::vector<Index> assets;  // into Plant::assets
  Mark mark;
};

enum class Mode : uint8_t { learn, test, enforce };
enum class OnDeny : uint8_t { exception, ignore, reset };
enum class OnFailure : uint8_t { close, open, island };
enum class Protect : uint8_t { none, mutual_tls };
enum class Unknown : uint8_t { deny, allow };
enum class JournalWhen : uint8_t { after, before };

struct Rate {
  uint32_t count = 0;
  std::chrono::seconds per{};
};

/// PortRange is ports `first` to `last`, both included, as a rule writes them.
struct PortRange {
  uint16_t first = 0, last = 0;
  bool contains(uint16_t port) const { return first <= port && port <= last; }
};

/// Rule says what a conduit lets through. Empty `points`, `objects`, `functions`: not narrowed by them.
struct Rule {
  Text id;
  std::vector<Text> allow;  // actions, in the vocabulary's words
  Text protocol;
  std::vector<Index> from, to;   // assets
  std::vector<Text> points;      // ids of points of the assets in `to`
  std::vector<Text> objects;     // in the protocol's words
  std::vector<Text> functions;   // names or codes of the protocol's functions
  std::vector<PortRange> ports;  // of the server; only with the protocols tcp and udp
  std::optional<Rate> rate;
  Index role = kNone;
  uint32_t approvals = 0;
  Index during = kNone;  // into Plant::calendars
  bool essential = true;
  bool reviewed = true;
  Unknown unknown = Unknown::deny;
  std::optional<Mode> mode;
  std::optional<JournalWhen> journal;
  Mark mark;
};

/// Conduit joins two or more zones; one that joins a zone with itself says what is allowed inside it.
struct Conduit {
  Text id;
  std::string name;
  std::vector<Index> joins;                      // zones, at least two entries
  std::array<std::optional<uint8_t>, 7> target;  // named elements; the rest is the highest of the zones joined
  Text guard;                                    // gateway that enforces it; empty: only watched
  std::vector<Text> guards;  // one for each of `joins`, where each zone has a gateway of its own; `guard` is the first
  Mode mode = Mode::enforce;
  OnDeny on_deny = OnDeny::exception;
  OnFailure on_failure = OnFailure::close;
  Protect protect = Protect::none;
  std::vector<Rule> rules;
  Mark mark;

  /// guarded_by is true where `gateway` enforces the conduit, alone or as one of two.
  bool guarded_by(std::string_view gateway) const;
  /// guard_of is the gateway at the side of `zone`; empty where there is none.
  std::string_view guard_of(Index zone) const;
};

struct Calendar {
  Text id;
  std::array<bool, 7> days{};                // Monday first
  std::chrono::minutes from{}, to{24 * 60};  // of the day; from > to: over midnight
  Text zone;                                 // IANA name; empty: UTC
};

/// FindingSetting tunes one kind of finding: how often before it is told, and how long the sensor learns first.
struct FindingSetting {
  Text id;  // of the finding; which there are is known to the monitor, which checks the word
  std::optional<Rate> threshold;
  std::optional<std::chrono::seconds> learn;
  Mark mark;
};

/// Who is one end that a suppression names: an asset, or an address that is none.
struct Who {
  Index asset = kNone;
  std::optional<IpAddress> ip;
};

/// Suppression keeps findings that somebody has looked at from being told, until a day. What is not said does not
/// matter, but something is said: asset and zone are of either end.
struct Suppression {
  Text finding;
  Index asset = kNone, zone = kNone, conduit = kNone;
  std::optional<Who> from, to;
  std::chrono::year_month_day until{};  // the last day on which it applies, UTC
  std::string reason, by;
  Mark mark;

  /// end is the moment from which on it does not apply any more.
  TimePoint end() const { return std::chrono::sys_days(until) + std::chrono::days(1); }
};

/// Stands says how a gateway stands in a conduit: clients talk to it, or it is the router between both sides and keeps
/// all addresses, or a bridge between two ports of one subnet.
enum class Stands : uint8_t { addressed, transparent, bridged };
enum class Parity : uint8_t { none, even, odd };
enum class TlsVersion : uint8_t { tls12, tls13 };
/// TlsSide: on which sides a protocol is spoken inside TLS (Modbus/TCP Security).
enum class TlsSide : uint8_t { none, clients, server, both };
/// Unnamed: what becomes of what no rule names, where the gateway is a bridge.
enum class Unnamed : uint8_t { drop, pass };

/// SerialLine is how devices behind a gateway are reached: Modbus RTU. Source: MODBUS over Serial Line 1.02.
struct SerialLine {
  Text device;  // "/dev/ttyS0"
  uint32_t baud = 19'200;
  Parity parity = Parity::even;
  uint32_t stop_bits = 1;
};

/// Wire is where a gateway takes connections of the gateways at the other ends of its conduits.
struct WireEnd {
  std::optional<IpAddress> at;
  uint16_t port = 14'443;
  TlsVersion oldest = TlsVersion::tls13;
  Mark mark;
};

/// Serve is one thing that a gateway stands before: an asset and a protocol. Ports of zero: the protocol's usual one.
struct Serve {
  Index to = kNone;  // asset
  Text protocol;     // of the registry, or tcp, udp for what is not decoded
  bool udp = false;
  std::optional<IpAddress> at;       // where clients find it; only of a gateway that is addressed
  uint16_t port = 0;                 // there, or of the asset where the gateway is not addressed
  uint16_t server_port = 0;          // of the asset; 0: as `port`
  uint32_t sessions = 0;             // that the asset bears at a time; 0: not said
  uint32_t kept = 0;                 // the last of these, for essential clients only
  TlsSide tls = TlsSide::none;       // Modbus/TCP Security; its usual port is 802
  std::optional<SerialLine> serial;  // the asset is behind this line, not at an address
  Mark mark;
};

/// GatewayLimits bound what peers can make a gateway hold.
struct GatewayLimits {
  uint32_t connections = 20'000;  // in all
  uint32_t each_client = 1'000;   // of one client address
  uint32_t half_open = 1'000;     // whose server has not answered yet
  uint32_t buffers_mib = 256;     // held for peers that are slow, in all
};

struct Gateway {
  Text id;
  Stands stands = Stands::addressed;
  std::vector<Text> interfaces;  // the upper side, then the lower; empty where it is addressed
  Unnamed unnamed = Unnamed::drop;
  std::vector<Serve> serves;
  GatewayLimits limits;
  std::optional<WireEnd> wire;
  std::chrono::seconds grace{};  // for which a certificate of an essential peer is taken after it expired
  Mark mark;
};

struct Plant {
  std::string file;
  std::string text;  // the file as read: for excerpts, hashes and edits
  std::string name;
  std::string tolerable_risk;
  std::vector<Role> roles;
  std::vector<EssentialFunction> essential_functions;
  std::vector<Zone> zones;
  std::vector<Asset> assets;
  std::vector<Conduit> conduits;
  std::vector<Calendar> calendars;
  std::vector<Gateway> gateways;
  std::vector<FindingSetting> findings;
  std::vector<Suppression> suppressions;
  std::vector<Index> assets_by_id, zones_by_id, conduits_by_id;  // sorted by load(); a plant made by hand has none

  /// asset, zone, conduit: index by id; kNone where there is none.
  Index asset(std::string_view id) const;
  Index zone(std::string_view id) const;
  Index conduit(std::string_view id) const;
  /// target is the conduit's SL-T with what it does not name filled from its zones. Source: IEC 62443-3-2 ZCR 5.6, 6.
  SlVector target(const Conduit& conduit) const;
  /// problem points at `mark` of the file, with the line as excerpt.
  Problem problem(Mark mark, std::string what, std::string hint = {}) const;
};

/// Loaded is a plant with everything that is wrong with it. `plant` is usable only where no problem is an error.
struct Loaded {
  Plant plant;
  std::vector<Problem> problems;
  bool ok() const;
};

/// load reads `file`; load_text reads `text` and calls it `file` in messages. All problems of the file come in one run,
/// in the order of the file. A file that cannot be read is one problem. Limits: 16 MiB, depth 16, 1,000,000 nodes.
Loaded load(const std::string& file);
Loaded load_text(std::string text, const std::string& file);

/// require gives the plant, or throws FileError with all problems.
Plant require(Loaded loaded);

/// edited is the text of `plant` with the one scalar at `path` set to `value`: everything else, comments included,
/// stays to the byte. Path: keys, ids and numbers, `zones/control/assets/plc-dosing/points/chlorine/step`. Throws Error
/// where the path leads nowhere, to no scalar, or where the result would not load.
std::string edited(const Plant& plant, std::string_view path, std::string_view value);
/// scalar_at is the one value at such a path, as it reads. Errors: throws Error where there is none.
std::string scalar_at(const Plant& plant, std::string_view path);

}  // namespace rampart::plant
