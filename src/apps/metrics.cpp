#include "apps/metrics.h"

#include "apps/metric_families.h"
#include "apps/version.h"
#include "base/text.h"

namespace rampart::apps {
namespace {

constexpr std::chrono::seconds kStale{10};

double number(uint64_t value) { return static_cast<double>(value); }
double seconds(TimePoint when) { return std::chrono::duration<double>(when.time_since_epoch()).count(); }
double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

void add_itself(Families& out, const WatchState& state, const WatchNumbers& numbers) {
  out.gauge("rampart_build_info", "The program that answers.", 1, {{"version", std::string(kVersion)}});
  out.gauge("rampart_plant_info", "The plant in force, by the SHA-256 of its file.", 1,
            {{"name", state.plant ? state.plant->name : ""}, {"sha256", numbers.plant_sha256}});
  out.gauge("rampart_start_time_seconds", "When the watch began, in seconds since 1970.", seconds(state.started));
}

void add_interfaces(Families& out, const WatchState& state) {
  using Source = monitor::LiveSource;
  const auto each = [&](const char* name, const char* help, bool counter, auto&& value) {
    for (const Source& source : state.sources) {
      const Families::Labels labels{{"interface", source.name}};
      counter ? out.counter(name, help, value(source), labels) : out.gauge(name, help, value(source), labels);
    }
  };
  each("rampart_capture_up", "1 while frames can come from the interface.", false,
       [](const Source& source) { return source.state == monitor::InterfaceState::up ? 1.0 : 0.0; });
  each("rampart_capture_packets_total", "Packets taken from the interface.", true,
       [](const Source& source) { return number(source.packets); });
  each("rampart_capture_octets_total", "Octets of those packets on the wire.", true,
       [](const Source& source) { return number(source.octets); });
  each("rampart_capture_dropped_total", "Packets that found the kernel's buffer full, and were not seen.", true,
       [](const Source& source) { return number(source.drops); });
  each("rampart_capture_blind_seconds_total", "Time in which nothing could be seen of the interface.", true,
       [](const Source& source) { return seconds(source.blind); });
  each("rampart_capture_last_packet_time_seconds", "When the last packet came, in seconds since 1970; 0: never.", false,
       [](const Source& source) { return seconds(source.last_packet); });
}

void add_traffic(Families& out, const WatchState& state, const WatchNumbers& numbers) {
  const monitor::Totals& totals = numbers.totals;
  out.counter("rampart_flows_total", "Conversations that began.", number(totals.flows));
  out.gauge("rampart_flows", "Conversations that are going on.", number(totals.flows - state.flows_ended));
  out.counter("rampart_flows_evicted_total", "Conversations given up as too many were going on.",
              number(totals.evicted_flows));
  for (const auto& [name, count] : state.protocols) {
    out.counter("rampart_operations_total", "Operations with their answers, by protocol.", number(count),
                {{"protocol", name}});
  }
  for (const auto& [name, conduit] : state.conduits) {
    const auto add = [&, &conduit_name = name](const char* verdict, uint64_t count) {
      out.counter("rampart_conduit_operations_total", "Operations by conduit and by what the plant says of them.",
                  number(count), {{"conduit", conduit_name}, {"verdict", verdict}});
    };
    add("allowed", conduit.operations - conduit.denied - conduit.undecidable);
    add("denied", conduit.denied);
    add("undecidable", conduit.undecidable);
  }
  out.counter("rampart_operations_given_up_total", "Operations whose answer was not waited for, as too many were open.",
              number(totals.given_up_operations));
  out.counter("rampart_malformed_packets_total", "Packets that break the rules of their headers.",
              number(totals.malformed_packets));
  out.counter("rampart_malformed_messages_total", "Messages that break the rules of their protocol.",
              number(totals.malformed_frames));
  out.counter("rampart_gaps_total", "Places in TCP streams where octets were not seen.", number(totals.gaps));
  out.counter("rampart_gap_octets_total", "Octets not seen there.", number(totals.gap_octets));
}

void add_judgement(Families& out, const WatchState& state) {
  for (const auto& [key, count] : state.findings) {
    out.counter("rampart_findings_total", "Findings by kind.", number(count),
                {{"finding", key.first}, {"severity", std::string(records::to_text(key.second))}});
  }
  for (const auto& [name, zone] : state.zones) {
    out.gauge("rampart_zone_assets", "Assets of the plant in the zone.", number(zone.planned), {{"zone", name}});
  }
  for (const auto& [name, zone] : state.zones) {
    out.gauge("rampart_zone_assets_seen", "Assets of the plant seen in the zone.", number(zone.assets),
              {{"zone", name}});
  }
  for (const auto& [name, zone] : state.zones) {
    out.gauge("rampart_zone_strangers_seen", "Addresses in the zone that are no asset of the plant.",
              number(zone.strangers), {{"zone", name}});
  }
  for (const auto& [kind, count] : state.losses) {
    out.counter("rampart_losses_total", "Records of what was not seen or not understood, by kind.", number(count),
                {{"kind", kind}});
  }
}

}  // namespace

std::string metrics_text(const WatchState& state, const WatchNumbers& numbers) {
  Families out;
  add_itself(out, state, numbers);
  add_interfaces(out, state);
  add_traffic(out, state, numbers);
  add_judgement(out, state);
  if (numbers.has_journal) {
    out.counter("rampart_journal_records_total", "Records in the journal.", number(numbers.journal_records));
    out.counter("rampart_journal_not_kept_total", "Records that the journal could not keep.",
                number(numbers.journal_not_kept));
  }
  return out.text();
}

std::string health_line(const WatchState& state, const WatchNumbers& numbers, bool& well) {
  well = all_seen(state) && numbers.journal_not_kept == 0;
  std::string out = well ? "{\"status\":\"ok\"" : "{\"status\":\"degraded\"";
  const auto whole = [&](std::string_view name, auto value) {
    out += ",\"";
    out += name;
    out += "\":";
    append_number(out, value);
  };
  const auto in_seconds = [](Duration d) { return std::chrono::duration_cast<std::chrono::seconds>(d).count(); };
  whole("uptime_seconds", in_seconds(state.now - state.started));
  out += ",\"plant_sha256\":";
  append_json_text(out, numbers.plant_sha256);
  const TimePoint last = last_packet_of(state);
  out += ",\"last_packet\":";
  if (last == TimePoint{}) {
    out += "null";
  } else {
    out += '"';
    append_timestamp(out, last);
    out += '"';
  }
  whole("blind_seconds", in_seconds(blind_of(state)));
  whole("dropped", drops_of(state));
  if (numbers.has_journal) whole("journal_not_kept", numbers.journal_not_kept);
  out += ",\"sources\":[";
  bool first = true;
  for (const monitor::LiveSource& source : state.sources) {
    out += first ? "{\"interface\":" : ",{\"interface\":";
    first = false;
    append_json_text(out, source.name);
    out += ",\"state\":";
    append_json_text(out, to_text(source.state));
    whole("packets", source.packets);
    whole("dropped", source.drops);
    whole("blind_seconds", in_seconds(source.blind));
    out += '}';
  }
  return out + "]}\n";
}

void MetricsBoard::lay_down(const WatchState& state, const WatchNumbers& numbers) {
  bool well = false;
  std::string health = health_line(state, numbers, well);
  lay_down(metrics_text(state, numbers), std::move(health), well);
}

void MetricsBoard::lay_down(std::string metrics, std::string health, bool well) {
  const std::lock_guard lock(mutex_);
  metrics_ = std::move(metrics);
  health_ = std::move(health);
  well_ = well;
  laid_down_ = clock_.steady();
}

net::HttpResponse MetricsBoard::answer(std::string_view path) const {
  const std::lock_guard lock(mutex_);
  const bool fresh = !metrics_.empty() && clock_.steady() - laid_down_ < kStale;
  if (path == "/metrics") {
    return {.status = fresh ? 200 : 503, .type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_};
  }
  if (path == "/health") {
    if (!fresh) return {.status = 503, .type = "application/json", .body = "{\"status\":\"stuck\"}\n"};
    return {.status = well_ ? 200 : 503, .type = "application/json", .body = health_};
  }
  if (path == "/") return {.body = "Rampart: /metrics for Prometheus, /health for a line of JSON\n"};
  return {.status = 404, .body = "there is /metrics and /health\n"};
}

}  // namespace rampart::apps
