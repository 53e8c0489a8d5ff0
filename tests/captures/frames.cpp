#include "frames.h"

#include <algorithm>

namespace rampart::captures {

bool FrameSource::next(monitor::RawPacket& packet) {
  if (next_ == frames_.size()) return false;
  const Frame& frame = frames_[next_++];
  current_ = std::vector<uint8_t>(frame.bytes.begin(), frame.bytes.end());
  packet.time = frame.time;
  packet.bytes = current_;
  packet.original_length = frame.original_length;
  packet.link_type = frame.link_type;
  packet.number = next_;
  packet.file = 0;
  return true;
}

std::filesystem::path captures_folder() {
  return std::filesystem::path(RAMPART_SOURCE_DIR) / ".." / "shared" / "captures";
}

std::vector<std::filesystem::path> capture_files(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  const std::filesystem::path top = captures_folder() / folder;
  if (!std::filesystem::is_directory(top)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(top)) {
    const std::string extension = entry.path().extension().string();
    if (entry.is_regular_file() && (extension == ".pcap" || extension == ".pcapng")) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Frames load(const std::filesystem::path& file, size_t most) {
  Frames frames;
  monitor::CaptureFiles source({file.string()});
  monitor::RawPacket packet;
  while (frames.size() < most && source.next(packet)) {
    frames.push_back(
        {packet.time, {packet.bytes.begin(), packet.bytes.end()}, packet.original_length, packet.link_type});
  }
  return frames;
}

}  // namespace rampart::captures
