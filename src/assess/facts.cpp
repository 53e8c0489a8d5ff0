// The kinds of facts: one row each. A kind is added here, and nowhere else; who sees it writes its word (an Evidence
// record), a check that wants it names its word.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "assess/fact.h"

namespace rampart::assess {
namespace {

using Kind = Scope::Kind;
constexpr auto kState = FactKindRow::Nature::state;
constexpr auto kSighting = FactKindRow::Nature::sighting;
constexpr auto kAny = FactKindRow::Nature::any;
constexpr auto kEvery = FactKindRow::Nature::every;

constexpr FactKindRow kRows[] = {
    {"zone-has-networks", Kind::zone, kState, "policy", "The zone has networks of its own.",
     "The zone has no network written.", "write the zone's `networks`", 1},
    {"zone-separated", Kind::zone, kState, "policy",
     "Nothing in the zone should stand apart from the rest (3-2 ZCR 3.2 to 3.6).",
     "The zone mixes what 3-2 keeps apart.", "move what `rampart check` names to a zone of its own", 4},
    {"inventory-reviewed", Kind::zone, kState, "policy", "The zone's inventory is complete and was gone through.",
     "The zone's inventory is not complete, or nobody went through it.",
     "compare the zone with `rampart assets`, and write `inventory: {complete: yes, reviewed: DAY, by: WHO}`", 2},
    {"inventory-described", Kind::asset, kState, "policy", "Vendor, model and version are written.",
     "Vendor, model or version are missing.", "write `vendor`, `model` and `firmware` of the asset", 1},
    {"asset-addressed", Kind::asset, kState, "policy", "The asset has an address that tells it apart.",
     "The asset has no address.", "write where the asset is: `at: [{ip: ...}]`", 1},
    {"essential-named", Kind::plant, kState, "policy",
     "Essential functions are named, each with an asset that carries it.",
     "No essential function is named, or none of the assets carries it.",
     "write `essential-functions`, and `essential` at the assets that carry them", 1},
    {"rules-reviewed", Kind::conduit, kState, "policy", "Every rule of the conduit was reviewed.",
     "The conduit has no rule, or drafted ones.", "read each rule, correct it, and take its `reviewed: no` away", 2},
    {"rules-name-roles", Kind::conduit, kState, "policy", "Rules by which people change something name a role.",
     "A rule lets a person change something without a role.",
     "write `role` at rules from stations that write, operate, program or stop", 1},
    {"rules-name-objects", Kind::conduit, kState, "policy",
     "Rules that change something name objects, points or functions.", "A rule may write anything.",
     "write `points`, `objects` or `functions` at the rule", 2},
    {"rules-bound-values", Kind::conduit, kState, "policy", "Rules that write name points with a range.",
     "A rule writes without bounds.", "write `points` at the rule, and `range` at the points", 2},
    {"rules-limit-rate", Kind::conduit, kState, "policy", "Rules that change something have a rate.",
     "A rule that changes something has no rate.", "write `rate` at the rule", 1},
    {"rules-ask-two", Kind::conduit, kState, "policy", "Rules that load, start or stop ask for two approvals.",
     "A rule loads, starts or stops without two approvals.", "write `approvals: 2` at the rule", 1},
    {"entries-approved", Kind::conduit, kState, "policy",
     "Rules for what comes from outside ask for a role and an approval.",
     "A rule lets outside in without role or approval.", "write `role` and `approvals` at the rule", 1},
    {"rules-without-messaging", Kind::conduit, kState, "policy", "No rule is about mail, chat or calls.",
     "A rule lets mail, chat or calls cross.", "take the rule away", 1},
    {"rules-narrow", Kind::conduit, kState, "policy", "No rule opens a whole transport.",
     "A rule opens a transport without ports.", "write `ports`, or the protocol, at the rule", 1},
    {"essential-not-held", Kind::conduit, kState, "policy", "No essential operation waits for the journal.",
     "An essential rule waits for the journal.", "write `essential: no`, or `journal: after`, at the rule", 1},
    {"conduit-guarded", Kind::conduit, kState, "policy", "A gateway is named and the conduit enforces.",
     "The conduit is only watched, or in test or learning.", "name the gateway (`guard`), and set `mode: enforce`", 3},
    {"conduit-fails-closed", Kind::conduit, kState, "policy", "The conduit is set to close if its gateway fails.",
     "The conduit stays open if its gateway fails.", "set `on-failure: close`", 1},
    {"points-have-safe-values", Kind::zone, kState, "policy", "Every bounded point has a safe value.",
     "A bounded point has no safe value.", "write `safe` at the point", 1},
    {"roles-defined", Kind::plant, kState, "policy", "Roles are written with what each may.", "The plant has no roles.",
     "write `roles`", 1},
    {"duties-divided", Kind::plant, kState, "policy", "No role both asks for a right and approves it.",
     "A role may approve what it asks for.", "take `lease` or `approve` from the role", 1},
    {"roles-ask-two", Kind::plant, kState, "policy", "Every role asks for two factors.", "A role asks for one factor.",
     "write `factors: 2` at every role", 1},
    {"override-role", Kind::plant, kState, "policy", "A role may override.", "No role may override.",
     "give `override` to one role", 1},
    {"auditor-role", Kind::plant, kState, "policy", "A role may verify.", "No role may verify.",
     "give `verify` to one role", 1},
    {"no-wireless", Kind::zone, kSighting, "policy", "The zone has nothing on radio.",
     "The zone has, or shows, something on radio.", "take radio out of the zone, or treat it as 3-3 asks", 4},
    {"no-portable", Kind::zone, kSighting, "policy", "Nothing in the zone comes and goes.",
     "Something in the zone comes and goes.", "give what comes and goes a zone of its own", 3},
    {"no-host", Kind::zone, kSighting, "policy", "The zone has no station and no server.",
     "The zone has stations or servers.", "none", 5},
    {"no-untrusted-access", Kind::zone, kSighting, "policy", "Nothing reaches the zone from an untrusted network.",
     "Something reaches the zone from an untrusted network.", "close the way in, or treat it as 3-3 asks", 4},
    {"no-pki", Kind::zone, kSighting, "policy", "No certificate is used here.", "Certificates are used here.", "none",
     5},
    {"no-boundary", Kind::zone, kSighting, "policy", "No conduit joins the zone to another.",
     "The zone is joined to another.", "none", 5},
    {"asset-heard", Kind::asset, kState, "traffic", "The monitor heard the asset.",
     "The monitor did not hear the asset.", "mirror the asset's traffic to a sensor", 2},
    {"conduit-heard", Kind::conduit, kState, "traffic", "The monitor heard traffic of the conduit.",
     "The monitor heard nothing of the conduit.", "mirror the conduit's traffic to a sensor", 2},
    {"monitor-running", Kind::plant, kEvery, "traffic", "The monitor runs.", "The monitor was stopped.",
     "start the monitor: `rampart watch PLANT --interface NAME --journal DIR`", 1},
    {"monitor-lossless", Kind::plant, kSighting, "traffic", "The monitor lost nothing.",
     "The monitor lost packets, or heard half.",
     "look at `rampart journal show --kind loss`; give the sensor a better mirror port or more workers", 3},
    {"plan-in-force", Kind::plant, kEvery, "policy", "The monitor judges by this very plant.",
     "The monitor judges by another plant.", "load this plant: start the watch anew with it", 1},
    {"rules-kept", Kind::conduit, kSighting, "traffic", "What was asked across the conduit was allowed.",
     "Something was asked across the conduit that no rule allows.",
     "find who asked (`--why`), stop it, or write the rule that it needs", 2},
    {"boundary-kept", Kind::zone, kSighting, "traffic", "No traffic was seen that no conduit carries.",
     "Traffic was seen between zones that no conduit joins.",
     "find who talks (`--why`), and stop it, or join the zones by a conduit", 3},
    {"clients-known", Kind::zone, kSighting, "traffic", "Who gives requests is known to the plant.",
     "Somebody gave requests who is not in the plant.", "find the address (`--why`), remove it, or put it in the plant",
     2},
    {"masters-foreseen", Kind::zone, kSighting, "traffic", "Masters are those that the plant foresees.",
     "A master was seen that the plant does not foresee.", "find the master (`--why`), remove it, or write the rule",
     2},
    {"addresses-stable", Kind::zone, kSighting, "traffic", "Addresses keep their device.",
     "Two devices claimed one address.", "find who claims the address (`--why`), and give one of them another", 2},
    {"devices-known", Kind::zone, kSighting, "traffic", "All that is seen in the zone is in the plant.",
     "A device is seen that is not in the plant.", "find the device (`--why`), remove it, or put it in the plant", 2},
    {"values-kept", Kind::conduit, kSighting, "traffic", "What was written lay within range and step.",
     "A value or step was written that is out of its bounds.",
     "find who wrote (`--why`); let a gateway refuse such writes", 2},
    {"messages-wellformed", Kind::zone, kSighting, "traffic", "Messages keep their protocol's form.",
     "Malformed messages, or trying out of functions, were seen.",
     "find who sends them (`--why`), and mend or remove it", 2},
    {"credentials-covered", Kind::zone, kSighting, "traffic", "No credential was seen readable.",
     "A password or key crossed readable.", "replace the service by one that encrypts, and change the password", 3},
    {"entries-authenticated", Kind::zone, kSighting, "traffic", "No service let somebody in without proof.",
     "A service let somebody in without proof.", "switch the service off, or set it to ask who comes", 2},
    {"private-covered", Kind::zone, kSighting, "traffic", "Services for files, screens and log-ins were encrypted.",
     "Files, screens or log-ins went unencrypted.", "replace FTP, Telnet, VNC, HTTP by what encrypts", 3},
    {"crypto-current", Kind::zone, kSighting, "traffic", "No broken version of cryptography was seen.",
     "A broken version of cryptography was seen.", "set the service to TLS 1.2 or later, SNMP 3, SMB 3", 3},
    {"certificates-valid", Kind::zone, kState, "traffic", "Certificates that were shown are in time.",
     "A certificate was shown that is past its end.", "renew the certificate", 2},
    {"keys-sized", Kind::zone, kState, "traffic", "Keys of certificates that were shown are long enough.",
     "A certificate with a short key was shown.", "renew the certificate with RSA 2048 or P-256 at least", 2},
    {"traffic-encrypted", Kind::conduit, kSighting, "traffic", "Traffic of the conduit is encrypted.",
     "Traffic of the conduit is readable.", "carry the conduit through a tunnel (`protect: mutual-tls`)", 3},
    {"traffic-authenticated", Kind::conduit, kSighting, "traffic", "Traffic of the conduit proves its ends.",
     "Traffic of the conduit does not prove its ends.", "carry the conduit through a tunnel (`protect: mutual-tls`)",
     3},
    {"load-kept", Kind::zone, kSighting, "traffic", "No flood was seen against the zone.",
     "A flood or burst was seen against the zone.", "find who floods (`--why`), and limit it at the gateway", 2},
    {"load-caused-none", Kind::zone, kSighting, "traffic", "Nothing in the zone flooded others.",
     "Something in the zone flooded another.", "find who floods (`--why`), and mend or remove it", 2},
    {"logic-kept", Kind::zone, kSighting, "traffic", "No program or firmware was loaded that no rule allows.",
     "A program or firmware was loaded, or a device stopped, that no rule allows.",
     "find who loaded it (`--why`), compare the program with the saved one, restore it", 3},
    {"device-as-intended", Kind::asset, kState, "traffic", "The device tells what the plant expects.",
     "The device tells another vendor, model or version than the plant, or than before.",
     "find out who changed it; correct the plant or the device", 2},
    {"services-needed", Kind::asset, kSighting, "traffic", "The device speaks only what is foreseen.",
     "The device speaks what no rule foresees.", "switch the service off, or write the rule", 2},
    {"messaging-unseen", Kind::zone, kSighting, "traffic", "No mail, chat or call came in.",
     "Mail, chat or a call came in.", "stop it at the conduit", 2},
    {"messaging-unseen-out", Kind::zone, kSighting, "traffic", "No mail, chat or call went out.",
     "Mail, chat or a call went out.", "stop it at the conduit", 2},
    {"services-inside", Kind::zone, kSighting, "traffic", "Names, time and log-ins come from inside the plant.",
     "Names, time or log-ins were asked for outside.", "put such a server in a zone of the plant", 3},
    {"sessions-short", Kind::zone, kSighting, "traffic", "No remote session lasted longer than a day.",
     "A remote session lasted longer than a day.", "end it, and set an idle limit", 1},
    {"clock-fed", Kind::asset, kState, "traffic", "The asset takes the time from a server.",
     "The asset's clock is not synchronised.", "set a time server in the asset", 2},
    {"device-authenticates", Kind::asset, kSighting, "traffic", "What the device says proves who says it.",
     "What the device says proves nothing.", "use the protocol's secured form, or a gateway before the device", 4},
    {"device-encrypts", Kind::asset, kSighting, "traffic", "The device was spoken to encrypted.",
     "The device was spoken to readable.", "use the protocol's secured form, or a gateway before the device", 4},
    {"device-covers-credentials", Kind::asset, kSighting, "traffic", "The device showed no credential readable.",
     "The device took or gave a credential readable.", "switch that service of the device off", 2},
    {"device-crypto-current", Kind::asset, kSighting, "traffic", "The device used no broken cryptography.",
     "The device used broken cryptography.", "update the device, or switch the service off", 3},
    {"device-messages-wellformed", Kind::asset, kSighting, "traffic", "The device's messages keep their form.",
     "The device's messages were malformed.", "find what sends them (`--why`)", 2},
    {"journal-open", Kind::journal, kAny, "journal", "The journal is open and takes records.",
     "The journal is closed, or was not written for long.", "start what writes it", 1},
    {"journal-writes", Kind::journal, kEvery, "journal", "Writing works.", "Writing failed and has not recovered.",
     "look at the disk; `rampart journal show --kind journal-event`", 2},
    {"journal-intact", Kind::journal, kSighting, "journal", "No damage was found.", "Damage was found.",
     "restore from the backup, and find out what damaged it", 3},
    {"journal-signed", Kind::journal, kEvery, "journal", "Checkpoints are signed.", "No checkpoint is signed.",
     "give the journal its key back", 2},
    {"journal-complete", Kind::journal, kSighting, "journal", "Nothing was left out.", "Records were left out.",
     "look at `--kind not-kept`; raise the quotas or the room", 2},
    {"journal-bounded", Kind::journal, kState, "journal", "Bounds and retention are set.", "No bounds are set.",
     "write `settings` of the journal", 1},
    {"journal-warns", Kind::journal, kState, "journal", "A warning comes while there is room.",
     "No room is reserved for a warning.", "set `reserve_octets` in `settings`", 1},
    {"journal-verified", Kind::journal, kState, "journal", "The journal was verified by its key.",
     "Verification found a fault.", "`rampart journal verify DIR --key KEY`", 1},
    {"journal-reads-told", Kind::journal, kState, "journal", "Readings are recorded.", "A reading was not recorded.",
     "read it by `rampart journal show`, as its owner or group", 1},
    {"journal-exported", Kind::journal, kAny, "journal", "Records were handed to another tool.", "Export failed.",
     "`rampart journal export` to the collector", 2},
    {"journal-backed-up", Kind::journal, kState, "journal", "The journal was saved.", "Saving the journal failed.",
     "`rampart backup`", 1},
    {"journals-joined", Kind::journal, kState, "journal", "Several journals are read in one time.",
     "Journals of sensors or gateways are not joined.", "give `--journal` of every sensor and gateway", 2},
    {"clock-steady", Kind::journal, kSighting, "journal", "The clock did not jump.", "The clock jumped.",
     "set the machine's clock by a time server", 1},
    {"changes-recorded", Kind::conduit, kState, "journal", "Requests that change something are on record.",
     "Requests that change something are not on record.", "watch the conduit with `--journal`", 1},
    {"acts-attributed", Kind::plant, kState, "journal", "Changes of the plant name who made them.",
     "A change of the plant names nobody.", "change the plant by `rampart set`, with `--journal`", 1},
    {"alarms-sent", Kind::plant, kState, "journal", "Alarms reach somebody who can act.", "Alarms reach nobody.",
     "connect findings to whoever can act", 2},
    {"conduit-enforced", Kind::conduit, kState, "gateway", "The gateway holds the conduit to its rules.",
     "The gateway does not hold the conduit to its rules.", "start the gateway that the conduit names", 3},
    {"peers-proved", Kind::conduit, kState, "gateway", "Who connects proved its identity to the gateway.",
     "Somebody connected without proof.", "give the clients certificates, and ask for them at the gateway", 4},
    {"tunnel-up", Kind::conduit, kState, "gateway", "Traffic runs in an encrypted, authenticated tunnel.",
     "The tunnel is down.", "set `protect: mutual-tls`, and start both gateways", 3},
    {"chains-checked", Kind::conduit, kState, "gateway",
     "Chain, withdrawal and possession of certificates are checked.", "A certificate was taken unchecked.",
     "give the gateway the authority's certificate and list of withdrawals", 2},
    {"load-limited", Kind::conduit, kState, "gateway", "The gateway holds rates.",
     "The gateway let a rate be exceeded.", "start the gateway that the conduit names", 3},
    {"approvals-enforced", Kind::conduit, kState, "gateway", "The gateway waits for approvals.",
     "The gateway let pass without approval.", "start the gateway that the conduit names", 3},
    {"island-exercised", Kind::conduit, kState, "gateway", "Cutting off was exercised.", "Cutting off failed.",
     "exercise it in a maintenance window", 2},
    {"fail-closed-seen", Kind::conduit, kState, "gateway", "The conduit closed when its gateway stopped.",
     "The conduit stayed open when its gateway stopped.", "stop the gateway in a maintenance window and look", 2},
    {"rules-loaded", Kind::zone, kState, "firewall", "The packet filter has the rules of the plant.",
     "The packet filter has other rules.", "`rampart firewall --apply`", 3},
    {"filter-untouched", Kind::zone, kSighting, "firewall", "Nobody changed the packet filter by hand.",
     "Somebody changed the packet filter by hand.", "find out who; `rampart firewall --apply`", 1},
    {"login-required", Kind::asset, kState, "account", "A log-in is asked for.", "No log-in is asked for.",
     "set the station to ask for a log-in", 2},
    {"login-individual", Kind::asset, kState, "account", "Log-ins name one person.", "A log-in is shared.",
     "give each person a name of their own", 3},
    {"login-two-factors", Kind::asset, kState, "account", "Log-ins need two factors.", "One factor is enough.",
     "give people a second factor", 4},
    {"remote-two-factors", Kind::zone, kState, "account", "Who comes from outside shows two factors.",
     "One factor lets outside in.", "ask for a second factor at the way in", 3},
    {"accounts-managed", Kind::plant, kState, "account", "Accounts are administered by named staff, on record.",
     "Accounts are administered by nobody in particular.", "name who administers accounts", 2},
    {"accounts-unified", Kind::plant, kState, "account", "One place administers all accounts.",
     "Accounts are administered in several places.", "join stations and devices to one directory", 5},
    {"secrets-sealed", Kind::plant, kState, "account", "Stored secrets are hashed or sealed.",
     "A stored secret is readable.", "seal or hash it", 2},
    {"wireless-login", Kind::asset, kState, "account", "The radio link asks who comes.",
     "The radio link lets anybody in.", "set the access point to WPA2/3 with log-ins", 3},
    {"wireless-individual", Kind::asset, kState, "account", "Each on radio has a credential of its own.",
     "One key is shared on radio.", "use 802.1X", 4},
    {"passwords-strong", Kind::asset, kState, "account", "Weak passwords are refused.", "Weak passwords are taken.",
     "set the rule for passwords", 2},
    {"passwords-end", Kind::asset, kState, "account", "People's passwords end, and are not reused.",
     "People's passwords never end.", "set age and history of passwords", 2},
    {"passwords-end-all", Kind::asset, kState, "account", "Passwords of programs end.",
     "Passwords of programs never end.", "plan their renewal", 4},
    {"attempts-limited", Kind::asset, kState, "account", "Failed log-ins are limited.",
     "Log-ins can be tried without end.", "set the limit", 1},
    {"rights-by-role", Kind::asset, kState, "account", "Rights follow roles.", "Rights follow nothing in particular.",
     "give rights to groups that stand for the roles", 3},
    {"sessions-end", Kind::asset, kState, "account", "Remote sessions end when idle.", "Remote sessions stay.",
     "set the idle limit", 1},
    {"sessions-limited", Kind::asset, kState, "account", "Sessions of one person are limited.",
     "Sessions of one person are not limited.", "set the limit", 1},
    {"approvals-recorded", Kind::conduit, kState, "account", "Approvals are on record.",
     "An approval is not on record.", "approve by the console", 2},
    {"overrides-end", Kind::plant, kState, "account", "Overrides end and are on record.", "An override did not end.",
     "end it", 1},
    {"defaults-changed", Kind::asset, kState, "host", "No delivered password works.", "A delivered password works.",
     "change it", 1},
    {"service-accounts-barred", Kind::asset, kState, "host", "Service accounts cannot be used at a screen.",
     "A service account can be used at a screen.", "deny it interactive log-in", 1},
    {"notice-shown", Kind::asset, kState, "host", "The notice is shown.", "No notice is shown.", "set the notice", 1},
    {"media-restricted", Kind::asset, kState, "host", "Removable media are restricted.",
     "Removable media are taken as they come.", "set what may be connected", 2},
    {"portable-checked", Kind::asset, kState, "host", "It was looked at before it connected.",
     "It connected without being looked at.", "check it at a quarantine place first", 3},
    {"scripts-limited", Kind::asset, kState, "host", "Scripts run only where allowed.", "Scripts run anywhere.",
     "set an allow list", 3},
    {"scripts-signed", Kind::asset, kState, "host", "Scripts are checked before they run.", "Scripts run unchecked.",
     "demand signatures", 3},
    {"session-locks", Kind::asset, kState, "host", "An idle session locks.", "An idle session stays open.",
     "set the lock", 1},
    {"host-logs", Kind::asset, kState, "host", "Log-ins, failures and changes are logged with time.",
     "They are not logged.", "switch the audit log on", 1},
    {"host-logs-have-room", Kind::asset, kState, "host", "Logs have room.", "Logs run over.", "set their size", 1},
    {"host-logs-protected", Kind::asset, kState, "host", "Logs can be changed by no user.",
     "A user can change the logs.", "take that right away", 1},
    {"malware-stopped", Kind::asset, kState, "host", "Unknown programs do not run.", "Unknown programs run.",
     "set an allow list, or a scanner that the maker supports", 3},
    {"malware-renewed", Kind::asset, kState, "host", "What the protection knows is recent.",
     "What the protection knows is old.", "bring the update in", 1},
    {"malware-central", Kind::plant, kState, "host", "Protection is administered from one place.",
     "Protection is administered station by station.", "set up its server", 4},
    {"media-scanned", Kind::asset, kState, "host", "Media are scanned first.", "Media come in unscanned.",
     "set up a scanning station", 2},
    {"host-integrity", Kind::asset, kState, "host", "Changed programs and settings are noticed.",
     "Changes go unnoticed, or one was found.", "keep and compare hashes", 2},
    {"errors-plain", Kind::asset, kState, "host", "Errors tell strangers nothing.", "Errors tell versions and details.",
     "switch banners and details off", 1},
    {"sessions-checked", Kind::asset, kState, "host", "Foreign session identifiers are refused.",
     "Foreign session identifiers are taken.", "update the service", 3},
    {"sessions-void", Kind::asset, kState, "host", "Ended sessions are void.", "Ended sessions still work.",
     "update the service", 3},
    {"sessions-unique", Kind::asset, kState, "host", "Session identifiers are unique.", "Session identifiers repeat.",
     "update the service", 3},
    {"sessions-random", Kind::asset, kState, "host", "Session identifiers are random.",
     "Session identifiers can be guessed.", "update the service", 3},
    {"rest-guarded", Kind::asset, kState, "host", "Confidential files are readable only by need.",
     "Confidential files are readable by all.", "set rights on folders", 2},
    {"rest-encrypted", Kind::asset, kState, "host", "Confidential data at rest is encrypted.",
     "Confidential data at rest is plain.", "encrypt the disk", 2},
    {"memory-purged", Kind::asset, kState, "host", "Memory is emptied between users.", "Memory is not emptied.",
     "update the system", 4},
    {"services-off", Kind::asset, kState, "host", "Unneeded services are off.", "An unneeded service runs.",
     "switch it off", 1},
    {"settings-advised", Kind::asset, kState, "host", "Settings follow the maker's advice.",
     "A setting departs from the maker's advice.", "set it", 2},
    {"settings-reported", Kind::asset, kState, "host", "Settings can be read by programs.",
     "Settings cannot be read by programs.", "run `rampart host` on it", 1},
    {"backup-taken", Kind::asset, kState, "host", "It was saved.", "Saving it failed.",
     "save its program and configuration", 2},
    {"backup-verified", Kind::asset, kState, "host", "The saved copy was read back and compared.",
     "The saved copy cannot be read.", "read it back and compare", 2},
    {"backup-automatic", Kind::asset, kState, "host", "Saving runs by itself.", "Saving does not run by itself.",
     "plan it", 3},
    {"certificate-own", Kind::asset, kState, "pki", "It has a key of its own.", "Its key is shared.",
     "enrol it with the plant's authority", 3},
    {"keys-in-hardware", Kind::asset, kState, "pki", "Its keys lie in hardware.", "Its keys lie in files.",
     "use a TPM or token", 4},
    {"authority-run", Kind::plant, kState, "pki", "Certificates come from one authority, run as described.",
     "Certificates come from anywhere.", "run the plant's authority, and describe it", 4},
    {"keys-managed", Kind::plant, kState, "pki", "Keys are handled as described.", "Keys are handled as it comes.",
     "describe it, and do it", 3},
};

constexpr std::string_view kScopes[] = {"plant", "journal", "zone", "conduit", "asset"};

template <class Nodes>
std::optional<Scope> found(Scope::Kind kind, const Nodes& nodes, Index index, std::string_view id) {
  if (index < nodes.size() && nodes[index].id.value == id) return Scope{kind, index};
  return std::nullopt;
}

}  // namespace

std::span<const FactKindRow> fact_kinds() { return kRows; }
const FactKindRow& row_of(FactKind kind) { return kRows[kind]; }

std::optional<FactKind> find_fact_kind(std::string_view word) {
  const auto found = std::ranges::find(kRows, word, &FactKindRow::word);
  if (found == std::end(kRows)) return std::nullopt;
  return static_cast<FactKind>(found - std::begin(kRows));
}

FactKind fact_kind(std::string_view word) {
  const auto kind = find_fact_kind(word);
  if (kind) return *kind;
  std::fprintf(stderr, "rampart: no kind of fact is called %.*s\n", static_cast<int>(word.size()), word.data());
  std::abort();
}

std::string_view to_text(Scope::Kind kind) { return kScopes[static_cast<size_t>(kind)]; }

std::optional<Scope::Kind> parse_scope_kind(std::string_view word) {
  const auto found = std::ranges::find(kScopes, word);
  if (found == std::end(kScopes)) return std::nullopt;
  return static_cast<Scope::Kind>(found - std::begin(kScopes));
}

std::string_view id_of(const plant::Plant& plant, Scope scope) {
  switch (scope.kind) {
    case Scope::Kind::plant:
    case Scope::Kind::journal:
      return {};
    case Scope::Kind::zone:
      return plant.zones[scope.index].id.value;
    case Scope::Kind::conduit:
      return plant.conduits[scope.index].id.value;
    case Scope::Kind::asset:
      return plant.assets[scope.index].id.value;
  }
  return {};
}

std::optional<Scope> find_scope(const plant::Plant& plant, Scope::Kind kind, std::string_view id) {
  switch (kind) {
    case Scope::Kind::plant:
    case Scope::Kind::journal:
      return Scope{kind, 0};
    case Scope::Kind::zone:
      return found(kind, plant.zones, plant.zone(id), id);
    case Scope::Kind::conduit:
      return found(kind, plant.conduits, plant.conduit(id), id);
    case Scope::Kind::asset:
      return found(kind, plant.assets, plant.asset(id), id);
  }
  return std::nullopt;
}

}  // namespace rampart::assess
