#include "net/http_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace rampart::net {
namespace {

using Time = std::chrono::steady_clock::time_point;

std::string_view words_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

/// Request is the first line of what a client asks; `status` is not 200 where it is refused.
struct Request {
  int status = 200;
  bool head = false;
  std::string_view path;
};

Request parse(std::string_view text) {
  const std::string_view line = text.substr(0, text.find("\r\n"));
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  Request request;
  if (first == std::string_view::npos || last == first || !line.substr(last + 1).starts_with("HTTP/1.")) {
    request.status = 400;
    return request;
  }
  const std::string_view method = line.substr(0, first);
  request.head = method == "HEAD";
  if (method != "GET" && !request.head) request.status = 405;
  request.path = line.substr(first + 1, last - first - 1);
  request.path = request.path.substr(0, request.path.find('?'));
  if (!request.path.starts_with('/') || request.path.find(' ') != std::string_view::npos) request.status = 400;
  return request;
}

std::string answer_of(const HttpResponse& response, bool head) {
  std::string out = "HTTP/1.1 ";
  append_number(out, response.status);
  out += ' ';
  out += words_of(response.status);
  out += "\r\nContent-Type: " + response.type + "\r\nContent-Length: ";
  append_number(out, response.body.size());
  out += "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n";
  if (response.status == 405) out += "Allow: GET, HEAD\r\n";
  out += "\r\n";
  if (!head) out += response.body;
  return out;
}

struct Connection {
  int socket = -1;
  Time until;
  std::string in, out;
  size_t sent = 0;
  bool answering = false, ended = false;
  /// lingering: all was sent; what the client still sends is thrown away until it closes, or it may lose our answer.
  bool lingering = false;
};

}  // namespace

struct HttpServer::Body {
  HttpLimits limits;
  Handler handler;
  int listener = -1;
  int wake[2] = {-1, -1};
  std::list<Connection> connections;
  Time deaf_until{};  // after a connection could not be taken: no descriptor is left, and asking at once would spin
  std::thread thread;

  ~Body() {
    for (const Connection& connection : connections) close(connection.socket);
    for (const int descriptor : {listener, wake[0], wake[1]}) {
      if (descriptor >= 0) close(descriptor);
    }
  }

  void serve();
  void accept_one();
  void advance(Connection& connection);
  void read(Connection& connection);
  void write(Connection& connection);
};

HttpServer::HttpServer(const std::string& host, uint16_t port, HttpLimits limits) : body_(std::make_unique<Body>()) {
  body_->limits = limits;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    throw Error("cannot listen on " + host + ": it is no IP address", "write an address of this host: 127.0.0.1, ::1");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, freeaddrinfo);
  body_->listener = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(body_->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (body_->listener < 0 || bind(body_->listener, found->ai_addr, found->ai_addrlen) != 0 ||
      listen(body_->listener, 16) != 0 || pipe2(body_->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw Error("cannot listen on " + host + " port " + std::to_string(port) + ": " + std::strerror(errno),
                "choose an address of this host and a free port above 1023");
  }
}

HttpServer::~HttpServer() {
  if (!body_->thread.joinable()) return;
  const char end = 0;
  if (::write(body_->wake[1], &end, 1) == 1) body_->thread.join();
}

void HttpServer::start(Handler handler) {
  body_->handler = std::move(handler);
  body_->thread = std::thread([this] { body_->serve(); });
}

uint16_t HttpServer::port() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(body_->listener, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

void HttpServer::Body::serve() {
  std::vector<pollfd> waiting;
  while (true) {
    waiting.clear();
    waiting.push_back({wake[0], POLLIN, 0});
    const bool deaf = std::chrono::steady_clock::now() < deaf_until;
    const bool room = connections.size() < limits.connections && !deaf;
    waiting.push_back({room ? listener : -1, POLLIN, 0});
    Time earliest = deaf ? deaf_until : Time::max();
    for (const Connection& connection : connections) {
      const bool writing = connection.answering && !connection.lingering;
      waiting.push_back({connection.socket, static_cast<short>(writing ? POLLOUT : POLLIN), 0});
      earliest = std::min(earliest, connection.until);
    }
    int timeout = -1;
    if (earliest != Time::max()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(earliest - std::chrono::steady_clock::now());
      timeout = static_cast<int>(std::max<int64_t>(left.count(), 0));
    }
    poll(waiting.data(), waiting.size(), timeout);
    if (waiting[0].revents != 0) return;
    const Time now = std::chrono::steady_clock::now();
    size_t at = 2;
    for (auto it = connections.begin(); it != connections.end(); ++at) {
      if (waiting[at].revents != 0) advance(*it);
      if (it->ended || now >= it->until) {
        close(it->socket);
        it = connections.erase(it);
      } else {
        ++it;
      }
    }
    if (waiting[1].revents != 0) accept_one();
  }
}

void HttpServer::Body::accept_one() {
  const int socket = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (socket < 0) {
    if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
      deaf_until = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    }
    return;
  }
  Connection& connection = connections.emplace_back();
  connection.socket = socket;
  connection.until = std::chrono::steady_clock::now() + limits.longest;
}

void HttpServer::Body::advance(Connection& connection) {
  if (!connection.answering || connection.lingering) read(connection);
  if (connection.answering && !connection.lingering) write(connection);
}

void HttpServer::Body::read(Connection& connection) {
  char part[2048];
  const ssize_t count = recv(connection.socket, part, sizeof part, 0);
  if (count <= 0) {
    connection.ended = count == 0 || (errno != EAGAIN && errno != EINTR);
    return;
  }
  if (connection.lingering) return;
  connection.in.append(part, static_cast<size_t>(count));
  const bool whole = connection.in.find("\r\n\r\n") != std::string::npos;
  if (!whole && connection.in.size() <= limits.request_octets) return;
  Request request;
  if (whole) request = parse(connection.in);
  if (!whole || connection.in.size() > limits.request_octets) request.status = 431;
  HttpResponse response;
  if (request.status == 200) {
    response = handler(request.path);
  } else {
    response.status = request.status;
    response.body = std::string(words_of(request.status)) + "\n";
  }
  connection.out = answer_of(response, request.head);
  connection.answering = true;
}

void HttpServer::Body::write(Connection& connection) {
  const ssize_t count = send(connection.socket, connection.out.data() + connection.sent,
                             connection.out.size() - connection.sent, MSG_NOSIGNAL);
  if (count < 0) {
    connection.ended = errno != EAGAIN && errno != EINTR;
    return;
  }
  connection.sent += static_cast<size_t>(count);
  if (connection.sent < connection.out.size()) return;
  shutdown(connection.socket, SHUT_WR);
  connection.lingering = true;
}

}  // namespace rampart::net
