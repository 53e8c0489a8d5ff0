// The kinds of findings, and the keeper that tells repeats from news: the first of a kind is written at once, what
// repeats is counted and written every ten seconds of packet time, the rest at the end. Bounded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "records/records.h"

namespace rampart::records {

/// FindingKind: signature numbers are never reused. Technique: ATT&CK for ICS; requirement: IEC 62443-3-3.
/// docs/findings.md says of each what it means and what makes it.
struct FindingKind {
  uint32_t signature;
  std::string_view id;
  std::string_view category;
  Severity severity;
  std::string_view technique;
  std::string_view requirement;
};

namespace kinds {
inline constexpr std::string_view kPolicy = "Not allowed by the plant";
inline constexpr std::string_view kControl = "Change of control logic or state";
inline constexpr std::string_view kProtocol = "Protocol";
inline constexpr std::string_view kAsset = "Asset";

inline constexpr FindingKind kNoRule{1001, "no-rule", kPolicy, Severity::high, "T0855", "SR 5.2"};
inline constexpr FindingKind kNoConduit{1002, "no-conduit", kPolicy, Severity::critical, "T0886", "SR 5.1"};
inline constexpr FindingKind kUnknownClient{1003, "unknown-client", kPolicy, Severity::critical, "T0848", "SR 1.2"};
inline constexpr FindingKind kUnknownServer{1004, "unknown-server", kPolicy, Severity::high, "T0848", "SR 7.8"};
inline constexpr FindingKind kValue{1010, "value-out-of-range", kPolicy, Severity::critical, "T0836", "SR 3.5"};
inline constexpr FindingKind kStep{1011, "step-too-large", kPolicy, Severity::high, "T0836", "SR 3.5"};
inline constexpr FindingKind kRate{1012, "rate-exceeded", kPolicy, Severity::high, "T0806", "SR 7.1"};
inline constexpr FindingKind kCalendar{1013, "outside-calendar", kPolicy, Severity::high, "T0855", "SR 2.1"};
inline constexpr FindingKind kRole{1014, "role-missing", kPolicy, Severity::high, "T0855", "SR 2.1"};
inline constexpr FindingKind kApproval{1015, "approval-missing", kPolicy, Severity::high, "T0855", "SR 2.1"};
inline constexpr FindingKind kUndecidable{1016, "undecidable", kPolicy, Severity::low, "", "SR 2.1"};
inline constexpr FindingKind kProgram{1020, "program-seen", kControl, Severity::medium, "T0843", "SR 3.4"};
inline constexpr FindingKind kStop{1021, "stop-seen", kControl, Severity::medium, "T0858", "SR 7.1"};
inline constexpr FindingKind kStart{1022, "start-seen", kControl, Severity::medium, "T0858", "SR 7.1"};
inline constexpr FindingKind kFirmware{1023, "firmware-seen", kControl, Severity::medium, "T0857", "SR 3.4"};
inline constexpr FindingKind kRestart{1024, "restart-seen", kControl, Severity::medium, "T0816", "SR 7.1"};
inline constexpr FindingKind kMalformed{1030, "malformed", kProtocol, Severity::medium, "T0866", "SR 3.5"};
inline constexpr FindingKind kWrongPort{1031, "protocol-on-other-port", kProtocol, Severity::medium, "T0885", "SR 5.2"};
inline constexpr FindingKind kNotProtocol{1032,    "other-protocol-on-port", kProtocol, Severity::medium, "T0885",
                                          "SR 5.2"};
inline constexpr FindingKind kUnasked{1033, "unasked-answer", kProtocol, Severity::medium, "T0830", "SR 3.1"};
inline constexpr FindingKind kDeviation{1034, "deviation", kProtocol, Severity::medium, "T0866", "SR 3.5"};
inline constexpr FindingKind kUndecoded{1035, "undecoded", kProtocol, Severity::medium, "T0866", "SR 3.5"};
inline constexpr FindingKind kUnknownAsset{1040, "unknown-asset", kAsset, Severity::high, "T0848", "SR 7.8"};
inline constexpr FindingKind kTraffic{1041, "traffic-no-rule", kPolicy, Severity::low, "T0886", "SR 5.2"};
inline constexpr FindingKind kTrafficNoConduit{1042, "traffic-no-conduit", kPolicy, Severity::high, "T0886", "SR 5.1"};
inline constexpr FindingKind kAssetDiffers{1043, "asset-differs", kAsset, Severity::medium, "T0857", "SR 7.8"};
inline constexpr FindingKind kAssetMissing{1044, "asset-missing", kAsset, Severity::low, "T0826", "SR 7.8"};

inline constexpr std::string_view kScan = "Scan";
inline constexpr std::string_view kUnusual = "Not seen before";
inline constexpr std::string_view kProtection = "Protection of traffic";
inline constexpr std::string_view kAddress = "Address";
inline constexpr std::string_view kLimit = "Limits of a gateway";
inline constexpr FindingKind kChangedAsset{1045, "changed-asset", kAsset, Severity::high, "T0857", "SR 3.4"};
inline constexpr FindingKind kNewMaster{1050, "new-master", kUnusual, Severity::high, "T0848", "SR 1.2"};
inline constexpr FindingKind kNewPair{1051, "new-pair", kUnusual, Severity::low, "T0886", "SR 6.2"};
inline constexpr FindingKind kFirstWrite{1052, "first-write", kUnusual, Severity::medium, "T0836", "SR 6.2"};
inline constexpr FindingKind kUnusualValue{1053, "unusual-value", kUnusual, Severity::medium, "T0836", "SR 3.5"};
inline constexpr FindingKind kWriteBurst{1054, "write-burst", kUnusual, Severity::medium, "T0806", "SR 7.1"};
inline constexpr FindingKind kFlood{1055, "flood", kUnusual, Severity::high, "T0814", "SR 7.1"};
inline constexpr FindingKind kScanHosts{1060, "scan-hosts", kScan, Severity::high, "T0846", "SR 5.2"};
inline constexpr FindingKind kScanPorts{1061, "scan-ports", kScan, Severity::high, "T0846", "SR 5.2"};
inline constexpr FindingKind kScanFunctions{1062, "scan-functions", kScan, Severity::high, "T0888", "SR 3.5"};
inline constexpr FindingKind kScanUnits{1063, "scan-units", kScan, Severity::high, "T0846", "SR 5.2"};
inline constexpr FindingKind kScanObjects{1064, "scan-objects", kScan, Severity::medium, "T0861", "SR 2.1"};
inline constexpr FindingKind kConnectionLimit{1065, "connection-limit", kLimit, Severity::medium, "T0814", "SR 7.1"};
inline constexpr FindingKind kSlowPeer{1066, "slow-peer", kLimit, Severity::low, "T0814", "SR 7.1"};
inline constexpr FindingKind kServerAway{1067, "server-away", kLimit, Severity::high, "T0826", "SR 7.1"};
inline constexpr FindingKind kNotRecorded{1068, "not-recorded", kLimit, Severity::high, "", "SR 2.9"};
inline constexpr FindingKind kOneSided{1070, "one-sided", kAddress, Severity::low, "", "SR 6.2"};
inline constexpr FindingKind kDuplicateAddress{1071, "duplicate-address", kAddress, Severity::high, "T0830", "SR 3.1"};
inline constexpr FindingKind kAddressMoved{1072, "address-moved", kAddress, Severity::medium, "T0830", "SR 3.1"};
inline constexpr FindingKind kCredentials{1080, "plain-credentials", kProtection, Severity::high, "T0842", "SR 1.5"};
inline constexpr FindingKind kUnencrypted{1081, "unencrypted", kProtection, Severity::medium, "T0842", "SR 4.1 RE 2"};
inline constexpr FindingKind kUnauthenticated{1082,    "unauthenticated", kProtection, Severity::medium,
                                              "T0830", "SR 1.2"};
inline constexpr FindingKind kOutdated{1083, "outdated-protocol", kProtection, Severity::medium, "T0830", "SR 4.3"};
inline constexpr FindingKind kExpired{1084, "certificate-expired", kProtection, Severity::medium, "T0830", "SR 1.8"};
inline constexpr FindingKind kExpires{1085, "certificate-expires", kProtection, Severity::low, "", "SR 1.8"};
inline constexpr std::string_view kBoundary = "Boundary protection";
inline constexpr FindingKind kFirewall{1090, "firewall-differs", kBoundary, Severity::high, "", "SR 5.2"};
inline constexpr std::string_view kAssessment = "Assessment";
inline constexpr FindingKind kContradicted{1095, "statement-contradicted", kAssessment, Severity::medium, "", "SR 3.3"};
inline constexpr std::string_view kIdentity = "Certificates at a gateway";
inline constexpr FindingKind kCertRefused{1100, "certificate-refused", kIdentity, Severity::high, "T0848", "SR 1.8"};
inline constexpr FindingKind kCertElsewhere{1101,    "certificate-elsewhere", kIdentity, Severity::critical, "T0859",
                                            "SR 1.2"};
inline constexpr FindingKind kCertInUse{1102, "certificate-in-use", kIdentity, Severity::high, "T0859", "SR 1.8"};
inline constexpr FindingKind kIdentityExpires{1103, "identity-expires", kIdentity, Severity::medium, "", "SR 1.8"};
inline constexpr FindingKind kNotPlain{1104, "not-encrypted", kIdentity, Severity::high, "T0830", "SR 3.1"};
inline constexpr FindingKind kWireDown{1105, "wire-down", kIdentity, Severity::high, "T0826", "SR 7.1"};
inline constexpr FindingKind kForgeable{1086, "no-integrity", kProtection, Severity::medium, "T0830", "SR 3.1 RE 1"};

/// kAll: every kind, by number.
inline constexpr const FindingKind* kAll[] = {&kNoRule,
                                              &kNoConduit,
                                              &kUnknownClient,
                                              &kUnknownServer,
                                              &kValue,
                                              &kStep,
                                              &kRate,
                                              &kCalendar,
                                              &kRole,
                                              &kApproval,
                                              &kUndecidable,
                                              &kProgram,
                                              &kStop,
                                              &kStart,
                                              &kFirmware,
                                              &kRestart,
                                              &kMalformed,
                                              &kWrongPort,
                                              &kNotProtocol,
                                              &kUnknownAsset,
                                              &kTraffic,
                                              &kTrafficNoConduit,
                                              &kAssetDiffers,
                                              &kAssetMissing,
                                              &kChangedAsset,
                                              &kNewMaster,
                                              &kNewPair,
                                              &kFirstWrite,
                                              &kUnusualValue,
                                              &kWriteBurst,
                                              &kFlood,
                                              &kScanHosts,
                                              &kScanPorts,
                                              &kScanFunctions,
                                              &kScanUnits,
                                              &kScanObjects,
                                              &kOneSided,
                                              &kDuplicateAddress,
                                              &kAddressMoved,
                                              &kCredentials,
                                              &kUnencrypted,
                                              &kUnauthenticated,
                                              &kOutdated,
                                              &kExpired,
                                              &kExpires,
                                              &kForgeable,
                                              &kUnasked,
                                              &kDeviation,
                                              &kUndecoded,
                                              &kConnectionLimit,
                                              &kSlowPeer,
                                              &kServerAway,
                                              &kFirewall,
                                              &kCertRefused,
                                              &kCertElsewhere,
                                              &kCertInUse,
                                              &kIdentityExpires,
                                              &kNotPlain,
                                              &kWireDown,
                                              &kContradicted,
                                              &kNotRecorded};
}  // namespace kinds

/// kind_of is the finding that a verdict is which does not allow. `reason` is the policy's word for it: "no_rule".
const FindingKind& kind_of(Verdict::Kind verdict, std::string_view reason);
/// kind_of_stream is the same of a conversation in which nothing was asked that is understood; `near_rule`: a rule is
/// about it, and one of its conditions does not hold.
const FindingKind& kind_of_stream(Verdict::Kind verdict, std::string_view reason, bool near_rule);
/// control_kind is the finding that an operation is by itself, allowed or not; null where it is none.
const FindingKind* control_kind(const protocols::Operation& operation);
/// finding_of is a finding with all that its kind says of it.
Finding finding_of(const FindingKind& kind);

/// append_side writes who an end is: its name in the plant, else its address.
void append_side(std::string& out, const Side& side);
/// control_words says what was asked, of control_kind(): "eng-1 asked plc for program (s7comm request-download)".
std::string control_words(const Conversation& conversation, Direction asked, const protocols::Operation& operation);

/// RepeatKeeper passes findings on to a sink, at most one of a kind between the same parties in ten seconds. Counting a
/// repeat costs one hash lookup: the caller makes the words of a finding only where due() says that it will be written.
class RepeatKeeper {
 public:
  explicit RepeatKeeper(Sink& sink) : sink_(sink) {}

  /// due counts an occurrence of `key` and is true where it is to be written now, by write().
  bool due(uint64_t key, TimePoint when, uint64_t packet);
  /// write fills in what was counted, hands `finding` on, and keeps what flush() needs. Call right after due() was
  /// true. True where it is the first of its key.
  bool write(uint64_t key, Finding finding);
  /// flush writes what was counted and not yet written, in the order in which the kinds first appeared.
  void flush();

  uint64_t occurrences() const { return occurrences_; }

 private:
  struct Kept {
    TimePoint written{}, last_when{};
    uint64_t order = 0;
    uint64_t waiting = 0;  // occurrences since the last record
    uint64_t first_waiting = 0, last_packet = 0;
    Finding first;  // its views point into the fields below, literals and the plant
    Conversation conversation;
    std::string message;
  };
  static constexpr size_t kMost = 16384;

  Sink& sink_;
  std::unordered_map<uint64_t, Kept> kept_;
  uint64_t occurrences_ = 0;
};

/// mix folds one more number into a key.
inline uint64_t mix(uint64_t key, uint64_t more) {
  key = (key ^ more) * 0x9e3779b97f4a7c15u;
  return key ^ key >> 29;
}

}  // namespace rampart::records
