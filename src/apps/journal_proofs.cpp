// `rampart journal verify`, `prove` and `checkpoint`: is it what was written, and what shows that to others.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/holding.h"
#include "apps/output.h"
#include "apps/progress.h"
#include "base/files.h"
#include "base/text.h"
#include "journal/verify.h"
#include "journal/witness.h"
#include "records/json.h"
#include "records/view.h"

namespace rampart::apps {
namespace {

constexpr uint64_t kMostNote = 1'000'000;
constexpr uint64_t kMostProof = uint64_t{4} << 20;
constexpr int kDiffers = 3;

struct VerifyArguments {
  std::string folder, checkpoint, proof, record;
  std::vector<std::string> keys, witnesses;
  bool json = false;
};

void add_number(std::string& out, std::string_view name, uint64_t value) {
  out += ",\"" + std::string(name) + "\":" + std::to_string(value);
}

void add_text(std::string& out, std::string_view name, std::string_view value) {
  out += ",\"" + std::string(name) + "\":";
  append_json_text(out, value);
}

void append_json(std::string& out, const journal::VerifyReport& report) {
  out += std::string("{\"good\":") + (report.good() ? "true" : "false");
  add_number(out, "first", report.first);
  add_number(out, "size", report.size);
  add_number(out, "records", report.records);
  add_number(out, "octets", report.octets);
  add_number(out, "pruned", report.pruned);
  add_number(out, "signed_size", report.signed_size);
  add_number(out, "witnessed_size", report.witnessed_size);
  add_number(out, "unsigned_records", report.unsigned_records);
  out += std::string(",\"own_key\":") + (report.own_key ? "true" : "false");
  add_text(out, "root", report.root);
  out += ",\"keys\":[";
  for (size_t i = 0; i < report.keys.size(); ++i) {
    if (i > 0) out += ',';
    append_json_text(out, report.keys[i].text());
  }
  out += "],\"faults\":[";
  for (size_t i = 0; i < report.faults.size(); ++i) {
    const journal::Fault& fault = report.faults[i];
    out += (i > 0 ? ",{\"kind\":\"" : "{\"kind\":\"") + std::string(to_text(fault.kind)) + "\"";
    add_number(out, "from", fault.from);
    add_number(out, "to", fault.to);
    if (fault.kind == journal::Fault::Kind::moved) add_number(out, "belongs_at", fault.other);
    add_text(out, "where", fault.where);
    add_text(out, "what", fault.what);
    out += '}';
  }
  out += "]";
  add_number(out, "more_faults", report.more_faults);
  out += "}\n";
}

int verify_proof(const VerifyArguments& arguments, std::string& out) {
  const auto keys = require_keys(arguments.keys);
  if (keys.empty()) {
    throw UsageError("--proof needs --key: a proof is worth what the key is that signed it",
                     "give the verifier key that `rampart init` printed");
  }
  const auto proof = journal::parse_proof(read_input(arguments.proof, kMostProof));
  if (!proof) {
    throw Error(arguments.proof + " is no proof (c2sp.org/tlog-proof@v1)", "`rampart journal prove` makes one");
  }
  const std::string wrong = journal::check_proof(*proof, keys);
  if (!wrong.empty()) {
    std::fprintf(stderr, "rampart: the proof does not hold: %s\n", wrong.c_str());
    return kDiffers;
  }
  const auto stored = records::Stored::decode(proof->extra);
  out +=
      "the proof holds: the journal " + keys.front().name + " has, as record " + std::to_string(proof->index) + ",\n";
  if (stored) {
    records::append_line(out, *stored, proof->index);
  } else {
    out += "a record of a form that this version does not know";
  }
  if (!out.ends_with('\n')) out += '\n';
  return 0;
}

/// tell records the result as evidence, for who assesses levels. Errors: throws Error.
void tell(const std::string& folder, const journal::VerifyReport& report) {
  const SystemClock clock;
  const std::string text =
      report.good() ? std::to_string(report.records) + " records are as they were signed" : report.faults.front().what;
  const auto held = open_journal(folder, {}, clock);
  append(*held,
         records::Evidence{.when = clock.now(),
                           .fact = "journal-verified",
                           .scope = "journal",
                           .holds = report.good(),
                           .origin = "rampart journal verify",
                           .text = text,
                           .count = report.records},
         clock.now());
  held->close();
}

int verify_command(const VerifyArguments& arguments, std::string& out) {
  if (arguments.folder.empty() == arguments.proof.empty()) {
    throw UsageError("give the folder of a journal, or --proof FILE", "");
  }
  if (!arguments.proof.empty()) return verify_proof(arguments, out);
  journal::VerifyOptions options;
  options.trusted = require_keys(arguments.keys);
  options.witnesses = require_keys(arguments.witnesses);
  if (!arguments.checkpoint.empty()) options.older_checkpoint = read_input(arguments.checkpoint, kMostNote);
  ProgressBar bar(true, "records");
  options.progress = [&](uint64_t done, uint64_t all) { bar.show({.read = done, .total = all}, done); };
  const journal::VerifyReport report = journal::verify(arguments.folder, options);
  bar.clear();
  if (!arguments.record.empty()) tell(arguments.record, report);
  if (arguments.json) {
    append_json(out, report);
  } else {
    journal::append_text(out, report);
  }
  return report.good() ? 0 : kDiffers;
}

struct ProveArguments {
  std::string folder, file = "-";
  uint64_t number = 0;
};

int prove_command(const ProveArguments& arguments, const Clock& clock) {
  Reading reading(arguments.folder, "prove", {}, arguments.file == "-" ? "standard output" : arguments.file, clock);
  const std::string text = journal::format(journal::prove(arguments.folder, arguments.number));
  recorded(reading, [&] {
    Output output(arguments.file);
    output.text() = text;
    reading.saw(arguments.number);
    output.close();
  });
  return 0;
}

struct CheckpointArguments {
  std::string folder, add, witness;
  std::optional<uint64_t> since;
};

int add_cosignatures(const CheckpointArguments& arguments, std::string& out) {
  if (arguments.witness.empty()) throw UsageError("--add needs --witness: the key of the witness who signed", "");
  const auto keys = require_keys({arguments.witness});
  const std::string lines = read_input(arguments.add, kMostNote);
  require_own(arguments.folder);
  if (!journal::add_cosignatures({arguments.folder}, lines, keys.front())) {
    throw Error("no line of " + arguments.add + " is a cosignature by " + keys.front().name + " of a checkpoint that " +
                    arguments.folder + " has",
                "what `rampart journal checkpoint " + arguments.folder + " --since SIZE` printed is what it must sign");
  }
  out += "a checkpoint of " + arguments.folder + " is witnessed by " + keys.front().name + "\n";
  return 0;
}

/// sign_now makes a new checkpoint where the journal is ours to open; where another process has it, that one signs.
void sign_now(const std::string& folder, const Clock& clock) {
  std::unique_ptr<journal::Journal> held;
  try {
    held = open_journal(folder, {}, clock);
  } catch (const Error& error) {
    const std::string_view why = error.what();
    std::fprintf(stderr, "rampart: the newest checkpoint there is, not a new one: %.*s\n",
                 static_cast<int>(why.substr(0, why.find('\n')).size()), why.data());
    return;
  }
  held->checkpoint();
  held->close();
}

int checkpoint_command(const CheckpointArguments& arguments, const Clock& clock, std::string& out) {
  if (!arguments.add.empty()) return add_cosignatures(arguments, out);
  if (!arguments.witness.empty()) throw UsageError("--witness goes with --add FILE", "");
  journal::verifier_keys({arguments.folder});  // an error where it is no journal
  sign_now(arguments.folder, clock);
  if (arguments.since) {
    const std::string request = journal::make_request(arguments.folder, *arguments.since);
    require_own(arguments.folder);
    journal::keep_request({arguments.folder}, request);
    out += request;
    return 0;
  }
  const auto note = read_file(journal::Layout{arguments.folder}.checkpoint(), kMostNote);
  if (!note) throw Error(arguments.folder + " has no checkpoint", "is it the folder of a journal?");
  out += as_text(*note);
  return 0;
}

void declare_verify(CLI::App& journal, Chosen& chosen) {
  auto* verify = journal.add_subcommand("verify", "Is the journal, or a proof, what was signed? Status 3 where not");
  const auto arguments = std::make_shared<VerifyArguments>();
  verify->add_option("folder", arguments->folder, "folder of the journal, or of a copy");
  verify->add_option("--key", arguments->keys, "verifier key or a file of them; without it the journal's own")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verify->add_option("--witness", arguments->witnesses, "verifier key of a witness")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verify->add_option("--checkpoint", arguments->checkpoint, "checkpoint kept elsewhere: must be a part of it");
  verify->add_option("--proof", arguments->proof, "a proof of one record instead of a folder (- is standard input)");
  verify->add_flag("--json", arguments->json, "the report as JSON");
  verify->add_option("--record", arguments->record,
                     "folder of a journal that is told the result, as evidence of SR 3.3");
  verify->callback(
      [arguments, &chosen] { chosen = [arguments](std::string& out) { return verify_command(*arguments, out); }; });
}

}  // namespace

void declare_journal_proofs(CLI::App& journal, Chosen& chosen) {
  declare_verify(journal, chosen);

  auto* prove = journal.add_subcommand("prove", "Prove to others that one record is in the journal");
  const auto proving = std::make_shared<ProveArguments>();
  prove->add_option("folder", proving->folder, "folder of the journal")->required();
  prove->add_option("number", proving->number, "record number")->required();
  prove->add_option("-o", proving->file, "file to write");
  prove->callback([proving, &chosen] {
    chosen = [proving](std::string&) {
      const SystemClock clock;
      return prove_command(*proving, clock);
    };
  });

  auto* checkpoint = journal.add_subcommand("checkpoint", "Print the newest signed checkpoint, to be kept elsewhere");
  const auto checking = std::make_shared<CheckpointArguments>();
  checkpoint->add_option("folder", checking->folder, "folder of the journal")->required();
  checkpoint->add_option("--since", checking->since, "print a request to a witness that saw so many records last");
  checkpoint->add_option("--add", checking->add, "put a witness's signature lines under it (- is standard input)");
  checkpoint->add_option("--witness", checking->witness, "verifier key of that witness");
  checkpoint->callback([checking, &chosen] {
    chosen = [checking](std::string& out) {
      const SystemClock clock;
      return checkpoint_command(*checking, clock, out);
    };
  });
}

}  // namespace rampart::apps
