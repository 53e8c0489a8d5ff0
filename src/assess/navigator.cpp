// A layer of the ATT&CK Navigator. Source: MITRE, layer format 4.5.
#include <algorithm>

#include "assess/exchange.h"
#include "assess/json_parts.h"

namespace rampart::assess {

using records::number;
using records::text;

void append_navigator(std::string& out, const Shown& shown) {
  const auto seen = techniques_seen(shown);
  uint64_t most = 1;
  for (const auto& [id, technique] : seen) most = std::max(most, technique.findings);
  out += '{';
  text(out, "name", "Seen at " + std::string(shown.assessment.site().plant().name));
  out += R"(,"versions":{"attack":"18","navigator":"5.1.0","layer":"4.5"},"domain":"ics-attack")";
  text(out, "description",
       "Techniques that findings of " + shown.program +
           " name; the score is how many findings. A technique without a score was not seen, which is no proof that it "
           "was not used.");
  {
    List list(out, "techniques");
    for (const auto& [id, technique] : seen) {
      std::string last;
      append_timestamp(last, technique.last);
      list.item() += '{';
      text(out, "techniqueID", id);
      number(out, "score", technique.findings);
      text(out, "comment", std::to_string(technique.findings) + " findings, the last at " + last);
      flag(out, "enabled", true);
      out += '}';
    }
  }
  out += R"(,"gradient":{"colors":["#ffffff","#a4133c"],"minValue":0)";
  number(out, "maxValue", most);
  out += "},\"sorting\":3,\"hideDisabled\":false}\n";
}

}  // namespace rampart::assess
