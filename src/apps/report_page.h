// The report of levels as one page for a browser: the built page of web/ with the data in it. Nothing is fetched when
// it is opened. Pure.
#pragma once

#include <string>
#include <string_view>

namespace rampart::apps {

/// kReportMark is where the page takes its data; it is there once.
inline constexpr std::string_view kReportMark = "RAMPART-LEVELS";

/// report_template is web/dist/report.html, compiled in.
std::string_view report_template();

/// report_page is the page with `json` in it, compressed (gzip) and in base64: none of its characters means anything to
/// a browser, whatever the data holds.
std::string report_page(std::string_view json);

}  // namespace rampart::apps
