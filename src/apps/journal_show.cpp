// `rampart journal show` and `follow`: records as lines for people or as JSON.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <thread>

#include "apps/commands.h"
#include "apps/holding.h"
#include "apps/output.h"
#include "apps/stop_signal.h"
#include "apps/walk.h"

namespace rampart::apps {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(200);

struct ShowArguments {
  std::string folder;
  FilterArguments filter;
  bool json = false;
};

void write(Output& output, const Walk::Found& found, bool json) {
  if (json) {
    records::append_json(output.text(), found.stored, found.number);
  } else {
    records::append_line(output.text(), found.stored, found.number);
  }
  if (!output.text().ends_with('\n')) output.text() += '\n';
  output.spill();
}

std::string destination() { return isatty(STDOUT_FILENO) == 1 ? "terminal" : "file or pipe"; }

/// ended closes the output; a reader that went away, as `| head` does, wanted no more.
void end(Output& output) {
  output.flush();
  if (!output.closed_by_reader()) output.close();
}

int complaint(uint64_t unreadable, const std::string& folder) {
  if (unreadable == 0) return 0;
  std::fprintf(stderr,
               "rampart: %llu records of %s cannot be read and are left out\n  rampart journal verify %s says which\n",
               static_cast<unsigned long long>(unreadable), folder.c_str(), folder.c_str());
  return 1;
}

int show_command(const ShowArguments& arguments, const Clock& clock) {
  const Selection chosen = selection(arguments.filter, {arguments.folder}, clock.now());
  Walk walk(arguments.folder, chosen);
  Output output("-");
  const StopSignal stop;
  Reading reading(arguments.folder, "show", chosen.text(), destination(), clock);
  recorded(reading, [&] {
    while (!stop.asked() && !output.failed()) {
      const auto found = walk.next();
      if (!found) break;
      write(output, *found, arguments.json);
      reading.saw(found->number);
    }
    end(output);
  });
  if (reading.records() == 0) std::fprintf(stderr, "rampart: no record is like that\n");
  return complaint(walk.unreadable(), arguments.folder);
}

/// of_reading is true of the records that came about because of this very reading.
bool of_reading(const Reading& reading, const records::Stored& stored) {
  if (const auto* read = std::get_if<records::JournalRead>(&stored.fact())) return reading.left(*read);
  const auto* event = std::get_if<records::JournalEvent>(&stored.fact());
  return event != nullptr && reading.left(*event);
}

int follow_command(const ShowArguments& arguments, const Clock& clock) {
  const Selection chosen = selection(arguments.filter, {arguments.folder}, clock.now());
  Walk walk(arguments.folder, chosen);
  Output output("-");
  const StopSignal stop;
  Reading begun(arguments.folder, "follow", chosen.text(), destination(), clock);
  begun.leave();
  Reading reading(arguments.folder, "follow ended", chosen.text(), destination(), clock);
  recorded(reading, [&] {
    while (!stop.asked() && !output.failed()) {
      if (const auto found = walk.next()) {
        if (of_reading(begun, found->stored)) continue;
        write(output, *found, arguments.json);
        reading.saw(found->number);
        continue;
      }
      output.flush();
      if (walk.end() >= chosen.to) break;
      std::this_thread::sleep_for(kLookAgain);
      walk.extend();
    }
    end(output);
  });
  return complaint(walk.unreadable(), arguments.folder);
}

void declare_one(CLI::App& journal, Chosen& chosen, const char* name, const char* what,
                 int (*command)(const ShowArguments&, const Clock&)) {
  auto* show = journal.add_subcommand(name, what);
  const auto arguments = std::make_shared<ShowArguments>();
  show->add_option("folder", arguments->folder, "folder of the journal")->required();
  declare_filter(*show, arguments->filter, true);
  show->add_flag("--json", arguments->json, "JSON lines (docs/formats/events.md)");
  show->callback([arguments, command, &chosen] {
    chosen = [arguments, command](std::string&) {
      const SystemClock clock;
      return command(*arguments, clock);
    };
  });
}

}  // namespace

void declare_journal_show(CLI::App& journal, Chosen& chosen) {
  declare_one(journal, chosen, "show", "Show records, all or those that the options choose", show_command);
  declare_one(journal, chosen, "follow", "Show records, then go on with new ones until Ctrl-C", follow_command);
}

}  // namespace rampart::apps
