// Octets that a gateway may say to another: what is taken as a prologue is written again the same, and datagrams are
// the same however their stream was cut.
#include <cstdint>
#include <cstdlib>

#include "gateway/prologue.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace rampart;
  const Bytes octets(data, size);
  if (const auto read = gateway::parse_prologue(octets)) {
    const auto written = read->encode();
    if (!std::equal(written.begin(), written.end(), octets.begin(), octets.end())) std::abort();
  }
  gateway::FrameReader whole, cut;
  size_t count = 0, count_cut = 0;
  whole.take(octets, [&](Bytes datagram) { count += datagram.size() + 1; });
  for (size_t i = 0; i < size; ++i) {
    if (!cut.take(octets.subspan(i, 1), [&](Bytes datagram) { count_cut += datagram.size() + 1; })) break;
  }
  if (count != count_cut || whole.missing() != cut.missing()) std::abort();
  return 0;
}
