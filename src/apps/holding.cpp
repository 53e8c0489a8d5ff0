#include "apps/holding.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "journal/inbox.h"
#include "journal/lock.h"
#include "journal/persons.h"
#include "records/stored.h"

namespace rampart::apps {
namespace {

template <class Record>
void append_record(journal::Appender& journal, const Record& record, TimePoint now) {
  std::vector<uint8_t> bytes;
  records::append_cbor(bytes, record, now);
  if (!journal.append(bytes, journal::Urgency::reserved)) {
    throw Error("the journal did not take the record of this",
                "its alarms say why: `rampart journal show DIR --kind journal-event --kind not-kept`");
  }
}

}  // namespace

void require_own(const std::string& folder) {
  struct stat state {};
  if (stat(folder.c_str(), &state) != 0) {
    throw Error("cannot open the journal " + folder + ": " + std::strerror(errno),
                "`rampart init " + folder + " --name NAME` makes one");
  }
  if (state.st_uid != geteuid()) {
    throw Error(
        "the journal " + folder + " is " + journal::user_name(state.st_uid) + "'s, not " +
            journal::user_name(geteuid()) + "'s",
        "run this as " + journal::user_name(state.st_uid) + ", who could not go on with files of somebody else");
  }
}

std::unique_ptr<journal::Journal> open_journal(const std::string& folder, journal::JournalOptions options,
                                               const Clock& clock, Duration longest) {
  require_own(folder);
  if (!options.alarm) {
    options.alarm = [](std::string_view line) {
      std::fprintf(stderr, "rampart: ALARM: %.*s\n", static_cast<int>(line.size()), line.data());
    };
  }
  const Duration until = clock.steady() + longest;
  while (true) {
    try {
      return journal::Journal::open(folder, options, clock);
    } catch (const journal::InUse&) {
      if (clock.steady() >= until) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

std::string caller(const journal::Layout& layout) {
  return journal::Persons(layout).identifier(journal::user_name(getuid()));
}

void append(journal::Appender& journal, const records::JournalEvent& event, TimePoint now) {
  append_record(journal, event, now);
}
void append(journal::Appender& journal, const records::Finding& finding, TimePoint now) {
  append_record(journal, finding, now);
}
void append(journal::Appender& journal, const records::JournalRead& read, TimePoint now) {
  append_record(journal, read, now);
}

void append(journal::Appender& journal, const records::Evidence& evidence, TimePoint now) {
  append_record(journal, evidence, now);
}
void append(journal::Appender& journal, const records::Statement& statement, TimePoint now) {
  append_record(journal, statement, now);
}
void append(journal::Appender& journal, const records::LevelChange& change, TimePoint now) {
  append_record(journal, change, now);
}

void append(journal::Appender& journal, const records::CertificateEvent& event, TimePoint now) {
  append_record(journal, event, now);
}
void append(journal::Appender& journal, const records::GuardEvent& event, TimePoint now) {
  append_record(journal, event, now);
}

Reading::Reading(std::string folder, std::string what, std::string filter, std::string destination, const Clock& clock)
    : folder_(std::move(folder)),
      what_(std::move(what)),
      filter_(std::move(filter)),
      destination_(std::move(destination)),
      clock_(clock) {}

void Reading::saw(uint64_t number) {
  if (records_++ == 0) from_ = number;
  to_ = number + 1;
}

bool Reading::left(const records::JournalEvent& event) const {
  return event.when >= when_ && event.when <= until_ && (event.event == "opened" || event.event == "closed");
}

void Reading::leave() {
  const journal::Layout layout{folder_};
  when_ = until_ = clock_.now();
  records::JournalRead read{.when = when_,
                            .person = {},
                            .what = what_,
                            .filter = filter_,
                            .destination = destination_,
                            .from = from_,
                            .to = to_,
                            .records = records_};
  try {
    std::string person;
    try {
      const auto held = open_journal(folder_, {}, clock_, {});
      person = caller(layout);
      read.person = person;
      append(*held, read, when_);
      held->close();
      until_ = clock_.now();
      return;
    } catch (const Error&) {
      // Another process has it, or we may not write there: then by its inbox, whose files' owner says who we are.
    }
    journal::leave(layout, read, when_);
  } catch (const std::exception& error) {
    const std::string_view why = error.what();
    std::fprintf(stderr, "rampart: warning: this reading is not recorded: %.*s\n",
                 static_cast<int>(why.substr(0, why.find('\n')).size()), why.data());
  }
}

}  // namespace rampart::apps
