#include "firewall/running.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "firewall/nft_json.h"

namespace rampart::firewall {
namespace {

namespace json = boost::json;

/// canonical is `value` on one line with the keys of objects in order, without what nft numbers by itself.
std::string canonical(const json::value& value) {
  if (const json::array* array = value.if_array()) {
    std::string out;
    for (const json::value& one : *array) out += (out.empty() ? "" : ",") + canonical(one);
    return "[" + out + "]";
  }
  if (const json::object* object = value.if_object()) {
    std::map<std::string, std::string> parts;
    for (const auto& [key, part] : *object) {
      if (key != "handle" && key != "index") parts[std::string(key)] = canonical(part);
    }
    std::string out;
    for (const auto& [key, part] : parts) out += (out.empty() ? "" : ",") + key + ":" + part;
    return "{" + out + "}";
  }
  if (const json::string* text = value.if_string()) return std::string(*text);
  return json::serialize(value);
}

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* found = object.if_contains(key);
  if (found == nullptr) return {};
  return canonical(*found);
}

/// plain writes an address in one way: it has more than one.
std::string plain(const json::value& value) {
  const std::string said = canonical(value);
  const auto address = IpAddress::parse(said);
  return address ? to_text(*address) : said;
}

/// interval gives an address or number of a set as first-last, however it was written: nft writes what it was given as
/// a range as a prefix where it is one.
std::string interval(const json::value& value) {
  if (const json::object* object = value.if_object()) {
    if (const json::value* range = object->if_contains("range"); range != nullptr && range->is_array()) {
      const json::array& ends = range->get_array();
      if (ends.size() == 2) return plain(ends[0]) + "-" + plain(ends[1]);
    }
    if (const json::value* prefix = object->if_contains("prefix"); prefix != nullptr && prefix->is_object()) {
      const std::string written = text_at(prefix->get_object(), "addr") + "/" + text_at(prefix->get_object(), "len");
      if (const auto network = IpNetwork::parse(written)) {
        const AddressRange range = rampart::range_of(*network);
        return to_text(range.first) + "-" + to_text(range.last);
      }
      return written;
    }
  }
  return plain(value) + "-" + plain(value);
}

/// element is one element of a set, each of its parts an interval.
std::string element(const json::value& value) {
  const json::object* object = value.if_object();
  const json::value* parts = object != nullptr ? object->if_contains("concat") : nullptr;
  if (parts == nullptr || !parts->is_array()) return interval(value);
  std::string out;
  for (const json::value& part : parts->get_array()) out += (out.empty() ? "" : " ") + interval(part);
  return out;
}

/// shown writes a-a as a, for people.
std::string shown(const std::string& line) {
  std::string out;
  for (const std::string_view part : split(line, ' ')) {
    const size_t dash = part.find('-');
    const bool one = dash != std::string_view::npos && part.substr(0, dash) == part.substr(dash + 1);
    out += (out.empty() ? "" : " ") + std::string(one ? part.substr(0, dash) : part);
  }
  return out;
}

void add_set(const json::object& set, Running& running) {
  std::vector<std::string> elements;
  if (const json::value* all = set.if_contains("elem"); all != nullptr && all->is_array()) {
    for (const json::value& one : all->get_array()) elements.push_back(element(one));
  }
  std::sort(elements.begin(), elements.end());
  json::object rest = set;
  for (const char* key : {"elem", "handle", "family", "table", "name"}) rest.erase(key);
  elements.insert(elements.begin(), canonical(rest));
  running.sets[text_at(set, "name")] = std::move(elements);
}

void add(std::string_view kind, const json::object& said, Running& running) {
  const std::string name = text_at(said, "name");
  if (kind == "metainfo" || kind == "table") return;
  if (kind == "set") return add_set(said, running);
  if (kind == "counter") {
    running.counters.insert(name);
  } else if (kind == "chain") {
    const bool hooked = said.contains("hook");
    std::string hook;
    for (const char* key : {"type", "hook", "prio", "policy"}) hook += (hook.empty() ? "" : " ") + text_at(said, key);
    running.chains[name].hook = hooked ? hook : std::string();
  } else if (kind == "rule") {
    const std::string comment = text_at(said, "comment");
    const std::string line = text_at(said, "expr") + (comment.empty() ? "" : " \"" + comment + "\"");
    running.chains[text_at(said, "chain")].rules.push_back(line);
  } else {
    running.others.push_back(std::string(kind) + " " + name);
  }
}

/// Words collects differences, and counts those beyond the bound.
class Words {
 public:
  void say(const std::string& what) {
    if (said_.size() < kMostDifferences - 1) {
      said_.push_back(what);
    } else {
      ++more_;
    }
  }
  std::vector<std::string> finished() {
    if (more_ > 0) said_.push_back("and " + std::to_string(more_) + " more");
    return std::move(said_);
  }

 private:
  std::vector<std::string> said_;
  size_t more_ = 0;
};

void compare_keys(const char* what, const std::set<std::string>& wanted, const std::set<std::string>& running,
                  Words& words) {
  for (const std::string& name : wanted) {
    if (!running.contains(name)) words.say(std::string(what) + " " + name + " was taken away");
  }
  for (const std::string& name : running) {
    if (!wanted.contains(name)) words.say(std::string(what) + " " + name + " was added");
  }
}

/// compare_names says which keys only one of two maps has, and hands those of both on.
template <class Map, class Both>
void compare_names(const char* what, const Map& wanted, const Map& running, Words& words, Both&& both) {
  const auto keys = [](const Map& map) {
    std::set<std::string> found;
    for (const auto& [name, value] : map) found.insert(name);
    return found;
  };
  compare_keys(what, keys(wanted), keys(running), words);
  for (const auto& [name, value] : wanted) {
    if (const auto other = running.find(name); other != running.end()) both(name, value, other->second);
  }
}

void compare_lines(const std::string& where, const std::string& what, const std::vector<std::string>& wanted,
                   const std::vector<std::string>& running, Words& words) {
  const std::multiset<std::string> left(wanted.begin(), wanted.end()), right(running.begin(), running.end());
  std::vector<std::string> gone, came;
  std::set_difference(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(gone));
  std::set_difference(right.begin(), right.end(), left.begin(), left.end(), std::back_inserter(came));
  for (const std::string& line : gone) words.say(where + ": " + what + " was taken away: " + shown(line));
  for (const std::string& line : came) words.say(where + ": " + what + " was added: " + shown(line));
}

}  // namespace

Running parse_running(std::string_view text) {
  boost::system::error_code failed;
  json::parse_options options;
  options.max_depth = 32;
  const json::value all = json::parse(text, failed, {}, options);
  const json::object* top = failed ? nullptr : all.if_object();
  const json::value* list = top != nullptr ? top->if_contains("nftables") : nullptr;
  if (list == nullptr || !list->is_array()) {
    throw Error("what nft lists is no JSON of nftables", "look at `nft -j list table inet rampart`");
  }
  Running running;
  for (const json::value& one : list->get_array()) {
    const json::object* object = one.if_object();
    // What we would load has each thing after `add`, what nft lists has it plain.
    const json::value* added = object != nullptr ? object->if_contains("add") : nullptr;
    if (added != nullptr) object = added->if_object();
    if (object == nullptr || object->size() != 1) throw Error("what nft lists is not understood: " + canonical(one));
    const auto& [kind, said] = *object->begin();
    if (!said.is_object()) throw Error("what nft lists is not understood: " + canonical(one));
    if (kind != "delete") add(kind, said.get_object(), running);
  }
  return running;
}

std::vector<std::string> differences(const RuleSet& rules, const std::optional<Running>& running) {
  if (!running) return {"no rules are loaded: table inet rampart is not there, and what is routed here passes"};
  const Running wanted = parse_running(nft_json(rules));
  Words words;
  compare_names("chain", wanted.chains, running->chains, words,
                [&](const std::string& name, const Running::Chain& left, const Running::Chain& right) {
                  const std::string where = "chain " + name;
                  if (left.hook != right.hook) {
                    words.say(where + " hangs at '" + right.hook + "' and should at '" + left.hook + "'");
                  }
                  compare_lines(where, "a rule", left.rules, right.rules, words);
                  if (left.rules != right.rules && std::is_permutation(left.rules.begin(), left.rules.end(),
                                                                       right.rules.begin(), right.rules.end())) {
                    words.say(where + ": its rules stand in another order");
                  }
                });
  compare_names(
      "set", wanted.sets, running->sets, words,
      [&](const std::string& name, const std::vector<std::string>& left, const std::vector<std::string>& right) {
        if (left[0] != right[0]) words.say("set " + name + " is of another type: " + right[0]);
        compare_lines("set " + name, "an element", {left.begin() + 1, left.end()}, {right.begin() + 1, right.end()},
                      words);
      });
  compare_keys("counter", wanted.counters, running->counters, words);
  for (const std::string& other : running->others) words.say(other + " was added");
  return words.finished();
}

}  // namespace rampart::firewall
