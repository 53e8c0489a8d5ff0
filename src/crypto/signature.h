// Ed25519 (RFC 8032) signatures, by a key in a file or in a PKCS#11 token. A Signer is used by one thread at a time;
// verify() by any. Private keys never leave their Signer; buffers that held one are wiped.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/keyed_hash.h"

namespace rampart::crypto {

using PublicKey = std::array<uint8_t, 32>;
using Signature = std::array<uint8_t, 64>;

/// Signer signs. Errors: sign() throws Error where the token is gone or refuses.
class Signer {
 public:
  virtual ~Signer() = default;
  virtual const PublicKey& public_key() const = 0;
  virtual Signature sign(Bytes message) = 0;
};

bool verify(const PublicKey& key, Bytes message, Bytes signature);

/// make_key_file makes a key and writes it as PKCS#8 PEM, mode 0600, refusing where the file exists; open_key_file
/// refuses, by Error, a file that group or others may read. Both give its Signer.
std::unique_ptr<Signer> make_key_file(const std::string& path);
std::unique_ptr<Signer> open_key_file(const std::string& path);

/// TokenKey names a key in a PKCS#11 token by RFC 7512: `pkcs11:token=...;object=...?module-path=...&pin-source=...`.
/// The PIN is the first line of the file pin-source names, which must be closed to others than owner and group; it is
/// never part of a URI, a message or a record.
struct TokenKey {
  std::string module, token, object, pin_source;
  /// parse reads the URI. Errors: throws Error that says which part is missing or unknown.
  static TokenKey parse(std::string_view uri);
  std::string text() const;
};
/// token_key_in reads the URI that a file of one line names; nothing where there is no such file. Errors: throws Error.
std::optional<TokenKey> token_key_in(const std::string& path);

/// make_token_key makes an Ed25519 key pair in the token (not extractable), refusing where the label is taken;
/// open_token_key finds it. Errors: throw Error naming module, token and the PKCS#11 return value. A sign() after the
/// session was lost logs in once more before it gives up.
std::unique_ptr<Signer> make_token_key(const TokenKey& key);
std::unique_ptr<Signer> open_token_key(const TokenKey& key);

/// random fills `out` from the system's generator. wipe overwrites so that no optimizer drops it.
void random(std::span<uint8_t> out);
/// random_hash_key is for the tables of this process, see base/keyed_hash.h.
HashKey random_hash_key();
void wipe(std::span<uint8_t> bytes);

}  // namespace rampart::crypto
