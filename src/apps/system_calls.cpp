#include "apps/system_calls.h"

#include <sys/syscall.h>

#include "base/system_calls.h"
#include "firewall/helper/rights.h"

namespace rampart::apps {
namespace {

/// kServing: memory, threads, files, sockets, time. No execve, no fork's vfork, no change of user, no signal to others,
/// no mount, no namespace, no ptrace, no module, no key ring, no clock set.
constexpr int kServing[] = {
    // memory, threads, signals of one's own
    SYS_brk,
    SYS_mmap,
    SYS_munmap,
    SYS_mprotect,
    SYS_mremap,
    SYS_madvise,
    SYS_futex,
    SYS_clone3,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_setpriority,
    SYS_gettid,
    SYS_getpid,
    SYS_getppid,
    SYS_tgkill,
    SYS_exit,
    SYS_exit_group,
    SYS_restart_syscall,
    SYS_getrandom,
    SYS_prlimit64,
    SYS_prctl,
    SYS_sysinfo,
    SYS_uname,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_wait4,
    // files: the plant, the journal, what is written beside
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
    SYS_statfs,
    SYS_fstatfs,
    SYS_fcntl,
    SYS_flock,
    SYS_ioctl,
    SYS_fsync,
    SYS_fdatasync,
    SYS_sync_file_range,
    SYS_fallocate,
    SYS_ftruncate,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_renameat,
    SYS_renameat2,
    SYS_linkat,
    SYS_unlinkat,
    SYS_mkdirat,
    SYS_readlinkat,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_getdents64,
    SYS_getcwd,
    SYS_umask,
    SYS_utimensat,
    SYS_fadvise64,
    SYS_copy_file_range,
    SYS_dup,
    SYS_pipe2,
    SYS_eventfd2,
    // sockets
    SYS_socket,
    SYS_socketpair,
    SYS_bind,
    SYS_listen,
    SYS_accept4,
    SYS_connect,
    SYS_getsockname,
    SYS_getpeername,
    SYS_getsockopt,
    SYS_setsockopt,
    SYS_sendto,
    SYS_sendmsg,
    SYS_recvfrom,
    SYS_recvmsg,
    SYS_shutdown,
    SYS_ppoll,
    SYS_pselect6,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    // time
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_timerfd_create,
    SYS_timerfd_settime,
#if defined(__x86_64__)
    SYS_poll,
    SYS_select,
    SYS_epoll_wait,
    SYS_stat,
    SYS_lstat,
    SYS_open,
    SYS_access,
    SYS_accept,
    SYS_rename,
    SYS_link,
    SYS_unlink,
    SYS_mkdir,
    SYS_rmdir,
    SYS_readlink,
    SYS_chmod,
    SYS_time,
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    // The runtime stops all threads by another process when it looks for leaks at the end, and reads about itself.
    SYS_clone,
    SYS_ptrace,
    SYS_kill,
    SYS_process_vm_readv,
    SYS_getrusage,
#if defined(__x86_64__)
    SYS_arch_prctl,
    SYS_getdents,
#endif
#endif
};

constexpr int kHelper[] = {
    SYS_recvfrom,    SYS_sendmsg,    SYS_sendto,        SYS_socket,          SYS_setsockopt,     SYS_close, SYS_ppoll,
    SYS_exit,        SYS_exit_group, SYS_rt_sigreturn,  SYS_restart_syscall, SYS_futex,          SYS_brk,   SYS_mmap,
    SYS_munmap,      SYS_madvise,    SYS_clock_gettime, SYS_write,           SYS_rt_sigprocmask,
#if defined(__x86_64__)
    SYS_poll,
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    SYS_sigaltstack, SYS_gettid,
#endif
};

}  // namespace

void close_system_calls(Closed list) {
  switch (list) {
    case Closed::serving:
      return allow_only(kServing);
    case Closed::helper:
      return allow_only(kHelper);
    case Closed::helper_with_nft:
      return firewall::close_system_calls();
  }
}

}  // namespace rampart::apps
