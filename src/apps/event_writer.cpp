#include "apps/event_writer.h"

#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "records/json.h"

namespace rampart::apps {
namespace {

constexpr size_t kBuffer = size_t{256} << 10;

bool changes(protocols::Action action) {
  using protocols::Action;
  switch (action) {
    case Action::write:
    case Action::operate:
    case Action::configure:
    case Action::program:
    case Action::start:
    case Action::stop:
    case Action::firmware:
    case Action::file:
    case Action::time:
      return true;
    case Action::read:
    case Action::identify:
    case Action::session:
    case Action::diagnose:
      return false;
  }
  return true;
}

}  // namespace

EventWriter::EventWriter(const std::string& file, Operations operations)
    : name_(file), operations_(operations), file_(file == "-" ? stdout : std::fopen(file.c_str(), "wb")) {
  if (file_ == nullptr) {
    throw Error("cannot write " + file + ": " + std::strerror(errno),
                "choose a file in a folder that you may write to");
  }
  buffer_.reserve(kBuffer + 65'536);
}

EventWriter::~EventWriter() {
  if (file_ == nullptr) return;
  if (!failed_ && !buffer_.empty()) std::fwrite(buffer_.data(), 1, buffer_.size(), file_);
  if (file_ != stdout) std::fclose(file_);
}

template <class Record>
void EventWriter::write(const Record& record) {
  records::append_json(buffer_, record);
  if (buffer_.size() >= kBuffer) flush();
}

void EventWriter::record(const records::Run& run) { write(run); }
void EventWriter::record(const records::Finding& finding) { write(finding); }
void EventWriter::record(const records::AssetSeen& seen) { write(seen); }
void EventWriter::record(const records::Loss& loss) { write(loss); }
void EventWriter::record(const records::Flow& flow) { write(flow); }

void EventWriter::record(const records::Transaction& transaction) {
  if (operations_ == Operations::none) return;
  if (operations_ == Operations::changes) {
    const protocols::Action action = transaction.operation != nullptr ? transaction.operation->action
                                     : transaction.answers.empty()    ? protocols::Action::session
                                                                      : transaction.answers[0]->action;
    if (!changes(action) && transaction.verdict.kind != records::Verdict::Kind::denied) return;
  }
  write(transaction);
}

void EventWriter::flush() {
  // Once writing failed, the rest of the run goes on without it: close() says so.
  if (!failed_) failed_ = std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size();
  buffer_.clear();
}

void EventWriter::close() {
  flush();
  if (!failed_) failed_ = std::fflush(file_) != 0;
  if (failed_) {
    throw Error("not everything could be written to " + name_ + ": " + std::strerror(errno),
                "make room on the disk, or choose another place");
  }
}

}  // namespace rampart::apps
