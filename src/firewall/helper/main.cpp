// rampart-firewall-helper: the one process that may change the kernel's rules. It is started by the system, gives up
// all rights but CAP_NET_ADMIN, and then hears compiled rule sets over a unix socket.

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "firewall/helper/programs.h"
#include "firewall/helper/rights.h"
#include "firewall/helper/server.h"

namespace {

using namespace rampart;

// A signal handler can reach nothing but static data.
volatile std::sig_atomic_t stop_asked = 0;
void on_signal(int) { stop_asked = 1; }

struct Options {
  std::string socket = "/run/rampart-firewall/socket", state = "/var/lib/rampart-firewall", user;
  std::vector<std::string> allow;
};

constexpr const char* kUsage =
    "usage: rampart-firewall-helper [--socket PATH] [--state FOLDER] [--user NAME] [--allow USER]...\n";

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (i + 1 >= argc) return false;
    const std::string value = argv[i + 1];
    if (name == "--socket") {
      options.socket = value;
    } else if (name == "--state") {
      options.state = value;
    } else if (name == "--user") {
      options.user = value;
    } else if (name == "--allow") {
      options.allow.push_back(value);
    } else {
      return false;
    }
  }
  return true;
}

/// allowed_users are those named, root, and whom we become.
std::vector<unsigned> allowed_users(const Options& options) {
  std::vector<unsigned> ids = {0, geteuid()};
  for (const std::string& name : options.allow) {
    const passwd* found = getpwnam(name.c_str());
    if (found == nullptr) throw Error("--allow: there is no user '" + name + "'", "name one of this system");
    ids.push_back(found->pw_uid);
  }
  return ids;
}

void run(const Options& options) {
  // Only root may open it; where that fails, conntrack is asked.
  FileDescriptor tracked(open("/proc/net/nf_conntrack", O_RDONLY | O_CLOEXEC));
  const std::vector<unsigned> allowed = allowed_users(options);
  firewall::keep_only_network_rights(options.user);
  const SystemClock clock;
  firewall::NftKernel kernel(std::move(tracked));
  firewall::Keeper keeper(options.state, kernel, clock);
  firewall::Server server(options.socket, allowed, keeper);
  firewall::close_system_calls();
  keeper.start();
  std::fprintf(stderr, "rampart-firewall-helper: listens at %s\n", options.socket.c_str());
  server.run(stop_asked);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  struct sigaction stop {};
  stop.sa_handler = on_signal;
  sigaction(SIGTERM, &stop, nullptr);
  sigaction(SIGINT, &stop, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    run(options);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rampart-firewall-helper: %s\n", error.what());
  }
  return 1;
}
