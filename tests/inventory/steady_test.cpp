// What is known costs no memory: the inventory stands on the way of every operation. This program counts allocations,
// so it is one of its own.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <new>

#include "monitor/inventory_testing.h"

namespace {
uint64_t allocations = 0;
}

// Not inlined: the compiler would take what malloc() gave for what new gives.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace rampart::monitor {
namespace {

TEST(InventoryAtSpeed, AllocatesNothingForWhatItKnows) {
  Inventory inventory;
  testing::Tell tell(inventory);
  std::vector<const records::Conversation*> talks;
  for (int i = 1; i <= 100; ++i) {
    const std::string server = "10.1.0." + std::to_string(i);
    const std::string mac = "00:0e:8c:00:01:" + std::to_string(i % 90 + 10);
    talks.push_back(&tell.between("10.1.0.200", "00:0e:8c:00:00:01", server.c_str(), mac.c_str()));
  }
  const auto round = [&] {
    for (const records::Conversation* talk : talks) {
      tell.operation(*talk, protocols::Action::read, 1);
      tell.flow(*talk);
    }
  };
  round();
  const uint64_t before = allocations;
  const auto start = std::chrono::steady_clock::now();
  constexpr int kRounds = 2000;
  for (int i = 0; i < kRounds; ++i) round();
  const std::chrono::nanoseconds spent = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(allocations, before);
  std::cout << "an operation and an ended conversation: " << spent.count() / (kRounds * 100) << " ns\n";
}

}  // namespace
}  // namespace rampart::monitor
