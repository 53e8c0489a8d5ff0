#include "pki/authority.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "pki/ticket.h"

namespace rampart::pki {
namespace {

constexpr const char* kRoot = "authority.pem";
constexpr const char* kKey = "key.pem";
constexpr const char* kKeyUri = "key.uri";
constexpr const char* kIndex = "index";
constexpr const char* kList = "crl.pem";
constexpr const char* kServiceKey = "service-key.pem";
constexpr const char* kServiceCertificate = "service.pem";
constexpr const char* kByRequest = "request";
constexpr const char* kByRenewal = "renewal";
constexpr const char* kByService = "service";
constexpr uint64_t kMostFile = uint64_t{8} << 20;
constexpr std::chrono::days kServiceLife{90};
constexpr std::chrono::minutes kClocksDiffer{5};  // so that who is a little behind can use a new certificate
constexpr std::chrono::hours kSameAgain{1};       // within which a renewal that is asked for again is the same

std::vector<uint8_t> require_file(const std::string& path) {
  auto bytes = read_file(path, kMostFile);
  if (!bytes) throw Error("there is no authority: " + path + " is missing", "`rampart pki init` makes one");
  return std::move(*bytes);
}

void write_list(const std::string& folder, const std::deque<Entry>& entries, Bytes root, crypto::CertificateKey& key,
                uint64_t number, TimePoint now) {
  crypto::RevocationList list;
  list.made = now;
  list.next = now + kListLife;
  list.number = number;
  for (const Entry& entry : entries) {
    if (entry.revoked) list.revoked.push_back({entry.certificate.serial, *entry.revoked, entry.reason});
  }
  const std::string text = crypto::pem(crypto::kPemList, crypto::issue_list(list, root, key));
  replace_file(folder + "/" + kList, as_bytes(text), 0644);
}

/// number_after keeps the numbers of lists rising even where the one before was lost: the seconds since 1970.
uint64_t number_after(uint64_t before, TimePoint now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  return std::max(before + 1, static_cast<uint64_t>(std::max<int64_t>(seconds, 0)));
}

std::string key_hash(Bytes public_key) {
  std::string out;
  append_hex(out, crypto::sha256(public_key));
  return out;
}

}  // namespace

std::string_view to_text(State state) {
  switch (state) {
    case State::valid:
      return "valid";
    case State::superseded:
      return "superseded";
    case State::expired:
      return "expired";
    case State::revoked:
      return "revoked";
  }
  return "";
}

bool due(const crypto::Certificate& certificate, TimePoint now) {
  return now >= certificate.from + (certificate.until - certificate.from) / 3 * 2;
}

void Authority::make(const std::string& folder, const std::string& plant, const std::optional<crypto::TokenKey>& token,
                     TimePoint now, const Tell& tell) {
  make_folders(folder);
  if (!names_in(folder).empty()) {
    throw Error("the folder " + folder + " is not empty", "An authority is made in a folder of its own.");
  }
  const std::unique_ptr<crypto::CertificateKey> key =
      token ? crypto::make_certificate_key(*token) : crypto::make_certificate_key(folder + "/" + kKey);
  if (token) create_file(folder + "/" + kKeyUri, as_bytes(token->text() + "\n"), 0600);
  crypto::Issue issue;
  issue.plant = plant;
  issue.subject = "authority";
  issue.serial = crypto::random_serial();
  issue.from = std::chrono::floor<std::chrono::seconds>(now - kClocksDiffer);
  issue.until = issue.from + kRootLife;
  const std::vector<uint8_t> root = crypto::issue_root(issue, *key);
  Index::make(folder + "/" + kIndex);
  write_list(folder, {}, root, *key, number_after(0, now), now);
  // Last: a folder with it is whole.
  create_file(folder + "/" + kRoot, as_bytes(crypto::pem(crypto::kPemCertificate, root)), 0644);
  const crypto::Certificate made = crypto::read_certificate(root);
  const std::string sha256 = fingerprint_text(made);
  tell({.when = now,
        .event = "authority-made",
        .subject = made.subject,
        .serial = made.serial,
        .sha256 = sha256,
        .until = made.until});
}

Authority::Authority(std::string folder, Tell tell)
    : folder_(std::move(folder)), tell_(std::move(tell)), index_(path(kIndex)) {
  const auto roots = crypto::certificates_of(require_file(path(kRoot)));
  if (roots.size() != 1) throw Error(path(kRoot) + " must hold the authority's certificate and nothing else");
  root_der_ = roots[0];
  root_ = crypto::read_certificate(root_der_);
}

crypto::CertificateKey& Authority::key() {
  if (key_) return *key_;
  key_ = crypto::open_certificate_key(path(kKeyUri), path(kKey));
  if (key_->public_key() != crypto::public_key_of(root_der_)) {
    key_.reset();
    throw Error("the key of " + folder_ + " is not that of its certificate", "Restore both from one backup.");
  }
  return *key_;
}

void Authority::tell_of(const char* event, const Entry& entry, TimePoint now, const std::optional<IpAddress>& from,
                        std::string_view reason) {
  const std::string sha256 = fingerprint_text(entry.certificate);
  tell_({.when = now,
         .event = event,
         .subject = entry.certificate.subject,
         .role = entry.certificate.role,
         .serial = entry.certificate.serial,
         .sha256 = sha256,
         .until = entry.certificate.until,
         .reason = reason,
         .address = from});
}

Result Authority::refuse(Refused why, const char* event, const std::string& subject, const std::string& text,
                         const IpAddress& from, TimePoint now) {
  tell_({.when = now, .event = event, .subject = subject, .reason = text, .address = from});
  return {why, text, {}};
}

const Entry& Authority::certify(const Subject& subject, const std::string& host, Bytes public_key, Duration life,
                                const std::string& by, TimePoint now) {
  crypto::Issue issue;
  issue.subject = subject.id;
  issue.plant = root_.plant;
  issue.role = subject.role;
  issue.host = host;
  issue.addresses = subject.addresses;
  issue.serial = crypto::random_serial();
  issue.from = std::chrono::floor<std::chrono::seconds>(now - kClocksDiffer);
  issue.until = std::chrono::floor<std::chrono::seconds>(std::min<TimePoint>(now + life, root_.until));
  if (issue.until <= now) throw Error("the authority's own certificate has ended", "Make a new authority.");
  // What left this process is in the index: it must be known to be taken back.
  return index_.entries()[index_.add_issued(now, by, crypto::issue_certificate(issue, public_key, root_der_, key()))];
}

std::string Authority::bundle(const Entry& entry, TimePoint now) {
  return crypto::pem(crypto::kPemCertificate, entry.der) + root_pem() + current_list(now);
}

const Entry* Authority::key_of_another(const std::string& subject, Bytes public_key) const {
  const std::string hash = key_hash(public_key);
  const auto found = std::ranges::find_if(
      index_.entries(), [&](const Entry& entry) { return entry.key == hash && entry.certificate.subject != subject; });
  return found == index_.entries().end() ? nullptr : &*found;
}

std::string Authority::make_token(const plant::Plant& plant, const std::string& id, const std::string& role,
                                  Duration valid, TimePoint now) {
  const Subject subject = subject_of(plant, id, role);
  const Ticket ticket{id, random_secret(), root_.fingerprint};
  const Index::Turn turn(index_);
  const Token token{id, subject.role, now, now + valid, {}};
  index_.add_token(now, hash_of(ticket), token);
  tell_({.when = now, .event = "token-made", .subject = id, .role = subject.role, .until = token.until});
  return to_text(ticket);
}

std::string Authority::issue(const plant::Plant& plant, Bytes request, const std::string& role, Duration life,
                             TimePoint now) {
  const crypto::Request asked = crypto::read_request(request);
  const Subject subject = subject_of(plant, asked.subject, role);
  const Index::Turn turn(index_);
  if (const Entry* other = key_of_another(subject.id, asked.public_key)) {
    throw Error("the key of the request is that of " + other->certificate.subject + " already",
                "Each has a key of its own: make the request where it is used.");
  }
  const Entry& made = certify(subject, {}, asked.public_key, life, kByRequest, now);
  tell_of("issued", made, now);
  return bundle(made, now);
}

Result Authority::enrol(const plant::Plant& plant, std::string_view ticket, Bytes request, const IpAddress& from,
                        TimePoint now) {
  try {
    return enrol_by(plant, ticket, request, from, now);
  } catch (const std::exception& error) {
    return {Refused::unable, "the authority cannot issue now", error.what()};
  }
}

namespace {

/// read_peers is a peer's request, or nothing and why.
std::optional<crypto::Request> read_peers(Bytes request, std::string& why) {
  try {
    return crypto::read_request(request);
  } catch (const Error& error) {
    why = error.what();
    return std::nullopt;
  }
}

std::optional<Subject> find_subject(const plant::Plant& plant, const std::string& id, const std::string& role) {
  try {
    return subject_of(plant, id, role);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

Result Authority::enrol_by(const plant::Plant& plant, std::string_view ticket, Bytes request, const IpAddress& from,
                           TimePoint now) {
  const Index::Turn turn(index_);
  const auto shown = parse_ticket(ticket);
  const auto no = [&](Refused why, const std::string& text) {
    return refuse(why, "token-refused", shown ? shown->subject.substr(0, 64) : "", text, from, now);
  };
  const Token* token = shown ? index_.token(hash_of(*shown)) : nullptr;
  if (token == nullptr) return no(Refused::unknown, "the token is not known here");
  if (now > token->until) return no(Refused::unknown, "the token has expired");
  std::string why;
  const auto asked = read_peers(request, why);
  if (!asked) return no(Refused::malformed, why);
  if (asked->subject != token->subject) return no(Refused::forbidden, "the token is for another than the request");
  const std::string owner = owner_of(plant, from);
  if (!owner.empty() && owner != token->subject) {
    return no(Refused::forbidden, "the token is used from the address of " + owner);
  }
  const auto taken_back = [&](const Entry& entry) {
    return entry.certificate.subject == token->subject && entry.revoked && *entry.revoked > token->made;
  };
  if (std::ranges::any_of(index_.entries(), taken_back)) {
    return no(Refused::forbidden, "the token was made before a certificate was revoked; ask for a new one");
  }
  if (token->used) {
    const Entry& before = index_.entries()[*token->used];
    if (before.key != key_hash(asked->public_key)) return no(Refused::unknown, "the token was used");
    return {{}, bundle(before, now), {}};
  }
  const auto subject = find_subject(plant, token->subject, token->role);
  if (!subject) return no(Refused::forbidden, "the plant has no such asset, gateway or role any more");
  if (key_of_another(subject->id, asked->public_key) != nullptr) {
    return no(Refused::forbidden, "the key is that of another");
  }
  const Entry& made = certify(*subject, {}, asked->public_key, kDefaultLife, hash_of(*shown), now);
  tell_of("issued", made, now, from);
  return {{}, bundle(made, now), {}};
}

Result Authority::renew(const plant::Plant& plant, Bytes certificate, Bytes request, const IpAddress& from,
                        TimePoint now) {
  try {
    return renew_by(plant, certificate, request, from, now);
  } catch (const std::exception& error) {
    return {Refused::unable, "the authority cannot renew now", error.what()};
  }
}

Result Authority::renew_by(const plant::Plant& plant, Bytes certificate, Bytes request, const IpAddress& from,
                           TimePoint now) {
  const Index::Turn turn(index_);
  const auto same = [&](const Entry& entry) { return std::ranges::equal(entry.der, certificate); };
  const auto found = std::ranges::find_if(index_.entries(), same);
  const bool known = found != index_.entries().end() && found->by != kByService;
  const std::string id = known ? found->certificate.subject : std::string();
  const auto no = [&](Refused why, const std::string& text) {
    return refuse(why, "renewal-refused", id, text, from, now);
  };
  if (!known) return no(Refused::forbidden, "the certificate is not of this authority");
  if (found->revoked) return no(Refused::forbidden, "the certificate is revoked");
  const std::string owner = owner_of(plant, from);
  if (!owner.empty() && owner != id) return no(Refused::forbidden, std::string(kUsedElsewhere) + owner);
  const auto subject = find_subject(plant, id, found->certificate.role);
  if (!subject) return no(Refused::forbidden, "the plant has no such asset, gateway or role any more");
  const bool expired = now > found->certificate.until;
  if (expired && now > found->certificate.until + grace_of(plant, *subject)) {
    return no(Refused::forbidden, "the certificate has expired; enrol anew by a token");
  }
  std::string why;
  const auto asked = read_peers(request, why);
  if (!asked) return no(Refused::malformed, why);
  if (asked->subject != id) return no(Refused::forbidden, "the request is for another than the certificate");
  const Entry& newest = *index_.newest(id);
  if (newest.by == kByRenewal && !newest.revoked && now - newest.made < kSameAgain) {
    if (newest.key != key_hash(asked->public_key))
      return no(Refused::forbidden, "it was renewed less than an hour ago");
    return {{}, bundle(newest, now), {}};
  }
  if (key_of_another(id, asked->public_key) != nullptr) return no(Refused::forbidden, "the key is that of another");
  if (expired) tell_of("used-in-grace", *found, now, from);
  const Duration life = found->certificate.until - found->certificate.from - kClocksDiffer;
  const Entry& made = certify(*subject, {}, asked->public_key, life, kByRenewal, now);
  tell_of("renewed", made, now, from);
  return {{}, bundle(made, now), {}};
}

std::vector<std::string> Authority::revoke(const std::string& name, const std::string& reason, TimePoint now) {
  if (crypto::reason_number(reason) < 0) {
    std::string words;
    for (const std::string_view word : crypto::kReasons) {
      if (!word.empty()) words.append(words.empty() ? "" : ", ").append(word);
    }
    throw Error("\"" + reason + "\" is no reason of RFC 5280", "One of " + words + ".");
  }
  const Index::Turn turn(index_);
  std::vector<std::string> serials;
  for (const Entry& entry : index_.entries()) {
    const bool meant = entry.certificate.serial == lower(name) ||
                       (entry.certificate.subject == name && now <= entry.certificate.until);
    if (meant && !entry.revoked) serials.push_back(entry.certificate.serial);
  }
  if (serials.empty()) {
    throw Error("nothing is to be revoked: no certificate in force has the subject or serial \"" + name + "\"",
                "`rampart pki list` shows them.");
  }
  for (const std::string& serial : serials) {
    index_.add_revoked(now, serial, reason);
    tell_of("revoked", *index_.by_serial(serial), now, {}, reason);
  }
  current_list(now);
  return serials;
}

std::string Authority::list(TimePoint now) {
  const Index::Turn turn(index_);
  return current_list(now);
}

/// current_list also mends what a crash between index and list left.
std::string Authority::current_list(TimePoint now) {
  const std::string file = path(kList);
  auto text = read_file(file, kMostFile);
  const crypto::RevocationList before = text ? crypto::read_list(*text) : crypto::RevocationList{};
  const auto revoked =
      std::ranges::count_if(index_.entries(), [](const Entry& entry) { return entry.revoked.has_value(); });
  const bool half_over = now >= before.made + kListLife / 2;
  if (!text || half_over || static_cast<size_t>(revoked) != before.revoked.size()) {
    write_list(folder_, index_.entries(), root_der_, key(), number_after(before.number, now), now);
    tell_({.when = now, .event = "crl-made", .subject = root_.subject, .until = now + kListLife});
    text = require_file(file);
  }
  return std::string(as_text(*text));
}

std::vector<Standing> Authority::standings(TimePoint now) {
  const Index::Turn turn(index_);
  return standings_now(now);
}

std::vector<Standing> Authority::standings_now(TimePoint now) const {
  std::vector<Standing> out;
  for (const Entry& entry : index_.entries()) {
    Standing standing{&entry, State::valid, 0};
    if (entry.revoked) {
      standing.state = State::revoked;
    } else if (index_.newest(entry.certificate.subject) != &entry) {
      standing.state = State::superseded;
    } else if (now > entry.certificate.until) {
      standing.state = State::expired;
    } else {
      const auto near = std::ranges::find_if(
          kAlarms, [&](int days) { return entry.certificate.until - now <= std::chrono::days(days); });
      if (near != std::end(kAlarms)) standing.alarm = *near;
    }
    out.push_back(standing);
  }
  return out;
}

void Authority::tell_alarms(TimePoint now) {
  constexpr int kToldExpired = 999;  // in Entry::told
  const Index::Turn turn(index_);
  for (const Standing& standing : standings_now(now)) {
    const Entry& entry = *standing.entry;
    if (entry.by == kByService) continue;
    if (standing.state == State::expired && entry.told != kToldExpired) {
      tell_of("expired", entry, now);
      index_.add_told(now, entry.certificate.serial, kToldExpired);
    } else if (standing.alarm != 0 && (entry.told == 0 || standing.alarm < entry.told)) {
      const std::string reason =
          "less than " + std::to_string(standing.alarm) + (standing.alarm == 1 ? " day" : " days");
      tell_of("expires", entry, now, {}, reason);
      index_.add_told(now, entry.certificate.serial, standing.alarm);
    }
  }
}

bool Authority::service_certificate(TimePoint now) {
  const Index::Turn turn(index_);
  const auto before = read_file(path(kServiceCertificate), kMostFile);
  if (before) {
    const crypto::Certificate shown = crypto::read_certificates(*before)[0];
    const Entry* entry = index_.by_serial(shown.serial);
    if (!due(shown, now) && entry != nullptr && !entry->revoked) return false;
  }
  const bool has_key = read_file(path(kServiceKey), kMostFile).has_value();
  const auto own =
      has_key ? crypto::open_certificate_key(path(kServiceKey)) : crypto::make_certificate_key(path(kServiceKey));
  const Subject subject{kServiceName, {}, {}, false};
  const Entry& made = certify(subject, kServiceName, own->public_key(), kServiceLife, kByService, now);
  // The root too: who has only a token knows it by its fingerprint.
  const std::string text = crypto::pem(crypto::kPemCertificate, made.der) + root_pem();
  replace_file(path(kServiceCertificate), as_bytes(text), 0644);
  tell_of("issued", made, now);
  return true;
}

}  // namespace rampart::pki
