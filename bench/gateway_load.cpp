// Load for what stands between a Modbus client and its server, the same for all contestants:
//   gateway_load serve ADDRESS PORT                          answers every request of 12 octets with 29
//   gateway_load ask ADDRESS PORT CONNECTIONS SECONDS [DIR]  each connection asks again as soon as it is answered; with
//                                                            DIR (certificate.pem, key.pem, authority.pem) inside TLS
//   gateway_load reload ADDRESS PORT CONNECTIONS SECONDS PID [PERIOD]
//                                                            the same, then SIGHUP to PID, and three seconds more; with
//                                                            PERIOD each connection asks once in so many milliseconds
//   gateway_load hold ADDRESS PORT CONNECTIONS               opens them and waits for a line; then each asks once
// `ask` prints: requests, requests a second, and the 50th, 99th and 99.9th percentile of a round trip in microseconds;
// `reload` a line of a warm second, one of the seconds before, three of a second each, and three more after SIGHUP.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kRequest = 12, kAnswer = 29;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

sockaddr_in place(const char* address, const char* port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(static_cast<uint16_t>(std::atoi(port)));
  if (inet_pton(AF_INET, address, &out.sin_addr) != 1) fail(address);
  return out;
}

void no_delay(int descriptor) {
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void watch(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll");
}

int serve(const sockaddr_in& at) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || listen(listener, 1024) != 0)
    fail("listen");
  const int epoll = epoll_create1(0);
  watch(epoll, listener);
  std::puts("ready");
  std::fflush(stdout);
  std::array<epoll_event, 256> events;
  while (true) {
    const int count = epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int descriptor = events[static_cast<size_t>(i)].data.fd;
      if (descriptor == listener) {
        const int client = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        if (client < 0) continue;
        no_delay(client);
        watch(epoll, client);
        continue;
      }
      uint8_t request[kRequest * 64];
      const ssize_t got = recv(descriptor, request, sizeof request, 0);
      if (got <= 0) {
        if (got == 0 || errno != EAGAIN) close(descriptor);
        continue;
      }
      // Whole requests: every client sends one at a time.
      for (size_t at_request = 0; at_request + kRequest <= static_cast<size_t>(got); at_request += kRequest) {
        uint8_t answer[kAnswer] = {};
        std::memcpy(answer, request + at_request, 8);
        answer[4] = 0;
        answer[5] = kAnswer - 6;
        answer[8] = kAnswer - 9;
        if (send(descriptor, answer, sizeof answer, MSG_NOSIGNAL) < 0) break;
      }
    }
  }
}

struct Connection {
  int descriptor = -1;
  SSL* tls = nullptr;  // to the end of the program
  uint16_t number = 0;
  size_t got = 0;
  Clock::time_point asked;
};

SSL_CTX* identity(const std::string& folder) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  const bool well = SSL_CTX_use_certificate_chain_file(context, (folder + "/certificate.pem").c_str()) == 1 &&
                    SSL_CTX_use_PrivateKey_file(context, (folder + "/key.pem").c_str(), SSL_FILETYPE_PEM) == 1 &&
                    SSL_CTX_load_verify_file(context, (folder + "/authority.pem").c_str()) == 1;
  if (!well) fail("the identity cannot be read");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return context;
}

void shake_hands(Connection& connection, SSL_CTX* context) {
  connection.tls = SSL_new(context);
  SSL_set_fd(connection.tls, connection.descriptor);
  if (SSL_connect(connection.tls) != 1) fail("no TLS with it");
}

ssize_t put(Connection& connection, const uint8_t* octets, size_t size) {
  if (connection.tls != nullptr) return SSL_write(connection.tls, octets, static_cast<int>(size));
  return send(connection.descriptor, octets, size, MSG_NOSIGNAL);
}

ssize_t get(Connection& connection, uint8_t* octets, size_t size) {
  if (connection.tls != nullptr) return SSL_read(connection.tls, octets, static_cast<int>(size));
  return recv(connection.descriptor, octets, size, 0);
}

void ask(Connection& connection) {
  ++connection.number;
  // Read 10 holding registers from 0: the answer has 9 + 20 octets.
  const uint8_t request[kRequest] = {static_cast<uint8_t>(connection.number >> 8),
                                     static_cast<uint8_t>(connection.number),
                                     0,
                                     0,
                                     0,
                                     6,
                                     1,
                                     3,
                                     0,
                                     0,
                                     0,
                                     10};
  connection.got = 0;
  connection.asked = Clock::now();
  if (put(connection, request, sizeof request) != static_cast<ssize_t>(kRequest)) fail("send");
}

double percentile(std::vector<double>& all, double share) {
  const size_t at = std::min(all.size() - 1, static_cast<size_t>(share * static_cast<double>(all.size())));
  std::nth_element(all.begin(), all.begin() + static_cast<ptrdiff_t>(at), all.end());
  return all[at];
}

/// Load is `count` connections that each ask again as soon as they are answered, or once in each period.
class Load {
 public:
  Load(const sockaddr_in& to, size_t count, SSL_CTX* context = nullptr)
      : connections_(count), epoll_(epoll_create1(0)) {
    trips_.reserve(4'000'000);
    for (size_t i = 0; i < count; ++i) {
      const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
      if (connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) fail("connect");
      no_delay(descriptor);
      connections_[i].descriptor = descriptor;
      if (context != nullptr) shake_hands(connections_[i], context);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll");
    }
  }

  void begin(Clock::duration period = {}) {
    period_ = period;
    for (Connection& connection : connections_) ask(connection);
  }

  /// run asks and takes for so long, and prints: requests, requests a second, percentiles of a round trip.
  void run(double seconds) {
    trips_.clear();
    const Clock::time_point begin = Clock::now();
    const Clock::time_point end =
        begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    std::array<epoll_event, 256> events;
    while (Clock::now() < end) {
      if (connections_.size() == 1) {
        // A single client waits in recv, as those do.
        if (take(connections_[0])) ask(connections_[0]);
        continue;
      }
      const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), resting_.empty() ? 1000 : 1);
      if (ready == 0 && resting_.empty()) fail("no answer for a second");
      for (int i = 0; i < ready; ++i) {
        Connection& connection = connections_[events[static_cast<size_t>(i)].data.u64];
        if (!take(connection)) continue;
        if (period_ > Clock::duration{}) {
          resting_.push_back(&connection);
        } else {
          ask(connection);
        }
      }
      while (!resting_.empty() && Clock::now() - resting_.front()->asked >= period_) {
        ask(*resting_.front());
        resting_.pop_front();
      }
    }
    const double took = std::chrono::duration<double>(Clock::now() - begin).count();
    if (trips_.empty()) fail("nothing was answered");
    std::printf("%zu %.0f %.2f %.2f %.2f\n", trips_.size(), static_cast<double>(trips_.size()) / took,
                percentile(trips_, 0.5), percentile(trips_, 0.99), percentile(trips_, 0.999));
    std::fflush(stdout);
  }

  /// once has each connection ask once and be answered.
  void once() {
    for (Connection& connection : connections_) {
      ask(connection);
      while (!take(connection)) continue;
    }
  }

 private:
  bool take(Connection& connection) {
    uint8_t answer[kAnswer];
    const ssize_t got = get(connection, answer, kAnswer - connection.got);
    if (got <= 0) fail("recv");
    connection.got += static_cast<size_t>(got);
    if (connection.got < kAnswer) return false;
    trips_.push_back(std::chrono::duration<double, std::micro>(Clock::now() - connection.asked).count());
    return true;
  }

  std::vector<Connection> connections_;
  std::deque<Connection*> resting_;  // answered, in the order in which they were
  Clock::duration period_{};
  const int epoll_;
  std::vector<double> trips_;
};

int measure(const sockaddr_in& to, size_t count, double seconds, SSL_CTX* context) {
  Load load(to, count, context);
  load.once();  // whatever is set up at the first request is not measured
  load.begin();
  load.run(seconds);
  return 0;
}

/// reload measures so long, has the gateway read its plant anew, and measures each of the next three seconds.
int reload(const sockaddr_in& to, size_t count, double seconds, pid_t gateway, Clock::duration period) {
  Load load(to, count);
  load.begin(period);
  load.run(1);  // warm
  load.run(seconds);
  for (int i = 0; i < 3; ++i) load.run(1);  // what a second varies by without
  if (kill(gateway, SIGHUP) != 0) fail("kill");
  for (int i = 0; i < 3; ++i) load.run(1);
  return 0;
}

/// hold opens connections and keeps them: says "idle", and, after a line on standard input, has each asked once.
int hold(const sockaddr_in& to, size_t count) {
  Load load(to, count);
  std::puts("idle");
  std::fflush(stdout);
  if (std::getchar() == EOF) return 0;
  load.once();
  std::puts("asked");
  std::fflush(stdout);
  return std::getchar() == EOF ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  if (what == "serve" && argc == 4) return serve(place(argv[2], argv[3]));
  if (what == "ask" && (argc == 6 || argc == 7)) {
    return measure(place(argv[2], argv[3]), std::strtoul(argv[4], nullptr, 10), std::atof(argv[5]),
                   argc == 7 ? identity(argv[6]) : nullptr);
  }
  if (what == "reload" && (argc == 7 || argc == 8)) {
    return reload(place(argv[2], argv[3]), std::strtoul(argv[4], nullptr, 10), std::atof(argv[5]), std::atoi(argv[6]),
                  std::chrono::milliseconds(argc == 8 ? std::atoi(argv[7]) : 0));
  }
  if (what == "hold" && argc == 5) return hold(place(argv[2], argv[3]), std::strtoul(argv[4], nullptr, 10));
  std::fputs(
      "gateway_load serve ADDRESS PORT | ask ADDRESS PORT CONNECTIONS SECONDS [DIR]\n"
      "             reload ADDRESS PORT CONNECTIONS SECONDS PID [PERIOD] | hold ADDRESS PORT CONNECTIONS\n",
      stderr);
  return 2;
}
