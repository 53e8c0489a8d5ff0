// The one program: rampart <command>. Every command ends with 0, or with one clear message on standard error and
// another number: 1 what was asked could not be done, 2 it was asked wrongly, 3 the answer is "it differs".

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "apps/command_check.h"
#include "apps/command_rehearse.h"
#include "apps/command_standard.h"
#include "apps/command_watch.h"
#include "apps/version.h"
#include "base/error.h"

namespace {

using namespace rampart::apps;

struct Arguments {
  std::vector<std::string> words;
  std::string plant, old_plant, path, value, operations = "all";
  bool all = false;
  WatchOptions watch;
};

void declare(CLI::App& app, Arguments& arguments) {
  auto* standard =
      app.add_subcommand("standard", "Explain IEC 62443 and ATT&CK for ICS: \"SR 5.2\", FR5, \"SL 3\", T0855, a word");
  standard->add_option("what", arguments.words, "identifier or words; without it an overview");

  auto* check = app.add_subcommand("check", "Say all that is wrong with a plant file, and who reaches whom by it");
  check->add_option("plant", arguments.plant, "plant file (YAML)")->required();
  check->add_flag("--all", arguments.all, "the whole reachability table");

  auto* set = app.add_subcommand("set", "Change one value of a plant file, on its line, comments kept");
  set->add_option("plant", arguments.plant, "plant file (YAML)")->required();
  set->add_option("path", arguments.path, "as in zones/control/assets/plc-1/points/level/step")->required();
  set->add_option("value", arguments.value, "the new value")->required();

  auto* watch = app.add_subcommand("watch", "Decode recorded traffic and judge every operation by the plant");
  watch->add_option("plant", arguments.watch.plant, "plant file (YAML); without it nothing is judged");
  watch->add_option("--read", arguments.watch.captures, "capture files (pcap, pcapng, also .gz; - is standard input)")
      ->required();
  watch->add_option("--json", arguments.watch.json, "write events as JSON lines to FILE (- is standard output)");
  watch->add_option("--operations", arguments.operations, "which operations go to --json")
      ->check(CLI::IsMember({"all", "changes", "none"}))
      ->capture_default_str();
  watch->add_option("--workers", arguments.watch.workers, "threads that decode")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  watch->add_flag("--quiet", arguments.watch.quiet, "no progress, no summary");

  auto* rehearse = app.add_subcommand("rehearse", "Which recorded operations another plant would judge differently");
  rehearse->add_option("plant", arguments.plant, "the new plant file")->required();
  rehearse->add_option("--against", arguments.old_plant, "the plant file in force")->required();
  rehearse->add_option("--read", arguments.watch.captures, "capture files")->required();
  rehearse->add_option("--workers", arguments.watch.workers, "threads that decode")->check(CLI::Range(1, 8));
}

int dispatch(const CLI::App& app, Arguments& arguments) {
  std::string out;
  int status = 0;
  if (app.got_subcommand("standard")) {
    std::string error;
    status = standard_command(arguments.words, out, error);
    if (status != 0) std::fprintf(stderr, "rampart: %s\n", error.c_str());
  } else if (app.got_subcommand("check")) {
    status = check_command(arguments.plant, arguments.all, out);
  } else if (app.got_subcommand("set")) {
    status = set_command(arguments.plant, arguments.path, arguments.value, out);
  } else if (app.got_subcommand("watch")) {
    arguments.watch.operations = arguments.operations == "all"       ? Operations::all
                                 : arguments.operations == "changes" ? Operations::changes
                                                                     : Operations::none;
    status = watch_command(arguments.watch);
  } else {
    status =
        rehearse_command(arguments.plant, arguments.old_plant, arguments.watch.captures, arguments.watch.workers, out);
  }
  std::fputs(out.c_str(), stdout);
  if (std::fflush(stdout) != 0) {
    std::fprintf(stderr, "rampart: cannot write to standard output\n");
    return 1;
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Rampart: watches an industrial network by its plant model, after IEC 62443", "rampart");
  app.set_version_flag("--version", std::string(kVersion));
  app.require_subcommand(1);
  Arguments arguments;
  declare(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "rampart: %s\n  see rampart --help\n", error.what());
    return 2;
  }
  try {
    return dispatch(app, arguments);
  } catch (const rampart::FileError& error) {
    std::fprintf(stderr, "%s\n", error.what());  // begins with file:line:column, which editors follow
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rampart: %s\n", error.what());
    return 1;
  }
}
