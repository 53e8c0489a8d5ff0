// `rampart journal witness`: cosigns another journal's checkpoint once it has seen that it only grew.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "base/files.h"
#include "journal/witness.h"

namespace rampart::apps {
namespace {

constexpr uint64_t kMostRequest = 1'000'000;

struct WitnessArguments {
  std::string folder, name, key, pkcs11, request;
  std::vector<std::string> trusted;
  bool make_key = false;
};

std::unique_ptr<crypto::Signer> signer_of(const WitnessArguments& arguments) {
  if (arguments.key.empty() == arguments.pkcs11.empty()) {
    throw UsageError("give the witness's own key: --key FILE or --pkcs11 URI", "--make-key makes it");
  }
  if (!arguments.pkcs11.empty()) {
    const crypto::TokenKey key = crypto::TokenKey::parse(arguments.pkcs11);
    return arguments.make_key ? crypto::make_token_key(key) : crypto::open_token_key(key);
  }
  return arguments.make_key ? crypto::make_key_file(arguments.key) : crypto::open_key_file(arguments.key);
}

int say(const journal::Witness::Answer& answer, std::string& out) {
  using Kind = journal::Witness::Answer::Kind;
  switch (answer.kind) {
    case Kind::cosigned:
      out += answer.lines;
      return 0;
    case Kind::fork:
      std::fprintf(stderr, "rampart: NOT cosigned, the journal is not what it was: %s\n", answer.what.c_str());
      return 3;
    case Kind::other_size:
      std::fprintf(stderr, "rampart: not cosigned: %s\n  make the request with --since %llu\n", answer.what.c_str(),
                   static_cast<unsigned long long>(answer.size));
      return 1;
    case Kind::unknown_origin:
    case Kind::not_signed:
    case Kind::bad_request:
      std::fprintf(stderr, "rampart: not cosigned: %s\n", answer.what.c_str());
      return 1;
  }
  return 1;
}

int witness_command(const WitnessArguments& arguments, const Clock& clock, std::string& out) {
  if (!journal::good_name(arguments.name)) {
    throw UsageError("--name: '" + arguments.name + "' cannot name a witness", "a name has no spaces and no plus");
  }
  if (arguments.request.empty() && !arguments.make_key) {
    throw UsageError("give a request, or - for standard input",
                     "`rampart journal checkpoint DIR --since SIZE` prints one; --make-key alone makes the key");
  }
  const auto trusted = require_keys(arguments.trusted);
  if (!arguments.request.empty() && trusted.empty()) {
    throw UsageError("--trust: give the verifier keys of the journals that are witnessed", "");
  }
  const std::string request = arguments.request.empty() ? "" : read_input(arguments.request, kMostRequest);
  make_folders(arguments.folder);
  const auto signer = signer_of(arguments);
  if (arguments.make_key) {
    std::fprintf(stderr, "rampart: the verifier key of this witness, for those who verify by it:\n%s\n",
                 journal::VerifierKey{arguments.name, journal::VerifierKey::Type::cosignature, signer->public_key()}
                     .text()
                     .c_str());
  }
  if (request.empty()) return 0;
  journal::Witness witness(arguments.folder, arguments.name, *signer, clock);
  return say(witness.add(request, trusted), out);
}

}  // namespace

void declare_journal_witness(CLI::App& journal, Chosen& chosen) {
  auto* witness = journal.add_subcommand("witness", "Cosign another journal's checkpoint; status 3 where it is a fork");
  const auto arguments = std::make_shared<WitnessArguments>();
  witness->add_option("state", arguments->folder, "folder that keeps what was seen")->required();
  witness->add_option("request", arguments->request, "request of a journal (- is standard input)");
  witness->add_option("--name", arguments->name, "name of this witness, as city/witness")->required();
  witness->add_option("--key", arguments->key, "file of its signing key");
  witness->add_option("--pkcs11", arguments->pkcs11, "its signing key in a token (RFC 7512 URI)");
  witness->add_flag("--make-key", arguments->make_key, "make that key first and print its verifier key");
  witness->add_option("--trust", arguments->trusted, "verifier key of a journal, or a file of them")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  witness->callback([arguments, &chosen] {
    chosen = [arguments](std::string& out) {
      const SystemClock clock;
      return witness_command(*arguments, clock, out);
    };
  });
}

}  // namespace rampart::apps
