// The stored form of records: one CBOR map each (RFC 8949, core deterministic encoding), described field by field in
// docs/formats/records.md. Key 0 is the kind, 1 the schema version of that kind, 2 when it was written down; the rest
// are the kind's fields. Numbers of kinds and of fields are never reused. What this version does not know survives.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "records/records.h"

namespace rampart::records {

/// Kind numbers the kinds of records. Names (to_text): "run", "transaction", "read-summary" ...
enum class Kind : uint16_t {
  run = 1,
  transaction = 2,
  finding = 3,
  asset_seen = 4,
  loss = 5,
  flow = 6,
  read_summary = 7,
  repeats = 8,
  not_kept = 9,
  plant_change = 10,
  rule_change = 11,
  journal_event = 12,
  key_change = 13,
  journal_read = 14,
  login = 15,
  protection_seen = 16,
  evidence = 17,
  statement = 18,
  level_change = 19,
  certificate_event = 20,
  guard_event = 21,
};
std::string_view to_text(Kind kind);  // "kind-77" is not made: unknown kinds give "unknown"
std::optional<Kind> parse_kind(std::string_view word);

/// Fact is a record of any kind; monostate: of a kind that this version does not know.
using Fact = std::variant<std::monostate, Run, Transaction, Finding, AssetSeen, Loss, Flow, ReadSummary, Repeats,
                          NotKept, PlantChange, RuleChange, JournalEvent, KeyChange, JournalRead, Login, ProtectionSeen,
                          Evidence, Statement, LevelChange, CertificateEvent, GuardEvent>;

/// kMostRecord is the size of the largest entry of a C2SP tlog-tiles bundle.
inline constexpr size_t kMostRecord = 65'535;

/// append_cbor writes one record. A record can come out larger than kMostRecord: the caller looks.
void append_cbor(std::vector<uint8_t>& out, const Run& run, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const Transaction& transaction, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const Finding& finding, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const AssetSeen& seen, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const Loss& loss, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const Flow& flow, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const ReadSummary& summary, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const Repeats& repeats, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const NotKept& not_kept, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const PlantChange& change, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const RuleChange& change, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const JournalEvent& event, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const KeyChange& change, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const JournalRead& read, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const Login& login, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const ProtectionSeen& seen, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const Evidence& evidence, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const Statement& statement, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const LevelChange& change, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const CertificateEvent& event, TimePoint written);
void append_cbor(std::vector<uint8_t>& out, const GuardEvent& event, TimePoint written);

/// Stored is one record read back. It owns everything that its fact borrows. Movable, not copyable.
class Stored {
 public:
  /// decode reads one record. Nothing where the bytes are no record: not CBOR, no map, no kind, wrong types, nested
  /// deeper than 16, trailing bytes. Never throws, allocates at most a small multiple of the input.
  static std::optional<Stored> decode(Bytes cbor);
  Stored(Stored&&) noexcept;
  Stored& operator=(Stored&&) noexcept;
  ~Stored();

  uint16_t kind_number() const;
  Kind kind() const { return static_cast<Kind>(kind_number()); }
  uint16_t version() const;
  TimePoint written() const;
  /// when is the record's own time (a finding's, a transaction's question); written() where it has none.
  TimePoint when() const;
  const Fact& fact() const;
  /// encode gives the record again, with every field that this version does not know, in the same order.
  std::vector<uint8_t> encode() const;
  Bytes bytes() const;  // as it was read

 private:
  struct Body;
  explicit Stored(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

/// append_json writes the record's line of JSON (docs/formats/events.md) with its number in the journal and when it was
/// written; append_json(fact) of the very record gave the same but for those two. Kinds unknown here come out as
/// hexadecimal.
void append_json(std::string& out, const Stored& stored, uint64_t number);

/// append_fields writes a table of all fields of `kind`, as in docs/formats/records.md: number, name, type. A test
/// holds the document against it.
void append_fields(std::string& out, Kind kind);

}  // namespace rampart::records
