// The vocabulary of facts: what a sensor, a gateway or a person's act becomes when it is written down. One struct per
// kind; the JSON form is in json.h. Records borrow: they are valid during the Sink call that hands them over.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/time.h"
#include "protocols/operation.h"

namespace rampart::records {

using protocols::Direction;

/// Side is one end of a conversation.
struct Side {
  std::optional<IpAddress> ip{};
  std::optional<MacAddress> mac{};
  uint16_t port = 0;
  std::string_view asset{};  // id by the plant; empty: not an asset of the plant
  std::string_view zone{};   // id by the plant; empty: in no zone
};

enum class Transport : uint8_t { none, tcp, udp, other, ethernet };
std::string_view to_text(Transport transport);

/// Conversation is the flow that a record comes from. `json` is its part of every line, asked by the client and by the
/// server: made by the first line that needs it, kept so that the next ones cost a copy, and to be cleared by whoever
/// changes the rest. One thread.
struct Conversation {
  uint64_t flow_id = 0;
  std::optional<uint16_t> vlan;
  Transport transport = Transport::none;
  uint8_t ip_protocol = 0;
  Side client, server;
  protocols::Protocol protocol;
  std::string community_id;
  mutable std::string json[2];
};

/// Seen says how well something was seen.
enum class Seen : uint8_t { whole, gap_before, truncated, unsupported };
std::string_view to_text(Seen seen);

/// Verdict: what the plant says of an operation. `none`: there was nothing to judge it by.
struct Verdict {
  enum class Kind : uint8_t { none, allowed, denied, undecidable };
  Kind kind = Kind::none;
  std::string_view conduit{}, rule{}, reason{};
};
std::string_view to_text(Verdict::Kind kind);

/// Transaction: an operation and what became of it. `operation` is null where nobody was seen asking.
struct Transaction {
  const Conversation* conversation = nullptr;
  Direction asked{};
  TimePoint asked_at{}, answered_at{};
  uint64_t asked_packet = 0, answered_packet = 0;  // numbers in the capture, from 1; 0: none
  uint64_t exchange = 0;
  const protocols::Operation* operation = nullptr;
  std::span<const protocols::Answer* const> answers{};
  protocols::Outcome outcome{};
  Seen seen = Seen::whole;
  Verdict verdict{};
  std::string_view deviation{};
};

/// kByGateway names the outcome of an operation that a gateway refused: it never reached its server.
inline constexpr std::string_view kByGateway = "by-gateway";

enum class Severity : uint8_t { critical = 1, high = 2, medium = 3, low = 4 };
std::string_view to_text(Severity severity);

/// Finding: something that somebody should look at. `signature` numbers the kind and never changes its meaning.
struct Finding {
  TimePoint when{};
  uint64_t packet = 0;
  uint32_t signature = 0;
  std::string_view id{};  // "no-conduit"
  std::string_view category{};
  Severity severity = Severity::medium;
  std::string_view message{};  // what happened, where, in a person's words
  const Conversation* conversation = nullptr;
  Direction asked{};
  std::string_view zone{}, conduit{}, rule{}, reason{};
  std::string_view technique{};    // ATT&CK for ICS
  std::string_view requirement{};  // IEC 62443-3-3
  const protocols::Operation* operation = nullptr;
  uint64_t count = 1;         // occurrences that this record stands for
  uint64_t first_packet = 0;  // of those
};

/// AssetSeen: an address, or an attribute that a device told of itself or of another, seen for the first time.
struct AssetSeen {
  TimePoint when{};
  uint64_t packet = 0;
  Side side;
  std::optional<uint16_t> vlan;
  const Conversation* conversation = nullptr;
  const protocols::Attribute* attribute = nullptr;
};

/// Loss: something that was there and was not seen, with what it cost.
struct Loss {
  TimePoint when{};
  uint64_t packet = 0;
  std::string_view kind{};  // "gap", "malformed", "unsupported", "packet", "capture", "kernel-drop", "blind"
  std::string_view reason{};
  uint64_t count = 0;  // octets of a gap, packets of a kernel-drop, else occurrences
  const Conversation* conversation = nullptr;
  Direction direction{};
  TimePoint since{};          // where an interval was lost: from here until `when`
  std::string_view source{};  // interface or file
};

/// Flow: the end of a conversation.
struct Flow {
  const Conversation* conversation = nullptr;
  TimePoint first{}, last{};
  uint64_t first_packet = 0;
  uint64_t packets[2]{}, octets[2]{};  // to the server, to the client
  uint64_t operations = 0;
  uint64_t lost_octets = 0;
  bool opening_seen = false;
  std::string_view end{};  // "closed", "reset", "idle", "evicted", "capture-end"
  protocols::Assurance encrypted{}, authenticated{};
};

/// ProtectionSeen: how a conversation is protected, as it showed itself; once for each pair of ends, port and content.
struct ProtectionSeen {
  TimePoint when{};
  uint64_t packet = 0;
  const Conversation* conversation = nullptr;
  Direction direction{};  // of who showed it
  protocols::Protection protection{};
};

/// Run: the sensor itself, at its start and its end.
struct Run {
  enum class Kind : uint8_t { start, stop };
  Kind kind = Kind::start;
  TimePoint when{};  // packet time: of the first and of the last packet
  std::string_view version{}, plant{}, plant_sha256{}, sources{};
  std::string_view settings{};  // options in force, as words: "workers=2 operations=all"
  std::string_view person{};    // identifier, see journal/persons.h
  uint64_t packets = 0, octets = 0, flows = 0, operations = 0, findings = 0;
  uint64_t malformed_packets = 0, gaps = 0, gap_octets = 0, evicted_flows = 0, given_up_operations = 0;
};

/// ReadSummary: plain reads of one object range by one client of one server, within one minute; what stood out of them
/// was recorded by itself. `operation` is the first of them, without values.
struct ReadSummary {
  TimePoint first{}, last{};
  const Conversation* conversation = nullptr;
  Direction asked{};
  const protocols::Operation* operation = nullptr;
  Verdict verdict{};
  uint64_t count = 0;
  Duration latency_least{}, latency_most{}, latency_total{};
};

/// Repeats: what happened again and again after a Transaction that was recorded, counted. `operation` as it was then.
struct Repeats {
  TimePoint first{}, last{};
  const Conversation* conversation = nullptr;
  Direction asked{};
  const protocols::Operation* operation = nullptr;
  Verdict verdict{};
  protocols::Outcome outcome{};
  uint64_t count = 0;
};

/// NotKept: what was not written down, and why: told once it can be told. SR 2.9, SR 2.10.
struct NotKept {
  TimePoint since{}, until{};
  std::string_view kind{};    // name of the records' kind
  std::string_view source{};  // address that they came from; empty: several
  std::string_view reason{};  // "quota", "disk-full", "write-failed", "sync-failed", "buffer-full", "too-large"
  uint64_t count = 0, octets = 0;
};

/// PlantChange: the plant that judges is another one from here on.
struct PlantChange {
  TimePoint when{};
  std::string_view person{}, file{};
  std::string_view before_sha256{}, after_sha256{};  // of the file's text; the texts are blobs
  std::string_view how{};                            // "loaded", "set"
  std::string_view path{}, before{}, after{};        // where one value was set
};

/// RuleChange: one rule that a PlantChange brought, took or altered, in the plant file's own words.
struct RuleChange {
  TimePoint when{};
  std::string_view plant_sha256{}, conduit{}, rule{};
  std::string_view change{};  // "added", "removed", "altered"
  std::string_view before{}, after{};
};

/// JournalEvent: what happened to the journal itself.
struct JournalEvent {
  TimePoint when{};
  // "opened", "closed", "torn-tail", "damaged", "clock-step", "write-failed", "sync-failed", "disk-full", "recovered",
  // "capacity", "pruned", "blobs-pruned", "signing-failed", "restored", "backed-up", "name-erased"
  std::string_view event{};
  std::string_view reason{}, person{};
  uint64_t from = 0, to = 0;  // record numbers that it is about: from included, to not
  uint64_t count = 0;         // octets, names, blobs
  Duration step{};            // clock-step: by how much, forward positive
};

/// KeyChange: from the checkpoint that covers this record on, `after` signs. Both are signed-note verifier keys.
struct KeyChange {
  TimePoint when{};
  std::string_view before{}, after{}, reason{}, person{};
};

/// JournalRead: somebody read or exported the journal.
struct JournalRead {
  TimePoint when{};
  std::string_view person{}, what{}, filter{}, destination{};  // what: "show", "export cef" ...
  uint64_t from = 0, to = 0, records = 0;
};

/// Login: an access attempt of a person.
struct Login {
  TimePoint when{};
  std::string_view person{}, method{}, outcome{}, reason{}, zone{}, asset{};
  std::optional<IpAddress> address{};
};

/// Evidence: one thing that somebody who can see it found to be so, or not so, of the plant or a part of it: a gateway
/// that a conduit is enforced, a packet filter that its rules are loaded, a host's check. `fact` is one of the words of
/// docs/formats/levels.md; a word that nobody knows counts for nothing.
struct Evidence {
  TimePoint when{};
  std::string_view fact{};           // "conduit-enforced"
  std::string_view scope{};          // "plant", "journal", "zone", "conduit", "asset"
  std::string_view subject{};        // id by the plant; empty for plant and journal
  bool holds = false;                // so, or not so
  uint16_t share_permille = 1000;    // of the subject that was looked at
  std::string_view origin{};         // who found it: "gateway gw-1"
  std::string_view text{};           // in a person's words, with numbers
  std::string_view sha256{};         // of a blob that holds the detail
  std::optional<TimePoint> until{};  // from here on it counts no more, where that is sooner than the aspect says
  uint64_t count = 0;                // what a counter says: requests held to the rules
};

/// Statement: a person's word for what no machine sees, with a document and an end; or its withdrawal.
struct Statement {
  TimePoint when{};
  std::string_view id{}, person{};
  std::string_view what{};  // aspect "SR 7.5/a", row "SR 7.5", clause "ORG 1.1"
  std::string_view scope{}, subject{};
  std::string_view answer{};  // "met", "compensated", "not-applicable"
  uint8_t maturity = 0;       // 1 to 4, of programmes
  std::string_view document{}, sha256{};
  TimePoint until{};
  std::string_view reason{};
  bool withdrawn = false;
};

/// LevelChange: the security level achieved of a zone or conduit is another one from here on.
struct LevelChange {
  TimePoint when{};
  std::string_view scope{}, subject{};  // "zone" or "conduit", and its id
  std::string_view requirement{};       // "FR5"
  uint8_t before = 0, after = 0, target = 0;
  std::string_view row{};    // that decides now: the first that blocks the level above
  std::string_view cause{};  // in a person's words
  std::string_view fact{};   // whose coming, going or expiry changed it
  uint64_t record = 0;       // the fact's record, where it came from one
};

/// CertificateEvent: what happened to a certificate of the plant's authority, or to a token that one is enrolled by.
struct CertificateEvent {
  TimePoint when{};
  // "authority-made", "token-made", "token-refused", "issued", "renewed", "renewal-refused", "revoked", "crl-made", "expires", "expired",
  // "used-in-grace"
  std::string_view event{};
  std::string_view subject{};           // id by the plant
  std::string_view role{}, serial{};    // serial: lower-case hexadecimal
  std::string_view sha256{};            // of the certificate
  TimePoint until{};                    // its end, or the token's
  std::string_view person{}, reason{};  // reason: in a person's words, or of RFC 5280
  std::optional<IpAddress> address{};   // who asked, where that was over a network
};

/// GuardEvent: what a gateway or a packet filter did to itself or to a conduit, and why.
struct GuardEvent {
  TimePoint when{};
  std::string_view origin{};  // "gateway gw-1", "firewall gw-1"
  // "applied", "confirmed", "rolled-back", "undone", "failed-closed", "failed-open", "island", "overload", "recovered",
  // "handed-over", "took-over", "stood-back", "wire-up", "wire-down"
  std::string_view event{};
  std::string_view conduit{};  // id; empty: all that it guards
  std::string_view reason{}, person{}, sha256{};
  uint64_t count = 0;  // flows cut, connections
};

/// Sink takes records. One thread calls it, in the order of the wire.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void record(const Run& run) = 0;
  virtual void record(const Transaction& transaction) = 0;
  virtual void record(const Finding& finding) = 0;
  virtual void record(const AssetSeen& seen) = 0;
  virtual void record(const Loss& loss) = 0;
  virtual void record(const Flow& flow) = 0;
  virtual void record(const ProtectionSeen& seen) = 0;

  // What no traffic tells, but who guards or certifies. A sink that has no use for it leaves it.
  virtual void tell(const Evidence&) {}
  virtual void tell(const CertificateEvent&) {}
  virtual void tell(const GuardEvent&) {}
};

}  // namespace rampart::records
