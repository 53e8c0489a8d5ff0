#include "base/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace rampart {
namespace {

template <class Number>
std::string number(Number value) {
  std::string out;
  append_number(out, value);
  return out;
}

TEST(Text, WritesNumbers) {
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(number(std::numeric_limits<uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(number(uint8_t{200}), "200");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(0.1f), "0.1");
  EXPECT_EQ(number(1e300), "1e+300");
  EXPECT_EQ(number(std::numeric_limits<double>::denorm_min()), "5e-324");
}

TEST(Text, WritesHexadecimal) {
  std::string out = "x";
  const uint8_t octets[] = {0x00, 0x0f, 0xa5, 0xff};
  append_hex(out, octets);
  EXPECT_EQ(out, "x000fa5ff");
}

TEST(Text, EscapesForJson) {
  std::string out;
  append_json_text(out, std::string_view("a\"b\\c\n\x1b\x7f", 8));
  EXPECT_EQ(out, "\"a\\\"b\\\\c\\u000a\\u001b\\u007f\"");
  out.clear();
  append_json_text(out, "gr\xc3\xbcn");
  EXPECT_EQ(out, "\"gr\xc3\xbcn\"");
  out.clear();
  append_json_text(out, "\xff\xfe");
  EXPECT_EQ(out, "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}

TEST(Text, ReadsNumbers) {
  EXPECT_EQ(parse_number("0"), 0u);
  EXPECT_EQ(parse_number("18446744073709551615"), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(parse_number("0xff"), 255u);
  EXPECT_EQ(parse_number("0XFF"), 255u);
  for (const std::string_view text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x", "0xg", "18446744073709551616", "ff"}) {
    EXPECT_FALSE(parse_number(text)) << text;
  }
}

TEST(Text, ReadsRealNumbers) {
  EXPECT_EQ(parse_real("-1.5e2"), -150.0);
  EXPECT_EQ(parse_real("+0.25"), 0.25);
  EXPECT_EQ(parse_real("7"), 7.0);
  for (const std::string_view text : {"", "+", "-", "+-1", "--1", "inf", "nan", "1e400", "1,5", "1.5 ", "0x10", "1e"}) {
    EXPECT_FALSE(parse_real(text)) << text;
  }
}

TEST(Text, TrimsAndSplits) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(trim(""), "");
  using Parts = std::vector<std::string_view>;
  EXPECT_EQ(split("a,b,,c", ','), (Parts{"a", "b", "", "c"}));
  EXPECT_EQ(split("", ','), (Parts{""}));
  EXPECT_EQ(split("a,", ','), (Parts{"a", ""}));
}

TEST(Text, LowersLettersOfAsciiAlone) { EXPECT_EQ(lower("AbZ-9\xc3\x84"), "abz-9\xc3\x84"); }

TEST(Text, KnowsUtf8) {
  for (const std::string_view good : {"", "plain", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x92\xa7", "\xf4\x8f\xbf\xbf",
                                      "\xed\x9f\xbf", "\xee\x80\x80", "a\x7f"}) {
    EXPECT_TRUE(is_utf8(good));
  }
  // Overlong, surrogate, beyond the last, cut short, lonely continuation, impossible octets.
  for (const std::string_view bad :
       {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xf0\x9f\x92", "\x80", "\xff", "\xc3(", "a\xfe"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

TEST(Text, FindsTheWordThatWasMeant) {
  const std::vector<std::string_view> words = {"read", "write", "operate", "configure"};
  EXPECT_EQ(closest("wriet", words), "write");
  EXPECT_EQ(closest("raed", words), "read");
  EXPECT_EQ(closest("configuer", words), "configure");
  EXPECT_EQ(closest("read", words), "read");
  EXPECT_EQ(closest("xyzzy", words), "");
  EXPECT_EQ(closest("", words), "");
  EXPECT_EQ(closest("x", {"y"}), "");
  EXPECT_EQ(closest("read", {}), "");
}

}  // namespace
}  // namespace rampart
