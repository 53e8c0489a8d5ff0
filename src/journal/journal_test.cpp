#include "journal/journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "journal/testing.h"
#include "journal/tile_files.h"

namespace rampart::journal {
namespace {

constexpr Duration kLong = std::chrono::minutes(1);

class JournalTest : public ::testing::Test {
 protected:
  JournalTest() { made_journal(path); }

  std::unique_ptr<Journal> open(const JournalOptions& options = quick()) { return Journal::open(path, options, clock); }
  /// append_some appends records that tell their numbers and waits until they are durable.
  static void append_some(Journal& journal, uint64_t count) {
    uint64_t last = 0;
    for (uint64_t i = 0; i < count; ++i) {
      last = journal.append(content_of(journal.status().size), Urgency::normal).value();
    }
    ASSERT_TRUE(journal.wait_durable(last, kLong));
  }
  void expect_signed() const {
    const auto checkpoint = signed_in(path);
    ASSERT_TRUE(checkpoint);
    EXPECT_EQ(checkpoint->root, root_of_records(path, checkpoint->size));
    DirectoryTiles tiles(path);
    EXPECT_EQ(root_at(tiles, checkpoint->size), checkpoint->root);
  }

  const TemporaryFolder folder;
  const std::string path = folder / "journal";
  const Layout layout{path};
  SetClock clock;
};

TEST_F(JournalTest, RemovesWhatACrashLeftHalfWrittenAndNothingOfTheLiving) {
  const std::string dead = path + "/.new-2147483647-1", living = path + "/.new-" + std::to_string(::getpid()) + "-1";
  create_file(dead, as_bytes("a name"), 0600);
  create_file(living, as_bytes("a name"), 0600);
  open()->close();
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_TRUE(std::filesystem::exists(living));
}

TEST_F(JournalTest, NumbersGoOnWhereTheyEnded) {
  uint64_t size = 0;
  for (int round = 0; round < 4; ++round) {
    const auto journal = open();
    EXPECT_GE(journal->status().size, size);
    append_some(*journal, 300);
    journal->close();
    size = journal->status().size;
    EXPECT_EQ(signed_in(path)->size, size);
    expect_signed();
  }
  const auto records = records_in(path);
  EXPECT_EQ(records.size(), size);
  EXPECT_EQ(size, 4 * (300U + 2U));
  EXPECT_EQ(events_in(path, "opened").size(), 4U);
  EXPECT_EQ(events_in(path, "closed").size(), 4U);
}

TEST_F(JournalTest, EightThreadsGetNumbersOfTheirOwnAndAllIsKept) {
  const auto journal = open();
  std::vector<std::vector<uint64_t>> numbers(8);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < numbers.size(); ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < 400; ++i) {
        const std::string text = std::to_string(t) + ":" + std::to_string(i);
        numbers[t].push_back(journal->append(as_bytes(text), Urgency::normal).value());
        if (i % 50 != 0) continue;
        EXPECT_TRUE(journal->wait_durable(numbers[t].back(), kLong));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  journal->close();
  const auto records = records_in(path);
  for (size_t t = 0; t < numbers.size(); ++t) {
    for (uint64_t i = 0; i < 400; ++i) {
      EXPECT_EQ(as_text(records.at(numbers[t][i])), std::to_string(t) + ":" + std::to_string(i));
      EXPECT_TRUE(i == 0 || numbers[t][i - 1] < numbers[t][i]);
    }
  }
  expect_signed();
}

TEST_F(JournalTest, WhatIsDurableIsInTheFile) {
  JournalOptions options = quick();
  options.group_wait = std::chrono::hours(1);
  const auto journal = open(options);
  const uint64_t number = journal->append(content_of(7), Urgency::normal).value();
  EXPECT_FALSE(journal->wait_durable(number + 1, std::chrono::milliseconds(5)));
  EXPECT_TRUE(journal->wait_durable(number, kLong));  // closes the group an hour early
  EXPECT_EQ(records_in(path).at(number), content_of(7));
}

TEST_F(JournalTest, GroupWithoutAnybodyWaitingIsWrittenByItself) {
  const auto journal = open();
  const uint64_t number = journal->append(content_of(7), Urgency::normal).value();
  EXPECT_TRUE(soon([&] { return journal->status().durable > number; }));
}

TEST_F(JournalTest, RecordsOfNoOctetsOrTooManyAreCounted) {
  const auto journal = open();
  EXPECT_FALSE(journal->append({}, Urgency::reserved));
  EXPECT_FALSE(journal->append(std::vector<uint8_t>(65'536), Urgency::reserved));
  EXPECT_TRUE(journal->append(std::vector<uint8_t>(65'535), Urgency::normal));
  EXPECT_EQ(journal->status().not_kept, 2U);
  journal->close();
  ASSERT_EQ(events_in(path, "not-kept").size(), 1U);
  EXPECT_EQ(events_in(path, "not-kept")[0].reason, "too-large");
  EXPECT_EQ(events_in(path, "not-kept")[0].count, 2U);
}

TEST_F(JournalTest, FullMemoryGivesUpNormalRecordsFirstAndTellsHowMany) {
  JournalOptions options = quick();
  options.group_wait = std::chrono::hours(1);
  options.waiting_octets = 100'000;
  const auto journal = open(options);
  const std::vector<uint8_t> record(1000, 'n');
  uint64_t normal = 0, reserved = 0;
  while (journal->append(record, Urgency::normal)) ++normal;
  while (journal->append(record, Urgency::reserved)) ++reserved;
  EXPECT_GE(normal, 70U);
  EXPECT_LE(normal, 75U);
  EXPECT_GE(reserved, 20U);
  EXPECT_LE(normal + reserved, 100U);
  EXPECT_TRUE(journal->wait_durable(journal->status().size - 1, kLong));
  EXPECT_TRUE(journal->append(record, Urgency::normal));
  journal->close();
  const auto told = events_in(path, "not-kept");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].reason, "buffer-full");
  EXPECT_EQ(told[0].count, 2U);
}

TEST_F(JournalTest, WaitingForRoomLosesNothing) {
  JournalOptions options = quick();
  options.waiting_octets = 50'000;
  options.wait_for_room = true;
  const auto journal = open(options);
  for (uint64_t i = 0; i < 2000; ++i) ASSERT_TRUE(journal->append(std::vector<uint8_t>(500, 'w'), Urgency::normal));
  journal->close();
  EXPECT_EQ(journal->status().not_kept, 0U);
  EXPECT_EQ(records_in(path).size(), 2002U);
}

TEST_F(JournalTest, SegmentsBeginAtWholeBundlesAndLeaveACheckpoint) {
  JournalOptions options = quick();
  options.segment_octets = 20'000;
  const auto journal = open(options);
  append_some(*journal, 3000);
  journal->close();
  const auto segments = segments_of(layout);
  ASSERT_GT(segments.size(), 4U);
  for (const SegmentName& segment : segments) {
    EXPECT_EQ(segment.first % kBundle, 0U);
    EXPECT_EQ(segment.first > 0, std::filesystem::exists(layout.checkpoint_of(segment.first)));
  }
  expect_signed();
}

TEST_F(JournalTest, PartialTilesGoOnceTheFullTileIsSigned) {
  const auto journal = open();
  append_some(*journal, 100);
  journal->checkpoint();
  EXPECT_TRUE(std::filesystem::exists(path + "/tile/0/000.p/101"));
  append_some(*journal, 10);
  journal->checkpoint();
  EXPECT_TRUE(std::filesystem::exists(path + "/tile/0/000.p/101"));
  EXPECT_TRUE(std::filesystem::exists(path + "/tile/0/000.p/111"));
  append_some(*journal, 300);
  journal->checkpoint();
  EXPECT_FALSE(std::filesystem::exists(path + "/tile/0/000.p"));
  EXPECT_TRUE(read_tile(path, 0, 0, kBundle));
  expect_signed();
}

TEST_F(JournalTest, CheckpointCoversWhatWasAppendedAndIsTheSameWhereNothingIsNew) {
  const auto journal = open();
  append_some(*journal, 10);
  const std::string first = journal->checkpoint();
  EXPECT_EQ(parse_checkpoint(parse_note(first)->text)->size, 11U);
  EXPECT_EQ(journal->checkpoint(), first);
  EXPECT_EQ(journal->status().checkpoint, 11U);
  expect_signed();
}

TEST_F(JournalTest, CheckpointsComeByThemselves) {
  JournalOptions options = quick();
  options.checkpoint_every = std::chrono::milliseconds(10);
  const auto journal = open(options);
  append_some(*journal, 10);
  EXPECT_TRUE(soon([&] { return journal->status().checkpoint == 11; }));
}

TEST_F(JournalTest, CosignaturesStandUnderTheNewestCheckpointAndInvalidOnesDoNot) {
  const auto journal = open();
  const auto key = crypto::make_key_file(folder / "witness.pem");
  const VerifierKey witness{.name = "witness", .type = VerifierKey::Type::cosignature, .key = key->public_key()};
  const std::string text = journal->checkpoint();
  const auto lines_for = [&](std::string of, int64_t at) {
    Note note{.text = std::move(of), .signatures = {}};
    cosign(note, "witness", *key, std::chrono::sys_seconds(std::chrono::seconds(at)));
    const std::string all = format(note);
    return all.substr(all.rfind("\n\n") + 2);
  };
  const std::string checkpoint_text = parse_note(text)->text;
  EXPECT_FALSE(journal->add_cosignatures(lines_for("other\n1\nx\n", 5), witness));
  EXPECT_FALSE(journal->add_cosignatures("", witness));
  EXPECT_FALSE(journal->add_cosignatures("more text\n\n" + lines_for(checkpoint_text + "\nmore text\n", 5), witness));
  EXPECT_TRUE(journal->add_cosignatures(lines_for(checkpoint_text, 5), witness));
  EXPECT_TRUE(journal->add_cosignatures(lines_for(checkpoint_text, 9), witness));
  const auto note = parse_note(journal->checkpoint());
  EXPECT_EQ(note->signatures.size(), 2U);
  EXPECT_EQ(cosigned_at(*note, witness), std::chrono::sys_seconds(std::chrono::seconds(9)));
  EXPECT_EQ(as_text(read_file(layout.checkpoint(), 10'000).value()), format(*note));
}

TEST_F(JournalTest, ChangeOfKeyIsSignedByBothAndSurvivesReopening) {
  const VerifierKey before = verifier_keys(layout).back();
  {
    const auto journal = open();
    append_some(*journal, 5);
    journal->change_key(crypto::make_key_file(layout.next_key_file()), "yearly", "p-1");
    append_some(*journal, 5);
    const auto note = parse_note(journal->checkpoint());
    EXPECT_FALSE(verified(*note, before));
    journal->close();
  }
  const auto keys = verifier_keys(layout);
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys.front(), before);
  EXPECT_FALSE(std::filesystem::exists(layout.next_key_file()));
  EXPECT_EQ(open_signer(layout)->public_key(), keys.back().key);
  const auto change = parse_note(as_text(read_file(layout.checkpoint_of(7), 10'000).value()));
  ASSERT_TRUE(change);
  EXPECT_TRUE(verified(*change, keys.front()));
  EXPECT_TRUE(verified(*change, keys.back()));
  open()->close();
  expect_signed();
}

TEST_F(JournalTest, TheKeyInForceIsNoNewKey) {
  const auto journal = open();
  EXPECT_THROW(journal->change_key(open_signer(layout), "", ""), Error);
  append_some(*journal, 1);
  journal->close();
  EXPECT_EQ(verifier_keys(layout).size(), 1U);
  expect_signed();
}

TEST_F(JournalTest, TwoProcessesCannotHaveItOpen) {
  const auto journal = open();
  try {
    open();
    FAIL() << "opened twice";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(std::to_string(getpid())), std::string::npos) << error.what();
  }
}

TEST_F(JournalTest, AStepOfTheClockIsARecordAndAnAlarm) {
  std::mutex mutex;
  std::string alarms;
  JournalOptions options = quick();
  options.alarm = [&](std::string_view line) {
    const std::lock_guard lock(mutex);
    alarms += line;
  };
  const auto journal = open(options);
  clock.wall = -std::chrono::nanoseconds(std::chrono::hours(1)).count();
  clock.forward = std::chrono::nanoseconds(std::chrono::seconds(2)).count();
  append_some(*journal, 1);
  ASSERT_TRUE(soon([&] {
    append_some(*journal, 1);
    return !events_in(path, "clock-step").empty();
  }));
  const auto steps = events_in(path, "clock-step");
  EXPECT_LT(steps[0].step, -std::chrono::minutes(59));
  const std::lock_guard lock(mutex);
  EXPECT_NE(alarms.find("clock was set back"), std::string::npos) << alarms;
}

TEST_F(JournalTest, PruningTakesOldWholeSegmentsAfterRecordingItAndProofsStay) {
  JournalOptions options = quick();
  options.segment_octets = 20'000;
  const auto journal = open(options);
  append_some(*journal, 1500);
  clock.wall = std::chrono::nanoseconds(std::chrono::days(366)).count();
  append_some(*journal, 1500);
  journal->checkpoint();
  journal->prune();
  const auto after = segments_of(layout);
  EXPECT_GE(after.front().first, 1024U);
  EXPECT_GT(after.size(), 1U);
  EXPECT_EQ(journal->status().first, after.front().first);
  EXPECT_EQ(after.front().first % kBundle, 0U);
  const auto pruned = events_in(path, "pruned");
  ASSERT_FALSE(pruned.empty());  // the end of a segment prunes by itself too
  EXPECT_EQ(pruned.front().from, 0U);
  EXPECT_EQ(pruned.back().to, after.front().first);
  journal->prune();  // nothing more to do
  EXPECT_EQ(segments_of(layout).size(), after.size());
  const auto checkpoint = signed_in(path);
  DirectoryTiles tiles(path);
  EXPECT_EQ(root_at(tiles, checkpoint->size), checkpoint->root);
  EXPECT_TRUE(inclusion_proof(tiles, 3, checkpoint->size));
  journal->close();
  EXPECT_EQ(open()->status().first, after.front().first);
}

TEST_F(JournalTest, BeyondItsOctetsTheOldestSegmentsGo) {
  replace_file(layout.settings(), as_bytes("most_octets 1048576\nreserve_octets 0\n"));
  JournalOptions options = quick();
  options.segment_octets = 100'000;
  const auto journal = open(options);
  for (int i = 0; i < 40; ++i) {
    for (int k = 0; k < 256; ++k) journal->append(std::vector<uint8_t>(300, 'p'), Urgency::normal);
    journal->wait_durable(journal->status().size - 1, kLong);
  }
  journal->checkpoint();
  journal->prune();
  EXPECT_GT(journal->status().first, 0U);
  EXPECT_GT(segments_of(layout).size(), 2U);
  uint64_t octets = 0;
  for (const SegmentName& segment : segments_of(layout)) octets += std::filesystem::file_size(segment.path);
  EXPECT_LT(octets, 1'048'576U);
  EXPECT_GT(octets, 600'000U);
}

TEST_F(JournalTest, CapacityIsToldOnceWhenItIsCrossed) {
  replace_file(layout.settings(), as_bytes("most_octets 1048576\nreserve_octets 0\n"));
  JournalOptions options = quick();
  options.waiting_octets = size_t{4} << 20;
  const auto journal = open(options);
  for (int k = 0; k < 3000; ++k) journal->append(std::vector<uint8_t>(300, 'p'), Urgency::normal);
  journal->wait_durable(journal->status().size - 1, kLong);
  const auto told = [&] {
    clock.forward += std::chrono::nanoseconds(std::chrono::seconds(11)).count();
    clock.wall += std::chrono::nanoseconds(std::chrono::seconds(11)).count();
    append_some(*journal, 1);
    return !events_in(path, "capacity").empty();
  };
  ASSERT_TRUE(soon(told));
  for (int i = 0; i < 5; ++i) told();
  journal->close();
  EXPECT_EQ(events_in(path, "capacity").size(), 1U);
  EXPECT_EQ(events_in(path, "capacity")[0].reason, "most_octets");
}

TEST_F(JournalTest, MakingOneWhereThereIsOneIsRefused) {
  const auto signer = open_signer(layout);
  EXPECT_THROW(make_journal(path, "test/other", *signer, {}), Error);
  EXPECT_THROW(make_journal(folder / "new", "white space", *signer, {}), Error);
  EXPECT_THROW(Journal::open(folder / "nothing", {}, clock), Error);
}

TEST_F(JournalTest, AnotherSigningKeyIsRefused) {
  std::filesystem::remove(layout.key_file());
  EXPECT_THROW(open(), Error);
  crypto::make_key_file(layout.key_file());
  EXPECT_THROW(open(), Error);
}

TEST_F(JournalTest, AClosedJournalTakesNothing) {
  const auto journal = open();
  journal->close();
  EXPECT_FALSE(journal->append(content_of(0), Urgency::reserved));
  EXPECT_THROW(journal->checkpoint(), Error);
  EXPECT_FALSE(journal->wait_durable(1000, std::chrono::milliseconds(1)));
  journal->close();
}

}  // namespace
}  // namespace rampart::journal
