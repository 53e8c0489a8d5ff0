#include "journal/note.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"

namespace rampart::journal {
namespace {

constexpr size_t kMostNote = 1'000'000;  // octets
constexpr size_t kMostSignatures = 100;
constexpr size_t kMostProof = 2'000'000;  // octets: a note and a record
constexpr size_t kMostHashes = 64;        // a proof in a tree of 2^64 records
constexpr size_t kMostRequestHashes = 63;
constexpr size_t kMostName = 255;
constexpr size_t kId = 4;
constexpr size_t kTime = 8;
constexpr uint64_t kMostTime = INT64_MAX;
constexpr std::string_view kDash = "\u2014 ";
constexpr std::string_view kProof = "c2sp.org/tlog-proof@v1";

/// has_white_space: any code point with the property White_Space, in UTF-8; ASCII's by octet.
bool has_white_space(std::string_view text) {
  static constexpr std::array<std::string_view, 19> kSpaces = {
      "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
      "\u2007", "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};
  if (text.find_first_of(" \t\n\v\f\r") != std::string_view::npos) return true;
  return std::any_of(kSpaces.begin(), kSpaces.end(),
                     [&](std::string_view space) { return text.find(space) != std::string_view::npos; });
}

/// has_control: C0, DEL and C1. What is shown to people must not steer their terminal.
bool has_control(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto octet = static_cast<uint8_t>(text[i]);
    if (octet < 0x20 || octet == 0x7f) return true;
    if (octet == 0xc2 && i + 1 < text.size() && static_cast<uint8_t>(text[i + 1]) < 0xa0) return true;
  }
  return false;
}

/// Lines hands out lines that end in a newline, one after the other.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  std::optional<std::string_view> next() {
    const size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return {};
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// parse_size reads a decimal number without leading zeros, which also bars the 0x that parse_number knows.
std::optional<uint64_t> parse_size(std::string_view text) {
  if (text.size() > 1 && text[0] == '0') return {};
  return parse_number(text);
}

std::optional<Hash> parse_hash(std::string_view text) {
  const auto octets = crypto::decode_base64(text);
  Hash hash;
  if (!octets || octets->size() != hash.size()) return {};
  std::copy(octets->begin(), octets->end(), hash.begin());
  return hash;
}

/// parse_hashes reads one hash a line, at most `most`, until the empty line that ends them.
std::optional<std::vector<Hash>> parse_hashes(Lines& lines, size_t most) {
  std::vector<Hash> hashes;
  while (const auto line = lines.next()) {
    if (line->empty()) return hashes;
    const auto hash = parse_hash(*line);
    if (!hash || hashes.size() == most) return {};
    hashes.push_back(*hash);
  }
  return {};
}

void append_hashes(std::string& out, const std::vector<Hash>& hashes) {
  for (const Hash& hash : hashes) (out += crypto::base64(hash)) += '\n';
  out += '\n';
}

/// after gives what follows `word` and a space.
std::optional<std::string_view> after(std::optional<std::string_view> line, std::string_view word) {
  if (!line || !line->starts_with(word) || line->size() <= word.size() || (*line)[word.size()] != ' ') return {};
  return line->substr(word.size() + 1);
}

/// is_signed_checkpoint: the parts of a request or a proof are read strictly, so that nobody carries something else on.
bool is_signed_checkpoint(std::string_view text) {
  const auto note = parse_note(text);
  return note && parse_checkpoint(note->text);
}

std::optional<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(kDash)) return {};
  line.remove_prefix(kDash.size());
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return {};
  NoteSignature signature{std::string(line.substr(0, space)), 0, {}};
  auto octets = crypto::decode_base64(line.substr(space + 1));
  if (!good_name(signature.name) || !octets || octets->size() <= kId) return {};
  signature.id = static_cast<uint32_t>(load_big<kId>(octets->data()));
  signature.bytes.assign(octets->begin() + kId, octets->end());
  return signature;
}

void append_big(std::vector<uint8_t>& out, uint64_t value, size_t octets) {
  while (octets-- > 0) out.push_back(static_cast<uint8_t>(value >> 8 * octets));
}

/// cosigned is what a witness signs: tlog-cosignature, "Ed25519 signed message".
std::string cosigned(std::string_view text, uint64_t time) {
  return fmt::format("cosignature/v1\ntime {}\n{}", time, text);
}

/// stated checks one signature by `key` and gives the time that it states, 0 for a log's.
std::optional<uint64_t> stated(const Note& note, const NoteSignature& signature, const VerifierKey& key) {
  const Bytes bytes = signature.bytes;
  if (key.type == VerifierKey::Type::note) {
    return crypto::verify(key.key, as_bytes(note.text), bytes) ? std::optional<uint64_t>(0) : std::nullopt;
  }
  if (bytes.size() < kTime) return {};
  const uint64_t time = load_big<kTime>(bytes.data());
  if (time > kMostTime || !crypto::verify(key.key, as_bytes(cosigned(note.text, time)), bytes.subspan(kTime)))
    return {};
  return time;
}

/// newest_stated is the latest time of the signatures by `key`; nothing where there is none, or where one under its
/// name and id does not verify (signed-note: such a note is to be rejected).
std::optional<uint64_t> newest_stated(const Note& note, const VerifierKey& key) {
  std::optional<uint64_t> newest;
  for (const NoteSignature& signature : note.signatures) {
    if (signature.name != key.name || signature.id != key.id()) continue;
    const auto time = stated(note, signature, key);
    if (!time) return {};
    newest = std::max(newest.value_or(0), *time);
  }
  return newest;
}

void add_signature(Note& note, const VerifierKey& key, std::vector<uint8_t> bytes) {
  if (!good_name(key.name)) {
    throw Error(fmt::format("\"{}\" cannot be the name of a key", key.name),
                "a name has 1 to 255 octets, no white space, no + and no control characters");
  }
  note.signatures.push_back({key.name, key.id(), std::move(bytes)});
}

}  // namespace

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= kMostName && is_utf8(name) && !has_control(name) && !has_white_space(name) &&
         name.find('+') == std::string_view::npos;
}

uint32_t VerifierKey::id() const {
  crypto::Sha256 hash;
  const std::array<uint8_t, 2> between{'\n', static_cast<uint8_t>(type)};
  hash.update(as_bytes(name));
  hash.update(between);
  hash.update(key);
  return static_cast<uint32_t>(load_big<kId>(hash.finish().data()));
}

std::string VerifierKey::text() const {
  std::vector<uint8_t> typed{static_cast<uint8_t>(type)};
  typed.insert(typed.end(), key.begin(), key.end());
  return fmt::format("{}+{:08x}+{}", name, id(), crypto::base64(typed));
}

std::optional<VerifierKey> VerifierKey::parse(std::string_view text) {
  // A name has no plus, but base64 does.
  const size_t first = text.find('+');
  const size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return {};
  const auto typed = crypto::decode_base64(text.substr(second + 1));
  VerifierKey parsed{std::string(text.substr(0, first))};
  if (!good_name(parsed.name) || !typed || typed->size() != 1 + parsed.key.size()) return {};
  parsed.type = static_cast<Type>(typed->front());
  if (parsed.type != Type::note && parsed.type != Type::cosignature) return {};
  std::copy(typed->begin() + 1, typed->end(), parsed.key.begin());
  if (parsed.text() != text) return {};  // another id, or not as text() writes it
  return parsed;
}

std::optional<Note> parse_note(std::string_view bytes) {
  if (bytes.size() > kMostNote || !is_utf8(bytes)) return {};
  if (std::any_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<uint8_t>(c) < 0x20 && c != '\n'; }))
    return {};
  const size_t blank = bytes.rfind("\n\n");
  if (blank == std::string_view::npos || bytes.back() != '\n') return {};
  Note note{std::string(bytes.substr(0, blank + 1)), {}};
  Lines lines(bytes.substr(blank + 2));
  while (const auto line = lines.next()) {
    auto signature = parse_signature(*line);
    if (!signature || note.signatures.size() == kMostSignatures) return {};
    note.signatures.push_back(std::move(*signature));
  }
  if (note.signatures.empty()) return {};
  return note;
}

std::string format(const Note& note) {
  std::string out = note.text + '\n';
  for (const NoteSignature& signature : note.signatures) {
    std::vector<uint8_t> octets;
    append_big(octets, signature.id, kId);
    octets.insert(octets.end(), signature.bytes.begin(), signature.bytes.end());
    out += fmt::format("{}{} {}\n", kDash, signature.name, crypto::base64(octets));
  }
  return out;
}

void sign(Note& note, const std::string& name, crypto::Signer& signer) {
  const crypto::Signature signature = signer.sign(as_bytes(note.text));
  add_signature(note, {name, VerifierKey::Type::note, signer.public_key()}, {signature.begin(), signature.end()});
}

void cosign(Note& note, const std::string& name, crypto::Signer& signer, std::chrono::sys_seconds when) {
  const auto time = when.time_since_epoch().count();
  if (time < 0) throw Error("the clock says a time before 1970: nothing is cosigned", "set the clock");
  const crypto::Signature signature = signer.sign(as_bytes(cosigned(note.text, static_cast<uint64_t>(time))));
  std::vector<uint8_t> bytes;
  append_big(bytes, static_cast<uint64_t>(time), kTime);
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  add_signature(note, {name, VerifierKey::Type::cosignature, signer.public_key()}, std::move(bytes));
}

bool verified(const Note& note, const VerifierKey& key) { return newest_stated(note, key).has_value(); }

std::optional<std::chrono::sys_seconds> cosigned_at(const Note& note, const VerifierKey& key) {
  if (key.type != VerifierKey::Type::cosignature) return {};
  const auto time = newest_stated(note, key);
  if (!time) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(*time));
}

std::optional<Checkpoint> parse_checkpoint(std::string_view note_text) {
  Lines lines(note_text);
  const auto origin = lines.next();
  const auto size = lines.next();
  const auto root = lines.next();
  if (!root || origin->empty()) return {};
  const auto records = parse_size(*size);
  const auto hash = parse_hash(*root);
  if (!records || !hash) return {};
  Checkpoint checkpoint{std::string(*origin), *records, *hash, {}};
  while (const auto line = lines.next()) {
    if (line->empty()) return {};
    checkpoint.extensions.emplace_back(*line);
  }
  if (!lines.rest().empty()) return {};
  return checkpoint;
}

std::string format(const Checkpoint& checkpoint) {
  std::string out = fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.size, crypto::base64(checkpoint.root));
  for (const std::string& extension : checkpoint.extensions) (out += extension) += '\n';
  return out;
}

std::optional<Proof> parse_proof(std::string_view text) {
  if (text.size() > kMostProof) return {};
  Lines lines(text);
  if (lines.next() != kProof) return {};
  Proof proof;
  auto line = lines.next();
  if (const auto extra = after(line, "extra")) {
    auto octets = crypto::decode_base64(*extra);
    if (!octets || octets->empty()) return {};
    proof.extra = std::move(*octets);
    line = lines.next();
  }
  const auto digits = after(line, "index");
  const auto index = digits ? parse_size(*digits) : std::nullopt;
  if (!index) return {};
  auto hashes = parse_hashes(lines, kMostHashes);
  if (!hashes || !is_signed_checkpoint(lines.rest())) return {};
  proof.index = *index;
  proof.hashes = std::move(*hashes);
  proof.checkpoint = lines.rest();
  return proof;
}

std::string format(const Proof& proof) {
  std::string out = fmt::format("{}\n", kProof);
  if (!proof.extra.empty()) out += fmt::format("extra {}\n", crypto::base64(proof.extra));
  out += fmt::format("index {}\n", proof.index);
  append_hashes(out, proof.hashes);
  return out + proof.checkpoint;
}

std::optional<WitnessRequest> parse_request(std::string_view text) {
  if (text.size() > kMostProof) return {};
  Lines lines(text);
  const auto digits = after(lines.next(), "old");
  const auto old_size = digits ? parse_size(*digits) : std::nullopt;
  if (!old_size) return {};
  auto hashes = parse_hashes(lines, kMostRequestHashes);
  if (!hashes || !is_signed_checkpoint(lines.rest())) return {};
  return WitnessRequest{*old_size, std::move(*hashes), std::string(lines.rest())};
}

std::string format(const WitnessRequest& request) {
  std::string out = fmt::format("old {}\n", request.old_size);
  append_hashes(out, request.hashes);
  return out + request.checkpoint;
}

}  // namespace rampart::journal
