// The journal, open for writing: append() from any thread, one thread of its own that writes groups and syncs, one that
// builds the tree behind it. One process at a time has a journal open (a lock says who). Reading: reader.h, verify.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/signature.h"
#include "journal/layout.h"
#include "journal/note.h"
#include "journal/settings.h"

namespace rampart::journal {

/// Urgency says what may be given up when there is no room: `reserved` records (access, orders, changes of plant and
/// keys, the journal's own) may use the reserve of disk and memory; `normal` ones may not.
enum class Urgency : uint8_t { normal, reserved };

/// Appender takes encoded records: the journal, or a test.
class Appender {
 public:
  virtual ~Appender() = default;
  /// append copies `record` and returns its number; nothing where it was not taken, which the appender counts and tells
  /// later in a NotKept record. Any thread.
  virtual std::optional<uint64_t> append(Bytes record, Urgency urgency) = 0;
};

struct JournalOptions {
  Duration group_wait = std::chrono::milliseconds(5);  // longest time that a record waits for company
  size_t group_octets = size_t{1} << 20;               // a group of this size waits for nobody
  size_t waiting_octets = size_t{16} << 20;            // memory for what is not yet durable; a quarter is reserved
  bool wait_for_room = false;                          // append() waits where the memory is full, else it gives up
  Duration checkpoint_every = std::chrono::seconds(10);
  uint64_t segment_octets = uint64_t{64} << 20;  // a segment ends at the first full bundle after so many
  /// alarm tells people at once what is wrong, in one line; called by the journal's threads, at most once a second.
  std::function<void(std::string_view)> alarm{};
};

struct JournalStatus {
  uint64_t size = 0;        // records appended
  uint64_t durable = 0;     // of those, acknowledged: written and synced
  uint64_t checkpoint = 0;  // of those, covered by a signed checkpoint
  uint64_t first = 0;       // oldest record that is still here
  uint64_t not_kept = 0;    // records given up since it was opened
  bool failing = false;     // the last write or sync failed
};

class Journal final : public Appender {
 public:
  /// open takes the lock, repairs what a crash left, and goes on where the last group ended. A torn tail is cut and
  /// recorded; damage is set aside in damaged/, recorded and alarmed. Errors: throws Error where the folder is no
  /// journal, another process has it, the key does not open, or the tiles fit no checkpoint even after a rebuild.
  static std::unique_ptr<Journal> open(const std::string& folder, const JournalOptions& options, const Clock& clock);
  ~Journal() override;  // close(), errors swallowed

  std::optional<uint64_t> append(Bytes record, Urgency urgency) override;
  /// wait_durable waits until record `number` is acknowledged, at most `longest`; false where it is not.
  bool wait_durable(uint64_t number, Duration longest);
  JournalStatus status() const;
  /// checkpoint signs what is durable now and returns the note, with cosignatures where it is not new. Errors: throws
  /// Error where it cannot be signed or written.
  std::string checkpoint();
  /// add_cosignatures puts signature lines that verify by `witness` under the newest checkpoint; false where none does.
  bool add_cosignatures(std::string_view lines, const VerifierKey& witness);
  /// change_key makes the next checkpoint by both keys and goes on with `next`, whose file keys/next.pem or
  /// keys/next.token the caller has prepared: it takes the place of the old key's. A crash at any point leaves either
  /// key in force, or a change that the next open() completes. Errors: throws Error, the old key still in force.
  void change_key(std::unique_ptr<crypto::Signer> next, std::string_view reason, std::string_view person);
  /// prune removes what the settings no longer want, whole segments only, after recording it. Also done by itself.
  void prune();
  /// close makes everything durable, signs, and lets go. Errors: throws Error where something was not kept.
  void close();

 private:
  struct Body;
  explicit Journal(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

/// make_journal makes the folder of a journal named `origin` (a signed-note key name, as "waterworks/gw-1") whose key
/// is `signer`, already stored under keys/. Errors: throws Error where there is one already.
void make_journal(const std::string& folder, const std::string& origin, crypto::Signer& signer,
                  const Settings& settings);

/// open_signer opens the key of a journal's folder, from its file or token. verifier_keys reads keys/journal.vkeys.
std::unique_ptr<crypto::Signer> open_signer(const Layout& layout);
std::vector<VerifierKey> verifier_keys(const Layout& layout);

}  // namespace rampart::journal
