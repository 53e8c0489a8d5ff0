#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "journal/reader.h"
#include "journal/tile_files.h"
#include "journal/verify.h"

namespace rampart::journal {

Proof prove(const std::string& folder, uint64_t number) {
  const Layout layout{folder};
  const auto text = read_file(layout.checkpoint(), 1'000'000);
  const auto note = text ? parse_note(as_text(*text)) : std::nullopt;
  const auto checkpoint = note ? parse_checkpoint(note->text) : std::nullopt;
  if (!checkpoint) throw Error(layout.checkpoint() + " is no signed checkpoint", "see what `journal verify` says");
  if (number >= checkpoint->size) {
    throw Error(fmt::format("record {} is not covered by a checkpoint yet: the newest has {} records", number,
                            checkpoint->size));
  }
  Reader reader(folder);
  reader.seek(number);
  Reader::Item item;
  if (!reader.next(item) || item.number != number) {
    throw Error(fmt::format("record {} is not here: it was pruned or is damaged", number),
                "see what `journal verify` says");
  }
  DirectoryTiles tiles(folder);
  auto hashes = inclusion_proof(tiles, number, checkpoint->size);
  if (!hashes || !check_inclusion(*hashes, number, checkpoint->size, leaf_hash(item.record), checkpoint->root)) {
    throw Error(fmt::format("record {} is not the one that was signed, or its hash tiles are damaged", number),
                "see what `journal verify` says");
  }
  return {.index = number,
          .extra = {item.record.begin(), item.record.end()},
          .hashes = std::move(*hashes),
          .checkpoint = std::string(as_text(*text))};
}

std::string check_proof(const Proof& proof, const std::vector<VerifierKey>& trusted) {
  const auto note = parse_note(proof.checkpoint);
  const auto checkpoint = note ? parse_checkpoint(note->text) : std::nullopt;
  if (!checkpoint) return "it carries no signed checkpoint";
  const bool is_signed = std::ranges::any_of(trusted, [&](const VerifierKey& key) {
    return key.type == VerifierKey::Type::note && key.name == checkpoint->origin && verified(*note, key);
  });
  if (!is_signed) return "its checkpoint is signed by no trusted key";
  if (proof.extra.empty()) return "it carries no record";
  if (!check_inclusion(proof.hashes, proof.index, checkpoint->size, leaf_hash(proof.extra), checkpoint->root)) {
    return fmt::format("its record is not record {} of the journal that was signed", proof.index);
  }
  return {};
}

}  // namespace rampart::journal
