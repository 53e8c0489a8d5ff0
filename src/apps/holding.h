// Opening journals for the commands, and who it is that gives them.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "journal/journal.h"
#include "records/records.h"

namespace rampart::apps {

/// require_own refuses the journal of another user, who could not go on with what we wrote there. Errors: throws Error.
void require_own(const std::string& folder);
/// open_journal opens the journal in `folder` for writing; alarms go to standard error. Somebody who reads holds a
/// journal for a moment: nobody shall fail for that, so we wait `longest` where another process has it. Errors: throws
/// Error, also where the folder is another user's.
std::unique_ptr<journal::Journal> open_journal(const std::string& folder, journal::JournalOptions options,
                                               const Clock& clock, Duration longest = std::chrono::seconds(3));

/// caller is the identifier, in a journal, of the operating system's user who runs this program; made where it is new.
/// Errors: throws Error.
std::string caller(const journal::Layout& layout);

/// append encodes a record of what a person did and appends it with the urgency of such records. Errors: throws Error
/// where the journal does not take it.
void append(journal::Appender& journal, const records::JournalEvent& event, TimePoint now);
void append(journal::Appender& journal, const records::Finding& finding, TimePoint now);
void append(journal::Appender& journal, const records::JournalRead& read, TimePoint now);
void append(journal::Appender& journal, const records::Evidence& evidence, TimePoint now);
void append(journal::Appender& journal, const records::Statement& statement, TimePoint now);
void append(journal::Appender& journal, const records::LevelChange& change, TimePoint now);
void append(journal::Appender& journal, const records::CertificateEvent& event, TimePoint now);
void append(journal::Appender& journal, const records::GuardEvent& event, TimePoint now);

/// Reading is one person's look into a journal, which becomes a record itself: straight into the journal where it can
/// be opened, else by its inbox, else with a warning on standard error that it is not recorded.
class Reading {
 public:
  /// `what` as in records::JournalRead. `clock` must outlive it.
  Reading(std::string folder, std::string what, std::string filter, std::string destination, const Clock& clock);
  /// saw counts one record that was shown.
  void saw(uint64_t number);
  uint64_t records() const { return records_; }
  /// leave records it. Never throws.
  void leave();
  /// leaves is true of a record that leave() itself made.
  bool left(const records::JournalRead& read) const { return read.when == when_; }
  bool left(const records::JournalEvent& event) const;

 private:
  std::string folder_, what_, filter_, destination_;
  const Clock& clock_;
  uint64_t from_ = 0, to_ = 0, records_ = 0;
  TimePoint when_{}, until_{};
};

/// recorded runs `work` and leaves the record of the reading however it ended.
template <class Work>
void recorded(Reading& reading, Work&& work) {
  try {
    work();
  } catch (...) {
    reading.leave();
    throw;
  }
  reading.leave();
}

}  // namespace rampart::apps
