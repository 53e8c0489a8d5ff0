#include <sys/mman.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "journal/scan.h"
#include "records/stored.h"

namespace rampart::journal {
namespace {

constexpr uint64_t kMostRead = uint64_t{1} << 30;  // a segment larger than this is mapped even where it may still grow
constexpr uint64_t kMostMissing = 64;              // tiles: how far a stray file may lie beyond those that are there
constexpr int kDepth = 8;                          // folders of tile numbers: 3 digits each, 64 bits

/// read_number reads "x001" or "234", the elements of a tile's path.
std::optional<uint64_t> read_number(std::string_view name, bool folder) {
  if (name.size() != (folder ? 4 : 3) || (folder && name[0] != 'x')) return {};
  name.remove_prefix(folder ? 1 : 0);
  return std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; }) ? parse_number(name) : std::nullopt;
}

/// read_pack_name reads "00000000000001048576.tiles": the number of its first record.
std::optional<uint64_t> read_pack_name(std::string_view name) {
  const std::string_view digits = name.substr(0, 20);
  if (name.size() != 26 || !name.ends_with(".tiles") ||
      !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) {
    return {};
  }
  const auto first = parse_number(digits);
  return first && *first % (kPackTiles * kBundle) == 0 ? first : std::nullopt;
}

struct Level {
  uint64_t tiles = 0, end = 0;
};

void list_level(const std::string& folder, uint64_t above, int depth, uint8_t level, Level& full, ListedTiles& out) {
  for (const std::string& name : names_in(folder)) {
    if (const auto number = read_number(name, true); number && depth < kDepth) {
      list_level(folder + "/" + name, (above + *number) * 1000, depth + 1, level, full, out);
    } else if (const auto last = read_number(name, false)) {
      ++full.tiles;
      full.end = std::max(full.end, above + *last + 1);
    } else if (const auto first = level == 0 && depth == 1 ? read_pack_name(name) : std::nullopt) {
      std::error_code none;
      const uint64_t octets = std::filesystem::file_size(folder + "/" + name, none);
      const uint64_t tiles = none ? 0 : std::min(octets / kTileOctets, kPackTiles);
      full.tiles += tiles;
      if (tiles > 0) full.end = std::max(full.end, *first / kBundle + tiles);
    } else if (name.ends_with(".p")) {
      const auto index = read_number(std::string_view(name).substr(0, name.size() - 2), false);
      if (!index) continue;
      for (const std::string& digits : names_in(folder + "/" + name)) {
        const auto width = parse_number(digits);
        if (!width || *width == 0 || *width >= kBundle || digits != std::to_string(*width)) continue;
        out.partials.push_back({.level = level, .index = above + *index, .width = static_cast<uint32_t>(*width)});
      }
    }
  }
}

}  // namespace

std::vector<Span> spans_of(const Layout& layout) {
  std::vector<Span> spans;
  for (const SegmentName& segment : segments_of(layout)) {
    if (!spans.empty()) spans.back().until = segment.first;
    spans.push_back({.first = segment.first, .path = segment.path});
  }
  if (!spans.empty()) spans.back().last = true;
  return spans;
}

SegmentBytes::SegmentBytes(const Span& span) {
  std::error_code none;
  const uint64_t size = std::filesystem::file_size(span.path, none);
  if (none) {
    // Pruned since the folder was listed, or it cannot be read at all; a folder that cannot be is told by names_in.
    if (std::filesystem::exists(span.path, none)) throw Error(span.path + ": cannot be read");
    header_good_ = true;
    return;
  }
  if (span.last && size <= kMostRead) {
    if (auto bytes = read_file(span.path, kMostRead)) read_ = std::move(*bytes);
  } else {
    mapped_.emplace(span.path);
    const Bytes bytes = mapped_->bytes();
    if (!bytes.empty()) ::madvise(const_cast<uint8_t*>(bytes.data()), bytes.size(), MADV_SEQUENTIAL);
  }
  const auto header = parse_segment_header(all());
  // A crash can leave the newest segment without its header; there is nothing in it then.
  header_good_ = (header && header->first == span.first) || (span.last && all().size() < kSegmentHeader);
}

ListedTiles list_tiles(const Layout& layout) {
  ListedTiles out;
  for (uint8_t level = 0; level < 8; ++level) {
    Level full;
    list_level(layout.folder + "/tile/" + std::to_string(level), 0, 1, level, full, out);
    if (level == 0) out.leaves = std::min(full.end, 2 * full.tiles + kMostMissing) * kBundle;
  }
  for (const ListedTiles::Partial& partial : out.partials) {
    // An unfinished tile follows the finished ones at once.
    if (partial.level == 0 && partial.index <= out.leaves / kBundle) {
      out.leaves = std::max(out.leaves, partial.index * kBundle + partial.width);
    }
  }
  return out;
}

std::optional<Noted> noted(uint64_t number, Bytes record) {
  // The kind is the first field: map of few or many fields, key 0, number below 24. Decoding every record costs more
  // than hashing it.
  const size_t head = record.size() > 4 && record[0] == 0xb8 ? 2 : 1;
  if (record.size() <= head + 1 || record[0] < 0xa0 || record[0] > 0xb8 || record[head] != 0) return {};
  const uint8_t kind = record[head + 1];
  if (kind != static_cast<uint8_t>(records::Kind::key_change) &&
      kind != static_cast<uint8_t>(records::Kind::journal_event)) {
    return {};
  }
  const auto stored = records::Stored::decode(record);
  if (!stored) return {};
  Noted fact{.number = number, .leaf = leaf_hash(record), .before = {}, .after = {}};
  if (const auto* change = std::get_if<records::KeyChange>(&stored->fact())) {
    fact.before = change->before;
    fact.after = change->after;
    return fact;
  }
  const auto* event = std::get_if<records::JournalEvent>(&stored->fact());
  if (event == nullptr || event->event != "pruned") return {};
  fact.pruned_to = event->to;
  return fact;
}

}  // namespace rampart::journal
