// Where packets come from. A PacketSource hands them out one by one; CaptureFiles reads pcap and pcapng files, several
// one after another, gzip'd or not, or standard input. A source belongs to one thread; progress() may be asked between
// two calls of next().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace rampart::monitor {

/// RawPacket is one captured frame, or word from a live source that there is none: `pause`, nothing more is there at
/// the moment; `beat`, a second has gone by, `time` is the wall's and `number` the last packet's. `bytes` is valid
/// until the next call of PacketSource::next().
struct RawPacket {
  enum class Item : uint8_t { packet, pause, beat };

  TimePoint time;
  Bytes bytes;                   // what was captured
  uint32_t original_length = 0;  // what was on the wire; greater than bytes.size() where the capture cut it
  uint32_t link_type = 0;        // as in the file: 1 Ethernet, 113 Linux cooked ...
  uint64_t number = 0;           // from 1, in the order of reading over all files
  uint32_t file = 0;             // index of the file or interface that it came from
  Item item = Item::packet;
};

/// Progress of a source in octets of its input as stored; `total` is 0 where nobody can know (standard input).
struct Progress {
  uint64_t read = 0;
  uint64_t total = 0;
};

/// CaptureWarning: a capture file ended before it should; what came before was read.
struct CaptureWarning {
  std::string path;
  std::string what;
  uint64_t packets = 0;  // read from this file before the damage
};

class PacketSource {
 public:
  virtual ~PacketSource() = default;
  /// next gives the next packet; false at the end of the input. A live source waits, and says so by pauses and beats.
  virtual bool next(RawPacket& packet) = 0;
  virtual Progress progress() const = 0;
};

/// CaptureFiles reads the files of `paths` in the order given; `-` is standard input. The constructor looks at all of
/// them, so that a wrong name ends the command before an hour of reading.
/// Errors: rampart::Error with the path, what is wrong and what would mend it, from the constructor and from next().
/// A file that is cut off or damaged after its header is a warning and reading goes on with the next file.
class CaptureFiles : public PacketSource {
 public:
  explicit CaptureFiles(std::vector<std::string> paths);
  ~CaptureFiles() override;
  bool next(RawPacket& packet) override;
  Progress progress() const override;

  const std::vector<CaptureWarning>& warnings() const { return warnings_; }
  /// files: the paths in the order of RawPacket::file.
  const std::vector<std::string>& files() const { return paths_; }

 private:
  class OpenFile;
  bool open_next();

  std::vector<std::string> paths_;
  std::vector<CaptureWarning> warnings_;
  std::unique_ptr<OpenFile> current_;
  size_t following_ = 0;  // index of the file to open next
  uint64_t number_ = 0;
  uint64_t before_ = 0;  // packets of the files already read
  uint64_t total_ = 0;
  uint64_t finished_ = 0;  // octets of the files already read to their end
};

}  // namespace rampart::monitor
