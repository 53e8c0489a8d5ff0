// A closed list of system calls: what is not on it is refused by the kernel (EPERM), for this process and whatever it
// becomes, for good. Source: seccomp(2).
#pragma once

#include <span>

namespace rampart {

/// allow_only refuses every other system call, in all threads of the process, and sets no_new_privs.
/// Errors: throws Error where the kernel refuses, or where a thread has a list of its own.
void allow_only(std::span<const int> calls);

}  // namespace rampart
