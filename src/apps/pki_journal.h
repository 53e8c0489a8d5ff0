// What the commands of the authority tell a journal: what happened to certificates, and what that shows of the plant.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "journal/journal.h"
#include "pki/authority.h"
#include "plant/plant.h"

namespace rampart::apps {

/// PkiJournal may be of no journal: then it tells nobody. One thread.
class PkiJournal {
 public:
  /// `folder` empty: none. `plant` may be null; it and `clock` must outlive it. Errors: throws Error.
  PkiJournal(const std::string& folder, const plant::Plant* plant, const Clock& clock);

  /// tell is for the authority, which outlives no call of it.
  pki::Tell tell();
  void take(const plant::Plant* plant) { plant_ = plant; }
  /// close makes everything durable. Errors: throws Error where something was not kept.
  void close();

 private:
  void record(const records::CertificateEvent& event);
  bool flood(const records::CertificateEvent& event);
  void find(const records::CertificateEvent& event);
  void evidence(const records::CertificateEvent& event);

  const plant::Plant* plant_;
  const Clock& clock_;
  std::unique_ptr<journal::Journal> journal_;
  std::string person_;
  TimePoint minute_{};     // in which refusals are counted
  uint64_t refusals_ = 0;  // in it
  uint64_t untold_ = 0;
};

}  // namespace rampart::apps
