// Where everything lies in the folder of a journal, and the limits of the format. See docs/formats/journal.md.
#pragma once

#include <cstdint>
#include <string>

namespace rampart::journal {

inline constexpr uint64_t kBundle = 256;  // records in an entry bundle, hashes in a tile (C2SP tlog-tiles)

// clang-format off
/// Layout of one node's folder:
///   keys/journal.pem 0600 | keys/journal.token   the signing key, or the RFC 7512 URI of the one in a token
///   keys/next.pem 0600 | keys/next.token         the same of the key that a change under way goes to
///   keys/journal.vkeys                           verifier keys, one a line, oldest first; the first is what others trust
///   segments/<first record, 20 digits>.seg       the records
///   tile/0/<first record, 20 digits>.tiles       hash tiles: full ones of level 0, many in a file
///   tile/<level>/<index>[.p/<width>]             the others, one a file
///   checkpoint                                   the newest signed checkpoint, with its cosignatures
///   checkpoints/<size, 20 digits>                one for each end of a segment and each change of key
///   blobs/<first two digits>/<sha-256>           large things
///   persons                                      0600: identifier -> name, erasable
///   inbox/                                       records that other processes left
///   settings                                     retention and quotas
///   reserve                                      nothing: room to give up when the disk is full
///   damaged/                                     what was set aside
///   lock                                         held by the one process that writes
// clang-format on
struct Layout {
  std::string folder;
  std::string key_file() const { return folder + "/keys/journal.pem"; }
  std::string key_token() const { return folder + "/keys/journal.token"; }
  std::string next_key_file() const { return folder + "/keys/next.pem"; }
  std::string next_key_token() const { return folder + "/keys/next.token"; }
  std::string verifier_keys() const { return folder + "/keys/journal.vkeys"; }
  std::string segments() const { return folder + "/segments"; }
  std::string segment(uint64_t first) const;
  std::string checkpoint() const { return folder + "/checkpoint"; }
  std::string checkpoints() const { return folder + "/checkpoints"; }
  std::string checkpoint_of(uint64_t size) const;
  std::string blobs() const { return folder + "/blobs"; }
  std::string persons() const { return folder + "/persons"; }
  std::string inbox() const { return folder + "/inbox"; }
  std::string settings() const { return folder + "/settings"; }
  std::string reserve() const { return folder + "/reserve"; }
  std::string damaged() const { return folder + "/damaged"; }
  std::string lock() const { return folder + "/lock"; }
};

}  // namespace rampart::journal
