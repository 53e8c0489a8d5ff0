#include "monitor/capture.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"

namespace rampart::monitor {
namespace {

using namespace std::string_literals;

std::string le32(uint32_t value) {
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xff);
  return out;
}
std::string be32(uint32_t value) {
  const std::string out = le32(value);
  return {out.rbegin(), out.rend()};
}
std::string le16(uint32_t value) { return le32(value).substr(0, 2); }

/// pcap: a file header in little-endian order, with microseconds unless `magic` says otherwise.
std::string pcap(uint32_t magic = 0xa1b2c3d4, uint32_t link_type = 1) {
  return le32(magic) + le16(2) + le16(4) + le32(0) + le32(0) + le32(65535) + le32(link_type);
}
std::string record(uint32_t seconds, uint32_t fraction, const std::string& bytes, uint32_t original = 0) {
  const auto size = static_cast<uint32_t>(bytes.size());
  return le32(seconds) + le32(fraction) + le32(size) + le32(std::max(size, original)) + bytes;
}
std::string block(uint32_t type, std::string body) {
  body.resize((body.size() + 3) / 4 * 4);
  const std::string length = le32(static_cast<uint32_t>(body.size() + 12));
  return le32(type) + length + body + length;
}
std::string section() { return block(0x0a0d0d0a, le32(0x1a2b3c4d) + le16(1) + le16(0) + std::string(8, '\xff')); }
/// interface with nanosecond resolution (option 9, if_tsresol).
std::string interface(uint32_t link_type = 1, uint32_t snapshot = 65535) {
  return block(1, le16(link_type) + le16(0) + le32(snapshot) + le16(9) + le16(1) + "\x09\0\0\0"s + le32(0));
}
std::string enhanced(uint32_t which, uint64_t nanoseconds, const std::string& bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  return block(6, le32(which) + le32(static_cast<uint32_t>(nanoseconds >> 32)) +
                      le32(static_cast<uint32_t>(nanoseconds)) + le32(size) + le32(size) + bytes);
}
std::string gzip(const std::string& bytes) {
  z_stream packer{};
  deflateInit2(&packer, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(bytes.size() + 200, '\0');
  std::string in = bytes;
  packer.next_in = reinterpret_cast<Bytef*>(in.data());
  packer.avail_in = static_cast<uInt>(in.size());
  packer.next_out = reinterpret_cast<Bytef*>(out.data());
  packer.avail_out = static_cast<uInt>(out.size());
  deflate(&packer, Z_FINISH);
  out.resize(packer.total_out);
  deflateEnd(&packer);
  return out;
}

class Capture : public testing::Test {
 protected:
  Capture() {
    std::string name = testing::TempDir() + "capture-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~Capture() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& bytes) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  /// read gives each packet as `number:file:nanoseconds:octets/original` and keeps the warnings.
  std::vector<std::string> read(std::vector<std::string> paths) {
    CaptureFiles files(std::move(paths));
    std::vector<std::string> out;
    RawPacket packet;
    while (files.next(packet)) {
      out.push_back(std::to_string(packet.number) + ":" + std::to_string(packet.file) + ":" +
                    std::to_string(packet.time.time_since_epoch().count()) + ":" + std::string(as_text(packet.bytes)) +
                    "/" + std::to_string(packet.original_length));
      link_type = packet.link_type;
    }
    warnings = files.warnings();
    progress = files.progress();
    EXPECT_FALSE(files.next(packet)) << "the end stays the end";
    return out;
  }
  std::string error(std::vector<std::string> paths) {
    try {
      read(std::move(paths));
    } catch (const Error& problem) {
      return problem.what();
    }
    return "no error";
  }
  void expect_error(const std::string& path, const std::string& what) {
    const std::string message = error({path});
    EXPECT_NE(message.find(path + ":"), std::string::npos) << message;
    EXPECT_NE(message.find(what), std::string::npos) << message;
    EXPECT_NE(message.find("\n  "), std::string::npos) << "no hint: " << message;
  }
  std::string folder_;
  std::vector<CaptureWarning> warnings;
  Progress progress;
  uint32_t link_type = 0;
};

using Lines = std::vector<std::string>;

TEST_F(Capture, ReadsMicrosecondsAndNanosecondsOfPcap) {
  const std::string micro = write("a.pcap", pcap() + record(5, 7, "one") + record(6, 8, "two", 1500));
  EXPECT_EQ(read({micro}), (Lines{"1:0:5000007000:one/3", "2:0:6000008000:two/1500"}));
  const std::string nano = write("b.pcap", pcap(0xa1b23c4d, 113) + record(5, 7, "one"));
  EXPECT_EQ(read({nano}), (Lines{"1:0:5000000007:one/3"}));
  EXPECT_EQ(link_type, 113u);
}

TEST_F(Capture, ReadsTheOtherByteOrder) {
  const std::string bytes = be32(0xa1b2c3d4) + "\0\2\0\4"s + be32(0) + be32(0) + be32(65535) + be32(1) + be32(5) +
                            be32(7) + be32(3) + be32(3) + "one";
  EXPECT_EQ(read({write("a.pcap", bytes)}), (Lines{"1:0:5000007000:one/3"}));
}

TEST_F(Capture, ReadsPcapngWithItsOwnResolution) {
  const std::string path = write("a.pcapng", section() + interface() + enhanced(0, 5000000007u, "one"));
  EXPECT_EQ(read({path}), (Lines{"1:0:5000000007:one/3"}));
}

TEST_F(Capture, CountsPacketsOverAllFiles) {
  const std::string a = write("a.pcap", pcap() + record(5, 0, "one") + record(6, 0, "two"));
  const std::string b = write("b.pcapng", section() + interface() + enhanced(0, 7, "three"));
  const std::string empty = write("c.pcap", pcap());
  EXPECT_EQ(read({empty, a, empty, b}), (Lines{"1:1:5000000000:one/3", "2:1:6000000000:two/3", "3:3:7:three/5"}));
  EXPECT_EQ(progress.read, progress.total);
  EXPECT_EQ(progress.total, std::filesystem::file_size(a) + std::filesystem::file_size(b) + 48);
  EXPECT_TRUE(warnings.empty());
}

TEST_F(Capture, UnpacksGzipAlsoOfSeveralMembers) {
  const std::string first = pcap() + record(5, 0, "one");
  const std::string path =
      write("a.pcap.gz", gzip(first) + gzip(record(6, 0, std::string(60000, 'x'))) + gzip(record(7, 0, "y")));
  const Lines lines = read({path});
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "1:0:5000000000:one/3");
  EXPECT_EQ(lines[2], "3:0:7000000000:y/1");
  EXPECT_TRUE(warnings.empty());
  EXPECT_EQ(progress.read, std::filesystem::file_size(path));
}

TEST_F(Capture, ReadsAPipeAndStandardInput) {
  const std::string path = write("a.pcap", pcap() + record(5, 0, "one"));
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const std::string bytes = pcap() + record(5, 0, "one");
  ASSERT_EQ(::write(ends[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  close(ends[1]);
  const int before = dup(STDIN_FILENO);
  dup2(ends[0], STDIN_FILENO);
  EXPECT_EQ(read({path, "-"}), (Lines{"1:0:5000000000:one/3", "2:1:5000000000:one/3"}));
  EXPECT_EQ(progress.total, 0u) << "nobody knows the length of a pipe";
  dup2(before, STDIN_FILENO);
  close(before);
  close(ends[0]);
}

TEST_F(Capture, WarnsOfAFileThatIsCutOffAndGoesOn) {
  const std::string whole = pcap() + record(5, 0, "one") + record(6, 0, "two");
  const std::string rest = write("b.pcap", pcap() + record(7, 0, "three"));
  for (size_t cut = 1; cut < 19; ++cut) {
    const std::string path = write("a.pcap", whole.substr(0, whole.size() - cut));
    EXPECT_EQ(read({path, rest}), (Lines{"1:0:5000000000:one/3", "2:1:7000000000:three/5"}));
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_EQ(warnings[0].path, path);
    EXPECT_EQ(warnings[0].packets, 1u);
    EXPECT_NE(warnings[0].what.find("cut off"), std::string::npos) << warnings[0].what;
  }
}

TEST_F(Capture, WarnsOfAGzipFileThatIsCutOffOrDamaged) {
  std::string bytes = pcap();
  for (uint32_t i = 0; i < 500; ++i) bytes += record(i, i * 977, std::to_string(i * i));
  std::string packed = gzip(bytes);
  const Lines all = read({write("a.gz", packed)});
  const Lines some = read({write("b.gz", packed.substr(0, packed.size() / 2))});
  EXPECT_LT(some.size(), all.size());
  EXPECT_GT(some.size(), 0u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].what.find("gzip'd file is cut off"), std::string::npos) << warnings[0].what;
  packed[packed.size() - 6] ^= 1;  // in the checksum
  EXPECT_EQ(read({write("c.gz", packed)}).size(), all.size());
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].what.find("damaged"), std::string::npos) << warnings[0].what;
}

TEST_F(Capture, WarnsOfARecordWithAnImpossibleLength) {
  const std::string path =
      write("a.pcap", pcap() + record(5, 0, "one") + le32(6) + le32(0) + le32(0x7fffffff) + le32(3) + "two");
  EXPECT_EQ(read({path}).size(), 1u);
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].what.find("damaged"), std::string::npos) << warnings[0].what;
}

TEST_F(Capture, SaysWhatIsWrongWithAFileThatIsNoCapture) {
  expect_error(folder_ + "/nothing", "cannot be opened");
  expect_error(folder_, "is a folder");
  expect_error(write("empty", ""), "is empty");
  expect_error(write("short", "ab"), "is not a capture file");
  expect_error(write("text", "hello world"), "is not a capture file: it begins with 68656c6c");
  expect_error(write("text.gz", gzip("hello world")), "is not a capture file");
  expect_error(write("header", pcap().substr(0, 20)), "cannot be read as a capture");
  expect_error(write("a.zst", "\x28\xb5\x2f\xfd and more"), "packed with Zstandard");
  expect_error(write("a.xz", "\xfd\x37zXZ and more"), "packed with xz");
  expect_error(write("a.bz2", "BZh91AY"), "packed with bzip2");
  EXPECT_NE(error({}).find("no capture file"), std::string::npos);
}

TEST_F(Capture, LooksAtAllFilesBeforeTheFirstPacket) {
  const std::string good = write("a.pcap", pcap() + record(5, 0, "one"));
  EXPECT_THROW(CaptureFiles({good, folder_ + "/nothing"}), Error);
  EXPECT_THROW(CaptureFiles({good, write("b.txt", "hello world")}), Error);
}

TEST_F(Capture, SaysHowToMendPcapngWithDifferingInterfaces) {
  expect_error(
      write("a.pcapng", section() + interface(1) + enhanced(0, 7, "one") + interface(113) + enhanced(1, 8, "two")),
      "differing link types");
  expect_error(
      write("b.pcapng", section() + interface(1) + enhanced(0, 7, "one") + interface(1, 99) + enhanced(1, 8, "two")),
      "differing snapshot lengths");
}

}  // namespace
}  // namespace rampart::monitor
