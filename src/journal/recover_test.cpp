#include "journal/recover.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "journal/journal_testing.h"
#include "journal/testing.h"
#include "journal/tile_files.h"
#include "journal/verify.h"

namespace rampart::journal {
namespace {

constexpr Duration kLong = std::chrono::minutes(1);

/// A journal of 9 records under its checkpoint and then `kGroups` groups of `kInGroup` records that no checkpoint
/// covers.
class RecoverTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kGroups = 4, kInGroup = 3;

  RecoverTest() {
    made_journal(path);
    JournalOptions options = quick();
    options.group_wait = options.checkpoint_every = std::chrono::hours(1);
    const auto journal = Journal::open(path, options, clock);
    append_group(*journal, 8);
    journal->checkpoint();
    signed_size = journal->status().checkpoint;
    for (uint64_t group = 0; group < kGroups; ++group) append_group(*journal, kInGroup);
    // Killed here: what lies in the folder now is what the next one finds.
    std::filesystem::copy(path, crashed, std::filesystem::copy_options::recursive);
    size = journal->status().size;
  }
  static void append_group(Journal& journal, uint64_t count) {
    uint64_t last = 0;
    for (uint64_t i = 0; i < count; ++i) {
      last = journal.append(content_of(journal.status().size), Urgency::normal).value();
    }
    ASSERT_TRUE(journal.wait_durable(last, kLong));
  }
  /// offset_of is where the frame of record `number` begins in the crashed journal's file.
  uint64_t offset_of(uint64_t number) const {
    const auto bytes = read_file(file, 1 << 20).value();
    FrameReader reader(Bytes(bytes).subspan(kSegmentHeader), 0);
    FrameReader::Frame frame;
    while (reader.number() < number && reader.next(frame) == FrameReader::State::frame) continue;
    return kSegmentHeader + reader.offset();
  }
  void flip(uint64_t offset) const {
    auto bytes = read_file(file, 1 << 20).value();
    bytes.at(offset) ^= 0x10;
    replace_file(file, bytes);
  }
  std::unique_ptr<Journal> open() { return Journal::open(crashed, quick(), clock); }
  void expect_signed() const {
    const auto checkpoint = signed_in(crashed);
    ASSERT_TRUE(checkpoint);
    DirectoryTiles tiles(crashed);
    EXPECT_EQ(root_at(tiles, checkpoint->size), checkpoint->root);
  }

  const TemporaryFolder folder;
  const std::string path = folder / "journal", crashed = folder / "crashed";
  const Layout layout{crashed};
  const std::string file = layout.segment(0);
  SetClock clock;
  uint64_t signed_size = 0, size = 0;
};

TEST_F(RecoverTest, AcknowledgedRecordsWithoutCheckpointAreThereAgain) {
  const auto journal = open();
  EXPECT_GE(journal->status().durable, size);
  journal->close();
  const auto records = records_in(crashed);
  for (uint64_t n = 1; n < size; ++n) EXPECT_EQ(records.at(n), content_of(n));
  EXPECT_TRUE(events_in(crashed, "torn-tail").empty());
  EXPECT_EQ(signed_in(crashed)->root, root_of_records(crashed, records.size()));
  expect_signed();
}

TEST_F(RecoverTest, EveryCutOfTheLastGroupLeavesTheWholeRecordsBeforeIt) {
  const uint64_t begin = offset_of(size - kInGroup), end = offset_of(size);
  std::vector<uint64_t> ends;
  for (uint64_t n = size - kInGroup; n <= size; ++n) ends.push_back(offset_of(n));
  const auto whole = read_file(file, 1 << 20).value();
  const std::string spare = folder / "spare";
  std::filesystem::copy(crashed, spare, std::filesystem::copy_options::recursive);
  for (uint64_t cut = begin; cut <= end; ++cut) {
    std::filesystem::remove_all(crashed);
    std::filesystem::copy(spare, crashed, std::filesystem::copy_options::recursive);
    replace_file(file, Bytes(whole).first(cut));
    open()->close();
    const auto records = records_in(crashed);
    uint64_t kept = size - kInGroup;
    while (kept < size && ends[kept + 1 - (size - kInGroup)] <= cut) ++kept;
    for (uint64_t n = 1; n < kept; ++n) ASSERT_EQ(records.at(n), content_of(n));
    const uint64_t rest = cut - ends[kept - (size - kInGroup)];
    const auto torn = events_in(crashed, "torn-tail");
    ASSERT_EQ(torn.size(), rest > 0 ? 1U : 0U) << cut;
    if (rest > 0) {
      EXPECT_EQ(torn[0].count, rest);
    }
    EXPECT_EQ(signed_in(crashed)->root, root_of_records(crashed, records.size()));
  }
}

TEST_F(RecoverTest, DamageBeyondTheCheckpointIsSetAsideWithAllThatFollows) {
  flip(offset_of(signed_size + 1) + 12);
  const auto journal = open();
  journal->close();
  const auto damaged = events_in(crashed, "damaged");
  ASSERT_EQ(damaged.size(), 1U);
  EXPECT_EQ(damaged[0].from, signed_size + 1);
  EXPECT_TRUE(std::filesystem::exists(crashed + "/" + damaged[0].reason)) << damaged[0].reason;
  const auto records = records_in(crashed);
  for (uint64_t n = 1; n <= signed_size; ++n) EXPECT_EQ(records.at(n), content_of(n));
  EXPECT_EQ(signed_in(crashed)->root, root_of_records(crashed, records.size()));
  EXPECT_EQ(segments_of(layout).size(), 2U);
  expect_signed();
}

TEST_F(RecoverTest, DamageBelowTheCheckpointCostsThatRecordOnly) {
  flip(offset_of(4) + 12);
  open()->close();
  const auto damaged = events_in(crashed, "damaged");
  ASSERT_EQ(damaged.size(), 1U);
  EXPECT_EQ(damaged[0].from, 4U);
  EXPECT_EQ(damaged[0].to, 5U);
  const auto records = records_in(crashed);
  EXPECT_FALSE(records.contains(4));
  for (uint64_t n = 5; n < size; ++n) EXPECT_EQ(records.at(n), content_of(n));
  EXPECT_EQ(signed_in(crashed)->size, records.rbegin()->first + 1);
  expect_signed();
  open()->close();
  EXPECT_EQ(events_in(crashed, "damaged").size(), 1U);  // told once
}

TEST_F(RecoverTest, SignedRecordsThatAreCutOffLeaveAHole) {
  std::filesystem::resize_file(file, offset_of(5));
  open()->close();
  const auto damaged = events_in(crashed, "damaged");
  ASSERT_EQ(damaged.size(), 1U);
  EXPECT_EQ(damaged[0].from, 5U);
  EXPECT_EQ(damaged[0].to, signed_size);
  EXPECT_EQ(segments_of(layout).back().first, signed_size);
  expect_signed();
}

TEST_F(RecoverTest, AllSegmentsGoneLeavesTheTree) {
  std::filesystem::remove(file);
  const auto journal = open();
  EXPECT_EQ(journal->status().first, signed_size);
  journal->close();
  EXPECT_EQ(segments_of(layout).front().first, signed_size);
  expect_signed();
}

TEST_F(RecoverTest, SegmentsAfterAMissingOneAreSetAside) {
  std::vector<uint8_t> bytes;
  append(bytes, SegmentHeader{.first = size + 5, .made = clock.now()});
  append_frame(bytes, size + 5, true, content_of(size + 5));
  create_file(layout.segment(size + 5), bytes, 0640);
  open()->close();
  const auto damaged = events_in(crashed, "damaged");
  ASSERT_EQ(damaged.size(), 1U);
  EXPECT_EQ(damaged[0].from, size);
  EXPECT_EQ(damaged[0].to, size + 5);
  EXPECT_EQ(read_file(layout.damaged() + layout.segment(size + 5).substr(layout.segments().size()), 1000), bytes);
  expect_signed();
}

TEST_F(RecoverTest, LaterSegmentOutranksTheTailOfAnEarlierOne) {
  std::vector<uint8_t> bytes;
  append(bytes, SegmentHeader{.first = size - 2, .made = clock.now()});
  append_frame(bytes, size - 2, true, as_bytes("again"));
  create_file(layout.segment(size - 2), bytes, 0640);
  open()->close();
  const auto records = records_in(crashed);
  EXPECT_EQ(as_text(records.at(size - 2)), "again");
  EXPECT_TRUE(events_in(crashed, "damaged").empty());
  EXPECT_EQ(signed_in(crashed)->root, root_of_records(crashed, records.size()));
}

TEST_F(RecoverTest, SegmentThatACrashLeftWithoutHeaderIsRemoved) {
  for (const size_t length : {size_t{0}, size_t{5}, size_t{31}, size_t{100}}) {
    create_file(layout.segment(records_in(crashed).size()), std::vector<uint8_t>(length), 0640);
    open()->close();
    EXPECT_TRUE(events_in(crashed, "damaged").empty());
    EXPECT_EQ(signed_in(crashed)->root, root_of_records(crashed, records_in(crashed).size()));
  }
  EXPECT_EQ(events_in(crashed, "torn-tail").size(), 4U);
}

TEST_F(RecoverTest, DamagedHeaderLosesNoRecord) {
  flip(9);
  open()->close();
  EXPECT_EQ(events_in(crashed, "damaged").size(), 1U);
  EXPECT_EQ(signed_in(crashed)->root, root_of_records(crashed, records_in(crashed).size()));
}

TEST_F(RecoverTest, MissingTilesAreMadeAnew) {
  std::filesystem::remove_all(crashed + "/tile/0");
  open()->close();
  ASSERT_EQ(events_in(crashed, "damaged").size(), 1U);
  EXPECT_EQ(signed_in(crashed)->root, root_of_records(crashed, records_in(crashed).size()));
  expect_signed();
}

TEST_F(RecoverTest, RecordsThatAreOthersThanWereSignedAreRefusedWithoutTiles) {
  std::filesystem::remove_all(crashed + "/tile/0");
  auto bytes = read_file(file, 1 << 20).value();
  std::vector<uint8_t> forged = content_of(4), frame;
  forged.back() ^= 1;
  append_frame(frame, 4, false, forged);
  std::copy(frame.begin(), frame.end(), bytes.begin() + static_cast<ptrdiff_t>(offset_of(4)));
  replace_file(file, bytes);
  EXPECT_THROW(open(), Error);
}

TEST_F(RecoverTest, CheckpointByAStrangerIsRefused) {
  const auto stranger = crypto::make_key_file(folder / "stranger.pem");
  Note note = parse_note(as_text(read_file(layout.checkpoint(), 10'000).value())).value();
  note.signatures.clear();
  sign(note, "test/journal", *stranger);
  replace_file(layout.checkpoint(), as_bytes(format(note)));
  EXPECT_THROW(open(), Error);
  replace_file(layout.checkpoint(), as_bytes("nothing"));
  EXPECT_THROW(open(), Error);
  std::filesystem::remove(layout.checkpoint());
  EXPECT_THROW(open(), Error);
}

TEST_F(RecoverTest, PreparedKeyThatCannotBeOpenedIsAnAlarmOnly) {
  replace_file(layout.next_key_token(), as_bytes("pkcs11:nothing"));
  std::string alarms;
  JournalOptions options = quick();
  options.alarm = [&](std::string_view line) { alarms += line; };
  Journal::open(crashed, options, clock)->close();
  EXPECT_NE(alarms.find("prepared for a change"), std::string::npos) << alarms;
}

/// Each state that a crash can leave between the steps of a change of key.
TEST_F(RecoverTest, ChangeOfKeyIsCompletedFromEveryStep) {
  open()->close();
  const VerifierKey before = verifier_keys(layout).back();
  const auto next = crypto::make_key_file(layout.next_key_file());
  const VerifierKey after{.name = before.name, .key = next->public_key()};
  open()->close();  // the key was made, nothing else
  EXPECT_EQ(verifier_keys(layout).back(), before);

  // The record is written, no checkpoint covers it.
  std::vector<uint8_t> record, bytes;
  const std::string before_text = before.text(), after_text = after.text();
  append_cbor(record, records::KeyChange{.before = before_text, .after = after_text}, clock.now());
  const uint64_t number = records_in(crashed).size();
  append(bytes, SegmentHeader{.first = number, .made = clock.now()});
  append_frame(bytes, number, true, record);
  create_file(layout.segment(number), bytes, 0640);
  open()->close();
  EXPECT_EQ(verifier_keys(layout).back(), after);
  EXPECT_EQ(open_signer(layout)->public_key(), after.key);
  const Note both = parse_note(as_text(read_file(layout.checkpoint(), 10'000).value())).value();
  EXPECT_TRUE(verified(both, before));
  EXPECT_TRUE(verified(both, after));

  // The checkpoint is published, neither journal.vkeys nor the files say so.
  std::filesystem::copy_file(layout.key_file(), layout.next_key_file());
  std::filesystem::copy_file(Layout{path}.key_file(), layout.key_file(),
                             std::filesystem::copy_options::overwrite_existing);
  replace_file(layout.verifier_keys(), as_bytes(before_text + "\n"));
  open()->close();
  EXPECT_EQ(verifier_keys(layout).size(), 2U);
  EXPECT_EQ(open_signer(layout)->public_key(), after.key);

  // journal.vkeys says so, the files do not.
  std::filesystem::copy_file(layout.key_file(), layout.next_key_file());
  std::filesystem::copy_file(Layout{path}.key_file(), layout.key_file(),
                             std::filesystem::copy_options::overwrite_existing);
  open()->close();
  EXPECT_EQ(verifier_keys(layout).size(), 2U);
  EXPECT_EQ(open_signer(layout)->public_key(), after.key);
  EXPECT_FALSE(std::filesystem::exists(layout.next_key_file()));
  expect_signed();
}

// Before there were packs, each tile had a file of its own.
TEST(Packs, AJournalWithATileAFileGoesOnInPacks) {
  MadeJournal made(512, Tiles::single);
  made.fill(700);
  made.sign();
  const std::string path = made.layout.folder;
  const SystemClock clock;
  for (uint64_t round = 0; round < 2; ++round) {
    const auto journal = Journal::open(path, quick(), clock);
    for (uint64_t i = 0; i < 500; ++i) journal->append(content_of(i), Urgency::normal);
    journal->close();
  }
  EXPECT_TRUE(std::filesystem::exists(path + "/tile/0/001"));
  EXPECT_FALSE(std::filesystem::exists(path + "/tile/0/002"));
  EXPECT_EQ(std::filesystem::file_size(path + "/" + pack_path(0)), 6 * kTileOctets);
  const VerifyReport report = verify(path, {.trusted = {made.key()}});
  EXPECT_TRUE(report.good());
  EXPECT_EQ(report.records, 1704U);  // and twice opened and closed
  for (const uint64_t number : {5U, 511U, 512U, 699U, 700U, 1703U}) {
    EXPECT_EQ(check_proof(prove(path, number), {made.key()}), "") << number;
  }
}

}  // namespace
}  // namespace rampart::journal
