#include "monitor/capture.h"

#include <pcap/pcap.h>
#include <stdio_ext.h>
#include <sys/stat.h>

#include <algorithm>
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
  append_hex(what, head.first(std::min(head.size(), size_t{4})));
  throw Error(what, "give a pcap or pcapng file; tshark -r FILE -w NEW.pcapng converts others");
}

[[noreturn]] void throw_mixed(const std::string& path, std::string_view kind) {
  throw Error(path + ": holds interfaces of differing " + std::string(kind) + "; only one per file can be read",
              "write each interface to its own file: tshark -r FILE -Y 'frame.interface_id == 0' -F pcap -w ONE.pcap");
}

/// Classic pcap, version 2.4: the form in which long recordings come. Its records are so simple that reading them here,
/// without libpcap's two copies a packet, is several times faster. All other forms are libpcap's.
struct ClassicHeader {
  static constexpr size_t kSize = 24;
  static constexpr size_t kRecord = 16;
  static constexpr uint32_t kLongestPacket = 262144;  // libpcap's own bound
  bool swapped = false;                               // big-endian
  uint32_t unit = 1000;                               // nanoseconds
  uint32_t link_type = 0;

  uint32_t u32(const uint8_t* at) const {
    return static_cast<uint32_t>(swapped ? load_big<4>(at) : load_little<4>(at));
  }
  static bool is_magic(uint32_t value) { return value == 0xa1b2c3d4u || value == 0xa1b23c4du; }
  /// recognise: false where the file is of another form.
  bool recognise(Bytes head) {
    if (head.size() < kSize) return false;
    swapped = is_magic(static_cast<uint32_t>(load_big<4>(head.data())));
    const uint32_t magic = u32(head.data());
    const uint32_t version = u32(head.data() + 4);
    if (!is_magic(magic) || version != (swapped ? 0x00020004u : 0x00040002u)) return false;
    unit = magic == 0xa1b23c4du ? 1 : 1000;
    link_type = u32(head.data() + 20) & 0xffff;  // above: whether frames carry a checksum
    return true;
  }
};

struct PcapClose {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};

}  // namespace

/// OpenFile reads one file, by itself or by libpcap. libpcap's handle closes the FILE, so it goes before the input.
class CaptureFiles::OpenFile {
 public:
  explicit OpenFile(const std::string& path) : input_(path), path_(path) {
    if (!is_capture(input_.head())) throw_foreign(path, input_.head());
    if (classic_.recognise(input_.head())) {
      input_.take(ClassicHeader::kSize);
    } else {
      open_with_libpcap();
    }
  }
  const CaptureInput& input() const { return input_; }

  /// next: false at the end, whole or not; `warning` says what was wrong with it.
  bool next(RawPacket& packet, std::string& warning) {
    return handle_ ? next_of_libpcap(packet, warning) : next_classic(packet, warning);
  }

 private:
  void open_with_libpcap();
  bool next_classic(RawPacket& packet, std::string& warning);
  bool next_of_libpcap(RawPacket& packet, std::string& warning);
  void end(std::string_view problem, bool cut, std::string& warning) const;

  CaptureInput input_;
  const std::string& path_;
  ClassicHeader classic_;
  uint64_t offset_ = ClassicHeader::kSize;
  std::unique_ptr<char[]> buffer_;
  std::unique_ptr<pcap_t, PcapClose> handle_;
  uint32_t link_type_ = 0;
};

void CaptureFiles::OpenFile::open_with_libpcap() {
  FILE* file = input_.stream();
  buffer_ = std::make_unique<char[]>(kStreamOctets);
  std::setvbuf(file, buffer_.get(), _IOFBF, kStreamOctets);
  __fsetlocking(file, FSETLOCKING_BYCALLER);
  char problem[PCAP_ERRBUF_SIZE] = "";
  handle_.reset(pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, problem));
  if (!handle_) {
    std::fclose(file);
    throw Error(path_ + ": cannot be read as a capture: " + problem,
                "capinfos FILE tells more; the file may be cut off inside of its header");
  }
  link_type_ = static_cast<uint32_t>(pcap_datalink(handle_.get()));
}

bool CaptureFiles::OpenFile::next_classic(RawPacket& packet, std::string& warning) {
  const uint8_t* at = input_.take(ClassicHeader::kRecord);
  if (at == nullptr) {
    if (input_.left_over() != 0 || input_.damage() != nullptr) end("inside of a record's header", true, warning);
    return false;
  }
  const uint32_t captured = classic_.u32(at + 8);
  const int64_t fraction = int64_t{classic_.u32(at + 4)} * classic_.unit;
  packet.time = from_unix(classic_.u32(at), fraction);
  packet.original_length = classic_.u32(at + 12);
  packet.link_type = classic_.link_type;
  if (captured > ClassicHeader::kLongestPacket) {
    end("a record claims to be longer than any packet", false, warning);
    return false;
  }
  at = input_.take(captured);
  if (at == nullptr) {
    end("inside of a packet", true, warning);
    return false;
  }
  packet.bytes = Bytes(at, captured);
  offset_ += ClassicHeader::kRecord + captured;
  return true;
}

bool CaptureFiles::OpenFile::next_of_libpcap(RawPacket& packet, std::string& warning) {
  pcap_pkthdr* header = nullptr;
  const u_char* data = nullptr;
  const int result = pcap_next_ex(handle_.get(), &header, &data);
  if (result == 1) {
    packet.time = from_unix(header->ts.tv_sec, header->ts.tv_usec);  // the precision asked for: nanoseconds
    packet.bytes = Bytes(data, header->caplen);
    packet.original_length = header->len;
    packet.link_type = link_type_;
    return true;
  }
  offset_ = input_.octets_read();
  if (result == PCAP_ERROR) {
    const std::string_view problem = pcap_geterr(handle_.get());
    if (problem.starts_with("an interface has a type")) throw_mixed(path_, "link types");
    if (problem.starts_with("an interface has a snapshot")) throw_mixed(path_, "snapshot lengths");
    end(problem, problem.starts_with("truncated"), warning);
  } else if (input_.damage() != nullptr) {
    end({}, false, warning);
  }
  return false;
}

void CaptureFiles::OpenFile::end(std::string_view problem, bool cut, std::string& warning) const {
  warning = cut ? "the file is cut off" : "the file is damaged";
  warning += " near octet ";
  append_number(warning, offset_);
  warning += ": ";
  warning += input_.damage() != nullptr ? input_.damage() : problem;
}

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

bool CaptureFiles::next(RawPacket& packet) {
  while (current_ || open_next()) {
    std::string warning;
    if (current_->next(packet, warning)) {
      packet.number = ++number_;
      packet.file = static_cast<uint32_t>(following_ - 1);
      return true;
    }
    if (!warning.empty()) warnings_.push_back({paths_[following_ - 1], std::move(warning), number_ - before_});
    before_ = number_;
    finished_ += current_->input().stored_octets_read();
    current_.reset();
  }
  packet.bytes = {};
  return false;
}

Progress CaptureFiles::progress() const {
  return {finished_ + (current_ ? current_->input().stored_octets_read() : 0), total_};
}

}  // namespace rampart::monitor
