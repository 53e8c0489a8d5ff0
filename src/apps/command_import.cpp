#include "apps/command_import.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "apps/arguments.h"
#include "base/files.h"
#include "plant/import/intended.h"
#include "plant/plant.h"

namespace rampart::apps {
namespace {

constexpr uint64_t kMostOctets = uint64_t{64} << 20;

plant::Intended read_lists(const std::vector<std::string>& files) {
  std::vector<plant::Intended> parts;
  for (const std::string& file : files) {
    parts.push_back(plant::read_intended(read_input(file, kMostOctets), file == "-" ? "standard input" : file));
  }
  // What cannot be read is said before what follows from it.
  const bool readable = std::all_of(parts.begin(), parts.end(), [](const plant::Intended& part) { return part.ok(); });
  plant::Intended intended = plant::join(std::move(parts));
  std::vector<Problem> errors;
  for (const Problem& problem : intended.problems) {
    if (!problem.warning) errors.push_back(problem);
  }
  if (!readable || !errors.empty()) throw FileError(std::move(errors));
  for (const Problem& problem : intended.problems) std::fprintf(stderr, "%s\n", render(problem).c_str());
  return intended;
}

/// require_loadable refuses a draft that would not load, so that what is wrong with the lists is said here.
void require_loadable(const std::string& text, const std::string& file) {
  plant::Loaded loaded = plant::load_text(text, file);
  std::erase_if(loaded.problems, [](const Problem& problem) { return problem.warning; });
  if (!loaded.problems.empty()) throw FileError(std::move(loaded.problems));
}

std::string counts(const plant::Intended& intended) {
  return std::to_string(intended.zones.size()) + " zones, " + std::to_string(intended.assets.size()) + " assets";
}

}  // namespace

int import_command(const ImportOptions& options, std::string& out) {
  if (!options.into.empty() && !options.output.empty()) {
    throw UsageError("--into changes no file: leave out --output", "what is to be added is printed, for you to paste");
  }
  const plant::Intended intended = read_lists(options.files);
  if (!options.into.empty()) {
    const plant::Plant plant = plant::require(plant::load(options.into));
    const std::string text = plant::additions(intended, plant);
    out += text.empty() ? "# " + options.into + " has all " + counts(intended) + " of the lists\n" : text;
    return 0;
  }
  const std::string text = plant::draft(intended, options.name);
  require_loadable(text, options.output.empty() ? "the draft" : options.output);
  if (options.output.empty()) {
    out += text;
    return 0;
  }
  create_file(options.output, as_bytes(text), 0640);
  out += options.output + ": " + counts(intended) + "; rampart check " + options.output + " says what is still open\n";
  return 0;
}

void declare_import(CLI::App& app, Chosen& chosen) {
  auto* import = app.add_subcommand("import", "Draft a plant from lists of assets: CSV, or JSON of NetBox");
  const auto options = std::make_shared<ImportOptions>();
  import->add_option("files", options->files, "lists of intended assets (.csv, .json; - is standard input)")
      ->required();
  import->add_option("-o,--output", options->output, "new plant file; without it the draft goes to standard output");
  import->add_option("--into", options->into, "print what this plant file has not yet; it is not changed");
  import->add_option("--name", options->name, "name of the plant")->capture_default_str();
  import->callback([options, &chosen] {
    chosen = [options](std::string& out) { return import_command(*options, out);
};
}  // namespace rampart::apps
);
}

}  // namespace rampart::apps
