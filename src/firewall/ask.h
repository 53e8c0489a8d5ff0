// The command's side of the helper's socket. One connection for each question.
#pragma once

#include <optional>
#include <string>

#include "firewall/flows.h"
#include "firewall/messages.h"
#include "firewall/running.h"

namespace rampart::firewall {

inline constexpr const char* kSocket = "/run/rampart-firewall/socket";

/// HelperClient asks the helper that listens at a path. Errors: all throw Error where nobody listens, the helper
/// refuses or fails (with its words), or says what is not understood.
class HelperClient {
 public:
  explicit HelperClient(std::string socket) : socket_(std::move(socket)) {}

  void load(const RuleSet& rules, const Digest& digest, uint16_t seconds) const;
  void confirm(const Digest& digest) const;
  void undo() const;
  Status status() const;
  /// rules gives what was loaded; nothing where nothing was.
  std::optional<RuleSet> rules() const;
  /// running gives what nft lists; nothing where the table is not there.
  std::optional<Running> running() const;
  RunningFlows flows() const;

 private:
  std::vector<uint8_t> ask(Ask kind, Bytes body = {}) const;
  std::string socket_;
};

}  // namespace rampart::firewall
