#include <cmath>
#include <cstdio>

#include "base/text.h"
#include "policy/compiled.h"

namespace rampart::policy {
namespace {

using protocols::Action;
using protocols::Operation;

void append_value(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "no number" : "infinity";
    return;
  }
  // A float32 read as double has digits that nobody wrote: seven are what it can tell.
  char text[32];
  const bool whole = std::fabs(value) < 1e15 && std::floor(value) == value;
  const int size = std::snprintf(text, sizeof text, whole ? "%.0f" : "%.7g", value);
  out.append(text, static_cast<size_t>(size));
}

/// Teller writes one sentence.
class Teller {
 public:
  Teller(const Policy& policy, const Verdict& verdict, const Parties& parties, const Operation& operation)
      : plant_(*policy.plant), verdict_(verdict), parties_(parties), operation_(operation) {
    if (verdict.conduit < plant_.conduits.size()) conduit_ = &plant_.conduits[verdict.conduit];
    if (conduit_ != nullptr && verdict.rule < conduit_->rules.size()) rule_ = &conduit_->rules[verdict.rule];
    const Index server = parties.server.asset;
    if (server < plant_.assets.size() && verdict.point < plant_.assets[server].points.size()) {
      point_ = &plant_.assets[server].points[verdict.point];
    }
  }

  std::string sentence() {
    party(parties_.client);
    out_ += ' ';
    deed();
    why();
    return std::move(out_);
  }

 private:
  void party(const Party& party) {
    if (party.asset < plant_.assets.size()) {
      out_ += plant_.assets[party.asset].id.value;
    } else if (party.zone < plant_.zones.size()) {
      out_ += "an unknown address in " + plant_.zones[party.zone].id.value;
    } else {
      out_ += "an address outside the plant";
    }
  }
  std::string zone(const Party& party) const {
    return party.zone < plant_.zones.size() ? plant_.zones[party.zone].id.value : std::string("no zone");
  }
  void number(double value, bool unit = true) {
    append_value(out_, value);
    if (unit && point_ != nullptr && !point_->unit.empty()) out_ += " " + point_->unit;
  }

  /// target writes what was asked for: the point where one is known, else the object, and whose it is.
  void target() {
    if (point_ != nullptr) {
      out_ += point_->id.value;
      return;
    }
    const size_t before = out_.size();
    if (operation_.protocol.known() && (operation_.object.addressed() || !operation_.object.name.empty())) {
      operation_.protocol.entry().append_object(out_, operation_.object);
    }
    if (out_.size() > before) out_ += " of ";
    party(parties_.server);
  }

  void values() {
    const protocols::Values& values = operation_.values;
    if (point_ != nullptr && std::isfinite(verdict_.value)) {
      number(verdict_.value, false);
      out_ += " to ";
    } else if (point_ == nullptr && values.count == 1 && values.fits() && values.at(0).is_number()) {
      append(out_, values.at(0));
      out_ += " to ";
    } else if (point_ == nullptr && values.count > 1 && !values.masks) {
      append_number(out_, values.count);
      out_ += " values to ";
    } else {
      out_ += "to ";
    }
  }

  void deed() {
    switch (operation_.action) {
      case Action::write:
        out_ += "wrote ";
        values();
        break;
      case Action::operate:
        out_ += "operated ";
        break;
      case Action::read:
        out_ += "read ";
        break;
      case Action::configure:
        out_ += "configured ";
        break;
      case Action::program:
        out_ += "read or changed the program: ";
        break;
      case Action::start:
        out_ += "started ";
        break;
      case Action::stop:
        out_ += "stopped or restarted ";
        break;
      case Action::firmware:
        out_ += "changed the firmware: ";
        break;
      case Action::file:
        out_ += "used a file: ";
        break;
      case Action::time:
        out_ += "set the clock: ";
        break;
      case Action::identify:
        out_ += "asked for the identity: ";
        break;
      case Action::session:
        out_ += "spoke " + std::string(operation_.protocol.name()) + " with ";
        party(parties_.server);
        return;
      case Action::diagnose:
        out_ += "diagnosed ";
        break;
    }
    target();
  }

  void range() {
    out_ += " (allowed ";
    if (point_->minimum && point_->maximum) {
      number(*point_->minimum, false);
      out_ += " to ";
      number(*point_->maximum);
    } else {
      out_ += point_->minimum ? "at least " : "at most ";
      number(point_->minimum ? *point_->minimum : point_->maximum.value_or(0));
    }
    out_ += ')';
  }

  void role() {
    const bool named = rule_ != nullptr && rule_->role < plant_.roles.size();
    out_ += named ? "a lease of the role " + plant_.roles[rule_->role].id.value : std::string("a lease");
  }
  void rule() {
    out_ += rule_ == nullptr || rule_->id.value.empty() ? std::string("a rule") : "rule " + rule_->id.value;
    if (conduit_ != nullptr) out_ += " of " + conduit_->id.value;
  }

  void why() {
    switch (verdict_.reason) {
      case Reason::rule:
        out_ += ", as ";
        rule();
        out_ += " allows";
        return;
      case Reason::same_zone:
        out_ += ", inside " + zone(parties_.client);
        return;
      case Reason::unknown_client:
        out_ += "; no zone of the plant has that address";
        return;
      case Reason::unknown_server:
        out_ += "; no zone of the plant has the address that was asked";
        return;
      case Reason::unknown_asset:
        out_ += "; no rule can name an address that is no asset of the plant";
        return;
      case Reason::no_conduit:
        out_ += "; no conduit joins " + zone(parties_.client) + " and " + zone(parties_.server);
        return;
      case Reason::no_rule:
        out_ += " over " + std::string(operation_.protocol.name()) + "; no rule of ";
        out_ += (conduit_ == nullptr ? std::string("the conduit") : conduit_->id.value) + " allows it";
        return;
      case Reason::value_out_of_range:
        if (point_ != nullptr) range();
        return;
      case Reason::step_too_large:
        out_ += " (allowed in steps of at most ";
        number(verdict_.limit);
        out_ += ')';
        return;
      case Reason::rate_exceeded:
        rate();
        return;
      case Reason::outside_calendar:
        out_ += " outside the hours of ";
        out_ += rule_ != nullptr && rule_->during < plant_.calendars.size() ? plant_.calendars[rule_->during].id.value
                                                                            : std::string("its calendar");
        return;
      case Reason::role_missing:
        out_ += " without ";
        role();
        return;
      case Reason::approval_missing:
        out_ += " without the approval of ";
        out_ += verdict_.limit > 1 ? "" : "another person";
        if (verdict_.limit > 1) append_value(out_, verdict_.limit);
        if (verdict_.limit > 1) out_ += " other people";
        return;
      case Reason::value_unknown:
        out_ += "; its last value or what it becomes is not known, so its limits cannot be held against it";
        return;
      case Reason::role_unknown:
        out_ += "; whether there was ";
        role();
        out_ += " or an approval cannot be seen from here";
        return;
    }
  }

  void rate() {
    out_ += " more often than ";
    append_value(out_, verdict_.limit);
    out_ += verdict_.limit > 1 ? " times in " : " time in ";
    const auto seconds = rule_ != nullptr && rule_->rate ? rule_->rate->per.count() : 0;
    append_number(out_, seconds);
    out_ += " s";
  }

  const plant::Plant& plant_;
  const Verdict& verdict_;
  const Parties& parties_;
  const Operation& operation_;
  const plant::Conduit* conduit_ = nullptr;
  const plant::Rule* rule_ = nullptr;
  const plant::Point* point_ = nullptr;
  std::string out_;
};

}  // namespace

std::string explain(const Policy& policy, const Verdict& verdict, const Parties& parties, const Operation& operation) {
  return Teller(policy, verdict, parties, operation).sentence();
}

}  // namespace rampart::policy
