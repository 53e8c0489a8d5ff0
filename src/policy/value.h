// Inside the room: the arithmetic of points. Which places an operation touches, what a point would become, what its
// limits say. Pure functions on borrowed arguments; nothing is allocated.
//
// Places in a memory space are numbered in bits: octet × 8 + bit, least significant bit first, octets in the order in
// which the protocol sends them. Register 100 of 16 bits is places 1600 to 1615, and its bit 0 is place 1608.
#pragma once

#include <algorithm>
#include <cstdint>

#include "policy/compiled.h"

namespace rampart::policy {

/// Raw is what is known of a point's memory: bit k is the place `begin` + k. In spaces that are no memory, `bits` is
/// the value itself, a double.
struct Raw {
  uint64_t bits = 0;
  uint64_t known = 0;
  bool operator==(const Raw&) const = default;
};

/// Extent is the places that an operation is about.
struct Extent {
  enum class Kind : uint8_t { none, named, range, listed };  // listed: each value carries its own number
  Kind kind = Kind::none;
  bool memory = false;
  uint32_t address_bits = 1;
  Region region;
};
Extent extent_of(const protocols::Object& object, const protocols::Values& values, protocols::Protocol protocol);

/// covered is true where all of `extent` lies inside `regions` (merged and ordered). An operation that names no place
/// lies nowhere.
bool covered(std::span<const Region> regions, const Extent& extent, const protocols::Values& values);

/// Written is what one operation would do to a point's memory: `mask` has the bits that it sets to `bits`.
struct Written {
  uint64_t bits = 0;
  uint64_t mask = 0;
  bool touched = false;
  bool complete = false;  // false: it touches more of the point than its values say
};
Written written(const PointAt& point, const Extent& extent, const protocols::Values& values);

/// MaskWrite is what Values with `masks` do to the places from the extent's begin on.
struct MaskWrite {
  bool valid = false;
  uint64_t bits = 0;
  uint64_t mask = 0;
  uint32_t width = 0;
};
MaskWrite mask_write(const protocols::Values& values);

/// Number is a value in engineering units. The rounding of its type and of scaling may put it off by about `epsilon`
/// times `magnitude`: 1.1 as float32 is a little more than 1.1, and still within 0..1.1.
struct Number {
  bool computed = false;
  double value = 0;
  double epsilon = 0;
  double magnitude = 0;
};
/// decoded reads a point's memory, all of which is known.
Number decoded(const PointAt& point, uint64_t bits);
/// scaled is the engineering value of a single value; not computed where it is no number.
Number scaled(const PointAt& point, const protocols::Scalar& scalar);
/// kept and recalled put a value of a space that is no memory into Raw and back.
Raw kept(const protocols::Scalar& scalar);
Number recalled(const PointAt& point, Raw raw);

bool within_range(const plant::Point& point, const Number& number, double& limit);
bool is_safe(const plant::Point& point, const Number& number);
bool within_step(const plant::Point& point, const Number& number, const Number& last);

inline uint64_t low_bits(uint64_t count) { return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1; }

/// points_touched calls `each` with the index in `points` (of one asset and protocol, ordered by region) of every point
/// that `region` may touch.
template <class Each>
void points_touched(std::span<const PointAt> points, const Region& region, Each&& each) {
  // A point is at most 64 places wide, so those that reach into the region begin at most 63 before it.
  Region from = region;
  from.begin = region.begin < 63 ? 0 : region.begin - 63;
  from.end = 0;
  auto at = std::lower_bound(points.begin(), points.end(), from,
                             [](const PointAt& left, const Region& right) { return left.region < right; });
  for (; at != points.end(); ++at) {
    const Region& here = at->region;
    if (here.space != region.space || here.container != region.container || here.name != region.name) return;
    if (here.begin >= region.end) return;
    if (here.end > region.begin) each(*at);
  }
}

/// Judgement says what the limits of the points that a write touches say to it.
struct Judgement {
  Reason breaks = Reason::rule;  // value_out_of_range or step_too_large; rule: none
  bool unknown = false;          // a last value or a result is not known
  bool only_safe = false;        // everything it touches are points that become safe values
  Index point = kNone;
  double value = 0, limit = 0;
};
Judgement judge(const Policy& policy, const Situation& situation, Index server, const Extent& extent,
                const protocols::Operation& operation);

}  // namespace rampart::policy
