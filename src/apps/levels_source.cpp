#include "apps/levels_source.h"

#include <algorithm>

#include "assess/plant_facts.h"
#include "base/files.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "journal/layout.h"
#include "journal/settings.h"

namespace rampart::apps {
namespace {

constexpr uint64_t kMostStatements = uint64_t{16} << 20;
constexpr uint64_t kMostOverlay = uint64_t{1} << 20;
constexpr uint64_t kMostDocument = uint64_t{1} << 30;
// Facts of the plant are good for a day: who follows for long says them anew.
constexpr auto kTellPlantAgain = std::chrono::hours(1);

std::string text_of(const std::string& file, uint64_t most) {
  const auto bytes = read_file(file, most);
  return bytes ? std::string(as_text(*bytes)) : std::string();
}

std::vector<assess::OwnCell> own_cells(const std::string& file) {
  if (file.empty()) return {};
  const auto bytes = read_file(file, kMostOverlay);
  if (!bytes) throw Error("there is no overlay " + file, "leave --overlay out, or write `row,lowest,why` lines there");
  return assess::read_overlay(as_text(*bytes), file);
}

}  // namespace

struct LevelsSource::Journal {
  Journal(const std::string& place, const plant::Plant& plant, uint32_t number, const std::string& sha256)
      : folder(place), walk(place, Selection{}), facts(plant, number, sha256) {}

  std::string folder;
  Walk walk;
  assess::RecordFacts facts;
  TimePoint until{};  // records that are newer wait
};

std::string statements_file(const std::string& plant) {
  const size_t dot = plant.ends_with(".yaml")  ? plant.size() - 5
                     : plant.ends_with(".yml") ? plant.size() - 4
                                               : plant.size();
  return plant.substr(0, dot) + ".statements.jsonl";
}

std::vector<assess::Statement> load_statements(const std::string& file) {
  return assess::read_statements(text_of(file, kMostStatements), file);
}

std::string file_sha256(const std::string& path) {
  const auto bytes = read_file(path, kMostDocument);
  if (!bytes) throw Error("there is no document " + path, "name a file that is there: its hash is kept, not the file");
  std::string out;
  append_hex(out, crypto::sha256(*bytes));
  return out;
}

LevelsSource::LevelsSource(const LevelsInput& input, TimePoint at)
    : input_(input), loaded_(load_policy(input.plant, at)) {
  append_hex(sha256_, crypto::sha256(as_bytes(loaded_.plant->text)));
  if (input_.statements.empty()) input_.statements = statements_file(input_.plant);
  statements_text_ = text_of(input_.statements, kMostStatements);
  statements_ = assess::read_statements(statements_text_, input_.statements);
  assessment_ = std::make_unique<assess::Assessment>(*loaded_.plant, own_cells(input_.overlay), at);
  std::vector<assess::Fact> facts = assess::plant_facts(*loaded_.plant, at);
  plant_told_ = at;
  const auto add = [&facts](std::vector<assess::Fact> more) {
    facts.insert(facts.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  for (const std::string& folder : input_.journals) {
    const auto number = static_cast<uint32_t>(journals_.size());
    journals_.push_back(std::make_unique<Journal>(folder, *loaded_.plant, number, sha256_));
    Journal& journal = *journals_.back();
    read(journal, at);
    add(journal.facts.take_changed(at));
    const journal::Layout layout{folder};
    const journal::Settings settings = journal::read_settings(layout.settings());
    add(assess::journal_facts({.signed_ = read_file(layout.checkpoint(), 65'536).has_value(),
                               .unreadable = journal.walk.unreadable(),
                               .most_octets = settings.most_octets,
                               .reserve_octets = settings.reserve_octets,
                               .journals = input_.journals.size()},
                              number, at));
  }
  assessment_->add_all(std::move(facts), statements_);
}
LevelsSource::~LevelsSource() = default;

void LevelsSource::read(Journal& journal, TimePoint at) {
  while (const auto found = journal.walk.next()) {
    if (found->stored.when() <= at) journal.facts.take(found->stored, found->number);
  }
}

std::vector<assess::Change> LevelsSource::follow(TimePoint now) {
  std::vector<assess::Change> changes = assessment_->expire(now);
  const auto take = [&changes](std::vector<assess::Change> more) {
    changes.insert(changes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  for (const auto& journal : journals_) {
    journal->walk.extend();
    read(*journal, now);
    for (assess::Fact& fact : journal->facts.take_changed(now)) take(assessment_->add(std::move(fact)));
  }
  if (now - plant_told_ >= kTellPlantAgain) {
    plant_told_ = now;
    for (assess::Fact& fact : assess::plant_facts(*loaded_.plant, now)) take(assessment_->add(std::move(fact)));
    assessment_->forget();
  }
  std::string text = text_of(input_.statements, kMostStatements);
  if (text != statements_text_) {
    statements_ = assess::read_statements(text, input_.statements);
    statements_text_ = std::move(text);
    take(assessment_->state(statements_));
  }
  return changes;
}

assess::Shown LevelsSource::shown() const {
  assess::Shown shown{*assessment_, statements_, {}, {}, sha256_};
  for (const auto& journal : journals_) {
    shown.journals.push_back({journal->folder, &journal->facts, journal->walk.unreadable()});
  }
  return shown;
}

std::optional<TimePoint> LevelsSource::last_report() const {
  std::optional<TimePoint> last;
  for (const auto& journal : journals_) last = std::max(last, journal->facts.tally().reported);
  return last;
}

std::optional<int> LevelsSource::last_level(size_t unit, size_t fr) const {
  const assess::Site& site = assessment_->site();
  const assess::Unit& of = site.units()[unit];
  const assess::RecordedChange* last = nullptr;
  for (const auto& journal : journals_) {
    for (const assess::RecordedChange& change : journal->facts.changes()) {
      const bool same = change.subject == site.id(of) && change.scope == to_text(of.scope.kind) &&
                        change.requirement == standard::foundational_requirements()[fr].id;
      if (same && (last == nullptr || last->when <= change.when)) last = &change;
    }
  }
  if (last == nullptr) return std::nullopt;
  return last->after;
}

uint64_t LevelsSource::unreadable() const {
  uint64_t count = 0;
  for (const auto& journal : journals_) count += journal->walk.unreadable();
  return count;
}

}  // namespace rampart::apps
