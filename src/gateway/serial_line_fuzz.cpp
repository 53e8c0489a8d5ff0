// A line whose device says anything at any time, with clients that ask in between. Whatever comes: only what was asked
// goes on the line, as one whole frame at a time; each request is answered once, under its own number and unit; and
// after some time nobody waits any more.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <vector>

#include "gateway/serial_line.h"

namespace {

using namespace rampart;
using Octets = std::vector<uint8_t>;

void require(bool holds) {
  if (!holds) std::abort();
}

class Device final : public gateway::SerialLine::Ends {
 public:
  Device() : line(plant::SerialLine{}, *this) { line.mended(now); }

  bool put(Bytes frame) override {
    require(frame.size() >= 4 && frame.size() <= gateway::rtu::kFrameMost);
    require(gateway::rtu::frame_of(frame.first(frame.size() - 2)) == Octets(frame.begin(), frame.end()));
    bool asked = false;
    for (const auto& [number, request] : open) {
      asked = asked || Octets(frame.begin(), frame.end() - 2) == request;
      if (frame[0] == 0 && Octets(frame.begin(), frame.end() - 2) == request) {
        open.erase(number);  // nobody answers a broadcast
        return true;
      }
    }
    require(asked);
    return true;
  }
  void answer(uint64_t client, Bytes frame) override {
    require(frame.size() >= 9 && frame.size() <= 6 + 254);
    const auto number = static_cast<uint16_t>(frame[0] << 8 | frame[1]);
    const auto at = open.find(number);
    require(at != open.end() && client == 1 + number % 3u);
    require(frame[4] == 0 && frame[5] == frame.size() - 6);
    require(frame[6] == at->second[0] && (frame[7] & 0x7f) == (at->second[1] & 0x7f));
    open.erase(at);
  }
  void ask(Bytes pdu) {
    const uint16_t number = next++;
    Octets request{static_cast<uint8_t>(number % 5u == 0 ? 0 : 7 + number % 2u)};
    request.insert(request.end(), pdu.begin(), pdu.end());
    request[1] &= 0x7f;
    Octets frame{static_cast<uint8_t>(number >> 8),   static_cast<uint8_t>(number), 0, 0, 0,
                 static_cast<uint8_t>(request.size())};
    frame.insert(frame.end(), request.begin(), request.end());
    open[number] = request;
    line.ask(1 + number % 3u, frame, now);
  }
  void pass(Duration time) {
    const Duration end = now + time;
    for (int steps = 0; line.next() <= end; ++steps) {
      require(steps < 1'000);
      now = std::max(now, line.next());
      line.tick(now);
    }
    now = end;
  }

  Duration now{std::chrono::hours(1)};
  std::map<uint16_t, Octets> open;
  uint16_t next = 0;
  gateway::SerialLine line;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Device device;
  Bytes rest(data, size);
  while (rest.size() >= 2) {
    const uint8_t what = rest[0];
    const size_t count = std::min<size_t>(rest[1] % 64, rest.size() - 2);
    const Bytes octets = rest.subspan(2, count);
    rest = rest.subspan(2 + count);
    if (what % 4 == 0 && count > 0) device.ask(octets);
    if (what % 4 == 1) device.line.received(octets, device.now);
    // An answer with its check right, which a fuzzer seldom finds.
    if (what % 4 == 2 && count >= 2) device.line.received(gateway::rtu::frame_of(octets), device.now);
    if (what % 4 == 3) device.pass(std::chrono::milliseconds(what / 4 * (1 + count)));
    if (what == 0xff) {
      device.line.broken();
      require(device.open.empty());
      device.line.mended(device.now);
    }
  }
  device.pass(std::chrono::seconds(30));
  require(device.open.empty());
  require(device.line.next() == Duration::max());
  return 0;
}
