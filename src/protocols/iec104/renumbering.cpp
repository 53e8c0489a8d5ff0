#include "protocols/iec104/renumbering.h"

#include "protocols/iec104/apci.h"

namespace rampart::protocols::iec104 {
namespace {

constexpr uint16_t kMask = kSequences - 1;

uint16_t plus(uint16_t number, uint16_t more) { return static_cast<uint16_t>((number + more) & kMask); }

/// reached: `number` is at or behind `from`, by less than half of all numbers.
bool reached(uint16_t from, uint16_t number) { return ((number - from) & kMask) < kSequences / 2; }

}  // namespace

void Renumbering::leave_out(Direction direction, uint16_t send) {
  Way& way = this->way(direction);
  used_ = way.used = true;
  way.waiting.push_back({plus(send, way.shift), false});
  way.shift = plus(way.shift, kMask);  // one less
}

uint16_t Renumbering::put_in(Direction direction, uint16_t next) {
  Way& way = this->way(direction);
  used_ = way.used = true;
  const uint16_t number = plus(next, way.shift);
  way.waiting.push_back({number, true});
  way.shift = plus(way.shift, 1);
  return number;
}

uint16_t Renumbering::sent(Direction direction, uint16_t send) const { return plus(send, way(direction).shift); }

uint16_t Renumbering::acknowledged(Direction direction, uint16_t receive) {
  Way& way = this->way(direction);
  way.last = receive;
  way.begun = true;
  size_t passed = 0;
  for (; passed < way.waiting.size(); ++passed) {
    const Moved& moved = way.waiting[passed];
    // N(R) names the next frame that is awaited: a frame put in is acknowledged by the number behind its own, one left
    // out as soon as all before it are.
    const uint16_t from = moved.put_in ? plus(moved.at, 1) : moved.at;
    if (!reached(from, receive)) break;
    way.acked = plus(way.acked, moved.put_in ? kMask : uint16_t{1});
  }
  if (passed > 0) way.waiting.erase(way.waiting.begin(), way.waiting.begin() + static_cast<ptrdiff_t>(passed));
  return plus(receive, way.acked);
}

}  // namespace rampart::protocols::iec104
