// A witness cosigns another journal's checkpoint once it has seen that it only grew: C2SP tlog-witness without the
// HTTP. What it saw last of each journal is made durable before it answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crypto/signature.h"
#include "journal/layout.h"
#include "journal/note.h"

namespace rampart::journal {

class Witness {
 public:
  /// `folder` keeps what was seen, one file a journal; `name` is the witness's own key name. `signer` must outlive it.
  Witness(std::string folder, std::string name, crypto::Signer& signer, const Clock& clock);

  struct Answer {
    enum class Kind {
      cosigned,
      unknown_origin,  // 404: no trusted key for that origin
      not_signed,      // 403
      bad_request,     // 400
      other_size,      // 409: `size` is what was seen last
      fork,            // 422 or 409 with equal sizes: not what was seen before; kept as evidence beside the state
    };
    Kind kind{};
    std::string lines;  // cosigned: signature lines
    uint64_t size = 0;
    std::string what;  // one sentence for people
  };
  /// add judges a request against `trusted` log keys and what was seen before. Errors: throws Error where the state
  /// cannot be read or made durable: then nothing is signed.
  Answer add(std::string_view request, const std::vector<VerifierKey>& trusted);

 private:
  std::string folder_, name_;
  crypto::Signer& signer_;
  const Clock& clock_;
};

/// make_request is what a journal hands to a witness that saw `old_size` records last. Errors: throws Error.
std::string make_request(const std::string& folder, uint64_t old_size);
/// keep_request keeps the checkpoint of a request under checkpoints/: the journal goes on signing, and the witness's
/// answer must still find what it is about. Errors: throws Error.
void keep_request(const Layout& layout, std::string_view request);

/// cosigned is `note` with those of `lines` that are signatures by `witness`; nothing where none verifies. A witness
/// signs again and again; its newest signature stands.
std::optional<Note> cosigned(const Note& note, std::string_view lines, const VerifierKey& witness);
/// add_cosignatures puts them under the checkpoint that they are of, one that was kept or the newest, also while
/// another process has the journal open. False where they are of none. Errors: throws Error.
bool add_cosignatures(const Layout& layout, std::string_view lines, const VerifierKey& witness);

}  // namespace rampart::journal
