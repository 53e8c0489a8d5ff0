#include "apps/command_guard.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <future>
#include <optional>
#include <set>
#include <utility>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/event_writer.h"
#include "apps/guard_events.h"
#include "apps/guard_evidence.h"
#include "apps/guard_identity.h"
#include "apps/guard_metrics.h"
#include "apps/loading.h"
#include "apps/privileges.h"
#include "apps/socket_helper.h"
#include "apps/stop_signal.h"
#include "apps/system_calls.h"
#include "apps/version.h"
#include "apps/watch_journal.h"
#include "base/files.h"
#include "base/text.h"
#include "base/threads.h"
#include "crypto/hash.h"
#include "gateway/kernel_rules.h"
#include "gateway/peers.h"
#include "gateway/setup.h"
#include "net/handed_over.h"

namespace rampart::apps {
namespace {

constexpr std::chrono::seconds kBeat{1};
constexpr std::chrono::milliseconds kTurn{100};
// After SIGTERM: for sequences that are open, while everything goes on; then for answers, while nothing new is taken.
constexpr std::chrono::seconds kSequencesWithin{60};
constexpr std::chrono::seconds kAnswersWithin{2};

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

/// warn_of_what_is_not_done says what the plant asks of this gateway that is not done.
void warn_of_what_is_not_done(const plant::Plant& plant, const std::string& id) {
  const bool addressed = gateway::gateway_of(plant, id).stands == plant::Stands::addressed;
  for (const plant::Conduit& conduit : plant.conduits) {
    if (!conduit.guarded_by(id)) continue;
    if (conduit.protect == plant::Protect::mutual_tls && conduit.guards.empty()) {
      std::fprintf(stderr,
                   "rampart: conduit %s: `protect: mutual-tls` is not in force: it takes two gateways, one for each "
                   "zone, and the plant names one\n",
                   conduit.id.value.c_str());
    }
    if (conduit.on_failure == plant::OnFailure::open && addressed) {
      std::fprintf(stderr, "rampart: conduit %s: an addressed gateway cannot fail open: nothing passes without it\n",
                   conduit.id.value.c_str());
    }
  }
}

/// rules_of are the kernel's rules of a gateway that is not addressed, where the helper has to change them.
std::optional<gateway::KernelRules> rules_of(const plant::Plant& plant, const plant::Gateway& gateway) {
  if (!gateway::needs_warden(plant, gateway)) return {};
  std::string mac;
  if (gateway.stands == plant::Stands::bridged) {
    const std::string file = "/sys/class/net/" + std::string(gateway::kBridge) + "/address";
    const auto octets = read_file(file, 4096);
    if (!octets) throw Error("there is no bridge " + std::string(gateway::kBridge), "run what --show-setup prints");
    mac = trim(as_text(*octets));
  }
  return gateway::kernel_rules(plant, gateway, mac);
}

/// Guard is one run of the command: the gateway and all that is beside it.
class Guard {
 public:
  Guard(const GuardOptions& options, LoadedPolicy loaded, const Clock& clock)
      : options_(options), clock_(clock), loaded_(std::move(loaded)), identity_(options.identity), board_(clock) {
    const plant::Gateway& said = gateway::gateway_of(*loaded_.plant, options_.as);
    const std::string& owned = options_.journal.empty() ? options_.identity : options_.journal;
    const std::string user = options_.user.empty() ? default_user(owned) : options_.user;
    if (said.stands != plant::Stands::addressed) {
      rules_ = rules_of(*loaded_.plant, said);
      failing_at_start_ = failing_of(*loaded_.plant);
      helper_.emplace(user, rules_);
    }
    if (!options_.json.empty()) {
      writer_.emplace(options_.json, Operations::all);
      tee_.add(*writer_);
    }
    if (!options_.metrics.empty()) {
      const HostPort place = require_listen("--metrics", options_.metrics);
      server_.emplace(place.host, place.port);
    }
    gateway_.emplace(
        loaded_.policy, options_.as, tee_, clock_,
        [this](net::Kind kind, bool six) { return helper_ ? helper_->make(kind, six) : net::Descriptor(); },
        [this](const net::Place& place, net::Kind kind) {
          net::Descriptor given = handed_over_.take(place, kind);
          if (given) ++taken_over_;
          return given;
        },
        identity_.context());
    evidence_.emplace(*gateway_, options_.as, tee_);
    tee_.add(*evidence_);
    if (const size_t rest = handed_over_.close_rest(); rest > 0) {
      std::fprintf(stderr, "rampart: %zu sockets were handed over that no door of the plant needs\n", rest);
    }
    user_ = drop_rights(user);
    std::string key = options_.identity + "/key.uri";
    if (access(key.c_str(), F_OK) != 0) key = options_.identity + "/key.pem";
    if (!options_.identity.empty() && access(key.c_str(), R_OK) != 0) {
      std::fprintf(stderr,
                   "rampart: %s cannot be read by the user %s: a new one would take a restart; chown -R %s %s\n",
                   key.c_str(), user_.c_str(), user_.c_str(), options_.identity.c_str());
    }
    hash_ = hash_of(*loaded_.plant);
    if (!options_.journal.empty()) {
      journal_.emplace(options_.journal, options_.all_operations, true, clock_);
      tee_.add(journal_->sink());
      gateway_->write_to(*journal_);
    }
    if (server_) server_->start([this](std::string_view path) { return board_.answer(path); });
  }

  int run(std::string& out) {
    const StopSignal stop;
    const ReloadSignal reload;
    const RoleSignal role;
    records::Run run = start();
    if (!options_.quiet) say_doors();
    if (helper_) helper_->beat();
    close_system_calls(Closed::serving);
    leave_doors();
    manager_.say("READY=1\nSTATUS=guarding");
    gateway_->look_after_identity();
    Duration beaten{}, turned = clock_.steady();
    while (!may_end(stop)) {
      gateway_->turn(kTurn);
      take_role(role.said());
      if (is_there(reading_)) take_identity();  // first: another plant may be the first to ask for TLS
      if (!reading_.valid() && is_there(next_)) take_plant();
      const Duration now = clock_.steady();
      stood_still_ = std::max(stood_still_, now - std::exchange(turned, now));
      if (now - beaten < kBeat) continue;
      beaten = now;
      const bool asked = !next_.valid() && reload.asked();
      look_after_identity(asked);
      if (asked) load_plant();
      beat();
    }
    retire();
    evidence_->end(clock_.now());
    gateway_->finish();
    if (rules_) events_.failed(*loaded_.plant, clock_.now(), "the gateway was ended");
    write_candidates();
    return end(std::move(run), out);
  }

 private:
  /// may_end: we were asked to, and nothing is under way any more that must not be cut half-way, or for too long.
  bool may_end(const StopSignal& stop) {
    if (!stop.asked()) return false;
    const Duration now = clock_.steady();
    const bool first = !asked_to_end_;
    if (first) asked_to_end_ = now;
    if (!first && now - looked_ < kTurn) return false;
    looked_ = now;
    const gateway::Talk* talk = gateway_->in_sequence();
    if (talk == nullptr || now - *asked_to_end_ >= kSequencesWithin) return true;
    if (!first) return false;
    std::fprintf(stderr,
                 "rampart: ends when what %s does with %s in several steps is done, in %lld s at the latest; a second "
                 "signal ends it now\n",
                 to_text(talk->client.ip.value_or(IpAddress{})).c_str(),
                 to_text(talk->server.ip.value_or(IpAddress{})).c_str(),
                 static_cast<long long>(kSequencesWithin.count()));
    manager_.say("STATUS=waits for the end of what is under way");
    return false;
  }

  /// retire lets who asked have the answer, for a while, and nobody ask anew.
  void retire() {
    manager_.say("STOPPING=1");
    const Duration since = clock_.steady();
    while (!gateway_->retire() && clock_.steady() - since < kAnswersWithin) {
      if (helper_) helper_->beat();
      gateway_->turn(kTurn);
    }
  }

  records::Run start() {
    sources_ = words_of(gateway_->doors());
    settings_ = "guard as=" + options_.as + " user=" + user_ + (options_.all_operations ? " all-operations" : "");
    records::Run run;
    run.version = kVersion;
    run.when = clock_.now();
    run.plant = options_.plant;
    run.plant_sha256 = hash_;
    run.sources = sources_;
    run.settings = settings_;
    if (writer_) writer_->record(run);
    if (journal_) journal_->start(run, loaded_.plant.get());
    if (taken_over_ > 0) events_.took_over(run.when, taken_over_);
    if (journal_ && !journal_->ended_well()) {
      events_.failed(*loaded_.plant, run.when, "the run before this one ended without a word");
      events_.recovered(*loaded_.plant, run.when, "it was started again");
    }
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
    const auto& wire = gateway::gateway_of(*loaded_.plant, options_.as).wire;
    if (wire && wire->at && identity_.context()) {
      std::fprintf(stderr, "rampart: %s wire: other gateways, by TLS\n", net::to_text({*wire->at, wire->port}).c_str());
    }
    if (server_) std::fprintf(stderr, "rampart: metrics on port %u\n", server_->port());
  }

  /// take_role: of a pair, who takes over knows of no value: the other may have had others written since.
  void take_role(RoleSignal::Said said) {
    if (said == RoleSignal::Said::nothing) return;
    const bool in_charge = said == RoleSignal::Said::in_charge;
    if (in_charge) gateway_->forget_values();
    events_.role(clock_.now(), in_charge);
  }

  /// hear tells what the helper did.
  void hear() {
    using What = SocketHelper::News::What;
    while (const auto news = helper_->news()) {
      switch (news->what) {
        case What::failed:
          break;  // told with its end, which comes with the next beat
        case What::recovered:
          events_.failed(*loaded_.plant, news->since, "the gateway was gone, or silent for two seconds");
          events_.recovered(*loaded_.plant, clock_.now(), "the gateway judges again");
          break;
        case What::not_loaded:
          events_.closed(clock_.now(), "nft did not load the rules: the kernel's are as they were");
          break;
        case What::gone:
          events_.closed(
              clock_.now(),
              "the helper ended: what is connected goes on, nothing new passes; restart the gateway when it suits");
          break;
      }
    }
  }

  void beat() {
    if (helper_) {
      helper_->beat();
      hear();
    }
    GuardEvents::Seen seen;
    seen.stood_still = std::exchange(stood_still_, Duration{});
    seen.no_room = gateway_->totals().no_room;
    WatchNumbers numbers;
    numbers.plant_sha256 = hash_;
    if (journal_) {
      journal_->tick();
      const journal::JournalStatus status = journal_->status();
      numbers.has_journal = true;
      numbers.journal_records = status.size;
      numbers.journal_not_kept = status.not_kept;
      seen.journal_failing = status.failing;
      seen.not_kept = status.not_kept;
    }
    const Recording recording = !journal_              ? Recording::none
                                : seen.journal_failing ? Recording::fails
                                                       : Recording::works;
    evidence_->beat(recording, clock_.now());
    events_.beat(*loaded_.plant, seen, clock_.now(), clock_.steady());
    if (writer_) {
      writer_->flush();
      if (writer_->failed() && !std::exchange(told_, true)) {
        std::fprintf(stderr, "rampart: events can no longer be written to --json; the gateway goes on without\n");
      }
    }
    if (server_) {
      bool well = false;
      std::string health = guard_health_line(*gateway_, numbers, !helper_ || helper_->alive(), well);
      board_.lay_down(guard_metrics_text(*gateway_, numbers), std::move(health), well);
    }
    if (gateway_->candidates_changed()) write_candidates();
    manager_.say("WATCHDOG=1");
  }

  template <class Value>
  static bool is_there(const std::future<Value>& future) {
    return future.valid() && future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  }

  void look_after_identity(bool asked) {
    if (!reading_.valid() && identity_.is_new(asked)) {
      reading_ = identity_.read();
    } else if (++beats_ % 60 == 0) {
      gateway_->look_after_identity();
    }
  }

  /// take_identity goes on by the certificate as it is now; where that is not well, the one before stays in force.
  void take_identity() {
    try {
      gateway_->take_identity(reading_.get());
      std::fprintf(stderr, "rampart: the identity was read anew and is in force\n");
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\nrampart: the identity is not taken; the one before stays in force\n", error.what());
    }
  }

  /// Next is a plant that may be taken, with what it changes, for the journal.
  struct Next {
    LoadedPolicy loaded;
    std::optional<gateway::Successor> successor;
    PlantStep step;
  };

  /// load_plant reads the plant as it is now and compares it with the one in force, beside the traffic and behind it.
  void load_plant() {
    next_ = std::async(std::launch::async, [file = options_.plant, journal = options_.journal, known = hash_,
                                            now = clock_.now(), before = gateway_->judge().shared_policy()] {
      give_way();
      Next next{load_policy(file, now), {}, {}};
      next.successor.emplace(before, next.loaded.policy);
      if (journal.empty()) {
        next.step.hash = hash_of(*next.loaded.plant);
      } else {
        next.step = plant_step({journal}, *next.loaded.plant, known);
      }
      return next;
    });
  }

  /// take_plant goes on by what load_plant() read; where that is not well, the one before stays in force.
  void take_plant() {
    try {
      Next next = next_.get();
      gateway_->take(std::move(*next.successor));
      loaded_ = std::move(next.loaded);
      hash_ = next.step.hash;
      if (journal_) journal_->change(next.step);
      std::fprintf(stderr, "rampart: the plant was read anew and is in force\n");
      leave_doors();
      if (failing_of(*loaded_.plant) != failing_at_start_) {
        std::fprintf(stderr, "rampart: what it serves, or how it fails, changes in the kernel at the next start\n");
      }
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\nrampart: the plant is not taken; the one before stays in force\n", error.what());
    }
  }

  /// failing_of is what the kernel would have to know of `plant`, but for addresses of this machine.
  std::string failing_of(const plant::Plant& plant) const {
    const plant::Gateway& said = gateway::gateway_of(plant, options_.as);
    if (said.stands == plant::Stands::addressed) return {};
    return gateway::kernel_rules(plant, said, {}).failed;
  }

  /// leave_doors has the service manager keep the sockets that listen, for who is started after us.
  void leave_doors() {
    std::set<std::string> names;
    for (const net::Kind kind : {net::Kind::tcp, net::Kind::udp}) {
      for (const auto& [place, descriptor] : gateway_->listening(kind)) {
        std::string name = (kind == net::Kind::tcp ? "tcp-" : "udp-") + net::to_text(place);
        std::replace(name.begin(), name.end(), ':', '_');  // it may not stand in a name
        if (!left_.contains(name)) manager_.leave(name, descriptor);
        names.insert(std::move(name));
      }
    }
    for (const std::string& name : left_) {
      if (!names.contains(name)) manager_.take_back(name);
    }
    left_ = std::move(names);
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
  Identity identity_;
  net::HandedOver handed_over_ = net::HandedOver::from_environment();
  uint64_t taken_over_ = 0;
  std::set<std::string> left_;  // names of the sockets that the service manager keeps
  std::string failing_at_start_;
  std::optional<gateway::KernelRules> rules_;
  std::optional<SocketHelper> helper_;
  std::optional<EventWriter> writer_;
  Tee tee_;
  GuardEvents events_{tee_, options_.as};
  Duration stood_still_{};
  std::optional<Duration> asked_to_end_;
  Duration looked_{};  // whether we may end
  std::optional<WatchJournal> journal_;
  std::future<Next> next_;
  std::future<std::shared_ptr<const net::TlsContext>> reading_;  // of the identity
  std::optional<GuardEvidence> evidence_;                        // before the gateway, which tells it things to its end
  std::optional<gateway::Gateway> gateway_;
  std::string user_, hash_, sources_, settings_;
  ServiceManager manager_;
  bool told_ = false;
  uint64_t beats_ = 0;
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
  if (gateway::doors_of(*loaded.plant, said).empty() && !gateway::needs_identity(*loaded.plant, said)) {
    throw Error("the gateway \"" + options.as + "\" has nothing to serve",
                "add `serves` to it, and `guard: " + options.as + "` to the conduits");
  }
  raise_descriptors();
  warn_of_what_is_not_done(*loaded.plant, options.as);
  Guard guard(options, std::move(loaded), clock);
  return guard.run(out);
}

}  // namespace rampart::apps
