#include "gateway/candidates.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/text.h"
#include "protocols/registry.h"

namespace rampart::gateway {
namespace {

std::string joined(const std::set<std::string>& words) {
  std::string out = "[";
  for (const std::string& word : words) out += (out.size() > 1 ? ", " : "") + word;
  return out + "]";
}

/// quoted is a word of an object as YAML takes it for one.
std::string quoted(const std::string& text) {
  std::string out;
  append_json_text(out, text);
  return out;
}

}  // namespace

void Candidates::add(const plant::Plant& plant, plant::Index conduit, const policy::Parties& parties,
                     const protocols::Operation& operation) {
  if (parties.client.asset == plant::kNone || parties.server.asset == plant::kNone) return;  // no rule can name them
  const protocols::Object& object = operation.object;
  Key key{conduit == plant::kNone ? std::string() : plant.conduits[conduit].id.value,
          plant.assets[parties.client.asset].id.value,
          plant.assets[parties.server.asset].id.value,
          operation.protocol.number,
          operation.action,
          object.space,
          object.container,
          std::string(object.name)};
  const auto at = seen_.find(key);
  if (at == seen_.end()) {
    if (seen_.size() >= kMost) {
      ++beyond_;
      return;
    }
    seen_.emplace(std::move(key), Range{object.first, object.last, 1});
    changed_ = true;
    return;
  }
  Range& range = at->second;
  changed_ = changed_ || object.first < range.first || object.last > range.last;
  range.first = std::min(range.first, object.first);
  range.last = std::max(range.last, object.last);
  ++range.count;
}

std::string Candidates::text() const {
  struct Rule {
    std::set<std::string> actions, objects;
    uint64_t count = 0;
  };
  // Reading and changing stay apart: what may be read is seldom what may be written.
  std::map<std::tuple<std::string, std::string, std::string, std::string, bool>, Rule> rules;
  for (const auto& [key, range] : seen_) {
    const auto& [conduit, client, server, protocol, action, space, container, name] = key;
    const protocols::Protocol known{protocol};
    Rule& rule = rules[{conduit, client, server, std::string(known.name()), protocols::changes(action)}];
    rule.actions.insert(std::string(to_text(action)));
    rule.count += range.count;
    protocols::Object object{
        .space = space, .container = container, .first = range.first, .last = range.last, .name = name};
    std::string words;
    if (object.addressed() || !object.name.empty()) known.entry().append_object(words, object);
    rule.objects.insert(words.empty() ? "none" : quoted(words));
  }
  std::string out, before;
  size_t number = 0;
  for (const auto& [key, rule] : rules) {
    const auto& [conduit, client, server, protocol, changes] = key;
    if (out.empty() || conduit != before) {
      out += conduit.empty() ? "# through no conduit:\n" : "# conduit " + conduit + ":\n";
      before = conduit;
    }
    out += "- {id: learned-" + std::to_string(++number) + ", allow: " + joined(rule.actions) +
           ", protocol: " + protocol + ", from: [" + client + "], to: [" + server +
           "], objects: " + joined(rule.objects) + ", reviewed: no}  # seen " + std::to_string(rule.count) + " times\n";
  }
  return out;
}

}  // namespace rampart::gateway
