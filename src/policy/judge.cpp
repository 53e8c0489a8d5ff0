#include <cmath>

#include "policy/situation.h"
#include "policy/value.h"

namespace rampart::policy {
namespace {

using protocols::Values;

/// Judge collects what the limits of one point after the other say.
class Judge {
 public:
  Judge(const Policy& policy, const Situation& situation, const Extent& extent)
      : policy_(policy), situation_(situation), extent_(extent), safe_to_(extent.region.begin) {}

  size_t place(const PointAt& point) const { return static_cast<size_t>(&point - policy_.points.data()); }
  Raw last(const PointAt& point) const { return situation_.last(place(point)); }

  /// weigh judges one point that would become `number` and was `last`; each may be unknown. True where it is safe.
  bool weigh(const PointAt& point, const Number& number, const Number& last) {
    const plant::Point& said = *point.said;
    if (!number.computed) {
      if (said.minimum || said.maximum || said.step) note_unknown(point, number);
      return false;
    }
    if (is_safe(said, number)) return true;
    double limit = 0;
    if (!within_range(said, number, limit)) {
      fail(Reason::value_out_of_range, point, number, limit);
    } else if (said.step && std::isfinite(number.value) && !last.computed) {
      note_unknown(point, number);
    } else if (!within_step(said, number, last)) {
      fail(Reason::step_too_large, point, number, *said.step);
    }
    return false;
  }

  void memory(const PointAt& point, const Values& values) {
    const Written write = written(point, extent_, values);
    if (!write.touched) return;
    const Raw before = last(point);
    const uint64_t all = low_bits(point.region.end - point.region.begin);
    Number number, was;
    if ((before.known & all) == all) was = decoded(point, before.bits);
    if (write.complete && ((before.known | write.mask) & all) == all) {
      number = decoded(point, (before.bits & ~write.mask) | write.bits);
    }
    if (!weigh(point, number, was)) return;
    safe_up_to(point.region);
    if (!values.masks) return;
    const Region& region = point.region;
    const uint64_t begin = extent_.region.begin;
    safe_bits_ |= region.begin >= begin ? write.mask << (region.begin - begin) : write.mask >> (begin - region.begin);
  }

  void range(const PointAt& point, const Values& values) {
    const uint64_t i = point.region.begin - extent_.region.begin;
    // What a write by mask leads to, outside memories, is not computed: its masks are no values.
    const bool said = i < values.count && !values.masks;
    const Number number = said ? scaled(point, values.at(static_cast<uint32_t>(i))) : Number{};
    if (weigh(point, number, recalled(point, last(point)))) safe_up_to(point.region);
  }

  /// listed judges a run of values that carry their own numbers; one number may come twice, and then counts from where
  /// the one before it led.
  void listed(std::span<const PointAt> points, const Values& values) {
    bool all_safe = true;
    for (uint32_t i = 0; i < values.count; ++i) {
      Region one = extent_.region;
      one.begin = std::min(values.index(i), ~uint64_t{0} - 1);
      one.end = one.begin + 1;
      bool safe = false;
      points_touched(points, one, [&](const PointAt& point) {
        Number was = recalled(point, last(point));
        for (uint32_t k = i; k > 0; --k) {
          if (values.index(k - 1) != values.index(i)) continue;
          was = scaled(point, values.at(k - 1));
          break;
        }
        safe = weigh(point, scaled(point, values.at(i)), was);
      });
      all_safe = all_safe && safe;
    }
    result_.only_safe = all_safe;
  }

  Judgement finished(const Values& values) {
    if (extent_.kind == Extent::Kind::listed) return result_;
    const MaskWrite masked = mask_write(values);
    result_.only_safe = masked.valid ? masked.mask != 0 && safe_bits_ == masked.mask : safe_to_ >= extent_.region.end;
    return result_;
  }

 private:
  void fail(Reason reason, const PointAt& point, const Number& number, double limit) {
    // Out of range is farther from allowed than too large a step; of one kind the first is told.
    if (result_.breaks != Reason::rule && result_.breaks <= reason) return;
    result_.breaks = reason;
    tell(point, number.value, limit);
  }
  void note_unknown(const PointAt& point, const Number& number) {
    if (result_.breaks == Reason::rule && !result_.unknown) tell(point, number.computed ? number.value : NAN, 0);
    result_.unknown = true;
  }
  void tell(const PointAt& point, double value, double limit) {
    result_.point = point.point;
    result_.value = value;
    result_.limit = limit;
  }
  void safe_up_to(const Region& region) {
    if (region.begin <= safe_to_) safe_to_ = std::max(safe_to_, region.end);
  }

  const Policy& policy_;
  const Situation& situation_;
  const Extent& extent_;
  Judgement result_;
  uint64_t safe_to_;        // all places before this one become safe values
  uint64_t safe_bits_ = 0;  // of a write by mask
};

}  // namespace

Judgement judge(const Policy& policy, const Situation& situation, Index server, const Extent& extent,
                const protocols::Operation& operation) {
  if (extent.kind == Extent::Kind::none) return {};
  const auto points = policy.points_at(server, operation.protocol.number);
  if (points.empty()) return {};
  const Values values = operation.values.fits() ? operation.values : Values{};
  Judge judge(policy, situation, extent);
  if (extent.kind == Extent::Kind::listed) {
    judge.listed(points, values);
  } else {
    points_touched(points, extent.region, [&](const PointAt& point) {
      if (extent.memory) {
        judge.memory(point, values);
      } else {
        judge.range(point, values);
      }
    });
  }
  return judge.finished(values);
}

}  // namespace rampart::policy
