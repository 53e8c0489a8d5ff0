// How fast a journal is verified, beside reading its files and hashing them once: Markdown on standard output.
// journal_verify --dir FOLDER [--records N] builds a journal of N records of about 300 octets, once, then measures
// everything in turns, each in a process of its own so that its peak memory is its own.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <random>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "journal/journal.h"
#include "journal/verify.h"

namespace {

using namespace rampart;
using namespace rampart::journal;

constexpr int kRounds = 3;
constexpr size_t kRecord = 300;

double seconds_now() { return std::chrono::duration<double>(SystemClock().steady()).count(); }

void build(const std::string& folder, uint64_t records) {
  make_folders(folder + "/keys");
  const Layout layout{folder};
  const auto signer = crypto::make_key_file(layout.key_file());
  make_journal(folder, "bench/journal", *signer, {});
  const SystemClock clock;
  JournalOptions options;
  options.wait_for_room = true;
  const auto journal = Journal::open(folder, options, clock);
  std::mt19937_64 random(1);
  std::vector<uint8_t> record(kRecord);
  for (uint64_t i = 0; i < records; ++i) {
    for (size_t at = 0; at + 8 <= record.size(); at += 8) {
      const uint64_t value = random();
      std::memcpy(record.data() + at, &value, sizeof value);
    }
    if (!journal->append(record, Urgency::normal)) throw Error("a record was not taken");
  }
  journal->close();
}

/// read_all reads every segment in pieces of 1 MiB, as cat does; with `hash`, SHA-256 over them too.
uint64_t read_all(const std::string& folder, bool hash) {
  std::vector<uint8_t> piece(size_t{1} << 20);
  crypto::Sha256 sha;
  uint64_t octets = 0;
  const Layout layout{folder};
  for (const std::string& name : names_in(layout.segments())) {
    const FileDescriptor file(::open((layout.segments() + "/" + name).c_str(), O_RDONLY | O_CLOEXEC));
    for (ssize_t got = 0; (got = ::read(file.get(), piece.data(), piece.size())) > 0;) {
      octets += static_cast<uint64_t>(got);
      if (hash) sha.update(Bytes(piece).first(static_cast<size_t>(got)));
    }
  }
  if (hash) sha.finish();
  return octets;
}

int run_contestant(const std::string& name, const std::string& folder) {
  if (name == "read" || name == "sha256") return read_all(folder, name == "sha256") > 0 ? 0 : 1;
  if (name == "open") {
    const SystemClock clock;
    Journal::open(folder, {}, clock);
    return 0;
  }
  VerifyOptions options;
  options.workers = name == "verify1" ? 1 : 2;
  const VerifyReport report = verify(folder, options);
  std::string text;
  append_text(text, report);
  if (!report.good()) std::cerr << text;
  return report.good() ? 0 : 1;
}

struct Result {
  double seconds = 0, processor = 0;  // processor: of all threads
  long peak_kib = 0;
};
Result measure(const char* program, const char* name, const std::string& folder) {
  const double begin = seconds_now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(program, program, "--contestant", name, "--dir", folder.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || ::wait4(child, &status, 0, &usage) != child || status != 0) {
    throw Error(fmt::format("the contestant {} failed", name));
  }
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {seconds_now() - begin, seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss};
}

uint64_t octets_under(const std::string& folder) {
  uint64_t octets = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) octets += entry.file_size();
  return octets;
}

int run(int count, char** words) {
  std::string folder, contestant;
  uint64_t records = 10'000'000;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view option = words[i];
    if (option == "--dir") folder = words[i + 1];
    if (option == "--contestant") contestant = words[i + 1];
    if (option == "--records") records = parse_number(words[i + 1]).value_or(records);
  }
  if (folder.empty()) throw Error("--dir FOLDER is missing");
  if (!contestant.empty()) return run_contestant(contestant, folder);
  if (!std::filesystem::exists(Layout{folder}.checkpoint())) {
    const double begin = seconds_now();
    build(folder, records);
    fmt::print("Built {} records in {:.1f} s.\n\n", records, seconds_now() - begin);
  }
  const uint64_t octets = octets_under(Layout{folder}.segments());
  fmt::print("{} octets in segments; the median of {} turns.\n\n", octets, kRounds);
  fmt::print(
      "| contestant | seconds | MiB/s | of SHA-256 | processor seconds | peak memory MiB "
      "|\n|---|---|---|---|---|---|\n");
  const char* const names[] = {"read", "sha256", "verify1", "verify2", "open"};
  const char* const titles[] = {"read in pieces of 1 MiB", "read and SHA-256, one thread", "verify, 1 worker",
                                "verify, 2 workers", "open for writing"};
  std::vector<std::vector<Result>> results(std::size(names));
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < std::size(names); ++i) results[i].push_back(measure(words[0], names[i], folder));
  }
  for (auto& result : results) std::ranges::sort(result, {}, &Result::seconds);
  const double hashed = results[1][kRounds / 2].seconds;
  for (size_t i = 0; i < std::size(names); ++i) {
    const Result& median = results[i][kRounds / 2];
    fmt::print("| {} | {:.2f} | {:.0f} | {:.2f} | {:.2f} | {:.0f} |\n", titles[i], median.seconds,
               static_cast<double>(octets) / median.seconds / (1 << 20), hashed / median.seconds, median.processor,
               static_cast<double>(median.peak_kib) / 1024);
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(count, words);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
