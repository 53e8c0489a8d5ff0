#include "plant/plant.h"

#include <algorithm>

#include "plant/problems.h"

namespace rampart::plant {

namespace {

template <class Thing>
Index find(const std::vector<Thing>& things, const std::vector<Index>& by_id, std::string_view id) {
  if (by_id.size() == things.size()) {
    const auto at = std::lower_bound(by_id.begin(), by_id.end(), id,
                                     [&](Index left, std::string_view right) { return things[left].id.value < right; });
    return at != by_id.end() && things[*at].id.value == id ? *at : kNone;
  }
  const auto at = std::find_if(things.begin(), things.end(), [&](const Thing& thing) { return thing.id.value == id; });
  return at == things.end() ? kNone : static_cast<Index>(at - things.begin());
}

/// token_width is the number of columns of the word that begins at `column` of `line`.
uint32_t token_width(std::string_view line, size_t offset) {
  if (offset >= line.size()) return 1;
  const char first = line[offset];
  const std::string_view rest = line.substr(offset);
  size_t end = 0;
  if (first == '"' || first == '\'') {
    end = rest.find(first, 1);
    end = end == std::string_view::npos ? rest.size() : end + 1;
  } else if (first == '{' || first == '[') {
    end = 1;
  } else {
    end = std::min({rest.find_first_of(",]}"), rest.find(": "), rest.find(" #"), rest.size()});
  }
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  const std::string_view token = rest.substr(0, end);
  return static_cast<uint32_t>(std::max<std::ptrdiff_t>(std::count_if(token.begin(), token.end(), begins), 1));
}

}  // namespace

Index Plant::asset(std::string_view id) const { return find(assets, assets_by_id, id); }
Index Plant::zone(std::string_view id) const { return find(zones, zones_by_id, id); }
Index Plant::conduit(std::string_view id) const { return find(conduits, conduits_by_id, id); }

bool Conduit::guarded_by(std::string_view gateway) const {
  return guard.value == gateway ||
         std::any_of(guards.begin(), guards.end(), [&](const Text& one) { return one.value == gateway; });
}

std::string_view Conduit::guard_of(Index zone) const {
  if (guards.empty()) return guard.value;
  const auto joined = std::find(joins.begin(), joins.end(), zone);
  return joined == joins.end() ? std::string_view()
                               : std::string_view(guards[static_cast<size_t>(joined - joins.begin())].value);
}

SlVector Plant::target(const Conduit& conduit) const {
  SlVector vector;
  for (size_t i = 0; i < vector.levels.size(); ++i) {
    for (const Index zone : conduit.joins) {
      vector.levels[i] = std::max(vector.levels[i], zones[zone].target.levels[i]);
    }
    if (conduit.target[i]) vector.levels[i] = *conduit.target[i];
  }
  return vector;
}

Problem Plant::problem(Mark mark, std::string what, std::string hint) const {
  Problem problem;
  problem.file = file;
  problem.mark = mark;
  problem.what = std::move(what);
  problem.hint = std::move(hint);
  if (mark.line == 0) return problem;
  const Lines lines(text);
  const std::string_view line = lines.line(mark.line);
  const size_t start = lines.offset({mark.line, 1});
  problem.excerpt = excerpt(line, mark.column);
  problem.width = token_width(line, lines.offset(mark) - start);
  return problem;
}

}  // namespace rampart::plant
