#include "apps/event_writer.h"

#include "records/json.h"

namespace rampart::apps {

template <class Record>
void EventWriter::write(const Record& record) {
  records::append_json(output_.text(), record);
  output_.spill();
}

void EventWriter::record(const records::Run& run) { write(run); }
void EventWriter::record(const records::Finding& finding) { write(finding); }
void EventWriter::record(const records::AssetSeen& seen) { write(seen); }
void EventWriter::record(const records::Loss& loss) { write(loss); }
void EventWriter::record(const records::Flow& flow) { write(flow); }
void EventWriter::record(const records::ProtectionSeen& seen) { write(seen); }
void EventWriter::tell(const records::Evidence& evidence) { write(evidence); }
void EventWriter::tell(const records::CertificateEvent& event) { write(event); }
void EventWriter::tell(const records::GuardEvent& event) { write(event); }

void EventWriter::record(const records::Transaction& transaction) {
  if (operations_ == Operations::none) return;
  if (operations_ == Operations::changes) {
    const protocols::Action action = transaction.operation != nullptr ? transaction.operation->action
                                     : transaction.answers.empty()    ? protocols::Action::session
                                                                      : transaction.answers[0]->action;
    if (!protocols::changes(action) && transaction.verdict.kind != records::Verdict::Kind::denied) return;
  }
  write(transaction);
}

}  // namespace rampart::apps
