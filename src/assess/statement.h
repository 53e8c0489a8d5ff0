// A person's word: for what no machine sees, with a document and an end. Kept as lines of JSON beside the plant
// (docs/formats/statements.md); nothing is ever taken out of that file: a withdrawal is a line of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "assess/fact.h"
#include "records/records.h"

namespace rampart::assess {

/// Answer: what there is to say of an aspect or a row. Not assessed is never met.
enum class Answer : uint8_t { not_assessed, not_met, not_applicable, compensated, met };
std::string_view to_text(Answer answer);
std::optional<Answer> parse_answer(std::string_view word);
/// good is true of what lets a level be reached.
inline bool good(Answer answer) { return answer >= Answer::not_applicable; }

struct Statement {
  std::string id;      // "st-7": given by add_statement
  std::string person;  // as they call themselves
  std::string what;    // aspect, row, or clause of a programme
  std::string scope;   // "plant", "zone control"
  Answer answer = Answer::met;
  int maturity = 0;                  // of clauses, 1 to 4
  std::vector<std::string> despite;  // compensated: the kinds of facts that it concedes
  std::string document, sha256, reason;
  TimePoint made{}, until{};
  std::optional<TimePoint> withdrawn{};
  std::string withdrawn_by{};
  uint64_t line = 0;  // of the file

  bool counts(TimePoint now) const { return !withdrawn && made <= now && now < until; }
};

/// read_statements reads the lines of `text`; later lines withdraw earlier ones. `file` is for messages. Errors: throws
/// FileError with the line.
std::vector<Statement> read_statements(std::string_view text, const std::string& file);
/// check_statement says what is wrong with a statement that somebody wants to make of `plant`; empty: nothing. It must
/// name an aspect, row or clause, a scope of the plant, a person, a reason, an end after `made` and at most 3 years
/// off.
std::string check_statement(const Statement& statement, const plant::Plant& plant);
/// scope_of reads "plant", "zone control", "conduit c", "asset a"; nothing where the plant has none such.
std::optional<Scope> scope_of(const plant::Plant& plant, std::string_view words);
/// declared_level reads "SL-C 2": a maker's declaration of all that 4-2 asks of a component at that level.
std::optional<int> declared_level(std::string_view what);
/// append_line writes one statement, append_withdrawal that it counts no more.
void append_line(std::string& out, const Statement& statement);
void append_withdrawal(std::string& out, std::string_view id, std::string_view person, std::string_view reason,
                       TimePoint when);
/// next_id is the identifier of the next statement: one more than the highest.
std::string next_id(const std::vector<Statement>& statements);
/// record_of is the statement as a record; it borrows from it.
records::Statement record_of(const Statement& statement);

}  // namespace rampart::assess
