// Words of a command line that mean something: times, sizes, keys, places on the network.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "journal/note.h"

namespace rampart::apps {

/// parse_time reads RFC 3339 (`2026-11-23T18:30:00Z`, `+01:00`), a day (`2026-11-23`), or how long before `now`: `90s`,
/// `15m`, `2h`, `7d`, `4w`. What says no offset is UTC.
std::optional<TimePoint> parse_time(std::string_view text, TimePoint now);
/// require_time is parse_time for `option`. Errors: throws UsageError.
TimePoint require_time(std::string_view option, std::string_view text, TimePoint now);

/// parse_octets reads `500000000`, `512MiB`, `4GiB`, also kB MB GB (1000) and KiB.
std::optional<uint64_t> parse_octets(std::string_view text);

/// HostPort is where a collector listens. require_host reads `host`, `host:port`, `[address]:port`. Errors: throws
/// UsageError.
struct HostPort {
  std::string host;
  uint16_t port = 0;
};
HostPort require_host(std::string_view text, uint16_t default_port);

/// require_listen reads where to listen: `127.0.0.1:9464`, `[::1]:9464`, or a port alone, which is the loopback's; port
/// 0 is any. Errors: throws UsageError.
HostPort require_listen(std::string_view option, std::string_view text);

/// require_keys reads each of `words` as a verifier key, or as a file with one a line (# begins a comment). Errors:
/// throws UsageError, or Error where a file cannot be read.
std::vector<journal::VerifierKey> require_keys(const std::vector<std::string>& words);

/// read_input is all of a file, or of standard input where `path` is "-". At most `most` octets. Errors: throws Error.
std::string read_input(const std::string& path, uint64_t most);

}  // namespace rampart::apps
