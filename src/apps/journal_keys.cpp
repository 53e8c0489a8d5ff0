// The keys of a journal: `rampart init` makes the first, `rampart journal rotate-key` the next.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/holding.h"
#include "base/files.h"
#include "base/text.h"

namespace rampart::apps {
namespace {

constexpr uint32_t kMostDays = 36'500;
constexpr uint64_t kLeastOctets = uint64_t{32} << 20;

struct InitArguments {
  std::string folder, name, pkcs11, most_size;
  std::optional<uint32_t> keep_days;
};

journal::Settings settings_of(const InitArguments& arguments) {
  journal::Settings settings;
  settings.keep_days = arguments.keep_days.value_or(settings.keep_days);
  if (arguments.most_size.empty()) return settings;
  const auto octets = parse_octets(arguments.most_size);
  if (!octets || *octets < kLeastOctets) {
    throw UsageError("--most-size: '" + arguments.most_size + "' is no size that a journal can have",
                     "write a number and a unit, as 4GiB or 500MB; at least 32MiB");
  }
  settings.most_octets = *octets;
  return settings;
}

/// make_key makes a key in the token that `pkcs11` names, and the file that names it, or where it is empty a key file.
std::unique_ptr<crypto::Signer> make_key(const std::string& pkcs11, const std::string& file, const std::string& token) {
  if (pkcs11.empty()) return crypto::make_key_file(file);
  const crypto::TokenKey key = crypto::TokenKey::parse(pkcs11);
  auto signer = crypto::make_token_key(key);
  create_file(token, as_bytes(key.text() + "\n"), 0600);
  return signer;
}

int init_command(const InitArguments& arguments, std::string& out) {
  if (!journal::good_name(arguments.name)) {
    throw UsageError("--name: '" + arguments.name + "' cannot name a journal",
                     "a name has no spaces and no plus, as waterworks/sensor-1: the plant, then this node");
  }
  const journal::Settings settings = settings_of(arguments);
  const journal::Layout layout{arguments.folder};
  if (!names_in(arguments.folder).empty()) {
    throw Error("cannot make a journal in " + arguments.folder + ": it is not empty",
                "choose a folder that does not exist yet; nothing was changed");
  }
  make_folders(layout.folder + "/keys");
  const auto signer = make_key(arguments.pkcs11, layout.key_file(), layout.key_token());
  journal::make_journal(layout.folder, arguments.name, *signer, settings);
  const std::string key =
      journal::VerifierKey{arguments.name, journal::VerifierKey::Type::note, signer->public_key()}.text();
  out += "made the journal " + arguments.name + " in " + layout.folder + "\n\nIts verifier key:\n\n  " + key +
         "\n\nKeep that line where nobody who can write " + layout.folder +
         " can change it: on paper, with the auditor.\nWith it anybody can tell whether the journal is what was "
         "written:\n" +
         "  rampart journal verify " + layout.folder + " --key '" + key + "'\n\n";
  if (arguments.pkcs11.empty()) {
    out += "The signing key is " + layout.key_file() + ", for its owner only. `rampart backup` keeps it, sealed.\n";
  } else {
    out += "The signing key stays in the token; " + layout.key_token() + " says which. No backup can hold it.\n";
  }
  out += "Retention and limits: " + layout.settings() + "\n";
  out += "Next: rampart watch plant.yaml --read capture.pcap --journal " + layout.folder + "\n";
  return 0;
}

struct RotateArguments {
  std::string folder, reason, pkcs11;
};

int rotate_command(const RotateArguments& arguments, const Clock& clock, std::string& out) {
  if (trim(arguments.reason).empty()) throw UsageError("--reason: say why the key changes", "it becomes a record");
  const journal::Layout layout{arguments.folder};
  const auto held = open_journal(arguments.folder, {}, clock);
  const std::string person = caller(layout);
  // What an attempt that failed left behind: opening the journal has completed whatever was under way.
  std::remove(layout.next_key_file().c_str());
  std::remove(layout.next_key_token().c_str());
  held->change_key(make_key(arguments.pkcs11, layout.next_key_file(), layout.next_key_token()), arguments.reason,
                   person);
  held->close();
  const auto keys = journal::verifier_keys(layout);
  out += "the journal " + arguments.folder + " signs by another key from now on; its verifier key:\n\n  " +
         keys.back().text() + "\n\nThe old key signed it in: who trusts\n\n  " + keys.front().text() +
         "\n\nneed not change anything. If the old key may be known to others, give the new one to all who verify,\n" +
         "and a checkpoint from before (`rampart journal verify --checkpoint`).\n";
  return 0;
}

}  // namespace

void declare_init(CLI::App& app, Chosen& chosen) {
  auto* init = app.add_subcommand("init", "Make a journal: its folder, its signing key, its settings");
  const auto arguments = std::make_shared<InitArguments>();
  init->add_option("folder", arguments->folder, "folder that does not exist yet, or is empty")->required();
  init->add_option("--name", arguments->name, "name for good, as waterworks/sensor-1")->required();
  init->add_option("--pkcs11", arguments->pkcs11,
                   "make the key in a token: pkcs11:token=..;object=..?module-path=..&pin-source=..");
  init->add_option("--keep-days", arguments->keep_days, "days that records are kept (365)")
      ->check(CLI::Range(uint32_t{1}, kMostDays));
  init->add_option("--most-size", arguments->most_size, "octets that they may take (4GiB)");
  init->callback(
      [arguments, &chosen] { chosen = [arguments](std::string& out) { return init_command(*arguments, out); }; });
}

void declare_journal_keys(CLI::App& journal, Chosen& chosen) {
  auto* rotate = journal.add_subcommand("rotate-key", "Sign by a new key from now on; the old one vouches for it");
  const auto arguments = std::make_shared<RotateArguments>();
  rotate->add_option("folder", arguments->folder, "folder of the journal")->required();
  rotate->add_option("--reason", arguments->reason, "why, in words")->required();
  rotate->add_option("--pkcs11", arguments->pkcs11, "make the new key in a token (RFC 7512 URI)");
  rotate->callback([arguments, &chosen] {
    chosen = [arguments](std::string& out) {
      const SystemClock clock;
      return rotate_command(*arguments, clock, out);
    };
  });
}

}  // namespace rampart::apps
