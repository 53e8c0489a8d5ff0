#include "journal/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "journal/checkpoints.h"
#include "journal/journal.h"
#include "journal/tile_files.h"

namespace rampart::journal {
namespace {

/// Verifier is one run of verify().
class Verifier {
 public:
  Verifier(const std::string& folder, const VerifyOptions& options) : layout_{folder}, options_(options) {}

  VerifyReport run() {
    // In this order, since another process may be appending: whatever a checkpoint covers has its tiles, and whatever
    // has tiles has its records, by the time each is looked at.
    checkpoints_ = read_checkpoints(layout_, options_.older_checkpoint, faults_);
    listed_ = list_tiles(layout_);
    spans_ = spans_of(layout_);
    ScanOptions options{.sizes = {}, .target = 0, .workers = options_.workers, .progress = options_.progress};
    for (const KnownCheckpoint& checkpoint : checkpoints_) {
      if (options.sizes.empty() || options.sizes.back() != checkpoint.said.size) {
        options.sizes.push_back(checkpoint.said.size);
      }
      options.target = checkpoint.said.size;
    }
    scan_ = scan(layout_, spans_, listed_, options);
    judge_keys();
    allow_pruning();
    hold_checkpoints();
    const bool differs = !scan_.dirty.empty() || !scan_.upper.empty() || !scan_.partials.empty() ||
                         !scan_.lost.empty() || !scan_.headers.empty();
    if (differs) name_differences(layout_, spans_, listed_, scan_, walker(), trusted(), faults_);
    hold_edge();
    read_cosignatures();
    faults_.finish(report_);
    if (differs && report_.good()) {
      report_.faults.push_back({.kind = Fault::Kind::tile,
                                .from = scan_.first,
                                .to = scan_.size,
                                .where = "tile",
                                .what = "records and hash tiles do not agree"});
    }
    return std::move(report_);
  }

  /// was_overtaken: a pruning that is not signed by the checkpoint that was read, but may be by the one that is there
  /// now.
  bool was_overtaken() const { return unsigned_pruning_ && !is_newest(); }

 private:
  bool is_newest() const {
    const auto read = std::ranges::find(checkpoints_, "checkpoint", &KnownCheckpoint::where);
    const auto now = read_file(layout_.checkpoint(), 1'000'000);
    return read != checkpoints_.end() && now && as_text(*now) == format(read->note);
  }

  void judge_keys() {
    std::vector<VerifierKey> trusted = options_.trusted;
    report_.own_key = trusted.empty();
    if (report_.own_key) {
      trusted = verifier_keys(layout_);
      // The changes of key may have been pruned; trusting the journal's own word is no more than it was.
      if (scan_.first == 0 && trusted.size() > 1) trusted.resize(1);
    }
    KeyChain keys(std::move(trusted), layout_, scan_);
    keys.judge(checkpoints_, faults_);
    report_.keys = keys.seen();
    std::erase_if(checkpoints_, [](const KnownCheckpoint& checkpoint) { return !checkpoint.signed_by_trusted; });
    if (!checkpoints_.empty()) report_.signed_size = checkpoints_.back().said.size;
    report_.first = scan_.first;
    report_.size = scan_.size;
    report_.records = scan_.records;
    report_.octets = scan_.octets;
    report_.unsigned_records = scan_.size - std::min(scan_.size, report_.signed_size);
    report_.root = crypto::base64(scan_.root);
    // What only a checkpoint that nobody trusts speaks of is not missed.
    const uint64_t known = std::max({report_.signed_size, listed_.leaves, scan_.size});
    for (Range& range : scan_.lost) range.to = std::min(range.to, known);
    std::erase_if(scan_.lost, [](const Range& range) { return range.from >= range.to; });
  }

  /// allow_pruning: records that are gone from the beginning must have been pruned, by a signed record's word. One that
  /// no checkpoint covers could be anybody's who wants to hide what he removed.
  void allow_pruning() {
    report_.pruned = scan_.first;
    const auto told_by = [&](uint64_t size) {
      return scan_.first == 0 || std::ranges::any_of(scan_.prunings, [&](const Noted& pruning) {
               return pruning.pruned_to >= scan_.first && pruning.number < size;
             });
    };
    if (!told_by(report_.signed_size)) {
      unsigned_pruning_ = told_by(scan_.size);
      faults_.add({.kind = Fault::Kind::removed,
                   .from = 0,
                   .to = scan_.first,
                   .where = "segments",
                   .what = unsigned_pruning_
                               ? "the records are missing, and the record that says they were pruned is not signed"
                               : "the records are missing, and no record says that they were pruned"});
    }
    // Pruned while we read: the next run sees the record of it.
    const std::vector<Span> now = spans_of(layout_);
    if (!now.empty() && !spans_.empty() && now.front().first > spans_.front().first &&
        std::ranges::any_of(spans_, [&](const Span& span) { return span.first == now.front().first; })) {
      std::erase_if(spans_, [&](const Span& span) { return span.first < now.front().first; });
      scan_.first = now.front().first;
    }
  }

  Walker& walker() {
    if (!walker_) walker_.emplace(spans_);
    return *walker_;
  }
  TrustedTiles* trusted() {
    if (!trusted_ && best_ != SIZE_MAX) {
      const Checkpoint& said = checkpoints_[best_].said;
      trusted_.emplace(layout_, scan_, walker(), said.size, said.root);
    }
    return trusted_ ? &*trusted_ : nullptr;
  }
  bool resolves(const KnownCheckpoint& checkpoint) {
    return TrustedTiles(layout_, scan_, walker(), checkpoint.said.size, checkpoint.said.root).good();
  }

  /// hold_checkpoints finds the largest checkpoint that records and tiles still lead to. Up to there every difference
  /// can be named; behind it only that something between two checkpoints is not what was signed.
  void hold_checkpoints() {
    DirectoryTiles files(layout_.folder);
    for (size_t i = 0; i < checkpoints_.size(); ++i) {
      KnownCheckpoint& checkpoint = checkpoints_[i];
      const auto root = scan_.roots.find(checkpoint.said.size);
      checkpoint.fits = (root != scan_.roots.end() && root->second == checkpoint.said.root) ||
                        root_at(files, checkpoint.said.size) == checkpoint.said.root;
      if (checkpoint.fits) best_ = i;
    }
    if (!checkpoints_.empty() && !checkpoints_.back().fits) bisect();
    for (size_t i = 0; i < checkpoints_.size(); ++i) {
      if (!checkpoints_[i].fits) misfit(i);
    }
  }
  void bisect() {
    size_t fits = best_ == SIZE_MAX ? 0 : best_ + 1;  // as a count from the beginning
    size_t misfits = checkpoints_.size();
    if (resolves(checkpoints_.back())) fits = misfits;
    while (fits + 1 < misfits) {
      const size_t middle = (fits + misfits) / 2;
      (resolves(checkpoints_[middle - 1]) ? fits : misfits) = middle;
    }
    if (fits == 0) return;
    best_ = fits - 1;
    checkpoints_[best_].fits = true;
  }
  void misfit(size_t i) {
    KnownCheckpoint& checkpoint = checkpoints_[i];
    const uint64_t size = checkpoint.said.size;
    const uint64_t fitting = best_ == SIZE_MAX ? 0 : checkpoints_[best_].said.size;
    if (size <= fitting) {
      const auto root = root_under_best(size);
      if (root == checkpoint.said.root) checkpoint.fits = true;
      if (!root || checkpoint.fits) return;
      return fork(checkpoint, 0, "a checkpoint by the same key says another history: its root is not the tree's");
    }
    if (told_misfit_ || size > scan_.tree) return;  // the missing end is told as missing
    told_misfit_ = true;
    if (checkpoint.kept_elsewhere) {
      return fork(checkpoint, fitting, "the older checkpoint is of another history than this journal");
    }
    faults_.add({.kind = Fault::Kind::altered,
                 .from = fitting,
                 .to = size,
                 .where = checkpoint.where,
                 .what = "records and tiles agree, but not with this checkpoint: some of these records are not those "
                         "that were signed"});
  }
  std::optional<Hash> root_under_best(uint64_t size) {
    struct Source final : TileSource {
      explicit Source(TrustedTiles& from) : tiles(from) {}
      std::optional<Bytes> tile(uint8_t level, uint64_t index, uint32_t width) override {
        held = tiles.tile(level, index);
        if (!held || held->size() < width) return {};
        return Bytes(reinterpret_cast<const uint8_t*>(held->data()), width * sizeof(Hash));
      }
      TrustedTiles& tiles;
      std::optional<std::vector<Hash>> held;
    };
    if (trusted() == nullptr) return {};
    Source source(*trusted());
    return root_at(source, size);
  }
  void fork(const KnownCheckpoint& checkpoint, uint64_t from, std::string what) {
    faults_.add({.kind = Fault::Kind::fork,
                 .from = from,
                 .to = checkpoint.said.size,
                 .where = checkpoint.where,
                 .what = std::move(what)});
  }

  /// hold_edge: the unfinished tiles of the newest checkpoint are there, unless a writer has gone on.
  void hold_edge() {
    const auto newest = std::ranges::find(checkpoints_, "checkpoint", &KnownCheckpoint::where);
    if (newest == checkpoints_.end() || !is_newest()) return;
    DirectoryTiles files(layout_.folder);
    for (uint8_t level = 0; level < 8; ++level) {
      const uint64_t all = newest->said.size >> (8 * level);
      const auto width = static_cast<uint32_t>(all % kBundle);
      if (width == 0 || files.tile(level, all / kBundle, width)) continue;
      const uint64_t unit = uint64_t{1} << (8 * level);
      faults_.add({.kind = Fault::Kind::tile,
                   .from = all / kBundle * kBundle * unit,
                   .to = all * unit,
                   .where = tile_path(level, all / kBundle, width),
                   .what = "the hash tile is missing or cut"});
    }
  }

  void read_cosignatures() {
    for (const KnownCheckpoint& checkpoint : checkpoints_) {
      const uint64_t size = checkpoint.said.size;
      if (checkpoint.fits && checkpoint.kept_elsewhere) report_.witnessed_size = std::max(report_.witnessed_size, size);
      for (const VerifierKey& witness : options_.witnesses) {
        const bool named = std::ranges::any_of(checkpoint.note.signatures, [&](const NoteSignature& signature) {
          return signature.name == witness.name && signature.id == witness.id();
        });
        if (!named) continue;
        if (!cosigned_at(checkpoint.note, witness)) {
          faults_.add({.kind = Fault::Kind::checkpoint,
                       .from = 0,
                       .to = size,
                       .where = checkpoint.where,
                       .what = fmt::format("the cosignature of {} does not verify", witness.name)});
        } else if (checkpoint.fits) {
          report_.witnessed_size = std::max(report_.witnessed_size, size);
        }
      }
    }
  }

  const Layout layout_;
  const VerifyOptions& options_;
  Faults faults_;
  VerifyReport report_;
  std::vector<KnownCheckpoint> checkpoints_;
  ListedTiles listed_;
  std::vector<Span> spans_;
  Scan scan_;
  std::optional<Walker> walker_;
  std::optional<TrustedTiles> trusted_;
  size_t best_ = SIZE_MAX;  // the largest checkpoint that fits
  bool told_misfit_ = false;
  bool unsigned_pruning_ = false;
};

}  // namespace

VerifyReport verify(const std::string& folder, const VerifyOptions& options) {
  const Layout layout{folder};
  if (!std::filesystem::is_directory(layout.segments())) {
    throw Error(folder + " is no journal: it has no folder segments", "name the folder that `journal init` made");
  }
  for (int attempt = 0;; ++attempt) {
    Verifier verifier(folder, options);
    VerifyReport report = verifier.run();
    if (attempt == 2 || !verifier.was_overtaken()) return report;
  }
}

}  // namespace rampart::journal
