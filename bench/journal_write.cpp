// What the journal costs over the disk alone: records of 300 octets into write() and fdatasync() of one file, and into
// a Journal, in turns, in one run. Prints Markdown tables of medians over the rounds.
//
//   journal_write [--folder DIR] [--rounds N] [--seconds N]    closed loop (records/s) and open loop (latency)
//   journal_write --open N [--folder DIR]                      how long opening a journal of N records takes
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "journal/journal.h"
#include "journal/segment.h"
#include "journal/tree.h"

namespace {

using namespace rampart;
using namespace rampart::journal;
using Wall = std::chrono::steady_clock;

constexpr size_t kRecord = 300;
constexpr Duration kLong = std::chrono::minutes(10);

double seconds_since(Wall::time_point begin) { return std::chrono::duration<double>(Wall::now() - begin).count(); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

struct Plan {
  std::string folder = "bench-journal";
  uint64_t rounds = 5, open = 0;
  double seconds = 3;
};

std::vector<uint8_t> a_record() { return std::vector<uint8_t>(kRecord, 'r'); }

/// Raw writes as many octets as the journal makes durable, frames and the tree's hashes, and nothing else. With
/// `frames_only` the frames alone, which flatters it.
class Raw {
 public:
  explicit Raw(const std::string& path) : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)) {
    if (!file_) throw file_error("write", path, errno);
  }
  bool frames_only = false;
  void group(uint64_t records) {
    const size_t hashes = frames_only ? 0 : sizeof(Hash) + sizeof(Hash) / kBundle;
    bytes_.resize(records * (kFrameHeader + kRecord + hashes), 'r');
    if (!write_all(file_.get(), bytes_) || ::fdatasync(file_.get()) != 0) throw Error("the disk refuses");
  }

 private:
  FileDescriptor file_;
  std::vector<uint8_t> bytes_;
};

std::unique_ptr<Journal> fresh_journal(const std::string& folder, const Clock& clock, const JournalOptions& options) {
  std::filesystem::remove_all(folder);
  make_folders(folder + "/keys");
  const auto signer = crypto::make_key_file(Layout{folder}.key_file());
  make_journal(folder, "bench/journal", *signer, {.most_octets = uint64_t{1} << 40});
  return Journal::open(folder, options, clock);
}

/// Round is one round of a closed loop: records a second, and how many there were in a group.
struct Round {
  double rate = 0, group = 0;
};

/// groups_in counts the groups that were written from record `first` on.
uint64_t groups_in(const std::string& folder, uint64_t first) {
  uint64_t groups = 0;
  for (const SegmentName& segment : segments_of(Layout{folder})) {
    const MappedFile file(segment.path);
    FrameReader reader(file.bytes().subspan(kSegmentHeader), segment.first);
    FrameReader::Frame frame;
    while (reader.next(frame) == FrameReader::State::frame)
      groups += frame.opens_group && frame.number >= first ? 1 : 0;
  }
  return groups;
}

/// closed_journal: two producers append `outstanding` records each and wait for them, again and again. It ends with a
/// signed checkpoint, within its time.
Round closed_journal(Journal& journal, const std::string& folder, uint64_t outstanding, double seconds) {
  const uint64_t first = journal.status().size;
  const auto begin = Wall::now();
  const auto produce = [&] {
    const std::vector<uint8_t> record = a_record();
    while (seconds_since(begin) < seconds) {
      std::optional<uint64_t> last;
      for (uint64_t i = 0; i < outstanding; ++i) last = journal.append(record, Urgency::reserved);
      if (!last || !journal.wait_durable(*last, kLong)) std::abort();
    }
  };
  std::thread other(produce);
  produce();
  other.join();
  journal.checkpoint();
  const auto records = static_cast<double>(journal.status().size - first);
  const double rate = records / seconds_since(begin);
  return {.rate = rate, .group = records / static_cast<double>(groups_in(folder, first))};
}

/// closed_raw writes groups as large as the journal's were.
double closed_raw(Raw& raw, double group, double seconds) {
  const auto size = static_cast<uint64_t>(std::max(group, 1.0));
  const auto begin = Wall::now();
  uint64_t records = 0;
  for (; seconds_since(begin) < seconds; records += size) raw.group(size);
  return static_cast<double>(records) / seconds_since(begin);
}

struct Latency {
  double p50 = 0, p99 = 0;  // milliseconds
};
Latency of(std::vector<double>& milliseconds) {
  std::sort(milliseconds.begin(), milliseconds.end());
  if (milliseconds.empty()) return {};
  return {milliseconds[milliseconds.size() / 2], milliseconds[milliseconds.size() * 99 / 100]};
}

/// Schedule says when record `i` of an open loop is due: whoever is late is charged for it.
struct Schedule {
  double rate = 0;
  Wall::time_point begin = Wall::now();
  uint64_t due() const { return static_cast<uint64_t>(seconds_since(begin) * rate); }
  double late(uint64_t i) const { return 1000 * (seconds_since(begin) - static_cast<double>(i) / rate); }
};

Latency open_raw(Raw& raw, double rate, double seconds) {
  const auto records = static_cast<uint64_t>(rate * seconds);
  std::vector<double> late;
  const Schedule schedule{.rate = rate};
  for (uint64_t done = 0; done < records;) {
    const uint64_t due = std::min(schedule.due(), records);
    if (due == done) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
      continue;
    }
    raw.group(due - done);
    const double base = schedule.late(0);
    for (; done < due; ++done) late.push_back(base - 1000 * static_cast<double>(done) / rate);
  }
  return of(late);
}

Latency open_journal(Journal& journal, double rate, double seconds) {
  const auto records = static_cast<uint64_t>(rate * seconds);
  const uint64_t first = journal.status().size;
  std::atomic<uint64_t> appended{0};
  const Schedule schedule{.rate = rate};
  std::thread producer([&] {
    const std::vector<uint8_t> record = a_record();
    for (uint64_t i = 0; i < records;) {
      for (const uint64_t due = std::min(schedule.due(), records); i < due; ++i)
        journal.append(record, Urgency::reserved);
      appended = i;
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  });
  std::vector<double> late;
  for (uint64_t done = 0; done < records;) {
    if (appended == done) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
      continue;
    }
    journal.wait_durable(first + done, kLong);
    const uint64_t durable = std::min(journal.status().durable - first, records);
    const double base = schedule.late(0);
    for (; done < durable; ++done) late.push_back(base - 1000 * static_cast<double>(done) / rate);
  }
  producer.join();
  return of(late);
}

void measure_writing(const Plan& plan) {
  const SystemClock clock;
  make_folders(plan.folder);
  JournalOptions options;
  options.waiting_octets = size_t{64} << 20;
  const auto journal = fresh_journal(plan.folder + "/journal", clock, options);
  Raw raw(plan.folder + "/raw");
  std::printf(
      "| outstanding | records a group | write + fdatasync, records/s | journal, records/s | ratio | beside frames "
      "only |\n"
      "|---|---|---|---|---|---|\n");
  for (const uint64_t outstanding : {uint64_t{64}, uint64_t{512}, uint64_t{4096}}) {
    std::vector<double> alone, ours, ratio, frames, group;
    for (uint64_t round = 0; round < plan.rounds; ++round) {
      const Round one = closed_journal(*journal, plan.folder + "/journal", outstanding, plan.seconds);
      ours.push_back(one.rate);
      group.push_back(one.group);
      alone.push_back(closed_raw(raw, one.group, plan.seconds));
      ratio.push_back(ours.back() / alone.back());
      raw.frames_only = true;
      frames.push_back(ours.back() / closed_raw(raw, one.group, plan.seconds));
      raw.frames_only = false;
    }
    std::printf("| 2 x %llu | %.0f | %.0f | %.0f | %.2f | %.2f |\n", static_cast<unsigned long long>(outstanding),
                median(group), median(alone), median(ours), median(ratio), median(frames));
    std::fflush(stdout);
  }
  std::printf(
      "\n| records/s | write + fdatasync, p50 / p99 ms | journal, p50 / p99 ms | p99 over it |\n|---|---|---|---|\n");
  for (const double rate : {1'000.0, 20'000.0}) {
    std::vector<double> alone50, alone99, ours50, ours99;
    for (uint64_t round = 0; round < plan.rounds; ++round) {
      const Latency alone = open_raw(raw, rate, plan.seconds);
      const Latency ours = open_journal(*journal, rate, plan.seconds);
      alone50.push_back(alone.p50), alone99.push_back(alone.p99);
      ours50.push_back(ours.p50), ours99.push_back(ours.p99);
    }
    std::printf("| %.0f | %.2f / %.2f | %.2f / %.2f | %.2f |\n", rate, median(alone50), median(alone99), median(ours50),
                median(ours99), median(ours99) - median(alone99));
    std::fflush(stdout);
  }
  journal->close();
}

double time_to_open(const std::string& folder, const Clock& clock) {
  const auto begin = Wall::now();
  const auto journal = Journal::open(folder, {}, clock);
  const double seconds = seconds_since(begin);
  journal->close();
  return seconds;
}

/// die_writing leaves `records` acknowledged ones behind that no checkpoint covers.
void die_writing(const std::string& folder, uint64_t records) {
  const pid_t child = ::fork();
  if (child == 0) {
    const SystemClock clock;
    JournalOptions options;
    options.checkpoint_every = std::chrono::hours(1);
    options.segment_octets = uint64_t{1} << 40;
    const auto journal = Journal::open(folder, options, clock);
    uint64_t last = 0;
    for (uint64_t i = 0; i < records; ++i) {
      last = journal->append(a_record(), Urgency::reserved).value_or(last);
      if (i % 4096 == 0) journal->wait_durable(last, kLong);
    }
    journal->wait_durable(last, kLong);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
}

void measure_opening(const Plan& plan) {
  const SystemClock clock;
  const std::string folder = plan.folder + "/open";
  if (!std::filesystem::exists(Layout{folder}.checkpoint())) {
    JournalOptions options;
    options.wait_for_room = true;
    const auto journal = fresh_journal(folder, clock, options);
    for (uint64_t i = 0; i < plan.open; ++i) journal->append(a_record(), Urgency::normal);
    journal->close();
  }
  std::vector<double> closed, killed;
  for (uint64_t round = 0; round < plan.rounds; ++round) closed.push_back(time_to_open(folder, clock));
  for (uint64_t round = 0; round < plan.rounds; ++round) {
    die_writing(folder, 200'000);
    killed.push_back(time_to_open(folder, clock));
  }
  std::printf(
      "| journal of %llu records | seconds to open |\n|---|---|\n| closed before | %.3f |\n"
      "| killed with 200,000 records after its last checkpoint | %.3f |\n",
      static_cast<unsigned long long>(plan.open), median(closed), median(killed));
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const uint64_t number = parse_number(argv[i + 1]).value_or(0);
    if (option == "--folder") plan.folder = argv[i + 1];
    if (option == "--rounds") plan.rounds = number;
    if (option == "--seconds") plan.seconds = static_cast<double>(number);
    if (option == "--open") plan.open = number;
  }
  try {
    plan.open > 0 ? measure_opening(plan) : measure_writing(plan);
  } catch (const Error& error) {
    std::fprintf(stderr, "journal_write: %s\n", error.what());
    return 1;
  }
  return 0;
}
