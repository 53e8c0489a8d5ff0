// Writes a journal as a sensor would, has it cosigned by a witness, and leaves it for the second verifier: tlog/ the
// export, older an earlier checkpoint, proof the proof of one record, key and witness the verifier keys.
//
//   make_tlog FOLDER OLDER_RECORDS RECORDS
#include <cstdio>
#include <exception>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "journal/journal.h"
#include "journal/verify.h"
#include "journal/witness.h"
#include "records/stored.h"

namespace {

using namespace rampart;

const std::string kOrigin = "waterworks/gw-1";
const std::string kWitness = "centre/witness";

void grow(journal::Journal& journal, uint64_t records, const Clock& clock) {
  std::vector<uint8_t> record;
  while (journal.status().size < records) {
    record.clear();
    const std::string person = "person-" + std::to_string(journal.status().size);
    records::Login login;
    login.person = person;
    records::append_cbor(record, login, clock.now());
    if (!journal.append(record, journal::Urgency::normal)) throw Error("the journal did not take a record");
  }
}

void write(const std::string& path, std::string_view text) { replace_file(path, as_bytes(text)); }

void make(const std::string& folder, uint64_t older, uint64_t records) {
  const SystemClock clock;
  const journal::Layout layout{folder + "/journal"};
  make_folders(layout.folder + "/keys");
  const auto key = crypto::make_key_file(layout.key_file());
  const auto witness_key = crypto::make_key_file(folder + "/witness.pem");
  journal::make_journal(layout.folder, kOrigin, *key, {});
  const journal::VerifierKey trusted = journal::verifier_keys(layout).at(0);
  const journal::VerifierKey cosigner{kWitness, journal::VerifierKey::Type::cosignature, witness_key->public_key()};
  write(folder + "/key", trusted.text());
  write(folder + "/witness", cosigner.text());

  journal::JournalOptions options;
  options.wait_for_room = true;
  const auto journal = journal::Journal::open(layout.folder, options, clock);
  grow(*journal, older, clock);
  write(folder + "/older", journal->checkpoint());
  journal::Witness witness(folder + "/seen", kWitness, *witness_key, clock);
  const auto first = witness.add(journal::make_request(layout.folder, 0), {trusted});
  grow(*journal, records, clock);
  journal->checkpoint();
  const auto second = witness.add(journal::make_request(layout.folder, first.size), {trusted});
  if (!journal->add_cosignatures(second.lines, cosigner)) throw Error("not cosigned: " + second.what);

  write(folder + "/proof", format(journal::prove(layout.folder, records / 2)));
  journal::export_tlog(layout.folder, folder + "/tlog");
  journal->close();
}

}  // namespace

int main(int count, char** arguments) try {
  const auto older = count == 4 ? parse_number(arguments[2]) : std::nullopt;
  const auto records = count == 4 ? parse_number(arguments[3]) : std::nullopt;
  if (!older || !records) throw Error("usage: make_tlog FOLDER OLDER_RECORDS RECORDS");
  make(arguments[1], *older, *records);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
