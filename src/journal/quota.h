// How much may be written of each kind of records, and by each source of each kind, so that no flood can push out the
// days that a journal is to keep; and the table of what was not kept. See docs/formats/journal.md. One thread; bounded.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/address.h"
#include "base/keyed_hash.h"
#include "base/time.h"
#include "journal/journal.h"
#include "journal/settings.h"
#include "records/stored.h"

namespace rampart::journal {

inline constexpr size_t kKinds = std::variant_size_v<records::Fact>;  // numbers of kinds, from 1

/// share_percent is the part of a journal's octets that records of `kind` have; all together 100.
uint32_t share_percent(records::Kind kind);
/// urgency: access, changes and the journal's own may use the reserve of disk and memory.
Urgency urgency(records::Kind kind);

/// Source is where a record comes from; without either address it has none.
struct Source {
  std::optional<IpAddress> ip{};
  std::optional<MacAddress> mac{};
  bool known() const { return ip || mac; }
  bool operator==(const Source&) const = default;
};

/// QuotaClock adds up time: of the process's steady clock, or of the packets where that runs faster, as it does when a
/// file is read. Packets count only as far as they lie beyond all before them: a file whose times jump back and forth
/// gains nothing, and one time far in the future does not stop it.
class QuotaClock {
 public:
  Duration pass(Duration steady, TimePoint packets);

 private:
  bool begun_ = false;
  Duration passed_{}, steady_{};
  TimePoint packets_{};
};

/// Quotas are token buckets of octets. A kind's bucket holds a tenth of its share and refills at share / keep_days a
/// day; a source's holds and refills at Settings::share_percent of that. Both begin full, and none is smaller than the
/// largest record.
class Quotas {
 public:
  Quotas(const Settings& settings, const HashKey& key);
  /// take is false, and takes nothing, where the kind or the source has not so much left.
  bool take(records::Kind kind, const Source& source, size_t octets, Duration now);
  /// fill fills the buckets of `kind` once more: at the end, so that what was counted until then is told.
  void fill(records::Kind kind);

 private:
  struct Bucket {
    double level = 0;
    Duration filled{};
  };
  struct Limit {
    double most = 0, per_second = 0;
  };
  /// Sources of a kind share so many buckets, by hash; those that share one share its quota.
  static constexpr size_t kSourceBuckets = 1024;
  static double refill(Bucket& bucket, const Limit& limit, Duration now);

  HashKey key_;
  std::array<Limit, kKinds> kinds_{}, sources_{};
  std::array<Bucket, kKinds> of_kind_{};
  std::array<std::vector<Bucket>, kKinds> of_source_;
};

/// Shortfall counts what was not kept until it is told. Further sources than kMostSources are counted together.
class Shortfall {
 public:
  static constexpr size_t kMostSources = 64;
  struct Row {
    records::Kind kind{};
    Source source;
    std::string_view reason;  // a literal
    TimePoint since{}, until{};
    uint64_t count = 0, octets = 0;
  };
  void add(records::Kind kind, const Source& source, std::string_view reason, TimePoint when, uint64_t count,
           uint64_t octets);
  bool empty() const { return rows_.empty(); }
  /// tell hands each row to `keep`; those for which it is false stay.
  template <class Keep>
  void tell(Keep&& keep) {
    std::erase_if(rows_, keep);
  }

 private:
  std::vector<Row> rows_;
};

}  // namespace rampart::journal
