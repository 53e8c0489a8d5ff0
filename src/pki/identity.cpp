#include "pki/identity.h"

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace rampart::pki {
namespace {

constexpr uint64_t kMostFile = uint64_t{8} << 20;
constexpr unsigned kPublic = 0644;

using Der = std::vector<uint8_t>;

/// Bundle is one taken apart. `chain` begins with the own certificate and has all but the root.
struct Bundle {
  std::vector<Der> chain;
  Der root;
  std::optional<Der> list;
};

Bundle take_apart(Bytes text) {
  Bundle out;
  out.chain = crypto::certificates_of(text);
  if (out.chain.size() < 2) {
    throw Error("the bundle holds no certificate with its authority", "`rampart pki issue` makes one.");
  }
  out.root = std::move(out.chain.back());
  out.chain.pop_back();
  out.list = crypto::list_of(text);
  return out;
}

std::vector<Der> roots_of(const std::string& file) {
  const auto text = read_file(file, kMostFile);
  return text ? crypto::certificates_of(*text) : std::vector<Der>();
}

void check_root(const Der& root, const std::vector<Der>& trusted, const std::optional<Fingerprint>& expected) {
  if (expected && crypto::sha256(root) != *expected) {
    throw Error("the bundle is of another authority than was expected",
                "Ask who runs the authority for its fingerprint: `rampart pki list DIR` says it.");
  }
  if (!trusted.empty() && std::ranges::find(trusted, root) == trusted.end()) {
    throw Error("the bundle is of another authority than the folder trusts",
                "To change the authority, remove authority.pem and say which one by --fingerprint.");
  }
  if (trusted.empty() && !expected) {
    throw Error("nobody says which authority is to be trusted",
                "Give --fingerprint SHA256 of its certificate: `rampart pki list DIR` says it.");
  }
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::optional<crypto::Certificate> Identity::certificate() const {
  const auto text = read_file(certificate_file(), kMostFile);
  if (!text) return std::nullopt;
  return crypto::read_certificates(*text)[0];
}

void Identity::make_key_in(const crypto::TokenKey& token) const {
  make_folders(folder_);
  const auto before = this->token();
  if (before && before->text() == token.text()) return;  // a second try
  for (const std::string& file : {key_file(), uri_file()}) {
    if (!read_file(file, kMostFile)) continue;
    throw Error("there is a key already: " + file, "An identity keeps its key; to begin anew, take another folder.");
  }
  crypto::make_certificate_key(token);
  create_file(uri_file(), as_bytes(token.text() + "\n"), 0600);
}

std::string Identity::request(const std::string& subject) const {
  make_folders(folder_);
  const bool there = token() || read_file(key_file(), kMostFile);
  const auto key =
      there ? crypto::open_certificate_key(uri_file(), key_file()) : crypto::make_certificate_key(key_file());
  return crypto::pem(crypto::kPemRequest, crypto::make_request(subject, *key));
}

crypto::Certificate Identity::install(Bytes bundle, const std::optional<Fingerprint>& expected, TimePoint now) const {
  const Bundle parts = take_apart(bundle);
  const std::vector<Der> trusted = roots_of(authority_file());
  check_root(parts.root, trusted, expected);
  const auto key = crypto::open_certificate_key(uri_file(), key_file());
  if (crypto::public_key_of(parts.chain[0]) != key->public_key()) {
    throw Error("the certificate does not fit the key " + (token() ? uri_file() : key_file()),
                "It answers another request than this one.");
  }
  crypto::check_chain(parts.chain, {parts.root}, now);
  const crypto::Certificate made = crypto::read_certificate(parts.chain[0]);
  const auto before = certificate();
  if (before && before->subject != made.subject) {
    throw Error("the certificate is for " + made.subject + ", the one before was for " + before->subject,
                "Each has a folder of its own.");
  }
  if (trusted.empty()) {
    replace_file(authority_file(), as_bytes(crypto::pem(crypto::kPemCertificate, parts.root)), kPublic);
  }
  if (parts.list) take_list(as_bytes(crypto::pem(crypto::kPemList, *parts.list)));
  std::string chain;
  for (const Der& one : parts.chain) chain += crypto::pem(crypto::kPemCertificate, one);
  replace_file(certificate_file(), as_bytes(chain), kPublic);
  return made;
}

bool Identity::take_list(Bytes pem) const {
  const crypto::RevocationList next = crypto::read_list(pem);
  const std::vector<Der> roots = roots_of(authority_file());
  const auto by = [&](const Der& root) {
    try {
      crypto::check_list(pem, root);
      return true;
    } catch (const Error&) {
      return false;
    }
  };
  if (std::ranges::none_of(roots, by)) throw Error("the revocation list is not by an authority of " + authority_file());
  const auto before = read_file(list_file(), kMostFile);
  if (before) {
    if (std::ranges::equal(*before, pem)) return false;
    // An older list would make those good again that were revoked since.
    if (crypto::read_list(*before).number > next.number)
      throw Error("the revocation list is older than " + list_file());
  }
  replace_file(list_file(), pem, kPublic);
  return true;
}

bool Identity::deny(std::string_view name, std::string_view reason) const {
  std::string word = lower(trim(name));
  std::erase(word, ':');
  constexpr size_t kMostDigits = 64;
  if (word.empty() || word.size() > kMostDigits || word.size() % 2 != 0 || !is_hex(word)) {
    throw Error("\"" + std::string(name) + "\" is no serial number and no SHA-256",
                "Both are hexadecimal: `rampart pki list` or `openssl x509 -serial` shows them.");
  }
  if (reason.find_first_of("\r\n") != std::string_view::npos) throw Error("a reason is one line");
  const auto before = read_file(denied_file(), kMostFile);
  std::string text = before ? std::string(as_text(*before)) : std::string();
  for (const std::string_view line : split(text, '\n')) {
    if (trim(line.substr(0, line.find('#'))) == word) return false;
  }
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  text += word + (reason.empty() ? "" : "  # " + std::string(reason)) + "\n";
  replace_file(denied_file(), as_bytes(text), kPublic);
  return true;
}

}  // namespace rampart::pki
