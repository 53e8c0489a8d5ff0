// Signed notes, checkpoints and cosignatures as the C2SP specifications signed-note, tlog-checkpoint, tlog-cosignature
// and tlog-proof have them. Texts are hostile: parse functions answer by value, never throw.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/signature.h"
#include "journal/tree.h"

namespace rampart::journal {

/// VerifierKey is `name+hhhhhhhh+base64(type || key)`. Type 1: Ed25519 note signature; 4: Ed25519 cosignature/v1.
struct VerifierKey {
  enum class Type : uint8_t { note = 1, cosignature = 4 };
  std::string name;
  Type type = Type::note;
  crypto::PublicKey key{};

  uint32_t id() const;  // first four octets of SHA-256(name "\n" type key)
  std::string text() const;
  static std::optional<VerifierKey> parse(std::string_view text);
  bool operator==(const VerifierKey&) const = default;
};
/// good_name: not empty, UTF-8, no white space, no plus, no control characters, at most 255 octets.
bool good_name(std::string_view name);

struct NoteSignature {
  std::string name;
  uint32_t id = 0;
  std::vector<uint8_t> bytes;  // after the id
};
struct Note {
  std::string text;  // ends with a newline
  std::vector<NoteSignature> signatures;
};
/// parse_note reads a note of at most 1,000,000 octets and 100 signatures.
std::optional<Note> parse_note(std::string_view bytes);
std::string format(const Note& note);

/// sign adds the signature of a key that is used under `name` as a log (type 1); cosign as a witness (type 4) at
/// `when`. Errors: throw Error where the signer cannot.
void sign(Note& note, const std::string& name, crypto::Signer& signer);
void cosign(Note& note, const std::string& name, crypto::Signer& signer, std::chrono::sys_seconds when);
/// verified is true where one of the note's signatures is by `key`. A signature under the key's name and id that does
/// not verify makes it false. cosigned_at gives the time that a witness's signature states.
bool verified(const Note& note, const VerifierKey& key);
std::optional<std::chrono::sys_seconds> cosigned_at(const Note& note, const VerifierKey& key);

struct Checkpoint {
  std::string origin;
  uint64_t size = 0;
  Hash root{};
  std::vector<std::string> extensions;
  bool operator==(const Checkpoint&) const = default;
};
std::optional<Checkpoint> parse_checkpoint(std::string_view note_text);
std::string format(const Checkpoint& checkpoint);

/// Proof is the text `c2sp.org/tlog-proof@v1`: one record's inclusion with the checkpoint that it leads to. `extra`
/// carries the record itself.
struct Proof {
  uint64_t index = 0;
  std::vector<uint8_t> extra;
  std::vector<Hash> hashes;
  std::string checkpoint;  // the signed note, verbatim
};
std::optional<Proof> parse_proof(std::string_view text);
std::string format(const Proof& proof);

/// WitnessRequest is the body of `add-checkpoint` in tlog-witness.
struct WitnessRequest {
  uint64_t old_size = 0;
  std::vector<Hash> hashes;
  std::string checkpoint;
};
std::optional<WitnessRequest> parse_request(std::string_view text);
std::string format(const WitnessRequest& request);

}  // namespace rampart::journal
