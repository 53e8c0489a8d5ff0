// The second pass of verify: names what differs where the first pass saw that something does. It lays the hashes that
// the checkpoints vouch for beside what stands in the segments, as a comparison of texts does, so that one missing
// record is one fault and not a fault for each that follows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "journal/trusted.h"
#include "journal/verify.h"

namespace rampart::journal {

/// Faults collects what was found, joined where neighbours have the same fault; bounded.
class Faults {
 public:
  void add(Fault fault);
  void finish(VerifyReport& report);

 private:
  std::vector<Fault> faults_;
  uint64_t more_ = 0;
};

/// Gap is a place where records and tree do not agree.
struct Gap {
  uint64_t from = 0, count = 0;        // numbers of the tree without a record
  std::vector<Hash> expected{};        // their hashes, the first of them where there are very many
  std::vector<Walker::Item> actual{};  // records without a place in the tree
};

/// Expected gives the hash that record `number` should have.
using Expected = std::function<std::optional<Hash>(uint64_t number)>;
/// align compares the records of `range` with the tree. `open_end`: records follow that the tree does not know yet.
/// `unreadable` gets those that are right but for their CRC.
std::vector<Gap> align(Walker& walker, const Expected& expected, Range range, bool open_end,
                       std::vector<uint64_t>& unreadable);

/// name_differences adds a fault for everything that the scan found. `trusted` are the hashes under the largest
/// checkpoint that fits; null where there is none.
void name_differences(const Layout& layout, const std::vector<Span>& spans, const ListedTiles& listed, const Scan& scan,
                      Walker& walker, TrustedTiles* trusted, Faults& faults);

/// segment_name is the file that holds record `number`, under the journal's folder.
std::string segment_name(const std::vector<Span>& spans, uint64_t number);

}  // namespace rampart::journal
