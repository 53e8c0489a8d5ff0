#include "firewall/helper/server.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "firewall/messages.h"

namespace rampart::firewall {
namespace {

constexpr int kTurn = 250;             // milliseconds between two looks at what is due
constexpr int kTurns = 5'000 / kTurn;  // that a peer may make us wait in all

/// discard takes what a peer sent and nobody will read: else closing takes back what was said to it.
void discard(const FileDescriptor& peer) {
  char buffer[4096];
  for (int i = 0; i < 64 && recv(peer.get(), buffer, sizeof buffer, MSG_DONTWAIT) > 0; ++i) {
  }
}

}  // namespace

Server::Server(std::string path, std::vector<unsigned> allowed, Keeper& keeper)
    : path_(std::move(path)), allowed_(std::move(allowed)), keeper_(keeper) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.empty() || path_.size() >= sizeof address.sun_path) {
    throw Error("--socket: the path is empty or too long", "name one of at most 107 octets");
  }
  std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
  listening_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listening_) throw file_error("make a socket for", path_, errno);
  if (unlink(path_.c_str()) != 0 && errno != ENOENT) throw file_error("replace", path_, errno);
  const mode_t before = umask(0117);
  const bool bound = bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int code = errno;
  umask(before);
  if (!bound) throw file_error("listen at", path_, code);
  if (listen(listening_.get(), 8) != 0) throw file_error("listen at", path_, errno);
}

Server::~Server() { unlink(path_.c_str()); }

void Server::run(const volatile std::sig_atomic_t& stop) {
  while (stop == 0) {
    pollfd waiting{listening_.get(), POLLIN, 0};
    const int ready = poll(&waiting, 1, kTurn);
    keeper_.tick();
    if (ready <= 0) continue;
    FileDescriptor peer(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (peer) serve(std::move(peer));
  }
}

bool Server::is_allowed(const FileDescriptor& peer) const {
  ucred who{};
  socklen_t size = sizeof who;
  if (getsockopt(peer.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return false;
  return std::find(allowed_.begin(), allowed_.end(), who.uid) != allowed_.end();
}

bool Server::wait(const FileDescriptor& peer, short what) {
  while (left_ > 0) {
    pollfd waiting{peer.get(), what, 0};
    const int ready = poll(&waiting, 1, kTurn);
    keeper_.tick();
    if (ready > 0) return true;
    --left_;
  }
  return false;
}

bool Server::read(const FileDescriptor& peer, uint8_t* into, size_t octets) {
  for (size_t have = 0; have < octets;) {
    if (!wait(peer, POLLIN)) return false;
    const ssize_t got = recv(peer.get(), into + have, octets - have, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
    if (got > 0) have += static_cast<size_t>(got);
    --left_;  // whoever sends one octet at a time comes to an end too
    if (got > 4'096) ++left_;
  }
  return true;
}

bool Server::write(const FileDescriptor& peer, const std::vector<uint8_t>& bytes) {
  for (size_t given = 0; given < bytes.size();) {
    if (!wait(peer, POLLOUT)) return false;
    const ssize_t put = send(peer.get(), bytes.data() + given, bytes.size() - given, MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (put > 0) given += static_cast<size_t>(put);
  }
  return true;
}

void Server::serve(FileDescriptor peer) {
  left_ = kTurns;
  if (!is_allowed(peer)) {
    constexpr std::string_view kWhy = "this user may not ask; the helper is told who may by --allow";
    write(peer, answer({Result::refused, {kWhy.begin(), kWhy.end()}}));
    discard(peer);
    return;
  }
  uint8_t octets[kHeadOctets];
  if (!read(peer, octets, sizeof octets)) return;
  const auto head = parse_request_head(octets);
  if (!head) return;
  // A length alone makes us take no memory: what is said to come must come, piece by piece.
  std::vector<uint8_t> body;
  while (body.size() < head->octets) {
    const size_t have = body.size();
    body.resize(have + std::min<size_t>(head->octets - have, size_t{64} << 10));
    if (!read(peer, body.data() + have, body.size() - have)) return;
  }
  left_ = kTurns;
  write(peer, answer(keeper_.answer(static_cast<Ask>(head->kind), body)));
}

}  // namespace rampart::firewall
