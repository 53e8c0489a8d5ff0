// Reads records back, while another process may be writing: only whole, verified frames come out. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/time.h"
#include "journal/layout.h"

namespace rampart::journal {

class Reader {
 public:
  /// Errors: throws Error where `folder` is no journal or may not be read.
  explicit Reader(const std::string& folder);
  ~Reader();

  /// first and size: the numbers that are here are first <= n < size, as far as is known now; refresh() looks again for
  /// what was appended since.
  uint64_t first() const;
  uint64_t size() const;
  void refresh();

  /// seek goes to the first record whose number is at least `number`; seek_written to one at or before the first that
  /// was written at or after `when` (by segment).
  void seek(uint64_t number);
  void seek_written(TimePoint when);

  struct Item {
    uint64_t number = 0;
    Bytes record;  // valid until the next call
  };
  /// next gives the next record, skipping damage (counted in damaged()); false at the end, where a later call after
  /// refresh() may give more.
  bool next(Item& item);
  uint64_t damaged() const;  // records that were skipped since they could not be verified by their CRC

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace rampart::journal
