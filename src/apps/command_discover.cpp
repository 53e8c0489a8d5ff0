#include "apps/command_discover.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "apps/commands.h"
#include "apps/ended_source.h"
#include "apps/progress.h"
#include "apps/stop_signal.h"
#include "base/error.h"
#include "base/files.h"
#include "monitor/correlator.h"
#include "monitor/draft.h"
#include "monitor/sensor.h"

namespace rampart::apps {
namespace {

/// refuse_existing ends the command before an hour of reading, and not after it.
void refuse_existing(const std::string& file) {
  std::error_code ignored;
  if (file == "-" || !std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) return;
  throw Error(file + " exists already, and a draft never replaces a plant",
              "choose another name with -o, or move the file away");
}

/// require_sound holds a draft against the loader and the compiler before anybody relies on it.
void require_sound(const std::string& text, const std::string& file) {
  auto plant = std::make_shared<const plant::Plant>(plant::require(plant::load_text(text, file)));
  policy::Compiled compiled = policy::compile(plant);
  if (compiled.policy) return;
  std::erase_if(compiled.problems, [](const Problem& problem) { return problem.warning; });
  throw FileError(std::move(compiled.problems));
}

monitor::discover::Draft drafted(const DiscoverOptions& options) {
  monitor::CaptureFiles source(options.captures);
  monitor::discover::Gatherer gatherer;
  monitor::Correlator correlator(nullptr, nullptr, gatherer);
  ProgressBar bar(true);
  const StopSignal stop;
  EndedSource stoppable(source, [&] { return stop.asked(); });
  monitor::run(stoppable, correlator, {.workers = options.workers},
               [&](const monitor::SensorResult& so_far) { bar.show(source.progress(), so_far.packets); });
  correlator.finish();
  bar.clear();
  if (stop.asked()) {
    std::fprintf(stderr, "rampart: stopped; the draft rests on what was read until then\n");
  }
  for (const monitor::CaptureWarning& warning : source.warnings()) {
    std::fprintf(stderr, "%s: warning: %s; %llu packets were read before it\n", warning.path.c_str(),
                 warning.what.c_str(), static_cast<unsigned long long>(warning.packets));
  }
  return monitor::discover::draft(gatherer, {.name = options.name, .sources = options.captures});
}

std::string summary(const monitor::discover::Draft& draft, const std::string& file) {
  const auto count = [](size_t number, const char* word) {
    return std::to_string(number) + " " + word + (number == 1 ? "" : "s");
  };
  std::string out = file + ": " + count(draft.zones, "zone") + ", " + count(draft.assets, "asset") + ", " +
                    count(draft.points, "point") + ", " + count(draft.conduits, "conduit") + ", " +
                    count(draft.rules, "rule") + ", none of them reviewed\n";
  if (draft.not_allowed > 0) {
    out += count(draft.not_allowed, "kind") +
           " of operation that a draft never allows were seen: look for \"seen, not allowed\"\n";
  }
  for (const monitor::discover::Address& scanner : draft.scanners) {
    out += to_text(scanner) + " looks like a scan, and no rule was drafted for it\n";
  }
  if (file != "standard output") out += "Go on with: rampart check " + file + "\n";
  return out;
}

}  // namespace

int discover_command(const DiscoverOptions& options, std::string& out) {
  refuse_existing(options.output);
  const monitor::discover::Draft draft = drafted(options);
  require_sound(draft.text, options.output == "-" ? "draft" : options.output);
  if (options.output == "-") {
    out += draft.text;
    std::fputs(summary(draft, "standard output").c_str(), stderr);
    return 0;
  }
  create_file(options.output, as_bytes(draft.text), 0644);
  out += summary(draft, options.output);
  return 0;
}

void declare_discover(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<DiscoverOptions>();
  options->name = "Drafted plant";
  auto* discover = app.add_subcommand("discover", "Draft a plant from recorded traffic, for a person to correct");
  discover->add_option("captures", options->captures, "capture files (pcap, pcapng, also .gz; - is standard input)")
      ->required();
  discover->add_option("-o,--output", options->output, "plant file to write (- is standard output); must not exist")
      ->required();
  discover->add_option("--name", options->name, "name of the plant")->capture_default_str();
  discover->add_option("--workers", options->workers, "threads that decode")
      ->check(CLI::Range(1, 8))
      ->capture_default_str();
  discover->callback([options, &chosen] {
    if (options->name.find_first_not_of(" \t") == std::string::npos)
      throw UsageError("the name of a plant is not empty");
    chosen = [options](std::string& out) { return discover_command(*options, out); };
  });
}

}  // namespace rampart::apps
