// Who made a network interface, by the tables of the IEEE as Debian ships them (package ieee-data). Read once, then
// immutable. The files are hostile like any other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/address.h"

namespace rampart::monitor {

inline constexpr const char* kVendorFolder = "/usr/share/ieee-data";

class MacVendors {
 public:
  /// load reads oui.csv, mam.csv, oui36.csv and iab.csv of `folder`, as far as they are there; complaint() says what is
  /// not. Never throws: without a table there are no names.
  static MacVendors load(const std::string& folder);
  /// read takes the lines of one table: Registry,Assignment,Organization Name,...; the first is the header.
  void read(std::string_view table);

  /// vendor is who the address was assigned to; empty where unknown, for groups and for addresses of local choice.
  std::string_view vendor(const MacAddress& mac) const;
  size_t size() const { return blocks_.size(); }
  uint64_t unreadable() const { return unreadable_; }
  /// complaint is one sentence where the tables could not be read, else empty.
  const std::string& complaint() const { return complaint_; }

 private:
  static constexpr uint64_t kMostOctets = uint64_t{32} << 20;
  static constexpr size_t kMostBlocks = 200'000;
  static constexpr size_t kMostName = 80;

  std::unordered_map<uint64_t, uint32_t> blocks_;  // prefix << 8 | its bits, to the place of a name
  std::vector<std::string> names_;
  std::unordered_map<std::string, uint32_t> by_name_;
  uint64_t unreadable_ = 0;
  std::string complaint_;
};

}  // namespace rampart::monitor
