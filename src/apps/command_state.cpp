// `rampart state`: what people answer for, kept beside the plant and, where asked, in a journal.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/holding.h"
#include "apps/levels_source.h"
#include "apps/levels_text.h"
#include "base/files.h"
#include "plant/plant.h"
#include "records/stored.h"

namespace rampart::apps {
namespace {

constexpr uint64_t kMostStatements = uint64_t{16} << 20;

struct StateArguments {
  std::string plant, what, scope = "plant", answer = "met", by, reason, document, until, file, journal, id;
  std::vector<std::string> despite;
  int maturity = 0;
  bool all = false;
};

std::string file_of(const StateArguments& arguments) {
  return arguments.file.empty() ? statements_file(arguments.plant) : arguments.file;
}

/// add_to puts lines at the end of a file: whole or not at all. Errors: throws Error.
void add_to(const std::string& file, const std::string& lines) {
  const auto bytes = read_file(file, kMostStatements);
  std::string text = bytes ? std::string(as_text(*bytes)) : std::string();
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  text += lines;
  assess::read_statements(text, file);  // what we write, we can read
  replace_file(file, as_bytes(text));
}

void keep(const std::string& folder, const assess::Statement& statement, const Clock& clock) {
  if (folder.empty()) return;
  const auto held = open_journal(folder, {}, clock);
  records::Statement record = assess::record_of(statement);
  // In a journal persons stand by identifier; the name that was given stays in the file beside the plant.
  const std::string person = caller({folder});
  record.person = person;
  append(*held, record, clock.now());
  held->close();
}

/// until_of reads --until: a day counts to its end, a duration from now.
TimePoint until_of(const std::string& text, TimePoint now) {
  if (text.empty()) throw UsageError("a statement needs an end: --until", "write a day, as in 2027-11-26");
  const TimePoint time = require_time("--until", text, now);
  if (text.find('-') == std::string::npos) return now + (now - time);  // 2w, which elsewhere is two weeks ago
  return text.size() == 10 ? time + std::chrono::days(1) : time;
}

int add_command(const StateArguments& arguments, const Clock& clock, std::string& out) {
  const plant::Plant plant = plant::require(plant::load(arguments.plant));
  const std::string file = file_of(arguments);
  const TimePoint now = clock.now();
  assess::Statement statement;
  statement.id = assess::next_id(load_statements(file));
  statement.person = arguments.by;
  statement.what = arguments.what;
  statement.scope = arguments.scope;
  const auto answer = assess::parse_answer(arguments.answer);
  if (!answer) throw UsageError("\"" + arguments.answer + "\" is no answer", "met, compensated or not-applicable");
  statement.answer = *answer;
  statement.maturity = arguments.maturity;
  statement.despite = arguments.despite;
  statement.reason = arguments.reason;
  statement.made = std::chrono::floor<std::chrono::seconds>(now);
  statement.until = until_of(arguments.until, now);
  if (!arguments.document.empty()) {
    statement.document = arguments.document;
    statement.sha256 = file_sha256(arguments.document);
  }
  const std::string wrong = assess::check_statement(statement, plant);
  if (!wrong.empty()) throw UsageError(wrong, "docs/formats/statements.md says what a statement has");
  std::string line;
  assess::append_line(line, statement);
  add_to(file, line);
  keep(arguments.journal, statement, clock);
  out += statement.id + ": " + statement.person + " states that " + statement.what + " is " +
         std::string(to_text(statement.answer)) + " (" + statement.scope + "), until " + day_and_time(statement.until) +
         "\n";
  return 0;
}

int list_command(const StateArguments& arguments, const Clock& clock, std::string& out) {
  const TimePoint now = clock.now();
  size_t hidden = 0;
  for (const assess::Statement& statement : load_statements(file_of(arguments))) {
    const bool counts = statement.counts(now);
    if (!counts && !arguments.all) {
      ++hidden;
      continue;
    }
    std::string text = statement.what + " is " + std::string(to_text(statement.answer)) + " (" + statement.scope +
                       "), by " + statement.person + ", until " + day_and_time(statement.until).substr(0, 10);
    if (statement.maturity != 0) text += ", maturity " + std::to_string(statement.maturity);
    if (statement.withdrawn) text += ", WITHDRAWN by " + statement.withdrawn_by;
    if (!statement.withdrawn && !counts) text += ", ENDED";
    if (!statement.reason.empty()) text += ": " + statement.reason;
    if (!statement.document.empty()) {
      text += " [" + statement.document + " " + statement.sha256.substr(0, 12) + "]";
    }
    const std::string first = statement.id + "  ";
    append_wrapped(out, first, std::string(first.size(), ' '), text);
  }
  if (hidden > 0) out += std::to_string(hidden) + " that count no more are not shown: --all\n";
  if (out.empty()) out = "nobody has stated anything\n";
  return 0;
}

int withdraw_command(const StateArguments& arguments, const Clock& clock, std::string& out) {
  const std::string file = file_of(arguments);
  std::vector<assess::Statement> all = load_statements(file);
  const auto found = std::ranges::find(all, arguments.id, &assess::Statement::id);
  if (found == all.end()) throw Error("there is no statement " + arguments.id, "`rampart state list` shows them");
  if (found->withdrawn) throw Error(arguments.id + " was withdrawn already");
  const TimePoint now = std::chrono::floor<std::chrono::seconds>(clock.now());
  found->withdrawn = now;
  found->withdrawn_by = arguments.by;
  std::string line;
  assess::append_withdrawal(line, arguments.id, arguments.by, arguments.reason, now);
  add_to(file, line);
  keep(arguments.journal, *found, clock);
  out += arguments.id + " counts no more\n";
  return 0;
}

using Command = int (*)(const StateArguments&, const Clock&, std::string&);

CLI::App* declare_one(CLI::App& state, Chosen& chosen, const std::shared_ptr<StateArguments>& arguments,
                      const char* name, const char* what, Command command) {
  auto* one = state.add_subcommand(name, what);
  one->add_option("plant", arguments->plant, "plant file (YAML)")->required();
  one->add_option("--statements", arguments->file, "file of statements (PLANT.statements.jsonl)");
  one->callback([arguments, command, &chosen] {
    chosen = [arguments, command](std::string& out) { return command(*arguments, SystemClock(), out); };
  });
  return one;
}

}  // namespace

void declare_state(CLI::App& app, Chosen& chosen) {
  auto* state = app.add_subcommand("state", "What people answer for, where no machine can see: add, list, withdraw");
  state->require_subcommand(1);
  const auto arguments = std::make_shared<StateArguments>();
  auto* add = declare_one(*state, chosen, arguments, "add", "State that an aspect or row is met", add_command);
  add->add_option("what", arguments->what, "aspect (SR 7.5/a), row (SR 7.5), clause (ORG 1.1), or SL-C 2")->required();
  add->add_option("--scope", arguments->scope, "plant, or \"zone ID\", \"conduit ID\", \"asset ID\"")
      ->capture_default_str();
  add->add_option("--answer", arguments->answer, "met, compensated or not-applicable")->capture_default_str();
  add->add_option("--despite", arguments->despite, "compensated: the kind of fact that it concedes; may be given again")
      ->allow_extra_args(false);
  add->add_option("--maturity", arguments->maturity, "of a clause of 2-1, 2-4 or 4-1: 1 to 4");
  add->add_option("--by", arguments->by, "who answers for it")->required();
  add->add_option("--reason", arguments->reason, "why it is so")->required();
  add->add_option("--document", arguments->document, "what shows it; its hash is kept");
  add->add_option("--until", arguments->until, "the last day on which it counts")->required();
  add->add_option("--journal", arguments->journal, "folder of the journal that is told");
  auto* list = declare_one(*state, chosen, arguments, "list", "Show what counts", list_command);
  list->add_flag("--all", arguments->all, "also what ended or was withdrawn");
  auto* withdraw = declare_one(*state, chosen, arguments, "withdraw", "Take a statement back", withdraw_command);
  withdraw->add_option("id", arguments->id, "as `rampart state list` shows it")->required();
  withdraw->add_option("--by", arguments->by, "who withdraws it")->required();
  withdraw->add_option("--reason", arguments->reason, "why");
  withdraw->add_option("--journal", arguments->journal, "folder of the journal that is told");
}

}  // namespace rampart::apps
