// Who may be at the other end of TLS, and what follows from it: greeted, welcomed, told, taken back.
#include <algorithm>

#include "base/text.h"
#include "gateway/gateway.h"
#include "gateway/peers.h"

namespace rampart::gateway {
namespace {

namespace kinds = records::kinds;

std::string describe(const crypto::Certificate& certificate) {
  return "\"" + certificate.subject + "\", serial " + certificate.serial;
}

}  // namespace

std::unique_ptr<net::TlsSession> Gateway::session(int descriptor, bool accepts, Spoken spoken) const {
  const plant::Gateway& said = gateway_of(judge_.plant(), id_);
  // Modbus/TCP Security asks for 1.2 at least; between gateways the plant says it.
  const bool old = spoken == Spoken::tls || (said.wire && said.wire->oldest == plant::TlsVersion::tls12);
  return std::make_unique<net::TlsSession>(
      identity_, descriptor, net::TlsTerms{.accepts = accepts, .old = old, .grace = said.grace, .now = loop_.now()});
}

/// learn_of_peers finds what the gateways at the other ends serve: that, and nothing else, they may hand over.
void Gateway::learn_of_peers(const plant::Plant& plant) {
  doors_of_peers_.clear();
  for (const plant::Gateway& other : plant.gateways) {
    if (are_peers(plant, id_, other.id.value)) doors_of_peers_[other.id.value] = doors_of(plant, other);
  }
}

std::optional<Door> Gateway::door_behind(std::string_view near, const net::Place& server, net::Kind kind) const {
  const auto of = doors_of_peers_.find(near);
  if (of == doors_of_peers_.end()) return {};
  const auto serves = [&](const Door& door) { return door.kind == kind && door.server == server; };
  const auto at = std::ranges::find_if(of->second, serves);
  if (at == of->second.end()) return {};
  Door door = *at;
  // How the server is spoken to is said by who is at its side.
  const auto own = std::ranges::find_if(doors_, serves);
  door.tls_clients = false;
  door.tls_server = own != doors_.end() && own->tls_server;
  return door;
}

/// greet begins a handshake with who came, or leaves it where it is and returns false. Nobody has proven anything yet:
/// some room is left to others.
bool Gateway::greet(const Door& door, net::Descriptor& client, const net::Place& peer, Spoken spoken) {
  std::string_view why = full(peer.ip);
  const bool expected = std::ranges::any_of(judge_.plant().gateways, [&](const plant::Gateway& gateway) {
    return gateway.wire && gateway.wire->at == peer.ip;
  });
  if (why.empty() && !expected && totals_.half_open >= limits_.half_open - limits_.half_open / 4) {
    why = "too many handshakes are going on";
  }
  Talk talk = talk_of(door, peer);
  judge_.place(talk);
  if (!why.empty()) {
    ++totals_.limited;
    judge_.found(kinds::kConnectionLimit, talk, Direction::to_server, why, loop_.now());
    return false;
  }
  auto tls = session(client.get(), true, spoken);
  auto connection = std::make_unique<Connection>(*this, spoken, door, std::move(client), peer);
  connection->talk() = std::move(talk);
  if (connection->begin_greeting(std::move(tls))) keep(std::move(connection), false);
  return true;
}

std::optional<Gateway::Exit> Gateway::exit_of(const Door& door, Talk& talk, const net::Place& peer, Spoken from) {
  const plant::Plant& plant = judge_.plant();
  const Way way = way_of(plant, id_, talk.conduit, talk.server_party, from == Spoken::plain);
  Exit exit;
  if (way.kind == Way::Kind::straight) {
    exit.spoken = door.tls_server ? Spoken::tls : Spoken::plain;
    exit.to = door.server;
    if (!addressed_) exit.from = peer;
    exit.maker = &maker();
    return exit;
  }
  if (way.kind == Way::Kind::not_plain || from == Spoken::wire) {
    ++totals_.not_admitted;
    judge_.found(kinds::kNotPlain, talk, Direction::to_server,
                 from == Spoken::wire ? "it came by the whole wire already"
                                      : "the plant wants it inside TLS between two gateways, and it came without",
                 loop_.now());
    return {};
  }
  const plant::Gateway* far = find_gateway(plant, way.far);
  if (far == nullptr || !far->wire || !far->wire->at) return {};  // require_identity() has seen to it
  exit.spoken = Spoken::wire;
  exit.far = far->id.value;
  exit.to = {*far->wire->at, far->wire->port};
  const std::optional<plant::WireEnd>& own = gateway_of(plant, id_).wire;
  if (own && own->at && own->at->is_v4() == exit.to.ip.is_v4()) exit.from = net::Place{*own->at, 0};
  exit.maker = &plain_;
  return exit;
}

/// leave ends a connection that is not admitted, after telling it so where it can be told.
void Gateway::leave(Connection& connection) {
  ++totals_.not_admitted;
  connection.give_up(Reply::not_allowed, "refused");
}

/// reach_server: the client is known and allowed; its server is next.
void Gateway::reach_server(Connection& connection) {
  Talk& talk = connection.talk();
  const Door& door = connection.door();
  std::string_view why = full(door, talk);
  const auto mine = of_client_.find(connection.peer().ip);
  if (mine != of_client_.end() && mine->second > limits_.each_client) {
    why = "the client has as many connections as it may";
  }
  if (!why.empty()) {
    ++totals_.limited;
    judge_.found(kinds::kConnectionLimit, talk, Direction::to_server, why, loop_.now());
    connection.give_up(Reply::limit, "refused");
    return;
  }
  const auto exit = exit_of(door, talk, connection.peer(), connection.from());
  if (!exit) {
    connection.give_up(Reply::not_allowed, "refused");
    return;
  }
  net::Descriptor server = connect(door, *exit);
  if (!server) {
    ++totals_.server_away;
    judge_.found(kinds::kServerAway, talk, Direction::to_server, "no connection can be made", loop_.now());
    connection.give_up(Reply::server_away, "server-away");
    return;
  }
  ++of_server_[door.server];
  connection.counted = true;
  if (!connection.begin(std::move(server), exit->spoken, exit->far)) connection.reset("server-away");
}

void Gateway::welcome(Connection& connection) {
  Talk& talk = connection.talk();
  const net::TlsSession& tls = *connection.client_tls();
  judge_.place(talk);
  if (!graced(talk, Direction::to_server, tls, judge_.essential(talk))) {
    leave(connection);
    return;
  }
  if (is_who_it_says(talk, Direction::to_server, tls.peer(), connection.peer().ip)) {
    talk.role_word = tls.peer().role;  // what belongs to somebody else proves no role
  } else if (talk.mode == plant::Mode::enforce) {
    leave(connection);
    return;
  }
  if (!judge_.admit(talk, connection.door().judged(), loop_.now())) {
    leave(connection);
  } else {
    reach_server(connection);
  }
}

bool Gateway::meets_peer(Connection& connection) {
  Talk& talk = connection.talk();
  const net::TlsSession& tls = *connection.client_tls();
  const crypto::Certificate& shown = tls.peer();
  const plant::Plant& plant = judge_.plant();
  const IpAddress& seen = connection.peer().ip;
  bool well = false;
  if (!are_peers(plant, id_, shown.subject)) {
    const bool known = find_gateway(plant, shown.subject) != nullptr || plant.asset(shown.subject) != plant::kNone;
    judge_.found(known ? kinds::kCertElsewhere : kinds::kCertRefused, talk, Direction::to_server,
                 "it shows the certificate of " + describe(shown) + ", which is at the other end of no conduit",
                 loop_.now());
  } else if (fits_gateway(plant, shown.subject, shown, seen) != Fits::yes) {
    judge_.found(
        kinds::kCertElsewhere, talk, Direction::to_server,
        "the certificate of " + describe(shown) + " is used from another address than its own: " + to_text(seen),
        loop_.now());
  } else {
    well = graced(talk, Direction::to_server, tls, are_peers(plant, id_, shown.subject, true));
  }
  if (well) {
    wire_up(shown.subject, talk);
    return true;
  }
  ++totals_.not_admitted;
  connection.close("refused");
  return false;
}

void Gateway::welcome(Connection& connection, const Prologue& prologue) {
  const std::string near = connection.client_tls()->peer().subject;
  const auto door = door_behind(near, prologue.server, prologue.kind);
  if (!door) {
    ++totals_.not_admitted;
    connection.give_up(Reply::not_understood, "refused");
    return;
  }
  // From here on it is the client's, which the other gateway proved to know.
  const auto at = of_client_.find(connection.peer().ip);
  if (at != of_client_.end() && --at->second == 0) of_client_.erase(at);
  ++of_client_[prologue.client.ip];
  connection.set_peer(prologue.client);
  connection.set_door(*door);
  Talk& talk = connection.talk();
  talk = talk_of(*door, prologue.client);
  talk.role_word = prologue.role;
  judge_.place(talk);
  if (!speaks_for(judge_.plant(), near, id_, talk.client_party.zone, talk.server_party.zone)) {
    judge_.found(kinds::kCertElsewhere, talk, Direction::to_server,
                 "it came by the gateway \"" + near + "\", which is not the one at its side", loop_.now());
    leave(connection);
  } else if (prologue.kind == net::Kind::udp) {
    relays_.adopt(connection, *door, prologue);
  } else if (!judge_.admit(talk, door->judged(), loop_.now())) {
    leave(connection);
  } else {
    reach_server(connection);
  }
}

bool Gateway::is_far(Talk& talk, const net::TlsSession& tls, std::string_view far) {
  const crypto::Certificate& shown = tls.peer();
  if (shown.subject != far) {
    const bool known =
        find_gateway(judge_.plant(), shown.subject) != nullptr || judge_.plant().asset(shown.subject) != plant::kNone;
    judge_.found(
        known ? kinds::kCertElsewhere : kinds::kCertRefused, talk, Direction::to_client,
        "the certificate of " + describe(shown) + " is shown where the gateway \"" + std::string(far) + "\" should be",
        loop_.now());
    return false;
  }
  if (!graced(talk, Direction::to_client, tls, are_peers(judge_.plant(), id_, far, true))) return false;
  wire_up(far, talk);
  return true;
}

bool Gateway::meets_server(Connection& connection, const net::TlsSession& tls, std::string_view far) {
  Talk& talk = connection.talk();
  bool well = false;
  if (!far.empty()) {
    well = is_far(talk, tls, far);
  } else if (graced(talk, Direction::to_client, tls, judge_.essential(talk))) {
    well = is_who_it_says(talk, Direction::to_client, tls.peer(), connection.door().server.ip) ||
           talk.mode != plant::Mode::enforce;
  }
  if (well) return true;
  ++totals_.server_away;
  connection.give_up(Reply::server_away, "refused");
  return false;
}

/// graced is true where the certificate was not taken back meanwhile, and has not expired, or only within the grace
/// that essential peers have: told.
bool Gateway::graced(Talk& talk, Direction direction, const net::TlsSession& tls, bool essential) {
  const crypto::Certificate& shown = tls.peer();
  // A handshake may have begun by the identity before this one.
  const net::TlsTrouble trouble =
      tls.is_of(*identity_) ? net::TlsTrouble::none : tls.judge_again(*identity_, loop_.now());
  if (trouble != net::TlsTrouble::none) {
    judge_.found(
        kinds::kCertRefused, talk, direction,
        "its certificate is refused (" + std::string(net::to_text(trouble)) + "); it is that of " + describe(shown),
        loop_.now());
    return false;
  }
  if (!tls.in_grace()) return true;
  if (!essential) {
    judge_.found(kinds::kCertRefused, talk, direction,
                 "the certificate of " + describe(shown) + " is refused: expired, and no essential rule is about it",
                 loop_.now());
    return false;
  }
  judge_.found(kinds::kCertInUse, talk, direction,
               "the certificate of " + describe(shown) + " has expired and is taken for the time of grace",
               loop_.now());
  const std::string sha256 = crypto::fingerprint_text(shown);
  sink_.tell(records::CertificateEvent{.when = loop_.now(),
                                       .event = "used-in-grace",
                                       .subject = shown.subject,
                                       .role = shown.role,
                                       .serial = shown.serial,
                                       .sha256 = sha256,
                                       .until = shown.until});
  return true;
}

/// is_who_it_says holds a certificate against who is at an address by the plant; what does not fit is told.
bool Gateway::is_who_it_says(Talk& talk, Direction direction, const crypto::Certificate& certificate,
                             const IpAddress& seen) {
  const policy::Party& party = direction == Direction::to_server ? talk.client_party : talk.server_party;
  const Fits fits = fits_asset(judge_.plant(), party.asset, certificate, seen);
  if (fits == Fits::yes) return true;
  const bool refused = talk.mode == plant::Mode::enforce;
  judge_.found(fits == Fits::elsewhere ? kinds::kCertElsewhere : kinds::kCertRefused, talk, direction,
               "the certificate of " + describe(certificate) +
                   (fits == Fits::elsewhere ? " is used from another address than its own: "
                                            : " is of nobody that the plant has at ") +
                   to_text(seen) + (refused ? "; refused by the gateway" : "; passed: the gateway does not enforce"),
               loop_.now());
  return false;
}

void Gateway::refused(Talk& talk, Direction direction, const net::TlsFailure& failure) {
  std::string words;
  switch (failure.trouble) {
    case net::TlsTrouble::none:
    case net::TlsTrouble::cut:
      return;  // who looks whether somebody listens says nothing about certificates
    case net::TlsTrouble::refused_us:
      words = "it refuses the gateway's own certificate";
      break;
    case net::TlsTrouble::no_tls:
      words = "it speaks no TLS that is taken here";
      break;
    case net::TlsTrouble::own_key:
      words = "the gateway's own key does not sign";
      break;
    case net::TlsTrouble::no_certificate:
    case net::TlsTrouble::expired:
    case net::TlsTrouble::revoked:
    case net::TlsTrouble::denied:
    case net::TlsTrouble::unknown_authority:
    case net::TlsTrouble::malformed:
      words = "its certificate is refused (" + std::string(net::to_text(failure.trouble)) + ")";
      break;
  }
  words += ": " + failure.words;
  if (failure.certificate) words += "; it is that of " + describe(*failure.certificate);
  judge_.found(kinds::kCertRefused, talk, direction, words, loop_.now());
}

bool Gateway::goes_on(Talk& talk, Direction direction, const crypto::Certificate& certificate,
                      net::TlsTrouble trouble) {
  const bool essential = judge_.essential(talk);
  judge_.found(
      essential ? kinds::kCertInUse : kinds::kCertRefused, talk, direction,
      "the certificate of " + describe(certificate) + " was taken back (" + std::string(net::to_text(trouble)) + ")" +
          (essential ? "; the session is essential and goes on: a person has to end it" : "; the session is ended"),
      loop_.now());
  return essential;
}

void Gateway::wire_up(std::string_view far, const Talk& talk) { wire_is(true, far, talk, {}); }

void Gateway::wire_down(std::string_view far, Talk& talk, std::string_view words) {
  judge_.found(kinds::kWireDown, talk, Direction::to_server,
               "the wire to the gateway \"" + std::string(far) + "\" is down: " + std::string(words), loop_.now());
  wire_is(false, far, talk, words);
}

/// wire_is tells that a wire came up or went down: once for each change.
void Gateway::wire_is(bool up, std::string_view far, const Talk& talk, std::string_view words) {
  const auto at = wires_.find(far);
  if (at != wires_.end() && at->second == up) return;
  wires_.insert_or_assign(std::string(far), up);
  const std::string origin = "gateway " + id_;
  std::string reason = "the gateway " + std::string(far);
  if (!words.empty()) reason += ": " + std::string(words);
  records::GuardEvent event{.when = loop_.now(), .origin = origin, .event = up ? "wire-up" : "wire-down"};
  event.reason = reason;
  if (talk.conduit != plant::kNone) event.conduit = judge_.plant().conduits[talk.conduit].id.value;
  sink_.tell(event);
}

void Gateway::take_identity(std::shared_ptr<const net::TlsContext> identity) {
  if (identity->own().subject != id_) {
    throw Error("the certificate is for \"" + identity->own().subject + "\", not for the gateway \"" + id_ + "\"",
                "--identity is the folder of the gateway that --as names");
  }
  identity_ = std::move(identity);
  days_told_ = 0;
  list_told_ = false;
  const net::TlsContext& now_in_force = *identity_;
  // From the end: who is reset leaves its place to the last, which was asked already.
  for (size_t i = connections_.size(); i > 0; --i) {
    if (i <= connections_.size()) connections_[i - 1]->judge_peers(now_in_force);
  }
  relays_.judge_peers(now_in_force);
  look_after_identity();
}

void Gateway::look_after_identity() {
  if (!identity_) return;
  using std::chrono::days;
  const TimePoint now = loop_.now(), until = identity_->own().until;
  // Told at 30 days before the end, at 7, at 1, and at the end: each once.
  constexpr int kBefore[] = {30, 7, 1, 0};
  int due = 0;
  for (const int before : kBefore) {
    if (now >= until - days(before)) due = 31 - before;
  }
  if (due > days_told_) {
    days_told_ = due;
    const bool over = now >= until;
    const auto left = std::chrono::ceil<days>(until - now).count();
    tell_identity(
        over ? "expired" : "expires",
        over ? "the gateway's own certificate has expired: nobody has to take it any more"
             : "the gateway's own certificate ends within " + std::to_string(left) + (left == 1 ? " day" : " days"));
  }
  const auto list = identity_->list_until();
  if (list && now >= *list && !list_told_) {
    list_told_ = true;
    tell_identity({}, "the list of revoked certificates is old: it should have been followed by a newer one");
  }
}

void Gateway::tell_identity(std::string_view event, std::string message) {
  const crypto::Certificate& own = identity_->own();
  records::Finding finding = records::finding_of(kinds::kIdentityExpires);
  finding.when = loop_.now();
  message += "; it is that of " + describe(own);
  finding.message = message;
  sink_.record(finding);
  if (event.empty()) return;
  const std::string sha256 = crypto::fingerprint_text(own);
  sink_.tell(records::CertificateEvent{.when = loop_.now(),
                                       .event = event,
                                       .subject = own.subject,
                                       .role = own.role,
                                       .serial = own.serial,
                                       .sha256 = sha256,
                                       .until = own.until});
}

}  // namespace rampart::gateway
