#include "firewall/helper/rights.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "base/error.h"

namespace rampart::firewall {
namespace {

/// status_of runs `work` in a process of its own behind the closed list and gives its exit status.
int status_of(const std::function<bool()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    // What a list cannot refuse for want of rights alone: no_new_privs lets any user set one.
    try {
      if (geteuid() != 0) _exit(77);
      close_system_calls();
    } catch (const std::exception&) {
      _exit(99);
    }
    _exit(work() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

bool refused(long result) { return result == -1 && errno == EPERM; }

TEST(ClosedSystemCalls, LetFilesAndSocketsBe) {
  const int status = status_of([] {
    const int one = socket(AF_UNIX, SOCK_STREAM, 0);
    return one >= 0 && close(one) == 0;
  });
  if (status == 77) GTEST_SKIP() << "closing them needs root here";
  EXPECT_EQ(status, 0);
}

TEST(ClosedSystemCalls, RefuseWhatAFirewallNeverNeeds) {
  const int status = status_of([] {
    return refused(unshare(CLONE_NEWNET)) && refused(mount("none", "/mnt", "tmpfs", 0, nullptr)) &&
           refused(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)) && refused(chroot("/")) && refused(setuid(0)) &&
           refused(sethostname("x", 1));
  });
  if (status == 77) GTEST_SKIP() << "closing them needs root here";
  EXPECT_EQ(status, 0);
}

TEST(NetworkRights, NobodyStaysRoot) {
  if (geteuid() != 0) GTEST_SKIP() << "who is not root cannot stay it";
  EXPECT_THROW(keep_only_network_rights(""), Error);
  EXPECT_THROW(keep_only_network_rights("root"), Error);
  EXPECT_THROW(keep_only_network_rights("nobody-of-that-name"), Error);
}

}  // namespace
}  // namespace rampart::firewall
