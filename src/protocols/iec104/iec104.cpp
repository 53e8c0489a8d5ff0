#include "protocols/iec104/iec104.h"

#include "protocols/iec104/decoder.h"
#include "protocols/iec104/functions.h"
#include "protocols/iec104/objects.h"

namespace rampart::protocols::iec104 {
namespace {

constexpr uint16_t kPorts[] = {2404};
// An interrogation of a large station over a slow line takes its time; everything else is confirmed within seconds.
constexpr std::chrono::milliseconds kAnswerWithin{30'000};

}  // namespace

Entry entry() {
  return {.name = "iec104",
          .title = "IEC 60870-5-104",
          .specification = "IEC 60870-5-104:2006, IEC 60870-5-101:2003",
          .tcp_ports = kPorts,
          .over_tcp = true,
          .every_message = true,
          .numbers_frames = true,
          .limits = {.message_octets = kFrameOctets, .pending_operations = 128, .answer_within = kAnswerWithin},
          .spaces = spaces(),
          .functions = functions(),
          .make = [](Protocol self) -> std::unique_ptr<Decoder> { return std::make_unique<Iec104Decoder>(self); },
          .parse_object = parse_object,
          .append_object = append_object,
          .status = "complete",
          .posture = "no authentication, no encryption; IEC 62351-3 (TLS) and 62351-5 where they are used"};
}

}  // namespace rampart::protocols::iec104
