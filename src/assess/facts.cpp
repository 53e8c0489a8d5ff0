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
     "The zone has no network written.", "write `networks: [ADDRESS/BITS]` at the zone", 1},
    {"zone-separated", Kind::zone, kState, "policy",
     "Nothing in the zone should stand apart from the rest (3-2 ZCR 3.2 to 3.6).",
     "The zone mixes what 3-2 keeps apart.",
     "move what `rampart check PLANT` names to a zone of its own, behind a conduit", 4},
    {"inventory-reviewed", Kind::zone, kState, "policy", "The zone's inventory is complete and was gone through.",
     "The zone's inventory is not complete, or nobody went through it.",
     "compare the zone with `rampart assets PLANT --journal DIR --zone ZONE`, and write `inventory: {complete: yes, "
     "reviewed: DAY, by: NAME}` at the zone",
     2},
    {"inventory-described", Kind::asset, kState, "policy", "Vendor, model and version are written.",
     "Vendor, model or version are missing.",
     "read vendor, model and version off the device or from `rampart assets PLANT --journal DIR --all`, and write "
     "`vendor`, `model`, `firmware` at the asset",
     1},
    {"asset-addressed", Kind::asset, kState, "policy", "The asset has an address that tells it apart.",
     "The asset has no address.", "write at the asset where it is: `at: [{ip: ADDRESS}]`", 1},
    {"essential-named", Kind::plant, kState, "policy",
     "Essential functions are named, each with an asset that carries it.",
     "No essential function is named, or none of the assets carries it.",
     "write `essential-functions` at the top of the plant, and `essential: [FUNCTION]` at the assets that carry them",
     1},
    {"rules-reviewed", Kind::conduit, kState, "policy", "Every rule of the conduit was reviewed.",
     "The conduit has no rule, or drafted ones.",
     "read each rule of the conduit with who runs the process, correct it, and take its `reviewed: no` away; a conduit "
     "without rules needs some (`rampart guard --candidates FILE` drafts them)",
     2},
    {"rules-name-roles", Kind::conduit, kState, "policy", "Rules by which people change something name a role.",
     "A rule lets a person change something without a role.",
     "write `role: ROLE` at each rule by which a station writes, operates, programs or stops", 1},
    {"rules-name-objects", Kind::conduit, kState, "policy",
     "Rules that change something name objects, points or functions.", "A rule may write anything.",
     "write `points`, `objects` or `functions` at the rule: what it may touch", 2},
    {"rules-bound-values", Kind::conduit, kState, "policy", "Rules that write name points with a range.",
     "A rule writes without bounds.", "write `points` at the rule, and `range: LOW..HIGH` at these points of the asset",
     2},
    {"rules-limit-rate", Kind::conduit, kState, "policy", "Rules that change something have a rate.",
     "A rule that changes something has no rate.",
     "write `rate: 60/min`, or what the process needs, at each rule that changes something", 1},
    {"rules-ask-two", Kind::conduit, kState, "policy", "Rules that load, start or stop ask for two approvals.",
     "A rule loads, starts or stops without two approvals.",
     "write `approvals: 2` at the rule that loads, starts or stops", 1},
    {"entries-approved", Kind::conduit, kState, "policy",
     "Rules for what comes from outside ask for a role and an approval.",
     "A rule lets outside in without role or approval.",
     "write `role: ROLE` and `approvals: 1` at the rule for what comes from outside", 1},
    {"rules-without-messaging", Kind::conduit, kState, "policy", "No rule is about mail, chat or calls.",
     "A rule lets mail, chat or calls cross.",
     "take the rule for mail, chat or calls away; carry messages by another network", 1},
    {"rules-narrow", Kind::conduit, kState, "policy", "No rule opens a whole transport.",
     "A rule opens a transport without ports.", "write `ports`, or the protocol instead of tcp, udp or ip, at the rule",
     1},
    {"essential-not-held", Kind::conduit, kState, "policy", "No essential operation waits for the journal.",
     "An essential rule waits for the journal.",
     "write `essential: no` at the rule, or `journal: after`, so that nothing essential waits for the disk", 1},
    {"conduit-guarded", Kind::conduit, kState, "policy", "A gateway is named and the conduit enforces.",
     "The conduit is only watched, or in test or learning.",
     "write `guard: GW` and `mode: enforce` at the conduit, and take `mode` from its rules; before that run it in "
     "`mode: test` until its table shows nothing that the process needs (docs/commissioning.md)",
     3},
    {"conduit-fails-closed", Kind::conduit, kState, "policy", "The conduit is set to close if its gateway fails.",
     "The conduit stays open if its gateway fails.",
     "write `on-failure: close` at the conduit, where the process bears it", 1},
    {"points-have-safe-values", Kind::zone, kState, "policy", "Every bounded point has a safe value.",
     "A bounded point has no safe value.", "write `safe: [VALUE]` at the point: values that always pass", 1},
    {"roles-defined", Kind::plant, kState, "policy", "Roles are written with what each may.", "The plant has no roles.",
     "write `roles` at the top of the plant: each with what it `may`", 1},
    {"duties-divided", Kind::plant, kState, "policy", "No role both asks for a right and approves it.",
     "A role may approve what it asks for.",
     "take `lease` or `approve` from the role that has both (`roles` of the plant)", 1},
    {"roles-ask-two", Kind::plant, kState, "policy", "Every role asks for two factors.", "A role asks for one factor.",
     "write `factors: 2` at every role (`roles` of the plant)", 1},
    {"override-role", Kind::plant, kState, "policy", "A role may override.", "No role may override.",
     "write `override` in `may` of one role (`roles` of the plant)", 1},
    {"auditor-role", Kind::plant, kState, "policy", "A role may verify.", "No role may verify.",
     "write `verify` in `may` of one role (`roles` of the plant)", 1},
    {"no-wireless", Kind::zone, kSighting, "policy", "The zone has nothing on radio.",
     "The zone has, or shows, something on radio.",
     "take radio out of the zone, or give it a zone of its own and treat it as SR 1.6 and SR 2.2 ask", 4},
    {"no-portable", Kind::zone, kSighting, "policy", "Nothing in the zone comes and goes.",
     "Something in the zone comes and goes.", "give what comes and goes a zone of its own, behind a conduit", 3},
    {"no-host", Kind::zone, kSighting, "policy", "The zone has no station and no server.",
     "The zone has stations or servers.", "none", 5},
    {"no-untrusted-access", Kind::zone, kSighting, "policy", "Nothing reaches the zone from an untrusted network.",
     "Something reaches the zone from an untrusted network.",
     "close the way in, or make it a conduit with a gateway, as SR 1.13 asks", 4},
    {"no-pki", Kind::zone, kSighting, "policy", "No certificate is used here.", "Certificates are used here.", "none",
     5},
    {"no-boundary", Kind::zone, kSighting, "policy", "No conduit joins the zone to another.",
     "The zone is joined to another.", "none", 5},
    {"asset-heard", Kind::asset, kState, "traffic", "The monitor heard the asset.",
     "The monitor did not hear the asset.",
     "let a mirror port (SPAN) show it to the sensor's `rampart watch`; what was heard is in `rampart assets PLANT "
     "--journal DIR`",
     2},
    {"conduit-heard", Kind::conduit, kState, "traffic", "The monitor heard traffic of the conduit.",
     "The monitor heard nothing of the conduit.",
     "let a mirror port (SPAN) show it to the sensor's `rampart watch`; what was heard is in `rampart assets PLANT "
     "--journal DIR`",
     2},
    {"monitor-running", Kind::plant, kEvery, "traffic", "The monitor runs.", "The monitor was stopped.",
     "make a journal by `rampart init DIR --name WORKS/sensor-1`, start `rampart watch PLANT --interface NAME "
     "--journal DIR`, and give `--journal DIR` here",
     1},
    {"monitor-lossless", Kind::plant, kSighting, "traffic", "The monitor lost nothing.",
     "The monitor lost packets, or heard half.",
     "look why in `rampart journal show DIR --kind loss`; give the sensor both directions of the mirror, or `--workers "
     "2`; it counts again 2 days later",
     3},
    {"plan-in-force", Kind::plant, kEvery, "policy", "The monitor judges by this very plant.",
     "The monitor judges by another plant.", "start `rampart watch` anew with this very plant file", 1},
    {"rules-kept", Kind::conduit, kSighting, "traffic", "What was asked across the conduit was allowed.",
     "Something was asked across the conduit that no rule allows.",
     "find who asked for what (`--why \"SR 5.2\"`), and stop it at its source, or write the rule that it needs", 2},
    {"boundary-kept", Kind::zone, kSighting, "traffic", "No traffic was seen that no conduit carries.",
     "Traffic was seen between zones that no conduit joins.",
     "find who talks with whom (`--why \"SR 5.1\"`), and stop it, or join the zones by a conduit with rules", 3},
    {"clients-known", Kind::zone, kSighting, "traffic", "Who gives requests is known to the plant.",
     "Somebody gave requests who is not in the plant.",
     "find the address (`--why \"SR 1.2\"`), take the device off the network, or put it in the plant", 2},
    {"masters-foreseen", Kind::zone, kSighting, "traffic", "Masters are those that the plant foresees.",
     "A master was seen that the plant does not foresee.",
     "find the master (`--why \"SR 2.1 RE 1\"`), take it off the network, or write the rule", 2},
    {"addresses-stable", Kind::zone, kSighting, "traffic", "Addresses keep their device.",
     "Two devices claimed one address.",
     "find both devices by their MAC (`--why \"SR 3.1\"`), and give one of them another address", 2},
    {"devices-known", Kind::zone, kSighting, "traffic", "All that is seen in the zone is in the plant.",
     "A device is seen that is not in the plant.",
     "find the device (`--why \"SR 7.8\"`, `rampart assets PLANT --journal DIR`), take it off the network, or put it "
     "in the plant",
     2},
    {"values-kept", Kind::conduit, kSighting, "traffic", "What was written lay within range and step.",
     "A value or step was written that is out of its bounds.",
     "find who wrote what (`--why \"SR 3.5\"`), correct the step or range if the process is right, and let a gateway "
     "refuse such writes (`mode: enforce`)",
     2},
    {"messages-wellformed", Kind::zone, kSighting, "traffic", "Messages keep their protocol's form.",
     "Malformed messages, or trying out of functions, were seen.",
     "find who sends them (`--why \"SR 3.5\"`), and mend or remove it; a known quirk of a device is listed at it under "
     "`deviations`",
     2},
    {"credentials-covered", Kind::zone, kSighting, "traffic", "No credential was seen readable.",
     "A password or key crossed readable.",
     "find the service (`--why \"SR 1.5\"`), replace it by one that encrypts, and change the password that was seen",
     3},
    {"entries-authenticated", Kind::zone, kSighting, "traffic", "No service let somebody in without proof.",
     "A service let somebody in without proof.",
     "find the service (`--why \"SR 1.1\"`), and switch it off, or set it to ask who comes", 2},
    {"private-covered", Kind::zone, kSighting, "traffic", "Services for files, screens and log-ins were encrypted.",
     "Files, screens or log-ins went unencrypted.",
     "find the service (`--why \"SR 4.1\"`), and replace FTP by SFTP, Telnet by SSH, HTTP by HTTPS, VNC by one inside "
     "TLS",
     3},
    {"crypto-current", Kind::zone, kSighting, "traffic", "No broken version of cryptography was seen.",
     "A broken version of cryptography was seen.",
     "find the service (`--why \"SR 4.3\"`), and set it to TLS 1.2 or later, SNMP 3, SMB 3", 3},
    {"certificates-valid", Kind::zone, kState, "traffic", "Certificates that were shown are in time.",
     "A certificate was shown that is past its end.",
     "find whose it is (`--why \"SR 1.8\"`), and renew it: `rampart pki renew`, or by the device's own means", 2},
    {"keys-sized", Kind::zone, kState, "traffic", "Keys of certificates that were shown are long enough.",
     "A certificate with a short key was shown.",
     "find whose it is (`--why \"SR 1.9\"`), and have it certified anew with RSA 2048 or P-256 at least", 2},
    {"traffic-encrypted", Kind::conduit, kSighting, "traffic", "Traffic of the conduit is encrypted.",
     "Traffic of the conduit is readable.",
     "name a gateway for each zone at the conduit (`guard: {ZONE: GW-1, ZONE: GW-2}`), write `protect: mutual-tls` "
     "there and `wire: {at: ADDRESS}` at both, give each a certificate (`rampart pki`), start both with `--identity "
     "DIR`",
     3},
    {"traffic-authenticated", Kind::conduit, kSighting, "traffic", "Traffic of the conduit proves its ends.",
     "Traffic of the conduit does not prove its ends.",
     "name a gateway for each zone at the conduit (`guard: {ZONE: GW-1, ZONE: GW-2}`), write `protect: mutual-tls` "
     "there and `wire: {at: ADDRESS}` at both, give each a certificate (`rampart pki`), start both with `--identity "
     "DIR`",
     3},
    {"load-kept", Kind::zone, kSighting, "traffic", "No flood was seen against the zone.",
     "A flood or burst was seen against the zone.",
     "find who floods (`--why \"SR 7.1\"`), mend it, and write `rate` at the rule that it uses", 2},
    {"load-caused-none", Kind::zone, kSighting, "traffic", "Nothing in the zone flooded others.",
     "Something in the zone flooded another.",
     "find who floods (`--why \"SR 7.1 RE 2\"`), and mend it or take it off the network", 2},
    {"logic-kept", Kind::zone, kSighting, "traffic", "No program or firmware was loaded that no rule allows.",
     "A program or firmware was loaded, or a device stopped, that no rule allows.",
     "find who loaded or stopped what (`--why \"SR 3.4\"`), compare the program with the saved one, and restore it", 3},
    {"device-as-intended", Kind::asset, kState, "traffic", "The device tells what the plant expects.",
     "The device tells another vendor, model or version than the plant, or than before.",
     "find what the device tells (`--why \"SR 3.4\"`), and who changed it; correct `vendor`, `model`, `firmware` in "
     "the plant, or the device",
     2},
    {"services-needed", Kind::asset, kSighting, "traffic", "The device speaks only what is foreseen.",
     "The device speaks what no rule foresees.",
     "find the port (`--why \"SR 7.7\"`), and switch the service off at the device, or write the rule that it needs",
     2},
    {"messaging-unseen", Kind::zone, kSighting, "traffic", "No mail, chat or call came in.",
     "Mail, chat or a call came in.",
     "find who talks (`--why \"SR 5.3\"`), and take the way away: no rule, and a gateway or packet filter that closes",
     2},
    {"messaging-unseen-out", Kind::zone, kSighting, "traffic", "No mail, chat or call went out.",
     "Mail, chat or a call went out.",
     "find who talks (`--why \"SR 5.3 RE 1\"`), and take the way away: no rule, and a gateway or packet filter that "
     "closes",
     2},
    {"services-inside", Kind::zone, kSighting, "traffic", "Names, time and log-ins come from inside the plant.",
     "Names, time or log-ins were asked for outside.",
     "put a server for names, time or log-ins in a zone of the plant, and set the assets to it", 3},
    {"sessions-short", Kind::zone, kSighting, "traffic", "No remote session lasted longer than a day.",
     "A remote session lasted longer than a day.",
     "find the session (`--why \"SR 2.6\"`), end it, and set an idle limit where it ends", 1},
    {"clock-fed", Kind::asset, kState, "traffic", "The asset takes the time from a server.",
     "The asset's clock is not synchronised.",
     "set a time server of the plant in the asset, and see in `rampart assets PLANT --journal DIR --all` that it asks "
     "it",
     2},
    {"device-authenticates", Kind::asset, kSighting, "traffic", "What the device says proves who says it.",
     "What the device says proves nothing.",
     "use the protocol's secured form at the device (Modbus/TCP Security, DNP3-SA, OPC UA Sign), or a gateway before "
     "it",
     4},
    {"device-encrypts", Kind::asset, kSighting, "traffic", "The device was spoken to encrypted.",
     "The device was spoken to readable.",
     "use the protocol's secured form at the device, or a gateway before it with `tls` or `protect: mutual-tls`", 4},
    {"device-covers-credentials", Kind::asset, kSighting, "traffic", "The device showed no credential readable.",
     "The device took or gave a credential readable.",
     "switch that service of the device off (web page, Telnet, FTP, SNMP 1 and 2), and change the password that was "
     "seen",
     2},
    {"device-crypto-current", Kind::asset, kSighting, "traffic", "The device used no broken cryptography.",
     "The device used broken cryptography.",
     "update the device, or switch the service off (`--why \"CR 4.3\"` has which)", 3},
    {"device-messages-wellformed", Kind::asset, kSighting, "traffic", "The device's messages keep their form.",
     "The device's messages were malformed.",
     "find what sends them (`rampart journal show DIR --asset ASSET`), and update or replace it", 2},
    {"journal-open", Kind::journal, kAny, "journal", "The journal is open and takes records.",
     "The journal is closed, or was not written for long.",
     "make a journal by `rampart init DIR --name WORKS/sensor-1`, start `rampart watch PLANT --interface NAME "
     "--journal DIR`, and give `--journal DIR` here",
     1},
    {"journal-writes", Kind::journal, kEvery, "journal", "Writing works.", "Writing failed and has not recovered.",
     "look at the disk of the sensor (`df`), and at `rampart journal show DIR --kind journal-event`", 2},
    {"journal-intact", Kind::journal, kSighting, "journal", "No damage was found.", "Damage was found.",
     "restore the journal from its backup (`rampart restore`), and find out what damaged it: `rampart journal verify "
     "DIR`",
     3},
    {"journal-signed", Kind::journal, kEvery, "journal", "Checkpoints are signed.", "No checkpoint is signed.",
     "give the journal its signing key back (`DIR/keys`), or restore it from its backup: `rampart restore`", 2},
    {"journal-complete", Kind::journal, kSighting, "journal", "Nothing was left out.", "Records were left out.",
     "see in `rampart journal show DIR --kind not-kept` what was left out, and raise the quotas or the room in "
     "`DIR/settings`",
     2},
    {"journal-bounded", Kind::journal, kState, "journal", "Bounds and retention are set.", "No bounds are set.",
     "write `keep_days` and `most_octets` in `DIR/settings` of the journal (docs/journal.md)", 1},
    {"journal-warns", Kind::journal, kState, "journal", "A warning comes while there is room.",
     "No room is reserved for a warning.", "write `reserve_octets` in `DIR/settings` of the journal (docs/journal.md)",
     1},
    {"journal-verified", Kind::journal, kState, "journal", "The journal was verified by its key.",
     "Verification found a fault.",
     "`rampart journal verify DIR --key KEY --record DIR-OF-ANOTHER`: with the key kept elsewhere, and a journal that "
     "is told the result",
     1},
    {"journal-reads-told", Kind::journal, kState, "journal", "Readings are recorded.", "A reading was not recorded.",
     "keep a journal (`rampart init DIR --name WORKS/sensor-1`), and read it by `rampart journal show DIR`, as its "
     "owner or as somebody of its group",
     1},
    {"journal-exported", Kind::journal, kAny, "journal", "Records were handed to another tool.", "Export failed.",
     "`rampart journal export DIR --format syslog --to COLLECTOR:6514 --ca FILE`, or `--format jsonl -o FILE` for "
     "another tool",
     2},
    {"journal-backed-up", Kind::journal, kState, "journal", "The journal was saved.", "Saving the journal failed.",
     "`rampart backup DIR FILE --plant PLANT`, and carry the file to another place", 1},
    {"journals-joined", Kind::journal, kState, "journal", "Several journals are read in one time.",
     "Journals of sensors or gateways are not joined.",
     "give here the journal of each sensor and gateway: `--journal DIR` for each, all on clocks of one time server", 2},
    {"clock-steady", Kind::journal, kSighting, "journal", "The clock did not jump.", "The clock jumped.",
     "let a time server set the machine's clock (chrony, systemd-timesyncd), and see `rampart journal show DIR --kind "
     "journal-event`",
     1},
    {"changes-recorded", Kind::conduit, kEvery, "journal", "Requests that change something are on record.",
     "Requests that change something are not on record.",
     "let who stands in the conduit, or hears it, keep records: `rampart guard PLANT --as GW --journal DIR`, or "
     "`rampart watch PLANT --interface NAME --journal DIR`",
     1},
    {"acts-attributed", Kind::plant, kState, "journal", "Changes of the plant name who made them.",
     "A change of the plant names nobody.",
     "change the plant by `rampart set PLANT PATH VALUE --journal DIR`, each person by a log-in of their own", 1},
    {"alarms-sent", Kind::plant, kState, "journal", "Alarms reach somebody who can act.", "Alarms reach nobody.",
     "send findings to who can act at once: `rampart watch --json FILE` or `rampart journal export --format syslog` to "
     "the collector that calls them, and try it out",
     2},
    {"conduit-enforced", Kind::conduit, kEvery, "gateway", "The gateway holds the conduit to its rules.",
     "The gateway does not hold the conduit to its rules.",
     "name a gateway in the plant (`guard: GW` at the conduit, GW in `gateways`), start it by `rampart guard PLANT "
     "--as GW --journal DIR`, and give its journal here too: `--journal DIR`",
     3},
    {"peers-proved", Kind::conduit, kEvery, "gateway",
     "Who comes across the conduit proved its identity by a certificate.",
     "Somebody came without proof, or the wire between the gateways is down.",
     "name a gateway for each zone at the conduit (`guard: {ZONE: GW-1, ZONE: GW-2}`), write `protect: mutual-tls` "
     "there and `wire: {at: ADDRESS}` at both, give each a certificate (`rampart pki`), start both with `--identity "
     "DIR`",
     4},
    {"clients-proved", Kind::conduit, kEvery, "gateway", "Each client proved by a certificate of its own who it is.",
     "Somebody came to a server without a certificate of its own.",
     "let clients speak Modbus/TCP Security: `tls: clients` at the gateway's `serves`, and a certificate for each by "
     "`rampart pki token AUTHORITY PLANT --for ASSET`",
     4},
    {"tunnel-up", Kind::conduit, kEvery, "gateway", "Traffic runs in an encrypted, authenticated tunnel.",
     "The tunnel is down, or the plant has none.",
     "name a gateway for each zone at the conduit (`guard: {ZONE: GW-1, ZONE: GW-2}`), write `protect: mutual-tls` "
     "there and `wire: {at: ADDRESS}` at both, give each a certificate (`rampart pki`), start both with `--identity "
     "DIR`",
     3},
    {"chains-checked", Kind::conduit, kEvery, "gateway",
     "Chain, withdrawal and possession of certificates are checked.",
     "A certificate was taken unchecked, or after its end.",
     "put the authority's list of withdrawn certificates in each gateway's identity folder (`crl.pem`: `rampart pki "
     "renew IDENTITY --authority ADDRESS --every 1h` fetches it), and renew what has ended",
     2},
    {"load-limited", Kind::conduit, kEvery, "gateway", "The gateway holds rates.",
     "The gateway let a rate be exceeded.",
     "write `rate` at the rules, and let the gateway of the conduit run: `rampart guard PLANT --as GW --journal DIR`",
     3},
    {"approvals-enforced", Kind::conduit, kState, "gateway", "The gateway waits for approvals.",
     "The gateway let pass without approval.",
     "have the gateway of the conduit wait for approvals (`approvals` at the rule); `rampart guard` refuses such rules "
     "until then",
     3},
    {"island-exercised", Kind::conduit, kState, "gateway", "Cutting off was exercised.", "Cutting off failed.",
     "in a maintenance window cut the zone off on purpose, with the process running on, and look that the gateway's "
     "journal tells `island`",
     2},
    {"fail-closed-seen", Kind::conduit, kState, "gateway", "The conduit closed when its gateway stopped.",
     "The conduit stayed open when its gateway stopped.",
     "in a maintenance window stop the gateway of the conduit and look that nothing passes; its journal then tells "
     "`failed-closed`",
     2},
    {"rules-loaded", Kind::zone, kState, "firewall", "The packet filter has the rules of the plant.",
     "The packet filter has other rules.",
     "load the rules on the host between the zones: `rampart firewall PLANT --as GW --apply`, then let `rampart "
     "firewall PLANT --as GW --watch --journal DIR` run",
     3},
    {"filter-untouched", Kind::zone, kSighting, "firewall", "Nobody changed the packet filter by hand.",
     "Somebody changed the packet filter by hand.",
     "see who changed what by `rampart firewall PLANT --as GW --diff`, load the plant's rules again (`--apply`), and "
     "let `--watch --journal DIR` run",
     1},
    {"login-required", Kind::asset, kState, "account", "A log-in is asked for.", "No log-in is asked for.",
     "set the station to ask for a log-in at its start and at each remote way in (no automatic log-on)", 2},
    {"login-individual", Kind::asset, kState, "account", "Log-ins name one person.", "A log-in is shared.",
     "give each person a name of their own at the station; write down the shared ones that must stay, and why", 3},
    {"login-two-factors", Kind::asset, kState, "account", "Log-ins need two factors.", "One factor is enough.",
     "give people a second factor (card, token, code) for the station", 4},
    {"remote-two-factors", Kind::zone, kState, "account", "Who comes from outside shows two factors.",
     "One factor lets outside in.", "ask for a second factor at the way in: the VPN server or the jump host", 3},
    {"accounts-managed", Kind::plant, kState, "account", "Accounts are administered by named staff, on record.",
     "Accounts are administered by nobody in particular.",
     "name who makes, changes and removes accounts, and have each such act written down", 2},
    {"accounts-unified", Kind::plant, kState, "account", "One place administers all accounts.",
     "Accounts are administered in several places.", "join stations and devices to one directory", 5},
    {"secrets-sealed", Kind::plant, kState, "account", "Stored secrets are hashed or sealed.",
     "A stored secret is readable.",
     "look through projects and scripts for passwords in plain, and replace them by hashes, sealed stores or files "
     "only their service reads",
     2},
    {"wireless-login", Kind::asset, kState, "account", "The radio link asks who comes.",
     "The radio link lets anybody in.",
     "set the access point to WPA2 or WPA3 Enterprise, or at least to a key that is not the delivered one", 3},
    {"wireless-individual", Kind::asset, kState, "account", "Each on radio has a credential of its own.",
     "One key is shared on radio.", "set the access point to 802.1X, with a credential for each device and person", 4},
    {"passwords-strong", Kind::asset, kState, "account", "Weak passwords are refused.", "Weak passwords are taken.",
     "set length and kinds of characters in the station's rules for passwords (secpol.msc, pam_pwquality)", 2},
    {"passwords-end", Kind::asset, kState, "account", "People's passwords end, and are not reused.",
     "People's passwords never end.",
     "set age and history of people's passwords in the station's rules (secpol.msc, chage)", 2},
    {"passwords-end-all", Kind::asset, kState, "account", "Passwords of programs end.",
     "Passwords of programs never end.",
     "plan the renewal of passwords that programs log in with, each with a day and a name", 4},
    {"attempts-limited", Kind::asset, kState, "account", "Failed log-ins are limited.",
     "Log-ins can be tried without end.",
     "set after how many failed log-ins the station waits or locks (secpol.msc, pam_faillock), not for accounts that "
     "operators need in an emergency",
     1},
    {"rights-by-role", Kind::asset, kState, "account", "Rights follow roles.", "Rights follow nothing in particular.",
     "give rights at the station to groups that stand for the plant's roles, and people to the groups", 3},
    {"sessions-end", Kind::asset, kState, "account", "Remote sessions end when idle.", "Remote sessions stay.",
     "set the idle limit of remote sessions at the station (RDP, SSH, VNC)", 1},
    {"sessions-limited", Kind::asset, kState, "account", "Sessions of one person are limited.",
     "Sessions of one person are not limited.", "set how many sessions one account may have at the station", 1},
    {"approvals-recorded", Kind::conduit, kState, "account", "Approvals are on record.",
     "An approval is not on record.", "have each approval written down with who gave it, for what and until when", 2},
    {"overrides-end", Kind::plant, kState, "account", "Overrides end and are on record.", "An override did not end.",
     "have each override end by itself and written down with its reason; end the one that did not", 1},
    {"defaults-changed", Kind::asset, kState, "host", "No delivered password works.", "A delivered password works.",
     "change the password that the device or program was delivered with, and keep the new one sealed", 1},
    {"service-accounts-barred", Kind::asset, kState, "host", "Service accounts cannot be used at a screen.",
     "A service account can be used at a screen.",
     "deny interactive log-in to accounts that programs run under (secpol.msc, nologin)", 1},
    {"notice-shown", Kind::asset, kState, "host", "The notice is shown.", "No notice is shown.",
     "set the plant's notice to be shown before the log-in (secpol.msc, /etc/issue and sshd's Banner)", 1},
    {"media-restricted", Kind::asset, kState, "host", "Removable media are restricted.",
     "Removable media are taken as they come.",
     "set which USB devices and media the station takes (device installation rules, USBGuard)", 2},
    {"portable-checked", Kind::asset, kState, "host", "It was looked at before it connected.",
     "It connected without being looked at.",
     "check each portable device at a quarantine place before it is connected, and write it down", 3},
    {"scripts-limited", Kind::asset, kState, "host", "Scripts run only where allowed.", "Scripts run anywhere.",
     "let the station run scripts and macros only from listed places (AppLocker, WDAC, fapolicyd)", 3},
    {"scripts-signed", Kind::asset, kState, "host", "Scripts are checked before they run.", "Scripts run unchecked.",
     "demand a signature or a listed hash of scripts at the station (AllSigned, WDAC, fapolicyd)", 3},
    {"session-locks", Kind::asset, kState, "host", "An idle session locks.", "An idle session stays open.",
     "set the idle lock of the station; not for screens that operators must see, which are named", 1},
    {"host-logs", Kind::asset, kState, "host", "Log-ins, failures and changes are logged with time.",
     "They are not logged.", "switch on at the station the audit log of log-ins, failures and changes of settings", 1},
    {"host-logs-have-room", Kind::asset, kState, "host", "Logs have room.", "Logs run over.",
     "set the size of the station's logs so that they hold as long as the plant asks", 1},
    {"host-logs-protected", Kind::asset, kState, "host", "Logs can be changed by no user.",
     "A user can change the logs.", "take the right to change or clear logs from everybody who works at the station",
     1},
    {"malware-stopped", Kind::asset, kState, "host", "Unknown programs do not run.", "Unknown programs run.",
     "set an allow list of programs at the station, or a scanner that the maker of the control system supports", 3},
    {"malware-renewed", Kind::asset, kState, "host", "What the protection knows is recent.",
     "What the protection knows is old.",
     "bring updates of the station's protection in after trying them out, at a set rate", 1},
    {"malware-central", Kind::plant, kState, "host", "Protection is administered from one place.",
     "Protection is administered station by station.",
     "set up the server that administers the protection of all stations", 4},
    {"media-scanned", Kind::asset, kState, "host", "Media are scanned first.", "Media come in unscanned.",
     "set up a scanning station at the entrance, and let nothing in that did not pass it", 2},
    {"host-integrity", Kind::asset, kState, "host", "Changed programs and settings are noticed.",
     "Changes go unnoticed, or one was found.",
     "keep hashes of programs and settings of the station, and compare them at a set rate", 2},
    {"errors-plain", Kind::asset, kState, "host", "Errors tell strangers nothing.", "Errors tell versions and details.",
     "switch banners and details of errors off in the services of the station", 1},
    {"sessions-checked", Kind::asset, kState, "host", "Foreign session identifiers are refused.",
     "Foreign session identifiers are taken.",
     "update or set the service at the station so that it refuses session identifiers that it did not give", 3},
    {"sessions-void", Kind::asset, kState, "host", "Ended sessions are void.", "Ended sessions still work.",
     "update or set the service at the station so that a session that ended is worth nothing", 3},
    {"sessions-unique", Kind::asset, kState, "host", "Session identifiers are unique.", "Session identifiers repeat.",
     "update the service at the station so that no session identifier comes twice", 3},
    {"sessions-random", Kind::asset, kState, "host", "Session identifiers are random.",
     "Session identifiers can be guessed.",
     "update the service at the station so that session identifiers cannot be guessed", 3},
    {"rest-guarded", Kind::asset, kState, "host", "Confidential files are readable only by need.",
     "Confidential files are readable by all.",
     "set the rights of the folders with projects, recipes and histories at the station: only who needs them", 2},
    {"rest-encrypted", Kind::asset, kState, "host", "Confidential data at rest is encrypted.",
     "Confidential data at rest is plain.", "encrypt the disk of the station or laptop (BitLocker, LUKS)", 2},
    {"memory-purged", Kind::asset, kState, "host", "Memory is emptied between users.", "Memory is not emptied.",
     "update the system of the station to one that empties memory between users", 4},
    {"services-off", Kind::asset, kState, "host", "Unneeded services are off.", "An unneeded service runs.",
     "list the services that listen at the station (`ss -ltnp`, `netstat -ab`), and switch off those that nobody needs",
     1},
    {"settings-advised", Kind::asset, kState, "host", "Settings follow the maker's advice.",
     "A setting departs from the maker's advice.",
     "hold the device's or station's settings against its maker's hardening guide, and set what departs", 2},
    {"settings-reported", Kind::asset, kState, "host", "Settings can be read by programs.",
     "Settings cannot be read by programs.",
     "have the station's settings read out by a program at a set rate, in a form that programs read", 1},
    {"backup-taken", Kind::asset, kState, "host", "It was saved.", "Saving it failed.",
     "save the asset's program and configuration, by its engineering tool or its system, with day and version", 2},
    {"backup-verified", Kind::asset, kState, "host", "The saved copy was read back and compared.",
     "The saved copy cannot be read.", "read the saved copy of the asset back and compare it with what runs", 2},
    {"backup-automatic", Kind::asset, kState, "host", "Saving runs by itself.", "Saving does not run by itself.",
     "plan the saving of the asset so that it runs by itself at a set rate", 3},
    {"certificate-own", Kind::asset, kState, "pki", "It has a key of its own.", "Its key is shared.",
     "enrol the asset with the plant's authority: `rampart pki token AUTHORITY PLANT --for ASSET`, with `--journal "
     "DIR`",
     3},
    {"keys-in-hardware", Kind::asset, kState, "pki", "Its keys lie in hardware.", "Its keys lie in files.",
     "have the asset make its key in a TPM, secure element or token", 4},
    {"authority-run", Kind::plant, kState, "pki", "Certificates come from one authority, run as described.",
     "Certificates come from anywhere.",
     "`rampart pki init AUTHORITY --plant PLANT --journal DIR`, and describe who may issue and withdraw (docs/pki.md)",
     4},
    {"keys-managed", Kind::plant, kState, "pki", "Keys are handled as described.", "Keys are handled as it comes.",
     "write down how keys are made, kept, renewed and destroyed, and do it so (docs/pki.md has what `rampart pki` does "
     "by itself)",
     3},
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

bool nobody_writes(const FactKindRow& row) {
  static constexpr std::string_view kUnseen[] = {"alarms-sent", "approvals-enforced", "keys-in-hardware",
                                                 "keys-managed"};
  return row.source == "account" || row.source == "host" || std::ranges::find(kUnseen, row.word) != std::end(kUnseen);
}

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
