#include "base/text.h"
#include "plant/draft.h"
#include "plant/scalars.h"

namespace rampart::plant {

namespace {

/// each_named calls `read(id node, value node)` for the entries of a map whose keys are ids.
template <class Read>
void each_named(Reader& reader, NodeIndex node, std::string_view wanted, std::string_view kind, Names& names,
                Read read) {
  if (node == kNoNode || reader[node].kind == NodeKind::broken) return;
  if (reader[node].kind != NodeKind::mapping) {
    reader.error(node, std::string(wanted) + " are a map by id", "write `" + std::string(kind) + "-1: {...}`");
    return;
  }
  Index index = 0;
  for (NodeIndex key = reader[node].first; key != kNoNode;) {
    const NodeIndex value = reader[key].next;
    if (value == kNoNode) return;
    if (reader[key].value == "<<") {
      reader.error(key, "a merge key (<<)", "merge keys are not allowed: write the entries out");
    } else {
      names.add(reader, key, index++, kind);
      read(key, value);
    }
    key = reader[value].next;
  }
}

void read_version(Reader& reader, NodeIndex node) {
  const std::optional<std::string_view> version = reader.scalar(node, "the version of the file's form");
  if (!version || *version == "1") return;
  reader.error(node, quoted(*version) + " is not a version of the file's form that this Rampart reads",
               "write `rampart: 1`");
}

}  // namespace

void read_roles(Reader& reader, NodeIndex node, Draft& draft) {
  each_named(reader, node, "roles", "role", draft.role_ids, [&](NodeIndex id, NodeIndex value) {
    const Fields fields(reader, value, kRoleKeys);
    Role role;
    role.id = reader.id(id);
    for (const NodeIndex item : reader.words(fields["may"], "permissions")) {
      if (const auto word = reader.word(item, kPermissions)) role.may.push_back(static_cast<Permission>(*word));
    }
    role.factors = reader.number(fields["factors"], 1, 3).value_or(1);
    draft.plant.roles.push_back(std::move(role));
  });
}

void read_essential_functions(Reader& reader, NodeIndex node, Draft& draft) {
  for (const NodeIndex item : reader.list(node, "essential functions")) {
    const Fields fields(reader, item, kFunctionKeys);
    EssentialFunction function;
    function.id = reader.id(fields["id"]);
    function.name = reader.string(fields["name"], "a name");
    if (const NodeIndex given = fields["consequence"]; given != kNoNode) {
      const Fields consequence(reader, given, kConsequenceKeys);
      const auto level = [&](std::string_view key) {
        return static_cast<uint8_t>(
            reader.number(consequence[key], 0, 5, "0 is none, 5 is the worst that can happen").value_or(0));
      };
      function.safety = level("safety");
      function.environment = level("environment");
      function.production = level("production");
    }
    draft.function_ids.add(reader, fields["id"], static_cast<Index>(draft.plant.essential_functions.size()),
                           "essential function");
    draft.plant.essential_functions.push_back(std::move(function));
  }
}

void read_calendars(Reader& reader, NodeIndex node, Draft& draft) {
  each_named(reader, node, "calendars", "calendar", draft.calendar_ids, [&](NodeIndex id, NodeIndex value) {
    const Fields fields(reader, value, kCalendarKeys);
    Calendar calendar;
    calendar.id = reader.id(id);
    for (const NodeIndex item : reader.words(fields["days"], "days")) {
      if (const auto day = reader.word(item, kDays)) calendar.days[*day] = true;
    }
    const auto time = [&](std::string_view key, std::chrono::minutes otherwise) {
      const auto text = reader.scalar(fields[key], "a time of day");
      if (!text) return otherwise;
      const auto parsed = parse_time(*text);
      if (!parsed) reader.error(fields[key], quoted(*text) + " is not a time of day", "write \"06:00\"");
      return parsed.value_or(otherwise);
    };
    calendar.from = time("from", calendar.from);
    calendar.to = time("to", calendar.to);
    if (calendar.from == calendar.to) {
      reader.error(fields["to"] != kNoNode ? fields["to"] : fields["from"], "the window ends when it begins",
                   "for whole days leave `from` and `to` out");
    }
    calendar.zone = reader.text(fields["zone"], "a time zone");
    if (!calendar.zone.value.empty() && !is_zone_name(calendar.zone.value)) {
      reader.error(fields["zone"], quoted(calendar.zone.value) + " is not a time zone", "write Europe/Berlin");
    }
    draft.plant.calendars.push_back(std::move(calendar));
  });
}

namespace {

using Target = std::array<std::optional<uint8_t>, 7>;

constexpr std::string_view kTargetHint =
    "write one level 0 to 4, {IAC: 2, UC: 2, SI: 2, DC: 1, RDF: 2, TRE: 1, RA: 2} or {2 2 2 1 2 1 2}";

std::optional<uint8_t> read_level(Reader& reader, NodeIndex node) {
  const auto level = reader.number(node, 0, 4, "security levels are 0 to 4");
  if (!level) return {};
  return static_cast<uint8_t>(*level);
}

Target all_of(const SlVector& vector) {
  Target target;
  std::copy(vector.levels.begin(), vector.levels.end(), target.begin());
  return target;
}

/// bare_words is what YAML makes of `{2 2 0 1 3 1 3}` or `{2, 2, 0, 1, 3, 1, 3}`: words without values.
std::optional<std::string> bare_words(Reader& reader, NodeIndex node) {
  std::string text;
  for (NodeIndex key = reader[node].first; key != kNoNode;) {
    const NodeIndex value = reader[key].next;
    if (value == kNoNode || reader[value].kind != NodeKind::null || text.size() > 64) return {};
    text += std::string(reader[key].value.substr(0, 64)) + " ";
    key = reader[value].next;
  }
  if (text.empty()) return {};
  return text;
}

}  // namespace

Target read_target(Reader& reader, NodeIndex node, bool all_needed) {
  Target target;
  if (node == kNoNode || reader[node].kind == NodeKind::broken) return target;
  if (reader[node].kind == NodeKind::mapping) {
    if (const auto words = bare_words(reader, node)) {
      if (const auto vector = parse_vector(*words)) return all_of(*vector);
      reader.error(reader[node].first, "not seven security levels", std::string(kTargetHint));
      return target;
    }
    const Fields fields(reader, node, kTargetKeys);
    std::string missing;
    for (size_t i = 0; i < target.size(); ++i) {
      const std::string_view key = kRequirements.words[i];
      target[i] = read_level(reader, fields[key]);
      if (fields[key] == kNoNode) missing += (missing.empty() ? "" : ", ") + std::string(key);
    }
    if (all_needed && !missing.empty() && reader[node].closed) {
      reader.error(node, "a zone's target names all seven foundational requirements; missing: " + missing,
                   std::string(kTargetHint));
    }
    return target;
  }
  if (reader[node].kind == NodeKind::sequence) {
    std::string text;
    for (const NodeIndex item : reader.list(node, "levels")) {
      if (text.size() < 64) text += std::string(reader[item].value.substr(0, 8)) + " ";
    }
    if (const auto vector = parse_vector(text)) return all_of(*vector);
    reader.error(node, "not seven security levels", std::string(kTargetHint));
    return target;
  }
  const auto text = reader.scalar(node, "a security level");
  if (!text) return target;
  if (const auto vector = parse_vector(*text)) return all_of(*vector);
  const auto level = parse_number(*text);
  if (level && *level <= 4) {
    target.fill(static_cast<uint8_t>(*level));
  } else {
    reader.error(node, quoted(*text) + " is not a security level", std::string(kTargetHint));
  }
  return target;
}

void read_plant(Reader& reader, Draft& draft) {
  const Fields fields(reader, reader.tree().root(), kPlantKeys);
  read_version(reader, fields["rampart"]);
  draft.plant.name = reader.string(fields["plant"], "the plant's name");
  if (const auto risk = reader.word(fields["tolerable-risk"], kRisks)) draft.plant.tolerable_risk = kRisks.words[*risk];
  read_roles(reader, fields["roles"], draft);
  read_essential_functions(reader, fields["essential-functions"], draft);
  read_zones(reader, fields["zones"], draft);
  read_conduits(reader, fields["conduits"], draft);
  read_calendars(reader, fields["calendars"], draft);
  read_findings(reader, fields["findings"], draft);
  read_suppressions(reader, fields["suppress"], draft);
  read_gateways(reader, fields["gateways"], draft);
}

}  // namespace rampart::plant
