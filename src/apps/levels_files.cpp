#include "apps/levels_files.h"

#include <vector>

#include "apps/levels_text.h"
#include "apps/report_page.h"
#include "assess/exchange.h"
#include "base/files.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace rampart::apps {
namespace {

/// uuid_of is a UUID of version 5: the name hashed. Source: RFC 9562, 5.5.
std::string uuid_of(std::string_view name) {
  static constexpr std::string_view kRampart = "rampart:levels:";
  const crypto::Sha1Digest digest = crypto::sha1(as_bytes(std::string(kRampart) + std::string(name)));
  std::vector<uint8_t> id(digest.begin(), digest.begin() + 16);
  id[6] = static_cast<uint8_t>((id[6] & 0x0f) | 0x50);
  id[8] = static_cast<uint8_t>((id[8] & 0x3f) | 0x80);
  std::string out;
  append_hex(out, id);
  for (const size_t at : {20u, 16u, 12u, 8u}) out.insert(at, "-");
  return out;
}

}  // namespace

void write_levels_files(const LevelsFiles& files, const assess::Shown& shown, std::string& out) {
  const auto write = [&out](const std::string& file, const std::string& text, std::string_view what) {
    replace_file(file, as_bytes(text));
    out += std::string(what) + file + "\n";
  };
  std::string text;
  if (!files.oscal.empty()) {
    assess::append_oscal(text, shown, uuid_of);
    write(files.oscal, text, "OSCAL assessment results: ");
  }
  if (!files.navigator.empty()) {
    text.clear();
    assess::append_navigator(text, shown);
    write(files.navigator, text, "Layer for the ATT&CK Navigator: ");
  }
  if (!files.report.empty()) {
    text.clear();
    assess::append_levels_json(text, shown);
    for (const std::string& sentence : assess::say(shown)) append_wrapped(out, "", "  ", sentence);
    write(files.report, report_page(text), "Report, to open in a browser: ");
  }
}

}  // namespace rampart::apps
