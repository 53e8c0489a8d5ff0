#include "firewall/ask.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/files.h"

namespace rampart::firewall {
namespace {

constexpr timeval kPatience{130, 0};  // nft may take a minute, for a table and for the one before it

FileDescriptor connected(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    throw Error("the path of the helper's socket is empty or too long", "name one of at most 107 octets by --socket");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  FileDescriptor peer(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!peer || connect(peer.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw Error("cannot reach the firewall's helper at " + path + ": " + std::strerror(errno),
                errno == EACCES ? "the helper is told who may ask it: --allow USER"
                                : "start it: systemctl start rampart-firewall-helper");
  }
  setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  setsockopt(peer.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  return peer;
}

void send_all(const FileDescriptor& peer, const std::vector<uint8_t>& bytes) {
  for (size_t given = 0; given < bytes.size();) {
    const ssize_t put = send(peer.get(), bytes.data() + given, bytes.size() - given, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;  // it may have refused us already: its answer says why
    given += static_cast<size_t>(put);
  }
}

bool receive_all(const FileDescriptor& peer, uint8_t* into, size_t octets) {
  for (size_t have = 0; have < octets;) {
    const ssize_t got = recv(peer.get(), into + have, octets - have, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    have += static_cast<size_t>(got);
  }
  return true;
}

}  // namespace

std::vector<uint8_t> HelperClient::ask(Ask kind, Bytes body) const {
  const FileDescriptor peer = connected(socket_);
  send_all(peer, request(kind, body));
  uint8_t octets[kHeadOctets];
  const auto head = receive_all(peer, octets, sizeof octets) ? parse_answer_head(octets) : std::nullopt;
  std::vector<uint8_t> said(head ? head->octets : 0);
  if (!head || !receive_all(peer, said.data(), said.size())) {
    throw Error("the firewall's helper at " + socket_ + " gives no answer",
                "see its log: journalctl -u rampart-firewall-helper");
  }
  const auto result = static_cast<Result>(head->kind);
  if (result == Result::done) return said;
  throw Error(std::string(result == Result::refused ? "the helper refuses: " : "the helper fails: ") +
              std::string(as_text(said)));
}

void HelperClient::load(const RuleSet& rules, const Digest& digest, uint16_t seconds) const {
  ask(Ask::load, encode(Load{digest, seconds, encode(rules)}));
}
void HelperClient::confirm(const Digest& digest) const { ask(Ask::confirm, digest); }
void HelperClient::undo() const { ask(Ask::undo); }

Status HelperClient::status() const {
  const auto status = decode_status(ask(Ask::status));
  if (!status) throw Error("the helper's status is not understood", "is it of another version?");
  return *status;
}

std::optional<RuleSet> HelperClient::rules() const {
  const std::vector<uint8_t> said = ask(Ask::rules);
  if (said.empty()) return {};
  std::string why;
  auto rules = decode(said, why);
  if (!rules) throw Error("the helper's rule set is not understood: " + why, "is it of another version?");
  return rules;
}

std::optional<Running> HelperClient::running() const {
  const std::vector<uint8_t> said = ask(Ask::listing);
  if (said.empty()) return {};
  return parse_running(as_text(said));
}

RunningFlows HelperClient::flows() const { return parse_flows(as_text(ask(Ask::flows))); }

}  // namespace rampart::firewall
