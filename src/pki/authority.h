// The plant's certificate authority: a folder with its key (or the name of one in a token), its certificate, the index
// of what it issued, and the revocation list that follows from that. docs/formats/pki.md. An Authority belongs to one
// thread; several processes may use one folder in turn.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/issuing.h"
#include "pki/index.h"
#include "pki/subjects.h"
#include "records/records.h"

namespace rampart::pki {

inline constexpr std::chrono::days kRootLife{3653};
inline constexpr std::chrono::days kListLife{365};    // made anew at half of it, and at each revocation
inline constexpr std::chrono::days kDefaultLife{90};  // of certificates of assets and gateways
inline constexpr int kAlarms[] = {1, 7, 30};          // days before the end

/// Tell hears what happened; the record's views hold during the call.
using Tell = std::function<void(const records::CertificateEvent&)>;

/// kUsedElsewhere begins the reason of a refusal of a certificate that another's address showed; whose, follows.
inline constexpr std::string_view kUsedElsewhere = "the certificate is used from the address of ";

/// Refused is why a peer gets nothing: what it sent cannot be read; nobody knows its token; it may not; we cannot.
enum class Refused : uint8_t { malformed, unknown, forbidden, unable };
/// Result is a bundle (PEM: own certificate, root, revocation list), or why not, in words for the peer. `problem` is
/// for us alone: what the peer is not told of an error here.
struct Result {
  std::optional<Refused> refused{};
  std::string text{};
  std::string problem{};
};

/// State of a certificate; alarm: the smallest of kAlarms that its end is nearer than, 0: none.
enum class State : uint8_t { valid, superseded, expired, revoked };
std::string_view to_text(State state);
struct Standing {
  const Entry* entry = nullptr;
  State state = State::valid;
  int alarm = 0;
};

class Authority {
 public:
  /// make makes the folder, the key (in `token` where given), the root certificate and an empty list. Errors: throws
  /// Error where there is one already.
  static void make(const std::string& folder, const std::string& plant, const std::optional<crypto::TokenKey>& token,
                   TimePoint now, const Tell& tell);
  /// Errors: throws Error where the folder holds no authority. The key is opened where it is first needed.
  Authority(std::string folder, Tell tell);

  const crypto::Certificate& root() const { return root_; }
  std::string root_pem() const { return crypto::pem(crypto::kPemCertificate, root_der_); }

  /// make_token is a one-time token for `id`, as text. Errors: throws Error.
  std::string make_token(const plant::Plant& plant, const std::string& id, const std::string& role, Duration valid,
                         TimePoint now);
  /// issue certifies a request that a person vouches for. Result: the bundle. Errors: throws Error.
  std::string issue(const plant::Plant& plant, Bytes request, const std::string& role, Duration life, TimePoint now);
  /// enrol and renew answer peers, and throw nothing. Who asks again with the same key, because the answer was lost,
  /// gets the same certificate again. `from` is the peer's address, `certificate` what it proved in TLS to have.
  Result enrol(const plant::Plant& plant, std::string_view ticket, Bytes request, const IpAddress& from, TimePoint now);
  Result renew(const plant::Plant& plant, Bytes certificate, Bytes request, const IpAddress& from, TimePoint now);

  /// revoke takes back a certificate by serial, or all of a subject that are in time; then makes the list. Result:
  /// their serials. Errors: throws Error where there is none, or `reason` is no word of crypto::kReasons.
  std::vector<std::string> revoke(const std::string& name, const std::string& reason, TimePoint now);
  /// list is the revocation list in PEM, made anew where it is missing, lacks one or is half over. Errors: throws
  /// Error.
  std::string list(TimePoint now);
  /// standings: every certificate, oldest first.
  std::vector<Standing> standings(TimePoint now);
  /// tell_alarms tells "expires" at each of kAlarms and "expired", once each, of certificates that nothing replaced.
  void tell_alarms(TimePoint now);

  /// service_certificate sees that the service's own key and certificate are there, made anew where two thirds of its
  /// life are over; true where it was. The files: service-key.pem, service.pem.
  bool service_certificate(TimePoint now);
  std::string path(std::string_view name) const { return folder_ + "/" + std::string(name); }

 private:
  crypto::CertificateKey& key();
  const Entry& certify(const Subject& subject, const std::string& host, Bytes public_key, Duration life,
                       const std::string& by, TimePoint now);
  std::string bundle(const Entry& entry, TimePoint now);
  std::string current_list(TimePoint now);
  Result enrol_by(const plant::Plant& plant, std::string_view ticket, Bytes request, const IpAddress& from,
                  TimePoint now);
  Result renew_by(const plant::Plant& plant, Bytes certificate, Bytes request, const IpAddress& from, TimePoint now);
  std::vector<Standing> standings_now(TimePoint now) const;
  Result refuse(Refused why, const char* event, const std::string& subject, const std::string& text,
                const IpAddress& from, TimePoint now);
  void tell_of(const char* event, const Entry& entry, TimePoint now, const std::optional<IpAddress>& from = {},
               std::string_view reason = {});
  const Entry* key_of_another(const std::string& subject, Bytes public_key) const;

  std::string folder_;
  Tell tell_;
  std::vector<uint8_t> root_der_;
  crypto::Certificate root_;
  Index index_;
  std::unique_ptr<crypto::CertificateKey> key_;
};

/// due is true where two thirds of a certificate's life are over: time to renew it.
bool due(const crypto::Certificate& certificate, TimePoint now);

}  // namespace rampart::pki
