// What a gateway shows of its conduits, as evidence for the levels (docs/checks.md): told once a minute and whenever it
// changes. Each word ends by itself soon after the gateway does, so that one that was killed speaks for nothing.
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

class GuardEvidence {
 public:
  /// Gateway and sink must outlive it.
  GuardEvidence(const gateway::Gateway& gateway, const std::string& id, records::Sink& sink);

  /// beat tells what is due; once a second or so.
  void beat(TimePoint now);
  /// end tells that nothing is held any more.
  void end(TimePoint now);

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
    uint64_t judged = 0;
  };
  std::vector<Word> words_of(plant::Index conduit) const;
  void tell(plant::Index conduit, const Word& word, TimePoint now, bool ends);

  const gateway::Gateway& gateway_;
  std::string origin_;
  records::Sink& sink_;
  std::map<std::pair<std::string, std::string_view>, Said> said_;  // by conduit and fact
  TimePoint told_{};
};

}  // namespace rampart::apps
