// The one program: rampart <command>. Every command ends with 0, or with one clear message on standard error and
// another number: 1 what was asked could not be done, 2 it was asked wrongly, 3 the answer is "it differs".

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "apps/command_assets.h"
#include "apps/command_check.h"
#include "apps/command_guard.h"
#include "apps/command_import.h"
#include "apps/command_rehearse.h"
#include "apps/command_standard.h"
#include "apps/command_watch.h"
#include "apps/commands.h"
#include "apps/version.h"
#include "base/error.h"

namespace {

using namespace rampart::apps;

struct Arguments {
  std::vector<std::string> words;
  std::string plant, old_plant, path, value, journal, operations = "all", offload = "off";
  bool all = false;
  WatchOptions watch;
  GuardOptions guard;
};

int run_standard(const Arguments& arguments, std::string& out) {
  std::string error;
  const int status = standard_command(arguments.words, out, error);
  if (status != 0) std::fprintf(stderr, "rampart: %s\n", error.c_str());
  return status;
}

int run_watch(Arguments& arguments) {
  const rampart::SystemClock clock;
  WatchOptions& watch = arguments.watch;
  const bool live = !watch.live.interfaces.empty();
  if (live && !watch.captures.empty()) {
    throw UsageError("--interface and --read do not go together",
                     "watch an interface, or read files; two runs can do both");
  }
  if (!live && watch.captures.empty()) {
    throw UsageError("there is nothing to watch", "name --interface NAME for live traffic or --read FILE for recorded");
  }
  watch.live.leave_offloads = arguments.offload == "leave";
  watch.operations = arguments.operations == "all"       ? Operations::all
                     : arguments.operations == "changes" ? Operations::changes
                                                         : Operations::none;
  return watch_command(watch, clock);
}

int run_set(const Arguments& arguments, std::string& out) {
  const rampart::SystemClock clock;
  return set_command(arguments.plant, arguments.path, arguments.value, arguments.journal, clock, out);
}

void declare_plant(CLI::App& app, Arguments& arguments, Chosen& chosen) {
  auto* standard =
      app.add_subcommand("standard", "Explain IEC 62443 and ATT&CK for ICS: \"SR 5.2\", FR5, \"SL 3\", T0855, a word");
  standard->add_option("what", arguments.words, "identifier or words; without it an overview");
  standard->callback([&] { chosen = [&](std::string& out) { return run_standard(arguments, out); }; });

  auto* check = app.add_subcommand("check", "Say all that is wrong with a plant file, and who reaches whom by it");
  check->add_option("plant", arguments.plant, "plant file (YAML)")->required();
  check->add_flag("--all", arguments.all, "the whole reachability table");
  check->callback([&] {
    chosen = [&](std::string& out) {
      return check_command(arguments.plant, arguments.all, out, rampart::SystemClock().now());
    };
  });

  auto* set = app.add_subcommand("set", "Change one value of a plant file, on its line, comments kept");
  set->add_option("plant", arguments.plant, "plant file (YAML)")->required();
  set->add_option("path", arguments.path, "as in zones/control/assets/plc-1/points/level/step")->required();
  set->add_option("value", arguments.value, "the new value")->required();
  set->add_option("--journal", arguments.journal, "folder of the journal that is told who changed what");
  set->callback([&] { chosen = [&](std::string& out) { return run_set(arguments, out); }; });
}

void declare_live(CLI::App& watch, Arguments& arguments) {
  LiveWatchOptions& live = arguments.watch.live;
  auto* interface = watch.add_option("--interface", live.interfaces, "watch live traffic here; may be given again")
                        ->allow_extra_args(false);
  watch
      .add_option("--user", live.user, "whom root becomes once it listens (else the journal's owner, rampart, nobody)")
      ->needs(interface);
  watch
      .add_option("--offload", arguments.offload,
                  "turn merging and splitting of packets in card and kernel off, or leave them")
      ->check(CLI::IsMember({"off", "leave"}))
      ->capture_default_str()
      ->needs(interface);
  watch
      .add_option("--metrics", live.metrics, "serve /metrics and /health at ADDRESS:PORT, or at a port of the loopback")
      ->needs(interface);
  // By a function: CLI11 takes an optional<bool> for a counter, and sets it to 0 where the flag is not given.
  const std::function<void(int64_t)> view = [&live](int64_t given) { live.view = given > 0; };
  watch.add_flag("--view,!--no-view", view, "show what is seen, once a second (where there is a terminal)")
      ->needs(interface);
}

void declare_traffic(CLI::App& app, Arguments& arguments, Chosen& chosen) {
  auto* watch = app.add_subcommand("watch", "Decode live or recorded traffic and judge every operation by the plant");
  watch->add_option("plant", arguments.watch.plant, "plant file (YAML); without it nothing is judged");
  watch->add_option("--read", arguments.watch.captures, "capture files (pcap, pcapng, also .gz; - is standard input)");
  declare_live(*watch, arguments);
  watch->add_option("--json", arguments.watch.json, "write events as JSON lines to FILE (- is standard output)");
  watch->add_option("--operations", arguments.operations, "which operations go to --json")
      ->check(CLI::IsMember({"all", "changes", "none"}))
      ->capture_default_str();
  auto* journal =
      watch->add_option("--journal", arguments.watch.journal, "folder of the journal that keeps what happened");
  watch->add_flag("--all-operations", arguments.watch.all_operations, "the journal keeps every plain read by itself")
      ->needs(journal);
  watch->add_option("--workers", arguments.watch.workers, "threads that decode")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  watch->add_option("--evidence", arguments.watch.evidence,
                    "folder that gets the packets of each finding as a capture");
  watch->add_flag("--quiet", arguments.watch.quiet, "no progress, no summary");
  watch->callback([&] { chosen = [&](std::string&) { return run_watch(arguments); }; });

  auto* rehearse = app.add_subcommand("rehearse", "Which recorded operations another plant would judge differently");
  rehearse->add_option("plant", arguments.plant, "the new plant file")->required();
  rehearse->add_option("--against", arguments.old_plant, "the plant file in force")->required();
  rehearse->add_option("--read", arguments.watch.captures, "capture files")->required();
  rehearse->add_option("--workers", arguments.watch.workers, "threads that decode")->check(CLI::Range(1, 8));
  rehearse->callback([&] {
    chosen = [&](std::string& out) {
      return rehearse_command(arguments.plant, arguments.old_plant, arguments.watch.captures, arguments.watch.workers,
                              out);
    };
  });
}

void declare_guard(CLI::App& app, Arguments& arguments, Chosen& chosen) {
  GuardOptions& guard = arguments.guard;
  auto* command = app.add_subcommand("guard", "Stand in a conduit and let through what the plant allows");
  command->add_option("plant", guard.plant, "plant file (YAML)")->required();
  command->add_option("--as", guard.as, "which gateway of the plant this is")->required();
  auto* journal = command->add_option("--journal", guard.journal, "folder of the journal that keeps what happened");
  command->add_flag("--all-operations", guard.all_operations, "the journal keeps every plain read by itself")
      ->needs(journal);
  command->add_option("--json", guard.json, "write events as JSON lines to FILE (- is standard output)");
  command->add_option("--metrics", guard.metrics,
                      "serve /metrics and /health at ADDRESS:PORT, or at a port of the loopback");
  command->add_option("--identity", guard.identity,
                      "folder with the gateway's key.pem, certificate.pem and authority.pem, where it speaks TLS");
  command->add_option("--user", guard.user,
                      "whom root becomes once it listens (else the journal's owner, rampart, nobody)");
  command->add_option("--candidates", guard.candidates,
                      "file that gets the rules that conduits and rules in mode learn lack");
  command->add_flag("--show-setup", guard.show_setup, "print what the kernel has to be told before, and end");
  command->add_flag("--quiet", guard.quiet, "no doors, no table at the end");
  command->callback(
      [&] { chosen = [&](std::string& out) { return guard_command(guard, rampart::SystemClock(), out); }; });
}

int run(const Chosen& chosen) {
  std::string out;
  const int status = chosen(out);
  std::fputs(out.c_str(), stdout);
  if (std::fflush(stdout) != 0) {
    std::fprintf(stderr, "rampart: cannot write to standard output\n");
    return 1;
  }
  return status;
}

int wrong(const char* what) {
  std::fprintf(stderr, "rampart: %s\n  see rampart --help\n", what);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Rampart: watches an industrial network by its plant model, after IEC 62443", "rampart");
  app.set_version_flag("--version", std::string(kVersion));
  app.require_subcommand(1);
  Arguments arguments;
  Chosen chosen;
  declare_plant(app, arguments, chosen);
  declare_traffic(app, arguments, chosen);
  declare_guard(app, arguments, chosen);
  declare_assets(app, chosen);
  declare_import(app, chosen);
  declare_discover(app, chosen);
  declare_firewall(app, chosen);
  declare_init(app, chosen);
  declare_journal(app, chosen);
  declare_backup(app, chosen);
  declare_pki(app, chosen);
  declare_levels(app, chosen);
  declare_state(app, chosen);
  try {
    app.parse(argc, argv);
    return run(chosen);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    return wrong(error.what());
  } catch (const UsageError& error) {
    return wrong(error.what());
  } catch (const rampart::FileError& error) {
    std::fprintf(stderr, "%s\n", error.what());  // begins with file:line:column, which editors follow
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rampart: %s\n", error.what());
  }
  return 1;
}
