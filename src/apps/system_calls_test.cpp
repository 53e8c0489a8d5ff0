// The closed lists, each in a process of its own that tries what must and must not work behind it.
#include "apps/system_calls.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <functional>
#include <thread>

namespace rampart::apps {
namespace {

/// status_of runs `work` behind `list` in a process of its own: 0 where it was true.
int status_of(Closed list, const std::function<bool()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    try {
      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
      close_system_calls(list);
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

bool runs_a_program() {
  char program[] = "/bin/true";
  char* words[] = {program, nullptr};
  return !refused(syscall(SYS_execve, program, words, nullptr));  // where it may, it never comes back
}

bool nothing_of_the_machine() {
  const timeval now{};
  return refused(unshare(CLONE_NEWNET)) && refused(mount("none", "/mnt", "tmpfs", 0, nullptr)) &&
         refused(chroot("/")) && refused(setuid(0)) && refused(sethostname("x", 1)) &&
         refused(settimeofday(&now, nullptr)) && refused(syscall(SYS_setns, 0, 0)) &&
         refused(syscall(SYS_bpf, 0, nullptr, 0)) && refused(syscall(SYS_keyctl, 0, 0, 0, 0, 0)) &&
         refused(syscall(SYS_finit_module, 0, "", 0)) && refused(syscall(SYS_pidfd_open, getppid(), 0));
}

TEST(ClosedSystemCalls, OfWhoServesAreFilesSocketsAndThreads) {
  EXPECT_EQ(status_of(Closed::serving,
                      [] {
                        bool ran = false;
                        std::thread([&] { ran = true; }).join();
                        const int one = socket(AF_INET, SOCK_STREAM, 0);
                        const int file = open("/dev/null", O_WRONLY | O_CLOEXEC);
                        return ran && one >= 0 && close(one) == 0 && file >= 0 && write(file, "x", 1) == 1;
                      }),
            0);
}

TEST(ClosedSystemCalls, OfWhoServesRunNoProgramAndTouchNoProcessAndNothingOfTheMachine) {
  EXPECT_EQ(status_of(Closed::serving, [] { return !runs_a_program() && nothing_of_the_machine(); }), 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_EQ(status_of(Closed::serving,
                      [] {
                        return refused(kill(getppid(), 0)) && refused(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)) &&
                               refused(syscall(SYS_vfork));
                      }),
            0);
#endif
}

TEST(ClosedSystemCalls, HoldInEveryThreadThatIsThereAlready) {
  const pid_t child = fork();
  if (child == 0) {
    bool closed = false, held = false;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    std::atomic<bool> go = false;
    std::thread other([&] {
      while (!go) std::this_thread::yield();
      held = refused(unshare(CLONE_NEWNET)) && !runs_a_program();
    });
    try {
      close_system_calls(Closed::serving);
      closed = true;
    } catch (const std::exception&) {
    }
    go = true;
    other.join();
    _exit(closed && held ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(ClosedSystemCalls, OfTheHelperAreSocketsAndNoFiles) {
  EXPECT_EQ(status_of(Closed::helper,
                      [] {
                        const int one = socket(AF_INET, SOCK_STREAM, 0);
                        return one >= 0 && refused(open("/dev/null", O_WRONLY)) && refused(connect(one, nullptr, 0)) &&
                               !runs_a_program() && nothing_of_the_machine();
                      }),
            0);
}

TEST(ClosedSystemCalls, OfTheHelperThatRunsNftAreNoOtherRights) {
  EXPECT_EQ(status_of(Closed::helper_with_nft, [] { return nothing_of_the_machine(); }), 0);
}

}  // namespace
}  // namespace rampart::apps
