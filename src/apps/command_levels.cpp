// `rampart levels` and `rampart diff`: the security levels achieved, why, and what changed.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/holding.h"
#include "apps/levels_files.h"
#include "apps/levels_source.h"
#include "apps/levels_text.h"
#include "apps/output.h"
#include "apps/stop_signal.h"
#include "apps/version.h"
#include "assess/checks_page.h"
#include "assess/steps.h"
#include "base/text.h"
#include "records/findings.h"
#include "records/stored.h"

namespace rampart::apps {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(200);
constexpr auto kBeat = std::chrono::seconds(1);

struct LevelsArguments {
  LevelsInput input;
  std::string zone, why, at, record, asset, since, every = "1d";
  LevelsFiles files;
  bool json = false, csv = false, follow = false, metrics = false, programmes = false, steps = false,
       capability = false, checks = false;
};

bool colour_wanted() { return isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr; }

/// require_unit finds a zone or conduit by its id. Errors: throws UsageError.
size_t require_unit(const assess::Assessment& assessment, const std::string& id) {
  std::vector<std::string_view> all;
  for (size_t unit = 0; unit < assessment.site().units().size(); ++unit) {
    const std::string_view known = assessment.site().id(assessment.site().units()[unit]);
    if (known == id) return unit;
    all.push_back(known);
  }
  const std::string_view near = closest(id, all);
  throw UsageError("the plant has no zone or conduit \"" + id + "\"",
                   near.empty() ? "`rampart levels PLANT` lists them" : "did you mean \"" + std::string(near) + "\"?");
}

/// require_row reads what --why asks about: "SR 5.2", "sr5.2", "FR5". Errors: throws UsageError.
std::string require_row(const std::string& asked) {
  std::string plain;
  for (const char c : asked) plain += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (plain.starts_with("SR") && plain.size() > 2 && plain[2] != ' ') plain.insert(2, " ");
  for (const standard::Requirement& row : standard::system_requirements()) {
    if (row.id == plain || row.base == plain) return plain;
  }
  for (const auto& fr : standard::foundational_requirements()) {
    if (fr.id == plain || fr.code == plain) return plain;
  }
  throw UsageError("\"" + asked + "\" is no row of 3-3", "write SR 5.2, SR 5.2 RE 1, FR5 or RDF");
}

void append_all_why(std::string& out, const assess::Shown& shown, const LevelsArguments& arguments) {
  const std::string row = require_row(arguments.why);
  if (!arguments.zone.empty()) {
    return append_why(out, shown, require_unit(shown.assessment, arguments.zone), row);
  }
  for (size_t unit = 0; unit < shown.assessment.site().units().size(); ++unit) append_why(out, shown, unit, row);
}

/// changes_to_record are the cells that are not as the journals told last.
std::vector<assess::Change> changes_to_record(const LevelsSource& source) {
  std::vector<assess::Change> out;
  const assess::Assessment& assessment = source.assessment();
  for (size_t unit = 0; unit < assessment.site().units().size(); ++unit) {
    for (size_t fr = 0; fr < assess::kFrs; ++fr) {
      const assess::Cell& cell = assessment.cell(unit, fr);
      const int before = source.last_level(unit, fr).value_or(0);
      if (before == cell.achieved) continue;
      assess::Change change{unit, fr, cell, cell, {}};
      change.before.achieved = static_cast<uint8_t>(before);
      change.cause.kind = assess::Cause::Kind::plant;
      change.cause.text = "found so when the levels were computed";
      out.push_back(std::move(change));
    }
  }
  return out;
}

/// record appends changes of levels to a journal. Errors: throws Error.
void record(const std::string& folder, const assess::Shown& shown, const std::vector<assess::Change>& changes,
            const Clock& clock) {
  if (changes.empty()) return;
  const assess::Assessment& assessment = shown.assessment;
  const auto held = open_journal(folder, {}, clock);
  for (const assess::Change& change : changes) {
    const assess::Unit& unit = assessment.site().units()[change.unit];
    const std::string cause = cause_words(assessment, change.cause);
    std::string_view row;
    if (change.after.achieved < standard::kHighestLevel) {
      const auto rows = assessment.blocking(change.unit, change.fr, change.after.achieved + 1);
      if (!rows.empty()) row = assessment.rows().rows()[rows.front()].requirement->id;
    }
    const bool by_fact = change.cause.kind == assess::Cause::Kind::fact;
    append(*held,
           records::LevelChange{.when = assessment.now(),
                                .scope = to_text(unit.scope.kind),
                                .subject = assessment.site().id(unit),
                                .requirement = standard::foundational_requirements()[change.fr].id,
                                .before = change.before.achieved,
                                .after = change.after.achieved,
                                .target = change.after.target,
                                .row = row,
                                .cause = cause,
                                .fact = by_fact ? assess::row_of(change.cause.fact).word : std::string_view(),
                                .record = change.cause.source.number},
           clock.now());
  }
  held->close();
}

/// record_contradictions appends a finding for each statement that what was seen speaks against, unless a journal told
/// it before. Errors: throws Error.
void record_contradictions(const std::string& folder, const assess::Shown& shown, std::set<std::string>& told,
                           const Clock& clock) {
  const assess::Assessment& assessment = shown.assessment;
  std::unique_ptr<journal::Journal> held;
  for (const assess::Contradiction& contradiction : assessment.contradictions()) {
    const assess::Unit& unit = assessment.site().units()[contradiction.unit];
    const auto& aspect = *assessment.rows().aspects()[contradiction.aspect].aspect;
    const std::string what = std::string(aspect.id) + " " + assess::words_of(assessment.site().plant(), unit.scope);
    if (!told.insert(what).second) continue;
    if (!held) held = open_journal(folder, {}, clock);
    const std::string message = what + ": stated to be met, and what was seen says otherwise";
    records::Finding finding = records::finding_of(records::kinds::kContradicted);
    finding.when = clock.now();
    finding.message = message;
    finding.reason = what;
    (unit.scope.kind == assess::Scope::Kind::conduit ? finding.conduit : finding.zone) = assessment.site().id(unit);
    append(*held, finding, clock.now());
  }
  if (held) held->close();
}

/// contradictions_told are those that the journals tell of.
std::set<std::string> contradictions_told(const assess::Shown& shown) {
  std::set<std::string> told;
  for (const assess::JournalShown& journal : shown.journals) told.merge(std::set(journal.facts->tally().contradicted));
  return told;
}

/// leave_readings records that the journals were read.
void leave_readings(const assess::Shown& shown, const char* what, const Clock& clock) {
  for (const assess::JournalShown& journal : shown.journals) {
    Reading reading(journal.folder, what, {}, "assessment", clock);
    const uint64_t count = journal.facts->tally().records;
    if (count > 0) reading.saw(count - 1);
    reading.leave();
  }
}

int complaint(const LevelsSource& source) {
  if (source.unreadable() == 0) return 0;
  std::fprintf(stderr, "rampart: %llu records cannot be read; what they said is not in these levels\n",
               static_cast<unsigned long long>(source.unreadable()));
  return 1;
}

/// follow goes on until Ctrl-C: a line for each change of a level.
void follow(LevelsSource& source, const LevelsArguments& arguments, const Clock& clock) {
  Output output("-");
  const StopSignal stop;
  const assess::Shown shown = source.shown();
  append_levels(output.text(), shown, colour_wanted());
  output.text() += '\n';
  output.flush();
  TimePoint beat = clock.now();
  std::set<std::string> told = contradictions_told(shown);
  while (!stop.asked() && !output.failed()) {
    std::this_thread::sleep_for(kLookAgain);
    if (clock.now() - beat < kBeat) continue;
    beat = clock.now();
    const std::vector<assess::Change> changes = source.follow(beat);
    for (const assess::Change& change : changes) append_change(output.text(), shown, change);
    output.flush();
    if (arguments.record.empty()) continue;
    record(arguments.record, shown, changes, clock);
    record_contradictions(arguments.record, shown, told, clock);
  }
  if (!output.closed_by_reader()) output.close();
}

/// earlier is what was known at the time to compare with: --since, or the last report that the journals tell of.
std::unique_ptr<LevelsSource> earlier(const LevelsArguments& arguments, const LevelsSource& source, TimePoint at) {
  std::optional<TimePoint> since;
  if (!arguments.since.empty()) {
    since = require_time("--since", arguments.since, at);
  } else if (!arguments.files.report.empty()) {
    since = source.last_report();
  }
  if (!since) return nullptr;
  if (*since > at) throw UsageError("--since is later than the levels' own time", "give an earlier one");
  return std::make_unique<LevelsSource>(arguments.input, *since);
}

/// over_time gives each metric at one time after the other, from --since to `at`, as a table in CSV.
void over_time(const LevelsArguments& arguments, TimePoint at, std::string& out) {
  constexpr int kMostTimes = 400;
  const TimePoint since = require_time("--since", arguments.since, at);
  const Duration every = at - require_time("--every", arguments.every, at);
  if (every <= Duration::zero() || (at - since) / every > kMostTimes) {
    throw UsageError("--every is too short for --since", "at most 400 times are computed: --since 90d --every 1d");
  }
  out += "time";
  for (const standard::Metric& metric : standard::metrics()) {
    if (metric.id != "STATUS") out += "," + std::string(metric.id);
  }
  out += '\n';
  for (TimePoint time = since; time <= at; time += every) {
    const LevelsSource source(arguments.input, time);
    const assess::Shown shown = source.shown();
    out += day_and_time(time);
    for (const assess::Measured& measured : measured_of(shown)) {
      out += ',';
      if (measured.value) append_number(out, *measured.value);
    }
    out += '\n';
  }
}

int levels_command(const LevelsArguments& arguments, const Clock& clock, std::string& out) {
  if (arguments.checks) {
    assess::append_checks_page(out);
    return 0;
  }
  if (arguments.input.plant.empty()) {
    throw UsageError("a plant file is needed", "rampart levels PLANT --journal DIR; only --checks needs none");
  }
  if (arguments.follow && arguments.files.any()) throw UsageError("--follow writes no files", "leave one of them out");
  if (arguments.follow && !arguments.at.empty()) throw UsageError("--follow goes on from now", "leave --at out");
  const TimePoint now = clock.now();
  const TimePoint at = arguments.at.empty() ? now : require_time("--at", arguments.at, now);
  LevelsSource source(arguments.input, at);
  assess::Shown shown = source.shown();
  shown.program = "rampart " + std::string(kVersion);
  const bool tables = arguments.metrics && !arguments.since.empty();  // --since is then where the table begins
  const auto before = tables ? nullptr : earlier(arguments, source, at);
  if (before) shown.before = &before->assessment();
  const bool report = !arguments.files.report.empty();
  if (!report) leave_readings(shown, "levels", clock);
  if (!arguments.record.empty()) {
    record(arguments.record, shown, changes_to_record(source), clock);
    std::set<std::string> told = contradictions_told(shown);
    record_contradictions(arguments.record, shown, told, clock);
  }
  if (arguments.follow) {
    follow(source, arguments, clock);
    return complaint(source);
  }
  if (arguments.files.any()) {
    write_levels_files(arguments.files, shown, out);
    // Only now: the next report tells what changed since one that is there.
    if (report) leave_readings(shown, assess::kReportReading.data(), clock);
  } else if (arguments.json) {
    assess::append_levels_json(out, shown);
  } else if (arguments.csv) {
    append_levels_csv(out, shown);
  } else if (!arguments.why.empty()) {
    append_all_why(out, shown, arguments);
  } else if (tables) {
    over_time(arguments, at, out);
  } else if (arguments.metrics) {
    append_metrics(out, shown);
  } else if (arguments.programmes) {
    append_programmes(out, shown);
  } else if (arguments.steps) {
    append_steps(out, shown);
  } else if (arguments.capability || !arguments.asset.empty()) {
    append_capability(out, shown, arguments.asset);
  } else if (!arguments.zone.empty()) {
    append_zone(out, shown, require_unit(shown.assessment, arguments.zone));
  } else {
    append_levels(out, shown, colour_wanted());
  }
  return complaint(source);
}

struct DiffArguments {
  LevelsInput input;
  std::string other, from, to;
};

/// unit_named is the place of a unit of that kind and id in another assessment.
std::optional<size_t> unit_named(const assess::Assessment& in, assess::Scope::Kind kind, std::string_view id) {
  const auto scope = assess::find_scope(in.site().plant(), kind, id);
  if (!scope) return std::nullopt;
  return in.site().unit_of(*scope);
}

void append_difference(std::string& out, const assess::Assessment& before, size_t old_unit,
                       const assess::Assessment& after, size_t unit, size_t fr) {
  const assess::Cell &was = before.cell(old_unit, fr), &is = after.cell(unit, fr);
  const assess::Site& site = after.site();
  const auto level = [](const assess::Cell& cell) { return cell.assessed ? std::to_string(cell.achieved) : "-"; };
  std::vector<std::string> rows;
  for (const uint16_t i : after.rows().of_fr(fr)) {
    const assess::Answer one = before.row(old_unit, i), other = after.row(unit, i);
    if (one == other) continue;
    const standard::Requirement& requirement = *after.rows().rows()[i].requirement;
    rows.push_back(std::string(requirement.id) + " " + std::string(to_text(one)) + " to " +
                   std::string(to_text(other)));
  }
  if (rows.empty() && was == is) return;
  append_wrapped(
      out, "", "  ",
      assess::words_of(site.plant(), site.units()[unit].scope) + " " +
          std::string(standard::foundational_requirements()[fr].code) + ": " + level(was) + " to " + level(is) +
          (was.target == is.target ? ""
                                   : ", target " + std::to_string(was.target) + " to " + std::to_string(is.target)));
  for (const std::string& row : rows) append_wrapped(out, "    ", "      ", row);
}

int diff_command(const DiffArguments& arguments, const Clock& clock, std::string& out) {
  const TimePoint now = clock.now();
  const TimePoint to = arguments.to.empty() ? now : require_time("--to", arguments.to, now);
  const TimePoint from = arguments.from.empty() ? to : require_time("--from", arguments.from, now);
  if (arguments.other.empty() && from == to) {
    throw UsageError("there is nothing to compare", "give a second plant, or --from TIME");
  }
  const LevelsSource before(arguments.input, from);
  LevelsInput input = arguments.input;
  if (!arguments.other.empty()) input.plant = arguments.other;
  const LevelsSource after(input, to);
  leave_readings(after.shown(), "diff", clock);
  const assess::Assessment &was = before.assessment(), &is = after.assessment();
  for (size_t unit = 0; unit < is.site().units().size(); ++unit) {
    const assess::Unit& of = is.site().units()[unit];
    const auto old_unit = unit_named(was, of.scope.kind, is.site().id(of));
    if (!old_unit) {
      out += assess::words_of(is.site().plant(), of.scope) + ": new\n";
      continue;
    }
    for (size_t fr = 0; fr < assess::kFrs; ++fr) append_difference(out, was, *old_unit, is, unit, fr);
  }
  for (const assess::Unit& unit : was.site().units()) {
    if (!unit_named(is, unit.scope.kind, was.site().id(unit))) {
      out += assess::words_of(was.site().plant(), unit.scope) + ": gone\n";
    }
  }
  const bool differs = !out.empty();
  if (!differs) out = "no row and no level differs\n";
  return differs ? 3 : 0;
}

void declare_input(CLI::App& command, LevelsInput& input) {
  command.add_option("--journal", input.journals, "folder of a journal to read; may be given again")
      ->allow_extra_args(false);
  command.add_option("--statements", input.statements, "file of statements (PLANT.statements.jsonl)");
  command.add_option("--overlay", input.overlay, "own levels of rows, as CSV: row,lowest,why");
}

}  // namespace

void declare_levels(CLI::App& app, Chosen& chosen) {
  const auto arguments = std::make_shared<LevelsArguments>();
  auto* levels = app.add_subcommand("levels", "The security level achieved of each zone and conduit, from evidence");
  levels->add_option("plant", arguments->input.plant, "plant file (YAML)");
  declare_input(*levels, arguments->input);
  levels->add_option("--zone", arguments->zone, "one zone or conduit, with what blocks each level");
  levels->add_option("--why", arguments->why, "from a row (SR 5.2, FR5) down to facts and records");
  levels->add_option("--at", arguments->at, "as of this time rather than now");
  levels->add_option("--record", arguments->record, "folder of the journal that keeps changes of levels");
  levels->add_option("--report", arguments->files.report, "write a page for a browser there (docs/report.md)");
  levels->add_option("--oscal", arguments->files.oscal, "write OSCAL assessment results (1.1, JSON) there");
  levels->add_option("--navigator", arguments->files.navigator, "write a layer of the ATT&CK Navigator there");
  levels->add_flag("--json", arguments->json, "everything, as JSON (docs/formats/levels.md)");
  levels->add_flag("--csv", arguments->csv, "a line for each cell");
  levels->add_flag("--follow", arguments->follow, "go on, with a line for each change, until Ctrl-C");
  levels->add_flag("--steps", arguments->steps, "what to do, most worth first");
  levels->add_flag("--metrics", arguments->metrics, "fourteen numbers");
  levels->add_option("--since", arguments->since,
                     "what to compare with in --report and --json; with --metrics where its table begins (CSV)");
  levels->add_option("--every", arguments->every, "how far apart these times are")->capture_default_str();
  levels->add_flag("--programmes", arguments->programmes, "maturity by 2-1, 2-4 and 4-1");
  levels->add_flag("--capability", arguments->capability, "SL-C of the assets by 4-2");
  levels->add_option("--asset", arguments->asset, "SL-C of one asset, with what blocks each level");
  levels->add_flag("--checks", arguments->checks, "which facts bear on which aspect of which row (Markdown)");
  levels->callback([arguments, &chosen] {
    chosen = [arguments](std::string& out) { return levels_command(*arguments, SystemClock(), out); };
  });

  const auto differences = std::make_shared<DiffArguments>();
  auto* diff = app.add_subcommand("diff", "What differs in the levels between two times or two plants");
  diff->add_option("plant", differences->input.plant, "plant file (YAML)")->required();
  diff->add_option("other", differences->other, "another plant file to compare with");
  declare_input(*diff, differences->input);
  diff->add_option("--from", differences->from, "the earlier time");
  diff->add_option("--to", differences->to, "the later time; now where it is left out");
  diff->callback([differences, &chosen] {
    chosen = [differences](std::string& out) { return diff_command(*differences, SystemClock(), out); };
  });
}

}  // namespace rampart::apps
