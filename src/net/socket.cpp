#include "net/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace rampart::net {
namespace {

constexpr int kOn = 1;

bool set(int descriptor, int level, int option) { return setsockopt(descriptor, level, option, &kOn, sizeof kOn) == 0; }

const sockaddr* plain(const sockaddr_storage& address) { return reinterpret_cast<const sockaddr*>(&address); }

}  // namespace

std::string to_text(const Place& place) {
  std::string out;
  if (!place.ip.is_v4()) out += '[';
  append(out, place.ip);
  out += place.ip.is_v4() ? ":" : "]:";
  append_number(out, place.port);
  return out;
}

socklen_t to_socket(const Place& place, sockaddr_storage& out) {
  out = {};
  const Bytes octets = place.ip.octets();
  if (place.ip.is_v4()) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(place.port);
    std::memcpy(&four.sin_addr, octets.data(), octets.size());
    std::memcpy(&out, &four, sizeof four);
    return sizeof four;
  }
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(place.port);
  std::memcpy(&six.sin6_addr, octets.data(), octets.size());
  std::memcpy(&out, &six, sizeof six);
  return sizeof six;
}

std::optional<Place> from_socket(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    uint8_t octets[4];
    std::memcpy(octets, &four.sin_addr, sizeof octets);
    return Place{IpAddress::v4(octets), ntohs(four.sin_port)};
  }
  if (address.ss_family != AF_INET6) return {};
  sockaddr_in6 six{};
  std::memcpy(&six, &address, sizeof six);
  uint8_t octets[16];
  std::memcpy(octets, &six.sin6_addr, sizeof octets);
  if (IN6_IS_ADDR_V4MAPPED(&six.sin6_addr)) return Place{IpAddress::v4(octets + 12), ntohs(six.sin6_port)};
  return Place{IpAddress::v6(octets), ntohs(six.sin6_port)};
}

Descriptor plain_socket(Kind kind, bool six) {
  const int type = kind == Kind::tcp ? SOCK_STREAM : SOCK_DGRAM;
  Descriptor made(socket(six ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // An IPv6 socket is for IPv6 alone: two listeners of one port must not get into each other's way.
  if (made && six) set(made.get(), IPPROTO_IPV6, IPV6_V6ONLY);
  return made;
}

Descriptor transparent_socket(Kind kind, bool six) {
  Descriptor made = plain_socket(kind, six);
  const bool done =
      made && (six ? set(made.get(), IPPROTO_IPV6, IPV6_TRANSPARENT) : set(made.get(), IPPROTO_IP, IP_TRANSPARENT));
  return done ? std::move(made) : Descriptor();
}

Descriptor listen_at(const Place& place, Kind kind, const SocketMaker& maker) {
  const auto fail = [&](const char* what) {
    const int reason = errno;
    std::string hint;
    if (reason == EACCES) hint = "ports below 1024 need the right CAP_NET_BIND_SERVICE, which systemd or root gives";
    if (reason == EADDRINUSE) hint = "somebody else listens there: ss -lntup";
    if (reason == EADDRNOTAVAIL) hint = "no interface of this machine has this address: ip address";
    throw Error("cannot listen at " + to_text(place) + ": " + what + ": " + std::strerror(reason), hint);
  };
  Descriptor made = maker(kind, !place.ip.is_v4());
  if (!made) fail("socket");
  set(made.get(), SOL_SOCKET, SO_REUSEADDR);
  sockaddr_storage address{};
  const socklen_t size = to_socket(place, address);
  if (bind(made.get(), plain(address), size) != 0) fail("bind");
  constexpr int kWaiting = 1024;
  if (kind == Kind::tcp && listen(made.get(), kWaiting) != 0) fail("listen");
  return made;
}

Descriptor begin_connect(const Place& place, Kind kind, const std::optional<Place>& from, const SocketMaker& maker) {
  Descriptor made = maker(kind, !place.ip.is_v4());
  if (!made) return made;
  sockaddr_storage address{};
  if (from) {
    set(made.get(), SOL_SOCKET, SO_REUSEADDR);
    const socklen_t size = to_socket(*from, address);
    if (bind(made.get(), plain(address), size) != 0) return {};
  }
  if (kind == Kind::tcp) no_delay(made.get());
  const socklen_t size = to_socket(place, address);
  if (connect(made.get(), plain(address), size) != 0 && errno != EINPROGRESS) return {};
  return made;
}

int connect_error(int descriptor) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

void no_delay(int descriptor) { set(descriptor, IPPROTO_TCP, TCP_NODELAY); }

void abort_on_close(int descriptor) {
  const linger at_once{1, 0};
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

std::optional<Place> local_place(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return from_socket(address);
}

}  // namespace rampart::net
