// Every capture at hand: a plant drafted from it, and held against it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "frames.h"
#include "judged.h"

namespace rampart::monitor::discover::testing {
namespace {

constexpr const char* kFolders[] = {"modbus", "dnp3",     "s7comm", "lab",      "bacnet",   "enip-cip",
                                    "iec104", "iec61850", "opcua",  "other-ot", "profinet", "it-noise"};
constexpr size_t kAll = ~size_t{0};

class DraftOfCaptures : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    files_ = captures::capture_files(GetParam());
    if (files_.empty()) GTEST_SKIP() << "no captures in " << GetParam() << " beside the repository";
  }
  std::vector<std::filesystem::path> files_;
};

std::string first_of(const Complaints& complaints) {
  std::string out = std::to_string(complaints.size()) + " complaints\n";
  for (size_t i = 0; i < std::min<size_t>(complaints.size(), 5); ++i) out += "  " + complaints[i] + "\n";
  return out;
}

TEST_P(DraftOfCaptures, AllowsWhatWasSeenAndNoMore) {
  size_t rules = 0, assets = 0, points = 0;
  for (const auto& file : files_) {
    SCOPED_TRACE(file.filename().string());
    const captures::Frames frames = captures::load(file, kAll);
    const Source source = [&] { return std::make_unique<captures::FrameSource>(frames); };
    const Draft draft = drafted(source);
    const Judged judged(source, draft, draft.text);
    ASSERT_TRUE(judged.complaints_of_load().empty()) << first_of(judged.complaints_of_load());
    EXPECT_TRUE(judged.unexpected().empty()) << first_of(judged.unexpected());
    EXPECT_TRUE(judged.missed().empty()) << first_of(judged.missed());
    EXPECT_TRUE(judged.needless().empty()) << first_of(judged.needless());
    EXPECT_TRUE(judged.too_broad().empty()) << first_of(judged.too_broad());
    rules += draft.rules;
    assets += draft.assets;
    points += draft.points;
  }
  std::printf("%zu drafts: %zu assets, %zu points, %zu rules\n", files_.size(), assets, points, rules);
}

TEST_P(DraftOfCaptures, IsTheSameTextWithTwoWorkers) {
  for (const auto& file : files_) {
    const captures::Frames frames = captures::load(file, 20'000);
    const Source source = [&] { return std::make_unique<captures::FrameSource>(frames); };
    EXPECT_EQ(drafted(source).text, drafted(source, 2).text) << file;
  }
}

INSTANTIATE_TEST_SUITE_P(Folder, DraftOfCaptures, ::testing::ValuesIn(kFolders), [](const auto& folder) {
  std::string name = folder.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace rampart::monitor::discover::testing
