#include "journal/witness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>

#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"
#include "journal/tile_files.h"

namespace rampart::journal {
namespace {

using testing::HasSubstr;
using Kind = Witness::Answer::Kind;
using std::chrono::seconds;

const std::string kOrigin = "waterworks/gw-1";

class FixedClock final : public Clock {
 public:
  TimePoint now() const override { return from_unix(1'679'315'147, 999'999'999); }
  Duration steady() const override { return {}; }
};

/// Log is the part of a journal that a witness meets: tiles and a signed checkpoint.
class Log {
 public:
  Log(std::string folder, crypto::Signer& signer) : folder_(std::move(folder)), signer_(signer) {}

  /// grow adds records and signs.
  void grow(uint64_t size, std::string_view record) {
    make_folders(folder_ + "/tile");
    const auto write = [tiles = std::make_shared<TileFiles>(folder_)](uint8_t level, uint64_t index, uint32_t width,
                                                                      Bytes hashes) {
      tiles->put(level, index, width, hashes);
    };
    while (tree_.size() < size) {
      tree_.append(leaf_hash(as_bytes(record)),
                   [&](uint8_t level, uint64_t index, Bytes hashes) { write(level, index, kBundle, hashes); });
    }
    tree_.partials(write);
    sign_as(kOrigin, signer_);
  }
  void sign_as(const std::string& origin, crypto::Signer& signer) {
    Note note{format(Checkpoint{origin, tree_.size(), tree_.root(), {}}), {}};
    sign(note, origin, signer);
    make_folders(folder_);
    replace_file(Layout{folder_}.checkpoint(), as_bytes(format(note)));
  }
  std::string request(uint64_t old_size) const { return make_request(folder_, old_size); }

 private:
  std::string folder_;
  crypto::Signer& signer_;
  TreeBuilder tree_;
};

/// BrokenSigner is a token that is pulled out when it should sign.
class BrokenSigner final : public crypto::Signer {
 public:
  explicit BrokenSigner(const crypto::PublicKey& key) : key_(key) {}
  const crypto::PublicKey& public_key() const override { return key_; }
  crypto::Signature sign(Bytes) override { throw Error("the token is gone"); }

 private:
  crypto::PublicKey key_;
};

class WitnessTest : public testing::Test {
 protected:
  WitnessTest() { log_.grow(300, "first"); }

  Witness::Answer add(const std::string& request) { return witness_.add(request, trusted_); }
  /// with_ending lists what lies beside the state, by the end of its name.
  std::vector<std::string> with_ending(const std::string& ending) const {
    std::vector<std::string> found;
    for (const std::string& name : names_in(folder_ / "witness")) {
      if (name.ends_with(ending)) found.push_back(name);
    }
    return found;
  }
  std::string state() const {
    for (const std::string& name : names_in(folder_ / "witness")) {
      if (name.size() == 64) return folder_ / "witness/" + name;
    }
    return {};
  }
  std::string content(const std::string& path) const { return std::string(as_text(*read_file(path, 2'000'000))); }

  TemporaryFolder folder_;
  FixedClock clock_;
  std::unique_ptr<crypto::Signer> log_key_ = crypto::make_key_file(folder_ / "log.pem");
  std::unique_ptr<crypto::Signer> witness_key_ = crypto::make_key_file(folder_ / "witness.pem");
  std::vector<VerifierKey> trusted_ = {{kOrigin, VerifierKey::Type::note, log_key_->public_key()}};
  VerifierKey witness_verifier_{"centre/witness", VerifierKey::Type::cosignature, witness_key_->public_key()};
  Log log_{folder_ / "log", *log_key_};
  Log other_log_{folder_ / "other", *log_key_};
  Witness witness_{folder_ / "witness", "centre/witness", *witness_key_, clock_};
};

TEST_F(WitnessTest, CosignsAJournalThatItMeetsForTheFirstTimeAndOneThatGrew) {
  for (const auto& [old_size, size] : {std::pair(0u, 300u), std::pair(300u, 1'000u), std::pair(1'000u, 1'001u)}) {
    log_.grow(size, "more");
    const std::string request = log_.request(old_size);
    const Witness::Answer answer = add(request);
    ASSERT_EQ(answer.kind, Kind::cosigned) << answer.what;
    EXPECT_EQ(answer.size, size);
    // As a client does: the lines put under the note that was sent.
    const auto note = parse_note(parse_request(request)->checkpoint + answer.lines);
    ASSERT_TRUE(note);
    EXPECT_EQ(cosigned_at(*note, witness_verifier_), std::chrono::sys_seconds(seconds(1'679'315'147)));
  }
}

TEST_F(WitnessTest, CosignsTheSameCheckpointAgain) {
  ASSERT_EQ(add(log_.request(0)).kind, Kind::cosigned);
  const Witness::Answer again = add(log_.request(300));
  EXPECT_EQ(again.kind, Kind::cosigned) << again.what;
  EXPECT_EQ(again.size, 300u);
}

TEST_F(WitnessTest, TellsWhatItSawLastWhereTheProofBeginsElsewhere) {
  EXPECT_EQ(add(log_.request(200)).kind, Kind::other_size);
  ASSERT_EQ(add(log_.request(0)).kind, Kind::cosigned);
  log_.grow(400, "more");
  for (const uint64_t old_size : {0u, 299u, 301u, 400u}) {
    const Witness::Answer answer = add(log_.request(old_size));
    EXPECT_EQ(answer.kind, Kind::other_size) << old_size;
    EXPECT_EQ(answer.size, 300u);
    EXPECT_TRUE(answer.lines.empty());
    EXPECT_THAT(answer.what, HasSubstr("300"));
  }
  EXPECT_EQ(add(log_.request(300)).kind, Kind::cosigned);
}

TEST_F(WitnessTest, NeverGoesBackToAnOlderCheckpoint) {
  const std::string older = log_.request(300);
  log_.grow(400, "more");
  ASSERT_EQ(add(log_.request(0)).kind, Kind::cosigned);
  EXPECT_EQ(add(older).kind, Kind::other_size);
  EXPECT_THAT(content(state()), HasSubstr("\n400\n"));
}

TEST_F(WitnessTest, RefusesAnotherHistoryOfTheSameSizeAndKeepsBothCheckpoints) {
  ASSERT_EQ(add(log_.request(0)).kind, Kind::cosigned);
  other_log_.grow(300, "other");
  for (const uint64_t old_size : {300u, 0u}) {  // whatever it claims to continue
    const Witness::Answer answer = add(other_log_.request(old_size));
    EXPECT_EQ(answer.kind, Kind::fork) << answer.what;
    EXPECT_TRUE(answer.lines.empty());
  }
  ASSERT_EQ(with_ending(".seen").size(), 1u);
  ASSERT_EQ(with_ending(".offered").size(), 1u);
  EXPECT_THAT(with_ending(".seen")[0], HasSubstr(".fork-"));
  EXPECT_EQ(content(folder_ / "witness/" + with_ending(".seen")[0]), content(folder_ / "log/checkpoint"));
  EXPECT_EQ(content(folder_ / "witness/" + with_ending(".offered")[0]), content(folder_ / "other/checkpoint"));
  EXPECT_EQ(content(state()), content(folder_ / "log/checkpoint"));
}

TEST_F(WitnessTest, RefusesAHistoryThatDoesNotContinueTheOneItSaw) {
  ASSERT_EQ(add(log_.request(0)).kind, Kind::cosigned);
  other_log_.grow(1'000, "other");
  const Witness::Answer answer = add(other_log_.request(300));
  EXPECT_EQ(answer.kind, Kind::fork) << answer.what;
  EXPECT_TRUE(answer.lines.empty());
  EXPECT_THAT(with_ending(".offered"), testing::ElementsAre(HasSubstr(".unproven-")));
  EXPECT_EQ(content(state()), content(folder_ / "log/checkpoint"));
  log_.grow(1'000, "more");
  EXPECT_EQ(add(log_.request(300)).kind, Kind::cosigned);
}

TEST_F(WitnessTest, KeepsOnlySoMuchEvidenceThatNothingProves) {
  ASSERT_EQ(add(log_.request(0)).kind, Kind::cosigned);
  for (uint64_t size = 301; size < 420; ++size) {
    log_.grow(size, "more");
    auto request = *parse_request(log_.request(300));
    request.hashes[0][0] ^= 1;
    ASSERT_EQ(add(format(request)).kind, Kind::fork);
  }
  EXPECT_EQ(with_ending(".offered").size(), 100u);
  other_log_.grow(300, "other");
  EXPECT_EQ(add(other_log_.request(300)).kind, Kind::fork);
  EXPECT_EQ(with_ending(".offered").size(), 101u);  // what proves something still has room
}

TEST_F(WitnessTest, RefusesWhatNobodyTrustedSigned) {
  log_.sign_as(kOrigin, *witness_key_);
  EXPECT_EQ(add(log_.request(0)).kind, Kind::not_signed);
  log_.sign_as("waterworks/gw-2", *log_key_);
  EXPECT_EQ(add(log_.request(0)).kind, Kind::unknown_origin);
  log_.sign_as(kOrigin, *log_key_);
  auto request = *parse_request(log_.request(0));
  request.checkpoint.insert(kOrigin.size() + 1, "1");  // another size under the same signature
  EXPECT_EQ(add(format(request)).kind, Kind::not_signed);
  // A witness's key under the journal's name is no key of the journal.
  trusted_[0].type = VerifierKey::Type::cosignature;
  EXPECT_EQ(add(log_.request(0)).kind, Kind::unknown_origin);
  EXPECT_TRUE(state().empty());
}

TEST_F(WitnessTest, RefusesRequestsThatCannotBeRight) {
  auto request = *parse_request(log_.request(0));
  request.old_size = 301;
  EXPECT_EQ(add(format(request)).kind, Kind::bad_request);
  request.old_size = 0;
  request.hashes.push_back(empty_root());
  EXPECT_EQ(add(format(request)).kind, Kind::bad_request);
  EXPECT_EQ(add("").kind, Kind::bad_request);
  EXPECT_EQ(add("old 0\n\nnothing\n").kind, Kind::bad_request);
  Note empty{format(Checkpoint{kOrigin, 0, leaf_hash({}), {}}), {}};
  sign(empty, kOrigin, *log_key_);
  EXPECT_EQ(add("old 0\n\n" + format(empty)).kind, Kind::bad_request);
  EXPECT_TRUE(state().empty());
}

TEST_F(WitnessTest, CosignsAJournalThatIsStillEmpty) {
  Note empty{format(Checkpoint{kOrigin, 0, empty_root(), {}}), {}};
  sign(empty, kOrigin, *log_key_);
  EXPECT_EQ(add("old 0\n\n" + format(empty)).kind, Kind::cosigned);
  EXPECT_EQ(add(log_.request(0)).kind, Kind::cosigned);
}

TEST_F(WitnessTest, GoesOnWhereItFellBetweenRecordAndAnswer) {
  ASSERT_EQ(add(log_.request(0)).kind, Kind::cosigned);
  log_.grow(500, "more");
  BrokenSigner broken(witness_key_->public_key());
  Witness falling(folder_ / "witness", "centre/witness", broken, clock_);
  EXPECT_THROW(falling.add(log_.request(300), trusted_), Error);
  const Witness::Answer retried = add(log_.request(300));
  ASSERT_EQ(retried.kind, Kind::other_size);
  EXPECT_EQ(retried.size, 500u);
  EXPECT_EQ(add(log_.request(retried.size)).kind, Kind::cosigned);
}

TEST_F(WitnessTest, SignsNothingWhereItsMemoryIsDamaged) {
  ASSERT_EQ(add(log_.request(0)).kind, Kind::cosigned);
  const std::string path = state();
  const std::string good = content(path);
  for (const std::string& damaged :
       {std::string(), good.substr(0, good.size() / 2), std::string(1'000'001, 'a'), "x" + good}) {
    replace_file(path, as_bytes(damaged));
    EXPECT_THROW(add(log_.request(300)), Error);
    EXPECT_EQ(content(path), damaged);
  }
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_THROW(add(log_.request(300)), Error);
}

TEST_F(WitnessTest, OfManyAtOnceOnlyOneIsRecorded) {
  std::vector<std::string> requests;
  for (uint64_t size = 301; size <= 308; ++size) {
    log_.grow(size, "more");
    requests.push_back(log_.request(0));
  }
  std::atomic<int> cosigned = 0;
  std::vector<std::thread> threads;
  for (const std::string& request : requests) {
    threads.emplace_back([&] {
      const auto key = crypto::open_key_file(folder_ / "witness.pem");
      Witness mine(folder_ / "witness", "centre/witness", *key, clock_);
      const Witness::Answer answer = mine.add(request, trusted_);
      if (answer.kind == Kind::cosigned) ++cosigned;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(cosigned, 1);
}

TEST_F(WitnessTest, KeepsJournalsApart) {
  const std::string origin = "waterworks/gw-2";
  trusted_.push_back({origin, VerifierKey::Type::note, log_key_->public_key()});
  ASSERT_EQ(add(log_.request(0)).kind, Kind::cosigned);
  other_log_.grow(200, "other");
  other_log_.sign_as(origin, *log_key_);
  EXPECT_EQ(add(other_log_.request(0)).kind, Kind::cosigned);
}

TEST_F(WitnessTest, ARequestIsNotMadeWithoutCheckpointOrTileOrFromBeyondTheEnd) {
  EXPECT_THROW(log_.request(301), Error);
  EXPECT_THROW(make_request(folder_ / "nowhere", 0), Error);
  std::filesystem::remove(folder_ / "log/" + pack_path(0));
  EXPECT_THROW(log_.request(200), Error);
  replace_file(folder_ / "log/checkpoint", as_bytes("nothing\n"));
  EXPECT_THROW(log_.request(0), Error);
}

}  // namespace
}  // namespace rampart::journal
