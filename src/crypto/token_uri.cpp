// URIs of keys in tokens: RFC 7512, the part of it that names one key and where its PIN is.
#include <array>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "crypto/signature.h"

namespace rampart::crypto {
namespace {

constexpr uint64_t kMostOctets = 4096;  // of a URI in a file
constexpr std::string_view kScheme = "pkcs11:";
constexpr const char* kForm = "The form is pkcs11:token=NAME;object=LABEL?module-path=FILE&pin-source=FILE";

[[noreturn]] void refuse(const std::string& what) { throw Error("the URI of the key in a token: " + what, kForm); }

std::optional<uint8_t> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

std::string decode(std::string_view name, std::string_view value) {
  std::string out;
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '%') {
      const auto high = i + 2 < value.size() ? digit(value[i + 1]) : std::nullopt;
      const auto low = i + 2 < value.size() ? digit(value[i + 2]) : std::nullopt;
      if (!high || !low) refuse("after % in " + std::string(name) + " two hexadecimal digits must follow");
      out += static_cast<char>(*high << 4 | *low);
      i += 2;
    } else {
      out += value[i];
    }
    if (out.back() == '\0') refuse(std::string(name) + " holds a zero octet");
  }
  return out;
}

void encode(std::string& out, std::string_view value) {
  static constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  for (const char c : value) {
    if (kPlain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += '%';
      append_hex(out, as_bytes({&c, 1}));
    }
  }
}

struct Part {
  std::string_view name;
  std::string TokenKey::*member;
};
constexpr std::array<Part, 2> kPath = {{{"token", &TokenKey::token}, {"object", &TokenKey::object}}};
constexpr std::array<Part, 2> kQuery = {{{"module-path", &TokenKey::module}, {"pin-source", &TokenKey::pin_source}}};

// Values are never repeated in a message: one of them may be a PIN in the wrong place.
void read_parts(TokenKey& key, std::string_view text, char separator, const std::array<Part, 2>& parts) {
  if (text.empty()) return;
  for (const std::string_view word : split(text, separator)) {
    const size_t equals = word.find('=');
    const std::string name(word.substr(0, equals));
    if (name == "pin-value") {
      refuse(
          "pin-value is refused, since a PIN in a URI ends up in logs and backups; write the PIN to a file and name "
          "that "
          "by pin-source");
    }
    const Part* part = nullptr;
    for (const Part& known : parts) {
      if (known.name == name) part = &known;
    }
    if (equals == std::string_view::npos) refuse("an attribute is not of the form name=value");
    if (part == nullptr) refuse("unknown attribute " + name);
    if (!(key.*part->member).empty()) refuse(name + " is there twice");
    key.*part->member = decode(name, word.substr(equals + 1));
  }
}

}  // namespace

TokenKey TokenKey::parse(std::string_view uri) {
  if (!uri.starts_with(kScheme)) refuse("it must begin with pkcs11:");
  uri.remove_prefix(kScheme.size());
  const size_t query = uri.find('?');
  TokenKey key;
  read_parts(key, uri.substr(0, query), ';', kPath);
  if (query != std::string_view::npos) read_parts(key, uri.substr(query + 1), '&', kQuery);
  for (const auto* parts : {&kPath, &kQuery}) {
    for (const Part& part : *parts) {
      if ((key.*part.member).empty()) refuse(std::string(part.name) + " is missing");
    }
  }
  if (key.pin_source.starts_with("file:")) key.pin_source.erase(0, 5);
  if (key.pin_source.starts_with("///")) key.pin_source.erase(0, 2);
  if (!key.pin_source.starts_with('/')) refuse("pin-source must be the whole path of a file");
  // dlopen() would look for another name in folders that the environment names.
  if (!key.module.starts_with('/')) refuse("module-path must be the whole path of the module");
  return key;
}

std::string TokenKey::text() const {
  std::string out(kScheme);
  char separator = 0;
  for (const auto* parts : {&kPath, &kQuery}) {
    for (const Part& part : *parts) {
      if (separator != 0) out += separator;
      out.append(part.name) += '=';
      encode(out, this->*part.member);
      separator = parts == &kPath ? ';' : '&';
    }
    separator = '?';
  }
  return out;
}

std::optional<TokenKey> token_key_in(const std::string& path) {
  const auto text = read_file(path, kMostOctets);
  if (!text) return std::nullopt;
  return TokenKey::parse(trim(as_text(*text)));
}

}  // namespace rampart::crypto
