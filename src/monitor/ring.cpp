#include "monitor/ring.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace rampart::monitor {
namespace {

constexpr uint32_t kFrame = 2048;  // of no meaning for TPACKET_V3, but it must divide a block
constexpr unsigned kTag = 4;       // octets of a VLAN tag
constexpr size_t kMacs = 12;
// TPACKET_ALIGN(sizeof(tpacket3_hdr)): where the address of a frame's link lies.
constexpr size_t kAddress = (sizeof(tpacket3_hdr) + TPACKET_ALIGNMENT - 1) / TPACKET_ALIGNMENT * TPACKET_ALIGNMENT;

template <class Value>
bool set(int socket, int option, const Value& value) {
  return setsockopt(socket, SOL_PACKET, option, &value, sizeof value) == 0;
}

[[noreturn]] void fail(const std::string& name, int socket, const char* what) {
  const int reason = errno;
  if (socket >= 0) close(socket);
  if (reason == EPERM || reason == EACCES) {
    throw Error("cannot listen on " + name + ": this process has not the right to (CAP_NET_RAW)",
                "run it as root, which it gives up once it listens; or once, as root: setcap "
                "cap_net_raw,cap_net_admin=ep on the program");
  }
  throw Error("cannot listen on " + name + ": " + what + ": " + std::strerror(reason),
              reason == ENOMEM ? "each interface needs 64 MiB of memory for the kernel's buffer"
                               : "this needs Linux 3.2 or later with packet sockets");
}

/// status_of is the word by which the kernel and we hand a block to each other.
std::atomic_ref<uint32_t> status_of(tpacket_block_desc& block) { return std::atomic_ref(block.hdr.bh1.block_status); }

tpacket3_hdr& header_of(uint8_t* packet) { return *reinterpret_cast<tpacket3_hdr*>(packet); }

/// restore_tag moves the addresses four octets to the front, into room that we reserved, and writes the tag behind
/// them.
void restore_tag(uint8_t* frame, uint16_t type, uint16_t tag) {
  std::memmove(frame - kTag, frame, kMacs);
  const uint16_t words[] = {htons(type), htons(tag)};
  std::memcpy(frame - kTag + kMacs, words, sizeof words);
}

}  // namespace

Ring::Ring(const std::string& name) : socket_(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  if (socket_ < 0) fail(name, -1, "no packet socket");
  if (!set(socket_, PACKET_VERSION, int{TPACKET_V3})) fail(name, socket_, "no ring of blocks");
  if (!set(socket_, PACKET_RESERVE, kTag)) fail(name, socket_, "no room before a frame");
  tpacket_req3 wanted{};
  wanted.tp_block_size = kBlock;
  wanted.tp_block_nr = kBlocks;
  wanted.tp_frame_size = kFrame;
  wanted.tp_frame_nr = kBlock / kFrame * kBlocks;
  wanted.tp_retire_blk_tov = static_cast<unsigned>(kRetire.count());
  if (!set(socket_, PACKET_RX_RING, wanted)) fail(name, socket_, "no buffer");
  void* mapped = mmap(nullptr, size_t{kBlock} * kBlocks, PROT_READ | PROT_WRITE, MAP_SHARED, socket_, 0);
  if (mapped == MAP_FAILED) fail(name, socket_, "the buffer cannot be mapped");
  blocks_ = static_cast<uint8_t*>(mapped);
}

Ring::~Ring() {
  munmap(blocks_, size_t{kBlock} * kBlocks);
  close(socket_);
}

bool Ring::bind(int interface_index) {
  packet_mreq promiscuous{};
  promiscuous.mr_ifindex = interface_index;
  promiscuous.mr_type = PACKET_MR_PROMISC;
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = interface_index;
  return set(socket_, PACKET_ADD_MEMBERSHIP, promiscuous) &&
         ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

bool Ring::open_block() {
  uint8_t* at = blocks_ + size_t{block_} * kBlock;
  auto& block = *reinterpret_cast<tpacket_block_desc*>(at);
  if ((status_of(block).load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return false;
  left_ = block.hdr.bh1.num_pkts;
  packet_ = at + block.hdr.bh1.offset_to_first_pkt;
  tag_restored_ = false;
  return true;
}

void Ring::close_block() {
  auto& block = *reinterpret_cast<tpacket_block_desc*>(blocks_ + size_t{block_} * kBlock);
  status_of(block).store(TP_STATUS_KERNEL, std::memory_order_release);
  block_ = (block_ + 1) % kBlocks;
  packet_ = nullptr;
}

bool Ring::front(RingFrame& frame) {
  while (packet_ == nullptr) {
    if (!open_block()) return false;
    if (left_ == 0) close_block();  // the kernel closes a block that stayed empty
  }
  tpacket3_hdr& header = header_of(packet_);
  const auto& from = *reinterpret_cast<const sockaddr_ll*>(packet_ + kAddress);
  frame.time = from_unix(header.tp_sec, header.tp_nsec);
  frame.outgoing = from.sll_pkttype == PACKET_OUTGOING;
  frame.original_length = header.tp_len;
  uint8_t* at = packet_ + header.tp_mac;
  size_t size = header.tp_snaplen;
  if ((header.tp_status & TP_STATUS_VLAN_VALID) != 0 && size >= kMacs) {
    const bool type_known = (header.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
    if (!tag_restored_) {
      const uint16_t type = type_known ? header.hv1.tp_vlan_tpid : uint16_t{ETH_P_8021Q};
      restore_tag(at, type, static_cast<uint16_t>(header.hv1.tp_vlan_tci));
      tag_restored_ = true;
    }
    at -= kTag;
    size += kTag;
    frame.original_length += kTag;
  }
  frame.bytes = Bytes(at, size);
  return true;
}

void Ring::pop() {
  const uint32_t step = header_of(packet_).tp_next_offset;
  tag_restored_ = false;
  if (--left_ == 0 || step == 0) {
    close_block();
    return;
  }
  packet_ += step;
}

uint64_t Ring::dropped() {
  tpacket_stats_v3 statistics{};
  socklen_t size = sizeof statistics;
  if (getsockopt(socket_, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) != 0) return 0;
  return statistics.tp_drops;
}

}  // namespace rampart::monitor
