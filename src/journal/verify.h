// Is the journal what was signed? Reads every record and every tile, builds the tree anew, holds it against every
// checkpoint, and names what differs: the record, the tile, the checkpoint. Needs public keys only, writes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "journal/note.h"

namespace rampart::journal {

struct VerifyOptions {
  std::vector<VerifierKey> trusted{};    // empty: the journal's own first key, and the report says so
  std::vector<VerifierKey> witnesses{};  // cosignatures are held against these
  std::string older_checkpoint{};        // a signed note kept elsewhere: must be a prefix
  uint32_t workers = 2;
  std::function<void(uint64_t done, uint64_t all)> progress{};
};

/// Fault is one thing that is not as it was signed.
struct Fault {
  enum class Kind {
    altered,     // the record is another one than its hash in the tree
    removed,     // the record is missing, its neighbours are here
    inserted,    // a record that the tree does not have
    moved,       // the record stands where another belongs; `other` says where it belongs
    unreadable,  // the frame's CRC does not match, or the bytes are cut
    cut,         // records from `from` on are missing at the end
    tile,        // a tile is missing or contradicts the tiles below it
    checkpoint,  // a checkpoint's root is not the tree's, or its signature is by nobody trusted
    fork,        // an older or witnessed checkpoint is no prefix of this journal
  };
  Kind kind{};
  uint64_t from = 0, to = 0;  // record numbers: from included, to not
  uint64_t other = 0;
  std::string where;  // file under the journal's folder
  std::string what;   // one sentence for people
};
std::string_view to_text(Fault::Kind kind);

struct VerifyReport {
  std::vector<Fault> faults;  // at most 1,000; `more_faults` counts the rest
  uint64_t more_faults = 0;
  uint64_t first = 0, size = 0;  // records that were read: first <= n < size
  uint64_t records = 0, octets = 0;
  uint64_t pruned = 0;            // records of which only hashes are left
  uint64_t signed_size = 0;       // covered by the newest checkpoint that a trusted key signed
  uint64_t witnessed_size = 0;    // covered by a cosignature of a given witness, or by the older checkpoint
  uint64_t unsigned_records = 0;  // after signed_size: protected by CRC only
  bool own_key = false;           // the trusted key was taken from the journal itself
  std::vector<VerifierKey> keys;  // in force over time, by its KeyChange records
  std::string root;               // base64, of the tree over all records
  bool good() const { return faults.empty(); }
};

/// verify reads the journal in `folder`. Errors: throws Error where the folder cannot be read or is no journal; what is
/// wrong inside is in the report.
VerifyReport verify(const std::string& folder, const VerifyOptions& options);
/// append_text writes the report for people: what was checked, what was found, what could not be checked and what would
/// make it possible.
void append_text(std::string& out, const VerifyReport& report);

/// prove makes the proof of one record under the newest checkpoint. Errors: throws Error where the record is not here
/// or not yet covered.
Proof prove(const std::string& folder, uint64_t number);
/// check_proof says what is wrong with a proof, empty where it holds: signature by one of `trusted`, inclusion of
/// `extra`.
std::string check_proof(const Proof& proof, const std::vector<VerifierKey>& trusted);
/// export_tlog writes the journal as static C2SP tlog-tiles into the empty or missing folder `to`: checkpoint, hash
/// tiles and entry bundles, for other people's tools. Errors: throws Error. Returns the number of records.
uint64_t export_tlog(const std::string& folder, const std::string& to);

}  // namespace rampart::journal
