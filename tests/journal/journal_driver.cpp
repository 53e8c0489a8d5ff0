// Drives a journal for the campaigns of crash.py and fault.py. Records are a function of seed and number, so that
// whoever reads the journal later knows what must be there.
//
//   journal_driver make FOLDER
//   journal_driver write FOLDER SEED COUNT   appends; each acknowledged number goes to standard output at once
//   journal_driver check FOLDER SEED ACKED   every record below ACKED is there with its octets, none is half, and the
//                                            newest checkpoint is the root of the records, and verify() agrees;
//                                            prints how many of SEED's records are there
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "journal/journal.h"
#include "journal/segment.h"
#include "journal/verify.h"
#include "records/stored.h"

namespace {

using namespace rampart;
using namespace rampart::journal;

/// The journal's own records begin with a CBOR map, these never do.
constexpr uint8_t kOurs = 0xD9;
/// The writer's first record of a run says which number the following ones count from: theirs are not known before.
constexpr size_t kHead = 17;

JournalOptions options_of() {
  JournalOptions options;
  options.group_wait = std::chrono::milliseconds(1);
  options.checkpoint_every = std::chrono::milliseconds(20);
  options.segment_octets = 60'000;  // many ends of segments
  options.waiting_octets = size_t{1} << 20;
  options.alarm = [](std::string_view line) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
  };
  return options;
}

uint64_t mixed(uint64_t value) {  // splitmix64
  value += 0x9E37'79B9'7F4A'7C15U;
  value = (value ^ value >> 30) * 0xBF58'476D'1CE4'E5B9U;
  value = (value ^ value >> 27) * 0x94D0'49BB'1331'11EBU;
  return value ^ value >> 31;
}

/// record_of is the record that `seed` gives to `count`: 17 to 800 octets.
std::vector<uint8_t> record_of(uint64_t seed, uint64_t count) {
  std::vector<uint8_t> record{kOurs};
  for (int i = 0; i < 8; ++i) record.push_back(static_cast<uint8_t>(seed >> (8 * i)));
  for (int i = 0; i < 8; ++i) record.push_back(static_cast<uint8_t>(count >> (8 * i)));
  uint64_t state = mixed(seed ^ mixed(count));
  for (size_t left = state % 784; left > 0; --left) record.push_back(static_cast<uint8_t>(state = mixed(state)));
  return record;
}

int make(const std::string& folder) {
  make_folders(folder + "/keys");
  const auto signer = crypto::make_key_file(Layout{folder}.key_file());
  make_journal(folder, "test/driver", *signer, {.reserve_octets = 65'536});
  return 0;
}

int write(const std::string& folder, uint64_t seed, uint64_t count) {
  const SystemClock clock;
  const auto journal = Journal::open(folder, options_of(), clock);
  uint64_t last = 0;
  for (uint64_t i = 0; i < count;) {
    const uint64_t group = std::min<uint64_t>(1 + mixed(i) % 40, count - i);
    for (uint64_t end = i + group; i < end; ++i) {
      const auto number = journal->append(record_of(seed, i), Urgency::reserved);
      if (!number) return 3;
      last = *number;
    }
    // The disk may fail for a while; that no acknowledgement comes is its right, that it comes falsely is not.
    if (!journal->wait_durable(last, std::chrono::seconds(20))) return 4;
    const std::string line = fmt::format("{} {}\n", last, i);
    if (!write_all(STDOUT_FILENO, as_bytes(line))) return 5;
    if (mixed(seed + i) % 16 == 0) journal->checkpoint();
  }
  journal->close();
  return 0;
}

/// Walk is all that lies in the segments: each seed's counts must run without gap, and numbers too.
struct Walk {
  TreeBuilder tree;
  uint64_t next_count = 0, last_seed = 0;
  std::string wrong;

  void take(uint64_t number, Bytes record, uint64_t seed) {
    if (number != tree.size()) wrong = fmt::format("record {} follows {}", number, tree.size());
    tree.append(leaf_hash(record), nullptr);
    if (record[0] != kOurs) {
      if (!records::Stored::decode(record)) wrong = fmt::format("record {} is no record of the journal's own", number);
      return;
    }
    if (record.size() < kHead) {
      wrong = fmt::format("record {} is too short", number);
      return;
    }
    const uint64_t its_seed = load_little<8>(record.data() + 1), count = load_little<8>(record.data() + 9);
    if (!std::ranges::equal(record, record_of(its_seed, count)))
      wrong = fmt::format("record {} is another one", number);
    if (count != (its_seed == last_seed ? next_count : 0)) wrong = fmt::format("record {} is out of order", number);
    last_seed = its_seed;
    next_count = count + 1;
    if (its_seed == seed) kept = next_count;
  }
  uint64_t kept = 0;  // records of the seed that was asked for
};

int complain(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  return 1;
}

/// check opens the journal, which repairs it, closes it, and reads everything by itself.
int check(const std::string& folder, uint64_t seed, uint64_t acked) {
  const SystemClock clock;
  Journal::open(folder, options_of(), clock)->close();
  const Layout layout{folder};
  Walk walk;
  const std::vector<SegmentName> segments = segments_of(layout);
  for (size_t i = 0; i < segments.size(); ++i) {
    const uint64_t limit = i + 1 < segments.size() ? segments[i + 1].first : UINT64_MAX;
    const MappedFile file(segments[i].path);
    if (file.bytes().size() < kSegmentHeader) return complain(segments[i].path + ": it has no header");
    FrameReader reader(file.bytes().subspan(kSegmentHeader), segments[i].first);
    FrameReader::Frame frame;
    FrameReader::State state = FrameReader::State::clean;
    while (reader.number() < limit && (state = reader.next(frame)) == FrameReader::State::frame) {
      walk.take(frame.number, frame.record, seed);
    }
    if (reader.number() < limit && state != FrameReader::State::clean) {
      return complain(fmt::format("{}: a frame is wrong at {}", segments[i].path, reader.offset()));
    }
  }
  if (!walk.wrong.empty()) return complain(walk.wrong);
  if (walk.kept < acked) return complain(fmt::format("{} were acknowledged, {} are there", acked, walk.kept));
  const auto note = parse_note(as_text(read_file(layout.checkpoint(), 1'000'000).value()));
  const auto checkpoint = note ? parse_checkpoint(note->text) : std::nullopt;
  if (!checkpoint || !verified(*note, verifier_keys(layout).back())) return complain("the checkpoint is not signed");
  if (checkpoint->size != walk.tree.size() || checkpoint->root != walk.tree.root()) {
    return complain(fmt::format("the checkpoint is of {} records, there are {}", checkpoint->size, walk.tree.size()));
  }
  const VerifyReport report = verify(folder, {});
  if (!report.good() || report.unsigned_records != 0) {
    std::string text;
    append_text(text, report);
    return complain(text);
  }
  if (!names_in(layout.damaged()).empty()) return complain("something was set aside as damaged");
  std::printf("%llu\n", static_cast<unsigned long long>(walk.kept));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() == 2 && words[0] == "make") return make(words[1]);
    if (words.size() == 4) {
      const uint64_t seed = parse_number(words[2]).value_or(0), count = parse_number(words[3]).value_or(0);
      if (words[0] == "write") return write(words[1], seed, count);
      if (words[0] == "check") return check(words[1], seed, count);
    }
  } catch (const Error& error) {
    std::fprintf(stderr, "journal_driver: %s\n", error.what());
    return 2;
  }
  std::fprintf(stderr, "usage: journal_driver make FOLDER | write FOLDER SEED COUNT | check FOLDER SEED ACKED\n");
  return 64;
}
