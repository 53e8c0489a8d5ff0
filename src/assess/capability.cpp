#include "assess/capability.h"

#include <algorithm>

#include "base/text.h"

namespace rampart::assess {
namespace {

std::vector<std::vector<const Stated*>> spoken(const Assessment& assessment, const Rows& rows) {
  std::vector<std::vector<const Stated*>> out(rows.aspects().size());
  for (const Stated& stated : assessment.stated()) {
    const std::string_view what = stated.statement.what;
    if (const auto level = declared_level(what)) {
      for (uint32_t i = 0; i < rows.aspects().size(); ++i) {
        if (rows.rows()[rows.aspects()[i].row].lowest <= *level) out[i].push_back(&stated);
      }
    } else {
      for (const uint32_t aspect : rows.called(what)) out[aspect].push_back(&stated);
    }
  }
  return out;
}

}  // namespace

standard::Component component_of(const plant::Asset& asset) {
  static constexpr std::string_view kNetwork[] = {"switch",  "router",     "firewall",
                                                  "gateway", "data-diode", "wireless-access-point"};
  if (std::ranges::find(kNetwork, asset.kind.value) != std::end(kNetwork)) return standard::Component::network;
  return in_class(asset, AssetClass::host) ? standard::Component::host : standard::Component::embedded;
}

Capabilities::Capabilities(const Assessment& assessment)
    : assessment_(assessment),
      rows_(standard::component_requirements(), assessment.rows().own()),
      by_aspect_(spoken(assessment, rows_)),
      judge_(assessment.site(), rows_, assessment.facts(), by_aspect_) {}

std::array<CapabilityCell, kFrs> Capabilities::of(Index asset) const {
  const standard::Component type = component_of(assessment_.site().plant().assets[asset]);
  std::vector<Answer> answers(rows_.rows().size(), Answer::met);
  for (size_t i = 0; i < answers.size(); ++i) {
    const Row& row = rows_.rows()[i];
    if (!row.requirement->counts_for(type)) continue;
    for (uint32_t a = row.first; a < row.first + row.count; ++a) {
      answers[i] =
          std::min(answers[i], judge_.judge_asset(asset, a, assessment_.now()).answer, [](Answer left, Answer right) {
            // What was seen otherwise tells more than what was not looked at.
            const auto rank = [](Answer answer) { return answer == Answer::not_met ? -1 : static_cast<int>(answer); };
            return rank(left) < rank(right);
          });
    }
  }
  std::array<CapabilityCell, kFrs> out;
  for (size_t fr = 0; fr < kFrs; ++fr) {
    CapabilityCell& cell = out[fr];
    cell.achieved = achieved(
        rows_.of_fr(fr), [&](uint16_t i) { return good(answers[i]); },
        [&](uint16_t i) { return rows_.rows()[i].lowest; });
    cell.assessed = cell.achieved > 0;
    for (const uint16_t i : rows_.of_fr(fr)) {
      const Row& row = rows_.rows()[i];
      if (good(answers[i]) || row.lowest > cell.achieved + 1) continue;
      cell.blocked_by.push_back(row.requirement->id);
      cell.assessed = cell.assessed || answers[i] == Answer::not_met;
    }
  }
  return out;
}

}  // namespace rampart::assess
