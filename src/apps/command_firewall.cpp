#include "apps/command_firewall.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "apps/commands.h"
#include "firewall/exports.h"
#include "firewall/nft_json.h"

namespace rampart::apps {
namespace {

using firewall::Projection;

Projection projected(const LoadedPolicy& loaded, const FirewallOptions& options) {
  return firewall::project(*loaded.policy, options.guard, options.observe);
}

/// projected_as_loaded takes what is in force for an observing rule set where it is one: `--diff` and `--watch` compare
/// like with like.
Projection projected_as_loaded(const LoadedPolicy& loaded, const FirewallOptions& options,
                               const firewall::HelperClient& helper) {
  FirewallOptions like = options;
  const auto now = helper.rules();
  like.observe = now && now->observe;
  return projected(loaded, like);
}

int diff(const FirewallOptions& options, const LoadedPolicy& loaded, const firewall::HelperClient& helper,
         std::string& out) {
  const Projection wanted = projected_as_loaded(loaded, options, helper);
  const firewall::Status status = helper.status();
  if (status.state == firewall::Status::State::waiting) {
    out += "the rules wait for confirmation for another " + std::to_string(status.seconds) + " s\n";
  }
  if (wanted.rules.observe) out += "the rules observe: they drop nothing\n";
  const auto found = firewall::differences(wanted.rules, helper.running());
  for (const std::string& difference : found) out += difference + "\n";
  if (found.empty()) out += "the rules that run are those of " + options.plant + " for " + options.guard + "\n";
  return found.empty() ? 0 : 3;
}

int observe(const FirewallOptions& options, const LoadedPolicy& loaded, const firewall::HelperClient& helper,
            std::string& out) {
  const Projection made = projected(loaded, options);
  helper.load(made.rules, digest_of(made.rules), 0);
  out += "loaded to observe: nothing is dropped, and what would be is logged (groups " +
         std::to_string(firewall::kNoConduitGroup) + " and up) and counted\n";
  return 0;
}

int confirm(const FirewallOptions& options, const LoadedPolicy& loaded, const firewall::HelperClient& helper,
            std::string& out) {
  helper.confirm(digest_of(projected(loaded, options).rules));
  out += "confirmed: the rules stay\n";
  return 0;
}

void require_one_thing(const FirewallOptions& options) {
  const int asked = options.show + options.diff + options.apply + options.observe + options.confirm + options.undo +
                    options.watch + (options.form.empty() ? 0 : 1);
  if (asked != 1) {
    throw UsageError("ask for one thing",
                     "--show, --diff, --apply, --observe, --confirm, --undo, --watch or --export suricata|csv");
  }
}

}  // namespace

int firewall_command(const FirewallOptions& options, const Clock& clock, std::string& out) {
  require_one_thing(options);
  const LoadedPolicy loaded = load_policy(options.plant, clock.now());
  const firewall::HelperClient helper(options.socket);
  if (options.show) {
    const Projection made = projected(loaded, options);
    out += options.nft ? firewall::nft_json(made.rules) : firewall::in_words(made, *loaded.plant);
    return 0;
  }
  if (!options.form.empty()) {
    const Projection made = projected(loaded, options);
    out += options.form == "csv" ? firewall::zone_matrix(made.rules) : firewall::suricata_rules(made.rules);
    return 0;
  }
  if (options.diff) return diff(options, loaded, helper, out);
  if (options.apply) return apply_rules(options, loaded, helper, clock, out);
  if (options.observe) return observe(options, loaded, helper, out);
  if (options.confirm) return confirm(options, loaded, helper, out);
  if (options.watch) return watch_rules(options, loaded, helper, clock);
  helper.undo();
  out += "rolled back to what was in force before\n";
  return 0;
}

void declare_firewall(CLI::App& app, Chosen& chosen) {
  auto* firewall =
      app.add_subcommand("firewall", "The plant as rules of nftables: show, compare, apply, watch, export");
  const auto options = std::make_shared<FirewallOptions>();
  firewall->add_option("plant", options->plant, "plant file (YAML)")->required();
  firewall->add_option("--as", options->guard, "whose firewall: the `guard` of conduits")->required();
  auto* show = firewall->add_flag("--show", options->show, "say in words what would be loaded");
  firewall->add_flag("--nft", options->nft, "with --show: as nft reads it (JSON)")->needs(show);
  firewall->add_flag("--diff", options->diff, "how the rules that run depart from the plant; 3 where they do");
  auto* apply = firewall->add_flag("--apply", options->apply, "load the rules; rolled back unless confirmed in time");
  firewall->add_option("--within", options->seconds, "with --apply: seconds to confirm")
      ->check(CLI::Range(1, int{firewall::kLongestWait}))
      ->capture_default_str()
      ->needs(apply);
  firewall
      ->add_flag("--cut-now", options->cut_now, "with --apply: also where an essential flow is cut, or none is known")
      ->needs(apply);
  firewall->add_flag("--observe", options->observe, "load the rules so that they log and drop nothing");
  firewall->add_flag("--confirm", options->confirm, "keep what --apply loaded");
  firewall->add_flag("--undo", options->undo, "take back what --apply loaded, before its time is over");
  auto* watch =
      firewall->add_flag("--watch", options->watch, "make a finding when somebody changes the rules that run");
  firewall->add_option("--json", options->json, "with --watch: findings as JSON lines to FILE (- is standard output)")
      ->needs(watch);
  firewall->add_option("--journal", options->journal, "with --watch: folder of the journal that keeps them")
      ->needs(watch);
  firewall->add_option("--every", options->every, "with --watch: seconds between two looks")
      ->check(CLI::Range(1, 3'600))
      ->capture_default_str()
      ->needs(watch);
  firewall->add_option("--export", options->form, "print the rules in another form")
      ->check(CLI::IsMember({"suricata", "csv"}));
  firewall->add_option("--socket", options->socket, "where the helper listens")->capture_default_str();
  firewall->callback([&chosen, options] {
    chosen = [options](std::string& out) { return firewall_command(*options, SystemClock(), out); };
  });
}

}  // namespace rampart::apps
