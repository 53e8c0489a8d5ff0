#include "apps/command_watch.h"

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "apps/loading.h"
#include "apps/progress.h"
#include "apps/version.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "monitor/correlator.h"
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

}  // namespace

int watch_command(const WatchOptions& options) {
  LoadedPolicy loaded;
  if (!options.plant.empty()) loaded = load_policy(options.plant);
  monitor::CaptureFiles source(options.captures);
  std::optional<EventWriter> writer;
  if (!options.json.empty()) writer.emplace(options.json, options.operations);
  monitor::Summary summary(loaded.plant);
  Tee tee;
  if (writer) tee.add(*writer);
  if (!options.quiet) tee.add(summary);
  monitor::Correlator correlator(loaded.policy, loaded.plant, tee);

  records::Run run;
  std::string hash;
  if (loaded.plant) append_hex(hash, crypto::sha256(as_bytes(loaded.plant->text)));
  const std::string sources = joined(options.captures);
  run.version = kVersion;
  run.plant = options.plant;
  run.plant_sha256 = hash;
  run.sources = sources;
  if (writer) writer->record(run);  // its own time is not known before the first packet: the stop says it
  ProgressBar bar(!options.quiet);
  const monitor::SensorOptions sensor{.workers = options.workers};
  const monitor::SensorResult result =
      monitor::run(source, correlator, sensor,
                   [&](const monitor::SensorResult& so_far) { bar.show(source.progress(), so_far.packets); });
  correlator.finish();
  bar.clear();
  run.kind = records::Run::Kind::start;
  run.when = result.first;
  summary.record(run);
  run.kind = records::Run::Kind::stop;
  run.when = result.last;
  const monitor::Totals& totals = correlator.totals();
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
  for (const monitor::CaptureWarning& warning : source.warnings()) {
    tee.record(records::Loss{
        .when = result.last, .packet = result.packets, .kind = "capture", .reason = warning.what, .count = 1});
    std::fprintf(stderr, "%s: warning: %s; %llu packets were read before it\n", warning.path.c_str(),
                 warning.what.c_str(), static_cast<unsigned long long>(warning.packets));
  }
  tee.record(run);
  if (writer) writer->close();
  if (!options.quiet) {
    std::FILE* out = options.json == "-" ? stderr : stdout;
    std::fputs(summary.text(colour_wanted() && out == stdout).c_str(), out);
  }
  return 0;
}

}  // namespace rampart::apps
