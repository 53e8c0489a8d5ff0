// SL-C of an asset: what it can do by 4-2, from its maker's declarations and from what was seen of it.
#pragma once

#include <array>
#include <vector>

#include "assess/assessment.h"

namespace rampart::assess {

/// component_of is the type of component that a kind of asset is. Source: IEC 62443-4-2 clause 3.
standard::Component component_of(const plant::Asset& asset);

/// CapabilityCell is SL-C of one foundational requirement, and what keeps it from the next level.
struct CapabilityCell {
  int achieved = 0;
  bool assessed = false;
  std::vector<std::string_view> blocked_by;
};

/// Capabilities answers for the assets of an assessment, which must outlive it and not change meanwhile.
class Capabilities {
 public:
  explicit Capabilities(const Assessment& assessment);
  std::array<CapabilityCell, kFrs> of(Index asset) const;

 private:
  const Assessment& assessment_;
  Rows rows_;
  std::vector<std::vector<const Stated*>> by_aspect_;
  Judge judge_;
};

}  // namespace rampart::assess
