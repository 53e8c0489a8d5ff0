#include "apps/live_watch.h"

#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <utility>

#include "apps/arguments.h"
#include "base/error.h"

namespace rampart::apps {
namespace {

constexpr std::chrono::minutes kDropsSaidEvery{1};

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

void add(monitor::Totals& sum, const monitor::Totals& more) {
  sum.flows += more.flows;
  sum.operations += more.operations;
  sum.malformed_packets += more.malformed_packets;
  sum.malformed_frames += more.malformed_frames;
  sum.unsupported_frames += more.unsupported_frames;
  sum.gaps += more.gaps;
  sum.gap_octets += more.gap_octets;
  sum.given_up_operations += more.given_up_operations;
  sum.evicted_flows += more.evicted_flows;
}

}  // namespace

LiveWatch::LiveWatch(const LiveWatchOptions& options, bool quiet, bool output_taken, const Clock& clock)
    : options_(options),
      clock_(clock),
      capture_(options.interfaces, {.leave_offloads = options.leave_offloads}, clock),
      progress_(!quiet),
      on_terminal_(LiveView::possible()),
      board_(clock) {
  const bool shown = options.view.value_or(!quiet) && !output_taken && LiveView::possible();
  if (shown) view_.emplace();
  if (view_ && !view_->works()) view_.reset();
  if (!options.metrics.empty()) {
    const HostPort place = require_listen("--metrics", options.metrics);
    server_.emplace(place.host, place.port);
    if (!quiet) std::fprintf(stderr, "rampart: metrics on %s port %u\n", place.host.c_str(), server_->port());
  }
  say_offloads();
  state_.started = clock.now();
}

void LiveWatch::say_offloads() const {
  for (const monitor::LiveSource& source : capture_.sources()) {
    if (source.offloads.empty()) continue;
    const std::string on = joined(source.offloads, " ");
    std::fprintf(stderr, "rampart: %s: %s on: packets may be seen merged, not as on the wire%s ethtool -K %s %s off\n",
                 source.name.c_str(), on.c_str(),
                 options_.leave_offloads ? "; to turn off:"
                                         : " and could not be turned "
                                           "off; as root:",
                 source.name.c_str(), joined(source.offloads, " off ").c_str());
  }
}

void LiveWatch::give_up_rights(const std::string& journal) {
  user_ = drop_rights(options_.user.empty() ? default_user(journal) : options_.user);
  if (server_) server_->start([this](std::string_view path) { return board_.answer(path); });
}

std::string LiveWatch::settings() const {
  return std::string(" live user=") + user_ + (options_.leave_offloads ? " offload=leave" : "");
}

void LiveWatch::begin(const LoadedPolicy& loaded, const std::string& plant_sha256) {
  state_.use(loaded.plant);
  numbers_.plant_sha256 = plant_sha256;
}

void LiveWatch::beat(monitor::Moment moment, monitor::Correlator& correlator, records::Sink& sink,
                     WatchJournal* journal) {
  if (record_losses(moment.packet, sink)) correlator.note_loss(moment.time);
  if (journal != nullptr) {
    journal->tick();
    const journal::JournalStatus status = journal->status();
    numbers_.has_journal = true;
    numbers_.journal_records = status.size;
    numbers_.journal_not_kept = status.not_kept;
  }
  numbers_.totals = before_;
  add(numbers_.totals, correlator.totals());
  state_.beat(moment.time, capture_.sources());
  if (server_) board_.lay_down(state_, numbers_);
  if (view_) {
    view_->draw(state_);
  } else {
    progress_.show({}, moment.packet);
  }
  manager_.say("WATCHDOG=1");
}

bool LiveWatch::record_losses(uint64_t packet, records::Sink& sink) {
  bool any = false;
  for (const monitor::LiveLoss& loss : capture_.take_losses()) {
    sink.record(records::Loss{.when = loss.until,
                              .packet = packet,
                              .kind = loss.kind,
                              .reason = loss.reason,
                              .count = loss.count,
                              .since = loss.since,
                              .source = loss.source});
    say(loss);
    any = true;
  }
  return any;
}

void LiveWatch::say(const monitor::LiveLoss& loss) {
  if (view_) return;  // it shows both
  const bool drop = loss.kind == "kernel-drop";
  if (drop && loss.until - drops_said_ < kDropsSaidEvery) return;
  if (drop) drops_said_ = loss.until;
  progress_.clear();
  const double seconds = std::chrono::duration<double>(loss.until - loss.since).count();
  std::fprintf(stderr, "rampart: %s: ", loss.source.c_str());
  if (drop) std::fprintf(stderr, "%llu packets lost, ", static_cast<unsigned long long>(loss.count));
  std::fprintf(stderr, "%.*s (%.1f s)\n", static_cast<int>(loss.reason.size()), loss.reason.data(), seconds);
}

void LiveWatch::finish(uint64_t packet, records::Sink& sink) {
  manager_.say("STOPPING=1");
  progress_.clear();
  capture_.finish();
  record_losses(packet, sink);
}

void LiveWatch::look_for_plant(const std::string& file) {
  if (switching_ || !reload_.asked()) return;
  progress_.clear();
  termios terminal{};
  if (on_terminal_ && tcgetattr(STDOUT_FILENO, &terminal) != 0) {  // it hung up: nobody is there any more
    std::raise(SIGTERM);
    return;
  }
  if (file.empty()) {
    std::fprintf(stderr, "rampart: HUP: there is no plant to read anew\n");
    return;
  }
  try {
    next_ = load_policy(file);
    switching_ = true;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\nrampart: the plant is not taken; the one before stays in force\n", error.what());
  }
}

LoadedPolicy LiveWatch::take_plant(const monitor::Correlator& before) {
  add(before_, before.totals());
  switching_ = false;
  return std::exchange(next_, {});
}

}  // namespace rampart::apps
