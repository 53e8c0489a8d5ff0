// `rampart journal persons`, `forget` and `prune`: names that stay out of the records, and what is no longer wanted.
#include <CLI/CLI.hpp>
#include <memory>

#include "apps/commands.h"
#include "apps/holding.h"
#include "journal/blobs.h"
#include "journal/persons.h"
#include "journal/reader.h"

namespace rampart::apps {
namespace {

int persons_command(const std::string& folder, const Clock& clock, std::string& out) {
  const journal::Reader reader(folder);  // an error where it is no journal
  Reading reading(folder, "persons", {}, "standard output", clock);
  recorded(reading, [&] {
    const journal::Persons persons({folder});
    for (const auto& [identifier, name] : persons.all()) out += identifier + "  " + name + "\n";
  });
  return 0;
}

int forget_command(const std::string& folder, const std::string& person, const Clock& clock, std::string& out) {
  const auto held = open_journal(folder, {}, clock);
  const std::string by = caller({folder});
  journal::Persons persons({folder});
  std::string identifier = person;
  for (const auto& [known, name] : persons.all()) {
    if (name == person) identifier = known;
  }
  if (!persons.erase(identifier)) {
    throw Error("nobody called '" + person + "' is in the table of names of " + folder,
                "`rampart journal persons " + folder + "` shows who is");
  }
  append(*held,
         records::JournalEvent{
             .when = clock.now(), .event = "name-erased", .reason = identifier, .person = by, .count = 1},
         clock.now());
  held->close();
  out += "the name of " + identifier + " is forgotten; its records stay, tied to nobody\n" +
         "  backups made before still have the name\n";
  return 0;
}

int prune_command(const std::string& folder, const Clock& clock, std::string& out) {
  const journal::Layout layout{folder};
  const auto held = open_journal(folder, {}, clock);
  const uint64_t before = held->status().first;
  held->prune();
  const uint64_t after = held->status().first;
  const auto blobs = journal::prune_blobs(layout, journal::read_settings(layout.settings()), clock.now());
  if (blobs.blobs > 0) {
    const std::string by = caller(layout);
    append(*held,
           records::JournalEvent{
               .when = clock.now(), .event = "blobs-pruned", .reason = "retention", .person = by, .count = blobs.blobs},
           clock.now());
  }
  held->close();
  out += "removed " + std::to_string(after - before) + " records and " + std::to_string(blobs.blobs) + " blobs (" +
         std::to_string(blobs.octets) + " octets), by " + layout.settings() + "\n";
  return 0;
}

}  // namespace

void declare_journal_care(CLI::App& journal, Chosen& chosen) {
  struct Arguments {
    std::string folder, person;
  };
  const auto arguments = std::make_shared<Arguments>();
  const auto declare = [&](const char* name, const char* what, auto run) {
    auto* command = journal.add_subcommand(name, what);
    command->add_option("folder", arguments->folder, "folder of the journal")->required();
    command->callback([arguments, run, &chosen] {
      chosen = [arguments, run](std::string& out) {
        const SystemClock clock;
        return run(*arguments, clock, out);
      };
    });
    return command;
  };
  declare(
      "persons", "Who stands behind the identifiers in the records",
      [](const Arguments& a, const Clock& clock, std::string& out) { return persons_command(a.folder, clock, out); });
  declare("forget", "Erase a person's name; the records stay",
          [](const Arguments& a, const Clock& clock, std::string& out) {
            return forget_command(a.folder, a.person, clock, out);
          })
      ->add_option("person", arguments->person, "name or identifier")
      ->required();
  declare("prune", "Remove what the settings no longer want kept",
          [](const Arguments& a, const Clock& clock, std::string& out) { return prune_command(a.folder, clock, out); });
}

}  // namespace rampart::apps
