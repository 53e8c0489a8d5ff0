#include "journal/verify.h"

#include <gmock/gmock.h>

#include "journal/journal_testing.h"

namespace rampart::journal {
namespace {

VerifyReport checked(const MadeJournal& journal) { return verify(journal.layout.folder, {.trusted = {journal.key()}}); }

TEST(Verify, FindsNothingWrongWithAnUntouchedJournalOfAnySize) {
  for (const uint64_t size : {0U, 1U, 2U, 255U, 256U, 257U, 511U, 512U, 513U, 1000U, 5000U}) {
    MadeJournal journal;
    journal.fill(size);
    journal.sign();
    const VerifyReport report = checked(journal);
    std::string text;
    append_text(text, report);
    EXPECT_TRUE(report.good()) << size << "\n" << text;
    EXPECT_EQ(report.records, size);
    EXPECT_EQ(report.signed_size, size);
  }
}

}  // namespace
}  // namespace rampart::journal
