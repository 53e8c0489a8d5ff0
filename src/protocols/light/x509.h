// What a certificate says of its bearer: names, validity, kind of key. Nothing is verified. Pure; depth is fixed.
#pragma once

#include "base/bytes.h"
#include "base/time.h"

namespace rampart::protocols::light {

/// Certificate borrows from the octets that it was read from.
struct Certificate {
  std::string_view subject, issuer;  // common name, or organisation where there is none
  std::string_view alternative;      // first DNS name of the subject's alternative names
  std::string_view key;              // a literal: "RSA", "EC", "Ed25519", "DSA", "other"
  uint32_t key_bits = 0;
  TimePoint not_before{}, not_after{};
};

/// read_certificate is false where `der` is no X.509 certificate (RFC 5280).
bool read_certificate(Bytes der, Certificate& certificate);

}  // namespace rampart::protocols::light
