#include "assess/statement.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "records/json_line.h"
#include "standard/catalogue.h"

namespace rampart::assess {
namespace {

namespace json = boost::json;

constexpr std::string_view kAnswers[] = {"not-assessed", "not-met", "not-applicable", "compensated", "met"};
constexpr size_t kMostLine = 16'384;
constexpr size_t kMostDepth = 4;
constexpr auto kLongest = std::chrono::days(3 * 366);

[[noreturn]] void fail(const std::string& file, uint64_t line, std::string what) {
  throw FileError({Problem{.file = file,
                           .mark = {static_cast<uint32_t>(line), 1},
                           .what = std::move(what),
                           .hint = "each line is one statement as `rampart state add` writes it"}});
}

/// Line is one line of the file, its members asked for by name.
class Line {
 public:
  Line(std::string_view text, const std::string& file, uint64_t number) : file_(file), number_(number) {
    if (text.size() > kMostLine) fail(file, number, "the line is too long");
    json::parse_options options;
    options.max_depth = kMostDepth;
    boost::system::error_code error;
    value_ = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
    if (error || !value_.is_object()) fail(file, number, "this is no JSON object");
  }

  std::string text(std::string_view name) const {
    const json::value* value = value_.get_object().if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr) return {};
    if (!value->is_string()) fail(file_, number_, "\"" + std::string(name) + "\" is no text");
    return std::string(value->get_string());
  }
  int64_t number(std::string_view name) const {
    const json::value* value = value_.get_object().if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr) return 0;
    if (!value->is_int64()) fail(file_, number_, "\"" + std::string(name) + "\" is no number");
    return value->get_int64();
  }
  TimePoint time(std::string_view name) const { return from_unix(number(name), 0); }
  std::vector<std::string> texts(std::string_view name) const {
    std::vector<std::string> out;
    const json::value* value = value_.get_object().if_contains(json::string_view(name.data(), name.size()));
    if (value == nullptr) return out;
    if (!value->is_array()) fail(file_, number_, "\"" + std::string(name) + "\" is no list");
    for (const json::value& item : value->get_array()) {
      if (!item.is_string()) fail(file_, number_, "\"" + std::string(name) + "\" has something that is no text");
      out.emplace_back(item.get_string());
    }
    return out;
  }

 private:
  const std::string& file_;
  uint64_t number_;
  json::value value_;
};

Statement statement_of(const Line& line, const std::string& file, uint64_t number) {
  Statement out;
  out.id = line.text("id");
  out.person = line.text("person");
  out.what = line.text("what");
  out.scope = line.text("scope");
  const std::string word = line.text("answer");
  const auto answer = parse_answer(word);
  if (!answer) fail(file, number, "\"" + word + "\" is no answer");
  out.answer = *answer;
  out.maturity = static_cast<int>(std::clamp<int64_t>(line.number("maturity"), 0, 4));
  out.despite = line.texts("despite");
  out.document = line.text("document");
  out.sha256 = line.text("sha256");
  out.reason = line.text("reason");
  out.made = line.time("made");
  out.until = line.time("until");
  out.line = number;
  if (out.id.empty() || out.person.empty() || out.what.empty()) {
    fail(file, number, "a statement needs `id`, `person` and `what`");
  }
  return out;
}

int64_t seconds(TimePoint time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

uint64_t number_in(std::string_view id) { return id.starts_with("st-") ? parse_number(id.substr(3)).value_or(0) : 0; }

}  // namespace

std::string_view to_text(Answer answer) { return kAnswers[static_cast<size_t>(answer)]; }

std::optional<Answer> parse_answer(std::string_view word) {
  const auto found = std::ranges::find(kAnswers, word);
  if (found == std::end(kAnswers)) return std::nullopt;
  return static_cast<Answer>(found - std::begin(kAnswers));
}

std::vector<Statement> read_statements(std::string_view text, const std::string& file) {
  std::vector<Statement> out;
  uint64_t number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view trimmed = trim(raw);
    if (trimmed.empty()) continue;
    const Line line(trimmed, file, number);
    const std::string withdrawn = line.text("withdraw");
    if (withdrawn.empty()) {
      out.push_back(statement_of(line, file, number));
      continue;
    }
    const auto found = std::ranges::find(out, withdrawn, &Statement::id);
    if (found == out.end()) fail(file, number, "it withdraws " + withdrawn + ", which no line above makes");
    found->withdrawn = line.time("when");
    found->withdrawn_by = line.text("person");
  }
  return out;
}

std::optional<Scope> scope_of(const plant::Plant& plant, std::string_view words) {
  if (words == "plant") return Scope{Scope::Kind::plant, 0};
  const size_t space = words.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto kind = parse_scope_kind(words.substr(0, space));
  if (!kind || *kind == Scope::Kind::plant || *kind == Scope::Kind::journal) return std::nullopt;
  return find_scope(plant, *kind, words.substr(space + 1));
}

std::string check_statement(const Statement& statement, const plant::Plant& plant) {
  const bool clause = standard::find_clause(statement.what) != nullptr;
  const bool row =
      standard::find_aspect(statement.what) != nullptr || standard::find_requirement(statement.what) != nullptr;
  const bool declared = declared_level(statement.what).has_value();
  if (declared && !statement.scope.starts_with("asset "))
    return "a maker declares SL-C of an asset: --scope \"asset ID\"";
  if (!clause && !row && !declared) {
    return "\"" + statement.what +
           "\" is no aspect (SR 7.5/a), row (SR 7.5) or clause (ORG 1.1): `rampart levels "
           "--checks` lists them";
  }
  if (!scope_of(plant, statement.scope)) {
    return "\"" + statement.scope + "\" is no part of the plant: write plant, or zone, conduit or asset and its id";
  }
  if (clause && (statement.maturity < 1 || statement.maturity > 4)) return "a clause needs --maturity 1 to 4";
  if (!clause && statement.maturity != 0) return "--maturity is of clauses of 2-1, 2-4 and 4-1, not of rows";
  if (!good(statement.answer)) return "a statement says met, compensated or not-applicable";
  if (statement.person.empty()) return "somebody must answer for it: --by";
  if (statement.reason.empty()) return "it needs a reason: --reason";
  if (statement.until <= statement.made) return "it must end after it begins: --until";
  if (statement.until > statement.made + kLongest) return "it must end within three years: --until";
  for (const std::string& word : statement.despite) {
    if (!find_fact_kind(word)) return "\"" + word + "\" is no kind of fact: `rampart levels --checks` lists them";
  }
  if (!statement.despite.empty() && statement.answer != Answer::compensated) {
    return "only a compensating measure stands despite what was seen";
  }
  return {};
}

std::optional<int> declared_level(std::string_view what) {
  if (what.size() != 6 || !what.starts_with("SL-C ") || what[5] < '1' || what[5] > '4') return std::nullopt;
  return what[5] - '0';
}

void append_line(std::string& out, const Statement& statement) {
  using records::number;
  using records::text;
  out += '{';
  text(out, "id", statement.id);
  text(out, "person", statement.person);
  text(out, "what", statement.what);
  text(out, "scope", statement.scope);
  text(out, "answer", to_text(statement.answer));
  if (statement.maturity != 0) number(out, "maturity", statement.maturity);
  if (!statement.despite.empty()) {
    records::key(out, "despite");
    out += '[';
    for (const std::string& word : statement.despite) {
      if (out.back() != '[') out += ',';
      append_json_text(out, word);
    }
    out += ']';
  }
  text(out, "document", statement.document);
  text(out, "sha256", statement.sha256);
  text(out, "reason", statement.reason);
  number(out, "made", seconds(statement.made));
  number(out, "until", seconds(statement.until));
  out += "}\n";
}

void append_withdrawal(std::string& out, std::string_view id, std::string_view person, std::string_view reason,
                       TimePoint when) {
  out += '{';
  records::text(out, "withdraw", id);
  records::text(out, "person", person);
  records::text(out, "reason", reason);
  records::number(out, "when", seconds(when));
  out += "}\n";
}

std::string next_id(const std::vector<Statement>& statements) {
  uint64_t highest = 0;
  for (const Statement& statement : statements) highest = std::max(highest, number_in(statement.id));
  return "st-" + std::to_string(highest + 1);
}

records::Statement record_of(const Statement& statement) {
  const std::string_view scope = statement.scope;
  const size_t space = scope.find(' ');
  const bool parted = space != std::string_view::npos;
  return {.when = statement.withdrawn.value_or(statement.made),
          .id = statement.id,
          .person = statement.withdrawn ? std::string_view(statement.withdrawn_by) : statement.person,
          .what = statement.what,
          .scope = scope.substr(0, space),
          .subject = parted ? scope.substr(space + 1) : std::string_view(),
          .answer = to_text(statement.answer),
          .maturity = static_cast<uint8_t>(statement.maturity),
          .document = statement.document,
          .sha256 = statement.sha256,
          .until = statement.until,
          .reason = statement.reason,
          .withdrawn = statement.withdrawn.has_value()};
}

}  // namespace rampart::assess
