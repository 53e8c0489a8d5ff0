// What tls_context.cpp and tls_session.cpp share of OpenSSL. Private to them.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <set>

#include "net/tls.h"

namespace rampart::net {

template <auto Function>
struct TlsFree {
  template <class Type>
  void operator()(Type* pointer) const {
    Function(pointer);
  }
};

struct TlsContext::Body {
  std::unique_ptr<SSL_CTX, TlsFree<SSL_CTX_free>> context;
  crypto::Certificate own;
  std::set<std::string, std::less<>> denied;
  std::optional<TimePoint> list_until;
};

/// read_peer reads what a peer showed. Nothing where our bounds refuse it.
std::optional<crypto::Certificate> read_peer(X509* certificate);
/// tls_reason is what OpenSSL says of its first failure; the rest of its list is forgotten.
std::string tls_reason();

}  // namespace rampart::net
