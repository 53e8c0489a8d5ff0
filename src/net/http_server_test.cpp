// The small server under friendly, slow, rude and too many clients.
#include "net/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "base/error.h"

namespace rampart::net {
namespace {

class Client {
 public:
  explicit Client(uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval longest{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void send(const std::string& text) const { ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL); }
  /// all reads until the server closes; "timeout" where it does not within ten seconds.
  std::string all() const {
    std::string out;
    char part[4096];
    while (true) {
      const ssize_t count = recv(socket_, part, sizeof part, 0);
      if (count == 0) return out;
      if (count < 0) return errno == ECONNRESET ? out : "timeout";
      out.append(part, static_cast<size_t>(count));
    }
  }

 private:
  int socket_;
};

HttpResponse handler(std::string_view path) {
  if (path == "/hello") return {.body = "hello\n"};
  if (path == "/large") return {.body = std::string(4 << 20, 'x')};
  return {.status = 404, .body = "no\n"};
}

std::string ask(uint16_t port, const std::string& request) {
  const Client client(port);
  client.send(request);
  return client.all();
}

TEST(HttpServer, AnswersGetAndHead) {
  HttpServer server("127.0.0.1", 0);
  server.start(handler);
  const std::string got = ask(server.port(), "GET /hello?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << got;
  EXPECT_NE(got.find("Content-Length: 6\r\n"), std::string::npos);
  EXPECT_TRUE(got.ends_with("\r\n\r\nhello\n"));
  const std::string head = ask(server.port(), "HEAD /hello HTTP/1.1\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 6\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_TRUE(ask(server.port(), "GET /other HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 404 "));
}

TEST(HttpServer, RefusesWhatIsNoRequestItKnows) {
  HttpServer server("127.0.0.1", 0);
  server.start(handler);
  EXPECT_TRUE(ask(server.port(), "POST /hello HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
  for (const char* wrong :
       {"hello\r\n\r\n", "GET /hello\r\n\r\n", "GET  HTTP/1.1\r\n\r\n", "GET hello HTTP/1.1\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n", "\r\n\r\n", "GET /hello SPDY/3\r\n\r\n"}) {
    EXPECT_TRUE(ask(server.port(), wrong).starts_with("HTTP/1.1 400 ")) << wrong;
  }
  const std::string endless(5000, 'a');
  EXPECT_TRUE(ask(server.port(), "GET /hello HTTP/1.1\r\nX: " + endless).starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(ask(server.port(), "GET /hello HTTP/1.1\r\nX: " + endless + "\r\n\r\n").starts_with("HTTP/1.1 431 "));
}

TEST(HttpServer, IsHeldUpByNobodyWhoIsSlow) {
  HttpServer server("127.0.0.1", 0, {.longest = std::chrono::milliseconds(300)});
  server.start(handler);
  const Client silent(server.port());
  const Client half(server.port());
  half.send("GET /hel");
  const Client deaf(server.port());  // asks for much and reads none of it
  deaf.send("GET /large HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(ask(server.port(), "GET /hello HTTP/1.1\r\n\r\n").ends_with("hello\n"));
  EXPECT_EQ(silent.all(), "") << "it is closed when its time is over";
  EXPECT_EQ(half.all(), "");
}

TEST(HttpServer, TakesAgainWhoCameWhenItWasFull) {
  HttpServer server("127.0.0.1", 0, {.connections = 2, .longest = std::chrono::milliseconds(300)});
  server.start(handler);
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 6; ++i) idle.push_back(std::make_unique<Client>(server.port()));
  EXPECT_TRUE(ask(server.port(), "GET /hello HTTP/1.1\r\n\r\n").ends_with("hello\n"));
}

TEST(HttpServer, ReadsRequestsThatComeInPiecesAndWritesLargeAnswers) {
  HttpServer server("127.0.0.1", 0);
  server.start(handler);
  const Client client(server.port());
  const std::string request = "GET /large HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const char c : request) client.send(std::string(1, c));
  EXPECT_GT(client.all().size(), size_t{4} << 20);
}

TEST(HttpServer, SaysWhereItCannotListen) {
  HttpServer taken("127.0.0.1", 0);
  EXPECT_THROW(HttpServer("127.0.0.1", taken.port()), Error);
  EXPECT_THROW(HttpServer("localhost.example", 0), Error);
  EXPECT_THROW(HttpServer("192.0.2.1", 0), Error) << "no address of this host";
}

TEST(HttpServer, EndsWhileClientsAreConnected) {
  auto server = std::make_unique<HttpServer>("127.0.0.1", 0);
  server->start(handler);
  const Client client(server->port());
  client.send("GET /");
  server.reset();
  EXPECT_EQ(client.all(), "");
}

}  // namespace
}  // namespace rampart::net
