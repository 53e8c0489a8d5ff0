// Writes records as JSON lines to a file. Buffered; what cannot be written ends the command with one clear error.
#pragma once

#include <string>
#include <vector>

#include "apps/output.h"
#include "monitor/protection_shares.h"
#include "records/records.h"

namespace rampart::apps {

/// Which operations are written: all, only those that change something, or none. Findings and the rest always are.
enum class Operations { all, changes, none };

class EventWriter : public records::Sink {
 public:
  /// Opens `file` ("-": standard output). Errors: throws Error where it cannot be opened or written.
  EventWriter(const std::string& file, Operations operations) : output_(file), operations_(operations) {}

  void record(const records::Run& run) override;
  void record(const records::Transaction& transaction) override;
  void record(const records::Finding& finding) override;
  void record(const records::AssetSeen& seen) override;
  void record(const records::Loss& loss) override;
  void record(const records::Flow& flow) override;
  void record(const records::ProtectionSeen& seen) override;
  void tell(const records::Evidence& evidence) override;
  void tell(const records::CertificateEvent& event) override;
  void tell(const records::GuardEvent& event) override;

  /// flush writes what there is, for who reads along.
  void flush() { output_.flush(); }
  /// add writes how much of each conduit's traffic was protected, in lines of their own.
  void add(const monitor::ProtectionShares& shares, TimePoint when) {
    shares.append_lines(output_.text(), when);
    output_.spill();
  }
  bool failed() const { return output_.failed(); }
  /// close writes what is left. Errors: throws Error.
  void close() { output_.close(); }

 private:
  template <class Record>
  void write(const Record& record);

  Output output_;
  Operations operations_;
};

/// Tee hands every record to several sinks.
class Tee : public records::Sink {
 public:
  void add(records::Sink& sink) { sinks_.push_back(&sink); }
  void record(const records::Run& run) override { all(run); }
  void record(const records::Transaction& transaction) override { all(transaction); }
  void record(const records::Finding& finding) override { all(finding); }
  void record(const records::AssetSeen& seen) override { all(seen); }
  void record(const records::Loss& loss) override { all(loss); }
  void record(const records::Flow& flow) override { all(flow); }
  void record(const records::ProtectionSeen& seen) override { all(seen); }
  void tell(const records::Evidence& evidence) override { tell_all(evidence); }
  void tell(const records::CertificateEvent& event) override { tell_all(event); }
  void tell(const records::GuardEvent& event) override { tell_all(event); }

 private:
  template <class Record>
  void all(const Record& record) {
    for (records::Sink* sink : sinks_) sink->record(record);
  }
  template <class Record>
  void tell_all(const Record& record) {
    for (records::Sink* sink : sinks_) sink->tell(record);
  }
  std::vector<records::Sink*> sinks_;
};

}  // namespace rampart::apps
