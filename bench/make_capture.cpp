// Makes one large capture out of many small ones: make_capture OUT.pcap OCTETS INPUT...
// All inputs in turn, again and again until the file is as large as asked. Every round moves time on, so that it never
// runs backwards, and changes the second octet of all IPv4 addresses, so that its hosts are hosts of their own.
// Ethernet only: other inputs are left out and named.

#include <pcap.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

struct Frame {
  int64_t microseconds = 0;  // since the start of the round
  uint32_t original = 0;
  std::vector<uint8_t> octets;
};

/// read appends the frames of `file`, their time counted on from `start`; gives the time of the last.
int64_t read(const char* file, int64_t start, std::vector<Frame>& frames) {
  char error[PCAP_ERRBUF_SIZE];
  pcap_t* capture = pcap_open_offline(file, error);
  if (capture == nullptr || pcap_datalink(capture) != DLT_EN10MB) {
    std::fprintf(stderr, "left out: %s (%s)\n", file, capture == nullptr ? error : "not Ethernet");
    if (capture != nullptr) pcap_close(capture);
    return start;
  }
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  int64_t first = -1;
  int64_t last = start;
  while (pcap_next_ex(capture, &header, &data) == 1) {
    const int64_t when = int64_t{header->ts.tv_sec} * 1'000'000 + header->ts.tv_usec;
    if (first < 0) first = when;
    // Captures with long silences or jumps would make the file last for years: a step is at most a second.
    const int64_t step = std::min<int64_t>(std::max<int64_t>(when - first, 0), 1'000'000);
    first = when;
    last += step;
    frames.push_back({last, header->len, std::vector<uint8_t>(data, data + header->caplen)});
  }
  pcap_close(capture);
  return last + 1'000;
}

/// move changes the IPv4 addresses of a frame, behind up to two VLAN tags, and in ARP not at all.
void move(std::vector<uint8_t>& octets, uint8_t round) {
  size_t at = 12;
  while (at + 4 <= octets.size() && octets[at] == 0x81 && octets[at + 1] == 0x00) at += 4;
  if (at + 22 > octets.size() || octets[at] != 0x08 || octets[at + 1] != 0x00) return;
  octets[at + 2 + 12 + 1] = static_cast<uint8_t>(octets[at + 2 + 12 + 1] + round);
  if (octets[at + 2 + 16] < 224) octets[at + 2 + 16 + 1] = static_cast<uint8_t>(octets[at + 2 + 16 + 1] + round);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: make_capture OUT.pcap OCTETS INPUT...\n");
    return 2;
  }
  const auto wanted = static_cast<uint64_t>(std::strtoull(argv[2], nullptr, 10));
  std::vector<Frame> frames;
  int64_t length = 0;
  for (int i = 3; i < argc; ++i) length = read(argv[i], length, frames);
  if (frames.empty()) {
    std::fprintf(stderr, "make_capture: no frames in the inputs\n");
    return 1;
  }
  pcap_t* dead = pcap_open_dead(DLT_EN10MB, 262'144);
  pcap_dumper_t* out = pcap_dump_open(dead, argv[1]);
  if (out == nullptr) {
    std::fprintf(stderr, "make_capture: %s\n", pcap_geterr(dead));
    return 1;
  }
  uint64_t written = 0;
  uint64_t packets = 0;
  uint64_t octets = 0;
  uint8_t round = 0;
  for (; written < wanted; ++round) {
    for (const Frame& frame : frames) {
      const int64_t when = int64_t{1'700'000'000} * 1'000'000 + length * round + frame.microseconds;
      std::vector<uint8_t> moved = frame.octets;
      move(moved, round);
      pcap_pkthdr header{};
      header.ts.tv_sec = when / 1'000'000;
      header.ts.tv_usec = static_cast<suseconds_t>(when % 1'000'000);
      header.caplen = static_cast<uint32_t>(moved.size());
      header.len = frame.original;
      pcap_dump(reinterpret_cast<u_char*>(out), &header, moved.data());
      written += 16 + moved.size();
      octets += moved.size();
      ++packets;
    }
  }
  pcap_dump_close(out);
  pcap_close(dead);
  std::printf("%s: %" PRIu64 " packets in %u rounds, mean frame %" PRIu64 " octets, %" PRIu64 " octets in all\n", argv[1],
              packets, round, octets / packets, written);
  return 0;
}
