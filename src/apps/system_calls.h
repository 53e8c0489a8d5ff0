// What the long-running processes may ask of the kernel once they have begun: closed lists, enforced by it.
#pragma once

namespace rampart::apps {

/// Closed says which list: of `guard` and `watch` once they serve; of the helper that makes sockets; of the same where
/// it runs nft too.
enum class Closed { serving, helper, helper_with_nft };

/// close_system_calls refuses (EPERM) what is not on the list, in all threads and for good. None lets a process run
/// another program, but the helper nft. A build with sanitizers lets `serving` do what their runtime does too.
/// Errors: throws Error.
void close_system_calls(Closed list);

}  // namespace rampart::apps
