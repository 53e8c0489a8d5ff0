#include "firewall/helper/programs.h"

#include <gtest/gtest.h>

#include <csignal>

namespace rampart::firewall {
namespace {

using std::chrono::seconds;

TEST(Programs, AreFedAndHeard) {
  const std::string input(1'000'000, 'x');
  const Ran ran = run_program({"/bin/cat"}, input, 2'000'000, seconds(30));
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.out, input);
}

TEST(Programs, GetAnEnvironmentOfTheirOwn) {
  EXPECT_EQ(run_program({"/usr/bin/env"}, "", 1'000, seconds(30)).out, "LC_ALL=C\n");
}

TEST(Programs, ThatSayTooMuchAreEnded) {
  const Ran ran = run_program({"/bin/cat", "/dev/zero"}, "", 100'000, seconds(30));
  EXPECT_TRUE(ran.cut);
  EXPECT_EQ(ran.out.size(), 100'000u);
  EXPECT_NE(ran.status, 0);
}

TEST(Programs, ThatTakeTooLongAreEnded) {
  const Ran ran = run_program({"/bin/sleep", "1000"}, "", 1'000, seconds(1));
  EXPECT_EQ(ran.status, -1);
}

TEST(Programs, ThatAreNotThereAreSaid) {
  EXPECT_EQ(run_program({"/nowhere/at-all"}, "", 1'000, seconds(30)).status, 127);
}

TEST(Programs, ThatDoNotReadTheirInputDoNoHarm) {
  std::signal(SIGPIPE, SIG_IGN);  // as the helper does
  const Ran ran = run_program({"/bin/false"}, std::string(1'000'000, 'x'), 1'000, seconds(30));
  EXPECT_EQ(ran.status, 1);
}

}  // namespace
}  // namespace rampart::firewall
