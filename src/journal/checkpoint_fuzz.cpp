// Texts that others hand to a journal: whatever is read is written again as the same text, and holding it against keys
// never fails.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "journal/note.h"

namespace journal = rampart::journal;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

/// read_again holds the promise of a strict format: one text for one value.
template <typename Parsed>
void read_again(const Parsed& parsed, std::string_view text) {
  if (parsed) require(format(*parsed) == text);
}

void judge(const journal::Note& note) {
  require(!note.signatures.empty() && note.text.ends_with('\n'));
  for (const journal::NoteSignature& signature : note.signatures) {
    require(journal::good_name(signature.name) && !signature.bytes.empty());
    for (const auto type : {journal::VerifierKey::Type::note, journal::VerifierKey::Type::cosignature}) {
      // The key of RFC 8032 section 7.1 test 1: the corpus has notes that it signed.
      journal::VerifierKey key{signature.name, type, {}};
      key.key = {0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a,
                 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a};
      const bool holds = journal::verified(note, key);
      const auto when = journal::cosigned_at(note, key);
      require(when.has_value() == (holds && type == journal::VerifierKey::Type::cosignature));
      if (when) require(when->time_since_epoch().count() >= 0);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = rampart::as_text({data, size});
  const auto note = journal::parse_note(text);
  read_again(note, text);
  if (note) {
    judge(*note);
    read_again(journal::parse_checkpoint(note->text), note->text);
  }
  read_again(journal::parse_checkpoint(text), text);
  read_again(journal::parse_proof(text), text);
  read_again(journal::parse_request(text), text);
  if (const auto key = journal::VerifierKey::parse(text)) require(key->text() == text && journal::good_name(key->name));
  return 0;
}
