// What the files that write the JSON of levels share. Inside the room.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "assess/levels_json.h"
#include "records/json_line.h"

namespace rampart::assess {

/// List writes `"name":[`, item() whatever stands between items, and the end.
class List {
 public:
  List(std::string& out, std::string_view name) : out_(out) {
    if (!name.empty()) records::key(out_, name);
    out_ += '[';
  }
  ~List() { out_ += ']'; }
  List(const List&) = delete;
  List& operator=(const List&) = delete;
  std::string& item() {
    if (out_.back() != '[') out_ += ',';
    return out_;
  }

 private:
  std::string& out_;
};

inline void flag(std::string& out, std::string_view name, bool value) {
  records::key(out, name);
  out += value ? "true" : "false";
}
void real(std::string& out, std::string_view name, double value);
void texts(std::string& out, std::string_view name, const std::vector<std::string_view>& values);
std::string_view fr_id(size_t fr);
std::string_view fr_code(size_t fr);

/// FactList numbers the facts that are named, and what nobody has seen, in the order in which they are.
class FactList {
 public:
  size_t place(const Fact* fact) {
    const auto [at, added] = places_.try_emplace(fact, all_.size());
    if (added) all_.push_back(fact);
    return at->second;
  }
  const std::vector<const Fact*>& all() const { return all_; }
  size_t place(const Missing& missing) {
    const auto [at, added] =
        unseen_places_.try_emplace({missing.kind, missing.scope.kind, missing.scope.index}, unseen_.size());
    if (added) unseen_.push_back(missing);
    return at->second;
  }
  const std::vector<Missing>& unseen() const { return unseen_; }

 private:
  std::map<std::tuple<FactKind, Scope::Kind, Index>, size_t> unseen_places_;
  std::vector<Missing> unseen_;
  std::unordered_map<const Fact*, size_t> places_;
  std::vector<const Fact*> all_;
};

void append_unit(std::string& out, const Shown& shown, size_t unit, FactList& facts);
void append_facts(std::string& out, const Shown& shown, const FactList& facts);  // "facts" and "unseen"
void append_catalogue(std::string& out, const Shown& shown);  // "foundational", "rows" and "fact_kinds"
void append_since(std::string& out, const Shown& shown);      // what differs from shown.before
void append_techniques(std::string& out, const Shown& shown);
void append_rest(std::string& out, const Shown& shown);  // statements, techniques, programmes, metrics, assets, map

}  // namespace rampart::assess
