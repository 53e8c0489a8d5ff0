// Files that hold a secret: read only where their mode keeps others out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rampart::crypto {

/// read_secret reads a file of at most 16,384 octets, which the caller wipes. Errors: throws Error where it is missing,
/// or where its mode has one of the bits `forbidden`.
std::vector<uint8_t> read_secret(const std::string& path, unsigned forbidden);

}  // namespace rampart::crypto
