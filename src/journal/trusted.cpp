#include "journal/trusted.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "journal/peaks.h"

namespace rampart::journal {
namespace {

constexpr int kKinds = 3;             // where hashes may come from: see candidate()
constexpr size_t kMostFound = 256;    // tiles that are remembered: 2 MiB
constexpr size_t kMostDoubtful = 10;  // hashes of a tile that are tried both ways

uint32_t edge_width(uint64_t size, uint8_t level) { return static_cast<uint32_t>((size >> (8 * level)) % kBundle); }
uint64_t edge_index(uint64_t size, uint8_t level) { return (size >> (8 * level)) / kBundle; }

/// mixed looks for hashes that fit, taking some from one and some from the other: where a record and its tile were both
/// touched, but not in the same place.
std::optional<std::vector<Hash>> mixed(const std::vector<Hash>& one, const std::vector<Hash>& other,
                                       const Hash& wanted) {
  std::vector<size_t> doubtful;
  for (size_t i = 0; i < one.size(); ++i) {
    if (one[i] != other[i]) doubtful.push_back(i);
  }
  if (doubtful.size() > kMostDoubtful) return {};
  for (uint32_t choice = 0; choice < uint32_t{1} << doubtful.size(); ++choice) {
    std::vector<Hash> hashes = one;
    for (size_t i = 0; i < doubtful.size(); ++i) {
      if ((choice >> i & 1) != 0) hashes[doubtful[i]] = other[doubtful[i]];
    }
    if (root_of(hashes) == wanted) return hashes;
  }
  return {};
}

}  // namespace

TrustedTiles::TrustedTiles(const Layout& layout, const Scan& scan, Walker& walker, uint64_t size, const Hash& root)
    : scan_(scan), walker_(walker), files_(layout.folder), size_(size) {
  good_ = find_edges(root);
}

TrustedTiles::Hashes TrustedTiles::from_file(uint8_t level, uint64_t index, uint32_t width) {
  const auto octets = files_.tile(level, index, width);
  if (!octets) return {};
  std::vector<Hash> hashes(width);
  std::memcpy(hashes.data(), octets->data(), octets->size());
  return hashes;
}

TrustedTiles::Hashes TrustedTiles::from_tiles(uint8_t level, uint64_t index, uint32_t width) {
  if (level == 0) return {};
  std::vector<Hash> hashes;
  for (uint64_t i = 0; i < width; ++i) {
    const auto below = from_file(static_cast<uint8_t>(level - 1), index * kBundle + i, kBundle);
    hashes.push_back(below ? root_of(*below) : Hash{});
  }
  return hashes;
}

TrustedTiles::Hashes TrustedTiles::from_records(uint8_t level, uint64_t index, uint32_t width) {
  std::vector<Hash> hashes;
  for (uint64_t i = index * kBundle; i < index * kBundle + width; ++i) {
    if (level == 0) {
      hashes.push_back(walker_.leaf(i).value_or(Hash{}));
    } else if (level == 1) {
      const auto below = from_records(0, i, kBundle);
      hashes.push_back(below ? root_of(*below) : Hash{});
    } else if (level == 2 && i < scan_.blocks.size()) {
      hashes.push_back(scan_.blocks[i]);
    } else {
      return {};
    }
  }
  return hashes;
}

TrustedTiles::Hashes TrustedTiles::candidate(int kind, uint8_t level, uint64_t index, uint32_t width) {
  if (kind == 0) return from_file(level, index, width);
  return kind == 1 ? from_tiles(level, index, width) : from_records(level, index, width);
}

bool TrustedTiles::find_edges(const Hash& root) {
  std::vector<uint8_t> levels;
  for (uint8_t level = 0; level < 8; ++level) {
    if (edge_width(size_, level) > 0) levels.push_back(level);
  }
  std::map<std::pair<uint8_t, int>, Hashes> candidates;
  uint32_t choices = 1;
  for (size_t i = 0; i < levels.size(); ++i) choices *= kKinds;
  for (uint32_t choice = 0; choice < choices; ++choice) {
    std::map<uint8_t, std::vector<Hash>> edges;
    uint32_t rest = choice;
    for (const uint8_t level : levels) {
      const int kind = static_cast<int>(rest % kKinds);
      rest /= kKinds;
      const auto [place, is_new] = candidates.try_emplace({level, kind});
      if (is_new) place->second = candidate(kind, level, edge_index(size_, level), edge_width(size_, level));
      if (!place->second) break;
      edges[level] = *place->second;
    }
    if (edges.size() < levels.size()) continue;
    std::optional<Hash> right;
    for (const auto& [level, hashes] : edges) {
      Peaks peaks;
      for (const Hash& hash : hashes) peaks.push(hash);
      right = peaks.root(right);
    }
    if (right.value_or(empty_root()) != root) continue;
    edges_ = std::move(edges);
    return true;
  }
  return false;
}

TrustedTiles::Hashes TrustedTiles::fitting(uint8_t level, uint64_t index, const Hash& wanted) {
  std::array<Hashes, kKinds> candidates;
  for (int kind = 0; kind < kKinds; ++kind) {
    candidates[static_cast<size_t>(kind)] = candidate(kind, level, index, kBundle);
    const Hashes& hashes = candidates[static_cast<size_t>(kind)];
    if (hashes && root_of(*hashes) == wanted) return hashes;
  }
  for (size_t one = 0; one < kKinds; ++one) {
    for (size_t other = one + 1; other < kKinds; ++other) {
      if (!candidates[one] || !candidates[other]) continue;
      if (auto hashes = mixed(*candidates[one], *candidates[other], wanted)) return hashes;
    }
  }
  return {};
}

TrustedTiles::Hashes TrustedTiles::tile(uint8_t level, uint64_t index) {
  if (!good_ || level > 7 || index > edge_index(size_, level)) return {};
  if (index == edge_index(size_, level)) {
    const auto edge = edges_.find(level);
    return edge == edges_.end() ? Hashes{} : edge->second;
  }
  if (const auto known = found_.find({level, index}); known != found_.end()) return known->second;
  const Hashes above = tile(static_cast<uint8_t>(level + 1), index / kBundle);
  Hashes hashes = above ? fitting(level, index, (*above)[index % kBundle]) : Hashes{};
  if (found_.size() > kMostFound) found_.clear();
  return found_.emplace(TileId{level, index}, std::move(hashes)).first->second;
}

}  // namespace rampart::journal
