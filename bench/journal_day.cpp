// What a journal costs: a day of a polling plant, a flood of denials, and the price of one record. See kUsage.
#include <unistd.h>

#include <array>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "crypto/signature.h"
#include "journal/journal.h"
#include "journal/keeper.h"
#include "protocols/registry.h"

namespace {

using namespace rampart;
using namespace std::chrono_literals;
using protocols::Action;
using protocols::Outcome;
using records::Kind;
using records::Transaction;

constexpr const char* kUsage =
    R"(usage: journal_day day|flood|cost [--hours N] [--most-octets N] [--keep-days N] [--share-percent N]

day    A plant of 500 assets for a day of packet time, through Keeper into a journal in a temporary folder. Assumed:
       10 clients, 490 Modbus controllers, each polled once a second by one client for two object ranges (100 holding
       registers, 64 inputs): 980 reads a second, answered in 1 to 20 ms. Besides: in 1 % of a controller's minutes one
       register is written, as the plant allows; 0.1 % of the reads stay unanswered; once an hour a denied write; a
       connection stays open all day. Quotas do not bind (1 TiB for 365 days) unless --most-octets says otherwise.
flood  One million identical denials and one million that all differ, in a minute of packet time, then a login; with the
       settings that a journal has by default unless others are given.
cost   Nanoseconds of processor for one more plain read, for one more repeated denial, and for a record kept by itself, without a disk.

Prints Markdown.
)";

constexpr uint32_t kClients = 10, kControllers = 490;
const TimePoint kStart = from_unix(1'800'000'000, 0);

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

IpAddress address(uint32_t number) {
  const uint8_t octets[] = {10, static_cast<uint8_t>(number >> 16), static_cast<uint8_t>(number >> 8),
                            static_cast<uint8_t>(number)};
  return IpAddress::v4(octets);
}

/// Random is the same in every run.
class Random {
 public:
  uint64_t below(uint64_t end) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ % end;
  }

 private:
  uint64_t state_ = 88'172'645'463'325'252u;
};

/// Counting adds up what goes by, by kind, on its way to a journal; or to nowhere.
class Counting final : public journal::Appender {
 public:
  explicit Counting(journal::Appender* to) : to_(to) {}
  std::optional<uint64_t> append(Bytes record, journal::Urgency urgency) override {
    // A map of less or more than 23 fields opens with one or two octets; then comes key 0 and the number of the kind.
    const size_t at = record[0] == 0xb8 ? 3 : 2;
    Sum& sum = sums[static_cast<Kind>(record[at])];
    ++sum.records;
    sum.octets += record.size();
    ++all.records;
    all.octets += record.size();
    return to_ != nullptr ? to_->append(record, urgency) : all.records;
  }

  struct Sum {
    uint64_t records = 0, octets = 0;
  };
  std::map<Kind, Sum> sums;
  Sum all;

 private:
  journal::Appender* to_;
};

/// Place is a journal in a folder that is gone afterwards.
class Place {
 public:
  explicit Place(const journal::Settings& settings) {
    std::string name = std::filesystem::temp_directory_path() / "rampart-bench-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw Error("cannot make a temporary folder");
    folder_ = name;
    const journal::Layout layout{folder_};
    std::filesystem::create_directories(folder_ + "/keys");
    const auto signer = crypto::make_key_file(layout.key_file());
    journal::make_journal(folder_, "bench/journal-day", *signer, settings);
    journal_ = journal::Journal::open(folder_, {.wait_for_room = true}, clock_);
  }
  ~Place() {
    journal_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  journal::Journal& journal() { return *journal_; }
  const Clock& clock() const { return clock_; }
  uint64_t octets() const {
    uint64_t octets = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) {
      if (entry.is_regular_file()) octets += entry.file_size();
    }
    return octets;
  }

 private:
  SystemClock clock_;
  std::string folder_;
  std::unique_ptr<journal::Journal> journal_;
};

/// Poll is what one client asks of one controller, again and again.
struct Poll {
  Poll(uint32_t client_number, uint32_t server_number, bool inputs) {
    const auto entry = *protocols::find_protocol("modbus");
    conversation.flow_id = server_number;
    conversation.transport = records::Transport::tcp;
    client = "scada-" + std::to_string(client_number);
    server = "controller-" + std::to_string(server_number);
    conversation.client = {.ip = address(client_number), .port = 49'152, .asset = client, .zone = "supervision"};
    conversation.server = {.ip = address(1000 + server_number), .port = 502, .asset = server, .zone = "process-cell"};
    conversation.protocol = entry;
    conversation.community_id = "1:d/FP5EW3wiY1vCndhwleRRKHowQ=";
    operation.protocol = entry;
    operation.function =
        inputs ? protocols::Function{2, "read-discrete-inputs"} : protocols::Function{3, "read-holding-registers"};
    operation.object = entry.entry().parse_object(inputs ? "discrete-input 0-63" : "holding-register 0-99").object;
    operation.object.unit = 1;
    answer.protocol = entry;
    answer.values = inputs ? protocols::Values::packed_bits(octets, 64)
                           : protocols::Values::numbers(protocols::ValueType::uint16, octets);
    write = operation;
    write.action = Action::write;
    write.function = {6, "write-single-register"};
    write.object.last = write.object.first;
    write.values = protocols::Values::numbers(protocols::ValueType::uint16, Bytes(octets).first(2));
  }
  Transaction at(TimePoint when, Duration latency, const protocols::Operation& what) {
    return {.conversation = &conversation,
            .asked_at = when,
            .answered_at = when + latency,
            .asked_packet = ++packet,
            .answered_packet = ++packet,
            .exchange = packet,
            .operation = &what,
            .answers = answers,
            .verdict = {records::Verdict::Kind::allowed, "supervision-to-cell", "polling", "rule"}};
  }

  std::string client, server;
  records::Conversation conversation;
  protocols::Operation operation, write;
  protocols::Answer answer;
  std::array<uint8_t, 200> octets{};
  std::array<const protocols::Answer*, 1> answers = {&answer};
  uint64_t packet = 0;
};

void deny(Transaction& transaction) {
  transaction.verdict = {records::Verdict::Kind::denied, "supervision-to-cell", "", "no_rule"};
}

void print_sums(const Counting& counting, const journal::KeeperTotals& totals) {
  std::printf("| kind | records | octets | octets a record |\n|---|---:|---:|---:|\n");
  for (const auto& [kind, sum] : counting.sums) {
    std::printf("| %s | %" PRIu64 " | %" PRIu64 " | %.0f |\n", std::string(to_text(kind)).c_str(), sum.records,
                sum.octets, static_cast<double>(sum.octets) / static_cast<double>(sum.records));
  }
  std::printf("| all | %" PRIu64 " | %" PRIu64 " | %.0f |\n\n", counting.all.records, counting.all.octets,
              static_cast<double>(counting.all.octets) / static_cast<double>(counting.all.records));
  std::printf("Seen %" PRIu64 ": kept %" PRIu64 ", in summaries %" PRIu64 ", in repeats %" PRIu64 ", not kept %" PRIu64
              ".\n",
              totals.seen, totals.kept, totals.summarised, totals.repeated, totals.not_kept);
}

size_t octets_of(const Transaction& transaction) {
  std::vector<uint8_t> bytes;
  append_cbor(bytes, transaction, kStart);
  return bytes.size();
}

void run_day(const journal::Settings& settings, uint32_t hours) {
  Place place(settings);
  Counting counting(&place.journal());
  journal::Keeper keeper(counting, place.clock(), {.settings = settings});
  std::vector<std::unique_ptr<Poll>> polls;
  for (uint32_t i = 0; i < 2 * kControllers; ++i) {
    polls.push_back(std::make_unique<Poll>(i / 2 % kClients, i / 2, i % 2 == 1));
  }
  const uint64_t all_kept = (octets_of(polls[0]->at(kStart, 5ms, polls[0]->operation)) +
                             octets_of(polls[1]->at(kStart, 5ms, polls[1]->operation))) /
                            2;
  Random random;
  const auto start = std::chrono::steady_clock::now();
  for (const auto& poll : polls) {
    if (poll->operation.function.code == 3) {
      keeper.record(records::AssetSeen{.when = kStart, .packet = 1, .side = poll->conversation.server, .vlan = {}});
    }
  }
  for (uint32_t second = 0; second < hours * 3600; ++second) {
    for (size_t i = 0; i < polls.size(); ++i) {
      Poll& poll = *polls[i];
      const TimePoint when = kStart + second * 1s + (i + 1) * 1ms;
      Transaction read = poll.at(when, (1 + random.below(20)) * 1ms, poll.operation);
      if (random.below(1000) == 0) {
        read.answered_at = when;
        read.answers = {};
        read.outcome.kind = Outcome::Kind::unanswered;
      }
      keeper.record(read);
      if (i % 2 == 0 && random.below(6000) == 0) keeper.record(poll.at(when, 5ms, poll.write));
    }
    if (second % 3600 == 1800) {
      Transaction write = polls[0]->at(kStart + second * 1s, 5ms, polls[0]->write);
      deny(write);
      keeper.record(write);
    }
  }
  for (const auto& poll : polls) {
    if (poll->operation.function.code != 3) continue;
    keeper.record(records::Flow{.conversation = &poll->conversation,
                                .first = kStart,
                                .last = kStart + hours * 1h,
                                .first_packet = 1,
                                .end = "capture-end"});
  }
  keeper.finish();
  const double keeping = seconds_since(start);
  place.journal().close();
  print_sums(counting, keeper.totals());
  const double octets = static_cast<double>(counting.all.octets);
  std::printf(
      "%" PRIu32
      " hours took %.1f s, %.0f ns a transaction, journal included. On disk with tiles and checkpoints: %" PRIu64
      " octets. Every operation by itself would be %.0f octets (%" PRIu64
      " each), %.0f times as many. "
      "At that rate %" PRIu32 " days need %.0f GiB.\n",
      hours, keeping, keeping * 1e9 / static_cast<double>(keeper.totals().seen), place.octets(),
      static_cast<double>(keeper.totals().seen * all_kept), all_kept,
      static_cast<double>(keeper.totals().seen * all_kept) / octets, settings.keep_days,
      static_cast<double>(place.octets()) * 24 / hours * settings.keep_days / (1 << 30));
}

void run_flood(const journal::Settings& settings) {
  constexpr uint32_t kEach = 1'000'000;
  Place place(settings);
  Counting counting(&place.journal());
  journal::Keeper keeper(counting, place.clock(), {.settings = settings});
  Poll same(1, 1, false), other(2, 2, false);
  const auto start = std::chrono::steady_clock::now();
  for (uint32_t i = 0; i < kEach; ++i) {
    Transaction transaction = same.at(kStart + i * 60us, 2ms, same.write);
    deny(transaction);
    keeper.record(transaction);
    other.conversation.client.ip = address(10'000 + i);
    other.conversation.client.asset = {};
    other.write.object.first = other.write.object.last = i % 65'536;
    other.octets[0] = static_cast<uint8_t>(i >> 8);
    other.octets[1] = static_cast<uint8_t>(i);
    transaction = other.at(kStart + i * 60us, 2ms, other.write);
    deny(transaction);
    keeper.record(transaction);
  }
  const auto login = keeper.keep(records::Login{.when = kStart + 60s, .person = "p-0123456789abcdef", .outcome = "ok"});
  const bool durable = login && place.journal().wait_durable(*login, 10s);
  keeper.finish();
  const double seconds = seconds_since(start);
  print_sums(counting, keeper.totals());
  std::printf("The flood took %.1f s. The login after it: %s. On disk: %" PRIu64 " octets of %" PRIu64 ".\n", seconds,
              durable ? "durable" : "LOST", place.octets(), settings.most_octets);
}

/// measure counts processor time: what else the machine does at the moment is no cost of ours.
template <class Record>
void measure(const char* what, Record&& record) {
  constexpr uint32_t kTimes = 2'000'000;
  const std::clock_t start = std::clock();
  for (uint32_t i = 0; i < kTimes; ++i) record(i);
  std::printf("| %s | %.0f |\n", what, static_cast<double>(std::clock() - start) * 1e9 / CLOCKS_PER_SEC / kTimes);
}

void run_cost(const journal::Settings& settings) {
  const SystemClock clock;
  Counting counting(nullptr);
  journal::Keeper keeper(counting, clock, {.settings = settings});
  std::vector<std::unique_ptr<Poll>> polls;
  for (uint32_t i = 0; i < 2 * kControllers; ++i) {
    polls.push_back(std::make_unique<Poll>(i / 2 % kClients, i / 2, i % 2 == 1));
  }
  const auto poll = [&](uint32_t i) -> Poll& { return *polls[i % polls.size()]; };
  std::printf("| one more | ns |\n|---|---:|\n");
  measure("plain read, 980 kinds in turn",
          [&](uint32_t i) { keeper.record(poll(i).at(kStart + i * 1ms, 5ms, poll(i).operation)); });
  measure("repeated denial, 980 kinds in turn", [&](uint32_t i) {
    Transaction transaction = poll(i).at(kStart + 2000s + i * 1ms, 5ms, poll(i).write);
    deny(transaction);
    keeper.record(transaction);
  });
  measure("write, kept by itself",
          [&](uint32_t i) { keeper.record(poll(i).at(kStart + 4000s + i * 1ms, 5ms, poll(i).write)); });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const bool known = what == "day" || what == "flood" || what == "cost";
  journal::Settings settings;
  if (what != "flood") settings.most_octets = uint64_t{1} << 40;
  uint64_t hours = 24;
  for (int i = 2; i < argc; i += 2) {
    const std::optional<uint64_t> value = parse_number(i + 1 < argc ? argv[i + 1] : "");
    const std::string_view name = argv[i];
    if (name == "--hours" && value) {
      hours = *value;
    } else if (name == "--most-octets" && value) {
      settings.most_octets = *value;
    } else if (name == "--keep-days" && value) {
      settings.keep_days = static_cast<uint32_t>(*value);
    } else if (name == "--share-percent" && value) {
      settings.share_percent = static_cast<uint32_t>(*value);
    } else {
      std::fputs(kUsage, stderr);
      return 2;
    }
  }
  if (!known) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  try {
    if (what == "day") run_day(settings, static_cast<uint32_t>(hours));
    if (what == "flood") run_flood(settings);
    if (what == "cost") run_cost(settings);
  } catch (const Error& error) {
    std::fprintf(stderr, "journal_day: %s\n", error.what());
    return 1;
  }
  return 0;
}
