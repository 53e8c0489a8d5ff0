// The mark of a record that was written before its operation was let through (`journal: before` of a rule).
#pragma once

#include "records/records.h"

namespace rampart::records {

/// kRecordedBefore is the name of such a record's outcome; what became of the operation comes in a record of its own.
inline constexpr std::string_view kRecordedBefore = "recorded-before";

inline bool recorded_before(const Transaction& transaction) {
  return transaction.outcome.kind == protocols::Outcome::Kind::unanswered &&
         transaction.outcome.name == kRecordedBefore;
}

}  // namespace rampart::records
