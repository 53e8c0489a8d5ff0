// Making a journal, and the keys of one.
#include <fmt/format.h>
#include <unistd.h>

#include <string>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "journal/journal.h"
#include "journal/sealer.h"

namespace rampart::journal {

namespace {

constexpr uint64_t kMostKeys = 1 << 20;  // octets of journal.vkeys: more changes than a century of days

std::unique_ptr<crypto::Signer> open_file(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0 ? crypto::open_key_file(path) : nullptr;
}

std::unique_ptr<crypto::Signer> open_token(const std::string& path) {
  const auto key = crypto::token_key_in(path);
  return key ? crypto::open_token_key(*key) : nullptr;
}

}  // namespace

void make_journal(const std::string& folder, const std::string& origin, crypto::Signer& signer,
                  const Settings& settings) {
  const Layout layout{folder};
  if (!good_name(origin)) {
    throw Error(fmt::format("\"{}\" cannot be the name of a journal", origin),
                "write 1 to 255 characters without white space and +, as \"waterworks/gw-1\"");
  }
  if (::access(layout.checkpoint().c_str(), F_OK) == 0 || !names_in(layout.segments()).empty()) {
    throw Error(fmt::format("{}: there is a journal already", folder), "choose another folder");
  }
  for (const std::string& path :
       {layout.segments(), layout.checkpoints(), layout.damaged(), folder + "/keys", folder + "/tile"}) {
    make_folders(path);
  }
  write_verifier_keys(layout, {{.name = origin, .key = signer.public_key()}});
  replace_file(layout.settings(), as_bytes(format(settings)));
  Note note{.text = format(Checkpoint{.origin = origin, .size = 0, .root = empty_root(), .extensions = {}}),
            .signatures = {}};
  sign(note, origin, signer);
  create_file(layout.checkpoint(), as_bytes(format(note)), 0644);  // last: with it there the journal is complete
}

std::unique_ptr<crypto::Signer> open_signer(const Layout& layout) {
  std::unique_ptr<crypto::Signer> file = open_file(layout.key_file());
  // A crash while a key in a file gave over to one in a token leaves both.
  if (file && file->public_key() == verifier_keys(layout).back().key) return file;
  std::unique_ptr<crypto::Signer> token = open_token(layout.key_token());
  if (token) return token;
  if (file) return file;
  throw Error(fmt::format("{}: the journal's signing key is not there", layout.key_file()),
              "`rampart init` makes a journal with its key; an existing one needs the key put back from a backup");
}

std::unique_ptr<crypto::Signer> open_next_signer(const Layout& layout) {
  std::unique_ptr<crypto::Signer> file = open_file(layout.next_key_file());
  return file ? std::move(file) : open_token(layout.next_key_token());
}

std::vector<VerifierKey> verifier_keys(const Layout& layout) {
  const std::optional<std::vector<uint8_t>> text = read_file(layout.verifier_keys(), kMostKeys);
  std::vector<VerifierKey> keys;
  for (const std::string_view line : split(text ? as_text(*text) : std::string_view(), '\n')) {
    if (line.empty()) continue;
    std::optional<VerifierKey> key = VerifierKey::parse(line);
    if (!key || key->type != VerifierKey::Type::note) {
      throw Error(fmt::format("{}: a line is no verifier key of a journal: {}", layout.verifier_keys(), line),
                  "put the file back from a backup");
    }
    keys.push_back(std::move(*key));
  }
  if (keys.empty()) {
    throw Error(fmt::format("{}: there is no journal here", layout.folder), "`rampart init` makes one");
  }
  return keys;
}

}  // namespace rampart::journal
