// The floor under every reader of capture files: libpcap alone, touching one octet of each frame. pcap_loop FILE
#include <pcap.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>

int main(int argc, char** argv) {
  char error[PCAP_ERRBUF_SIZE];
  pcap_t* capture = argc == 2 ? pcap_open_offline(argv[1], error) : nullptr;
  if (capture == nullptr) {
    std::fprintf(stderr, "usage: pcap_loop FILE\n");
    return 2;
  }
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  uint64_t packets = 0;
  uint64_t sum = 0;
  while (pcap_next_ex(capture, &header, &data) == 1) {
    ++packets;
    if (header->caplen > 0) sum += data[0];
  }
  std::printf("%" PRIu64 " packets, %" PRIu64 "\n", packets, sum);
  pcap_close(capture);
  return 0;
}
