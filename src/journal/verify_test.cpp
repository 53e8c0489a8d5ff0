#include "journal/verify.h"

#include <gmock/gmock.h>

#include <atomic>
#include <random>
#include <thread>

#include "base/text.h"
#include "journal/journal.h"
#include "journal/journal_testing.h"
#include "journal/reader.h"
#include "journal/testing.h"
#include "records/stored.h"

namespace rampart::journal {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

VerifyReport checked(const MadeJournal& journal, uint32_t workers = 2) {
  VerifyOptions options;
  options.trusted = {journal.key()};
  options.workers = workers;
  return verify(journal.layout.folder, options);
}
std::string text_of(const VerifyReport& report) {
  std::string text;
  append_text(text, report);
  return text;
}
Record key_change(const VerifierKey& before, const VerifierKey& after) {
  Record record;
  const std::string old_key = before.text(), new_key = after.text();
  records::append_cbor(
      record, records::KeyChange{.before = old_key, .after = new_key, .reason = "test", .person = "p-1"}, TimePoint{});
  return record;
}
Record pruned(uint64_t to) {
  Record record;
  records::append_cbor(record, records::JournalEvent{.event = "pruned", .from = 0, .to = to}, TimePoint{});
  return record;
}
std::unique_ptr<crypto::Signer> new_key(const MadeJournal& journal, const char* name) {
  return crypto::make_key_file(journal.layout.folder + "/keys/" + name);
}

TEST(Verify, FindsNothingWrongWithAnUntouchedJournalOfAnySize) {
  for (const uint64_t size : {0U, 1U, 2U, 255U, 256U, 257U, 511U, 512U, 513U, 1000U, 5000U}) {
    MadeJournal journal;
    journal.fill(size);
    journal.sign();
    const VerifyReport report = checked(journal);
    EXPECT_TRUE(report.good()) << size << "\n" << text_of(report);
    EXPECT_EQ(report.records, size);
    EXPECT_EQ(report.signed_size, size);
  }
}

TEST(Verify, FindsNothingWrongAroundAFullTileOfTheSecondLevel) {
  MadeJournal journal(16'384);
  journal.fill(65'535);
  for (uint64_t size = 65'535; size <= 65'537; ++size) {
    journal.sign();
    const VerifyReport report = checked(journal);
    EXPECT_TRUE(report.good()) << size << "\n" << text_of(report);
    EXPECT_EQ(report.signed_size, size);
    journal.fill(1);
  }
  journal.sign();
  journal.change(20'000, [](std::vector<Record>& all, size_t at) { all[at] = MadeJournal::record(1, 9); });
  journal.change(60'000,
                 [](std::vector<Record>& all, size_t at) { all.erase(all.begin() + static_cast<ptrdiff_t>(at)); });
  const VerifyReport report = checked(journal);
  ASSERT_THAT(report.faults, SizeIs(2)) << text_of(report);
  EXPECT_EQ(report.faults[0].kind, Fault::Kind::altered);
  EXPECT_EQ(report.faults[0].from, 20'000U);
  EXPECT_EQ(report.faults[1].kind, Fault::Kind::removed);
  EXPECT_EQ(report.faults[1].from, 60'000U);
}

TEST(Verify, SaysTheSameWithAnyNumberOfWorkers) {
  MadeJournal journal(256);
  journal.fill(3000);
  journal.sign();
  journal.change(700, [](std::vector<Record>& all, size_t at) { all[at] = MadeJournal::record(1, 9); });
  const std::string one = text_of(checked(journal, 1));
  for (const uint32_t workers : {2U, 3U, 8U}) EXPECT_EQ(text_of(checked(journal, workers)), one);
}

TEST(Verify, ReadsSegmentsThatBeginAnywhere) {
  for (const uint64_t in_segment : {1U, 7U, 100U, 300U}) {
    MadeJournal journal(in_segment);
    journal.fill(in_segment == 1 ? 300 : 1500);
    journal.sign();
    EXPECT_TRUE(checked(journal).good()) << in_segment << "\n" << text_of(checked(journal));
  }
}

TEST(Verify, LetsALaterSegmentOutrankTheTailOfTheOneBefore) {
  MadeJournal journal(256);
  journal.fill(600);
  journal.sign();
  std::vector<Record> all = journal.records_of(0);
  for (uint64_t i = 0; i < 5; ++i) all.push_back(MadeJournal::record(i, 3));
  journal.rewrite(0, all);
  EXPECT_TRUE(checked(journal).good()) << text_of(checked(journal));
}

TEST(Verify, CountsWhatNoCheckpointCoversYet) {
  MadeJournal journal;
  journal.fill(1000);
  journal.sign();
  journal.fill(20);
  const VerifyReport report = checked(journal);
  EXPECT_TRUE(report.good());
  EXPECT_EQ(report.size, 1020U);
  EXPECT_EQ(report.signed_size, 1000U);
  EXPECT_EQ(report.unsigned_records, 20U);
  EXPECT_THAT(text_of(report), HasSubstr("20 records after the newest checkpoint"));
}

TEST(Verify, TakesATornUnsignedTailAsWhatACrashLeaves) {
  MadeJournal journal;
  journal.fill(600);
  journal.sign();
  journal.fill(3);
  std::filesystem::resize_file(journal.layout.segment(512), journal.frames_of(512).back() - 3);
  const VerifyReport report = checked(journal);
  EXPECT_TRUE(report.good()) << text_of(report);
  EXPECT_EQ(report.size, 602U);
}

TEST(Verify, SaysThatTheKeyIsTheJournalsOwn) {
  MadeJournal journal;
  journal.fill(10);
  journal.sign();
  const VerifyReport own = verify(journal.layout.folder, {});
  EXPECT_TRUE(own.good());
  EXPECT_TRUE(own.own_key);
  EXPECT_THAT(text_of(own), HasSubstr("taken from the journal itself"));
  EXPECT_FALSE(checked(journal).own_key);
}

TEST(Verify, RefusesAFolderThatIsNoJournal) {
  const TemporaryFolder folder;
  EXPECT_THROW(verify(folder.path(), {}), Error);
  EXPECT_THROW(Reader(folder.path()), Error);
}

TEST(VerifyKeys, FollowsAChangeOfKeyThatTheOldKeySigned) {
  MadeJournal journal;
  journal.fill(300);
  journal.sign();
  const VerifierKey first = journal.key();
  auto next = new_key(journal, "next.pem");
  journal.append(key_change(first, {.name = MadeJournal::kOrigin, .key = next->public_key()}));
  journal.sign(true, next.get());
  journal.signer() = std::move(next);
  journal.fill(300);
  journal.sign();
  VerifyOptions options;
  options.trusted = {first};
  const VerifyReport report = verify(journal.layout.folder, options);
  EXPECT_TRUE(report.good()) << text_of(report);
  EXPECT_EQ(report.signed_size, 601U);
  EXPECT_THAT(report.keys, testing::ElementsAre(first, journal.key()));
}

TEST(VerifyKeys, DoesNotTakeTheOldKeyAfterTheChange) {
  MadeJournal journal;
  journal.fill(300);
  const VerifierKey first = journal.key();
  auto next = new_key(journal, "next.pem");
  journal.append(key_change(first, {.name = MadeJournal::kOrigin, .key = next->public_key()}));
  journal.sign(true, next.get());
  journal.fill(100);
  journal.sign();  // by the first key
  const VerifyReport report = verify(journal.layout.folder, {.trusted = {first}});
  ASSERT_THAT(report.faults, SizeIs(1)) << text_of(report);
  EXPECT_EQ(report.faults[0].kind, Fault::Kind::checkpoint);
  EXPECT_THAT(report.faults[0].what, HasSubstr("no longer counted"));
  EXPECT_EQ(report.signed_size, 301U);
}

TEST(VerifyKeys, DoesNotFollowAChangeThatNobodyTrustedSigned) {
  MadeJournal journal;
  journal.fill(300);
  journal.sign();
  const VerifierKey first = journal.key();
  auto next = new_key(journal, "next.pem");
  journal.append(key_change(first, {.name = MadeJournal::kOrigin, .key = next->public_key()}));
  journal.signer() = std::move(next);
  journal.sign();
  journal.fill(10);
  journal.sign();
  const VerifyReport report = verify(journal.layout.folder, {.trusted = {first}});
  ASSERT_THAT(report.faults, SizeIs(1)) << text_of(report);
  EXPECT_EQ(report.faults[0].kind, Fault::Kind::checkpoint);
  EXPECT_EQ(report.signed_size, 0U);
}

TEST(VerifyKeys, FollowsAChangeOfKeyThoughAnotherRecordWasAltered) {
  MadeJournal journal;
  journal.fill(300);
  const VerifierKey first = journal.key();
  auto next = new_key(journal, "next.pem");
  journal.append(key_change(first, {.name = MadeJournal::kOrigin, .key = next->public_key()}));
  journal.sign(true, next.get());
  journal.signer() = std::move(next);
  journal.fill(300);
  journal.sign();
  journal.change(10, [](std::vector<Record>& all, size_t at) { all[at][3] ^= 1; });
  const VerifyReport report = verify(journal.layout.folder, {.trusted = {first}});
  ASSERT_THAT(report.faults, SizeIs(1)) << text_of(report);
  EXPECT_EQ(report.faults[0].kind, Fault::Kind::altered);
  EXPECT_EQ(report.faults[0].from, 10U);
}

TEST(Verify, NamesTheFileThatHoldsTheRecord) {
  for (const auto& [number, file] :
       {std::pair{10U, "segments/00000000000000000000.seg"}, std::pair{300U, "segments/00000000000000000256.seg"},
        std::pair{550U, "segments/00000000000000000512.seg"}}) {
    MadeJournal journal(256);
    journal.fill(600);
    journal.sign();
    journal.change(number, [](std::vector<Record>& all, size_t at) { all[at][3] ^= 1; });
    const VerifyReport report = checked(journal);
    ASSERT_THAT(report.faults, SizeIs(1)) << text_of(report);
    EXPECT_EQ(report.faults[0].from, number);
    EXPECT_EQ(report.faults[0].where, file);
  }
}

TEST(VerifyPruned, TakesTheHashesOfPrunedRecordsFromTheTiles) {
  MadeJournal journal(256);
  journal.fill(2000);
  journal.append(pruned(1024));
  journal.fill(10);
  journal.sign();
  for (uint64_t first = 0; first < 1024; first += 256) std::filesystem::remove(journal.layout.segment(first));
  const VerifyReport report = checked(journal);
  EXPECT_TRUE(report.good()) << text_of(report);
  EXPECT_EQ(report.pruned, 1024U);
  EXPECT_EQ(report.first, 1024U);
  EXPECT_EQ(report.records, 2011U - 1024);

  journal.remove_leaves(1);
  const VerifyReport tampered = checked(journal);
  ASSERT_FALSE(tampered.good());
  EXPECT_LT(tampered.faults[0].from, 512U);
}

TEST(VerifyPruned, BelievesNoPruningThatIsNotSigned) {
  MadeJournal journal(256);
  journal.fill(2000);
  journal.sign();
  journal.append(pruned(1024));
  journal.flush();
  for (uint64_t first = 0; first < 1024; first += 256) std::filesystem::remove(journal.layout.segment(first));
  const VerifyReport report = checked(journal);
  ASSERT_THAT(report.faults, SizeIs(1)) << text_of(report);
  EXPECT_EQ(report.faults[0].kind, Fault::Kind::removed);
  EXPECT_EQ(report.faults[0].to, 1024U);
  EXPECT_THAT(text_of(report), HasSubstr("not signed"));
}

TEST(VerifyWitness, CountsWhatAWitnessCosigned) {
  MadeJournal journal;
  journal.fill(500);
  journal.sign();
  const auto witness = new_key(journal, "witness.pem");
  const VerifierKey key{
      .name = "witness.example", .type = VerifierKey::Type::cosignature, .key = witness->public_key()};
  Note note = parse_note(as_text(MadeJournal::get(journal.layout.checkpoint()))).value();
  cosign(note, key.name, *witness, std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000)));
  MadeJournal::put(journal.layout.checkpoint(), as_bytes(format(note)));
  VerifyOptions options{.trusted = {journal.key()}, .witnesses = {key}};
  EXPECT_EQ(verify(journal.layout.folder, options).witnessed_size, 500U);
  EXPECT_TRUE(verify(journal.layout.folder, options).good());

  note.signatures.back().bytes.back() ^= 1;
  MadeJournal::put(journal.layout.checkpoint(), as_bytes(format(note)));
  const VerifyReport report = verify(journal.layout.folder, options);
  ASSERT_THAT(report.faults, SizeIs(1));
  EXPECT_THAT(report.faults[0].what, HasSubstr("witness.example"));
}

TEST(VerifyWitness, CountsAnOlderCheckpointThatIsAPrefix) {
  MadeJournal journal;
  journal.fill(300);
  journal.sign();
  VerifyOptions options{.trusted = {journal.key()}};
  options.older_checkpoint = as_text(MadeJournal::get(journal.layout.checkpoint()));
  journal.fill(300);
  journal.sign();
  const VerifyReport report = verify(journal.layout.folder, options);
  EXPECT_TRUE(report.good()) << text_of(report);
  EXPECT_EQ(report.witnessed_size, 300U);
  options.older_checkpoint = "nonsense";
  EXPECT_THROW(verify(journal.layout.folder, options), Error);
}

/// flip_everywhere flips one bit of every `step`th octet of every file in turn.
void flip_everywhere(MadeJournal& journal, size_t step) {
  std::mt19937_64 random(7);
  const std::string base = journal.layout.folder;
  ASSERT_TRUE(checked(journal, 1).good());
  for (const char* part : {"segments", "tile", "checkpoint", "checkpoints"}) {
    std::vector<std::string> files;
    if (std::filesystem::is_directory(base + "/" + part)) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(base + "/" + part)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    } else {
      files.push_back(base + "/" + part);
    }
    for (const std::string& file : files) {
      const std::vector<uint8_t> before = MadeJournal::get(file);
      const auto begins = std::string_view(part) == "segments"
                              ? journal.frames_of(*parse_number(file.substr(file.size() - 24, 20)))
                              : std::vector<uint64_t>{};
      for (size_t at = random() % step; at < before.size(); at += step) {
        std::vector<uint8_t> after = before;
        after[at] ^= static_cast<uint8_t>(1U << random() % 8);
        MadeJournal::put(file, after);
        const VerifyReport report = checked(journal, 1);
        ASSERT_THAT(report.faults, SizeIs(1)) << file << " octet " << at << "\n" << text_of(report);
        if (begins.empty() || at < kSegmentHeader) continue;
        const auto frame = std::ranges::upper_bound(begins, at) - begins.begin() - 1;
        const uint64_t number = *parse_number(file.substr(file.size() - 24, 20)) + static_cast<uint64_t>(frame);
        ASSERT_EQ(report.faults[0].from, number) << file << " octet " << at << "\n" << text_of(report);
        ASSERT_EQ(report.faults[0].to, number + 1) << file << " octet " << at << "\n" << text_of(report);
      }
      MadeJournal::put(file, before);
    }
  }
}

TEST(VerifyBits, FindsEveryFlippedBitOfASmallJournal) {
  MadeJournal journal(8);
  journal.fill(20);
  journal.sign();
  flip_everywhere(journal, 1);
}

TEST(VerifyBits, FindsFlippedBitsOfFullTiles) {
  MadeJournal journal(256);
  journal.fill(520);
  journal.sign();
  flip_everywhere(journal, 29);
}

TEST(VerifyHostile, SurvivesFoldersThatWereMangledAtRandom) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    MadeJournal journal(128);
    journal.fill(700);
    journal.sign();
    std::mt19937_64 random(seed);
    std::vector<std::string> files;
    for (const char* part : {"segments", "tile", "checkpoints"}) {
      for (const auto& entry : std::filesystem::recursive_directory_iterator(journal.layout.folder + "/" + part)) {
        if (entry.is_regular_file()) files.push_back(entry.path());
      }
    }
    std::ranges::sort(files);
    const std::vector<uint8_t> segment = MadeJournal::get(journal.layout.segment(0));
    for (uint64_t i = 0; i < 1 + seed % 8; ++i) {
      const std::string& file = files[random() % files.size()];
      if (!std::filesystem::exists(file)) continue;
      auto bytes = MadeJournal::get(file);
      if (bytes.empty()) continue;
      const uint64_t at = random() % bytes.size();
      switch (random() % 5) {
        case 0:
          for (uint64_t k = at; k < std::min(at + 20, bytes.size()); ++k) bytes[k] = static_cast<uint8_t>(random());
          MadeJournal::put(file, bytes);
          break;
        case 1:
          std::filesystem::resize_file(file, at);
          break;
        case 2:
          std::filesystem::remove(file);
          break;
        case 3:
          MadeJournal::put(file, segment);
          break;
        default:
          std::filesystem::rename(file, journal.layout.segment(random() >> random() % 64));
      }
    }
    const std::string base = journal.layout.folder + "/";
    const std::string tile = base + tile_path(0, random() >> random() % 64, 256);
    make_folders(tile.substr(0, tile.rfind('/')));
    MadeJournal::put(tile, Record(8192));
    MadeJournal::put(base + pack_path(random() >> (8 + random() % 56)), Record(random() % 50'000, 1));
    const VerifyReport report = checked(journal);
    EXPECT_LE(text_of(report).size(), 20'000U);
    Reader reader(journal.layout.folder);
    uint64_t read = 0;
    for (Reader::Item item; reader.next(item);) ++read;
    EXPECT_LE(read, 2000U);
  }
}

TEST(VerifyText, FitsEightyColumnsAndSaysTheVerdictFirst) {
  MadeJournal journal;
  journal.fill(2000);
  journal.sign();
  EXPECT_TRUE(text_of(checked(journal)).starts_with("All 2,000 records are as they were signed.\n"));
  journal.change(1234, [](std::vector<Record>& all, size_t at) { all[at][3] ^= 1; });
  std::filesystem::remove(journal.layout.checkpoint());
  const std::string text = text_of(verify(journal.layout.folder, {}));
  EXPECT_TRUE(text.starts_with("2 faults: ")) << text;
  EXPECT_THAT(text, HasSubstr("record 1,234 was altered"));
  for (const std::string_view line : split(text, '\n')) EXPECT_LE(line.size(), 80U) << line;
  for (const char* word : {"prove", "certif", "guarantee"}) EXPECT_THAT(text, testing::Not(HasSubstr(word)));
}

TEST(VerifyLive, FindsNothingWrongWhileAJournalIsBeingWritten) {
  const TemporaryFolder folder;
  const std::string path = folder / "journal";
  made_journal(path);
  const SystemClock clock;
  JournalOptions options = quick();
  options.segment_octets = 20'000;
  options.checkpoint_every = std::chrono::milliseconds(3);
  const auto journal = Journal::open(path, options, clock);
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (uint64_t i = 0; !stop; ++i) {
      const auto number = journal->append(content_of(i), Urgency::normal);
      if (number && i % 64 == 0) journal->wait_durable(*number, std::chrono::seconds(30));
    }
  });
  uint64_t runs = 0;
  Reader reader(path);
  Reader::Item item;
  uint64_t read = 0;
  while (journal->status().checkpoint < 5000 || runs < 20) {
    const VerifyReport report = verify(path, {});
    EXPECT_TRUE(report.good()) << text_of(report);
    if (!report.good()) break;
    for (reader.refresh(); reader.next(item); ++read) ASSERT_EQ(item.number, read);
    ++runs;
  }
  stop = true;
  writer.join();
  journal->close();
  EXPECT_EQ(reader.damaged(), 0U);
  const VerifyReport report = verify(path, {});
  EXPECT_TRUE(report.good()) << text_of(report);
  EXPECT_EQ(report.unsigned_records, 0U);
  for (reader.refresh(); reader.next(item); ++read) ASSERT_EQ(item.number, read);
  EXPECT_EQ(read, report.size);
}

TEST(VerifyKept, AJournalOfTheFirstVersionIsStillAsItWasSigned) {
  const Layout layout{std::string(RAMPART_SOURCE_DIR) + "/tests/data/journal/v1"};
  const std::vector<uint8_t> keys = MadeJournal::get(layout.verifier_keys());
  const auto lines = split(as_text(keys), '\n');
  const VerifyReport report = verify(layout.folder, {.trusted = {VerifierKey::parse(lines.at(0)).value()}});
  EXPECT_TRUE(report.good()) << text_of(report);
  EXPECT_EQ(report.records, 603U);
  EXPECT_EQ(report.signed_size, 603U);
  EXPECT_THAT(report.keys, SizeIs(2));
  Reader reader(layout.folder);
  Reader::Item item;
  uint64_t read = 0;
  for (; reader.next(item); ++read) EXPECT_TRUE(records::Stored::decode(item.record)) << item.number;
  EXPECT_EQ(read, 603U);
  EXPECT_EQ(check_proof(prove(layout.folder, 5), report.keys), "");
}

TEST(VerifyKept, AJournalThatWentOnInPacksIsStillAsItWasSigned) {
  const Layout layout{std::string(RAMPART_SOURCE_DIR) + "/tests/data/journal/v2"};
  const std::vector<uint8_t> keys = MadeJournal::get(layout.verifier_keys());
  const auto key = VerifierKey::parse(split(as_text(keys), '\n').at(0)).value();
  const VerifyReport report = verify(layout.folder, {.trusted = {key}});
  EXPECT_TRUE(report.good()) << text_of(report);
  EXPECT_EQ(report.records, 1704U);
  EXPECT_EQ(report.signed_size, 1704U);
  for (const uint64_t number : {5U, 600U, 1500U, 1700U}) {
    EXPECT_EQ(check_proof(prove(layout.folder, number), {key}), "") << number;
  }
}

TEST(Prove, GivesAProofOfEachRecordThatOthersCanCheck) {
  MadeJournal journal;
  journal.fill(1300);
  journal.sign();
  journal.fill(1);
  for (const uint64_t number : {0U, 1U, 255U, 256U, 1023U, 1299U}) {
    Proof proof = parse_proof(format(prove(journal.layout.folder, number))).value();
    EXPECT_EQ(check_proof(proof, {journal.key()}), "") << number;
    EXPECT_EQ(proof.extra, journal.records[number]);
    EXPECT_NE(check_proof(proof, {}), "");
    proof.extra[0] ^= 1;
    EXPECT_THAT(check_proof(proof, {journal.key()}), HasSubstr("not record"));
  }
  EXPECT_THROW(prove(journal.layout.folder, 1300), Error);  // no checkpoint covers it
  journal.change(700, [](std::vector<Record>& all, size_t at) { all[at][3] ^= 1; });
  EXPECT_THROW(prove(journal.layout.folder, 700), Error);
}

TEST(ExportTlog, WritesBundlesTilesAndCheckpointThatFitTogether) {
  MadeJournal journal;
  journal.fill(700);
  journal.sign();
  journal.fill(20);
  const TemporaryFolder to;
  EXPECT_EQ(export_tlog(journal.layout.folder, to / "log"), 700U);
  const Note note = parse_note(as_text(MadeJournal::get(to / "log/checkpoint"))).value();
  const Checkpoint checkpoint = parse_checkpoint(note.text).value();
  DirectoryTiles tiles(to / "log");
  EXPECT_EQ(root_at(tiles, 700), checkpoint.root);
  TreeBuilder tree;
  for (const auto& [index, width] : {std::pair(0U, 256U), std::pair(1U, 256U), std::pair(2U, 188U)}) {
    const auto bundle = MadeJournal::get(to / "log" + "/" + bundle_path(index, width));
    ByteReader reader(bundle);
    for (uint32_t i = 0; i < width; ++i) tree.append(leaf_hash(reader.bytes(reader.u16())), {});
    EXPECT_TRUE(reader.done());
  }
  EXPECT_EQ(tree.root(), checkpoint.root);
  EXPECT_THROW(export_tlog(journal.layout.folder, to / "log"), Error);  // not empty
}

TEST(ExportTlog, LeavesOutPrunedBundles) {
  MadeJournal journal;
  journal.fill(2000);
  journal.sign();
  std::filesystem::remove(journal.layout.segment(0));
  const TemporaryFolder to;
  EXPECT_EQ(export_tlog(journal.layout.folder, to.path()), 2000U - 512);
  EXPECT_FALSE(std::filesystem::exists(to / bundle_path(1, 256)));
  EXPECT_TRUE(std::filesystem::exists(to / bundle_path(2, 256)));
  EXPECT_TRUE(std::filesystem::exists(to / tile_path(0, 0, 256)));
}

}  // namespace
}  // namespace rampart::journal
