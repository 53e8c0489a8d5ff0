// What IEC 62443-3-2 keeps apart in zones of their own: ZCR 3.2 to 3.6. Warnings: the assessment may have reasons.
#include <algorithm>

#include "policy/compiled.h"

namespace rampart::policy {
namespace {

using plant::Asset;
using plant::Connected;
using plant::Zone;

template <size_t Count>
bool one_of(const Asset& asset, const std::string_view (&kinds)[Count]) {
  return std::find(std::begin(kinds), std::end(kinds), asset.kind.value) != std::end(kinds);
}

bool controls(const Asset& asset) {
  static constexpr std::string_view kKinds[] = {"controller",
                                                "remote-io",
                                                "sensor",
                                                "actuator",
                                                "drive",
                                                "robot",
                                                "relay",
                                                "meter",
                                                "safety-controller",
                                                "remote-terminal-unit",
                                                "operator-station",
                                                "scada-server",
                                                "engineering-workstation"};
  return one_of(asset, kKinds);
}

bool of_business(const Asset& asset) {
  static constexpr std::string_view kKinds[] = {"workstation", "printer"};
  return one_of(asset, kKinds);
}

/// on_the_border: kinds that join zones, and are nobody's company in one.
bool on_the_border(const Asset& asset) {
  static constexpr std::string_view kKinds[] = {
      "router", "firewall", "gateway", "data-diode", "jump-host", "switch", "wireless-access-point"};
  return one_of(asset, kKinds);
}

bool comes_and_goes(const Asset& asset) {
  return asset.connected ? *asset.connected == Connected::temporarily : asset.kind.value == "mobile";
}
bool comes_from_outside(const Asset& asset) { return asset.connected == Connected::externally; }
bool is_wireless(const Asset& asset) { return asset.wireless; }

/// Separation looks at one zone after the other.
class Separation {
 public:
  explicit Separation(const plant::Plant& plant) : plant_(plant) {}

  std::vector<Mixed> take() { return std::move(found_); }

  void zone(const Zone& zone) {
    zone_ = &zone;
    business();
    safety();
    apart(comes_and_goes, "is connected temporarily and shares zone", "permanent ones (IEC 62443-3-2 ZCR 3.4)");
    apart(is_wireless, "is wireless and shares zone", "wired ones (IEC 62443-3-2 ZCR 3.5)");
    apart(comes_from_outside, "is connected by external networks and shares zone", "others (IEC 62443-3-2 ZCR 3.6)");
  }

 private:
  void warn(const Asset& asset, std::string what, std::string hint) {
    found_.push_back({static_cast<Index>(&asset - plant_.assets.data()),
                      "the asset \"" + asset.id.value + "\" " + std::move(what), std::move(hint)});
  }
  std::string quoted_zone() const { return "\"" + zone_->id.value + "\""; }

  template <class Is>
  const Asset* first(Is&& is) const {
    for (const Index index : zone_->assets) {
      if (is(plant_.assets[index])) return &plant_.assets[index];
    }
    return nullptr;
  }

  void business() {
    const Asset* control = first(controls);
    if (control == nullptr) return;
    if (zone_->level.value_or(0) >= 4) {
      warn(*control,
           "controls the process and is in zone " + quoted_zone() + ", of level " + std::to_string(*zone_->level) +
               ": business (IEC 62443-3-2 ZCR 3.2)",
           "move it, and all that controls with it, to a zone of control");
    }
    for (const Index index : zone_->assets) {
      const Asset& asset = plant_.assets[index];
      if (!of_business(asset)) continue;
      warn(asset,
           "is of business and shares zone " + quoted_zone() + " with \"" + control->id.value +
               "\", which controls the process (IEC 62443-3-2 ZCR 3.2)",
           "move it to a zone of its own, or correct its kind");
    }
  }

  void safety() {
    if (zone_->safety) return;
    for (const Index index : zone_->assets) {
      const Asset& asset = plant_.assets[index];
      if (asset.kind.value != "safety-controller") continue;
      warn(asset, "is of safety, and zone " + quoted_zone() + " is not (IEC 62443-3-2 ZCR 3.3)",
           "move it to a zone of its own, or treat the whole zone as one of safety: `safety: yes`");
    }
  }

  /// apart warns of each asset that `is` so, where the zone has another that is not and that is no border.
  template <class Is>
  void apart(Is&& is, std::string_view what, std::string_view company) {
    const Asset* other = first([&](const Asset& asset) { return !is(asset) && !on_the_border(asset); });
    if (other == nullptr) return;
    for (const Index index : zone_->assets) {
      const Asset& asset = plant_.assets[index];
      if (!is(asset)) continue;
      warn(asset,
           std::string(what) + " " + quoted_zone() + " with \"" + other->id.value + "\" and " + std::string(company),
           "move it to a zone for such devices, and join the two by a conduit");
    }
  }

  const plant::Plant& plant_;
  std::vector<Mixed> found_;
  const Zone* zone_ = nullptr;
};

}  // namespace

std::vector<Mixed> mixed_zones(const plant::Plant& plant) {
  Separation separation(plant);
  for (const Zone& zone : plant.zones) separation.zone(zone);
  return separation.take();
}

void check_separation(const plant::Plant& plant, std::vector<Problem>& problems) {
  for (Mixed& mixed : mixed_zones(plant)) {
    const Asset& asset = plant.assets[mixed.asset];
    const Mark mark = asset.id.value.empty() ? asset.mark : asset.id.mark;
    Problem problem = plant.problem(mark, std::move(mixed.what), std::move(mixed.hint));
    problem.warning = true;
    problems.push_back(std::move(problem));
  }
}

}  // namespace rampart::policy
