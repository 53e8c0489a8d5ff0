#include "apps/command_watch.h"

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "apps/loading.h"
#include "apps/progress.h"
#include "apps/stop_signal.h"
#include "apps/version.h"
#include "apps/watch_journal.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "monitor/correlator.h"
#include "monitor/inventory_compare.h"
#include "monitor/sensor.h"
#include "monitor/summary.h"

namespace rampart::apps {
namespace {

bool colour_wanted() { return isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr; }

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

/// StoppableSource ends where somebody asks to stop: what was read until then is told in full.
class StoppableSource : public monitor::PacketSource {
 public:
  StoppableSource(monitor::PacketSource& source, const StopSignal& stop) : source_(source), stop_(stop) {}
  bool next(monitor::RawPacket& packet) override { return !stop_.asked() && source_.next(packet); }
  monitor::Progress progress() const override { return source_.progress(); }

 private:
  monitor::PacketSource& source_;
  const StopSignal& stop_;
};

std::string settings_of(const WatchOptions& options) {
  std::string out = "workers=" + std::to_string(options.workers);
  out += options.all_operations ? " all-operations" : "";
  return out + (options.plant.empty() ? " no plant" : "");
}

void add_totals(records::Run& run, const monitor::SensorResult& result, const monitor::Correlator& correlator) {
  const monitor::Totals& totals = correlator.totals();
  run.kind = records::Run::Kind::stop;
  run.when = result.last;
  run.packets = result.packets;
  run.octets = result.octets;
  run.flows = totals.flows;
  run.operations = totals.operations;
  run.findings = correlator.findings();
  run.malformed_packets = totals.malformed_packets;
  run.gaps = totals.gaps;
  run.gap_octets = totals.gap_octets;
  run.evicted_flows = totals.evicted_flows;
  run.given_up_operations = totals.given_up_operations;
}

}  // namespace

int watch_command(const WatchOptions& options, const Clock& clock) {
  LoadedPolicy loaded;
  if (!options.plant.empty()) loaded = load_policy(options.plant);
  monitor::CaptureFiles source(options.captures);
  std::optional<EventWriter> writer;
  if (!options.json.empty()) writer.emplace(options.json, options.operations);
  std::optional<WatchJournal> journal;
  if (!options.journal.empty()) journal.emplace(options.journal, options.all_operations, clock);
  monitor::Summary summary(loaded.plant);
  Tee tee;
  if (writer) tee.add(*writer);
  if (!options.quiet) tee.add(summary);
  if (journal) tee.add(journal->sink());
  monitor::Inventory inventory(monitor::networks_of(loaded.plant.get()));
  if (loaded.plant) tee.add(inventory);
  monitor::Correlator correlator(loaded.policy, loaded.plant, tee);

  records::Run run;
  std::string hash;
  if (loaded.plant) append_hex(hash, crypto::sha256(as_bytes(loaded.plant->text)));
  const std::string sources = joined(options.captures);
  const std::string settings = settings_of(options);
  run.version = kVersion;
  run.plant = options.plant;
  run.plant_sha256 = hash;
  run.sources = sources;
  run.settings = settings;
  if (writer) writer->record(run);  // its own time is not known before the first packet: the stop says it
  if (journal) journal->start(run, loaded.plant.get());
  ProgressBar bar(!options.quiet);
  const StopSignal stop;
  StoppableSource stoppable(source, stop);
  const monitor::SensorOptions sensor{.workers = options.workers};
  const monitor::SensorResult result =
      monitor::run(stoppable, correlator, sensor,
                   [&](const monitor::SensorResult& so_far) { bar.show(source.progress(), so_far.packets); });
  correlator.finish();
  bar.clear();
  run.when = result.first;
  summary.record(run);
  for (const monitor::CaptureWarning& warning : source.warnings()) {
    tee.record(records::Loss{
        .when = result.last, .packet = result.packets, .kind = "capture", .reason = warning.what, .count = 1});
    std::fprintf(stderr, "%s: warning: %s; %llu packets were read before it\n", warning.path.c_str(),
                 warning.what.c_str(), static_cast<unsigned long long>(warning.packets));
  }
  add_totals(run, result, correlator);
  if (loaded.plant) run.findings += monitor::report_differences(*loaded.plant, inventory, tee);
  summary.record(run);
  if (writer) writer->record(run);
  const std::string lost = journal ? journal->close(run) : std::string();
  if (writer) writer->close();
  if (!options.quiet) {
    std::FILE* out = options.json == "-" ? stderr : stdout;
    std::fputs(summary.text(colour_wanted() && out == stdout).c_str(), out);
  }
  if (!lost.empty()) std::fprintf(stderr, "rampart: %s\n", lost.c_str());
  if (stop.asked()) std::fprintf(stderr, "rampart: stopped before the end of what was to be read\n");
  return lost.empty() && !stop.asked() ? 0 : 1;
}

}  // namespace rampart::apps
