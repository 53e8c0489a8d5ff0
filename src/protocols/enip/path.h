// Paths of CIP (EPATH, volume 1, appendix C): which object of which class, which tag, by which route. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/enip/objects.h"

namespace rampart::protocols::enip {

/// Path is what a path says. Its object's name lies in the text that read_path() was given, or in the path's octets.
struct Path {
  std::string_view error{};  // empty where it could be read
  bool symbolic = false;     // it ends in a tag
  bool has_class = false, has_instance = false, has_attribute = false;
  bool indexed = false;  // a tag's element is named
  uint32_t class_number = 0;
  uint32_t instance = 0;
  uint32_t attribute = 0;
  uint32_t element = 0;
  uint32_t points[2] = {};  // connection points: to the target, to the originator
  size_t point_count = 0;
  uint32_t hops = 0;                // ports on the way
  uint32_t port = 0;                // of the last one
  uint32_t link = Object::kNoUnit;  // and the address behind it, where it is a number
  std::string_view name{};          // of the tag, without its last index; or of what holds the object

  /// unit is the slot in a backplane that the path leads to; none where it leads elsewhere.
  uint32_t unit() const { return hops == 1 && port == 1 ? link : Object::kNoUnit; }
  /// object is what the path names; of a tag `elements` of it.
  Object object(uint32_t elements = 1) const;
};

/// read_path reads a whole path. `padded`: numbers of 16 and 32 bits begin at even octets. `text` is room for names
/// that do not lie in one piece; it is cleared first.
Path read_path(Bytes path, bool padded, std::string& text);

}  // namespace rampart::protocols::enip
