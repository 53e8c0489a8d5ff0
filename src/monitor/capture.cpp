#include "monitor/capture.h"

#include <pcap/pcap.h>
#include <stdio_ext.h>
#include <sys/stat.h>

#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "monitor/capture_input.h"

namespace rampart::monitor {

namespace {

constexpr size_t kStreamOctets = 64 * 1024;

/// is_capture: the first four octets are those of pcap (either byte order, micro- or nanoseconds, and the two old
/// variants that libpcap reads) or of pcapng.
bool is_capture(Bytes head) {
  if (head.size() < 4) return false;
  const auto big = static_cast<uint32_t>(load_big<4>(head.data()));
  const auto little = static_cast<uint32_t>(load_little<4>(head.data()));
  for (const uint32_t magic : {0xa1b2c3d4u, 0xa1b23c4du, 0xa1b2cd34u, 0x0a0d0d0au}) {
    if (big == magic || little == magic) return true;
  }
  return false;
}

[[noreturn]] void throw_foreign(const std::string& path, Bytes head) {
  if (head.empty()) throw Error(path + ": is empty", "record again, or leave it out");
  std::string what = path + ": is not a capture file: it begins with ";
  append_hex(what, head);
  throw Error(what, "give a pcap or pcapng file; tshark -r FILE -w NEW.pcapng converts others");
}

[[noreturn]] void throw_mixed(const std::string& path, std::string_view kind) {
  throw Error(path + ": holds interfaces of differing " + std::string(kind) + "; only one per file can be read",
              "write each interface to its own file: tshark -r FILE -Y 'frame.interface_id == 0' -F pcap -w ONE.pcap");
}

struct PcapClose {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};

}  // namespace

/// OpenFile joins the input with libpcap's handle; the handle closes the FILE, so it goes first.
class CaptureFiles::OpenFile {
 public:
  explicit OpenFile(const std::string& path) : input(path) {
    if (!is_capture(input.head())) throw_foreign(path, input.head());
    FILE* file = input.stream();
    buffer = std::make_unique<char[]>(kStreamOctets);
    std::setvbuf(file, buffer.get(), _IOFBF, kStreamOctets);
    __fsetlocking(file, FSETLOCKING_BYCALLER);
    char problem[PCAP_ERRBUF_SIZE] = "";
    handle.reset(pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, problem));
    if (!handle) {
      std::fclose(file);
      throw Error(path + ": cannot be read as a capture: " + problem,
                  "capinfos FILE tells more; the file may be cut off inside of its header");
    }
    link_type = static_cast<uint32_t>(pcap_datalink(handle.get()));
  }

  CaptureInput input;
  std::unique_ptr<char[]> buffer;
  std::unique_ptr<pcap_t, PcapClose> handle;
  uint32_t link_type = 0;
  uint64_t packets = 0;
};

CaptureFiles::CaptureFiles(std::vector<std::string> paths) : paths_(std::move(paths)) {
  if (paths_.empty()) throw Error("no capture file is named", "name at least one, or - for standard input");
  bool known = true;
  for (const std::string& path : paths_) {
    if (path == "-") {
      known = false;
      continue;
    }
    struct stat about {};
    const bool there = stat(path.c_str(), &about) == 0;
    if (there && !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode)) {  // a pipe must not lose its first octets
      known = false;
      continue;
    }
    total_ += static_cast<uint64_t>(about.st_size);
    const CaptureInput input(path);
    if (!is_capture(input.head())) throw_foreign(path, input.head());
  }
  if (!known) total_ = 0;
  open_next();
}

CaptureFiles::~CaptureFiles() = default;

bool CaptureFiles::open_next() {
  if (following_ == paths_.size()) return false;
  current_ = std::make_unique<OpenFile>(paths_[following_]);
  ++following_;
  return true;
}

void CaptureFiles::close_current() {
  finished_ += current_->input.stored_octets_read();
  current_.reset();
}

bool CaptureFiles::next(RawPacket& packet) {
  while (current_ || open_next()) {
    pcap_pkthdr* header = nullptr;
    const u_char* data = nullptr;
    const int result = pcap_next_ex(current_->handle.get(), &header, &data);
    if (result == 1) {
      packet.time = from_unix(header->ts.tv_sec, header->ts.tv_usec);  // the precision asked for: nanoseconds
      packet.bytes = Bytes(data, header->caplen);
      packet.original_length = header->len;
      packet.link_type = current_->link_type;
      packet.number = ++number_;
      packet.file = static_cast<uint32_t>(following_ - 1);
      ++current_->packets;
      return true;
    }
    const std::string& path = paths_[following_ - 1];
    const char* damage = current_->input.damage();
    if (result == PCAP_ERROR) {
      const std::string_view problem = pcap_geterr(current_->handle.get());
      if (problem.starts_with("an interface has a type")) throw_mixed(path, "link types");
      if (problem.starts_with("an interface has a snapshot")) throw_mixed(path, "snapshot lengths");
      std::string what = problem.starts_with("truncated") ? "the file is cut off" : "the file is damaged";
      what += " near octet ";
      append_number(what, current_->input.octets_read());
      what += ": ";
      what += damage != nullptr ? damage : problem;
      warnings_.push_back({path, what, current_->packets});
    } else if (damage != nullptr) {
      warnings_.push_back({path, damage, current_->packets});
    }
    close_current();
  }
  packet.bytes = {};
  return false;
}

Progress CaptureFiles::progress() const {
  return {finished_ + (current_ ? current_->input.stored_octets_read() : 0), total_};
}

}  // namespace rampart::monitor
