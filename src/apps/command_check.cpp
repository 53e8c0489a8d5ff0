#include "apps/command_check.h"

#include <sys/stat.h>

#include <map>
#include <set>

#include "apps/holding.h"
#include "apps/loading.h"
#include "apps/plant_changes.h"
#include "base/files.h"
#include "base/text.h"
#include "journal/blobs.h"
#include "protocols/registry.h"

namespace rampart::apps {
namespace {

constexpr size_t kRows = 40;

std::string padded(std::string text, size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text + "  ";
}

/// Row of the table: by which chain of conduits, who, whom, by which protocol.
using Row = std::tuple<std::string, plant::Index, plant::Index, std::string_view>;

void add_reachability(std::string& out, const LoadedPolicy& loaded, bool all) {
  const plant::Plant& plant = *loaded.plant;
  std::map<Row, std::set<protocols::Action>> rows;
  for (const policy::Reach& reach : policy::reachability(*loaded.policy)) {
    std::string chain;
    for (const plant::Index conduit : reach.conduits) {
      chain += (chain.empty() ? "" : ", then ") + plant.conduits[conduit].id.value;
    }
    rows[{chain, reach.from, reach.to, reach.protocol.known() ? reach.protocol.name() : "undecoded"}].insert(
        reach.action);
  }
  out += "\nWho reaches whom by the rules, over any chain of conduits: " + std::to_string(rows.size()) + " ways\n";
  size_t shown = 0;
  std::string_view heading;
  for (const auto& [row, actions] : rows) {
    const auto& [chain, from, to, protocol] = row;
    if (!all && shown++ == kRows) {
      out += "  and " + std::to_string(rows.size() - kRows) + " more: --all shows them\n";
      return;
    }
    if (chain != heading) out += "  by " + chain + "\n";
    heading = chain;
    std::string words;
    for (const protocols::Action action : actions) {
      words += (words.empty() ? "" : " ") + std::string(protocols::to_text(action));
    }
    out += "    " + padded(plant.assets[from].id.value, 16) + padded(plant.assets[to].id.value, 16) +
           padded(std::string(protocol), 8) + words + "\n";
  }
}

}  // namespace

int check_command(const std::string& plant, bool all, std::string& out, TimePoint now) {
  const LoadedPolicy loaded = load_policy(plant, now);
  for (const Problem& warning : loaded.warnings) out += render(warning) + "\n";
  size_t rules = 0;
  size_t not_reviewed = 0;
  size_t points = 0;
  for (const plant::Conduit& conduit : loaded.plant->conduits) {
    rules += conduit.rules.size();
    for (const plant::Rule& rule : conduit.rules) not_reviewed += rule.reviewed ? 0 : 1;
  }
  for (const plant::Asset& asset : loaded.plant->assets) points += asset.points.size();
  out += loaded.plant->name + ": " + std::to_string(loaded.plant->zones.size()) + " zones, " +
         std::to_string(loaded.plant->assets.size()) + " assets, " + std::to_string(points) + " points, " +
         std::to_string(loaded.plant->conduits.size()) + " conduits, " + std::to_string(rules) + " rules\n";
  if (not_reviewed > 0) {
    out += std::to_string(not_reviewed) + " of the " + std::to_string(rules) +
           " rules are not reviewed: whoever has looked at one takes out its `reviewed: no`\n";
  }
  add_reachability(out, loaded, all);
  out += "\n" + plant + ": no errors, " + std::to_string(loaded.warnings.size()) + " warnings\n";
  return 0;
}

int set_command(const std::string& plant, const std::string& path, const std::string& value, const std::string& journal,
                const Clock& clock, std::string& out) {
  const plant::Plant loaded = plant::require(plant::load(plant));
  const std::string text = plant::edited(loaded, path, value);
  const journal::Layout layout{journal};
  std::unique_ptr<journal::Journal> held;
  if (!journal.empty()) held = open_journal(journal, {}, clock);
  struct stat mode {};
  const mode_t permissions = stat(plant.c_str(), &mode) == 0 ? mode.st_mode & 07777u : 0644;
  if (held) {
    // The text before becomes a blob first, so that the rules can be compared whoever changed the file until now.
    const std::string before = journal::put_blob(layout, as_bytes(loaded.text));
    replace_file(plant, as_bytes(text), permissions);
    journal::Keeper keeper(*held, clock, {});
    keep_plant(keeper, layout, plant::require(plant::load_text(text, plant)), before, caller(layout),
               Edit{path, plant::scalar_at(loaded, path), value}, clock.now());
    keeper.finish();
    held->close();
  } else {
    replace_file(plant, as_bytes(text), permissions);
  }
  out += plant + ": " + path + " is now " + value + "\n";
  return 0;
}

}  // namespace rampart::apps
