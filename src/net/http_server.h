// A small HTTP/1.1 server for numbers about ourselves: GET and HEAD, one answer a connection, in one thread of its own.
// Clients are bounded in number, size and time, so that none of them can hold up another, or the program.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace rampart::net {

struct HttpResponse {
  int status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

struct HttpLimits {
  size_t connections = 16;                  // at a time; who comes then waits in the kernel's queue
  size_t request_octets = 4096;             // line and headers
  std::chrono::milliseconds longest{5000};  // a connection in all
};

/// HttpServer answers with what `handler` makes of a path; it is called in the server's thread.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(std::string_view path)>;

  /// Listens on `host` (an address, not a name) and `port` (0: any). Answers once start() was called.
  /// Errors: throws Error where it cannot listen.
  HttpServer(const std::string& host, uint16_t port, HttpLimits limits = {});
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void start(Handler handler);
  uint16_t port() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace rampart::net
