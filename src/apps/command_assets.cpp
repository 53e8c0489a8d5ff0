#include "apps/command_assets.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "apps/assets_output.h"
#include "apps/holding.h"
#include "apps/loading.h"
#include "apps/output.h"
#include "apps/progress.h"
#include "apps/stop_signal.h"
#include "apps/walk.h"
#include "monitor/correlator.h"
#include "monitor/sensor.h"

namespace rampart::apps {
namespace {

/// UntilStopped ends where somebody asks to stop.
class UntilStopped : public monitor::PacketSource {
 public:
  UntilStopped(monitor::PacketSource& source, const StopSignal& stop) : source_(source), stop_(stop) {}
  bool next(monitor::RawPacket& packet) override { return !stop_.asked() && source_.next(packet); }
  monitor::Progress progress() const override { return source_.progress(); }

 private:
  monitor::PacketSource& source_;
  const StopSignal& stop_;
};

/// read_captures is false where somebody stopped it.
bool read_captures(const AssetsOptions& options, const LoadedPolicy& loaded, monitor::Inventory& inventory) {
  monitor::CaptureFiles source(options.captures);
  monitor::Correlator correlator(loaded.policy, loaded.plant, inventory);
  ProgressBar bar(true);
  const StopSignal stop;
  UntilStopped stoppable(source, stop);
  const monitor::SensorResult result =
      monitor::run(stoppable, correlator, {.workers = options.workers},
                   [&](const monitor::SensorResult& so_far) { bar.show(source.progress(), so_far.packets); });
  correlator.finish();
  bar.clear();
  for (const monitor::CaptureWarning& warning : source.warnings()) {
    inventory.record(records::Loss{
        .when = result.last, .packet = result.packets, .kind = "capture", .reason = warning.what, .count = 1});
    std::fprintf(stderr, "%s: warning: %s; %llu packets were read before it\n", warning.path.c_str(),
                 warning.what.c_str(), static_cast<unsigned long long>(warning.packets));
  }
  if (stop.asked()) std::fprintf(stderr, "rampart: stopped before the end of what was to be read\n");
  return !stop.asked();
}

/// Telling hands a record of the journal to the inventory, where it is of a kind that says something of assets.
struct Telling {
  monitor::Inventory& inventory;
  void operator()(const records::AssetSeen& seen) const { inventory.record(seen); }
  void operator()(const records::Flow& flow) const { inventory.record(flow); }
  void operator()(const records::Transaction& transaction) const { inventory.record(transaction); }
  void operator()(const records::ReadSummary& summary) const { inventory.record(summary); }
  void operator()(const records::Repeats& repeats) const { inventory.record(repeats); }
  void operator()(const records::Loss& loss) const { inventory.record(loss); }
  template <class Other>
  void operator()(const Other&) const {}
};

bool read_journal(const AssetsOptions& options, monitor::Inventory& inventory, const Clock& clock) {
  Walk walk(options.journal, {});
  const StopSignal stop;
  Reading reading(options.journal, "assets", "", "", clock);
  recorded(reading, [&] {
    while (!stop.asked()) {
      const auto found = walk.next();
      if (!found) break;
      std::visit(Telling{inventory}, found->stored.fact());
      reading.saw(found->number);
    }
  });
  if (walk.unreadable() > 0) {
    std::fprintf(stderr, "rampart: %llu records of %s cannot be read and are left out\n",
                 static_cast<unsigned long long>(walk.unreadable()), options.journal.c_str());
  }
  if (stop.asked()) std::fprintf(stderr, "rampart: stopped before the end of what was to be read\n");
  return !stop.asked() && walk.unreadable() == 0;
}

/// choose fills in what is to be shown. Errors: throws UsageError where there is no such zone.
void choose(Listing& listing, const std::string& zone) {
  plant::Index wanted = plant::kNone;
  if (!zone.empty()) {
    if (listing.plant == nullptr) throw UsageError("--zone needs a plant", "rampart assets plant.yaml --zone " + zone);
    wanted = listing.plant->zone(zone);
    if (wanted == plant::kNone) {
      throw UsageError("--zone: the plant has no zone \"" + zone + "\"", "rampart check lists its zones");
    }
  }
  for (uint32_t i = 0; i < listing.seen->size(); ++i) {
    if (zone.empty() || listing.comparison->zone_of[i] == wanted) listing.shown.push_back(i);
  }
  for (const monitor::Difference& difference : listing.comparison->differences) {
    if (difference.kind != monitor::Difference::Kind::missing) continue;
    if (zone.empty() || listing.plant->assets[difference.asset].zone == wanted)
      listing.missing.push_back(difference.asset);
  }
}

bool differs(const Listing& listing) {
  return !listing.missing.empty() || std::any_of(listing.shown.begin(), listing.shown.end(),
                                                 [&](uint32_t i) { return state_of(listing, i) != "known"; });
}

void write(const std::string& file, const Listing& listing, void (*append)(std::string&, const Listing&)) {
  Output output(file);
  append(output.text(), listing);
  output.close();
}

}  // namespace

int assets_command(const AssetsOptions& options, const Clock& clock, std::string& out) {
  if (options.captures.empty() == options.journal.empty()) {
    throw UsageError("say where to look: either --read or --journal", "rampart assets plant.yaml --read capture.pcap");
  }
  if (options.check && options.plant.empty()) {
    throw UsageError("--check needs a plant", "rampart assets plant.yaml --check --read capture.pcap");
  }
  LoadedPolicy loaded;
  if (!options.plant.empty()) loaded = load_policy(options.plant);
  monitor::Inventory inventory(monitor::networks_of(loaded.plant.get()));
  const bool complete =
      options.journal.empty() ? read_captures(options, loaded, inventory) : read_journal(options, inventory, clock);
  const std::vector<monitor::SeenAsset> seen = inventory.assets();
  const monitor::InventoryTotals totals = inventory.totals();
  const monitor::MacVendors vendors = monitor::MacVendors::load(options.vendors);
  monitor::Comparison comparison;
  if (loaded.plant) {
    comparison = monitor::compare(*loaded.plant, seen);
  } else {
    comparison.asset_of.assign(seen.size(), plant::kNone);
    comparison.zone_of.assign(seen.size(), plant::kNone);
  }
  Listing listing;
  listing.plant = loaded.plant.get();
  listing.seen = &seen;
  listing.comparison = &comparison;
  listing.totals = &totals;
  listing.vendors = &vendors;
  listing.sources = options.captures;
  if (!options.journal.empty()) listing.sources.push_back(options.journal);
  listing.index();
  choose(listing, options.zone);
  if (!options.csv.empty()) write(options.csv, listing, append_csv);
  if (!options.json.empty()) write(options.json, listing, append_json);
  if (options.csv.empty() && options.json.empty()) (options.all ? append_details : append_table)(out, listing);
  if (!complete) return 1;
  return options.check && differs(listing) ? 3 : 0;
}

void declare_assets(CLI::App& app, Chosen& chosen) {
  auto* assets = app.add_subcommand("assets", "List who is there by recorded traffic, and hold it against the plant");
  const auto options = std::make_shared<AssetsOptions>();
  assets->add_option("plant", options->plant, "plant file (YAML); without it nothing is missing or unknown");
  auto* read =
      assets->add_option("--read", options->captures, "capture files (pcap, pcapng, also .gz; - is standard input)");
  assets->add_option("--journal", options->journal, "folder of a journal that watched, instead of captures")
      ->excludes(read);
  auto* csv = assets->add_option("--csv", options->csv, "write CSV to FILE (- is standard output)");
  assets->add_option("--json", options->json, "write JSON to FILE (- is standard output)")->excludes(csv);
  assets->add_option("--zone", options->zone, "only what lies in this zone of the plant");
  assets->add_flag("--all", options->all, "everything about each asset, with its sources");
  assets->add_flag("--check", options->check, "end with 3 where plant and inventory differ");
  assets->add_option("--workers", options->workers, "threads that decode")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  assets->add_option("--vendors", options->vendors, "folder of the IEEE's tables (package ieee-data)")
      ->capture_default_str();
  assets->callback([options, &chosen] {
    chosen = [options](std::string& out) {
      const SystemClock clock;
      return assets_command(*options, clock, out);
    };
  });
}

}  // namespace rampart::apps
