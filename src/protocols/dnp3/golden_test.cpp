// Golden vectors: what other people's implementations sent, and what we make of it.
#include "protocols/dnp3/wire.h"
#include "protocols/golden_testing.h"

namespace rampart::protocols::dnp3::testing {
namespace {

using protocols::testing::expect_found;
using protocols::testing::expect_steps;
using protocols::testing::expect_steps_reversed;

std::vector<std::filesystem::path> vectors() { return protocols::testing::vectors_of("dnp3"); }

void expect_all(size_t piece) {
  ASSERT_GE(vectors().size(), 20u);
  expect_steps<Conversation>(vectors(), piece);
}

TEST(Dnp3Golden, GivesWhatIsWrittenWhenFedWhole) { expect_all(SIZE_MAX); }

TEST(Dnp3Golden, GivesTheSameOneOctetAtATime) { expect_all(1); }

TEST(Dnp3Golden, GivesTheSameWhateverDirectionTheFlowLayerBelieves) {
  for (const auto& path : vectors()) expect_steps_reversed<Conversation>(path);
}

TEST(Dnp3Golden, EveryFirstFrameIsFoundByContent) { expect_found<Conversation>(vectors()); }

}  // namespace
}  // namespace rampart::protocols::dnp3::testing
