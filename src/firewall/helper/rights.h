// What the helper may do: change the network's rules, as a user of its own, by a closed list of system calls. All of it
// is inherited by nft, which it runs.
#pragma once

#include <string>

namespace rampart::firewall {

/// keep_only_network_rights makes root another user and leaves CAP_NET_ADMIN alone, for this process and what it runs;
/// nothing can be won back. `user` may be empty where the process is not root. Errors: throws Error where the system
/// refuses, where there is no such user, or where CAP_NET_ADMIN is not there to keep.
void keep_only_network_rights(const std::string& user);

/// close_system_calls refuses (EPERM) every system call that the helper, nft and conntrack do not need. Errors: throws
/// Error.
void close_system_calls();

}  // namespace rampart::firewall
