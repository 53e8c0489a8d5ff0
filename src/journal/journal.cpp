#include "journal/journal.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <utility>

#include "base/files.h"
#include "base/text.h"
#include "journal/body.h"
#include "records/stored.h"

namespace rampart::journal {

namespace {

constexpr uint64_t kMostNote = 1'000'000;

struct Newest {
  std::string text;
  Note note;
  Checkpoint checkpoint;
};

Newest read_checkpoint(const Layout& layout) {
  const std::optional<std::vector<uint8_t>> bytes = read_file(layout.checkpoint(), kMostNote);
  if (!bytes) {
    throw Error(fmt::format("{}: the newest checkpoint is not there", layout.checkpoint()),
                "put back the newest file of checkpoints/, or a backup");
  }
  Newest newest{.text = std::string(as_text(*bytes)), .note = {}, .checkpoint = {}};
  std::optional<Note> note = parse_note(newest.text);
  std::optional<Checkpoint> checkpoint = note ? parse_checkpoint(note->text) : std::nullopt;
  if (!checkpoint) {
    throw Error(fmt::format("{}: this is no checkpoint", layout.checkpoint()),
                "put back the newest file of checkpoints/, or a backup");
  }
  newest.note = std::move(*note);
  newest.checkpoint = std::move(*checkpoint);
  return newest;
}

/// sweep removes what processes that are gone left half written: such a file may hold a name that was to be forgotten.
void sweep(const Layout& layout) {
  for (const std::string& folder : {layout.folder, layout.folder + "/keys", layout.checkpoints()}) {
    for (const std::string& name : names_in(folder)) {
      if (!name.starts_with(kUnfinished)) continue;
      const size_t begin = kUnfinished.size();
      const auto process = parse_number(std::string_view(name).substr(begin, name.find('-', begin) - begin));
      if (!process || *process > std::numeric_limits<pid_t>::max()) continue;
      if (::kill(static_cast<pid_t>(*process), 0) == 0 || errno != ESRCH) continue;
      ::unlink((folder + "/" + name).c_str());
    }
  }
}

/// finish_key_change completes what a crash interrupted after the checkpoint by both keys was published.
void finish_key_change(const Layout& layout, const Note& newest, const std::unique_ptr<crypto::Signer>& next) {
  if (!next) return;
  std::vector<VerifierKey> verifiers = verifier_keys(layout);
  const VerifierKey key{.name = verifiers.back().name, .key = next->public_key()};
  if (verifiers.back() != key) {
    if (!verified(newest, key) || !verified(newest, verifiers.back())) return;
    verifiers.push_back(key);
    write_verifier_keys(layout, verifiers);
  }
  adopt_next_key(layout);
}

Keys open_keys(const Layout& layout, const Newest& newest) {
  Keys keys{.signer = open_signer(layout), .verifiers = verifier_keys(layout)};
  const VerifierKey& key = keys.verifiers.back();
  if (keys.signer->public_key() != key.key) {
    throw Error(fmt::format("{}: the signing key is not the newest of {}", layout.folder, layout.verifier_keys()),
                "put back the key that belongs there");
  }
  if (newest.checkpoint.origin != key.name || !verified(newest.note, key)) {
    throw Error(fmt::format("{}: not signed by the newest key of {}", layout.checkpoint(), layout.verifier_keys()),
                "`rampart journal verify` says more; a backup has what was here");
  }
  return keys;
}

}  // namespace

Journal::Body::Body(Layout where, FolderLock&& held, const Settings& wanted, const JournalOptions& with,
                    const Clock& by, Keys&& keys, Recovered&& found, const Checkpoint& checkpoint,
                    const std::string& note)
    : layout(std::move(where)),
      lock(std::move(held)),
      settings(wanted),
      options(with),
      clock(by),
      alarm(with.alarm, by),
      reserve(layout, wanted.reserve_octets),
      queue(with, by, found.tree.size(), found.segment ? found.length : 0),
      handover(with.waiting_octets),
      first(found.first),
      file(layout, by),
      sealer(layout, std::move(keys), std::move(found.tree), checkpoint.size, note),
      last_wall(by.now()),
      last_steady(by.steady()) {
  if (found.segment) file.resume(found.segment->path, found.length);
  sealed_at = chores_at = capacity_at = pruned_at = last_steady;
}

Journal::Body::~Body() {
  try {
    close();
  } catch (const Error&) {
    // Whoever wants to know calls close().
  }
}

void Journal::Body::start(std::vector<Incident> incidents, std::unique_ptr<crypto::Signer> next,
                          std::optional<uint64_t> key_change) {
  if (next && key_change) sealer.next_key(std::move(next), *key_change);
  if (!reserve.make()) {
    queue.set_short(true);
    alarm.raise("journal: there is no room for the reserve; only access, orders and changes are recorded");
  }
  writer = std::thread([this] { write_loop(); });
  tender = std::thread([this] { tend_loop(); });
  tell({.when = clock.now(), .event = "opened"});
  for (const Incident& incident : incidents) {
    tell({.when = clock.now(),
          .event = incident.event,
          .reason = incident.reason,
          .from = incident.from,
          .to = incident.to,
          .count = incident.count});
    if (incident.event != "damaged") continue;
    alarm.raise(fmt::format("journal: damaged, {} records from {} on: {}", incident.to - incident.from, incident.from,
                            incident.reason));
  }
}

std::optional<uint64_t> Journal::Body::tell(const records::JournalEvent& event) {
  std::vector<uint8_t> record;
  append_cbor(record, event, clock.now());
  return queue.append(record, Urgency::reserved, false);
}

std::optional<uint64_t> Journal::Body::tell(const records::KeyChange& change) {
  std::vector<uint8_t> record;
  append_cbor(record, change, clock.now());
  return queue.append(record, Urgency::reserved, false);
}

void Journal::Body::ask(Step step) {
  Task task{.step = std::move(step)};
  std::unique_lock guard(tasks_mutex);
  if (tasks_closed) throw Error("the journal is closed");
  tasks.push_back(&task);
  handover.wake();
  tasks_done.wait(guard, [&] { return task.done; });
  if (!task.error.empty()) throw Error(task.error);
}

void Journal::Body::close() {
  const std::lock_guard guard(close_mutex);
  if (std::exchange(closed, true)) return;
  if (!writer.joinable()) return;
  if (!queue.trouble()) tell_given_up();
  tell({.when = clock.now(), .event = "closed"});
  queue.stop();
  writer.join();
  tender.join();
  alarm.flush(true);
  lock.reset();
  if (lost > 0) throw Error(fmt::format("{}: {} records could not be written", layout.folder, lost));
  if (!close_error.empty()) throw Error(fmt::format("{}: {}", layout.folder, close_error));
}

std::unique_ptr<Journal> Journal::open(const std::string& folder, const JournalOptions& options, const Clock& clock) {
  const Layout layout{folder};
  verifier_keys(layout);  // says where there is no journal at all
  FolderLock lock(layout);
  sweep(layout);
  const Settings settings = read_settings(layout.settings());
  const Newest newest = read_checkpoint(layout);
  // A prepared key that cannot be opened, as one in a token that is not plugged in, must not keep the journal shut.
  std::string next_wrong;
  const auto open_next = [&]() -> std::unique_ptr<crypto::Signer> {
    try {
      return open_next_signer(layout);
    } catch (const Error& error) {
      next_wrong = error.what();
      return nullptr;
    }
  };
  finish_key_change(layout, newest.note, open_next());
  Keys keys = open_keys(layout, newest);
  std::unique_ptr<crypto::Signer> next = open_next();
  std::optional<VerifierKey> next_key;
  if (next) next_key = {.name = newest.checkpoint.origin, .key = next->public_key()};
  Recovered found = recover(layout, newest.checkpoint, next_key);
  std::vector<Incident> incidents = std::move(found.incidents);
  const std::optional<uint64_t> key_change = found.key_change;
  auto body = std::make_unique<Body>(layout, std::move(lock), settings, options, clock, std::move(keys),
                                     std::move(found), newest.checkpoint, newest.text);
  body->start(std::move(incidents), std::move(next), key_change);
  if (!next_wrong.empty()) body->alarm.raise("journal: the key that was prepared for a change: " + next_wrong);
  return std::unique_ptr<Journal>(new Journal(std::move(body)));
}

Journal::Journal(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Journal::~Journal() = default;

std::optional<uint64_t> Journal::append(Bytes record, Urgency urgency) {
  return body_->queue.append(record, urgency, true);
}

bool Journal::wait_durable(uint64_t number, Duration longest) { return body_->queue.wait_durable(number, longest); }

JournalStatus Journal::status() const {
  JournalStatus status = body_->queue.status();
  status.checkpoint = body_->sealer.checkpoint_size();
  status.first = body_->first;
  return status;
}

std::string Journal::checkpoint() {
  Body& body = *body_;
  const uint64_t size = body.queue.status().size;
  body.queue.hurry(size);
  body.ask([&body, size] {
    if (body.sealer.size() < size) return false;
    body.sealer.seal(false);
    return true;
  });
  return body.sealer.note();
}

bool Journal::add_cosignatures(std::string_view lines, const VerifierKey& witness) {
  return body_->sealer.cosign(lines, witness);
}

void Journal::change_key(std::unique_ptr<crypto::Signer> next, std::string_view reason, std::string_view person) {
  Body& body = *body_;
  std::optional<uint64_t> record;
  const auto step = [&] {
    if (!record) {
      if (body.sealer.changes_key()) throw Error("another change of key is under way");
      const VerifierKey before = body.sealer.verifier();
      const VerifierKey after{.name = before.name, .key = next->public_key()};
      if (before == after) throw Error("this is the key in force already");
      const std::string before_text = before.text(), after_text = after.text();
      record = body.tell(records::KeyChange{
          .when = body.clock.now(), .before = before_text, .after = after_text, .reason = reason, .person = person});
      if (!record) throw Error("there is no room to record the change of key");
      body.sealer.next_key(std::move(next), *record);
      body.queue.hurry(*record);
    }
    if (body.sealer.size() <= *record) return false;
    body.sealer.seal(true);
    return true;
  };
  try {
    body.ask(step);
  } catch (const Error&) {
    body.sealer.forget_next_key();
    throw;
  }
}

void Journal::prune() { body_->ask(body_->pruning()); }

void Journal::close() { body_->close(); }

}  // namespace rampart::journal
