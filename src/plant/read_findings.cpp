#include "plant/draft.h"
#include "plant/scalars.h"

namespace rampart::plant {

void read_findings(Reader& reader, NodeIndex node, Draft& draft) {
  Names ids;
  for (const NodeIndex item : reader.list(node, "settings of findings")) {
    const Fields fields(reader, item, kFindingKeys);
    FindingSetting setting;
    setting.mark = reader.mark(item);
    setting.id = reader.id(fields["id"]);
    ids.add(reader, fields["id"], static_cast<Index>(draft.plant.findings.size()), "setting of the finding");
    if (const auto text = reader.scalar(fields["threshold"], "a rate")) {
      setting.threshold = parse_rate(*text);
      if (!setting.threshold) {
        reader.error(fields["threshold"], quoted(*text) + " is not a rate", "write 10/min; or /s, /h; at least 1");
      }
    }
    if (const auto text = reader.scalar(fields["learn"], "a span of time")) {
      setting.learn = parse_span(*text);
      if (!setting.learn) {
        reader.error(fields["learn"], quoted(*text) + " is not a span of time", "write 1h; or 30s, 10min, 7d");
      }
    }
    draft.plant.findings.push_back(std::move(setting));
  }
}

void read_suppressions(Reader& reader, NodeIndex node, Draft& draft) {
  for (const NodeIndex item : reader.list(node, "suppressions")) {
    const Fields fields(reader, item, kSuppressionKeys);
    Suppression suppression;
    suppression.mark = reader.mark(item);
    suppression.finding = reader.id(fields["finding"]);
    if (const auto text = reader.scalar(fields["until"], "a date")) {
      const auto date = parse_date(*text);
      if (!date) reader.error(fields["until"], quoted(*text) + " is not a date", "write 2027-01-01");
      suppression.until = date.value_or(suppression.until);
    }
    suppression.reason = reader.string(fields["reason"], "a reason");
    suppression.by = reader.string(fields["by"], "a name");
    const SuppressionNames names{.asset = fields["asset"],
                                 .zone = fields["zone"],
                                 .conduit = fields["conduit"],
                                 .from = fields["from"],
                                 .to = fields["to"]};
    bool narrowed = false;
    for (const NodeIndex given : {names.asset, names.zone, names.conduit, names.from, names.to}) {
      narrowed = narrowed || given != kNoNode;
    }
    if (!narrowed && reader[item].kind == NodeKind::mapping) {
      reader.error(item, "the suppression does not say where",
                   "name an `asset`, `zone`, `conduit`, `from` or `to`: a whole kind of finding is never hidden");
    }
    draft.plant.suppressions.push_back(std::move(suppression));
    draft.suppressions.push_back(names);
  }
}

}  // namespace rampart::plant
