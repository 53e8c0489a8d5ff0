// Story: a page that holds its data, and in which nothing of the data is anything but data.
#include "apps/report_page.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <vector>

#include "crypto/hash.h"

namespace rampart::apps {
namespace {

/// inside is what the page carries between its first and last part.
std::string inside(const std::string& page) {
  const std::string_view whole = report_template();
  const size_t at = whole.find(kReportMark);
  return page.substr(at, page.size() - whole.size() + kReportMark.size());
}

TEST(ReportPage, HasOneMarkAndFetchesNothing) {
  const std::string_view page = report_template();
  const size_t at = page.find(kReportMark);
  ASSERT_NE(at, std::string_view::npos);
  EXPECT_EQ(page.find(kReportMark, at + 1), std::string_view::npos);
  EXPECT_NE(page.find("default-src 'none'"), std::string_view::npos);
  for (const char* fetching : {"<link", " src=\"http", "@import", "url(http"}) {
    EXPECT_EQ(page.find(fetching), std::string_view::npos) << fetching;
  }
}

TEST(ReportPage, CarriesItsDataAsTheyWere) {
  std::string json = R"({"plant":{"name":"</script><script>alert(1)</script><!-- &amp; )";
  for (int i = 0; i < 50'000; ++i) json += static_cast<char>(i * 7 % 256);
  const std::string carried = inside(report_page(json));
  EXPECT_EQ(carried.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="),
            std::string::npos);
  auto bytes = crypto::decode_base64(carried);
  ASSERT_TRUE(bytes);
  std::vector<uint8_t> out(json.size() + 1);
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = bytes->data();
  stream.avail_in = static_cast<uInt>(bytes->size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  EXPECT_EQ(std::string(out.begin(), out.end()), json);
}

}  // namespace
}  // namespace rampart::apps
