// A key pair in a PKCS#11 token as a key of OpenSSL's, for TLS.
#pragma once

#include <memory>

#include "crypto/signature.h"

struct evp_pkey_st;

namespace rampart::crypto {

/// token_tls_key opens the P-256 pair that `key` names. OpenSSL has its public half; each signature is asked of the
/// token. Any thread may use it: they wait for each other. A token that is gone or refuses is an error of that one
/// signature, with its words in OpenSSL's list (ERR_LIB_USER). Errors: throws Error where it cannot be opened.
std::shared_ptr<evp_pkey_st> token_tls_key(const TokenKey& key);

}  // namespace rampart::crypto
