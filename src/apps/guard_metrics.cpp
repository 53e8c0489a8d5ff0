#include "apps/guard_metrics.h"

#include <algorithm>

#include "apps/metric_families.h"
#include "apps/version.h"
#include "base/text.h"

namespace rampart::apps {
namespace {

double number(uint64_t value) { return static_cast<double>(value); }

std::string_view word_of(plant::Mode mode) {
  switch (mode) {
    case plant::Mode::learn:
      return "learn";
    case plant::Mode::test:
      return "test";
    case plant::Mode::enforce:
      return "enforce";
  }
  return "enforce";
}

/// Row is one rule of a guarded conduit, or what none of its rules was about.
struct Row {
  std::string conduit, rule;
  plant::Mode mode{};
  gateway::Counts counts;
};

std::vector<Row> rows_of(const gateway::Gateway& gateway) {
  std::vector<Row> rows;
  const gateway::Judge& judge = gateway.judge();
  const plant::Plant& plant = judge.plant();
  for (plant::Index i = 0; i < plant.conduits.size(); ++i) {
    const plant::Conduit& conduit = plant.conduits[i];
    if (!judge.guards(conduit)) continue;
    for (plant::Index k = 0; k < conduit.rules.size(); ++k) {
      rows.push_back({conduit.id.value, conduit.rules[k].id.value, conduit.rules[k].mode.value_or(conduit.mode),
                      judge.counts_of(i, k)});
    }
    rows.push_back({conduit.id.value, "", conduit.mode, judge.counts_of(i, plant::kNone)});
  }
  rows.push_back({"", "", plant::Mode::enforce, judge.counts_of(plant::kNone, plant::kNone)});
  return rows;
}

std::string padded(std::string text, size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

}  // namespace

std::string guard_metrics_text(const gateway::Gateway& gateway, const WatchNumbers& numbers) {
  Families out;
  const gateway::Totals& totals = gateway.totals();
  out.gauge("rampart_build_info", "The program that answers.", 1, {{"version", std::string(kVersion)}});
  out.gauge("rampart_plant_info", "The plant in force, by the SHA-256 of its file.", 1,
            {{"name", gateway.judge().plant().name}, {"sha256", numbers.plant_sha256}});
  out.gauge("rampart_gateway_connections", "Connections that are going on.", number(totals.live));
  out.gauge("rampart_gateway_half_open", "Of those, how many wait for their server.", number(totals.half_open));
  out.gauge("rampart_gateway_buffered_octets", "Octets held for peers that do not take them.", number(totals.buffered));
  out.counter("rampart_gateway_accepted_total", "Connections that came.", number(totals.accepted));
  const auto refused = [&](const char* why, uint64_t count) {
    out.counter("rampart_gateway_connections_refused_total", "Connections that were refused or ended, by reason.",
                number(count), {{"reason", why}});
  };
  refused("not-allowed", totals.not_admitted);
  refused("limit", totals.limited);
  refused("server-away", totals.server_away);
  refused("slow-peer", totals.slow);
  refused("message", totals.resets);
  out.counter("rampart_gateway_handshakes_total", "Handshakes of TLS that ended, by result.", number(totals.handshakes),
              {{"result", "well"}});
  out.counter("rampart_gateway_handshakes_total", "Handshakes of TLS that ended, by result.",
              number(totals.handshakes_failed), {{"result", "failed"}});
  out.counter("rampart_gateway_datagrams_dropped_total",
              "Datagrams for which the queue of a wire had no room, or no wire was there.",
              number(totals.datagrams_dropped));
  out.counter("rampart_gateway_octets_total", "Octets forwarded.", number(totals.octets[0]), {{"to", "server"}});
  out.counter("rampart_gateway_octets_total", "Octets forwarded.", number(totals.octets[1]), {{"to", "client"}});
  out.counter("rampart_gateway_operations_total", "Operations that were judged.", number(gateway.judge().operations()));
  out.counter("rampart_gateway_refusals_total", "Operations that were not forwarded.",
              number(gateway.judge().refusals()));
  out.counter("rampart_gateway_findings_total", "Findings, repeats included.", number(gateway.judge().findings()));
  for (const auto& [device, counts] : gateway.lines().counts()) {
    const auto add = [&, name = device](const char* result, uint64_t count) {
      out.counter("rampart_gateway_line_requests_total",
                  "Requests for devices behind a serial line, by what came of them.", number(count),
                  {{"device", name}, {"result", result}});
    };
    add("answered", counts.answered);
    add("unanswered", counts.unanswered);
    add("busy", counts.busy);
    add("line-away", counts.away);
    out.counter("rampart_gateway_line_octets_thrown_away_total", "Octets of a serial line that answered nothing.",
                number(counts.thrown_away), {{"device", device}});
  }
  for (const Row& row : rows_of(gateway)) {
    const auto add = [&](const char* result, uint64_t count) {
      out.counter("rampart_gateway_rule_operations_total",
                  "Operations by the rule that they were judged by; without one: no rule was about them.",
                  number(count), {{"conduit", row.conduit}, {"rule", row.rule}, {"result", result}});
    };
    add("passed", row.counts.passed);
    add("would-refuse", row.counts.would_refuse);
    add("refused", row.counts.refused);
  }
  if (numbers.has_journal) {
    out.counter("rampart_journal_records_total", "Records in the journal.", number(numbers.journal_records));
    out.counter("rampart_journal_not_kept_total", "Records that the journal could not keep.",
                number(numbers.journal_not_kept));
  }
  return out.text();
}

std::string guard_health_line(const gateway::Gateway& gateway, const WatchNumbers& numbers, bool helper, bool& well) {
  well = numbers.journal_not_kept == 0 && helper;
  std::string out = well ? "{\"status\":\"ok\"" : "{\"status\":\"degraded\"";
  out += ",\"plant_sha256\":";
  append_json_text(out, numbers.plant_sha256);
  const auto whole = [&](const char* name, uint64_t value) {
    out += ",\"";
    out += name;
    out += "\":";
    append_number(out, value);
  };
  whole("connections", gateway.totals().live);
  whole("accepted", gateway.totals().accepted);
  whole("operations", gateway.judge().operations());
  whole("refusals", gateway.judge().refusals());
  if (numbers.has_journal) whole("journal_not_kept", numbers.journal_not_kept);
  if (!helper) out += ",\"helper\":\"gone\"";
  return out + "}\n";
}

std::string rule_table(const gateway::Gateway& gateway) {
  std::string out = padded("conduit", 24) + padded("rule", 24) + padded("mode", 9) + padded("passed", 12) +
                    padded("would refuse", 14) + "refused\n";
  for (const Row& row : rows_of(gateway)) {
    const bool none = row.counts.passed + row.counts.would_refuse + row.counts.refused == 0;
    if (row.rule.empty() && none) continue;
    out += padded(row.conduit.empty() ? "(none)" : row.conduit, 24) +
           padded(row.rule.empty() ? "(no rule)" : row.rule, 24) +
           padded(row.conduit.empty() ? "" : std::string(word_of(row.mode)), 9) +
           padded(std::to_string(row.counts.passed), 12) + padded(std::to_string(row.counts.would_refuse), 14) +
           std::to_string(row.counts.refused) + "\n";
  }
  return out;
}

}  // namespace rampart::apps
