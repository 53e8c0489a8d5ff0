#include "apps/command_standard.h"

#include <algorithm>

#include "apps/standard_pages.h"
#include "standard/catalogue.h"
#include "standard/search.h"

namespace rampart::apps {

namespace {

using namespace rampart::standard;

constexpr size_t kMostHits = 20;
constexpr size_t kSuggestions = 3;
constexpr size_t kCountColumn = 52;

/// write_levels writes `label` and behind it what `at_level` gives for SL 1 to 4, right-aligned in columns.
template <typename AtLevel>
void write_levels(Page& page, std::string label, AtLevel at_level) {
  label.resize(kCountColumn, ' ');
  for (int level = 1; level <= kHighestLevel; ++level) {
    const std::string digits = std::to_string(at_level(level));
    label += std::string(5 - std::min<size_t>(5, digits.size()), ' ') + digits;
  }
  page.entry(label, 2, "");
}

void write_counts(Page& page) {
  page.heading("");
  write_levels(page, "Requirements of IEC 62443-3-3 needed at SL", [](int level) { return level; });
  for (const Foundational& fr : foundational_requirements()) {
    std::string line = "  " + std::string(fr.id) + " " + std::string(fr.code);
    line.resize(10, ' ');
    line += fr.title;
    write_levels(page, line, [&](int level) {
      const auto rows = requirements_of(fr.number);
      return std::ranges::count_if(rows, [&](const Requirement* row) { return row->required_at(level); });
    });
  }
  write_levels(page, "  all", [](int level) { return required_system_requirements(level).size(); });
  page.heading("");
  write_levels(page, "Requirements of IEC 62443-4-2 needed at SL", [](int level) { return level; });
  for (const Component type : {Component::application, Component::embedded, Component::host, Component::network}) {
    write_levels(page, "  " + std::string(name_of(type)),
                 [&](int level) { return required_component_requirements(type, level).size(); });
  }
}

void write_overview(Page& page) {
  page.entry("", 0,
             "IEC 62443 and MITRE ATT&CK for ICS as compiled into this program: identifiers, short titles, levels, and "
             "our own sentences. No substitute for the standards.");
  write_counts(page);
  page.heading("Parts");
  for (const Part& part : parts()) {
    size_t rows = part.id == "3-3"   ? system_requirements().size()
                  : part.id == "4-2" ? component_requirements().size()
                                     : 0;
    rows += static_cast<size_t>(std::ranges::count(clauses(), part.id, &Clause::part));
    page.entry("  " + std::string(part.id), 7,
               std::string(part.title) + (rows > 0 ? " (" + std::to_string(rows) + " rows)" : ""));
  }
  page.heading("Levels");
  for (const SecurityLevel& level : security_levels()) {
    page.entry("  SL " + std::to_string(level.level), 8, level.summary);
  }
  page.heading("ATT&CK for ICS: " + std::to_string(techniques().size()) + " techniques, " +
               std::to_string(tactics().size()) + " tactics, " + std::to_string(mitigations().size()) +
               " mitigations; (c) 2025 The MITRE Corporation, see NOTICE. Terms explained: " +
               std::to_string(terms().size()) + ".");
  page.heading("Ask for");
  page.entry("  rampart standard SR 5.2", 35, "a requirement: sr5.2, \"SR 5.2 RE 1\", NDR 5.2");
  page.entry("  rampart standard FR5", 35, "all rows of a foundational requirement");
  page.entry("  rampart standard SL 3", 35, "what a level needs and what is new at it");
  page.entry("  rampart standard ZCR 5.6", 35, "a row of 3-2; so too SM-1, SP.01, ORG 1.1");
  page.entry("  rampart standard 4-1", 35, "all rows of a part");
  page.entry("  rampart standard T0855", 35, "a technique, tactic TA0107, mitigation M0930");
  page.entry("  rampart standard island mode", 35, "words: searched in titles, sentences, terms");
}

/// shown makes what was typed fit to print: nothing that steers a terminal, not more than a line.
std::string shown(const std::string& typed) {
  std::string out;
  for (const char c : typed.substr(0, 40)) out += c < 0x20 || c > 0x7e ? '?' : c;
  return typed.size() > 40 ? out + "..." : out;
}

std::string not_found(const std::string& typed) {
  std::string message = "nothing in the catalogue is called '" + shown(typed) + "'";
  const auto near = suggest(typed, kSuggestions);
  for (size_t i = 0; i < near.size(); ++i) {
    message += i == 0 ? "; did you mean " : i + 1 == near.size() ? " or " : ", ";
    message += near[i];
  }
  return message + (near.empty() ? "\n" : "?\n") + "  `rampart standard` without words shows what can be asked";
}

}  // namespace

int standard_command(const std::vector<std::string>& words, std::string& out, std::string& error) {
  std::string typed;
  for (const std::string& word : words) typed += (typed.empty() ? "" : " ") + word;
  Page page(out);
  if (typed.find_first_not_of(' ') == std::string::npos) {
    write_overview(page);
    return 0;
  }
  if (const auto entry = lookup(typed)) {
    write_page(page, *entry);
    return 0;
  }
  const auto hits = search(typed, kMostHits + 1);
  if (hits.empty()) {
    error = not_found(typed);
    return 1;
  }
  const bool more = hits.size() > kMostHits;
  page.entry("", 0,
             (more ? "The best " + std::to_string(kMostHits) + " matches" : "Matches") + " for '" + shown(typed) + "'");
  page.heading("");
  write_hits(page, {hits.begin(), hits.begin() + static_cast<std::ptrdiff_t>(std::min(hits.size(), kMostHits))});
  return 0;
}

}  // namespace rampart::apps
