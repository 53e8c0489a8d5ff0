#include "apps/walk.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "apps/arguments.h"
#include "base/text.h"
#include "journal/persons.h"
#include "standard/search.h"

namespace rampart::apps {
namespace {

constexpr uint64_t kMostLast = 1'000'000;
constexpr uint64_t kFirstStep = 1024, kMostStep = uint64_t{1} << 20;
// A sensor's clock may run ahead of ours: what it saw is then dated after it was written down.
constexpr auto kClockAhead = std::chrono::hours(24);

records::Kind require_kind(const std::string& word) {
  if (const auto kind = records::parse_kind(word)) return *kind;
  std::vector<std::string_view> names;
  std::string all;
  for (uint16_t number = 1; number <= static_cast<uint16_t>(records::Kind::login); ++number) {
    names.push_back(records::to_text(static_cast<records::Kind>(number)));
    all += " " + std::string(names.back());
  }
  const std::string_view near = closest(word, names);
  throw UsageError(
      "--kind: there is no kind '" + word + "'" + (near.empty() ? "" : "; did you mean " + std::string(near) + "?"),
      "kinds are:" + all);
}

std::string require_requirement(const std::string& typed) {
  const auto entry = standard::lookup(typed);
  const auto* found = entry ? std::get_if<const standard::Requirement*>(&*entry) : nullptr;
  if (found == nullptr) {
    throw UsageError("--sr: the standard has no requirement '" + typed + "'",
                     "write it as \"SR 5.2\"; `rampart standard` lists them");
  }
  return std::string((*found)->id);
}

/// identifier_of finds a person by name or identifier; who may not read the table of names must give the identifier.
std::string identifier_of(const journal::Layout& layout, const std::string& person) {
  try {
    const journal::Persons persons(layout);
    for (const auto& [identifier, name] : persons.all()) {
      if (name == person) return identifier;
    }
  } catch (const Error&) {
  }
  return person;
}

void add_word(std::string& out, std::string_view name, uint64_t value) {
  out += (out.empty() ? "" : ", ") + std::string(name) + " " + std::to_string(value);
}

}  // namespace

void declare_filter(CLI::App& command, FilterArguments& arguments, bool short_numbers) {
  command.add_option("--since", arguments.since, "from this time on: 2026-11-23, 2026-11-23T18:30:00Z, 2h, 7d ago");
  command.add_option("--until", arguments.until, "before this time");
  command.add_option("--kind", arguments.kinds, "finding, transaction, run, plant-change ...; may be given again")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command.add_option("--zone", arguments.zone, "zone of the plant");
  command.add_option("--asset", arguments.asset, "asset of the plant");
  command.add_option("--conduit", arguments.conduit, "conduit of the plant");
  command.add_option("--person", arguments.person, "name or identifier");
  command.add_option("--sr", arguments.requirement, "requirement of IEC 62443-3-3, as \"SR 5.2\"");
  command.add_option(short_numbers ? "--from,--from-record" : "--from-record", arguments.from,
                     "record number to begin with");
  command.add_option(short_numbers ? "--to,--to-record" : "--to-record", arguments.to, "record number to stop before");
  command.add_option("--last", arguments.last, "only the newest N of them")->check(CLI::Range(uint64_t{1}, kMostLast));
}

std::string Selection::text() const {
  std::string out = filter.empty() && !everything() ? std::string() : filter.text();
  if (from != 0) add_word(out, "from record", from);
  if (to != UINT64_MAX) add_word(out, "before record", to);
  if (last) add_word(out, "the last", *last);
  return out;
}

Selection selection(const FilterArguments& arguments, const journal::Layout& layout, TimePoint now) {
  Selection chosen;
  records::Filter& filter = chosen.filter;
  if (!arguments.since.empty()) filter.since = require_time("--since", arguments.since, now);
  if (!arguments.until.empty()) filter.until = require_time("--until", arguments.until, now);
  if (filter.since && filter.until && *filter.until <= *filter.since) {
    throw UsageError("--until is not after --since: nothing can lie between them", "");
  }
  for (const std::string& word : arguments.kinds) filter.kinds.push_back(require_kind(word));
  filter.zone = arguments.zone;
  filter.asset = arguments.asset;
  filter.conduit = arguments.conduit;
  if (!arguments.person.empty()) filter.person = identifier_of(layout, arguments.person);
  if (!arguments.requirement.empty()) filter.requirement = require_requirement(arguments.requirement);
  chosen.from = arguments.from.value_or(chosen.from);
  chosen.to = arguments.to.value_or(chosen.to);
  if (chosen.to <= chosen.from) throw UsageError("--to is not after --from: nothing can lie between them", "");
  chosen.last = arguments.last;
  return chosen;
}

std::vector<uint64_t> find_last(journal::Reader& reader, uint64_t from, uint64_t to, uint64_t count,
                                const std::function<bool(Bytes record)>& wanted) {
  std::vector<uint64_t> found;
  for (uint64_t step = kFirstStep; to > from && found.size() < count; step = std::min(step * 4, kMostStep)) {
    const uint64_t begin = to - std::min(step, to - from);
    std::vector<uint64_t> here;
    reader.seek(begin);
    for (journal::Reader::Item item; reader.next(item) && item.number < to;) {
      if (wanted(item.record)) here.push_back(item.number);
    }
    const size_t take = std::min<size_t>(here.size(), count - found.size());
    found.insert(found.begin(), here.end() - static_cast<std::ptrdiff_t>(take), here.end());
    to = begin;
  }
  return found;
}

Walk::Walk(const std::string& folder, const Selection& selection) : reader_(folder), selection_(selection) {
  end_ = std::min(selection.to, reader_.size());
  uint64_t begin = std::max(selection.from, reader_.first());
  if (selection.last && begin < end_) {
    const auto newest = find_last(reader_, begin, end_, *selection.last, [&](Bytes record) {
      const auto stored = records::Stored::decode(record);
      return stored && records::matches(selection_.filter, *stored);
    });
    begin = newest.empty() ? end_ : newest.front();
  } else if (selection.filter.since && selection.from == 0) {
    reader_.seek_written(*selection.filter.since - kClockAhead);
    return;
  }
  reader_.seek(begin);
}

std::optional<Walk::Found> Walk::next() {
  for (journal::Reader::Item item; reader_.next(item);) {
    if (item.number >= end_) {
      reader_.seek(item.number);  // it is for a walk that was extended
      return std::nullopt;
    }
    auto stored = records::Stored::decode(item.record);
    if (!stored) {
      ++undecodable_;
    } else if (records::matches(selection_.filter, *stored)) {
      return Found{item.number, std::move(*stored)};
    }
  }
  return std::nullopt;
}

void Walk::extend() {
  reader_.refresh();
  end_ = std::min(selection_.to, reader_.size());
}

}  // namespace rampart::apps
