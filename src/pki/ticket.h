// The one-time token as text: what a person carries from the authority to who enrols. It names the subject, a secret,
// and the authority by the SHA-256 of its certificate, so that both ends know whom they talk to. Free of state.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace rampart::pki {

/// Ticket: `rampart-pki:SUBJECT:SECRET:AUTHORITY`, 32 and 64 hexadecimal digits.
struct Ticket {
  std::string subject, secret;
  std::array<uint8_t, 32> authority{};
};
std::string to_text(const Ticket& ticket);
/// parse_ticket reads one, at most 256 octets; nothing where it is not one.
std::optional<Ticket> parse_ticket(std::string_view text);
/// hash_of is what the authority keeps of it: SHA-256 of its text, hexadecimal. The secret has 128 bits, so that nobody
/// guesses it from the hash.
std::string hash_of(const Ticket& ticket);
std::string random_secret();

/// parse_fingerprint reads 64 hexadecimal digits, either case, colons between pairs allowed.
std::optional<std::array<uint8_t, 32>> parse_fingerprint(std::string_view text);

}  // namespace rampart::pki
