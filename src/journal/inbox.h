// How a process that does not hold the journal gets a record into it: it leaves it in inbox/, durable, and the holder
// takes it over within a second, or whoever opens the journal next. Only readings may come this way, and the file's
// owner, not its content, says who read.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "journal/journal.h"
#include "records/records.h"

namespace rampart::journal {

/// kMostTaken readings and kMostMoved other things bound the work of one take_over; kMostReading is the largest file,
/// in octets, that is looked into.
inline constexpr size_t kMostTaken = 100;
inline constexpr size_t kMostMoved = 1'000;
inline constexpr size_t kMostReading = 4096;

/// user_name is the system's name of a user; persons are kept under it.
std::string user_name(uint32_t user);
/// leave puts a reading into the inbox. Errors: throws Error where it cannot be written.
void leave(const Layout& layout, const records::JournalRead& read, TimePoint now);
/// take_over appends what lies there and removes it once `durable` (where given) says that the record of that number,
/// the last one, is; else it stays and comes again. Anything else than a reading is moved to damaged/ and told in one
/// record. Never waits for what lies there. Makes the folder where it is missing. Returns how many readings were taken.
/// Errors: throws Error where the names of persons cannot be read or written.
uint64_t take_over(const Layout& layout, Appender& journal, const Clock& clock,
                   const std::function<bool(uint64_t number)>& durable = {});

}  // namespace rampart::journal
