// How a process that does not hold the journal gets a record into it: it leaves it in inbox/, durable, and the holder
// takes it over within a second, or whoever opens the journal next. Only readings may come this way, and the file's
// owner, not its content, says who read.
#pragma once

#include <cstdint>
#include <string>

#include "journal/journal.h"
#include "records/records.h"

namespace rampart::journal {

/// leave puts a reading into the inbox. Errors: throws Error where it cannot be written.
void leave(const Layout& layout, const records::JournalRead& read, TimePoint now);
/// take_over appends what lies there and removes it; anything else than a reading is moved to damaged/. Returns how
/// many.
uint64_t take_over(const Layout& layout, Appender& journal, const Clock& clock);

}  // namespace rampart::journal
