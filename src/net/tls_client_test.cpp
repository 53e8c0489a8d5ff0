#include "net/tls_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "net/tls_testing.h"

namespace rampart::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

using testing::Authority;
using testing::make_certificate;

/// Server is an `openssl s_server` on a free port of the loopback. It ends with the test.
class Server {
 public:
  explicit Server(std::vector<std::string> options) {
    std::vector<std::string> words = {"openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1"};
    words.insert(words.end(), options.begin(), options.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    int input[2], output[2];
    if (pipe(input) != 0 || pipe(output) != 0) throw Error("no pipe");
    process_ = fork();
    if (process_ == 0) {
      dup2(input[0], 0);
      dup2(output[1], 1);
      dup2(output[1], 2);
      for (const int end : {input[0], input[1], output[0], output[1]}) ::close(end);
      execvp("openssl", arguments.data());
      _exit(127);
    }
    ::close(input[0]);
    ::close(output[1]);
    input_.reset(input[1]);  // s_server ends where its input does
    output_.reset(output[0]);
    const std::string said = read_until("ACCEPT 127.0.0.1:");
    const std::string line = read_until("\n", said.find("ACCEPT 127.0.0.1:") + 17);
    const size_t at = line.find("ACCEPT 127.0.0.1:") + 17;
    port_ = static_cast<uint16_t>(parse_number(line.substr(at, line.find('\n', at) - at)).value_or(0));
  }
  ~Server() {
    if (process_ > 0) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  uint16_t port() const { return port_; }
  /// stop ends it while a client is connected, so that its kernel closes what is open.
  void stop() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  /// read_until waits for `text` in all that the server has printed; gives all of it.
  const std::string& read_until(std::string_view text, size_t from = 0) {
    char buffer[4096];
    while (printed_.find(text, from) == std::string::npos) {
      pollfd waiting{output_.get(), POLLIN, 0};
      if (poll(&waiting, 1, 20'000) <= 0) throw Error("openssl s_server said only: " + printed_);
      const ssize_t count = read(output_.get(), buffer, sizeof buffer);
      if (count <= 0) throw Error("openssl s_server ended: " + printed_);
      printed_.append(buffer, static_cast<size_t>(count));
    }
    return printed_;
  }

 private:
  pid_t process_ = -1;
  uint16_t port_ = 0;
  FileDescriptor input_, output_;
  std::string printed_;
};

class Tls : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tls_client_test_XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    authority_ = make_certificate("Plant authority", nullptr, nullptr, 30);
    write("ca.pem", authority_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const Authority& what) const {
    FILE* file = fopen(path(name).c_str(), "w");
    ASSERT_NE(file, nullptr);
    PEM_write_X509(file, what.certificate.get());
    PEM_write_PrivateKey(file, what.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    fclose(file);
  }
  /// server is one with a certificate of the plant's authority.
  std::unique_ptr<Server> server(const char* alternative, long days = 30, std::vector<std::string> options = {}) {
    write("server.pem", make_certificate("collector", alternative, &authority_, days));
    options.insert(options.begin(), {"-cert", path("server.pem"), "-key", path("server.pem")});
    return std::make_unique<Server>(std::move(options));
  }
  TlsClient connect(uint16_t port, const std::string& host = "localhost") {
    return TlsClient::connect(host, port, settings_, clock_, seconds(20));
  }
  std::string error(uint16_t port, const std::string& host = "localhost", Duration timeout = seconds(20)) {
    try {
      TlsClient client = TlsClient::connect(host, port, settings_, clock_, timeout);
      client.write_all(as_bytes("a line\n"), timeout);
      client.close(timeout);
    } catch (const Error& thrown) {
      return thrown.what();
    }
    return "no error";
  }
  const TlsSettings& trust(const std::string& name = "ca.pem") {
    settings_.ca_file = path(name);
    return settings_;
  }

  SystemClock clock_;
  TlsSettings settings_;
  Authority authority_;
  std::string folder_;
};

/// Listener is bound to a free port and answers nothing.
struct Listener {
  Listener() : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (bind(socket.get(), any, size) != 0 || getsockname(socket.get(), any, &size) != 0) throw Error("no free port");
    port = ntohs(address.sin_port);
  }
  void listen() const { ::listen(socket.get(), 1); }
  FileDescriptor socket;
  uint16_t port = 0;
};

TEST_F(Tls, CarriesEverythingToATrustedServerAndSaysGoodbye) {
  auto server = this->server("DNS:localhost");
  trust();
  TlsClient client = connect(server->port());
  std::string text = "first line\n";
  client.write_all(as_bytes(text), seconds(20));
  text.assign(100'000, 'x');  // several TLS records
  client.write_all(as_bytes(text + "\nlast line\n"), seconds(20));
  EXPECT_THAT(server->read_until("last line"), HasSubstr("first line"));
  client.close(seconds(20));
  server->read_until("CONNECTION CLOSED");
}

TEST_F(Tls, SpeaksVersion12WhereTheServerKnowsNoOther) {
  auto server = this->server("DNS:localhost", 30, {"-tls1_2"});
  trust();
  EXPECT_EQ(error(server->port()), "no error");
}

TEST_F(Tls, RefusesVersion11) {
  auto server = this->server("DNS:localhost", 30, {"-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});
  trust();
  EXPECT_THAT(error(server->port()), HasSubstr("TLS failed while TLS was being set up"));
}

TEST_F(Tls, FindsAnAddressAmongTheAddressesOfTheCertificate) {
  auto server = this->server("IP:127.0.0.1");
  trust();
  EXPECT_EQ(error(server->port(), "127.0.0.1"), "no error");
}

TEST_F(Tls, RefusesANameThatLooksLikeTheAddress) {
  auto server = this->server("DNS:127.0.0.1");
  trust();
  EXPECT_THAT(error(server->port(), "127.0.0.1"), HasSubstr("its certificate (CN=collector) is not for 127.0.0.1"));
}

TEST_F(Tls, RefusesAnotherName) {
  auto server = this->server("DNS:other.example");
  trust();
  EXPECT_THAT(error(server->port()), HasSubstr("its certificate (CN=collector) is not for localhost"));
}

TEST_F(Tls, AcceptsTheNameThatSettingsGive) {
  auto server = this->server(
      "DNS:siem.example", 30,
      {"-servername", "siem.example", "-cert2", path("server.pem"), "-key2", path("server.pem"), "-servername_fatal"});
  trust();
  settings_.name = "siem.example";
  EXPECT_EQ(error(server->port(), "127.0.0.1"), "no error");
}

TEST_F(Tls, RefusesAnUnknownAuthority) {
  auto server = this->server("DNS:localhost");
  write("other.pem", make_certificate("Another authority", nullptr, nullptr, 30));
  trust("other.pem");
  EXPECT_THAT(error(server->port()), HasSubstr("its certificate is not trusted: unable to get local issuer"));
}

TEST_F(Tls, TrustsOnlyTheSystemWhereNoAuthorityIsGiven) {
  auto server = this->server("DNS:localhost");
  EXPECT_THAT(error(server->port()), HasSubstr("its certificate is not trusted"));
}

TEST_F(Tls, RefusesAnExpiredCertificate) {
  auto server = this->server("DNS:localhost", -1);
  trust();
  EXPECT_THAT(error(server->port()), HasSubstr("not trusted: certificate has expired (CN=collector)"));
}

TEST_F(Tls, SaysThatTheServerWantsACertificate) {
  for (const char* version : {"-tls1_3", "-tls1_2"}) {
    auto server =
        this->server("DNS:localhost", 30, {version, "-Verify", "1", "-verify_return_error", "-CAfile", path("ca.pem")});
    trust();
    EXPECT_THAT(error(server->port()), HasSubstr("it wants a certificate of ours")) << version;
  }
}

TEST_F(Tls, ShowsItsOwnCertificateWhereOneIsWanted) {
  auto server = this->server("DNS:localhost", 30, {"-Verify", "1", "-verify_return_error", "-CAfile", path("ca.pem")});
  trust();
  write("client.pem", make_certificate("sensor", nullptr, &authority_, 30));
  settings_.certificate_file = settings_.key_file = path("client.pem");
  EXPECT_EQ(error(server->port()), "no error");
}

TEST_F(Tls, SaysThatTheServerRefusedOurCertificate) {
  auto server = this->server("DNS:localhost", 30, {"-Verify", "1", "-verify_return_error", "-CAfile", path("ca.pem")});
  trust();
  write("client.pem", make_certificate("stranger", nullptr, nullptr, 30));
  settings_.certificate_file = settings_.key_file = path("client.pem");
  EXPECT_THAT(error(server->port()), HasSubstr("TLS failed while"));
}

TEST_F(Tls, DoesNotWaitForeverForAServerThatNeverAnswers) {
  Listener listener;
  listener.listen();
  trust();
  EXPECT_THAT(error(listener.port, "127.0.0.1", milliseconds(1000)),
              HasSubstr("no answer within 1 s while TLS was being set up"));
}

TEST_F(Tls, DoesNotWaitForeverForAServerThatNeverReads) {
  auto server = this->server("DNS:localhost");
  trust();
  TlsClient client = connect(server->port());
  client.write_all(as_bytes("here\n"), seconds(20));
  server->read_until("here");
  // Its pipe fills first, then the buffers of the connection; more than all of them is written.
  const std::string much(64 << 20, 'x');
  try {
    client.write_all(as_bytes(much), milliseconds(300));
    ADD_FAILURE() << "everything was taken";
  } catch (const Error& thrown) {
    EXPECT_THAT(thrown.what(), HasSubstr("no answer within 300 ms while writing"));
  }
}

TEST_F(Tls, SaysThatNobodyListens) {
  const Listener bound;
  trust();
  EXPECT_THAT(error(bound.port, "127.0.0.1"),
              HasSubstr("127.0.0.1:" + std::to_string(bound.port) + ": nobody listens there"));
}

TEST_F(Tls, SaysThatTheNameIsNotKnown) {
  trust();
  EXPECT_THAT(error(6514, "no such name"), HasSubstr("no such name:6514: the name is not known"));
}

TEST_F(Tls, SaysThatTheServerSpeaksNoTls) {
  Listener listener;
  listener.listen();
  trust();
  const pid_t process = fork();
  if (process == 0) {
    const int peer = accept(listener.socket.get(), nullptr, nullptr);
    const std::string_view words = "220 collector ready, plain text only\r\n";
    if (send(peer, words.data(), words.size(), MSG_NOSIGNAL) < 0) _exit(1);
    char buffer[4096];
    while (read(peer, buffer, sizeof buffer) > 0) {
    }
    _exit(0);
  }
  EXPECT_THAT(error(listener.port, "127.0.0.1"), HasSubstr("it does not speak TLS"));
  waitpid(process, nullptr, 0);
}

TEST_F(Tls, AServerThatGoesAwayIsAnErrorAndNoSignal) {
  auto server = this->server("DNS:localhost");
  trust();
  TlsClient client = connect(server->port());
  client.write_all(as_bytes("here\n"), seconds(20));
  server->read_until("here");
  server->stop();
  const auto write_until_refused = [&] {
    for (int i = 0; i < 1000; ++i) client.write_all(as_bytes("more\n"), seconds(20));
  };
  EXPECT_THROW(write_until_refused(), Error);
}

TEST_F(Tls, AnEndWithoutGoodbyeIsAnError) {
  auto server = this->server("DNS:localhost");
  trust();
  TlsClient client = connect(server->port());
  client.write_all(as_bytes("here\n"), seconds(20));
  server->read_until("here");
  server->stop();
  EXPECT_THROW(client.close(seconds(20)), Error);
}

TEST_F(Tls, SaysWhichFileIsWrong) {
  settings_.ca_file = path("missing.pem");
  EXPECT_THAT(error(1, "127.0.0.1"), HasSubstr("Cannot read trusted certificates from " + path("missing.pem")));
  trust();
  settings_.certificate_file = path("ca.pem");
  EXPECT_THAT(error(1, "127.0.0.1"), HasSubstr("a key its certificate"));
  write("other.pem", make_certificate("Another", nullptr, nullptr, 30));
  settings_.key_file = path("other.pem");
  EXPECT_THAT(error(1, "127.0.0.1"), HasSubstr("Cannot use the key in " + path("other.pem") + ": key values mismatch"));
  settings_.certificate_file = path("missing.pem");
  EXPECT_THAT(error(1, "127.0.0.1"), HasSubstr("Cannot read our certificate from " + path("missing.pem")));
}

TEST_F(Tls, RefusesAnEmptyName) {
  trust();
  EXPECT_THAT(error(1, ""), HasSubstr("cannot be the name of a server"));
}

}  // namespace
}  // namespace rampart::net
