// What a plant says of findings, checked against the list of findings and turned into numbers: limits, learning
// windows, suppressions. Settings are values; Muting belongs to one thread.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "monitor/bounded.h"
#include "monitor/findings.h"
#include "monitor/scans.h"
#include "plant/plant.h"

namespace rampart::monitor {

struct Settings {
  Scans::Limits scans{};
  plant::Rate write_burst{}, flood{};
  Duration new_master{}, new_pair{}, first_write{}, unusual_value{}, learn_burst{}, learn_flood{};
};

/// settings_of gives the defaults of docs/findings.md with what `plant` says instead; null: the defaults.
Settings settings_of(const plant::Plant* plant);

/// check_settings holds the words of `plant` against the list of findings. Errors: an id that is none, a threshold or
/// learning window that the finding does not have. Warnings: suppressions that ended before `now`.
std::vector<Problem> check_settings(const plant::Plant& plant, TimePoint now);

/// Ends is where a finding happened, as suppressions ask.
struct Ends {
  std::string_view asset[2]{}, zone[2]{};  // by the plant, of who began and who was asked
  std::optional<IpAddress> ip[2]{};
  std::string_view conduit{};
};

/// Why a finding was not told by itself: the plant suppresses it, it is rarer than its threshold, it is part of a scan
/// that is told, or it rests on not having seen something while the sensor lost packets.
enum class Untold : uint8_t { suppressed, rare, scan, blind };
inline constexpr size_t kUntoldCount = 4;
std::string_view to_text(Untold untold);
/// is_untold is true of the record that sums up what was not told.
bool is_untold(const records::Finding& finding);

/// Muting says whether a finding is told, and counts what is not.
class Muting {
 public:
  /// `plant` may be null and must outlive this.
  explicit Muting(const plant::Plant* plant);

  /// muted is true where the finding `key` of `kind` is not to be told. Cost where the plant says nothing of the kind:
  /// a look at a short table.
  bool muted(const FindingKind& kind, uint64_t key, const Ends& ends, TimePoint now);

  /// note counts what was not told for another reason.
  void note(const FindingKind& kind, Untold why);

  /// Hidden is what was not told of a kind for one reason since the last call of take().
  struct Hidden {
    const FindingKind* kind = nullptr;
    Untold why{};
    const plant::Suppression* suppression = nullptr;
    uint64_t count = 0;
  };
  std::vector<Hidden> take();
  /// concerns is false for a kind of which the plant says nothing: its ends need not be found out.
  bool concerns(const FindingKind& kind) const;

 private:
  struct Window {
    TimePoint since{};
    uint32_t count = 0;
  };
  struct OfKind {
    const FindingKind* kind = nullptr;
    const plant::Rate* threshold = nullptr;
    std::vector<const plant::Suppression*> suppressions;
    std::vector<uint64_t> hidden;  // by suppression
    std::array<uint64_t, kUntoldCount> untold{};
  };
  OfKind* of(const FindingKind& kind);
  OfKind& make(const FindingKind& kind);
  bool matches(const plant::Suppression& suppression, const Ends& ends) const;

  static constexpr size_t kMostWindows = 16'384;
  const plant::Plant* plant_;
  std::vector<OfKind> kinds_;
  Recent<Window> windows_{kMostWindows};
};

/// tell sums up in one finding what was not told one by one.
void tell(const Muting::Hidden& hidden, TimePoint when, uint64_t packet, records::Sink& sink);

}  // namespace rampart::monitor
