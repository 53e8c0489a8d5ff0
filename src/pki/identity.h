// What an asset or gateway has to prove who it is: a folder with key.pem or key.uri (0600), certificate.pem (its own
// first, then what leads to the authority), authority.pem (roots), crl.pem and denied. docs/formats/pki.md. Functions
// over files; who reads the folder meanwhile finds either the old or the new, whole.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/issuing.h"

namespace rampart::pki {

using Fingerprint = std::array<uint8_t, 32>;

class Identity {
 public:
  explicit Identity(std::string folder) : folder_(std::move(folder)) {}

  std::string key_file() const { return folder_ + "/key.pem"; }
  std::string uri_file() const { return folder_ + "/key.uri"; }
  std::string certificate_file() const { return folder_ + "/certificate.pem"; }
  std::string authority_file() const { return folder_ + "/authority.pem"; }
  std::string list_file() const { return folder_ + "/crl.pem"; }
  std::string denied_file() const { return folder_ + "/denied"; }

  /// certificate is the own one; nothing where there is none yet. Errors: throws Error where the file is damaged.
  std::optional<crypto::Certificate> certificate() const;
  /// token is the folder's key in a token; nothing where the key is, or is to be, a file. Errors: throws Error.
  std::optional<crypto::TokenKey> token() const { return crypto::token_key_in(uri_file()); }
  /// make_key_in makes the folder's key in a token; where it is there already, in that token, nothing. Errors: throws
  /// Error, also where the folder has another key or the label is taken.
  void make_key_in(const crypto::TokenKey& token) const;
  /// request is a request (PEM) for `subject` by the folder's key, which is made where it is missing. Errors: throws.
  std::string request(const std::string& subject) const;
  /// check says what is wrong with a bundle for this folder, by throwing Error: the certificate must fit the key, lead
  /// to the root at the bundle's end, be in time at `now`, and be for the same subject as the one before. The root must
  /// be `expected`, or one of authority.pem; one of both must be there. install puts it in place, the certificate last.
  crypto::Certificate install(Bytes bundle, const std::optional<Fingerprint>& expected, TimePoint now) const;
  /// take_list puts a revocation list in place. Errors: throws Error where no root of authority.pem signed it or it is
  /// older than the one that is there. True where it is another.
  bool take_list(Bytes pem) const;
  /// deny adds a serial or a SHA-256 to the list of those that are never taken; false where it is there. Errors: throws
  /// Error where `name` is neither.
  bool deny(std::string_view name, std::string_view reason) const;

 private:
  std::string folder_;
};

}  // namespace rampart::pki
