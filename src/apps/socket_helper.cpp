#include "apps/socket_helper.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "apps/privileges.h"
#include "base/error.h"

namespace rampart::apps {
namespace {

/// Order is what the gateway asks for: one octet each.
struct Order {
  uint8_t udp = 0, six = 0;
};

union Control {
  cmsghdr align;
  char octets[CMSG_SPACE(sizeof(int))];
};

/// answer sends one octet, and the socket beside it where there is one.
bool answer(int channel, const net::Descriptor& made) {
  uint8_t octet = made ? 1 : 0;
  iovec part{&octet, 1};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (made) {
    message.msg_control = control.octets;
    message.msg_controllen = sizeof control.octets;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int descriptor = made.get();
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  return sendmsg(channel, &message, MSG_NOSIGNAL) == 1;
}

/// serve is all that the helper does, until its gateway is gone.
[[noreturn]] void serve(int channel) {
  for (;;) {
    Order order;
    const ssize_t got = recv(channel, &order, sizeof order, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got != static_cast<ssize_t>(sizeof order)) _exit(0);
    const auto kind = order.udp != 0 ? net::Kind::udp : net::Kind::tcp;
    if (!answer(channel, net::transparent_socket(kind, order.six != 0))) _exit(0);
  }
}

}  // namespace

SocketHelper::SocketHelper(const std::string& user) {
  int ends[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    throw Error(std::string("cannot begin the helper that makes sockets: ") + std::strerror(errno));
  }
  net::Descriptor mine(ends[0]), its(ends[1]);
  child_ = fork();
  if (child_ < 0) throw Error(std::string("cannot begin the helper that makes sockets: ") + std::strerror(errno));
  if (child_ == 0) {
    // What ends the gateway by hand goes to its whole group; the helper ends when the gateway does.
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(number, SIG_IGN);
    mine.reset();
    try {
      keep_net_admin(user);
    } catch (const std::exception&) {
      _exit(1);
    }
    prctl(PR_SET_NAME, "rampart-sockets", 0, 0, 0);
    serve(its.get());
  }
  const timeval longest{1, 0};
  setsockopt(mine.get(), SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  channel_ = std::move(mine);
}

SocketHelper::~SocketHelper() {
  channel_.reset();
  if (child_ > 0) waitpid(child_, nullptr, 0);
}

net::Descriptor SocketHelper::make(net::Kind kind, bool six) const {
  const Order order{static_cast<uint8_t>(kind == net::Kind::udp), static_cast<uint8_t>(six)};
  if (send(channel_.get(), &order, sizeof order, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof order)) return {};
  uint8_t octet = 0;
  iovec part{&octet, 1};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.octets;
  message.msg_controllen = sizeof control.octets;
  if (recvmsg(channel_.get(), &message, MSG_CMSG_CLOEXEC) != 1 || octet == 0) return {};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return {};
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return net::Descriptor(descriptor);
}

}  // namespace rampart::apps
