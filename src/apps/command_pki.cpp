// `rampart pki`: the plant's certificate authority, and the identities of those whom it certifies.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <thread>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/levels_text.h"
#include "apps/output.h"
#include "apps/pki_journal.h"
#include "apps/pki_serve.h"
#include "apps/stop_signal.h"
#include "base/files.h"
#include "base/text.h"
#include "pki/message.h"
#include "pki/service.h"

namespace rampart::apps {
namespace {

constexpr uint64_t kMostInput = 65'536;

struct PkiArguments {
  std::string folder, plant, journal, subject, role, reason = "unspecified", why, name, token, token_uri, request,
                                                     bundle, fingerprint, authority, valid = "24h", out = "-", every,
                                                     listen;
  int days = 90;
  bool json = false, if_due = false;
};

plant::Plant load(const PkiArguments& arguments) { return plant::require(plant::load(arguments.plant)); }

/// length_of reads a duration as `24h` or `90d`. Errors: throws UsageError.
Duration length_of(const char* option, const std::string& text, TimePoint now) {
  const Duration length = now - require_time(option, text, now);
  if (length <= Duration{} || text.find('-') != std::string::npos) {
    throw UsageError(std::string(option) + " is no length of time", "as in 90s, 15m, 24h, 7d");
  }
  return length;
}

std::string fingerprint_line(const crypto::Certificate& root) {
  return "the authority's fingerprint (SHA-256), by which others know it:\n  " + fingerprint_text(root) + "\n";
}

int init_command(const PkiArguments& arguments, const Clock& clock, std::string& out) {
  const plant::Plant plant = load(arguments);
  PkiJournal journal(arguments.journal, &plant, clock);
  std::optional<crypto::TokenKey> token;
  if (!arguments.token_uri.empty()) token = crypto::TokenKey::parse(arguments.token_uri);
  pki::Authority::make(arguments.folder, plant.name, token, clock.now(), journal.tell());
  const pki::Authority made(arguments.folder, journal.tell());
  journal.close();
  out += "made the authority of \"" + plant.name + "\" in " + arguments.folder + ", until " +
         day_and_time(made.root().until) + "\n" + fingerprint_line(made.root());
  return 0;
}

int token_command(const PkiArguments& arguments, const Clock& clock, std::string& out) {
  const plant::Plant plant = load(arguments);
  PkiJournal journal(arguments.journal, &plant, clock);
  pki::Authority authority(arguments.folder, journal.tell());
  const TimePoint now = clock.now();
  const Duration valid = length_of("--valid", arguments.valid, now);
  out += authority.make_token(plant, arguments.subject, arguments.role, valid, now) + "\n";
  journal.close();
  std::fprintf(stderr, "rampart: good once, for %s, until %s; it is shown this once\n", arguments.subject.c_str(),
               day_and_time(now + valid).c_str());
  return 0;
}

int issue_command(const PkiArguments& arguments, const Clock& clock, std::string&) {
  const plant::Plant plant = load(arguments);
  PkiJournal journal(arguments.journal, &plant, clock);
  pki::Authority authority(arguments.folder, journal.tell());
  const std::string request = read_input(arguments.request, kMostInput);
  const std::string bundle =
      authority.issue(plant, as_bytes(request), arguments.role, std::chrono::days(arguments.days), clock.now());
  journal.close();
  if (arguments.out == "-") {
    std::fputs(bundle.c_str(), stdout);
  } else {
    replace_file(arguments.out, as_bytes(bundle), 0644);
  }
  return 0;
}

std::optional<pki::Fingerprint> expected(const PkiArguments& arguments, const std::optional<pki::Ticket>& ticket) {
  if (arguments.fingerprint.empty()) return ticket ? std::optional(ticket->authority) : std::nullopt;
  const auto read = pki::parse_fingerprint(arguments.fingerprint);
  if (!read) throw UsageError("--fingerprint is no SHA-256", "64 hexadecimal digits, as `rampart pki list` shows them");
  return read;
}

pki::At at_of(const std::string& text) {
  const HostPort place = require_host(text, pki::kPort);
  return {place.host, place.port};
}

std::string told(const crypto::Certificate& made, const std::string& folder) {
  return made.subject + " has a certificate in " + folder + ", serial " + made.serial + ", until " +
         day_and_time(made.until) + "\n";
}

int enrol_command(const PkiArguments& arguments, const Clock& clock, std::string& out) {
  const pki::Identity identity(arguments.folder);
  std::optional<pki::Ticket> ticket;
  if (!arguments.token.empty()) {
    ticket = pki::parse_ticket(arguments.token == "-" ? read_input("-", kMostInput) : arguments.token);
    if (!ticket) throw UsageError("--token is not a whole token", "it is one line that begins with rampart-pki:");
  }
  if (!arguments.token_uri.empty()) {
    if (arguments.request.empty() && (!ticket || arguments.authority.empty())) {
      throw UsageError("--token-uri makes a key, and nobody is asked to certify it",
                       "with --token and --authority, or with --request");
    }
    identity.make_key_in(crypto::TokenKey::parse(arguments.token_uri));
  }
  if (!arguments.request.empty()) {
    const std::string subject = ticket ? ticket->subject : arguments.subject;
    if (subject.empty()) throw UsageError("a request needs a subject", "--for ID, an asset or gateway of the plant");
    replace_file(arguments.request, as_bytes(identity.request(subject)), 0644);
    out += "wrote the request to " + arguments.request + "; the key stays in " +
           (identity.token() ? "the token" : identity.key_file()) + "\n";
    return 0;
  }
  if (!arguments.bundle.empty()) {
    const std::string bundle = read_input(arguments.bundle, pki::kMostAnswer);
    out += told(identity.install(as_bytes(bundle), expected(arguments, ticket), clock.now()), arguments.folder);
    return 0;
  }
  if (!ticket || arguments.authority.empty()) {
    throw UsageError("how is it to be enrolled?",
                     "over a network by --token and --authority; off line by --request, then --bundle");
  }
  if (identity.certificate()) {
    throw Error("there is a certificate already: " + identity.certificate_file(),
                "`rampart pki renew` renews it; to begin anew, take another folder.");
  }
  out += told(pki::enrol(identity, *ticket, at_of(arguments.authority), clock), arguments.folder);
  return 0;
}

/// keep renews by itself until a signal ends it; what fails is said, and tried again in the next turn.
int keep(const PkiArguments& arguments, const pki::Identity& identity, const pki::At& at, const Clock& clock) {
  const Duration every = length_of("--every", arguments.every, clock.now());
  const StopSignal stop;
  Duration next = clock.steady();
  while (!stop.asked()) {
    if (clock.steady() >= next) {
      const pki::Kept kept = pki::keep_fresh(identity, at, clock);
      if (kept.renewed) std::fputs(("rampart: " + told(*kept.renewed, arguments.folder)).c_str(), stderr);
      if (kept.list) std::fprintf(stderr, "rampart: the revocation list is another\n");
      if (!kept.problem.empty()) std::fprintf(stderr, "rampart: %s\n", kept.problem.c_str());
      next = clock.steady() + every;
    }
    std::this_thread::sleep_for(std::min<Duration>(next - clock.steady(), std::chrono::milliseconds(200)));
  }
  return 0;
}

int renew_command(const PkiArguments& arguments, const Clock& clock, std::string& out) {
  const pki::Identity identity(arguments.folder);
  const pki::At at = at_of(arguments.authority);
  if (!arguments.every.empty()) return keep(arguments, identity, at, clock);
  const auto own = identity.certificate();
  if (arguments.if_due && own && !pki::due(*own, clock.now())) {
    out += "not due: the certificate of " + own->subject + " is good until " + day_and_time(own->until) + "\n";
  } else {
    out += told(pki::renew(identity, at, clock), arguments.folder);
  }
  pki::fetch_list(identity, at, clock);
  return 0;
}

int revoke_command(const PkiArguments& arguments, const Clock& clock, std::string& out) {
  PkiJournal journal(arguments.journal, nullptr, clock);
  pki::Authority authority(arguments.folder, journal.tell());
  for (const std::string& serial : authority.revoke(arguments.name, arguments.reason, clock.now())) {
    out += "revoked " + serial + "\n";
  }
  journal.close();
  out += "the new list is " + authority.path("crl.pem") + "\n";
  return 0;
}

int deny_command(const PkiArguments& arguments, const Clock&, std::string& out) {
  const pki::Identity identity(arguments.folder);
  const bool added = identity.deny(arguments.name, arguments.why);
  out += (added ? "denied from here on: " : "denied already: ") + arguments.name + "\n";
  return 0;
}

void append_json_entry(std::string& out, const pki::Standing& standing) {
  const crypto::Certificate& shown = standing.entry->certificate;
  const auto field = [&](const char* name, std::string_view value) {
    out.append(",\"").append(name).append("\":");
    append_json_text(out, value);
  };
  std::string until, addresses;
  append_timestamp(until, shown.until);
  for (const IpAddress& address : shown.addresses) append(addresses += addresses.empty() ? "" : ",", address);
  out += "{\"subject\":";
  append_json_text(out, shown.subject);
  field("role", shown.role);
  field("serial", shown.serial);
  field("sha256", fingerprint_text(shown));
  field("addresses", addresses);
  field("until", until);
  field("state", to_text(standing.state));
  if (standing.entry->revoked) field("reason", standing.entry->reason);
  if (standing.alarm != 0) append_number(out += ",\"alarm_days\":", standing.alarm);
  out += '}';
}

std::string list_json(const crypto::Certificate& root, const std::vector<pki::Standing>& standings) {
  std::string out = "{\"plant\":";
  append_json_text(out, root.plant);
  out += ",\"sha256\":\"" + fingerprint_text(root) + "\",\"until\":\"";
  append_timestamp(out, root.until);
  out += "\",\"certificates\":[";
  for (const pki::Standing& standing : standings) {
    if (&standing != &standings.front()) out += ',';
    append_json_entry(out, standing);
  }
  return out + "]}\n";
}

std::string alarm_words(const pki::Standing& standing) {
  if (standing.state == pki::State::expired) return "ALARM: it has ended";
  if (standing.alarm == 0) return {};
  return "ALARM: it ends in less than " + std::to_string(standing.alarm) + (standing.alarm == 1 ? " day" : " days");
}

std::string list_text(const crypto::Certificate& root, const std::vector<pki::Standing>& standings) {
  std::string out =
      "authority of \"" + root.plant + "\", until " + day_and_time(root.until) + "\n" + fingerprint_line(root);
  for (const pki::Standing& standing : standings) {
    const crypto::Certificate& shown = standing.entry->certificate;
    std::string line = shown.subject;
    line.resize(std::max<size_t>(line.size() + 2, 20), ' ');
    line += shown.serial + "  until " + day_and_time(shown.until) + "  " + std::string(to_text(standing.state));
    if (!shown.role.empty()) line += "  role " + shown.role;
    if (standing.entry->revoked) line += "  (" + standing.entry->reason + ")";
    const std::string alarm = alarm_words(standing);
    out += line + (alarm.empty() ? "" : "  " + alarm) + "\n";
  }
  if (standings.empty()) out += "nothing was issued yet\n";
  return out;
}

int list_command(const PkiArguments& arguments, const Clock& clock, std::string& out) {
  PkiJournal journal(arguments.journal, nullptr, clock);
  pki::Authority authority(arguments.folder, journal.tell());
  const TimePoint now = clock.now();
  const std::vector<pki::Standing> standings = authority.standings(now);
  out += arguments.json ? list_json(authority.root(), standings) : list_text(authority.root(), standings);
  if (!arguments.journal.empty()) authority.tell_alarms(now);
  journal.close();
  return 0;
}

int serve_command(const PkiArguments& arguments, const Clock& clock, std::string&) {
  return pki_serve({arguments.folder, arguments.plant, arguments.listen, arguments.journal}, clock);
}

using Command = int (*)(const PkiArguments&, const Clock&, std::string&);

/// Pki declares one subcommand after the other.
struct Pki {
  CLI::App& app;
  Chosen& chosen;

  CLI::App* declare(const char* name, const char* what, Command command, const std::shared_ptr<PkiArguments>& into) {
    auto* one = app.add_subcommand(name, what);
    one->callback([into, command, &chosen = chosen] {
      chosen = [into, command](std::string& out) { return command(*into, SystemClock(), out); };
    });
    return one;
  }
  CLI::App* authority(const char* name, const char* what, Command command, const std::shared_ptr<PkiArguments>& into) {
    auto* one = declare(name, what, command, into);
    one->add_option("folder", into->folder, "folder of the authority")->required();
    one->add_option("--journal", into->journal, "folder of the journal that is told");
    return one;
  }
  CLI::App* identity(const char* name, const char* what, Command command, const std::shared_ptr<PkiArguments>& into) {
    auto* one = declare(name, what, command, into);
    one->add_option("identity", into->folder, "folder with key.pem or key.uri, certificate.pem, authority.pem")
        ->required();
    return one;
  }
};

void declare_authority(Pki pki) {
  const auto fresh = [] { return std::make_shared<PkiArguments>(); };
  auto into = fresh();
  auto* init = pki.authority("init", "Make the plant's certificate authority", init_command, into);
  init->add_option("--plant", into->plant, "plant file (YAML), whose name the authority has")->required();
  init->add_option("--token-uri", into->token_uri, "make the key in a PKCS#11 token: pkcs11:token=...;object=...?...");

  into = fresh();
  auto* token =
      pki.authority("token", "Make a one-time token by which one asset or gateway enrols", token_command, into);
  token->add_option("plant", into->plant, "plant file (YAML)")->required();
  token->add_option("--for", into->subject, "id of the asset or gateway")->required();
  token->add_option("--role", into->role, "role of the asset, by the plant");
  token->add_option("--valid", into->valid, "for how long")->capture_default_str();

  into = fresh();
  auto* issue = pki.authority("issue", "Certify a request that came by hand", issue_command, into);
  issue->add_option("plant", into->plant, "plant file (YAML)")->required();
  issue->add_option("--request", into->request, "file with the request (PEM; - is standard input)")->required();
  issue->add_option("--role", into->role, "role of the asset, by the plant");
  issue->add_option("--days", into->days, "days that it is good for")
      ->check(CLI::Range(1, 3653))
      ->capture_default_str();
  issue->add_option("--out", into->out, "file that gets the bundle")->capture_default_str();

  into = fresh();
  auto* serve = pki.authority("serve", "Answer who enrols, renews or fetches the list, over TLS", serve_command, into);
  serve->add_option("plant", into->plant, "plant file (YAML); read anew on HUP")->required();
  serve->add_option("--listen", into->listen, "ADDRESS:PORT")->required();

  into = fresh();
  auto* revoke = pki.authority("revoke", "Take certificates back, and make the list anew", revoke_command, into);
  revoke->add_option("what", into->name, "subject or serial number")->required();
  revoke->add_option("--reason", into->reason, "word of RFC 5280: key-compromise, superseded, cessation ...")
      ->capture_default_str();

  into = fresh();
  auto* list = pki.authority("list", "What was issued, how it stands, what ends soon", list_command, into);
  list->add_flag("--json", into->json, "as JSON");
}

void declare_identity(Pki pki) {
  auto into = std::make_shared<PkiArguments>();
  auto* enrol = pki.identity("enrol", "Make a key here and have it certified", enrol_command, into);
  enrol->add_option("--token", into->token, "one-time token of the authority (- is standard input)");
  enrol->add_option("--token-uri", into->token_uri, "make the key in a PKCS#11 token: pkcs11:token=...;object=...?...");
  auto* over = enrol->add_option("--authority", into->authority, "where it listens: HOST or HOST:PORT");
  auto* request = enrol->add_option("--request", into->request, "off line: write the request to this file");
  enrol->add_option("--for", into->subject, "id of the asset or gateway, with --request")->needs(request);
  auto* bundle =
      enrol->add_option("--bundle", into->bundle, "off line: put this bundle in place (- is standard input)");
  enrol->add_option("--fingerprint", into->fingerprint, "SHA-256 of the authority to be trusted")->needs(bundle);
  request->excludes(bundle)->excludes(over);
  bundle->excludes(over);

  into = std::make_shared<PkiArguments>();
  auto* renew = pki.identity("renew", "Renew the certificate, and fetch the revocation list", renew_command, into);
  renew->add_option("--authority", into->authority, "where it listens: HOST or HOST:PORT")->required();
  auto* if_due = renew->add_flag("--if-due", into->if_due, "only where two thirds of its life are over");
  renew->add_option("--every", into->every, "stay, and look as often as this: 1h")->excludes(if_due);

  into = std::make_shared<PkiArguments>();
  auto* deny = pki.identity("deny", "Take a certificate no more here, whatever any list says", deny_command, into);
  deny->add_option("what", into->name, "serial number or SHA-256")->required();
  deny->add_option("--reason", into->why, "why, for people");
}

}  // namespace

void declare_pki(CLI::App& app, Chosen& chosen) {
  auto* pki = app.add_subcommand("pki", "The plant's certificate authority, and the identities that it certifies");
  pki->require_subcommand(1);
  declare_authority({*pki, chosen});
  declare_identity({*pki, chosen});
}

}  // namespace rampart::apps
