#include "protocols/light/x509.h"

#include <algorithm>
#include <array>
#include <optional>

#include "protocols/light/der.h"
#include "protocols/light/light.h"

namespace rampart::protocols::light {
namespace {

constexpr int kMostParts = 32;  // of a name, extensions, alternative names

// Object identifiers as they stand in DER.
constexpr std::array<uint8_t, 3> kCommonName = {0x55, 4, 3};
constexpr std::array<uint8_t, 3> kOrganisation = {0x55, 4, 10};
constexpr std::array<uint8_t, 3> kAlternativeName = {0x55, 29, 17};
constexpr std::array<uint8_t, 9> kRsa = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1};
constexpr std::array<uint8_t, 7> kDsa = {0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1};
constexpr std::array<uint8_t, 7> kEc = {0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1};
constexpr std::array<uint8_t, 3> kEd25519 = {0x2b, 0x65, 0x70};

template <size_t Size>
bool is(Bytes octets, const std::array<uint8_t, Size>& object) {
  return std::ranges::equal(octets, object);
}

/// name_of: a sequence of sets of pairs of identifier and text.
std::string_view name_of(ByteReader name) {
  std::string_view common, organisation;
  for (int i = 0; i < kMostParts && name.left() > 0; ++i) {
    ByteReader set = inside_der(name, kDerSet);
    ByteReader pair = inside_der(set, kDerSequence);
    Der object, text;
    if (!next_der(pair, object) || !next_der(pair, text)) break;
    if (is(object.content, kCommonName)) common = readable(text.content);
    if (is(object.content, kOrganisation)) organisation = readable(text.content);
  }
  return common.empty() ? organisation : common;
}

std::optional<int> digits(std::string_view text, size_t at, size_t count) {
  int value = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return {};
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

/// time_of reads YYMMDDhhmm(ss)Z and YYYYMMDDhhmmssZ; RFC 5280, 4.1.2.5: years below 50 are of this century.
bool time_of(const Der& element, TimePoint& when) {
  const std::string_view text = as_text(element.content);
  const bool general = element.tag == kDerGeneralTime;
  if (!general && element.tag != kDerUtcTime) return false;
  const size_t at = general ? 4 : 2;
  auto year = digits(text, 0, at);
  const auto month = digits(text, at, 2), day = digits(text, at + 2, 2), hour = digits(text, at + 4, 2),
             minute = digits(text, at + 6, 2);
  const auto second = digits(text, at + 8, 2);
  if (!year || !month || !day || !hour || !minute) return false;
  if (!general) *year += *year < 50 ? 2000 : 1900;
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                            std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return false;
  const int64_t days = sys_days(date).time_since_epoch().count();
  when = from_unix(days * 86'400 + *hour * 3600 + *minute * 60 + second.value_or(0), 0);
  return true;
}

/// bits_of an unsigned INTEGER.
uint32_t bits_of(Bytes number) {
  size_t at = 0;
  while (at < number.size() && number[at] == 0) ++at;
  if (at == number.size()) return 0;
  uint32_t bits = static_cast<uint32_t>(number.size() - at) * 8;
  for (uint8_t top = number[at]; (top & 0x80) == 0; top = static_cast<uint8_t>(top << 1)) --bits;
  return bits;
}

void read_key(ByteReader info, Certificate& certificate) {
  ByteReader algorithm = inside_der(info, kDerSequence);
  Der object, key;
  if (!next_der(algorithm, object) || !next_der(info, key) || key.tag != kDerBitString || key.content.empty()) return;
  const Bytes octets = key.content.subspan(1);
  certificate.key = "other";
  if (is(object.content, kRsa) || is(object.content, kDsa)) {
    certificate.key = is(object.content, kRsa) ? "RSA" : "DSA";
    ByteReader outer(octets);
    ByteReader inner = is(object.content, kRsa) ? inside_der(outer, kDerSequence) : outer;
    Der modulus;
    if (next_der(inner, modulus) && modulus.tag == kDerInteger) certificate.key_bits = bits_of(modulus.content);
  } else if (is(object.content, kEc)) {
    certificate.key = "EC";
    // An uncompressed point is 4 and two coordinates; of P-521 each has 66 octets.
    if (octets.size() > 1)
      certificate.key_bits = static_cast<uint32_t>((octets.size() - 1) / (octets[0] == 4 ? 2 : 1) * 8);
    if (certificate.key_bits == 528) certificate.key_bits = 521;
  } else if (is(object.content, kEd25519)) {
    certificate.key = "Ed25519";
    certificate.key_bits = 256;
  }
}

void read_extensions(ByteReader outer, Certificate& certificate) {
  ByteReader list = inside_der(outer, kDerSequence);
  for (int i = 0; i < kMostParts && list.left() > 0; ++i) {
    ByteReader extension = inside_der(list, kDerSequence);
    Der object, value;
    if (!next_der(extension, object) || !next_der(extension, value)) return;
    if (value.tag == 1 && !next_der(extension, value)) return;  // BOOLEAN critical
    if (!is(object.content, kAlternativeName) || value.tag != kDerOctets) continue;
    ByteReader octets(value.content);
    ByteReader names = inside_der(octets, kDerSequence);
    Der name;
    for (int k = 0; k < kMostParts && next_der(names, name); ++k) {
      if (name.tag != 0x82) continue;
      certificate.alternative = readable(name.content);
      return;
    }
  }
}

}  // namespace

bool read_certificate(Bytes der, Certificate& certificate) {
  certificate = {};
  ByteReader reader(der);
  ByteReader outer = inside_der(reader, kDerSequence);
  ByteReader body = inside_der(outer, kDerSequence);
  Der element;
  if (body.peek() == 0xa0) next_der(body, element);                           // version
  if (!next_der(body, element) || element.tag != kDerInteger) return false;   // serial number
  if (!next_der(body, element) || element.tag != kDerSequence) return false;  // algorithm of the signature
  const ByteReader issuer = inside_der(body, kDerSequence);
  ByteReader validity = inside_der(body, kDerSequence);
  const ByteReader subject = inside_der(body, kDerSequence);
  const ByteReader key = inside_der(body, kDerSequence);
  Der from, until;
  if (!body.ok() || !next_der(validity, from) || !next_der(validity, until)) return false;
  if (!time_of(from, certificate.not_before) || !time_of(until, certificate.not_after)) return false;
  certificate.issuer = name_of(issuer);
  certificate.subject = name_of(subject);
  read_key(key, certificate);
  while (body.left() > 0 && next_der(body, element)) {
    if (element.tag == 0xa3) read_extensions(ByteReader(element.content), certificate);
  }
  return true;
}

}  // namespace rampart::protocols::light
