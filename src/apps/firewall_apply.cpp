// `rampart firewall --apply`: what it would cut, then the rules, then the wait. The helper holds the time: whatever
// becomes of this command, what nobody confirms is taken back.

#include <ifaddrs.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <set>

#include "apps/command_firewall.h"
#include "apps/stop_signal.h"
#include "crypto/hash.h"

namespace rampart::apps {
namespace {

using firewall::Cut;
using firewall::Status;

constexpr size_t kMostShown = 50;

/// own_addresses are those of this host's interfaces.
std::set<IpAddress> own_addresses() {
  std::set<IpAddress> found;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return found;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    if (one->ifa_addr->sa_family == AF_INET) {
      const auto* four = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
      found.insert(IpAddress::v4(reinterpret_cast<const uint8_t*>(&four->sin_addr)));
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      const auto* six = reinterpret_cast<const sockaddr_in6*>(one->ifa_addr);
      found.insert(IpAddress::v6(six->sin6_addr.s6_addr));
    }
  }
  freeifaddrs(list);
  return found;
}

std::string sentence(const Cut& cut) {
  const firewall::Flow& flow = cut.running.flow;
  const bool ports = flow.ip_protocol == 6 || flow.ip_protocol == 17;
  std::string out = "  " + cut.client + " -> " + cut.server + ": ";
  out += flow.ip_protocol == 6 ? "tcp" : flow.ip_protocol == 17 ? "udp" : "ip " + std::to_string(flow.ip_protocol);
  if (ports) out += " " + std::to_string(flow.to_port);
  if (!cut.running.state.empty()) out += " " + cut.running.state;
  return out + (cut.why.empty() ? "" : " (essential: " + cut.why + ")") + "\n";
}

/// show_cuts says what would be cut; the number of essential ones.
size_t show_cuts(const std::vector<Cut>& cuts, std::string& out) {
  size_t essential = 0;
  for (const Cut& cut : cuts) essential += cut.why.empty() ? 0u : 1u;
  if (cuts.empty()) out += "no running conversation is cut\n";
  if (!cuts.empty()) out += "running conversations that are cut: " + std::to_string(cuts.size()) + "\n";
  for (size_t i = 0; i < std::min(cuts.size(), kMostShown); ++i) out += sentence(cuts[i]);
  if (cuts.size() > kMostShown) out += "  and " + std::to_string(cuts.size() - kMostShown) + " more\n";
  return essential;
}

/// wait_for_end asks the helper once a second what became of the rules; a line `yes` on a terminal confirms them.
int wait_for_end(const firewall::HelperClient& helper, const firewall::Digest& digest, std::string& out) {
  const StopSignal stop;
  bool listens = isatty(STDIN_FILENO) == 1;
  while (!stop.asked()) {
    const Status status = helper.status();
    if (status.state != Status::State::waiting || status.digest != digest) {
      const bool kept = status.state == Status::State::confirmed && status.digest == digest;
      out += kept ? "confirmed: the rules stay\n" : status.last + "\n";
      return kept ? 0 : 1;
    }
    pollfd input{listens ? STDIN_FILENO : -1, POLLIN, 0};
    if (poll(&input, 1, 1'000) <= 0) continue;
    char line[64] = {};
    if (std::fgets(line, sizeof line, stdin) == nullptr) listens = false;
    if (std::string_view(line) == "yes\n") helper.confirm(digest);
  }
  out += "not confirmed here; the helper takes the rules back when their time is over, or now: --undo\n";
  return 1;
}

void say(std::string& out) {
  std::fputs(out.c_str(), stdout);
  std::fflush(stdout);
  out.clear();
}

}  // namespace

firewall::Digest digest_of(const firewall::RuleSet& rules) {
  const auto hash = crypto::sha256(firewall::encode(rules));
  firewall::Digest digest{};
  std::copy(hash.begin(), hash.end(), digest.begin());
  return digest;
}

int apply_rules(const FirewallOptions& options, const LoadedPolicy& loaded, const firewall::HelperClient& helper,
                const Clock&, std::string& out) {
  const firewall::RuleSet rules = firewall::project(*loaded.policy, options.guard, false).rules;
  const firewall::Digest digest = digest_of(rules);
  const auto now = helper.rules();
  const firewall::RunningFlows flows = helper.flows();
  const bool tracked = helper.running().has_value();  // what an older table tracked may long be over
  if (!tracked && !options.cut_now) {
    throw Error("nothing tracks conversations here yet, so nobody can say which ones would be cut",
                "load the rules with --observe, let the plant run for a while, then --apply; or --cut-now");
  }
  const size_t essential =
      show_cuts(firewall::cuts(flows.flows, rules, now ? &*now : nullptr, *loaded.policy, own_addresses()), out);
  if (flows.not_understood + flows.left_out > 0) {
    out += std::to_string(flows.not_understood + flows.left_out) + " lines of the kernel's list were not read\n";
  }
  if (essential > 0 && !options.cut_now) {
    out += "refused: " + std::to_string(essential) + " of them essential; end them first, open them in the plant, or " +
           "--cut-now\n";
    return 1;
  }
  helper.load(rules, digest, options.seconds);
  out += "in force for " + std::to_string(options.seconds) + " s; to keep them: rampart firewall " + options.plant +
         " --as " + options.guard + " --confirm" + (isatty(STDIN_FILENO) == 1 ? ", or type yes" : "") + "\n";
  say(out);
  return wait_for_end(helper, digest, out);
}

}  // namespace rampart::apps
