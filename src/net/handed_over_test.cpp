#include "net/handed_over.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace rampart::net {
namespace {

Descriptor listener(Kind kind) { return listen_at({*IpAddress::parse("127.0.0.1"), 0}, kind, plain_socket); }

TEST(HandedOver, GivesEachSocketByItsAddressAndKindOnce) {
  std::vector<Descriptor> given;
  given.push_back(listener(Kind::tcp));
  given.push_back(listener(Kind::udp));
  const Place tcp = *local_place(given[0].get()), udp = *local_place(given[1].get());
  const int number = given[0].get();
  HandedOver handed(std::move(given));
  EXPECT_FALSE(handed.take(tcp, Kind::udp) && tcp.port != udp.port);
  const Descriptor taken = handed.take(tcp, Kind::tcp);
  EXPECT_EQ(taken.get(), number);
  EXPECT_NE(fcntl(taken.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(fcntl(taken.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_FALSE(handed.take(tcp, Kind::tcp));
  EXPECT_EQ(handed.close_rest(), 1u);
  EXPECT_FALSE(handed.take(udp, Kind::udp));
}

TEST(HandedOver, LeavesOutWhatIsNoListener) {
  std::vector<Descriptor> given;
  given.push_back(plain_socket(Kind::tcp, false));
  given.emplace_back(open("/dev/null", O_RDONLY));
  HandedOver handed(std::move(given));
  EXPECT_EQ(handed.close_rest(), 0u);
}

TEST(HandedOver, TakesNothingThatWasMeantForAnotherProcess) {
  setenv("LISTEN_PID", "1", 1);
  setenv("LISTEN_FDS", "2", 1);
  HandedOver handed = HandedOver::from_environment();
  EXPECT_EQ(handed.close_rest(), 0u);
  EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr);
}

}  // namespace
}  // namespace rampart::net
