// Captured frames in memory, so that tests can damage and reshape them before the monitor sees them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "monitor/capture.h"

namespace rampart::captures {

struct Frame {
  TimePoint time;
  std::vector<uint8_t> bytes;
  uint32_t original_length = 0;
  uint32_t link_type = 1;
};
using Frames = std::vector<Frame>;

/// FrameSource hands `frames` out, which must outlive it. Every frame is copied into a block of its own size, so that
/// the sanitizer sees a read behind its end.
class FrameSource : public monitor::PacketSource {
 public:
  explicit FrameSource(const Frames& frames) : frames_(frames) {}
  bool next(monitor::RawPacket& packet) override;
  monitor::Progress progress() const override { return {next_, frames_.size()}; }

 private:
  const Frames& frames_;
  std::vector<uint8_t> current_;
  size_t next_ = 0;
};

/// captures_folder is where the shared captures lie beside the repository; it may be absent.
std::filesystem::path captures_folder();
/// capture_files lists the captures below `folder` of it, sorted.
std::vector<std::filesystem::path> capture_files(const std::string& folder);
/// load reads at most `most` frames.
Frames load(const std::filesystem::path& file, size_t most);

}  // namespace rampart::captures
