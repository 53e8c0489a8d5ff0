#include "journal/differences.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/files.h"
#include "journal/peaks.h"

namespace rampart::journal {
namespace {

constexpr size_t kMostFaults = 1000;
constexpr uint64_t kMostGaps = 100'000;  // beyond, records are no longer followed to where they were moved

uint64_t leaves_under(uint8_t level) { return uint64_t{1} << std::min(8 * (level + 1), 63); }

/// Namer turns what differs into faults.
class Namer {
 public:
  Namer(const Layout& layout, const std::vector<Span>& spans, const ListedTiles& listed, const Scan& scan,
        Walker& walker, TrustedTiles* trusted, Faults& faults)
      : layout_(layout),
        spans_(spans),
        listed_(listed),
        scan_(scan),
        walker_(walker),
        trusted_(trusted),
        faults_(faults),
        files_(layout.folder) {}

  void run() {
    for (const uint64_t first : scan_.headers) {
      add(Fault::Kind::unreadable, {first, first}, segment_name(spans_, first),
          "the header of the segment is damaged or is another segment's");
    }
    for (const TileId& tile : scan_.upper) upper(tile);
    for (const Range& range : scan_.dirty) tiles(range);
    for (const ListedTiles::Partial& partial : scan_.partials) unfinished(partial);
    for (const Range& range : scan_.lost) lost(range);
    name_gaps();
  }

 private:
  void add(Fault::Kind kind, Range range, std::string where, std::string what, uint64_t other = 0) {
    faults_.add({.kind = kind,
                 .from = range.from,
                 .to = range.to,
                 .other = other,
                 .where = std::move(where),
                 .what = std::move(what)});
  }
  uint64_t covered() const { return trusted_ != nullptr ? trusted_->size() : 0; }
  bool given_up(uint64_t number) const {
    return std::ranges::any_of(given_up_, [&](const Range& r) { return r.from <= number && number < r.to; });
  }
  void give_up(Range range, const std::string& tile) {
    if (given_up(range.from)) return;
    range.to = std::min(range.to, std::max(covered(), range.from + 1));
    given_up_.push_back(range);
    add(Fault::Kind::altered, range, segment_name(spans_, range.from),
        fmt::format("some of these records are not those that were signed; {} does not tell which", tile));
  }
  void tile_fault(uint8_t level, uint64_t index, uint32_t width, bool there) {
    const uint64_t size = leaves_under(level);
    add(Fault::Kind::tile, {index * size, index * size + width * (size / kBundle)}, tile_path(level, index, width),
        there ? "the hash tile is not the one that was signed" : "the hash tile is missing or cut");
  }

  void upper(const TileId& id) {
    const uint64_t begin = id.index * leaves_under(id.level);
    if (given_up(begin)) return;
    const auto file = read_tile(layout_.folder, id.level, id.index, kBundle);
    std::optional<std::vector<Hash>> right;
    if (begin + leaves_under(id.level) <= covered()) {
      right = trusted_->tile(id.level, id.index);
      if (!right) return give_up({begin, begin + leaves_under(id.level)}, tile_path(id.level, id.index, kBundle));
    } else if (begin < covered()) {
      return;  // unfinished where it is vouched for: told by unfinished()
    } else {
      right.emplace();
      for (uint64_t i = 0; i < kBundle; ++i) {
        const auto below =
            read_tile(layout_.folder, static_cast<uint8_t>(id.level - 1), id.index * kBundle + i, kBundle);
        std::vector<Hash> hashes(kBundle);
        if (below) std::memcpy(hashes.data(), below->data(), below->size());
        right->push_back(root_of(hashes));
      }
    }
    if (!file || !std::ranges::equal(*file, octets_of(*right)))
      tile_fault(id.level, id.index, kBundle, file.has_value());
  }

  /// hashes gives those of a level-0 tile that are to be believed: vouched for, or those of the file where nothing
  /// vouches yet.
  std::optional<std::vector<Hash>> hashes(uint64_t index) {
    const uint64_t begin = index * kBundle;
    std::vector<Hash> all;
    if (begin < covered()) {
      auto right = trusted_->tile(0, index);
      if (!right) return {};
      all = std::move(*right);
    }
    const auto width = static_cast<uint32_t>(std::min(listed_.leaves - std::min(listed_.leaves, begin), kBundle));
    if (all.size() >= width) return all;
    if (const auto file = files_.tile(0, index, width)) {
      const size_t known = all.size();
      all.resize(width);
      std::memcpy(all.data() + known, file->data() + known * sizeof(Hash), (width - known) * sizeof(Hash));
    }
    return all;
  }
  void tiles(const Range& range) {
    std::optional<Range> records;
    for (uint64_t index = range.from; index < range.to; ++index) {
      const uint64_t begin = index * kBundle;
      const auto right = given_up(begin) ? std::nullopt : hashes(index);
      if (!right && !given_up(begin)) give_up({begin, begin + kBundle}, tile_path(0, index, kBundle));
      if (right && begin + kBundle <= std::max(covered(), scan_.tree / kBundle * kBundle)) compare(index, *right);
      if (records && (!right || right->empty())) {
        compare_records(*records);
        records.reset();
      }
      if (!right || right->empty()) continue;
      if (!records) records = {begin, begin};
      records->to = begin + right->size();
    }
    if (records) compare_records(*records);
  }
  void compare(uint64_t index, std::span<const Hash> right) {
    const auto file = read_tile(layout_.folder, 0, index, kBundle);
    if (file && right.size() == kBundle && std::ranges::equal(*file, octets_of(right))) return;
    // Where no checkpoint covers all of it, the tile may not have been written yet.
    if (!file && (index + 1) * kBundle > covered()) return;
    if (right.size() == kBundle || !file) tile_fault(0, index, kBundle, file.has_value());
  }
  void compare_records(const Range& range) {
    if (range.to <= scan_.first) return;
    std::optional<uint64_t> held;
    std::vector<Hash> tile;
    const Expected expected = [&](uint64_t number) -> std::optional<Hash> {
      if (held != number / kBundle) {
        held = number / kBundle;
        tile = hashes(*held).value_or(std::vector<Hash>{});
      }
      if (number % kBundle >= tile.size()) return {};
      return tile[number % kBundle];
    };
    const Range readable{std::max(range.from, scan_.first), range.to};
    std::vector<uint64_t> unreadable;
    auto gaps = align(walker_, expected, readable, readable.to >= std::max(covered(), listed_.leaves), unreadable);
    for (const uint64_t number : unreadable) {
      add(Fault::Kind::unreadable, {number, number + 1}, segment_name(spans_, number),
          "its CRC does not match, though the record is the one that was signed");
    }
    for (Gap& gap : gaps) {
      if (gaps_.size() < kMostGaps) {
        gaps_.push_back(std::move(gap));
      } else {
        name(gap);
      }
    }
  }

  void unfinished(const ListedTiles::Partial& partial) {
    const auto file = read_tile(layout_.folder, partial.level, partial.index, partial.width);
    const uint64_t begin = partial.index * leaves_under(partial.level);
    const auto right = begin < covered() ? trusted_->tile(partial.level, partial.index) : std::nullopt;
    bool same = file.has_value();
    for (uint64_t i = 0; same && i < partial.width; ++i) {
      const Bytes hash = Bytes(*file).subspan(i * sizeof(Hash), sizeof(Hash));
      if (right && i < right->size()) {
        same = std::ranges::equal(hash, (*right)[i]);
      } else if (partial.level > 0) {  // nothing vouches for it: it must fit the tile below
        const auto below =
            read_tile(layout_.folder, static_cast<uint8_t>(partial.level - 1), partial.index * kBundle + i, kBundle);
        std::vector<Hash> hashes(kBundle);
        if (below) std::memcpy(hashes.data(), below->data(), below->size());
        same = !below || std::ranges::equal(hash, root_of(hashes));
      }
    }
    if (!same) tile_fault(partial.level, partial.index, partial.width, file.has_value());
  }

  void lost(const Range& range) {
    if (range.to <= scan_.first) {
      add(Fault::Kind::tile, range, "tile/0", "hash tiles of pruned records are missing");
    } else if (range.from >= scan_.size) {
      add(Fault::Kind::cut, range, segment_name(spans_, range.from), "the records are missing, and their hashes too");
    } else {
      add(Fault::Kind::unreadable, range, segment_name(spans_, range.from),
          "the records are damaged or missing, and no hash tile knows them");
    }
  }

  /// name_gaps first finds records that only stand elsewhere: what misses a place and what misses a record may be one.
  void name_gaps() {
    std::map<Hash, std::pair<size_t, size_t>> missing;
    for (size_t g = 0; g < gaps_.size(); ++g) {
      for (size_t i = 0; i < gaps_[g].expected.size(); ++i) missing.emplace(gaps_[g].expected[i], std::pair(g, i));
    }
    std::map<std::pair<size_t, size_t>, bool> found;
    for (Gap& gap : gaps_) {
      for (size_t i = 0; i < gap.actual.size(); ++i) {
        const auto place = missing.find(gap.actual[i].hash);
        if (place == missing.end()) continue;
        const uint64_t belongs = gaps_[place->second.first].from + place->second.second;
        const uint64_t stands = gap.count > 0 ? gap.from + std::min<uint64_t>(i, gap.count - 1) : gap.actual[i].number;
        add(Fault::Kind::moved, {stands, stands + 1}, segment_name(spans_, stands),
            fmt::format("record {} stands here", belongs), belongs);
        found[place->second] = true;
        missing.erase(place);
        gap.actual[i].extra = true;
        gap.actual[i].hash = {};
      }
    }
    for (size_t g = 0; g < gaps_.size(); ++g) {
      name(gaps_[g], [&](uint64_t i) { return found.contains({g, i}); });
    }
  }
  void name(const Gap& gap, const std::function<bool(uint64_t)>& moved = {}) {
    size_t at = 0;
    const auto skip = [&] {
      while (at < gap.actual.size() && gap.actual[at].extra) ++at;
    };
    for (uint64_t i = 0; i < gap.count; ++i) {
      if (moved && moved(i)) continue;
      skip();
      const uint64_t number = gap.from + i;
      if (at == gap.actual.size() && i >= gap.expected.size()) {  // only a great hole has more numbers than hashes
        absent({number, gap.from + gap.count});
        break;
      }
      if (at == gap.actual.size()) {
        absent({number, number + 1});
      } else if (gap.actual[at++].good) {
        add(Fault::Kind::altered, {number, number + 1}, segment_name(spans_, number),
            number < covered() ? "not the record that was signed" : "not the record whose hash is in the tree");
      } else {
        add(Fault::Kind::unreadable, {number, number + 1}, segment_name(spans_, number),
            "the record is damaged: its CRC does not match");
      }
    }
    for (skip(); at < gap.actual.size(); ++at, skip()) {
      const uint64_t number = gap.actual[at].number;
      add(Fault::Kind::inserted, {number, number + 1}, segment_name(spans_, number), "nothing was signed here");
    }
  }
  void absent(Range range) {
    const Range inside{range.from, std::min(range.to, std::max(range.from, scan_.size))};
    const Range behind{inside.to, range.to};
    if (inside.from < inside.to) {
      add(Fault::Kind::removed, inside, segment_name(spans_, inside.from), "the records are missing");
    }
    if (behind.from < behind.to) {
      add(Fault::Kind::cut, behind, segment_name(spans_, behind.from), "the records are missing at the end");
    }
  }

  const Layout& layout_;
  const std::vector<Span>& spans_;
  const ListedTiles& listed_;
  const Scan& scan_;
  Walker& walker_;
  TrustedTiles* trusted_;
  Faults& faults_;
  DirectoryTiles files_;
  std::vector<Range> given_up_;
  std::vector<Gap> gaps_;
};

}  // namespace

void Faults::add(Fault fault) {
  const bool joins = fault.kind == Fault::Kind::altered || fault.kind == Fault::Kind::removed ||
                     fault.kind == Fault::Kind::inserted || fault.kind == Fault::Kind::unreadable ||
                     fault.kind == Fault::Kind::cut;
  for (Fault& other : faults_) {
    if (!joins || other.kind != fault.kind || other.to != fault.from || other.from == other.to) continue;
    other.to = fault.to;
    return;
  }
  if (faults_.size() < kMostFaults) {
    faults_.push_back(std::move(fault));
  } else {
    ++more_;
  }
}

void Faults::finish(VerifyReport& report) {
  std::ranges::stable_sort(faults_, {}, &Fault::from);
  report.faults = std::move(faults_);
  report.more_faults = more_;
}

std::string segment_name(const std::vector<Span>& spans, uint64_t number) {
  uint64_t first = spans.empty() ? 0 : spans.front().first;
  for (const Span& span : spans) {
    if (span.first <= number) first = span.first;
  }
  return fmt::format("segments/{:020}.seg", first);
}

void name_differences(const Layout& layout, const std::vector<Span>& spans, const ListedTiles& listed, const Scan& scan,
                      Walker& walker, TrustedTiles* trusted, Faults& faults) {
  Namer(layout, spans, listed, scan, walker, trusted, faults).run();
}

}  // namespace rampart::journal
