#include "assess/checks.h"

#include <algorithm>

#include "base/text.h"

namespace rampart::assess {
namespace {

/// Line is a check as it is written: needs are separated by spaces, kinds any of which will do by |.
struct Line {
  std::string_view name, needs, against, unless;
};

constexpr Line kLines[] = {
    // Policy: what the plant file says.
    {"zone-has-networks", "zone-has-networks", "", ""},
    {"zone-separated", "zone-separated", "", ""},
    {"wireless-apart", "zone-separated", "", "no-wireless"},
    {"portables-apart", "zone-separated", "", "no-portable"},
    {"wireless-listed", "inventory-reviewed", "devices-known", "no-wireless"},
    {"inventory-reviewed", "inventory-reviewed", "", ""},
    {"inventory-described", "inventory-described", "", ""},
    {"assets-addressed", "asset-addressed", "", ""},
    {"essential-named", "essential-named", "", ""},
    {"rules-reviewed", "rules-reviewed", "", ""},
    {"rules-name-roles", "rules-reviewed rules-name-roles", "", ""},
    {"rules-name-objects", "rules-reviewed rules-name-objects", "", ""},
    {"values-bounded", "rules-reviewed rules-bound-values", "", ""},
    {"rules-limit-rate", "rules-reviewed rules-limit-rate", "", ""},
    {"rules-ask-two", "rules-reviewed rules-ask-two", "", ""},
    {"entries-approved", "rules-reviewed entries-approved", "", "no-untrusted-access"},
    {"rules-without-messaging", "rules-reviewed rules-without-messaging", "", ""},
    {"rules-narrow", "rules-reviewed rules-narrow", "", ""},
    {"essential-not-held", "rules-reviewed essential-not-held", "", ""},
    {"conduits-closed", "conduit-guarded rules-reviewed", "", ""},
    {"conduits-fail-closed", "conduit-guarded conduit-fails-closed", "", ""},
    {"points-have-safe-values", "points-have-safe-values", "", ""},
    {"roles-written", "roles-defined", "", ""},
    {"roles-changeable", "roles-defined acts-attributed", "", ""},
    {"duties-divided", "duties-divided", "", ""},
    {"roles-ask-two", "roles-ask-two", "", ""},
    {"override-role", "override-role", "", ""},
    {"auditor-role", "auditor-role", "", ""},
    // Traffic: what the monitor hears.
    {"zone-watched", "asset-heard monitor-running", "monitor-lossless", ""},
    {"device-watched", "asset-heard", "", ""},
    {"monitor-running", "monitor-running", "", ""},
    {"monitor-lossless", "monitor-lossless", "", ""},
    {"plan-in-force", "plan-in-force", "", ""},
    {"tested-running", "monitor-running plan-in-force", "", ""},
    {"resources-kept", "monitor-lossless journal-writes", "journal-complete", ""},
    {"conduits-watched", "conduit-heard monitor-running", "monitor-lossless", ""},
    {"rules-kept", "rules-reviewed rules-kept", "", ""},
    {"boundary-kept", "asset-heard", "boundary-kept", ""},
    {"entries-declared", "asset-heard", "boundary-kept", "no-untrusted-access"},
    {"entries-watched", "asset-heard monitor-running", "monitor-lossless", "no-untrusted-access"},
    {"wireless-watched", "asset-heard monitor-running", "monitor-lossless", "no-wireless"},
    {"clients-known", "asset-heard", "clients-known", ""},
    {"masters-foreseen", "asset-heard", "masters-foreseen", ""},
    {"addresses-single", "asset-heard", "addresses-stable", ""},
    {"strangers-seen", "asset-heard monitor-running", "devices-known", ""},
    {"values-kept", "rules-bound-values conduit-heard", "values-kept", ""},
    {"messages-wellformed", "asset-heard", "messages-wellformed", ""},
    {"credentials-covered", "asset-heard", "credentials-covered", ""},
    {"entries-authenticated", "asset-heard", "entries-authenticated", ""},
    {"private-covered", "asset-heard", "private-covered", ""},
    {"crypto-current", "asset-heard", "crypto-current", ""},
    {"certificates-valid", "certificates-valid", "", "no-pki"},
    {"keys-sized", "keys-sized", "", "no-pki"},
    {"load-kept", "asset-heard", "load-kept", ""},
    {"load-caused-none", "asset-heard", "load-caused-none", ""},
    {"logic-kept", "asset-heard monitor-running", "logic-kept", ""},
    {"devices-as-intended", "device-as-intended", "", ""},
    {"services-needed", "asset-heard", "services-needed", ""},
    {"messaging-unseen", "asset-heard", "messaging-unseen", ""},
    {"messaging-unseen-out", "asset-heard", "messaging-unseen-out", ""},
    {"services-inside", "asset-heard", "services-inside", ""},
    {"sessions-short", "asset-heard", "sessions-short", ""},
    {"clocks-fed", "clock-fed", "", ""},
    {"device-authenticates", "device-authenticates", "", ""},
    {"device-encrypts", "device-encrypts", "", ""},
    {"device-covers-credentials", "asset-heard", "device-covers-credentials", ""},
    {"device-crypto-current", "asset-heard", "device-crypto-current", ""},
    {"device-messages-wellformed", "asset-heard", "device-messages-wellformed", ""},
    // Journal.
    {"journal-kept", "journal-open", "", ""},
    {"changes-recorded", "conduit-heard changes-recorded journal-open", "journal-complete", ""},
    {"acts-attributed", "acts-attributed", "", ""},
    {"journals-joined", "journals-joined", "", ""},
    {"journal-exported", "journal-exported", "", ""},
    {"journal-has-room", "journal-open journal-bounded", "journal-complete", ""},
    {"journal-warns", "journal-warns", "", ""},
    {"journal-writes", "journal-open journal-writes", "", ""},
    {"clock-steady", "journal-open", "clock-steady", ""},
    {"acts-sealed", "journal-signed journal-intact acts-attributed", "", ""},
    {"journal-verified", "journal-verified", "", ""},
    {"journal-sealed", "journal-signed journal-intact", "", ""},
    {"journal-reads-told", "journal-reads-told", "", ""},
    {"journal-backed-up", "journal-backed-up", "", ""},
    {"alarms-sent", "alarms-sent", "", ""},
    // Gateway and packet filter.
    {"conduits-enforced", "rules-reviewed conduit-enforced", "", ""},
    {"entries-enforced", "rules-reviewed conduit-enforced", "", "no-untrusted-access"},
    {"wireless-enforced", "rules-reviewed conduit-enforced", "", "no-wireless"},
    {"peers-proved", "peers-proved|tunnel-up|traffic-authenticated", "", ""},
    {"acts-proved", "clients-proved|traffic-authenticated", "", ""},
    {"sessions-bound", "peers-proved|tunnel-up|traffic-authenticated", "", ""},
    {"change-noticed", "tunnel-up|traffic-encrypted|traffic-authenticated", "", ""},
    {"conduit-encrypted", "tunnel-up|traffic-encrypted", "", ""},
    {"untrusted-encrypted", "tunnel-up|traffic-encrypted", "", "no-untrusted-access"},
    {"chains-checked", "chains-checked", "", "no-pki"},
    {"load-limited", "rules-limit-rate load-limited", "", ""},
    {"approvals-enforced", "rules-ask-two approvals-enforced", "", ""},
    {"islands-exercised", "island-exercised", "", ""},
    {"fail-closed-seen", "fail-closed-seen", "", ""},
    {"rules-loaded", "rules-loaded", "", ""},
    {"filter-untouched", "rules-loaded filter-untouched", "", ""},
    // Accounts.
    {"logins-asked", "login-required", "", ""},
    {"logins-individual", "login-individual", "", ""},
    {"logins-two-factors", "login-two-factors", "", ""},
    {"remote-two-factors", "remote-two-factors", "", "no-untrusted-access"},
    {"accounts-managed", "accounts-managed", "", ""},
    {"accounts-unified", "accounts-unified", "", ""},
    {"secrets-sealed", "secrets-sealed", "", ""},
    {"wireless-logins", "wireless-login", "", "no-wireless"},
    {"wireless-individual", "wireless-individual", "", "no-wireless"},
    {"passwords-strong", "passwords-strong", "", ""},
    {"passwords-end", "passwords-end", "", ""},
    {"passwords-end-all", "passwords-end-all", "", ""},
    {"attempts-limited", "attempts-limited", "", ""},
    {"rights-by-role", "rights-by-role", "", ""},
    {"sessions-end", "sessions-end", "", ""},
    {"sessions-limited", "sessions-limited", "", ""},
    {"approvals-recorded", "approvals-recorded", "", "no-untrusted-access"},
    {"overrides-end", "override-role overrides-end", "", ""},
    // Hosts.
    {"defaults-changed", "defaults-changed", "", ""},
    {"service-accounts-barred", "service-accounts-barred", "", ""},
    {"notice-shown", "notice-shown", "", ""},
    {"media-restricted", "media-restricted", "", ""},
    {"portables-checked", "portable-checked", "", "no-portable"},
    {"scripts-limited", "scripts-limited", "", ""},
    {"scripts-signed", "scripts-signed", "", ""},
    {"sessions-lock", "session-locks", "", ""},
    {"hosts-log", "host-logs", "", ""},
    {"host-logs-have-room", "host-logs-have-room", "", ""},
    {"host-logs-protected", "host-logs-protected", "", ""},
    {"malware-stopped", "malware-stopped", "", ""},
    {"malware-renewed", "malware-renewed", "", ""},
    {"malware-central", "malware-central", "", ""},
    {"media-scanned", "media-scanned", "", ""},
    {"host-integrity", "host-integrity", "", ""},
    {"errors-plain", "errors-plain", "", ""},
    {"sessions-checked", "sessions-checked", "", ""},
    {"sessions-void", "sessions-void", "", ""},
    {"sessions-unique", "sessions-unique", "", ""},
    {"sessions-random", "sessions-random", "", ""},
    {"rest-guarded", "rest-guarded", "", ""},
    {"rest-encrypted", "rest-encrypted", "", ""},
    {"memory-purged", "memory-purged", "", ""},
    {"services-off", "services-off", "", ""},
    {"settings-advised", "settings-advised", "", ""},
    {"settings-reported", "settings-reported", "", ""},
    {"backups-taken", "backup-taken", "", ""},
    {"backups-verified", "backup-verified", "", ""},
    {"backups-automatic", "backup-automatic", "", ""},
    // Keys.
    {"identities-own", "certificate-own", "", ""},
    {"keys-in-hardware", "keys-in-hardware", "", ""},
    {"authority-run", "authority-run", "", "no-pki"},
    {"keys-managed", "keys-managed", "", "no-pki"},
};

std::vector<FactKind> kinds(std::string_view words, char separator) {
  std::vector<FactKind> out;
  for (const std::string_view word : split(words, separator)) {
    if (!word.empty()) out.push_back(fact_kind(word));
  }
  return out;
}

std::vector<Check> made() {
  std::vector<Check> out;
  for (const Line& line : kLines) {
    Check check{line.name, {}, kinds(line.against, ' '), kinds(line.unless, ' ')};
    for (const std::string_view need : split(line.needs, ' ')) check.needs.push_back(kinds(need, '|'));
    out.push_back(std::move(check));
  }
  return out;
}

}  // namespace

std::span<const Check> checks() {
  static const std::vector<Check> all = made();
  return all;
}

std::optional<size_t> find_check(std::string_view name) {
  const auto found = std::ranges::find(kLines, name, &Line::name);
  if (found == std::end(kLines)) return std::nullopt;
  return static_cast<size_t>(found - std::begin(kLines));
}

}  // namespace rampart::assess
