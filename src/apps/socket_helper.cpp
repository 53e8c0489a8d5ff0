#include "apps/socket_helper.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <string_view>

#include "apps/privileges.h"
#include "apps/system_calls.h"
#include "apps/warden.h"
#include "base/error.h"

namespace rampart::apps {
namespace {

constexpr std::chrono::seconds kBegunWithin{10};
constexpr std::string_view kReady = "ready";  // anything else that it says first is why it cannot

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

/// serve_one answers one order; false where the gateway is gone.
bool serve_one(int channel) {
  Order order;
  const ssize_t got = recv(channel, &order, sizeof order, 0);
  if (got < 0 && errno == EINTR) return true;
  if (got != static_cast<ssize_t>(sizeof order)) return false;
  const auto kind = order.udp != 0 ? net::Kind::udp : net::Kind::tcp;
  return answer(channel, net::transparent_socket(kind, order.six != 0));
}

/// close_others closes what was open when the helper began: listening sockets that were handed over to the gateway.
void close_others(int one, int other) {
  const auto first = static_cast<unsigned>(std::min(one, other)), last = static_cast<unsigned>(std::max(one, other));
  if (first > 3) close_range(3, first - 1, 0);
  if (last > first + 1) close_range(first + 1, last - 1, 0);
  close_range(last + 1, ~0u, 0);
}

/// serve is all that the helper does, until its gateway is gone.
void serve(int channel, int pulse, Warden& warden) {
  for (;;) {
    pollfd ends[2] = {{channel, POLLIN, 0}, {pulse, POLLIN, 0}};
    if (poll(ends, 2, warden.wait()) < 0 && errno != EINTR) return;
    uint8_t octet = 0;
    if (ends[1].revents != 0 && recv(pulse, &octet, 1, MSG_DONTWAIT) == 1) warden.beaten();
    if (ends[0].revents != 0 && !serve_one(channel)) return;
    warden.look();
  }
}

/// live is the whole life of the helper's process.
void live(int channel, int pulse, const std::string& user, const std::optional<gateway::KernelRules>& rules) {
  // What ends the gateway by hand goes to its whole group; the helper ends when the gateway does.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2}) std::signal(number, SIG_IGN);
  std::string wrong;
  close_others(channel, pulse);
  keep_net_admin(user, rules.has_value());
  prctl(PR_SET_NAME, "rampart-sockets", 0, 0, 0);
  close_system_calls(rules ? Closed::helper_with_nft : Closed::helper);
  Warden warden(rules.value_or(gateway::KernelRules()), pulse);
  if (!warden.check(wrong)) {
    send(pulse, wrong.data(), wrong.size(), MSG_NOSIGNAL);
    return;
  }
  send(pulse, kReady.data(), kReady.size(), MSG_NOSIGNAL);
  serve(channel, pulse, warden);
  warden.gateway_ended();
}

}  // namespace

SocketHelper::SocketHelper(const std::string& user, const std::optional<gateway::KernelRules>& rules) {
  const auto fail = [](const std::string& why) { throw Error("cannot begin the helper that makes sockets: " + why); };
  int ends[2] = {-1, -1}, pulse[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) fail(std::strerror(errno));
  net::Descriptor mine(ends[0]), its(ends[1]);
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pulse) != 0) fail(std::strerror(errno));
  net::Descriptor my_pulse(pulse[0]), its_pulse(pulse[1]);
  child_ = fork();
  if (child_ < 0) fail(std::strerror(errno));
  if (child_ == 0) {
    mine.reset();
    my_pulse.reset();
    try {
      live(its.get(), its_pulse.get(), user, rules);
    } catch (const std::exception& error) {
      const std::string why = error.what();
      send(its_pulse.get(), why.data(), why.size(), MSG_NOSIGNAL);
      _exit(1);
    }
    _exit(0);
  }
  its.reset();
  its_pulse.reset();
  const timeval longest{1, 0}, begun{kBegunWithin.count(), 0};
  setsockopt(mine.get(), SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  setsockopt(my_pulse.get(), SOL_SOCKET, SO_RCVTIMEO, &begun, sizeof begun);
  char said[4096];
  const ssize_t got = recv(my_pulse.get(), said, sizeof said, 0);
  const std::string word(said, got > 0 ? static_cast<size_t>(got) : 0);
  if (word != kReady) {
    mine.reset();
    waitpid(child_, nullptr, 0);
    fail(word.empty() ? "it ended, or said nothing" : word);
  }
  channel_ = std::move(mine);
  pulse_ = std::move(my_pulse);
}

SocketHelper::~SocketHelper() {
  channel_.reset();
  if (child_ > 0) waitpid(child_, nullptr, 0);
}

net::Descriptor SocketHelper::make(net::Kind kind, bool six) const {
  // An answer that came too late is to another order; a helper that still owes one is not waited for again.
  while (owed_ > 0) {
    if (!take_answer(MSG_DONTWAIT)) return {};
    --owed_;
  }
  const Order order{static_cast<uint8_t>(kind == net::Kind::udp), static_cast<uint8_t>(six)};
  if (send(channel_.get(), &order, sizeof order, MSG_NOSIGNAL) != static_cast<ssize_t>(sizeof order)) return {};
  std::optional<net::Descriptor> made = take_answer(0);
  if (!made) ++owed_;
  return made ? std::move(*made) : net::Descriptor();
}

/// take_answer is what the helper answered: a socket, or none; nothing where it did not answer.
std::optional<net::Descriptor> SocketHelper::take_answer(int flags) const {
  uint8_t octet = 0;
  iovec part{&octet, 1};
  Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.octets;
  message.msg_controllen = sizeof control.octets;
  if (recvmsg(channel_.get(), &message, MSG_CMSG_CLOEXEC | flags) != 1) return {};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (octet == 0 || header == nullptr || header->cmsg_type != SCM_RIGHTS) return net::Descriptor();
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  return net::Descriptor(descriptor);
}

void SocketHelper::beat() {
  const uint8_t octet = 1;
  send(pulse_.get(), &octet, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

std::optional<SocketHelper::News> SocketHelper::news() {
  if (gone_) return {};
  Warden::Word word;
  const ssize_t got = recv(pulse_.get(), &word, sizeof word, MSG_DONTWAIT);
  if (got == static_cast<ssize_t>(sizeof word)) {
    const TimePoint since{std::chrono::seconds(word.since)};
    return News{static_cast<News::What>(word.what), since};
  }
  if (got != 0) return {};
  gone_ = true;
  return News{News::What::gone, {}};
}

}  // namespace rampart::apps
