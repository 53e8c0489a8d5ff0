#include "journal/quota.h"

#include <algorithm>

#include "crypto/signature.h"

namespace rampart::journal {

using records::Kind;

uint32_t share_percent(Kind kind) {
  switch (kind) {
    case Kind::transaction:
      return 24;
    case Kind::finding:
      return 20;
    case Kind::read_summary:
      return 8;
    case Kind::repeats:
      return 7;
    case Kind::flow:
      return 5;
    case Kind::asset_seen:
      return 5;
    case Kind::loss:
      return 3;
    case Kind::protection_seen:
    case Kind::evidence:
      return 2;
    case Kind::login:
      return 6;
    case Kind::journal_read:
    case Kind::not_kept:
      return 3;
    case Kind::run:
    case Kind::plant_change:
    case Kind::rule_change:
      return 2;
    case Kind::journal_event:
    case Kind::key_change:
    case Kind::statement:
    case Kind::level_change:
    case Kind::certificate_event:
    case Kind::guard_event:
      return 1;
  }
  return 0;
}

Urgency urgency(Kind kind) {
  switch (kind) {
    case Kind::run:
    case Kind::not_kept:
    case Kind::plant_change:
    case Kind::rule_change:
    case Kind::journal_event:
    case Kind::key_change:
    case Kind::journal_read:
    case Kind::login:
    case Kind::statement:
    case Kind::level_change:
    case Kind::certificate_event:
    case Kind::guard_event:
      return Urgency::reserved;
    case Kind::transaction:
    case Kind::finding:
    case Kind::asset_seen:
    case Kind::loss:
    case Kind::flow:
    case Kind::read_summary:
    case Kind::repeats:
    case Kind::protection_seen:
    case Kind::evidence:
      return Urgency::normal;
  }
  return Urgency::normal;
}

Duration QuotaClock::pass(Duration steady, TimePoint packets) {
  if (!begun_) {
    begun_ = true;
    steady_ = steady;
    packets_ = packets;
    return passed_;
  }
  // In steps of a second: the two clocks of a live sensor run alike but not evenly, and shorter steps would count both.
  constexpr Duration kStep = std::chrono::seconds(1);
  constexpr Duration kMost = std::chrono::hours(24 * 365);  // fills every bucket; keeps the sum far from its end
  const Duration by_steady = std::clamp(steady - steady_, Duration(0), kMost);
  const Duration by_packets =
      packets > packets_ ? (packets - kMost > packets_ ? kMost : packets - packets_) : Duration(0);
  const Duration longer = std::max(by_steady, by_packets);
  if (longer < kStep) return passed_;
  passed_ = std::min(passed_, Duration::max() - longer) + longer;
  steady_ = steady;
  packets_ = std::max(packets_, packets);
  return passed_;
}

Quotas::Quotas(const Settings& settings, const HashKey& key) : key_(key) {
  constexpr double kUsable = 0.9;  // full buckets at the start are a tenth more, and the whole still fits
  constexpr double kSecondsADay = 86'400;
  constexpr double kLargest = records::kMostRecord + 4096.0;  // with what lies around a record
  const double source_part = settings.share_percent / 100.0;
  for (size_t number = 1; number < kKinds; ++number) {
    const auto kind = static_cast<Kind>(number);
    const double share = static_cast<double>(settings.most_octets) * kUsable * share_percent(kind) / 100.0;
    const double per_second = share / std::max(settings.keep_days, 1u) / kSecondsADay;
    kinds_[number] = {std::max(share / 10, kLargest), per_second};
    sources_[number] = {std::max(share / 10 * source_part, kLargest), per_second * source_part};
    of_kind_[number].level = kinds_[number].most;
  }
}

double Quotas::refill(Bucket& bucket, const Limit& limit, Duration now) {
  if (now > bucket.filled) {
    const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
    bucket.level = std::min(limit.most, bucket.level + seconds * limit.per_second);
    bucket.filled = now;
  }
  return bucket.level;
}

bool Quotas::take(Kind kind, const Source& source, size_t octets, Duration now) {
  const auto number = static_cast<size_t>(kind);
  const auto wanted = static_cast<double>(octets);
  if (refill(of_kind_[number], kinds_[number], now) < wanted) return false;
  if (source.known()) {
    auto& buckets = of_source_[number];
    if (buckets.empty()) buckets.assign(kSourceBuckets, {sources_[number].most, now});
    KeyedHash hash(key_);
    if (source.ip) hash.add(*source.ip);
    if (source.mac) hash.add(source.mac->octets);
    Bucket& own = buckets[hash.finish() % kSourceBuckets];
    if (refill(own, sources_[number], now) < wanted) return false;
    own.level -= wanted;
  }
  of_kind_[number].level -= wanted;
  return true;
}

void Quotas::fill(Kind kind) {
  const auto number = static_cast<size_t>(kind);
  of_kind_[number].level = kinds_[number].most;
  of_source_[number].clear();  // take() makes them anew, full
}

void Shortfall::add(Kind kind, const Source& source, std::string_view reason, TimePoint when, uint64_t count,
                    uint64_t octets) {
  const auto find = [&](const Source& wanted) {
    return std::find_if(rows_.begin(), rows_.end(), [&](const Row& row) {
      return row.kind == kind && row.source == wanted && row.reason == reason;
    });
  };
  auto row = find(source);
  if (row == rows_.end() && rows_.size() >= kMostSources) row = find({});
  if (row == rows_.end()) {
    const bool room = rows_.size() < kMostSources;
    rows_.push_back({kind, room ? source : Source{}, reason, when, when});
    row = rows_.end() - 1;
  }
  row->since = std::min(row->since, when);
  row->until = std::max(row->until, when);
  row->count += count;
  row->octets += octets;
}

}  // namespace rampart::journal
