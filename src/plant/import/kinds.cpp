// Words of other programs for kinds of assets.
#include <algorithm>

#include "base/text.h"
#include "plant/import/intended.h"
#include "plant/keys.h"

namespace rampart::plant {

std::string_view kind_of(std::string_view words) {
  std::string id = lower(trim(words));
  for (char& letter : id) {
    if (letter == ' ' || letter == '_' || letter == '/' || letter == '.') letter = '-';
  }
  const auto listed = [](std::string_view word) -> std::string_view {
    const auto& all = kAssetKinds.words;
    const auto at = std::find(all.begin(), all.end(), word);
    return at != all.end() ? *at : std::string_view();
  };
  const auto meant = [&](std::string_view word) {
    const std::string_view own = listed(word);
    return own.empty() ? listed(synonym(word)) : own;
  };
  if (const std::string_view whole = meant(id); !whole.empty()) return whole;
  // "core-router", "plc-station-3": the last word that means a kind; words of two first.
  const std::vector<std::string_view> parts = split(id, '-');
  for (size_t last = parts.size(); last > 1; --last) {
    const std::string two = std::string(parts[last - 2]) + "-" + std::string(parts[last - 1]);
    if (const std::string_view found = meant(two); !found.empty()) return found;
  }
  for (size_t last = parts.size(); last > 0; --last) {
    if (const std::string_view found = meant(parts[last - 1]); !found.empty() && found != "other") return found;
  }
  return {};
}

}  // namespace rampart::plant
