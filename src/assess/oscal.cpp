// OSCAL assessment-results 1.1.2. Source: NIST, OSCAL assessment results model.
#include <algorithm>
#include <set>

#include "assess/exchange.h"
#include "assess/json_parts.h"
#include "assess/steps.h"

namespace rampart::assess {
namespace {

using records::text;

constexpr std::string_view kOscalVersion = "1.1.2";

/// token is an identifier as OSCAL's tokens are: "SR 5.2 RE 1/a" is "sr-5.2-re-1-a".
std::string token(std::string_view id) {
  std::string out;
  for (const char c : id) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : plain ? c : '-';
  }
  return out;
}

/// Time in OSCAL has a colon in its zone.
void moment(std::string& out, std::string_view name, TimePoint when) {
  std::string stamp;
  append_timestamp(stamp, when);
  if (stamp.size() > 5) stamp.insert(stamp.size() - 2, ":");
  text(out, name, stamp);
}

class Writer {
 public:
  Writer(std::string& out, const Shown& shown, const NameToUuid& uuid)
      : out_(out), shown_(shown), assessment_(shown.assessment), uuid_(uuid) {}

  void write() {
    out_ += "{\"assessment-results\":{";
    text(out_, "uuid", named("results"));
    metadata();
    out_ += ",\"import-ap\":{";
    text(out_, "href", "#" + named("plan"));
    out_ += "},\"results\":[{";
    result();
    out_ += "}],\"back-matter\":{\"resources\":[{";
    text(out_, "uuid", named("plan"));
    text(out_, "title", "Plant file, which names zones, conduits and target levels");
    out_ += ",\"rlinks\":[{";
    text(out_, "href", shown_.assessment.site().plant().file);
    out_ += ",\"hashes\":[{\"algorithm\":\"SHA-256\"";
    text(out_, "value", shown_.plant_sha256);
    out_ += "}]}]}]}}}\n";
  }

 private:
  std::string named(std::string_view what) const {
    std::string stamp;
    append_timestamp(stamp, assessment_.now());
    return uuid_(shown_.plant_sha256 + "/" + stamp + "/" + std::string(what));
  }
  /// Components stay who they are from one report to the next.
  std::string component(size_t unit) const {
    const Site& site = assessment_.site();
    return uuid_(site.plant().name + "/" + std::string(to_text(site.units()[unit].scope.kind)) + "/" +
                 std::string(site.id(site.units()[unit])));
  }

  void metadata() {
    out_ += ",\"metadata\":{";
    text(out_, "title", "Security levels achieved: " + std::string(assessment_.site().plant().name));
    moment(out_, "last-modified", assessment_.now());
    text(out_, "version", shown_.program);
    text(out_, "oscal-version", kOscalVersion);
    text(out_, "remarks",
         "What the evidence named here supports. Not a certificate; what was not assessed is not satisfied.");
    out_ += '}';
  }

  void result() {
    text(out_, "uuid", named("result"));
    text(out_, "title", "IEC 62443-3-3 by evidence");
    text(out_, "description",
         "Rows of IEC 62443-3-3 asked of each zone and conduit by its target level, judged by the plant file, journals "
         "and statements of people.");
    moment(out_, "start", began());
    moment(out_, "end", assessment_.now());
    components();
    controls();
    observations();
    findings();
  }

  TimePoint began() const {
    TimePoint first = assessment_.now();
    for (const JournalShown& journal : shown_.journals) {
      if (journal.facts->tally().records > 0) first = std::min(first, journal.facts->tally().first);
    }
    return first;
  }

  void components() {
    out_ += ",\"local-definitions\":{";
    {
      List list(out_, "components");
      const Site& site = assessment_.site();
      for (size_t unit = 0; unit < site.units().size(); ++unit) {
        const Unit& of = site.units()[unit];
        list.item() += '{';
        text(out_, "uuid", component(unit));
        text(out_, "type", of.scope.kind == Scope::Kind::zone ? "network" : "interconnection");
        text(out_, "title", site.name(of));
        text(out_, "description", words_of(site.plant(), of.scope));
        out_ += ",\"status\":{\"state\":\"operational\"}}";
      }
    }
    out_ += '}';
  }

  bool asked(size_t unit, uint16_t row) const {
    const Row& of = assessment_.rows().rows()[row];
    return of.lowest <= assessment_.cell(unit, of.requirement->fr - 1u).target;
  }

  void controls() {
    std::set<std::string> all;
    for (size_t unit = 0; unit < assessment_.site().units().size(); ++unit) {
      for (uint16_t row = 0; row < assessment_.rows().rows().size(); ++row) {
        if (asked(unit, row)) all.insert(token(assessment_.rows().rows()[row].requirement->id));
      }
    }
    out_ += ",\"reviewed-controls\":{\"control-selections\":[{";
    if (all.empty()) out_ += "\"include-all\":{}";
    if (!all.empty()) {
      List list(out_, "include-controls");
      for (const std::string& id : all) {
        list.item() += '{';
        text(out_, "control-id", id);
        out_ += '}';
      }
    }
    out_ += "}]}";
  }

  template <class Each>
  void each_row(Each&& each) {
    for (size_t unit = 0; unit < assessment_.site().units().size(); ++unit) {
      for (uint16_t row = 0; row < assessment_.rows().rows().size(); ++row) {
        if (asked(unit, row)) each(unit, row);
      }
    }
  }
  std::string_view aspect_id(uint32_t aspect) const { return assessment_.rows().aspects()[aspect].aspect->id; }
  std::string observation_of(size_t unit, uint32_t aspect) const {
    return named("observation/" + component(unit) + "/" + std::string(aspect_id(aspect)));
  }
  Detail detail_of(size_t unit, uint32_t aspect) const {
    Detail detail;
    assessment_.judge().judge(assessment_.site().units()[unit], aspect, assessment_.now(), &detail);
    return detail;
  }

  void observation(size_t unit, uint32_t aspect, const Detail& detail) {
    text(out_, "uuid", observation_of(unit, aspect));
    text(out_, "title",
         std::string(aspect_id(aspect)) + " of " +
             words_of(assessment_.site().plant(), assessment_.site().units()[unit].scope));
    const auto answer = to_text(assessment_.answer(unit, aspect).answer);
    text(out_, "description", std::string(answer) + (detail.why.empty() ? "" : ": " + detail.why));
    {
      std::set<std::string_view> methods;
      for (const Fact* fact : detail.facts) {
        const bool read = !fact->sources.empty() && fact->sources.front().kind == Source::Kind::plant;
        methods.insert(read ? "EXAMINE" : "TEST");
      }
      if (!detail.statements.empty()) methods.insert("INTERVIEW");
      texts(out_, "methods", {methods.begin(), methods.end()});
    }
    out_ += ",\"types\":[\"control-objective\"],\"subjects\":[{";
    text(out_, "subject-uuid", component(unit));
    out_ += ",\"type\":\"component\"}]";
    {
      List list(out_, "relevant-evidence");
      for (const Fact* fact : detail.facts) evidence(list, *fact);
      for (const Stated* stated : detail.statements) {
        list.item() += '{';
        text(out_, "description",
             "statement " + stated->statement.id + " by " + stated->statement.person + ": " + stated->statement.reason);
        out_ += '}';
      }
    }
    TimePoint collected = detail.facts.empty() ? assessment_.now() : detail.facts.front()->time;
    for (const Fact* fact : detail.facts) collected = std::max(collected, fact->time);
    moment(out_, "collected", collected);
  }

  void evidence(List& list, const Fact& fact) {
    const FactKindRow& kind = row_of(fact.kind);
    std::string words =
        words_of(assessment_.site().plant(), fact.scope) + ": " + std::string(fact.holds ? kind.so : kind.not_so);
    if (!fact.text.empty()) words += " " + fact.text;
    for (const Source& source : fact.sources) {
      words += source.kind == Source::Kind::plant ? "; plant file line " : "; journal record ";
      words += std::to_string(source.number);
    }
    list.item() += '{';
    text(out_, "description", words);
    out_ += '}';
  }

  void observations() {
    bool any = false;
    each_row([&](size_t unit, uint16_t row) {
      const Row& of = assessment_.rows().rows()[row];
      for (uint32_t aspect = of.first; aspect < of.first + of.count; ++aspect) {
        const Detail detail = detail_of(unit, aspect);
        if (detail.facts.empty() && detail.statements.empty()) continue;
        out_ += any ? ",{" : ",\"observations\":[{";
        any = true;
        seen_.insert({unit, aspect});
        observation(unit, aspect, detail);
        out_ += '}';
      }
    });
    if (any) out_ += ']';
  }

  void findings() {
    bool any = false;
    each_row([&](size_t unit, uint16_t row) {
      out_ += any ? ",{" : ",\"findings\":[{";
      any = true;
      finding(unit, row);
      out_ += '}';
    });
    if (any) out_ += ']';
  }

  void finding(size_t unit, uint16_t row) {
    const Row& of = assessment_.rows().rows()[row];
    const Answer answer = assessment_.row(unit, row);
    const std::string where = words_of(assessment_.site().plant(), assessment_.site().units()[unit].scope);
    text(out_, "uuid", named("finding/" + component(unit) + "/" + std::string(of.requirement->id)));
    text(out_, "title", std::string(of.requirement->id) + " of " + where);
    text(out_, "description", std::string(of.requirement->title) + ": " + std::string(to_text(answer)));
    out_ += ",\"target\":{\"type\":\"objective-id\"";
    text(out_, "target-id", token(of.requirement->id));
    out_ += ",\"status\":{";
    text(out_, "state", good(answer) ? "satisfied" : "not-satisfied");
    text(out_, "reason", answer == Answer::met ? "pass" : answer == Answer::not_met ? "fail" : "other");
    text(out_, "remarks", to_text(answer));
    out_ += "}}";
    std::vector<uint32_t> aspects;
    for (uint32_t aspect = of.first; aspect < of.first + of.count; ++aspect) {
      if (seen_.contains({unit, aspect})) aspects.push_back(aspect);
    }
    if (aspects.empty()) return;
    List list(out_, "related-observations");
    for (const uint32_t aspect : aspects) {
      list.item() += '{';
      text(out_, "observation-uuid", observation_of(unit, aspect));
      out_ += '}';
    }
  }

  std::string& out_;
  const Shown& shown_;
  const Assessment& assessment_;
  const NameToUuid& uuid_;
  std::set<std::pair<size_t, uint32_t>> seen_;
};

}  // namespace

void append_oscal(std::string& out, const Shown& shown, const NameToUuid& uuid) { Writer(out, shown, uuid).write(); }

}  // namespace rampart::assess
