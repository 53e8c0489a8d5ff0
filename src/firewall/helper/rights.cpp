#include "firewall/helper/rights.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/system_calls.h"

namespace rampart::firewall {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw Error("cannot give up rights: " + what + ": " + std::strerror(errno),
              "start it as root with --user NAME, or as a user with CAP_NET_ADMIN");
}

void set_capabilities(uint32_t permitted, uint32_t inheritable) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {{permitted, permitted, inheritable}, {}};
  if (syscall(SYS_capset, &header, data) != 0) fail("capset");
}

void narrow_bounding_set() {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if (capability == CAP_NET_ADMIN) continue;
    if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 0) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) fail("bounding set");
  }
}

void become(const passwd& user) {
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) fail("PR_SET_KEEPCAPS");
  if (initgroups(user.pw_name, user.pw_gid) != 0) fail("initgroups");
  if (setresgid(user.pw_gid, user.pw_gid, user.pw_gid) != 0) fail("setresgid");
  if (setresuid(user.pw_uid, user.pw_uid, user.pw_uid) != 0) fail("setresuid");
}

/// kCalls is what the helper, nft and conntrack use: memory, files, processes, sockets and netlink. No mount, no
/// ptrace, no module, no new namespace, no clock, no change of user.
constexpr int kCalls[] = {
    // memory and threads' beginnings
    SYS_brk,
    SYS_mmap,
    SYS_munmap,
    SYS_mprotect,
    SYS_mremap,
    SYS_madvise,
    SYS_futex,
    SYS_set_robust_list,
    SYS_set_tid_address,
    SYS_rseq,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_getrandom,
    SYS_prlimit64,
    SYS_sched_getaffinity,
    SYS_sched_yield,
    SYS_gettid,
    SYS_getpid,
    SYS_getppid,
    // files
    SYS_openat,
    SYS_close,
    SYS_read,
    SYS_pread64,
    SYS_readv,
    SYS_write,
    SYS_pwrite64,
    SYS_writev,
    SYS_lseek,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_fcntl,
    SYS_ioctl,
    SYS_fsync,
    SYS_fdatasync,
    SYS_ftruncate,
    SYS_fchmod,
    SYS_renameat,
    SYS_renameat2,
    SYS_unlinkat,
    SYS_mkdirat,
    SYS_linkat,
    SYS_readlinkat,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_getdents64,
    SYS_getcwd,
    SYS_umask,
    SYS_dup,
    SYS_dup3,
    SYS_pipe2,
    SYS_ppoll,
    SYS_pselect6,
    SYS_flock,
    // processes
    SYS_clone,
    SYS_clone3,
    SYS_execve,
    SYS_wait4,
    SYS_waitid,
    SYS_exit,
    SYS_exit_group,
    SYS_kill,
    SYS_tgkill,
    SYS_geteuid,
    SYS_getuid,
    SYS_getegid,
    SYS_getgid,
    SYS_uname,
    SYS_sysinfo,
    SYS_prctl,
    SYS_capget,
    SYS_getrusage,
    SYS_restart_syscall,
    // time
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    // sockets: unix and netlink
    SYS_socket,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_connect,
    SYS_getsockname,
    SYS_getsockopt,
    SYS_setsockopt,
    SYS_sendto,
    SYS_sendmsg,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_shutdown,
#if defined(__x86_64__)
    SYS_poll,
    SYS_select,
    SYS_stat,
    SYS_lstat,
    SYS_open,
    SYS_access,
    SYS_rename,
    SYS_unlink,
    SYS_mkdir,
    SYS_link,
    SYS_readlink,
    SYS_dup2,
    SYS_pipe,
    SYS_arch_prctl,
    SYS_vfork,
    SYS_fork,
    SYS_chmod,
    SYS_time,
#endif
};

}  // namespace

void keep_only_network_rights(const std::string& user) {
  constexpr uint32_t kNetAdmin = 1u << CAP_NET_ADMIN;
  if (geteuid() == 0) {
    if (user.empty()) throw Error("it does not stay root", "say whom it becomes: --user NAME");
    const passwd* found = getpwnam(user.c_str());
    if (found == nullptr) {
      throw Error("--user: there is no user '" + user + "'", "make it: adduser --system --group " + user);
    }
    if (found->pw_uid == 0) throw Error("--user: it does not stay root", "name a user of its own");
    narrow_bounding_set();
    become(*found);
  }
  set_capabilities(kNetAdmin, kNetAdmin);
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) fail("ambient capabilities");
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0) != 0) fail("CAP_NET_ADMIN for nft");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("PR_SET_NO_NEW_PRIVS");
}

void close_system_calls() { allow_only(kCalls); }

}  // namespace rampart::firewall
