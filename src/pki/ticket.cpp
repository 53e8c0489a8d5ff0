#include "pki/ticket.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/signature.h"

namespace rampart::pki {
namespace {

constexpr std::string_view kScheme = "rampart-pki";
constexpr size_t kMostText = 256;
constexpr size_t kSecretDigits = 32;

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

uint8_t digit(char c) { return static_cast<uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); }

}  // namespace

std::optional<std::array<uint8_t, 32>> parse_fingerprint(std::string_view text) {
  std::string digits = lower(text.substr(0, kMostText));
  std::erase(digits, ':');
  std::array<uint8_t, 32> out{};
  if (digits.size() != 2 * out.size() || !is_hex(digits)) return std::nullopt;
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<uint8_t>(digit(digits[2 * i]) << 4 | digit(digits[2 * i + 1]));
  }
  return out;
}

std::string to_text(const Ticket& ticket) {
  std::string out(kScheme);
  out += ":" + ticket.subject + ":" + ticket.secret + ":";
  append_hex(out, ticket.authority);
  return out;
}

std::optional<Ticket> parse_ticket(std::string_view text) {
  text = trim(text);
  if (text.size() > kMostText) return std::nullopt;
  const std::vector<std::string_view> words = split(text, ':');
  if (words.size() != 4 || words[0] != kScheme || words[1].empty() || words[2].size() != kSecretDigits ||
      !is_hex(words[2])) {
    return std::nullopt;
  }
  const auto authority = parse_fingerprint(words[3]);
  if (!authority) return std::nullopt;
  return Ticket{std::string(words[1]), std::string(words[2]), *authority};
}

std::string hash_of(const Ticket& ticket) {
  std::string out;
  append_hex(out, crypto::sha256(as_bytes(to_text(ticket))));
  return out;
}

std::string random_secret() {
  std::array<uint8_t, kSecretDigits / 2> octets{};
  crypto::random(octets);
  std::string out;
  append_hex(out, octets);
  crypto::wipe(octets);
  return out;
}

}  // namespace rampart::pki
