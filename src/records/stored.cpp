#include "records/stored.h"

#include <algorithm>
#include <array>
#include <utility>

#include "records/cbor.h"
#include "records/decoder.h"
#include "records/describe.h"
#include "records/encoder.h"

namespace rampart::records {
namespace {

/// Kinds in the order of their numbers, which is that of Fact: its place in a Fact is a kind's number.
struct KindEntry {
  std::string_view name{};
  uint16_t version = 1;  // of the schema, as this version writes it
};
constexpr std::array<KindEntry, std::variant_size_v<Fact>> kKinds = {{
    {"unknown", 0},           {"run", 2},         {"transaction", 1},  {"finding", 1},
    {"asset-seen", 2},        {"loss", 2},        {"flow", 2},         {"read-summary", 1},
    {"repeats", 1},           {"not-kept", 1},    {"plant-change", 1}, {"rule-change", 1},
    {"journal-event", 1},     {"key-change", 1},  {"journal-read", 1}, {"login", 1},
    {"protection-seen", 1},   {"evidence", 1},    {"statement", 1},    {"level-change", 1},
    {"certificate-event", 1}, {"guard-event", 1},
}};
static_assert(
    std::same_as<std::variant_alternative_t<static_cast<size_t>(Kind::protection_seen), Fact>, ProtectionSeen>);
static_assert(std::same_as<std::variant_alternative_t<static_cast<size_t>(Kind::read_summary), Fact>, ReadSummary>);

template <class Record, size_t... kPlace>
constexpr uint16_t number_of(std::index_sequence<kPlace...>) {
  return static_cast<uint16_t>(((std::same_as<Record, std::variant_alternative_t<kPlace, Fact>> ? kPlace : 0) + ...));
}
template <class Record>
constexpr uint16_t kNumber = number_of<Record>(std::make_index_sequence<kKinds.size()>());

/// put_record writes one record. `kept`: fields that this version does not know, those of the record itself with
/// `owner`.
template <class Record>
void put_record(std::vector<uint8_t>& out, const Envelope& envelope, const Record& record, std::span<const Kept> kept,
                const void* owner) {
  Writer writer(out);
  const size_t at = writer.open_map();
  Encoder encoder(writer, kept, owner);
  fields(encoder, envelope);
  if constexpr (HasFields<Record>) fields(encoder, record);
  writer.close_map(at, encoder.finish());
}

template <class Record>
void put_new(std::vector<uint8_t>& out, const Record& record, TimePoint written) {
  constexpr uint16_t kKind = kNumber<Record>;
  put_record(out, {kKind, kKinds[kKind].version, written}, record, {}, nullptr);
}

/// emplace makes `fact` hold an empty record of the kind.
template <size_t... kPlace>
void emplace(Fact& fact, size_t kind, std::index_sequence<kPlace...>) {
  ((kPlace == kind ? static_cast<void>(fact.emplace<kPlace>()) : void()), ...);
}

/// time_of is a record's own time, the one of its line of JSON.
template <class Record>
TimePoint time_of(const Record& record, TimePoint written) {
  if constexpr (requires { record.when; }) {
    return record.when;
  } else if constexpr (requires { record.asked_at; }) {
    return record.asked_at;
  } else if constexpr (requires { record.last; }) {
    return record.last;
  } else if constexpr (requires { record.until; }) {
    return record.until;
  } else {
    return written;
  }
}

}  // namespace

std::string_view to_text(Kind kind) {
  const auto number = static_cast<size_t>(kind);
  return kKinds[number < kKinds.size() ? number : 0].name;
}

uint16_t schema_version(Kind kind) {
  const auto number = static_cast<size_t>(kind);
  return number < kKinds.size() ? kKinds[number].version : uint16_t{0};
}

std::optional<Kind> parse_kind(std::string_view word) {
  const auto found =
      std::find_if(kKinds.begin() + 1, kKinds.end(), [word](const KindEntry& kind) { return kind.name == word; });
  if (found == kKinds.end()) return {};
  return static_cast<Kind>(found - kKinds.begin());
}

void append_cbor(std::vector<uint8_t>& out, const Run& run, TimePoint written) { put_new(out, run, written); }
void append_cbor(std::vector<uint8_t>& out, const Transaction& transaction, TimePoint written) {
  put_new(out, transaction, written);
}
void append_cbor(std::vector<uint8_t>& out, const Finding& finding, TimePoint written) {
  put_new(out, finding, written);
}
void append_cbor(std::vector<uint8_t>& out, const AssetSeen& seen, TimePoint written) { put_new(out, seen, written); }
void append_cbor(std::vector<uint8_t>& out, const Loss& loss, TimePoint written) { put_new(out, loss, written); }
void append_cbor(std::vector<uint8_t>& out, const Flow& flow, TimePoint written) { put_new(out, flow, written); }
void append_cbor(std::vector<uint8_t>& out, const ReadSummary& summary, TimePoint written) {
  put_new(out, summary, written);
}
void append_cbor(std::vector<uint8_t>& out, const Repeats& repeats, TimePoint written) {
  put_new(out, repeats, written);
}
void append_cbor(std::vector<uint8_t>& out, const NotKept& not_kept, TimePoint written) {
  put_new(out, not_kept, written);
}
void append_cbor(std::vector<uint8_t>& out, const PlantChange& change, TimePoint written) {
  put_new(out, change, written);
}
void append_cbor(std::vector<uint8_t>& out, const RuleChange& change, TimePoint written) {
  put_new(out, change, written);
}
void append_cbor(std::vector<uint8_t>& out, const JournalEvent& event, TimePoint written) {
  put_new(out, event, written);
}
void append_cbor(std::vector<uint8_t>& out, const KeyChange& change, TimePoint written) {
  put_new(out, change, written);
}
void append_cbor(std::vector<uint8_t>& out, const JournalRead& read, TimePoint written) { put_new(out, read, written); }
void append_cbor(std::vector<uint8_t>& out, const Login& login, TimePoint written) { put_new(out, login, written); }
void append_cbor(std::vector<uint8_t>& out, const ProtectionSeen& seen, TimePoint written) {
  put_new(out, seen, written);
}
void append_cbor(std::vector<uint8_t>& out, const Evidence& evidence, TimePoint written) {
  put_new(out, evidence, written);
}
void append_cbor(std::vector<uint8_t>& out, const Statement& statement, TimePoint written) {
  put_new(out, statement, written);
}
void append_cbor(std::vector<uint8_t>& out, const LevelChange& change, TimePoint written) {
  put_new(out, change, written);
}

void append_cbor(std::vector<uint8_t>& out, const CertificateEvent& event, TimePoint written) {
  put_new(out, event, written);
}
void append_cbor(std::vector<uint8_t>& out, const GuardEvent& event, TimePoint written) {
  put_new(out, event, written);
}

struct Stored::Body {
  std::vector<uint8_t> bytes;
  Envelope envelope;
  Fact fact;
  Borrowed borrowed;
};

Stored::Stored(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Stored::Stored(Stored&&) noexcept = default;
Stored& Stored::operator=(Stored&&) noexcept = default;
Stored::~Stored() = default;

std::optional<Stored> Stored::decode(Bytes cbor) {
  auto body = std::make_unique<Body>();
  body->bytes.assign(cbor.begin(), cbor.end());
  Reader reader(body->bytes);
  const Item map = reader.next();
  if (map.kind != Item::Kind::map) return {};
  Decoder decoder(reader, body->borrowed, &body->fact, map.number, 1);
  fields(decoder, body->envelope);
  if (body->envelope.kind == 0 || body->envelope.version == 0) return {};
  emplace(body->fact, body->envelope.kind, std::make_index_sequence<kKinds.size()>());
  std::visit(
      [&decoder]<class Record>(Record& record) {
        if constexpr (HasFields<Record>) fields(decoder, record);
      },
      body->fact);
  if (!decoder.finish() || reader.left() != 0) return {};
  std::sort(body->borrowed.kept.begin(), body->borrowed.kept.end());
  return Stored(std::move(body));
}

uint16_t Stored::kind_number() const { return body_->envelope.kind; }
uint16_t Stored::version() const { return body_->envelope.version; }
TimePoint Stored::written() const { return body_->envelope.written; }
const Fact& Stored::fact() const { return body_->fact; }
Bytes Stored::bytes() const { return body_->bytes; }

TimePoint Stored::when() const {
  return std::visit([this](const auto& record) { return time_of(record, written()); }, body_->fact);
}

std::vector<uint8_t> Stored::encode() const {
  std::vector<uint8_t> out;
  std::visit([&](const auto& record) { put_record(out, body_->envelope, record, body_->borrowed.kept, &body_->fact); },
             body_->fact);
  return out;
}

}  // namespace rampart::records
