// `rampart journal`: the subcommands lie in journal_*.cpp, one file a family.
#include <CLI/CLI.hpp>

#include "apps/commands.h"

namespace rampart::apps {

void declare_journal(CLI::App& app, Chosen& chosen) {
  auto* journal = app.add_subcommand("journal", "Read, verify, export and look after a journal");
  journal->require_subcommand(1);
  declare_journal_show(*journal, chosen);
  declare_journal_proofs(*journal, chosen);
  declare_journal_witness(*journal, chosen);
  declare_journal_export(*journal, chosen);
  declare_journal_keys(*journal, chosen);
  declare_journal_care(*journal, chosen);
}

}  // namespace rampart::apps
