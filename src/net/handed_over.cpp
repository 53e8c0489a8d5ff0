#include "net/handed_over.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/text.h"

namespace rampart::net {
namespace {

constexpr int kFirst = 3;
constexpr uint64_t kMost = 4096;

std::optional<int> option(int descriptor, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(descriptor, SOL_SOCKET, name, &value, &size) != 0) return {};
  return value;
}

uint64_t number_in(const char* name) {
  const char* text = std::getenv(name);
  return text != nullptr ? parse_number(text).value_or(0) : 0;
}

}  // namespace

HandedOver::HandedOver(std::vector<Descriptor> descriptors) {
  for (Descriptor& descriptor : descriptors) {
    const auto type = option(descriptor.get(), SO_TYPE), listens = option(descriptor.get(), SO_ACCEPTCONN);
    const auto place = local_place(descriptor.get());
    if (!type || !place || place->port == 0) continue;
    if (*type != SOCK_DGRAM && !(*type == SOCK_STREAM && listens == 1)) continue;
    fcntl(descriptor.get(), F_SETFD, FD_CLOEXEC);
    const int flags = fcntl(descriptor.get(), F_GETFL);
    if (flags < 0 || fcntl(descriptor.get(), F_SETFL, flags | O_NONBLOCK) != 0) continue;
    sockets_.push_back({*place, *type == SOCK_STREAM ? Kind::tcp : Kind::udp, std::move(descriptor)});
  }
}

HandedOver HandedOver::from_environment() {
  std::vector<Descriptor> descriptors;
  if (number_in("LISTEN_PID") == static_cast<uint64_t>(getpid())) {
    const uint64_t count = std::min(number_in("LISTEN_FDS"), kMost);
    for (uint64_t i = 0; i < count; ++i) descriptors.emplace_back(kFirst + static_cast<int>(i));
  }
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) unsetenv(name);
  return HandedOver(std::move(descriptors));
}

Descriptor HandedOver::take(const Place& place, Kind kind) {
  for (Socket& socket : sockets_) {
    if (socket.descriptor && socket.kind == kind && socket.place == place) return std::move(socket.descriptor);
  }
  return {};
}

size_t HandedOver::close_rest() {
  size_t count = 0;
  for (Socket& socket : sockets_) {
    if (!socket.descriptor) continue;
    socket.descriptor.reset();
    ++count;
  }
  sockets_.clear();
  return count;
}

}  // namespace rampart::net
