#include "apps/loading.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "apps/command_check.h"
#include "base/files.h"

namespace rampart::apps {
namespace {

constexpr const char* kPlant = R"(rampart: 1
plant: Test
zones:
  - {id: only, target: 1, networks: [10.1.0.0/24], assets: [{id: plc, kind: controller, at: [{ip: 10.1.0.10}]}]}
)";

class Loading : public ::testing::Test {
 protected:
  Loading()
      : file_(std::filesystem::temp_directory_path() / ("rampart-loading-" + std::to_string(getpid()) + ".yaml")) {}
  ~Loading() override { std::filesystem::remove(file_); }
  std::string plant(const std::string& more) const {
    const std::string text = kPlant + more;
    replace_file(file_.string(), as_bytes(text));
    return file_.string();
  }
  std::filesystem::path file_;
};

TEST_F(Loading, RefusesAFindingThatThereIsNot) {
  const std::string file = plant("findings:\n  - {id: malfomed, threshold: 5/min}\n");
  try {
    load_policy(file);
    FAIL();
  } catch (const FileError& error) {
    ASSERT_EQ(error.problems().size(), 1u);
    EXPECT_EQ(error.problems()[0].mark, (Mark{6, 10}));
    EXPECT_EQ(error.problems()[0].hint, "did you mean malformed?");
  }
}

TEST_F(Loading, ChecksSayThatASuppressionHasEnded) {
  const std::string file =
      plant("suppress:\n  - {finding: malformed, asset: plc, until: 2026-03-31, reason: known, by: j.koch}\n");
  std::string out;
  EXPECT_EQ(check_command(file, false, out, std::chrono::sys_days(std::chrono::year(2026) / 3 / 31)), 0);
  EXPECT_EQ(out.find("has ended"), std::string::npos) << out;
  EXPECT_EQ(check_command(file, false, out, std::chrono::sys_days(std::chrono::year(2026) / 4 / 1)), 0);
  EXPECT_NE(out.find(":6:5: warning: the suppression of `malformed` has ended"), std::string::npos) << out;
}

}  // namespace
}  // namespace rampart::apps
