#include "apps/report_page.h"

#include <zlib.h>

#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "crypto/hash.h"

namespace rampart::apps {
namespace {

constexpr int kGzip = 15 + 16;  // zlib's way to ask for a window of 32 KiB and gzip's own header
constexpr int kMemory = 9;

std::vector<uint8_t> compressed(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw Error("the report cannot be compressed", "free some memory");
  }
  std::vector<uint8_t> input(text.begin(), text.end()), out(deflateBound(&stream, text.size()));
  stream.next_in = input.data();
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw Error("the report is too large to compress", "make it of fewer journals");
  return out;
}

}  // namespace

std::string report_page(std::string_view json) {
  const std::string_view page = report_template();
  const size_t at = page.find(kReportMark);
  std::string out(page.substr(0, at));
  out += crypto::base64(compressed(json));
  out += page.substr(at + kReportMark.size());
  return out;
}

}  // namespace rampart::apps
