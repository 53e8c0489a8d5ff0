# cmake -DPAGE=report.html -DSOURCE=out.cpp -P embed_report.cmake: a file as a constant of C++.
file(READ ${PAGE} octets HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," octets "${octets}")
file(WRITE ${SOURCE} "// Made of web/dist/report.html by cmake/embed_report.cmake.
#include \"apps/report_page.h\"

namespace rampart::apps {
namespace {
constexpr unsigned char kPage[] = {${octets}};
}  // namespace
std::string_view report_template() { return {reinterpret_cast<const char*>(kPage), sizeof kPage}; }
}  // namespace rampart::apps
")
