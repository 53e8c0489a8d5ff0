#include "monitor/draft.h"

#include <algorithm>

#include "base/text.h"
#include "monitor/draft_plan.h"
#include "monitor/draft_text.h"
#include "protocols/registry.h"

namespace rampart::monitor::discover {
namespace {

using Kind = protocols::Attribute::Kind;

constexpr uint64_t kWrittenSingly = 64;

std::string number(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

class Writer {
 public:
  Writer(const Gatherer& seen, const Plan& plan, const DraftOptions& options)
      : seen_(seen), plan_(plan), options_(options) {}

  std::string write() {
    head();
    text_.line(0, "rampart: 1");
    text_.line(0, "plant: " + DraftText::scalar(options_.name));
    text_.blank();
    if (plan_.zones.empty()) {
      text_.comment(0, "No conversation was seen.");
      text_.line(0, "zones: []");
      return text_.take();
    }
    text_.line(0, "zones:");
    for (const DraftZone& zone : plan_.zones) this->zone(zone);
    text_.blank();
    text_.line(0, "conduits:");
    for (const DraftConduit& conduit : plan_.conduits) this->conduit(conduit);
    return text_.take();
  }

 private:
  void head() {
    text_.comment(0, "A plant drafted by rampart discover from what was seen, for a person to correct. Read: " +
                         joined(options_.sources));
    text_.comment(0, counted(seen_.transactions, "operation") + " in " + counted(seen_.flow_count, "conversation") +
                         (seen_.lost > 0 ? "; " + counted(seen_.lost, "gap") + ": there was more than was seen" : "") +
                         ".");
    text_.comment(0, "");
    text_.comment(
        0,
        "What is here was seen, which does not make it right: look at each rule, then take out its `reviewed: no`. "
        "Never drafted as allowed: program, start, stop, firmware, configure; where seen they stand as comments. "
        "Targets, safety and essential functions cannot be seen: every target is 1 until the risk assessment says.");
    text_.comment(
        0,
        "Rounding: objects and ports are those that were seen, unless a rule says that holes were closed; ranges of "
        "values are rounded outward as each point says. A conduit of a zone with itself holds what is inside.");
    for (const auto& [address, did] : plan_.scanners) {
      text_.comment(0,
                    to_text(address) + " " + did + ": a scan, or one to be asked about. No rule was drafted for it.");
    }
    if (seen_.not_kept > 0) {
      text_.comment(0,
                    counted(seen_.not_kept, "operation or conversation") + " found no room and is not in this draft.");
    }
    if (plan_.hosts_left_out > 0) {
      text_.comment(0, counted(plan_.hosts_left_out, "address") + " found no room and is not in this draft.");
    }
    text_.blank();
  }

  void zone(const DraftZone& zone) {
    text_.comment(2, "Why: " + zone.reason + ".");
    text_.line(2, "- id: " + zone.id);
    text_.line(4, "name: " + DraftText::scalar(zone.name));
    if (zone.level != Level::group) text_.line(4, "level: " + std::to_string(static_cast<int>(zone.level)));
    text_.line(4, "target: 1   # to begin with: the risk assessment decides (IEC 62443-3-2 ZCR 5.6)");
    if (!zone.networks.empty()) networks(zone.networks);
    text_.line(4, "assets:");
    for (const size_t asset : zone.assets) this->asset(plan_.assets[asset]);
  }

  /// networks is always a list, also of one.
  void networks(const std::vector<std::string>& networks) {
    if (networks.size() == 1) {
      text_.line(4, "networks: [" + DraftText::scalar(networks.front()) + "]");
    } else {
      std::vector<std::string> scalars;
      for (const std::string& network : networks) scalars.push_back(DraftText::scalar(network));
      text_.list(4, "networks", scalars);
    }
  }

  void asset(const DraftAsset& asset) {
    text_.comment(6, asset.reason + said(asset.told));
    for (const std::string& note : asset.notes) text_.comment(6, note);
    std::string at = asset.address.ip ? "ip: " + DraftText::scalar(rampart::to_text(*asset.address.ip))
                                      : "mac: " + DraftText::scalar(to_text(asset.address));
    if (asset.unit) at += ", unit: " + std::to_string(*asset.unit);
    if (asset.link) at += ", link: " + std::to_string(*asset.link);
    text_.line(6, "- id: " + DraftText::word(asset.id));
    text_.line(8, "kind: " + asset.kind);
    text_.line(8, "at: [{" + at + "}]");
    told(asset.told, Kind::vendor, "vendor");
    told(asset.told,
         asset.told.texts[static_cast<size_t>(Kind::order_number)].empty() ? Kind::model : Kind::order_number, "model");
    told(asset.told, Kind::firmware, "firmware");
    told(asset.told, Kind::serial, "serial");
    if (asset.points.empty()) return;
    text_.line(8, "points:");
    for (const DraftPoint& point : asset.points) this->point(point);
  }

  /// said tells in which packet a device told its name.
  static std::string said(const Told& told) {
    const auto kind = static_cast<size_t>(Kind::name);
    if (told.texts[kind].empty()) return {};
    return "; says in packet " + std::to_string(told.packets[kind]) + " that its name is " + told.texts[kind];
  }

  void told(const Told& told, Kind kind, std::string_view key) {
    const std::string text = trimmed(told.texts[static_cast<size_t>(kind)]);
    if (!text.empty()) text_.line(8, std::string(key) + ": " + quoted(text));
  }
  static std::string trimmed(std::string_view text) { return std::string(trim(DraftText::harmless(text))); }
  /// quoted is always in quotes: what devices tell of themselves may look like a number.
  static std::string quoted(std::string_view text) {
    const std::string scalar = DraftText::scalar(text);
    return scalar.front() == '"' ? scalar : "\"" + scalar + "\"";
  }

  void point(const DraftPoint& point) {
    std::string why =
        "written " + counted(point.count, "time") + ", " + number(point.least) + " to " + number(point.most);
    if (point.type == "float32" && point.last > point.first) why += ", as float32";
    if (point.unit > 0) why += "; rounded outward to multiples of " + number(point.unit);
    text_.comment(10, why);
    std::string line = "- {id: " + DraftText::word(point.id) + ", object: " + DraftText::scalar(point.object);
    if (!point.type.empty()) line += ", type: " + point.type;
    text_.line(10, line + ", range: " + number(point.lowest) + ".." + number(point.highest) + "}");
  }

  void conduit(const DraftConduit& conduit) {
    const std::string& one = plan_.zones[conduit.one].id;
    const std::string& other = plan_.zones[conduit.other].id;
    text_.line(2, "- id: " + conduit.id);
    text_.line(4, "joins: [" + one + ", " + other + "]");
    text_.line(4, "mode: test");
    for (const NotAllowed& entry : conduit.not_allowed) not_allowed(entry);
    if (conduit.rules.empty()) {
      text_.comment(4, "No rules: nothing that may be drafted was seen here.");
      return;
    }
    text_.line(4, "rules:");
    for (const DraftRule& rule : conduit.rules) this->rule(rule);
  }

  void not_allowed(const NotAllowed& entry) {
    std::vector<std::string> packets;
    for (const uint64_t packet : entry.packets) packets.push_back(std::to_string(packet));
    std::string words = "seen, not allowed: " + plan_.assets[entry.client].id + " asked " +
                        plan_.assets[entry.server].id + " for " + entry.what + ", " + counted(entry.count, "time") +
                        ", packet" + (packets.size() == 1 ? " " : "s ") + joined(packets);
    if (entry.count > packets.size()) words += " ...";
    text_.comment(4, words);
  }

  std::vector<std::string> ids(const std::set<size_t>& assets) const {
    std::vector<std::string> names;
    for (const size_t asset : assets) names.push_back(DraftText::word(plan_.assets[asset].id));
    return names;
  }

  void rule(const DraftRule& rule) {
    const Body& body = rule.body;
    const bool plain = !body.plain.empty();
    std::string why = "seen " + counted(rule.evidence.count, "time") + ", first in packet " +
                      std::to_string(rule.evidence.first_packet);
    if (rule.evidence.unanswered) why += "; no answer was seen";
    uint64_t rounding = body.ports.rounding();
    for (const auto& [place, ranges] : body.objects.places) rounding = std::max(rounding, ranges.rounding());
    if (rounding > 0) why += "; holes of up to " + std::to_string(rounding) + " numbers are closed";
    if (body.objects.any) why += "; of any object, because what was named cannot be written here";
    text_.comment(6, why);
    text_.line(6, "- id: " + rule.id);
    text_.line(8, "allow: " + std::string(to_text(body.action)));
    text_.line(8, "protocol: " + (plain ? body.plain : std::string(protocols::Protocol{body.protocol}.name())));
    if (!body.functions.empty()) text_.list(8, "functions", words(body.functions));
    text_.list(8, "from", ids(rule.from));
    text_.list(8, "to", ids(rule.to));
    if (!body.points.empty()) text_.list(8, "points", words(body.points));
    std::vector<std::string> objects = this->objects(body);
    for (std::string& object : objects) object = DraftText::scalar(object);
    if (!objects.empty()) text_.list(8, "objects", objects);
    const std::vector<std::string> ports = this->ports(body.ports);
    if (!ports.empty()) text_.list(8, "ports", ports);
    text_.line(8, "reviewed: no");
  }

  static std::vector<std::string> words(const std::set<std::string>& ids) {
    std::vector<std::string> items;
    for (const std::string& id : ids) items.push_back(DraftText::scalar(id));
    return items;
  }

  static std::vector<std::string> objects(const Body& body) {
    std::vector<std::string> words;
    if (body.objects.nameless) words.emplace_back("none");
    for (const auto& [place, ranges] : body.objects.places) {
      for (const auto& [first, last] : ranges.runs()) {
        std::string text;
        if (words_of(body.protocol, place, first, last, text)) {
          words.push_back(std::move(text));
          continue;
        }
        for (uint64_t one = first; one - first < kWrittenSingly && one <= last; ++one) {
          words_of(body.protocol, place, one, one, text);
          words.push_back(text);
        }
      }
    }
    return words;
  }

  static std::vector<std::string> ports(const Ranges& ranges) {
    std::vector<std::string> words;
    for (const auto& [first, last] : ranges.runs()) {
      words.push_back(std::to_string(first) + (first == last ? "" : "-" + std::to_string(last)));
    }
    return words;
  }

  const Gatherer& seen_;
  const Plan& plan_;
  const DraftOptions& options_;
  DraftText text_;
};

}  // namespace

Draft draft(const Gatherer& seen, const DraftOptions& options) {
  Plan plan;
  plan_scanners(seen, plan);
  plan_assets(seen, plan);
  plan_zones(plan);
  plan_points(seen, plan);
  plan_rules(seen, plan);
  Draft result;
  result.zones = plan.zones.size();
  result.assets = plan.assets.size();
  result.conduits = plan.conduits.size();
  for (const DraftAsset& asset : plan.assets) result.points += asset.points.size();
  for (const DraftConduit& conduit : plan.conduits) {
    result.rules += conduit.rules.size();
    result.not_allowed += conduit.not_allowed.size();
  }
  for (const auto& [address, did] : plan.scanners) result.scanners.push_back(address);
  result.text = Writer(seen, plan, options).write();
  return result;
}

}  // namespace rampart::monitor::discover
