#include "journal/settings.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"

namespace rampart::journal {
namespace {

Settings read_text(const TemporaryFolder& folder, const std::string& text) {
  replace_file(folder / "settings", as_bytes(text));
  return read_settings(folder / "settings");
}

TEST(Settings, ReadBackAsTheyWereWritten) {
  const TemporaryFolder folder;
  const Settings settings{.keep_days = 7,
                          .most_octets = uint64_t{3} << 40,
                          .reserve_octets = 0,
                          .blob_days = 2,
                          .blob_octets = 12,
                          .share_percent = 100};
  const Settings again = read_text(folder, format(settings));
  EXPECT_EQ(again.keep_days, 7U);
  EXPECT_EQ(again.most_octets, uint64_t{3} << 40);
  EXPECT_EQ(again.reserve_octets, 0U);
  EXPECT_EQ(again.blob_days, 2U);
  EXPECT_EQ(again.blob_octets, 12U);
  EXPECT_EQ(again.share_percent, 100U);
}

TEST(Settings, MissingFileAndMissingLinesMeanDefaults) {
  const TemporaryFolder folder;
  EXPECT_EQ(format(read_settings(folder / "settings")), format(Settings{}));
  EXPECT_EQ(format(read_text(folder, "\n# nothing\n  \t\n")), format(Settings{}));
  EXPECT_EQ(read_text(folder, "\tkeep_days \t 30  # a month\r\n").keep_days, 30U);
}

TEST(Settings, EveryWrongLineIsNamedWithWhatWouldMendIt) {
  const TemporaryFolder folder;
  try {
    read_text(folder, "keep_days 30\nkeep_dais 4\nshare_percent 101\nmost_octets\nblob_days -1\n");
    FAIL() << "taken";
  } catch (const FileError& error) {
    ASSERT_EQ(error.problems().size(), 4U);
    EXPECT_EQ(error.problems()[0].mark.line, 2U);
    EXPECT_EQ(error.problems()[0].hint, "did you mean \"keep_days\"?");
    EXPECT_EQ(error.problems()[1].hint, "write a whole number from 1 to 100");
    EXPECT_EQ(error.problems()[3].mark.line, 5U);
  }
}

TEST(Settings, NumbersTooLargeForTheirFieldAreRefused) {
  const TemporaryFolder folder;
  EXPECT_THROW(read_text(folder, "keep_days 4294967297\n"), FileError);
  EXPECT_THROW(read_text(folder, "most_octets 99999999999999999999\n"), FileError);
}

}  // namespace
}  // namespace rampart::journal
