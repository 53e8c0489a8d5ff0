// Which class of OCSF 1.4.0 a record belongs to. Internal to the room; docs/formats/export.md has the table.
#pragma once

#include <string_view>

#include "records/parts.h"

namespace rampart::records {

/// OcsfClass is where an event belongs, and what was done.
struct OcsfClass {
  int uid = 0;
  std::string_view name{};
  int category = 0;
  std::string_view category_name{};
  int activity = 0;
  std::string_view activity_name{};
};
OcsfClass ocsf_class(const Stored& stored, const Parts& parts);

/// named is true where a side has anything to be known by. OCSF wants more than a MAC address, which then is its name.
bool named(const Side* side);

}  // namespace rampart::records
