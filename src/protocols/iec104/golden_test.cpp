// Golden vectors: what other people's implementations sent, and what we make of it.
#include "protocols/golden_testing.h"
#include "protocols/iec104/wire.h"

namespace rampart::protocols::iec104::testing {
namespace {

using protocols::testing::expect_found;
using protocols::testing::expect_steps;
using protocols::testing::expect_steps_reversed;

std::vector<std::filesystem::path> vectors() { return protocols::testing::vectors_of("iec104"); }

void expect_all(size_t piece) {
  ASSERT_GE(vectors().size(), 10u);
  expect_steps<Conversation>(vectors(), piece);
}

TEST(Iec104Golden, GivesWhatIsWrittenWhenFedWhole) { expect_all(SIZE_MAX); }

TEST(Iec104Golden, GivesTheSameOneOctetAtATime) { expect_all(1); }

TEST(Iec104Golden, GivesTheSameInPiecesOfSeven) { expect_all(7); }

TEST(Iec104Golden, GivesTheSameWhateverDirectionTheFlowLayerBelievesButForFiles) {
  for (const auto& path : vectors()) {
    if (path.filename().string().starts_with("file")) continue;
    expect_steps_reversed<Conversation>(path);
  }
}

TEST(Iec104Golden, EveryFirstFrameIsFoundByContent) { expect_found<Conversation>(vectors()); }

}  // namespace
}  // namespace rampart::protocols::iec104::testing
