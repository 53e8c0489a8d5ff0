#include "plant/draft.h"
#include "plant/scalars.h"

namespace rampart::plant {

namespace {

std::vector<Text> read_texts(Reader& reader, const std::vector<NodeIndex>& nodes, std::string_view wanted) {
  std::vector<Text> texts;
  for (const NodeIndex item : nodes) {
    Text text = reader.text(item, wanted);
    if (!text.value.empty()) texts.push_back(std::move(text));
  }
  return texts;
}

std::optional<Rate> read_rate(Reader& reader, NodeIndex node) {
  const auto text = reader.scalar(node, "a rate");
  if (!text) return {};
  const auto rate = parse_rate(*text);
  if (!rate) reader.error(node, quoted(*text) + " is not a rate", "write 10/min; or /s, /h; at least 1");
  return rate;
}

std::vector<PortRange> read_ports(Reader& reader, NodeIndex node) {
  std::vector<PortRange> ports;
  for (const NodeIndex item : reader.words(node, "ports")) {
    const auto text = reader.scalar(item, "a port");
    if (!text) continue;
    const auto range = parse_ports(*text);
    if (range) {
      ports.push_back(*range);
    } else {
      reader.error(item, quoted(*text) + " is no port", "write 443, or 5000-5010; ports are 0 to 65535");
    }
  }
  return ports;
}

Rule read_rule(Reader& reader, const Fields& fields, RuleNames& names) {
  Rule rule;
  rule.mark = reader.mark(fields.node());
  rule.id = reader.id(fields["id"]);
  rule.allow = read_texts(reader, reader.words(fields["allow"], "actions"), "actions");
  rule.protocol = reader.text(fields["protocol"], "a protocol");
  names.points = reader.words(fields["points"], "points");
  rule.points = read_texts(reader, names.points, "points");
  rule.objects = read_texts(reader, reader.words(fields["objects"], "objects"), "objects");
  rule.functions = read_texts(reader, reader.words(fields["functions"], "functions"), "functions");
  rule.ports = read_ports(reader, fields["ports"]);
  rule.rate = read_rate(reader, fields["rate"]);
  rule.approvals = reader.number(fields["approvals"], 0, 5).value_or(0);
  rule.essential = reader.flag(fields["essential"], true);
  rule.reviewed = reader.flag(fields["reviewed"], true);
  rule.unknown = reader.choice(fields["unknown"], kUnknown, Unknown::deny);
  if (const auto mode = reader.word(fields["mode"], kModes)) rule.mode = static_cast<Mode>(*mode);
  if (const auto when = reader.word(fields["journal"], kJournal)) rule.journal = static_cast<JournalWhen>(*when);
  return rule;
}

void read_rules(Reader& reader, NodeIndex node, Conduit& conduit, ConduitNames& names) {
  Names ids;
  for (const NodeIndex item : reader.list(node, "rules")) {
    const Fields fields(reader, item, kRuleKeys);
    ids.add(reader, fields["id"], static_cast<Index>(conduit.rules.size()), "rule");
    RuleNames rule;
    rule.id = fields["id"];
    rule.from = reader.words(fields["from"], "assets");
    rule.to = reader.words(fields["to"], "assets");
    rule.role = fields["role"];
    rule.during = fields["during"];
    conduit.rules.push_back(read_rule(reader, fields, rule));
    names.rules.push_back(std::move(rule));
  }
}

/// read_guard reads the one gateway of a conduit, or one for each of its zones.
void read_guard(Reader& reader, NodeIndex node, Conduit& conduit, ConduitNames& names) {
  names.guard = node;
  if (node == kNoNode || reader[node].kind != NodeKind::mapping) {
    conduit.guard = reader.id(node);
    return;
  }
  for (NodeIndex zone = reader[node].first; zone != kNoNode && reader[zone].next != kNoNode;) {
    names.guards.emplace_back(zone, reader[zone].next);
    zone = reader[reader[zone].next].next;
  }
}

}  // namespace

void read_conduits(Reader& reader, NodeIndex node, Draft& draft) {
  for (const NodeIndex item : reader.list(node, "conduits")) {
    const Fields fields(reader, item, kConduitKeys);
    Conduit conduit;
    ConduitNames names;
    names.id = fields["id"];
    conduit.mark = reader.mark(item);
    conduit.id = reader.id(fields["id"]);
    conduit.name = reader.string(fields["name"], "a name");
    names.joins = reader.list(fields["joins"], "the zones that a conduit joins");
    names.joins_list = fields["joins"];
    conduit.target = read_target(reader, fields["target"], false);
    read_guard(reader, fields["guard"], conduit, names);
    conduit.mode = reader.choice(fields["mode"], kModes, Mode::enforce);
    conduit.on_deny = reader.choice(fields["on-deny"], kOnDeny, OnDeny::exception);
    conduit.on_failure = reader.choice(fields["on-failure"], kOnFailure, OnFailure::close);
    conduit.protect = reader.choice(fields["protect"], kProtect, Protect::none);
    read_rules(reader, fields["rules"], conduit, names);
    draft.conduit_ids.add(reader, fields["id"], static_cast<Index>(draft.plant.conduits.size()), "conduit");
    draft.plant.conduits.push_back(std::move(conduit));
    draft.conduits.push_back(std::move(names));
  }
}

}  // namespace rampart::plant
