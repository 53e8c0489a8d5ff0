// Going through a journal: the options that choose records, and the walk over those that they let through.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "apps/commands.h"
#include "journal/reader.h"
#include "records/view.h"

namespace rampart::apps {

/// FilterArguments are the options as they were typed; declare_filter declares them, --from and --to by these names
/// only where `short_numbers` is set: elsewhere --to is a place.
struct FilterArguments {
  std::string since, until, zone, asset, conduit, person, requirement;
  std::vector<std::string> kinds;
  std::optional<uint64_t> from, to, last;
};
void declare_filter(CLI::App& command, FilterArguments& arguments, bool short_numbers);

/// Selection is what the options mean. Record numbers: `from` included, `to` not.
struct Selection {
  records::Filter filter;
  uint64_t from = 0, to = UINT64_MAX;
  std::optional<uint64_t> last;  // only so many, the newest
  bool everything() const { return filter.empty() && from == 0 && to == UINT64_MAX && !last; }
  /// text says it in words, for the record of the reading. Persons stand there by identifier.
  std::string text() const;
};
/// selection reads the options. A person may be named or given by identifier. Errors: throws UsageError.
Selection selection(const FilterArguments& arguments, const journal::Layout& layout, TimePoint now);

/// find_last gives the numbers of the newest `count` records in from..to that are `wanted`, in their order. It reads
/// backwards in growing steps, so that what is near the end is found at once.
std::vector<uint64_t> find_last(journal::Reader& reader, uint64_t from, uint64_t to, uint64_t count,
                                const std::function<bool(Bytes record)>& wanted);

/// Walk hands out the chosen records up to the journal's end as it was when the walk began, or when extend() was
/// called.
class Walk {
 public:
  /// Errors: throws Error where `folder` is no journal.
  Walk(const std::string& folder, const Selection& selection);

  struct Found {
    uint64_t number = 0;
    records::Stored stored;
  };
  std::optional<Found> next();
  /// extend takes in what was appended since.
  void extend();
  uint64_t end() const { return end_; }
  /// unreadable: records that are damaged or no records; they are left out.
  uint64_t unreadable() const { return reader_.damaged() + undecodable_; }

 private:
  journal::Reader reader_;
  Selection selection_;
  uint64_t end_ = 0;
  uint64_t undecodable_ = 0;
};

}  // namespace rampart::apps
