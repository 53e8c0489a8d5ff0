// What a gateway shows of its conduits, as evidence for the levels (docs/checks.md): told once a minute and whenever it
// changes. Each word ends by itself soon after the gateway does, so that one that was killed speaks for nothing. It
// listens to what the gateway tells, for certificates that were taken in grace. One thread, the gateway's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gateway/gateway.h"
#include "records/records.h"

namespace rampart::apps {

/// kEvidenceHolds is how long what was told last counts; told is it every kEvidenceEvery.
inline constexpr std::chrono::minutes kEvidenceHolds{5};
inline constexpr std::chrono::minutes kEvidenceEvery{1};
/// kGraceCounts is how long a certificate that was taken after its end speaks against its conduits.
inline constexpr std::chrono::hours kGraceCounts{24};

/// Recording is what becomes of the gateway's records: there is no journal, or one that takes them, or does not.
enum class Recording : uint8_t { none, works, fails };

class GuardEvidence final : public records::Sink {
 public:
  /// Gateway and sink must outlive it.
  GuardEvidence(const gateway::Gateway& gateway, const std::string& id, records::Sink& sink);

  /// beat tells what is due; once a second or so.
  void beat(Recording recording, TimePoint now);
  /// end tells that nothing is held any more.
  void end(TimePoint now);

  // What it hears.
  using Sink::tell;
  void tell(const records::CertificateEvent& event) override;
  void record(const records::Run&) override {}
  void record(const records::Transaction&) override {}
  void record(const records::Finding&) override {}
  void record(const records::AssetSeen&) override {}
  void record(const records::Loss&) override {}
  void record(const records::Flow&) override {}
  void record(const records::ProtectionSeen&) override {}

 private:
  /// Word is one thing said of one conduit.
  struct Word {
    std::string_view fact;
    bool holds = false;
    uint16_t share_permille = 1000;
    std::string text;
    uint64_t judged = 0;  // operations since the gateway began
  };
  struct Said {
    bool holds = false;
    uint64_t judged = 0, beat = 0;
  };
  using SaidOf = std::map<std::pair<std::string, std::string_view>, Said>;  // by conduit and fact

  std::vector<Word> words_of(plant::Index conduit, Recording recording, TimePoint now) const;
  void add_certified(plant::Index conduit, TimePoint now, std::vector<Word>& out) const;
  std::string unchecked(plant::Index conduit, TimePoint now) const;
  std::string in_grace(plant::Index conduit, TimePoint now) const;
  void say(const std::string& conduit, const Word& word, TimePoint now);

  const gateway::Gateway& gateway_;
  std::string origin_;
  records::Sink& sink_;
  SaidOf said_;
  std::map<std::string, TimePoint, std::less<>> graced_;  // whose certificate was taken after its end, and when last
  TimePoint told_{};
  uint64_t beats_ = 0;
};

}  // namespace rampart::apps
