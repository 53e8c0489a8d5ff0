#include "journal/scan.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/files.h"
#include "journal/peaks.h"
#include "records/stored.h"

namespace rampart::journal {
namespace {

constexpr uint64_t kPiece = 65'536;  // hashes of pruned records that one worker takes at a time
constexpr size_t kHighestLevel = 7;

/// Piece is what one segment gives to the tree: hashes of the tiles that lie in it whole, leaves of those it shares.
struct Piece {
  uint64_t end = 0;  // where its leaves end
  uint64_t read_end = 0;
  uint64_t records = 0, octets = 0, file_octets = 0;
  std::vector<Hash> head, tiles, tail;
  std::map<uint64_t, Hash> partial;  // root of the leaves between the last whole tile and each wanted size
  std::vector<uint64_t> dirty;
  std::vector<Range> lost;
  std::vector<Noted> keys, prunings;
  bool header_good = true;
};

/// differs says whether the file of a level-0 tile is another one than `leaves`. It may be missing where no checkpoint
/// covers it yet: a writer comes to it, or a crash came before.
bool differs(const std::string& folder, uint64_t index, std::span<const Hash> leaves, uint64_t target) {
  const auto file = read_tile(folder, 0, index, kBundle);
  return file ? !std::ranges::equal(*file, octets_of(leaves)) : (index + 1) * kBundle <= target;
}

void add_partials(std::map<uint64_t, Hash>& out, const std::vector<uint64_t>& sizes, uint64_t begin,
                  std::span<const Hash> leaves) {
  for (auto size = std::ranges::upper_bound(sizes, begin); size != sizes.end() && *size < begin + kBundle; ++size) {
    if (*size - begin <= leaves.size()) out[*size] = root_of(leaves.first(*size - begin));
  }
}

/// PieceBuilder takes the leaves of one segment in order.
class PieceBuilder {
 public:
  PieceBuilder(const Layout& layout, const ListedTiles& listed, const ScanOptions& options, uint64_t first)
      : layout_(layout), listed_(listed), options_(options), known_(layout.folder) {
    piece_.end = piece_.read_end = first;
  }

  void leaf(const Hash& hash) {
    if (broken_) return;
    leaves_.push_back(hash);
    if (++piece_.end % kBundle == 0) finish_tile();
  }
  /// hole stands for records that cannot be read: their hashes are taken from the tiles as long as there are any.
  void hole(uint64_t to, bool fault) {
    while (!broken_ && piece_.end < std::min(to, listed_.leaves)) {
      const uint64_t index = piece_.end / kBundle;
      const auto width = static_cast<uint32_t>(std::min(listed_.leaves - index * kBundle, kBundle));
      const auto tile = missing_ == index ? std::nullopt : known_.tile(0, index, width);
      if (!tile) missing_ = index;
      if ((fault || !tile) && (piece_.dirty.empty() || piece_.dirty.back() != index)) piece_.dirty.push_back(index);
      Hash hash{};
      if (tile) std::ranges::copy(tile->subspan(piece_.end % kBundle * hash.size(), hash.size()), hash.begin());
      leaf(hash);
    }
    if (piece_.end >= to) return;
    piece_.lost.push_back({broken_ ? lost_from_ : piece_.end, to});
    broken_ = true;
    lost_from_ = to;
  }
  bool broken() const { return broken_; }
  void count(const FrameReader::Frame& frame) {
    ++piece_.records;
    piece_.octets += frame.record.size();
    piece_.read_end = frame.number + 1;
    lost_from_ = frame.number + 1;
    if (auto fact = noted(frame.number, frame.record)) {
      (fact->pruned_to != 0 ? piece_.prunings : piece_.keys).push_back(std::move(*fact));
    }
  }
  Piece& piece() { return piece_; }
  Piece take() {
    piece_.tail = std::move(leaves_);
    return std::move(piece_);
  }

 private:
  void finish_tile() {
    if (leaves_.size() < kBundle) {
      piece_.head = std::move(leaves_);
    } else {
      const uint64_t index = piece_.end / kBundle - 1;
      const bool marked = !piece_.dirty.empty() && piece_.dirty.back() == index;
      if (!marked && differs(layout_.folder, index, leaves_, options_.target)) piece_.dirty.push_back(index);
      add_partials(piece_.partial, options_.sizes, index * kBundle, leaves_);
      piece_.tiles.push_back(root_of(leaves_));
    }
    leaves_.clear();
  }

  const Layout& layout_;
  const ListedTiles& listed_;
  const ScanOptions& options_;
  DirectoryTiles known_;
  std::optional<uint64_t> missing_;  // the tile that was looked for last and is not there
  uint64_t lost_from_ = 0;
  bool broken_ = false;
  std::vector<Hash> leaves_;
  Piece piece_;
};

/// read_segment hashes one segment. Damage becomes holes: the second pass says what it was.
Piece read_segment(const Layout& layout, const Span& span, const ListedTiles& listed, const ScanOptions& options) {
  PieceBuilder builder(layout, listed, options, span.first);
  if (span.path.empty()) {
    builder.hole(span.until, span.last);
    return builder.take();
  }
  const uint64_t target = std::max(options.target, listed.leaves);
  const SegmentBytes bytes(span);
  FrameReader reader(bytes.frames(), span.first);
  FrameReader::Frame frame;
  while (reader.number() < span.until) {
    const FrameReader::State state = reader.next(frame);
    if (state == FrameReader::State::frame) {
      builder.leaf(leaf_hash(frame.record));
      builder.count(frame);
      continue;
    }
    // What a crash leaves behind the signed records is no damage.
    const bool normal = state == FrameReader::State::torn && span.last && reader.number() >= target;
    if (state == FrameReader::State::clean || normal || !reader.resume()) break;
    builder.hole(std::min(reader.number(), span.until), true);
  }
  const uint64_t until = span.last ? target : span.until;
  if (reader.number() < until) builder.hole(until, true);
  Piece piece = builder.take();
  piece.header_good = bytes.header_good();
  piece.file_octets = bytes.all().size();
  return piece;
}

/// Joiner takes pieces in order, builds the upper levels and holds them against their tiles.
class Joiner {
 public:
  Joiner(const Layout& layout, const ListedTiles& listed, const ScanOptions& options, Scan& out)
      : layout_(layout), listed_(listed), options_(options), sizes_(options.sizes), out_(out) {}

  void add(const Span& span, Piece&& piece) {
    out_.records += piece.records;
    out_.octets += piece.octets;
    if (piece.records > 0) out_.size = std::max(out_.size, piece.read_end);
    if (!piece.header_good) out_.headers.push_back(span.first);
    std::ranges::move(piece.keys, std::back_inserter(out_.keys));
    std::ranges::move(piece.prunings, std::back_inserter(out_.prunings));
    std::ranges::copy(piece.lost, std::back_inserter(out_.lost));
    for (const uint64_t index : piece.dirty) mark(index);
    if (broken_) return;
    partial_ = std::move(piece.partial);
    for (const Hash& hash : piece.head) leaf(hash);
    for (const Hash& hash : piece.tiles) tile(hash);
    for (const Hash& hash : piece.tail) leaf(hash);
    broken_ = !span.last && out_.tree < span.until;
  }

  void finish() {
    const Hash rest = root_of(edges_[0]);
    out_.root = edges_[0].empty() ? peaks_.root() : peaks_.root(rest);
    add_partials(partial_, sizes_, peaks_.size() * kBundle, edges_[0]);
    add_roots();
    if (std::ranges::binary_search(sizes_, uint64_t{0})) out_.roots[0] = empty_root();
    for (const ListedTiles::Partial& partial : listed_.partials) hold(partial);
    std::ranges::sort(out_.dirty, {}, &Range::from);
    std::vector<Range> merged;
    for (const Range& range : out_.dirty) {
      if (!merged.empty() && range.from <= merged.back().to) {
        merged.back().to = std::max(merged.back().to, range.to);
      } else {
        merged.push_back(range);
      }
    }
    out_.dirty = std::move(merged);
    std::ranges::sort(out_.upper, std::greater{});  // from the top down
    const auto again = std::ranges::unique(out_.upper);
    out_.upper.erase(again.begin(), again.end());
  }

 private:
  void mark(uint64_t index) {
    if (!out_.dirty.empty() && out_.dirty.back().to == index) {
      ++out_.dirty.back().to;
    } else {
      out_.dirty.push_back({index, index + 1});
    }
  }
  void leaf(const Hash& hash) {
    edges_[0].push_back(hash);
    ++out_.tree;
    if (edges_[0].size() < kBundle) return;
    const std::vector<Hash> leaves = std::move(edges_[0]);
    edges_[0].clear();
    const uint64_t index = out_.tree / kBundle - 1;
    if (differs(layout_.folder, index, leaves, options_.target)) mark(index);
    add_partials(partial_, sizes_, index * kBundle, leaves);
    out_.tree -= kBundle;
    tile(root_of(leaves));
  }
  /// add_roots gives the roots at wanted sizes behind the whole tiles so far, up to the end of the next.
  void add_roots() {
    const uint64_t begin = peaks_.size() * kBundle;
    for (auto size = std::ranges::lower_bound(sizes_, begin); size != sizes_.end() && *size < begin + kBundle; ++size) {
      if (*size == begin) {
        out_.roots[*size] = peaks_.root();
      } else if (const auto rest = partial_.find(*size); rest != partial_.end()) {
        out_.roots[*size] = peaks_.root(rest->second);
      }
    }
  }
  void tile(const Hash& hash) {
    add_roots();
    peaks_.push(hash);
    out_.tree += kBundle;
    node(1, peaks_.size() - 1, hash);
  }
  void node(uint8_t level, uint64_t number, const Hash& hash) {
    if (level > kHighestLevel) return;
    std::vector<Hash>& edge = edges_[level];
    edge.push_back(hash);
    if (edge.size() < kBundle) return;
    const std::vector<Hash> hashes = std::move(edge);
    edge.clear();
    const uint64_t index = number / kBundle;
    compare(level, index, hashes, read_tile(layout_.folder, level, index, kBundle));
    const Hash root = root_of(hashes);
    if (level == 1) out_.blocks.push_back(root);
    node(static_cast<uint8_t>(level + 1), index, root);
  }
  /// compare notes a tile above level 0 that is not what the records make it, and the tiles below it that it belies.
  void compare(uint8_t level, uint64_t index, std::span<const Hash> hashes,
               const std::optional<std::vector<uint8_t>>& file) {
    if (file && std::ranges::equal(*file, octets_of(hashes))) return;
    const unsigned height = 8U * level;
    if (!file && hashes.size() == kBundle && index + 1 > options_.target >> height >> 8) return;  // as in differs()
    out_.upper.push_back({level, index});
    for (size_t i = 0; file && i < hashes.size(); ++i) {
      if (std::ranges::equal(Bytes(*file).subspan(i * sizeof(Hash), sizeof(Hash)), hashes[i])) continue;
      const uint64_t below = index * kBundle + i;
      if (level == 1) {
        mark(below);
      } else {
        out_.upper.push_back({static_cast<uint8_t>(level - 1), below});
      }
    }
  }
  /// hold compares an unfinished tile with the edge of the tree, or with the tile that it became.
  void hold(const ListedTiles::Partial& partial) {
    const auto file = read_tile(layout_.folder, partial.level, partial.index, partial.width);
    std::error_code none;
    const std::string path = layout_.folder + "/" + tile_path(partial.level, partial.index, partial.width);
    if (!file && !std::filesystem::exists(path, none)) return;  // since it was listed, the full one took its place
    const uint64_t unfinished = (out_.tree >> (8 * partial.level)) / kBundle;
    const std::vector<Hash>& edge = edges_[partial.level];
    if (partial.index == unfinished && partial.width <= edge.size()) {
      const auto hashes = std::span(edge).first(partial.width);
      if (file && std::ranges::equal(*file, octets_of(hashes))) return;
      out_.partials.push_back(partial);
      if (partial.level > 0) compare(partial.level, partial.index, hashes, file);
      if (partial.level == 0) mark(partial.index);
    } else if (partial.index < unfinished) {
      const auto full = read_tile(layout_.folder, partial.level, partial.index, kBundle);
      if (!file || (full && !std::ranges::equal(*file, Bytes(*full).first(file->size()))))
        out_.partials.push_back(partial);
    }
  }

  const Layout& layout_;
  const ListedTiles& listed_;
  const ScanOptions& options_;
  const std::vector<uint64_t>& sizes_;
  Scan& out_;
  Peaks peaks_;
  std::array<std::vector<Hash>, kHighestLevel + 1> edges_;
  std::map<uint64_t, Hash> partial_;
  bool broken_ = false;
};

/// all_spans puts the pruned numbers, piece by piece, before the segments.
std::vector<Span> all_spans(const std::vector<Span>& spans, const ListedTiles& listed, uint64_t target) {
  std::vector<Span> all;
  const uint64_t first = spans.empty() ? 0 : spans.front().first;
  const uint64_t known = std::min(first, listed.leaves);
  for (uint64_t at = 0; at < known; at += kPiece)
    all.push_back({.first = at, .until = std::min(at + kPiece, known), .path = {}});
  if (!all.empty()) all.back().until = first;
  if (all.empty() && first > 0) all.push_back({.first = 0, .until = first, .path = {}});
  std::ranges::copy(spans, std::back_inserter(all));
  if (spans.empty()) all.push_back({.first = 0, .until = std::max(target, listed.leaves), .path = {}, .last = true});
  return all;
}

/// Workers read spans side by side; what they give is joined in order.
class Workers {
 public:
  Workers(const Layout& layout, const std::vector<Span>& spans, const ListedTiles& listed, const ScanOptions& options,
          Joiner& joiner, uint64_t octets)
      : layout_(layout), spans_(spans), listed_(listed), options_(options), joiner_(joiner), octets_(octets) {}

  void run() {
    std::vector<std::thread> threads;
    const auto work = [this] { this->work(); };
    for (uint32_t i = 1; i < std::min<size_t>(options_.workers, spans_.size()); ++i) threads.emplace_back(work);
    work();
    for (std::thread& thread : threads) thread.join();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void work() {
    try {
      for (size_t i = next_++; i < spans_.size() && !failed_; i = next_++) {
        Piece piece = read_segment(layout_, spans_[i], listed_, options_);
        const std::lock_guard lock(mutex_);
        waiting_.emplace(i, std::move(piece));
        while (!waiting_.empty() && waiting_.begin()->first == joined_) join();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failed_ = true;
      failure_ = std::current_exception();
    }
  }
  void join() {
    done_ += waiting_.begin()->second.file_octets;
    joiner_.add(spans_[joined_++], std::move(waiting_.begin()->second));
    waiting_.erase(waiting_.begin());
    if (options_.progress) options_.progress(std::min(done_, octets_), octets_);
  }

  const Layout& layout_;
  const std::vector<Span>& spans_;
  const ListedTiles& listed_;
  const ScanOptions& options_;
  Joiner& joiner_;
  const uint64_t octets_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::map<size_t, Piece> waiting_;
  size_t joined_ = 0;
  uint64_t done_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

Scan scan(const Layout& layout, const std::vector<Span>& spans, const ListedTiles& listed, const ScanOptions& options) {
  Scan out;
  out.first = out.size = spans.empty() ? 0 : spans.front().first;
  uint64_t octets = 0;
  std::error_code none;
  for (const Span& span : spans) {
    const uint64_t size = std::filesystem::file_size(span.path, none);
    if (!none) octets += size;
  }
  const std::vector<Span> all = all_spans(spans, listed, options.target);
  Joiner joiner(layout, listed, options, out);
  Workers(layout, all, listed, options, joiner, octets).run();
  joiner.finish();
  return out;
}

}  // namespace rampart::journal
