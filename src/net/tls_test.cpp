// Two sessions over a pair of sockets, in one thread: who is taken, who is not and why; and octets in both directions.
#include "net/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/files.h"
#include "net/tls_testing.h"

namespace rampart::net {
namespace {

using Did = TlsSession::Did;
using std::chrono::days;
using testing::Authority;
using ::testing::HasSubstr;
using testing::make_certificate;
using testing::write_identity;
using testing::write_list;

void write_text(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

class TlsSessions : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "tls_test_XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    authority_ = make_certificate("Plant authority", nullptr, nullptr, 300);
    identity("gw-1", make_certificate("gw-1", "IP:10.9.0.1", &authority_, 30));
    identity("gw-2", make_certificate("gw-2", "IP:10.9.0.2", &authority_, 30, "operator"));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  /// identity writes a folder with this certificate; `above` is what leads from it to the authority.
  void identity(const std::string& name, const Authority& own, const std::vector<Authority>& above = {},
                const Authority* root = nullptr) {
    write_identity(path(name), own, above, root != nullptr ? *root : authority_);
  }
  std::shared_ptr<const TlsContext> context(const std::string& name) const { return TlsContext::read(path(name)); }

  /// Pair is both ends of one connection.
  struct Pair {
    FileDescriptor client_socket, server_socket;
    std::unique_ptr<TlsSession> client, server;
    Did client_did = Did::again, server_did = Did::again;
  };
  Pair pair(const std::string& client = "gw-1", const std::string& server = "gw-2", bool old_client = false,
            bool old_server = false, std::chrono::seconds grace = {}) {
    Pair made;
    int sockets[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets), 0);
    made.client_socket.reset(sockets[0]);
    made.server_socket.reset(sockets[1]);
    made.client = std::make_unique<TlsSession>(
        context(client), sockets[0], TlsTerms{.accepts = false, .old = old_client, .grace = grace, .now = now_});
    made.server = std::make_unique<TlsSession>(
        context(server), sockets[1], TlsTerms{.accepts = true, .old = old_server, .grace = grace, .now = now_});
    return made;
  }
  /// shake goes on with both until neither can.
  static void shake(Pair& pair) {
    for (int i = 0; i < 20; ++i) {
      if (pair.client_did == Did::again) pair.client_did = pair.client->shake_hands();
      if (pair.server_did == Did::again) pair.server_did = pair.server->shake_hands();
    }
  }
  /// refused shakes hands and gives why the server does not take the client.
  TlsTrouble refused(const std::string& client, std::chrono::seconds grace = {}) {
    Pair made = pair(client, "gw-2", false, false, grace);
    shake(made);
    EXPECT_EQ(made.server_did, Did::failed);
    words_ = made.server->failure().words;
    shown_ = made.server->failure().certificate ? made.server->failure().certificate->subject : "";
    return made.server->failure().trouble;
  }
  static std::string read_all(TlsSession& session, Did& last) {
    std::string out;
    std::vector<uint8_t> buffer(size_t{64} << 10);
    for (;;) {
      const auto got = session.read(buffer);
      last = got.did;
      if (got.did != Did::done) return out;
      out.append(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(got.octets));
    }
  }
  std::string error(const std::string& name) const {
    try {
      context(name);
    } catch (const Error& thrown) {
      return thrown.what();
    }
    return "no error";
  }

  std::string folder_, words_, shown_;
  Authority authority_;
  TimePoint now_ = SystemClock().now();
};

TEST_F(TlsSessions, ProveBothEndsAndCarryOctetsBothWays) {
  for (const bool old : {false, true}) {
    Pair made = pair("gw-1", "gw-2", old, old);
    shake(made);
    ASSERT_EQ(made.client_did, Did::done);
    ASSERT_EQ(made.server_did, Did::done);
    EXPECT_EQ(made.client->peer().subject, "gw-2");
    EXPECT_EQ(made.client->peer().role, "operator");
    EXPECT_EQ(made.server->peer().subject, "gw-1");
    EXPECT_EQ(made.server->peer().addresses, std::vector{*IpAddress::parse("10.9.0.1")});
    EXPECT_EQ(made.client->version(), "TLSv1.3");
    EXPECT_EQ(made.client->write(as_bytes("to the server")).octets, 13u);
    EXPECT_EQ(made.server->write(as_bytes("to the client")).octets, 13u);
    Did last;
    EXPECT_EQ(read_all(*made.server, last), "to the server");
    EXPECT_EQ(last, Did::again);
    EXPECT_EQ(read_all(*made.client, last), "to the client");
  }
}

/// old_peer is a program of its own that speaks TLS 1.2 alone.
class OldPeer {
 public:
  OldPeer(int descriptor, const std::string& folder) : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    SSL_CTX_set_max_proto_version(context_.get(), TLS1_2_VERSION);
    SSL_CTX_use_certificate_chain_file(context_.get(), (folder + "/certificate.pem").c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), (folder + "/key.pem").c_str(), SSL_FILETYPE_PEM);
    session_.reset(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(session_.get(), descriptor);
  }
  SSL* get() const { return session_.get(); }

 private:
  std::shared_ptr<SSL_CTX> context_;
  std::shared_ptr<SSL> session_;
};

TEST_F(TlsSessions, TakeTls12OnlyWhereTheySayOld) {
  for (const bool old : {false, true}) {
    Pair made = pair("gw-1", "gw-2", false, old);
    const OldPeer peer(made.client_socket.get(), path("gw-1"));
    int result = -1;
    for (int i = 0; i < 20; ++i) {
      if (result != 1) result = SSL_connect(peer.get());
      if (made.server_did == Did::again) made.server_did = made.server->shake_hands();
    }
    EXPECT_EQ(made.server_did, old ? Did::done : Did::failed);
    EXPECT_EQ(result == 1, old);
    if (!old) {
      EXPECT_EQ(made.server->failure().trouble, TlsTrouble::no_tls);
      continue;
    }
    EXPECT_EQ(made.server->version(), "TLSv1.2");
    SSL_write(peer.get(), "asked", 5);
    SSL_shutdown(peer.get());
    Did last;
    EXPECT_EQ(read_all(*made.server, last), "asked");
    EXPECT_EQ(last, Did::ended);
    EXPECT_EQ(made.server->write(as_bytes("answer")).did, Did::done);
    char buffer[16];
    EXPECT_EQ(SSL_read(peer.get(), buffer, sizeof buffer), 6) << "half closed, and answered all the same";
  }
}

TEST_F(TlsSessions, RefuseWhoShowsNoCertificate) {
  Pair made = pair();
  const std::shared_ptr<SSL_CTX> bare(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  const std::shared_ptr<SSL> session(SSL_new(bare.get()), SSL_free);
  SSL_set_fd(session.get(), made.client_socket.get());
  for (int i = 0; i < 20; ++i) {
    SSL_connect(session.get());
    if (made.server_did == Did::again) made.server_did = made.server->shake_hands();
  }
  EXPECT_EQ(made.server_did, Did::failed);
  EXPECT_EQ(made.server->failure().trouble, TlsTrouble::no_certificate);
}

TEST_F(TlsSessions, RefuseAnotherAuthorityAndSaySo) {
  const Authority other = make_certificate("Another authority", nullptr, nullptr, 30);
  identity("other", make_certificate("gw-1", nullptr, &other, 30));
  EXPECT_EQ(refused("other"), TlsTrouble::unknown_authority);
  EXPECT_EQ(shown_, "gw-1");
  identity("itself", make_certificate("gw-1", nullptr, nullptr, 30));
  EXPECT_EQ(refused("itself"), TlsTrouble::unknown_authority);
}

TEST_F(TlsSessions, TellAClientThatItsServerIsNotTrusted) {
  const Authority other = make_certificate("Another authority", nullptr, nullptr, 30);
  identity("other", make_certificate("gw-2", nullptr, &other, 30));
  Pair made = pair("gw-1", "other");
  shake(made);
  EXPECT_EQ(made.client_did, Did::failed);
  EXPECT_EQ(made.client->failure().trouble, TlsTrouble::unknown_authority);
  EXPECT_EQ(made.server->failure().trouble, TlsTrouble::refused_us);
}

TEST_F(TlsSessions, RefuseWhatHasExpiredButForItsGrace) {
  identity("old", make_certificate("gw-1", nullptr, &authority_, -2));
  EXPECT_EQ(refused("old"), TlsTrouble::expired);
  EXPECT_EQ(refused("old", days(1)), TlsTrouble::expired) << "beyond the grace";
  Pair made = pair("old", "gw-2", false, false, days(3));
  shake(made);
  EXPECT_EQ(made.server_did, Did::done);
  EXPECT_TRUE(made.server->in_grace());
  EXPECT_FALSE(made.client->in_grace());
}

TEST_F(TlsSessions, RefuseWhatIsRevokedAlsoByAListThatIsOld) {
  const Authority lost = make_certificate("gw-1", nullptr, &authority_, 30);
  identity("lost", lost);
  for (const long until : {30L, -1L}) {
    write_list(path("gw-2/crl.pem"), authority_, {lost}, until);
    EXPECT_EQ(refused("lost"), TlsTrouble::revoked) << until;
    Pair good = pair();
    shake(good);
    EXPECT_EQ(good.server_did, Did::done) << "an old list cuts nobody";
  }
  EXPECT_LT(*context("gw-2")->list_until(), now_);
}

TEST_F(TlsSessions, RefuseWhatIsDeniedBySerialOrFingerprint) {
  const crypto::Certificate own = context("gw-1")->own();
  for (const std::string& line : {own.serial, crypto::fingerprint_text(own)}) {
    write_text(path("gw-2/denied"), "# stolen on Monday\n\n" + line + "  # the cabinet's\n");
    EXPECT_EQ(refused("gw-1"), TlsTrouble::denied);
  }
  write_text(path("gw-2/denied"), "# none\n");
  Pair good = pair();
  shake(good);
  EXPECT_EQ(good.server_did, Did::done);
}

TEST_F(TlsSessions, RefuseWhoSpeaksSomethingElseOrGoesAway) {
  for (const char* said : {"\0\1\0\0\0\6\1\3\0\0\0\1", "GET / HTTP/1.1\r\n\r\n"}) {
    Pair made = pair();
    ASSERT_GT(send(made.client_socket.get(), said, 12, 0), 0);
    for (int i = 0; i < 5 && made.server_did == Did::again; ++i) made.server_did = made.server->shake_hands();
    EXPECT_EQ(made.server_did, Did::failed);
    EXPECT_EQ(made.server->failure().trouble, TlsTrouble::no_tls);
  }
  Pair made = pair();
  made.client_socket.reset();
  EXPECT_EQ(made.server->shake_hands(), Did::failed);
  EXPECT_EQ(made.server->failure().trouble, TlsTrouble::cut);
}

TEST_F(TlsSessions, WaitForWhoSendsAHelloOctetByOctet) {
  Pair made = pair();
  EXPECT_EQ(made.client->shake_hands(), Did::again);
  std::vector<uint8_t> hello(4096);
  const ssize_t size = recv(made.server_socket.get(), hello.data(), hello.size(), 0);
  ASSERT_GT(size, 100);
  for (ssize_t i = 0; i + 1 < size; ++i) {
    ASSERT_EQ(send(made.client_socket.get(), hello.data() + i, 1, 0), 1);
    ASSERT_EQ(made.server->shake_hands(), Did::again) << i;
  }
  ASSERT_EQ(send(made.client_socket.get(), hello.data() + size - 1, 1, 0), 1);
  shake(made);
  EXPECT_EQ(made.server_did, Did::done);
  EXPECT_EQ(made.client_did, Did::done);
}

TEST_F(TlsSessions, EndEachDirectionByItselfAndTellAGoodbyeFromACut) {
  Pair made = pair();
  shake(made);
  EXPECT_EQ(made.client->end(), Did::done);
  Did last;
  EXPECT_EQ(read_all(*made.server, last), "");
  EXPECT_EQ(last, Did::ended);
  EXPECT_EQ(made.server->write(as_bytes("an answer all the same")).did, Did::done);
  EXPECT_EQ(read_all(*made.client, last), "an answer all the same");
  EXPECT_EQ(made.server->end(), Did::done);
  EXPECT_EQ(read_all(*made.client, last), "");
  EXPECT_EQ(last, Did::ended);

  Pair torn = pair();
  shake(torn);
  torn.client_socket.reset();
  read_all(*torn.server, last);
  EXPECT_EQ(last, Did::cut);
}

TEST_F(TlsSessions, CarryMuchToAPeerThatIsSlow) {
  Pair made = pair();
  shake(made);
  std::string all(3'000'000, '\0');
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i * 7 + i / 251);
  std::string got;
  size_t sent = 0, waited = 0;
  while (got.size() < all.size()) {
    // What was refused is given again, with more behind it.
    const auto moved = made.client->write(as_bytes(all).subspan(sent));
    ASSERT_NE(moved.did, Did::failed);
    sent += moved.octets;
    if (moved.did == Did::again) {
      ++waited;
      EXPECT_TRUE(made.client->wants_write());
    }
    std::vector<uint8_t> buffer(1'000);
    for (int i = 0; i < 40; ++i) {
      const auto part = made.server->read(buffer);
      if (part.did != Did::done) break;
      got.append(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(part.octets));
    }
  }
  EXPECT_GT(waited, 0u);
  EXPECT_TRUE(got == all);
}

TEST_F(TlsSessions, FailOnARecordThatSomebodyAltered) {
  Pair made = pair();
  shake(made);
  ASSERT_EQ(made.client->write(as_bytes("open valve 3")).did, Did::done);
  std::vector<uint8_t> record(4096);
  const ssize_t size = recv(made.server_socket.get(), record.data(), record.size(), 0);
  ASSERT_GT(size, 20);
  record[static_cast<size_t>(size) - 1] ^= 1;
  ASSERT_EQ(send(made.client_socket.get(), record.data(), static_cast<size_t>(size), 0), size);
  Did last;
  EXPECT_EQ(read_all(*made.server, last), "");
  EXPECT_EQ(last, Did::failed);
}

TEST_F(TlsSessions, JudgeALivePeerAgainByANewerIdentity) {
  Pair made = pair();
  shake(made);
  EXPECT_FALSE(made.server->is_of(*context("gw-2"))) << "it was read anew";
  EXPECT_EQ(made.server->judge_again(*context("gw-2"), now_), TlsTrouble::none);
  EXPECT_EQ(made.server->judge_again(*context("gw-2"), now_ + days(400)), TlsTrouble::none) << "time alone cuts nobody";
  const crypto::Certificate peer = made.server->peer();
  write_text(path("gw-2/denied"), peer.serial + "\n");
  EXPECT_EQ(made.server->judge_again(*context("gw-2"), now_), TlsTrouble::denied);
  std::filesystem::remove(path("gw-2/denied"));
  Authority lost;
  lost.certificate = std::shared_ptr<X509>(X509_new(), X509_free);
  FILE* file = fopen(path("gw-1/certificate.pem").c_str(), "r");
  X509* read = PEM_read_X509(file, nullptr, nullptr, nullptr);
  fclose(file);
  lost.certificate.reset(read, X509_free);
  write_list(path("gw-2/crl.pem"), authority_, {lost});
  EXPECT_EQ(made.server->judge_again(*context("gw-2"), now_), TlsTrouble::revoked);
}

TEST_F(TlsSessions, SendTheWholeChainRootIncluded) {
  const Authority middle = make_certificate("Plant issuer", nullptr, &authority_, 30, nullptr, true);
  identity("below", make_certificate("gw-2", nullptr, &middle, 30), {middle});
  Pair made = pair("gw-1", "below");
  const OldPeer peer(made.client_socket.get(), path("gw-1"));
  made.server = std::make_unique<TlsSession>(context("below"), made.server_socket.get(),
                                             TlsTerms{.accepts = true, .old = true, .grace = {}, .now = now_});
  int result = -1;
  for (int i = 0; i < 20; ++i) {
    if (result != 1) result = SSL_connect(peer.get());
    if (made.server_did == Did::again) made.server_did = made.server->shake_hands();
  }
  ASSERT_EQ(result, 1);
  EXPECT_EQ(sk_X509_num(SSL_get_peer_cert_chain(peer.get())), 3) << "Modbus/TCP Security R-46";
}

TEST_F(TlsSessions, SayWhatIsWrongWithAFolder) {
  EXPECT_THAT(error("nowhere"), HasSubstr("certificate.pem: there is no such file"));
  const Authority own = make_certificate("gw-1", nullptr, &authority_, 30);
  identity("bad", own);
  chmod(path("bad/key.pem").c_str(), 0640);
  EXPECT_THAT(error("bad"), HasSubstr("key.pem"));
  identity("mixed", own);
  std::filesystem::copy_file(path("gw-2/key.pem"), path("mixed/key.pem"),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(error("mixed"), HasSubstr("key.pem: cannot be used"));
  identity("listed", own);
  write_list(path("listed/crl.pem"), make_certificate("Another", nullptr, nullptr, 30), {});
  EXPECT_THAT(error("listed"), HasSubstr("crl.pem: there is no list of the authority"));
  identity("denying", own);
  write_text(path("denying/denied"), "00aa\nno serial\n");
  EXPECT_THAT(error("denying"), HasSubstr("denied: line 2"));
  write_text(path("denying/authority.pem"), "nothing\n");
  EXPECT_THAT(error("denying"), HasSubstr("authority.pem: there is no certificate"));
  identity("two", own);
  write_text(path("two/key.uri"), "pkcs11:token=works;object=x?module-path=/nowhere.so&pin-source=/nowhere\n");
  EXPECT_THAT(error("two"), HasSubstr("key.uri: there is a key.pem too"));
  std::filesystem::remove(path("two/key.pem"));
  EXPECT_THAT(error("two"), HasSubstr("key.uri: cannot load the PKCS#11 module /nowhere.so"));
  write_text(path("two/key.uri"), "hello\n");
  EXPECT_THAT(error("two"), HasSubstr("it must begin with pkcs11:"));
}

TEST_F(TlsSessions, TheStampOfAFolderChangesWithItsFiles) {
  const std::string before = stamp_of(path("gw-1"));
  EXPECT_EQ(stamp_of(path("gw-1")), before);
  write_text(path("gw-1/denied"), "");
  EXPECT_NE(stamp_of(path("gw-1")), before);
}

}  // namespace
}  // namespace rampart::net
