// What main() and the files of commands agree on: each family declares its subcommands, and the one that was asked for
// says what is to run once the whole command line has been read.
#pragma once

#include <functional>
#include <string>

#include "base/error.h"

namespace CLI {
class App;
}

namespace rampart::apps {

/// Chosen runs what was asked for. `out` goes to standard output when it ends; the result is the exit status.
using Chosen = std::function<int(std::string& out)>;

/// UsageError: it was asked wrongly, exit status 2. Any other Error is 1.
class UsageError : public Error {
 public:
  using Error::Error;
};

void declare_discover(CLI::App& app, Chosen& chosen);
void declare_firewall(CLI::App& app, Chosen& chosen);
void declare_init(CLI::App& app, Chosen& chosen);
void declare_journal(CLI::App& app, Chosen& chosen);
void declare_backup(CLI::App& app, Chosen& chosen);
void declare_pki(CLI::App& app, Chosen& chosen);
void declare_levels(CLI::App& app, Chosen& chosen);  // levels, diff
void declare_state(CLI::App& app, Chosen& chosen);

// The subcommands of `rampart journal`.
void declare_journal_show(CLI::App& journal, Chosen& chosen);    // show, follow
void declare_journal_export(CLI::App& journal, Chosen& chosen);  // export
void declare_journal_proofs(CLI::App& journal, Chosen& chosen);  // verify, prove, checkpoint
void declare_journal_witness(CLI::App& journal, Chosen& chosen);
void declare_journal_keys(CLI::App& journal, Chosen& chosen);  // rotate-key
void declare_journal_care(CLI::App& journal, Chosen& chosen);  // persons, forget, prune

}  // namespace rampart::apps
