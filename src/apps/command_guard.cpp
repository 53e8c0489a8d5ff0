#include "apps/command_guard.h"

#include <sys/resource.h>

#include <cstdio>
#include <future>
#include <optional>
#include <utility>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/event_writer.h"
#include "apps/guard_metrics.h"
#include "apps/loading.h"
#include "apps/privileges.h"
#include "apps/socket_helper.h"
#include "apps/stop_signal.h"
#include "apps/version.h"
#include "apps/watch_journal.h"
#include "base/files.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "gateway/setup.h"

namespace rampart::apps {
namespace {

constexpr std::chrono::seconds kBeat{1};
constexpr std::chrono::milliseconds kTurn{100};

std::string hash_of(const plant::Plant& plant) {
  std::string hash;
  append_hex(hash, crypto::sha256(as_bytes(plant.text)));
  return hash;
}

std::string words_of(const std::vector<gateway::Door>& doors) {
  std::string out;
  for (const gateway::Door& door : doors) out += (out.empty() ? "" : " ") + net::to_text(door.listen);
  return out;
}

/// raise_descriptors lets this process have as many connections as the system permits it.
void raise_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// warn_of_what_is_not_done says what the plant asks of this gateway that this program does not do.
void warn_of_what_is_not_done(const plant::Plant& plant, const std::string& id) {
  for (const plant::Conduit& conduit : plant.conduits) {
    if (!conduit.guarded_by(id)) continue;
    if (conduit.protect == plant::Protect::mutual_tls) {
      std::fprintf(stderr, "rampart: conduit %s: `protect: mutual-tls` is not in force: nothing is encrypted here\n",
                   conduit.id.value.c_str());
    }
    if (conduit.on_failure != plant::OnFailure::close) {
      std::fprintf(stderr, "rampart: conduit %s: `on-failure` is `close` here, whatever the plant says\n",
                   conduit.id.value.c_str());
    }
  }
}

/// Guard is one run of the command: the gateway and all that is beside it.
class Guard {
 public:
  Guard(const GuardOptions& options, LoadedPolicy loaded, const Clock& clock)
      : options_(options), clock_(clock), loaded_(std::move(loaded)), board_(clock) {
    const plant::Gateway& said = gateway::gateway_of(*loaded_.plant, options_.as);
    const std::string user = options_.user.empty() ? default_user(options_.journal) : options_.user;
    if (said.stands != plant::Stands::addressed) helper_.emplace(user);
    if (!options_.json.empty()) {
      writer_.emplace(options_.json, Operations::all);
      tee_.add(*writer_);
    }
    if (!options_.metrics.empty()) {
      const HostPort place = require_listen("--metrics", options_.metrics);
      server_.emplace(place.host, place.port);
    }
    gateway_.emplace(loaded_.policy, options_.as, tee_, clock_, [this](net::Kind kind, bool six) {
      return helper_ ? helper_->make(kind, six) : net::Descriptor();
    });
    user_ = drop_rights(user);
    hash_ = hash_of(*loaded_.plant);
    if (!options_.journal.empty()) {
      journal_.emplace(options_.journal, options_.all_operations, true, clock_);
      tee_.add(journal_->sink());
    }
    if (server_) server_->start([this](std::string_view path) { return board_.answer(path); });
  }

  int run(std::string& out) {
    const StopSignal stop;
    const ReloadSignal reload;
    records::Run run = start();
    if (!options_.quiet) say_doors();
    manager_.say("READY=1\nSTATUS=guarding");
    Duration beaten{};
    while (!stop.asked()) {
      gateway_->turn(kTurn);
      if (next_.valid() && next_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) take_plant();
      if (clock_.steady() - beaten < kBeat) continue;
      beaten = clock_.steady();
      if (!next_.valid() && reload.asked()) load_plant();
      beat();
    }
    manager_.say("STOPPING=1");
    gateway_->finish();
    write_candidates();
    return end(std::move(run), out);
  }

 private:
  records::Run start() {
    sources_ = words_of(gateway_->doors());
    settings_ = "as=" + options_.as + " user=" + user_ + (options_.all_operations ? " all-operations" : "");
    records::Run run;
    run.version = kVersion;
    run.when = clock_.now();
    run.plant = options_.plant;
    run.plant_sha256 = hash_;
    run.sources = sources_;
    run.settings = settings_;
    if (writer_) writer_->record(run);
    if (journal_) journal_->start(run, loaded_.plant.get());
    return run;
  }

  int end(records::Run run, std::string& out) {
    run.kind = records::Run::Kind::stop;
    run.when = clock_.now();
    run.plant_sha256 = hash_;
    run.flows = gateway_->totals().accepted;
    run.operations = gateway_->judge().operations();
    run.findings = gateway_->judge().findings();
    run.octets = gateway_->totals().octets[0] + gateway_->totals().octets[1];
    if (writer_) writer_->record(run);
    const std::string lost = journal_ ? journal_->close(run) : std::string();
    if (writer_) writer_->close();
    if (!options_.quiet) out += rule_table(*gateway_);
    if (!options_.quiet && options_.candidates.empty()) out += gateway_->judge().candidates().text();
    if (!lost.empty()) std::fprintf(stderr, "rampart: %s\n", lost.c_str());
    return lost.empty() ? 0 : 1;
  }

  void say_doors() const {
    const plant::Gateway& said = gateway::gateway_of(*loaded_.plant, options_.as);
    for (const gateway::Door& door : gateway_->doors()) {
      const plant::Asset& asset = loaded_.plant->assets[door.asset];
      std::fprintf(stderr, "rampart: %s %s -> %s %s (%s)\n", net::to_text(door.listen).c_str(),
                   door.kind == net::Kind::tcp ? "tcp" : "udp", asset.id.value.c_str(),
                   door.line == plant::kNone ? net::to_text(door.server).c_str()
                                             : said.serves[door.line].serial->device.value.c_str(),
                   door.judged() ? std::string(door.protocol.name()).c_str() : "a counted stream");
    }
    if (server_) std::fprintf(stderr, "rampart: metrics on port %u\n", server_->port());
  }

  void beat() {
    WatchNumbers numbers;
    numbers.plant_sha256 = hash_;
    if (journal_) {
      journal_->tick();
      const journal::JournalStatus status = journal_->status();
      numbers.has_journal = true;
      numbers.journal_records = status.size;
      numbers.journal_not_kept = status.not_kept;
    }
    if (writer_) {
      writer_->flush();
      if (writer_->failed() && !std::exchange(told_, true)) {
        std::fprintf(stderr, "rampart: events can no longer be written to --json; the gateway goes on without\n");
      }
    }
    if (server_) {
      bool well = false;
      std::string health = guard_health_line(*gateway_, numbers, well);
      board_.lay_down(guard_metrics_text(*gateway_, numbers), std::move(health), well);
    }
    if (gateway_->candidates_changed()) write_candidates();
    manager_.say("WATCHDOG=1");
  }

  /// load_plant reads the plant as it is now, beside the traffic.
  void load_plant() {
    next_ =
        std::async(std::launch::async, [file = options_.plant, now = clock_.now()] { return load_policy(file, now); });
  }

  /// take_plant goes on by what load_plant() read; where that is not well, the one before stays in force.
  void take_plant() {
    try {
      LoadedPolicy next = next_.get();
      gateway_->take(next.policy);
      loaded_ = std::move(next);
      const std::string before = std::exchange(hash_, hash_of(*loaded_.plant));
      if (journal_) journal_->change(*loaded_.plant, before);
      std::fprintf(stderr, "rampart: the plant was read anew and is in force\n");
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\nrampart: the plant is not taken; the one before stays in force\n", error.what());
    }
  }

  void write_candidates() {
    if (options_.candidates.empty()) return;
    try {
      replace_file(options_.candidates, as_bytes(gateway_->judge().candidates().text()));
    } catch (const std::exception& error) {
      std::fprintf(stderr, "rampart: what was learned cannot be written: %s\n", error.what());
    }
  }

  const GuardOptions& options_;
  const Clock& clock_;
  LoadedPolicy loaded_;
  std::optional<SocketHelper> helper_;
  std::optional<EventWriter> writer_;
  Tee tee_;
  std::optional<WatchJournal> journal_;
  std::future<LoadedPolicy> next_;
  std::optional<gateway::Gateway> gateway_;
  std::string user_, hash_, sources_, settings_;
  ServiceManager manager_;
  bool told_ = false;
  MetricsBoard board_;
  std::optional<net::HttpServer> server_;  // after the board, which its thread reads
};

}  // namespace

int guard_command(const GuardOptions& options, const Clock& clock, std::string& out) {
  LoadedPolicy loaded = load_policy(options.plant, clock.now());
  const plant::Gateway& said = gateway::gateway_of(*loaded.plant, options.as);
  if (options.show_setup) {
    out += gateway::setup_script(*loaded.plant, said);
    return 0;
  }
  if (gateway::doors_of(*loaded.plant, said).empty()) {
    throw Error("the gateway \"" + options.as + "\" has nothing to serve",
                "add `serves` to it, and `guard: " + options.as + "` to the conduits");
  }
  raise_descriptors();
  warn_of_what_is_not_done(*loaded.plant, options.as);
  Guard guard(options, std::move(loaded), clock);
  return guard.run(out);
}

}  // namespace rampart::apps
