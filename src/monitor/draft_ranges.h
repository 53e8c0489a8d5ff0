// Ranges is a set of numbers kept as runs: addresses of objects, ports. Small and exact until there are many runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace rampart::monitor::discover {

/// Ranges merges runs that touch each other. Beyond kMost runs the narrowest holes are closed, and rounding() says how
/// wide the widest of them was: never more than that was added beside what was put in.
class Ranges {
 public:
  static constexpr size_t kMost = 1024;
  using Runs = std::map<uint64_t, uint64_t>;  // first to last, both included

  void add(uint64_t first, uint64_t last);
  void add(const Ranges& other);
  /// take removes first..last.
  void take(uint64_t first, uint64_t last);
  /// close_holes closes the narrowest holes, so that at most `most` (> 0) runs are left.
  void close_holes(size_t most);

  bool empty() const { return runs_.empty(); }
  bool contains(uint64_t first, uint64_t last) const;
  bool touches(uint64_t first, uint64_t last) const;
  const Runs& runs() const { return runs_; }
  /// rounding is the width of the widest hole that was closed; 0: none was.
  uint64_t rounding() const { return rounding_; }
  auto operator<=>(const Ranges&) const = default;

 private:
  Runs runs_;
  uint64_t rounding_ = 0;
};

}  // namespace rampart::monitor::discover
