// `rampart backup` and `rampart restore`: one file with all that a node needs to begin again on an empty machine.
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/holding.h"
#include "apps/stop_signal.h"
#include "base/files.h"
#include "crypto/signature.h"
#include "journal/backup.h"

namespace rampart::apps {
namespace {

constexpr uint64_t kMostPassphrase = 4096;
constexpr size_t kLeastPassphrase = 12;

struct BackupArguments {
  std::string folder, file, passphrase_file;
  std::vector<std::string> plants, keys;
  bool no_keys = false;
};

/// Passphrase is wiped when it goes.
struct Passphrase {
  std::string text;
  Passphrase() = default;
  explicit Passphrase(std::string typed) : text(std::move(typed)) {}
  Passphrase(Passphrase&&) = default;
  Passphrase& operator=(Passphrase&&) = delete;
  ~Passphrase() { crypto::wipe({reinterpret_cast<uint8_t*>(text.data()), text.size()}); }
};

/// typed asks on the terminal, without echo, for one line.
Passphrase typed(const char* question) {
  const StopSignal stop;  // Ctrl-C must not leave the terminal without echo
  termios before{};
  tcgetattr(STDIN_FILENO, &before);
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  std::fputs(question, stderr);  // only now: what is typed from here on is not shown
  Passphrase line;
  line.text.reserve(kMostPassphrase);  // so that growing leaves no copies
  for (char c = 0; line.text.size() < kMostPassphrase && read(STDIN_FILENO, &c, 1) == 1 && c != '\n';) line.text += c;
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
  std::fputs("\n", stderr);
  if (stop.asked()) throw Error("stopped; nothing was done");
  return line;
}

Passphrase from_file(const std::string& path) {
  auto bytes = read_file(path, kMostPassphrase);
  if (!bytes) throw Error("cannot read " + path + ": there is no such file", "check --passphrase-file");
  const std::string_view text = as_text(*bytes);
  Passphrase line(std::string(text.substr(0, text.find_first_of("\r\n"))));
  crypto::wipe(*bytes);
  return line;
}

Passphrase passphrase_for_backup(const BackupArguments& arguments) {
  if (arguments.no_keys) return {};
  Passphrase first;
  if (!arguments.passphrase_file.empty()) {
    first.text = from_file(arguments.passphrase_file).text;
  } else if (isatty(STDIN_FILENO) == 1) {
    first.text = typed("Passphrase that seals keys and names: ").text;
    if (first.text != typed("The same again: ").text) throw UsageError("the two passphrases differ", "");
  } else {
    throw UsageError("a backup with keys needs a passphrase: --passphrase-file FILE",
                     "--no-keys leaves out the signing key and the names of persons");
  }
  if (first.text.size() < kLeastPassphrase) {
    throw UsageError("the passphrase is too short: at least " + std::to_string(kLeastPassphrase) + " characters", "");
  }
  return first;
}

int backup_command(const BackupArguments& arguments, const Clock& clock, std::string& out) {
  const Passphrase passphrase = passphrase_for_backup(arguments);
  const journal::Layout layout{arguments.folder};
  const auto held = open_journal(arguments.folder, {}, clock);
  const std::string by = caller(layout);
  held->checkpoint();
  const auto report =
      journal::backup(arguments.folder, arguments.file, {.extra = arguments.plants, .passphrase = passphrase.text});
  append(*held,
         records::JournalEvent{
             .when = clock.now(), .event = "backed-up", .reason = arguments.file, .person = by, .to = report.records},
         clock.now());
  held->close();
  out += "backed up " + std::to_string(report.records) + " records, " + std::to_string(report.files) + " files, " +
         std::to_string(report.octets) + " octets to " + arguments.file + "\n";
  out += report.keys ? "signing key and names are inside, sealed by the passphrase: without it they are lost\n"
                     : "signing key and names are NOT inside: what is restored from it can be read, not gone on with\n";
  return 0;
}

/// passphrase_for_restore is empty where none can be asked for: then keys and names stay sealed.
Passphrase passphrase_for_restore(const BackupArguments& arguments) {
  if (arguments.no_keys) return {};
  if (!arguments.passphrase_file.empty()) return from_file(arguments.passphrase_file);
  if (isatty(STDIN_FILENO) == 1) return typed("Passphrase of the backup (empty: without keys and names): ");
  return {};
}

int restore_command(const BackupArguments& arguments, const Clock& clock, std::string& out) {
  const auto trusted = require_keys(arguments.keys);
  const Passphrase passphrase = passphrase_for_restore(arguments);
  const auto report = journal::restore(arguments.file, arguments.folder, passphrase.text, trusted);
  out += "restored " + std::to_string(report.records) + " records, " + std::to_string(report.files) + " files, " +
         std::to_string(report.octets) + " octets to " + arguments.folder + "\n";
  if (trusted.empty()) {
    out += "no --key was given: nothing is damaged, but who made this backup is not proven\n";
  }
  if (!report.keys) {
    out += "there was no key to restore: the journal can be read and verified, not gone on with\n";
    return 0;
  }
  const auto held = open_journal(arguments.folder, {}, clock);
  const std::string by = caller({arguments.folder});
  append(*held,
         records::JournalEvent{
             .when = clock.now(), .event = "restored", .reason = arguments.file, .person = by, .to = report.records},
         clock.now());
  held->close();
  out +=
      "now: rampart journal verify " + arguments.folder + " --key KEY --checkpoint FILE, by what was kept elsewhere\n";
  return 0;
}

void add_common(CLI::App& command, BackupArguments& arguments) {
  command.add_option("--passphrase-file", arguments.passphrase_file,
                     "file whose first line is the passphrase; else it is asked for");
  command.add_flag("--no-keys", arguments.no_keys, "without signing key and names: no passphrase");
}

}  // namespace

void declare_backup(CLI::App& app, Chosen& chosen) {
  auto* backup = app.add_subcommand("backup", "Write a journal, its keys and the plant to one signed file");
  const auto backing = std::make_shared<BackupArguments>();
  backup->add_option("folder", backing->folder, "folder of the journal")->required();
  backup->add_option("file", backing->file, "file to write")->required();
  backup->add_option("--plant", backing->plants, "plant file to take along; may be given again")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_common(*backup, *backing);
  backup->callback([backing, &chosen] {
    chosen = [backing](std::string& out) {
      const SystemClock clock;
      return backup_command(*backing, clock, out);
    };
  });

  auto* restore = app.add_subcommand("restore", "Make a journal again from a backup, after checking all of it");
  const auto restoring = std::make_shared<BackupArguments>();
  restore->add_option("file", restoring->file, "backup")->required();
  restore->add_option("folder", restoring->folder, "empty or missing folder")->required();
  restore->add_option("--key", restoring->keys, "verifier key of the journal: proves who made the backup")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_common(*restore, *restoring);
  restore->callback([restoring, &chosen] {
    chosen = [restoring](std::string& out) {
      const SystemClock clock;
      return restore_command(*restoring, clock, out);
    };
  });
}

}  // namespace rampart::apps
