#include "base/error.h"

#include <gtest/gtest.h>

namespace rampart {
namespace {

TEST(Error, RendersAProblemWithExcerptCaretAndHint) {
  const Problem problem{.file = "plant.yaml",
                        .mark = {3, 7},
                        .what = "no such zone",
                        .hint = "did you mean \"cell\"?",
                        .excerpt = "  in: sell",
                        .width = 4};
  EXPECT_EQ(render(problem),
            "plant.yaml:3:7: error: no such zone\n"
            "      in: sell\n"
            "          ^^^^\n"
            "  did you mean \"cell\"?");
}

TEST(Error, RendersWhatHasNoPlace) {
  EXPECT_EQ(render({.file = "a.yaml", .what = "cannot be read"}), "a.yaml: error: cannot be read");
  EXPECT_EQ(render({.file = "a.yaml", .what = "old", .warning = true}), "a.yaml: warning: old");
}

TEST(Error, TheCaretStandsUnderTabs) {
  EXPECT_EQ(render({.file = "a", .mark = {1, 3}, .what = "x", .excerpt = "\t\tkey"}),
            "a:1:3: error: x\n    \t\tkey\n    \t\t^");
}

TEST(Error, TheCaretsEndWithTheLine) {
  EXPECT_EQ(render({.file = "a", .mark = {1, 2}, .what = "x", .excerpt = "abc", .width = 4'000'000'000}),
            "a:1:2: error: x\n    abc\n     ^^");
  EXPECT_EQ(render({.file = "a", .mark = {1, 4}, .what = "x", .excerpt = "abc", .width = 0}),
            "a:1:4: error: x\n    abc\n       ^");
  EXPECT_EQ(render({.file = "a", .mark = {1, 900}, .what = "x", .excerpt = "abc"}),
            "a:1:900: error: x\n    abc\n       ^");
}

TEST(Error, NothingInAnExcerptReachesTheTerminalAsAnOrder) {
  EXPECT_EQ(render({.file = "a", .mark = {1, 1}, .what = "x", .excerpt = "\x1b[2Jb"}),
            "a:1:1: error: x\n     [2Jb\n    ^");
}

TEST(Error, SaysWhatWouldMendIt) {
  EXPECT_STREQ(Error("It failed.", "Try again.").what(), "It failed.\n  Try again.");
  EXPECT_STREQ(Error("It failed.", "").what(), "It failed.");
}

TEST(FileError, TellsAllProblems) {
  const FileError error({{.file = "a", .what = "one"}, {.file = "b", .what = "two"}});
  EXPECT_STREQ(error.what(), "a: error: one\nb: error: two");
  EXPECT_EQ(error.problems().size(), 2u);
}

}  // namespace
}  // namespace rampart
