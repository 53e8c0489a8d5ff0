// How gateways stand, held against what the protocols can bear.
#include <algorithm>

#include "policy/compiled.h"

namespace rampart::policy {
namespace {

constexpr uint16_t kSecurePort = 802;  // Modbus/TCP Security, MB-TCP-Security v21: mbaps
constexpr uint32_t kUnitMost = 247;    // MODBUS over Serial Line V1.02, 2.2

class GatewayCheck {
 public:
  GatewayCheck(const Policy& policy, const plant::Gateway& gateway, std::vector<Problem>& problems)
      : plant_(*policy.plant), policy_(policy), gateway_(gateway), problems_(problems) {}

  void check() {
    for (const plant::Serve& serve : gateway_.serves) check(serve);
    for (const plant::Conduit& conduit : plant_.conduits) {
      if (guards(conduit) && conduit.protect == plant::Protect::mutual_tls) check_wire(conduit);
    }
    for (const RuleOf& rule : policy_.rules) {
      if (guards(plant_.conduits[rule.conduit])) check(rule);
    }
    check_failing();
  }

 private:
  bool guards(const plant::Conduit& conduit) const { return conduit.guarded_by(gateway_.id.value); }
  bool addressed() const { return gateway_.stands == plant::Stands::addressed; }

  void add(Mark mark, std::string what, std::string hint, bool warning = false) {
    Problem problem = plant_.problem(mark, std::move(what), std::move(hint));
    problem.warning = warning;
    problems_.push_back(std::move(problem));
  }

  void check(const plant::Serve& serve) {
    const Mark mark = serve.protocol.mark;
    const std::string& word = serve.protocol.value;
    if (serve.to < plant_.assets.size()) check_asset(serve);
    const bool plain = word == "tcp" || word == "udp";
    if (plain) {
      if (serve.udp != (word == "udp"))
        add(mark, "the protocol says one transport and `transport` another", "leave `transport` out");
      if (serve.port == 0) add(mark, "what is not decoded has no usual port", "add `port: 1433`");
      return;
    }
    const auto protocol = protocols::find_protocol(word);
    if (!protocol) {
      std::vector<std::string_view> names{"tcp", "udp"};
      for (const protocols::Entry& entry : protocols::registry()) names.push_back(entry.name);
      add(mark, "\"" + word + "\" is no protocol that a gateway knows", did_you_mean(word, names));
      return;
    }
    const protocols::Entry& entry = protocol->entry();
    if (!borne(entry, mark, serve.udp)) return;
    if (serve.udp ? !entry.over_udp : !entry.over_tcp) {
      add(mark, std::string(entry.name) + " is not spoken over " + (serve.udp ? "UDP" : "TCP"),
          serve.udp ? "leave `transport` out" : "write `transport: udp`");
    } else if (serve.port == 0 && (serve.udp ? entry.udp_ports : entry.tcp_ports).empty()) {
      add(mark, std::string(entry.name) + " has no usual port", "add `port: 8080`");
    }
  }

  /// borne says why a protocol cannot bear this way of standing.
  bool borne(const protocols::Entry& entry, Mark mark, bool udp) {
    std::string_view why = entry.not_relayed;
    if (why.empty() && addressed() && udp) why = entry.udp_not_addressed;
    if (why.empty()) return true;
    // A bridge passes on what it does not lift out.
    const bool passes = gateway_.stands == plant::Stands::bridged && gateway_.unnamed == plant::Unnamed::pass;
    add(mark, std::string(entry.name) + " cannot pass this gateway: " + std::string(why),
        passes ? "leave it to the bridge, which passes on what no rule names"
               : "open another way for it, or stand as a bridge that passes on what no rule names");
    return false;
  }

  void check_asset(const plant::Serve& serve) {
    const plant::Asset& asset = plant_.assets[serve.to];
    const bool has_ip =
        std::any_of(asset.at.begin(), asset.at.end(), [](const plant::Location& at) { return at.ip.has_value(); });
    if (serve.serial) {
      check_units(serve, asset);
    } else if (!has_ip) {
      add(serve.mark, "the asset \"" + asset.id.value + "\" has no IP address",
          "a gateway connects to one: add `ip` to its `at`");
    }
    const bool named = std::any_of(policy_.rules.begin(), policy_.rules.end(), [&](const RuleOf& rule) {
      const auto& to = rule.said->to;
      return guards(plant_.conduits[rule.conduit]) && std::find(to.begin(), to.end(), serve.to) != to.end();
    });
    if (!named) {
      add(serve.mark, "no rule of a conduit that this gateway guards is about \"" + asset.id.value + "\"",
          "nobody may use it: add a rule, or name the gateway in `guard`", true);
    }
  }

  /// check_failing warns of ways to fail that its way of standing does not have.
  void check_failing() {
    using plant::OnFailure;
    const auto fails = [&](OnFailure how) {
      return std::any_of(plant_.conduits.begin(), plant_.conduits.end(),
                         [&](const plant::Conduit& one) { return guards(one) && one.on_failure == how; });
    };
    const bool opens = fails(OnFailure::open);
    for (const plant::Conduit& conduit : plant_.conduits) {
      if (!guards(conduit)) continue;
      if (addressed() && conduit.on_failure == OnFailure::open) {
        add(conduit.mark,
            "the conduit \"" + conduit.id.value + "\" cannot fail open: clients talk to the gateway itself",
            "write `on-failure: close`, or let the gateway be transparent or bridged", true);
      }
      if (!addressed() && opens && conduit.on_failure == OnFailure::island) {
        add(conduit.mark, "another conduit of this gateway fails open: what its rules name passes the island too",
            "let both fail alike, or give each a gateway", true);
      }
    }
  }

  /// check_wire warns where a gateway cannot speak TLS with another one, though a conduit wants it.
  void check_wire(const plant::Conduit& conduit) {
    if (conduit.guards.empty()) {
      add(conduit.guard.mark, "`protect: mutual-tls` takes two gateways, and \"" + conduit.id.value + "\" has one",
          "name one for each zone: `guard: {" + plant_.zones[conduit.joins.front()].id.value + ": " +
              gateway_.id.value + ", " + plant_.zones[conduit.joins.back()].id.value + ": ...}`",
          true);
    } else if (!gateway_.wire) {
      add(gateway_.mark,
          "the gateway \"" + gateway_.id.value + "\" has no wire, and `protect: mutual-tls` of \"" + conduit.id.value +
              "\" needs it",
          "add `wire: {at: ...}`: its own address towards the other gateways", true);
    }
  }

  /// check_units: what is behind a line is told by its unit, and by nothing else.
  void check_units(const plant::Serve& serve, const plant::Asset& asset) {
    const auto has_unit = [](const plant::Location& at) { return at.unit && *at.unit <= kUnitMost; };
    if (std::any_of(asset.at.begin(), asset.at.end(), has_unit)) return;
    add(serve.mark, "nothing says which unit \"" + asset.id.value + "\" is behind the serial line",
        "add `unit`, 1 to 247, to its `at`; 0 stands for a broadcast to all devices of the line");
  }

  void check(const RuleOf& rule) {
    if (!rule.protocol.known()) return;
    const protocols::Entry& entry = rule.protocol.entry();
    if (!entry.not_relayed.empty()) borne(entry, rule.said->protocol.mark, false);
  }

  const plant::Plant& plant_;
  const Policy& policy_;
  const plant::Gateway& gateway_;
  std::vector<Problem>& problems_;
};

}  // namespace

void check_gateways(const Policy& policy, std::vector<Problem>& problems) {
  for (const plant::Gateway& gateway : policy.plant->gateways) GatewayCheck(policy, gateway, problems).check();
}

}  // namespace rampart::policy
