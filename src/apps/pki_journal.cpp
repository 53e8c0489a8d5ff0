#include "apps/pki_journal.h"

#include <cstdio>

#include "apps/holding.h"
#include "base/error.h"
#include "records/findings.h"

namespace rampart::apps {
namespace {

constexpr uint64_t kMostRefusals = 20;  // recorded a minute: who is refused may ask as often as he likes

}  // namespace

PkiJournal::PkiJournal(const std::string& folder, const plant::Plant* plant, const Clock& clock)
    : plant_(plant), clock_(clock) {
  if (folder.empty()) return;
  journal_ = open_journal(folder, {}, clock);
  person_ = caller({folder});
}

pki::Tell PkiJournal::tell() {
  return [this](const records::CertificateEvent& event) {
    if (!journal_ || flood(event)) return;
    record(event);
    if (event.reason.starts_with(pki::kUsedElsewhere)) find(event);
    evidence(event);
  };
}

/// flood is true of refusals beyond those of a minute; how many there were is said with the next one.
bool PkiJournal::flood(const records::CertificateEvent& event) {
  if (event.event != "token-refused" && event.event != "renewal-refused") return false;
  if (event.when - minute_ >= std::chrono::minutes(1)) {
    minute_ = event.when;
    refusals_ = 0;
  }
  if (++refusals_ <= kMostRefusals) return false;
  ++untold_;
  return true;
}

void PkiJournal::record(const records::CertificateEvent& event) {
  records::CertificateEvent told = event;
  if (!event.address) told.person = person_;  // what comes over a network no person of this machine did
  std::string reason(event.reason);
  if (untold_ > 0 && event.event.ends_with("-refused")) {
    reason += " (and " + std::to_string(untold_) + " refusals before it)";
    untold_ = 0;
  }
  told.reason = reason;
  try {
    append(*journal_, told, clock_.now());
  } catch (const Error& error) {
    // The authority goes on: what it issued is in its own index.
    std::fprintf(stderr, "rampart: %s\n", error.what());
  }
}

/// find: who holds another's certificate has its key too.
void PkiJournal::find(const records::CertificateEvent& event) {
  records::Finding finding = records::finding_of(records::kinds::kCertElsewhere);
  const std::string message =
      "the certificate of " + std::string(event.subject) + " was shown to the authority: " + std::string(event.reason);
  finding.when = event.when;
  finding.message = message;
  append(*journal_, finding, clock_.now());
}

/// evidence is what the event shows of the plant: who gets a certificate has a key that no other has.
void PkiJournal::evidence(const records::CertificateEvent& event) {
  records::Evidence shown;
  shown.when = event.when;
  shown.holds = true;
  shown.origin = "pki";
  if (event.event == "authority-made") {
    shown.fact = "authority-run";
    shown.scope = "plant";
    shown.text = "the plant has an authority of its own, with an index of what it issued";
  } else if (event.event == "issued" || event.event == "renewed") {
    if (plant_ == nullptr || plant_->asset(event.subject) == plant::kNone) return;
    shown.fact = "certificate-own";
    shown.scope = "asset";
    shown.subject = event.subject;
    shown.text = "the authority has certified its key, and no other by the same";
    shown.until = event.until;
  } else {
    return;
  }
  append(*journal_, shown, clock_.now());
}

void PkiJournal::close() {
  if (journal_) journal_->close();
}

}  // namespace rampart::apps
