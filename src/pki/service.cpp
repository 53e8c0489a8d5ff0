#include "pki/service.h"

#include "base/error.h"
#include "net/tls_client.h"
#include "pki/message.h"

namespace rampart::pki {
namespace {

int status_of(Refused why) {
  switch (why) {
    case Refused::malformed:
      return 400;
    case Refused::unknown:
      return 401;
    case Refused::forbidden:
      return 403;
    case Refused::unable:
      return 503;
  }
  return 503;
}

std::string text_of(const Result& result, const std::function<void(const std::string&)>& problem) {
  if (!result.refused) return answer_text(200, result.text);
  if (!result.problem.empty() && problem) problem(result.problem);
  return answer_text(status_of(*result.refused), result.text + "\n");
}

Result list_for(Authority& authority, TimePoint now) {
  try {
    return {{}, authority.list(now), {}};
  } catch (const std::exception& error) {
    return {Refused::unable, "the authority has no list now", error.what()};
  }
}

net::TlsSettings settings_of(const Identity& identity, bool with_certificate) {
  net::TlsSettings settings;
  settings.ca_file = identity.authority_file();
  settings.name = kServiceName;
  settings.most_answer = kMostAnswer;
  if (with_certificate) {
    settings.certificate_file = identity.certificate_file();
    settings.token = identity.token();
    if (!settings.token) settings.key_file = identity.key_file();
  }
  return settings;
}

/// ask gives the body of the answer to one question. Errors: throws Error, also where it is refused.
std::string ask(const At& at, const net::TlsSettings& settings, const std::string& question, const Clock& clock) {
  net::TlsClient client = net::TlsClient::connect(at.host, at.port, settings, clock, kPatience);
  client.write_all(as_bytes(question), kPatience);
  const std::string text = client.read_all(kPatience);
  const std::string who = "the authority at " + at.host + ":" + std::to_string(at.port);
  const auto answer = read_answer(text);
  if (!answer) throw Error(who + " answers in an unknown form", "Is it `rampart pki serve`?");
  if (answer->status == 200) return std::string(answer->body);
  std::string said;
  for (const char c : answer->body.substr(0, answer->body.substr(0, 256).find('\n'))) {
    said += c >= 0x20 && c < 0x7f ? c : '?';
  }
  throw Error(who + " refuses: " + said);
}

}  // namespace

std::optional<std::string> answer(Authority& authority, const plant::Plant& plant, const net::TlsPeer& peer,
                                  std::string_view text, TimePoint now,
                                  const std::function<void(const std::string&)>& problem) {
  const Reading reading = read_question(text);
  if (reading.malformed) return answer_text(400, "the question is malformed\n");
  if (!reading.question) return std::nullopt;
  const Question& asked = *reading.question;
  const bool reads = asked.path == "/crl" || asked.path == "/authority";
  const bool writes = asked.path == "/enrol" || asked.path == "/renew";
  if (!reads && !writes) return answer_text(404, "there are /enrol, /renew, /crl and /authority\n");
  if (asked.method != (reads ? "GET" : "POST")) return answer_text(405, "GET reads, POST asks for a certificate\n");
  if (asked.path == "/authority") return answer_text(200, authority.root_pem());
  if (asked.path == "/crl") return text_of(list_for(authority, now), problem);
  const IpAddress& from = peer.place.ip;
  if (asked.path == "/enrol") {
    return text_of(authority.enrol(plant, asked.token, as_bytes(asked.body), from, now), problem);
  }
  if (peer.certificate.empty()) return answer_text(401, "who renews shows the certificate that is to be renewed\n");
  return text_of(authority.renew(plant, peer.certificate, as_bytes(asked.body), from, now), problem);
}

crypto::Certificate enrol(const Identity& identity, const Ticket& ticket, const At& at, const Clock& clock) {
  const std::string request = identity.request(ticket.subject);
  net::TlsSettings settings = settings_of(identity, false);
  settings.root = ticket.authority;
  const std::string bundle = ask(at, settings, question_text("POST", "/enrol", to_text(ticket), request), clock);
  return identity.install(as_bytes(bundle), ticket.authority, clock.now());
}

crypto::Certificate renew(const Identity& identity, const At& at, const Clock& clock) {
  const auto before = identity.certificate();
  if (!before)
    throw Error("there is no certificate to renew: " + identity.certificate_file() + " is missing",
                "`rampart pki enrol` gets the first one.");
  const std::string request = identity.request(before->subject);
  const std::string bundle = ask(at, settings_of(identity, true), question_text("POST", "/renew", {}, request), clock);
  return identity.install(as_bytes(bundle), std::nullopt, clock.now());
}

bool fetch_list(const Identity& identity, const At& at, const Clock& clock) {
  const std::string list = ask(at, settings_of(identity, false), question_text("GET", "/crl", {}, {}), clock);
  return identity.take_list(as_bytes(list));
}

Kept keep_fresh(const Identity& identity, const At& at, const Clock& clock) {
  Kept kept;
  const auto attempt = [&](const auto& work) {
    try {
      work();
    } catch (const std::exception& error) {
      if (kept.problem.empty()) kept.problem = error.what();
    }
  };
  attempt([&] {
    const auto own = identity.certificate();
    if (!own || due(*own, clock.now())) kept.renewed = renew(identity, at, clock);
  });
  attempt([&] { kept.list = fetch_list(identity, at, clock); });
  return kept;
}

}  // namespace rampart::pki
