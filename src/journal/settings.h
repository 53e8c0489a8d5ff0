// What a journal keeps, how long and how much: the file `settings`, one `name value` a line, # begins a comment.
#pragma once

#include <cstdint>
#include <string>

namespace rampart::journal {

struct Settings {
  uint32_t keep_days = 365;                     // records older than this may be pruned
  uint64_t most_octets = uint64_t{4} << 30;     // segments and tiles; the oldest go when there is more
  uint64_t reserve_octets = uint64_t{8} << 20;  // disk kept free for access and orders by a file that gives way
  uint32_t blob_days = 90;
  uint64_t blob_octets = uint64_t{1} << 30;
  uint32_t share_percent = 50;  // most that one source may have of a kind's quota
};

/// read_settings reads `path`; defaults where a line or the file is missing. Errors: throws FileError with line and
/// hint on an unknown name or a number out of range. write_settings writes all of them with a comment each.
Settings read_settings(const std::string& path);
std::string format(const Settings& settings);

}  // namespace rampart::journal
