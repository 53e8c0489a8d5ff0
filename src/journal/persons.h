// Persons appear in records by identifier only; this table, outside the tree, gives the names, and can forget one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "journal/layout.h"

namespace rampart::journal {

/// Persons is the table of a journal: `identifier TAB name` lines, mode 0600, replaced whole under a lock.
class Persons {
 public:
  explicit Persons(const Layout& layout);
  /// good_name: UTF-8 without control characters, 1 to 255 octets, and no identifier.
  static bool good_name(std::string_view name);
  /// identifier of `name`, made at random ("p-" and 16 hexadecimal digits) where it is new. Errors: throws Error, also
  /// where it is no good name.
  std::string identifier(std::string_view name);
  /// name of an identifier; nothing where it was erased or never was.
  std::optional<std::string> name(std::string_view identifier) const;
  /// erase forgets the name for good; the identifier stays in the records, tied to nobody. False where there is none.
  bool erase(std::string_view identifier_or_name);
  const std::map<std::string, std::string, std::less<>>& all() const { return names_; }

 private:
  void load();
  std::string path_;
  std::map<std::string, std::string, std::less<>> names_;  // identifier -> name
};

}  // namespace rampart::journal
