#include "apps/command_watch.h"

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <utility>

#include "apps/ended_source.h"
#include "apps/loading.h"
#include "apps/progress.h"
#include "apps/stop_signal.h"
#include "apps/system_calls.h"
#include "apps/version.h"
#include "apps/watch_journal.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/signature.h"
#include "monitor/correlator.h"
#include "monitor/evidence.h"
#include "monitor/inventory_compare.h"
#include "monitor/protection_shares.h"
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

std::string settings_of(const WatchOptions& options, const LiveWatch* live) {
  std::string out = "workers=" + std::to_string(options.workers);
  out += options.all_operations ? " all-operations" : "";
  if (live != nullptr) out += live->settings();
  return out + (options.plant.empty() ? " no plant" : "");
}

std::string hash_of(const LoadedPolicy& loaded) {
  std::string hash;
  if (loaded.plant) append_hex(hash, crypto::sha256(as_bytes(loaded.plant->text)));
  return hash;
}

/// add_totals adds what one plant's part of the run saw.
void add_totals(records::Run& run, const monitor::SensorResult& result, const monitor::Correlator& correlator) {
  const monitor::Totals& totals = correlator.totals();
  run.packets += result.packets;
  run.octets += result.octets;
  run.flows += totals.flows;
  run.operations += totals.operations;
  run.findings += correlator.findings();
  run.malformed_packets += totals.malformed_packets;
  run.gaps += totals.gaps;
  run.gap_octets += totals.gap_octets;
  run.evicted_flows += totals.evicted_flows;
  run.given_up_operations += totals.given_up_operations;
}

/// flush lets who reads along see what there is. That it cannot be written is said when it happens: the end may be far.
void flush(EventWriter& writer, bool& told) {
  writer.flush();
  if (!writer.failed() || told) return;
  told = true;
  std::fprintf(stderr, "rampart: events can no longer be written to --json; the watch goes on without\n");
}

void tell_warnings(const monitor::CaptureFiles& source, const monitor::SensorResult& result, records::Sink& sink) {
  for (const monitor::CaptureWarning& warning : source.warnings()) {
    sink.record(records::Loss{
        .when = result.last, .packet = result.packets, .kind = "capture", .reason = warning.what, .count = 1});
    std::fprintf(stderr, "%s: warning: %s; %llu packets were read before it\n", warning.path.c_str(),
                 warning.what.c_str(), static_cast<unsigned long long>(warning.packets));
  }
}

void tell_evidence(const monitor::Evidence& evidence) {
  const auto count = [](uint64_t number) { return static_cast<unsigned long long>(number); };
  std::fprintf(stderr, "rampart: evidence: %llu files, %llu octets; %llu findings without a file\n",
               count(evidence.files()), count(evidence.octets()), count(evidence.left_out()));
  if (!evidence.failure().empty()) std::fprintf(stderr, "rampart: %s\n", evidence.failure().c_str());
}

}  // namespace

int watch_command(const WatchOptions& options, const Clock& clock) {
  LoadedPolicy loaded;
  if (!options.plant.empty()) loaded = load_policy(options.plant);
  std::optional<monitor::CaptureFiles> files;
  std::optional<LiveWatch> live;
  const bool is_live = !options.live.interfaces.empty();
  if (is_live) {
    live.emplace(options.live, options.quiet, options.json == "-", clock);
  } else {
    files.emplace(options.captures);
  }
  monitor::PacketSource& source = is_live ? live->source() : *files;
  std::optional<EventWriter> writer;
  if (!options.json.empty()) writer.emplace(options.json, options.operations);
  if (live) live->give_up_rights(options.journal);
  std::optional<WatchJournal> journal;
  if (!options.journal.empty()) journal.emplace(options.journal, options.all_operations, is_live, clock);
  monitor::Summary summary(loaded.plant);
  Tee tee;
  if (writer) tee.add(*writer);
  if (!options.quiet) tee.add(summary);
  if (journal) tee.add(journal->sink());
  if (live) tee.add(live->state());
  const HashKey hash_key = crypto::random_hash_key();
  monitor::Inventory inventory(monitor::networks_of(loaded.plant.get()), {}, hash_key);
  if (loaded.plant) tee.add(inventory);
  monitor::ProtectionShares shares(loaded.plant);
  tee.add(shares);

  std::optional<monitor::Evidence> evidence;
  if (!options.evidence.empty()) evidence.emplace(options.evidence);

  records::Run run;
  std::string hash = hash_of(loaded);
  const std::string sources = joined(is_live ? options.live.interfaces : options.captures);
  const std::string settings = settings_of(options, live ? &*live : nullptr);
  run.version = kVersion;
  run.plant = options.plant;
  run.plant_sha256 = hash;
  run.sources = sources;
  run.settings = settings;
  if (live) run.when = clock.now();
  if (writer) writer->record(run);  // of files, its time is not known before the first packet: the stop says it
  if (journal) journal->start(run, loaded.plant.get());
  records::Run ended = run;
  ended.kind = records::Run::Kind::stop;
  ProgressBar bar(!options.quiet && !is_live);
  const StopSignal stop;
  // Also where another plant is to judge.
  EndedSource stoppable(source, [&] { return stop.asked() || (live && live->switching()); });
  monitor::SensorResult result;
  bool told = false;  // that events cannot be written any more
  if (live) close_system_calls(Closed::serving);
  if (live) live->ready();
  // Once for files; live once more for each plant that takes the place of another.
  while (true) {
    monitor::Correlator correlator(loaded.policy, loaded.plant, tee, hash_key);
    correlator.keep_evidence(evidence ? &*evidence : nullptr);
    monitor::SensorOptions sensor{
        .workers = options.workers, .tap = evidence ? &*evidence : nullptr, .hash_key = hash_key};
    if (live) {
      live->begin(loaded, hash);
      sensor.beat = [&](monitor::Moment moment) {
        live->beat(moment, correlator, tee, journal ? &*journal : nullptr);
        if (writer) flush(*writer, told);
        live->look_for_plant(options.plant);
      };
    }
    result = monitor::run(stoppable, correlator, sensor,
                          [&](const monitor::SensorResult& so_far) { bar.show(source.progress(), so_far.packets); });
    correlator.finish();
    add_totals(ended, result, correlator);
    if (!live || stop.asked() || !live->switching()) break;
    loaded = live->take_plant(correlator);
    const std::string before = std::exchange(hash, hash_of(loaded));
    if (journal) journal->change(plant_step({options.journal}, *loaded.plant, before));
    summary.use(loaded.plant);
    shares.use(loaded.plant);
  }
  bar.clear();
  if (evidence) evidence->finish();
  if (live) {
    live->finish(result.last_number, tee);
    ended.when = clock.now();
    ended.plant_sha256 = hash;
  } else {
    tell_warnings(*files, result, tee);
    run.when = result.first;
    ended.when = result.last;
  }
  if (loaded.plant) ended.findings += monitor::report_differences(*loaded.plant, inventory, tee);
  summary.record(run);
  summary.record(ended);
  if (writer) writer->add(shares, ended.when);
  if (writer) writer->record(ended);
  const std::string lost = journal ? journal->close(ended) : std::string();
  if (writer) writer->close();
  if (!options.quiet) {
    std::FILE* out = options.json == "-" ? stderr : stdout;
    std::fputs(summary.text(colour_wanted() && out == stdout).c_str(), out);
    std::fputs(shares.text().c_str(), out);
  }
  if (evidence) tell_evidence(*evidence);
  if (!lost.empty()) std::fprintf(stderr, "rampart: %s\n", lost.c_str());
  if (!live && stop.asked()) std::fprintf(stderr, "rampart: stopped before the end of what was to be read\n");
  return lost.empty() && (live || !stop.asked()) ? 0 : 1;
}

}  // namespace rampart::apps
