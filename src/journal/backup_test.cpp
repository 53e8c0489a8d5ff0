#include "journal/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/testing.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "journal/journal.h"
#include "journal/manifest.h"
#include "journal/verify.h"

namespace rampart::journal {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kPassphrase = "a passphrase of some length";
constexpr uint64_t kMuch = uint64_t{1} << 40;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::string text_of(const std::string& path) {
  const auto bytes = read_file(path, kMuch);
  return bytes ? std::string(as_text(*bytes)) : "missing";
}

/// write does without the syncs of replace_file(), of which these tests would make thousands.
void write(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc).write(text.data(), static_cast<std::streamsize>(text.size()));
}

/// all_in gives each file under `folder` with its content.
std::map<std::string, std::string> all_in(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path().string().substr(folder.size() + 1)] = text_of(entry.path());
  }
  return files;
}

/// A journal whose folder has a file of each kind. What is in segments and tiles is nobody's business here.
class Backup : public ::testing::Test {
 protected:
  void SetUp() override {
    make_folders(folder_ + "/keys");
    signer_ = crypto::make_key_file(layout_.key_file());
    make_journal(folder_, "waterworks/gw-1", *signer_, {});
    put("segments/00000000000000000512.seg", std::string(3'000'000, 's'));
    put("segments/00000000000000020000.seg", "short");
    put("tile/0/x000/002.p/17", "tile");
    put("tile/0/001", std::string(8192, 't'));
    put("checkpoints/00000000000000000256", "older");
    put("blobs/ab/ab12", std::string(1 << 20, 'b'));
    put("damaged/what", "");
    put("persons", "p-0123456789abcdef\tSomebody\n");
    put("inbox/left", "by somebody");
    put("lock", "1");
    put("reserve", std::string(1000, '\0'));
    put("tile/0/.new-17-1", "half");
    write(plant_, "rampart: 1\n");
  }

  void put(const std::string& name, std::string_view text) const {
    const std::string path = folder_ + "/" + name;
    make_folders(path.substr(0, path.rfind('/')));
    write(path, text);
  }
  BackupReport back_up(std::string_view passphrase = {}) const {
    return backup(folder_, file_, {.extra = {plant_}, .passphrase = std::string(passphrase), .seal_cost = 10});
  }
  BackupReport bring_back(std::string_view passphrase = {}, const std::vector<VerifierKey>& trusted = {}) const {
    return restore(file_, target_, std::string(passphrase), trusted);
  }
  /// refused says how restoring fails, having checked that nothing is left of it.
  std::string refused(std::string_view passphrase = {}, const std::vector<VerifierKey>& trusted = {}) const {
    const std::vector<std::string> before = names_in(temporary_.path());
    const std::string error = error_of([&] { bring_back(passphrase, trusted); });
    EXPECT_EQ(names_in(temporary_.path()), before);
    return error;
  }
  VerifierKey key() const { return {.name = "waterworks/gw-1", .key = signer_->public_key()}; }

  /// forge writes a backup with this list of files, signed as it should be.
  void forge(std::vector<BackupEntry> entries, std::string_view contents) const {
    Manifest manifest{.key = key().text(), .checkpoint = text_of(layout_.checkpoint()), .records = 1, .entries = {}};
    manifest.entries = std::move(entries);
    const std::vector<uint8_t> list = encode(manifest);
    const crypto::Signature signature = signer_->sign(as_bytes(signed_text(list)));
    std::string octets(as_text(kBackupMagic));
    octets += contents;
    octets += as_text(list);
    for (size_t i = 0; i < 4; ++i) octets += static_cast<char>(list.size() >> (8 * i));
    octets += as_text(signature);
    write(file_, octets);
  }
  static BackupEntry entry(const std::string& path, std::string_view content) {
    return {.path = path, .size = content.size(), .hash = crypto::sha256(as_bytes(content))};
  }

  TemporaryFolder temporary_;
  std::string folder_ = temporary_ / "journal", file_ = temporary_ / "backup", target_ = temporary_ / "restored";
  std::string plant_ = temporary_ / "plant.yaml";
  Layout layout_{folder_};
  std::unique_ptr<crypto::Signer> signer_;
};

TEST_F(Backup, BringsBackEverythingThatAJournalNeeds) {
  const BackupReport made = back_up(kPassphrase);
  const BackupReport restored = bring_back(kPassphrase, {key()});
  std::map<std::string, std::string> expected = all_in(folder_);
  for (const char* left : {"inbox/left", "lock", "reserve", "tile/0/.new-17-1"}) expected.erase(left);
  expected["extra/plant.yaml"] = "rampart: 1\n";
  EXPECT_EQ(all_in(target_), expected);
  EXPECT_EQ(made.files, expected.size());
  EXPECT_EQ(restored.files, made.files);
  EXPECT_EQ(restored.octets, made.octets);
  EXPECT_TRUE(made.keys);
  EXPECT_TRUE(restored.keys);
  EXPECT_EQ(restored.checkpoint, text_of(layout_.checkpoint()));
  EXPECT_EQ(open_signer({target_})->public_key(), signer_->public_key());
  EXPECT_THAT(names_in(temporary_.path()), ElementsAre("backup", "journal", "plant.yaml", "restored"));
}

TEST_F(Backup, SecretsAreForTheOwnerOnlyAndNeverInTheOpen) {
  back_up(kPassphrase);
  bring_back(kPassphrase);
  const std::string octets = text_of(file_);
  EXPECT_THAT(octets, Not(HasSubstr("PRIVATE KEY")));
  EXPECT_THAT(octets, Not(HasSubstr("Somebody")));
  for (const std::string& path : {file_, target_ + "/keys/journal.pem", target_ + "/persons"}) {
    struct stat facts {};
    ASSERT_EQ(stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777u, 0600u) << path;
  }
}

TEST_F(Backup, WithoutAPassphraseKeysAndNamesAreLeftOut) {
  EXPECT_FALSE(back_up().keys);
  EXPECT_THAT(text_of(file_), AllOf(Not(HasSubstr("PRIVATE KEY")), Not(HasSubstr("Somebody"))));
  EXPECT_FALSE(bring_back(kPassphrase).keys);
  const auto files = all_in(target_);
  EXPECT_FALSE(files.contains("keys/journal.pem"));
  EXPECT_FALSE(files.contains("persons"));
  EXPECT_TRUE(files.contains("keys/journal.vkeys"));
  EXPECT_TRUE(files.contains("extra/plant.yaml"));
}

TEST_F(Backup, WithoutThePassphraseTheRestComesBack) {
  const BackupReport made = back_up(kPassphrase);
  const BackupReport restored = bring_back();
  EXPECT_FALSE(restored.keys);
  EXPECT_EQ(restored.files, made.files - 2);
  EXPECT_FALSE(all_in(target_).contains("keys/journal.pem"));
}

TEST_F(Backup, RefusesAWrongPassphrase) {
  back_up(kPassphrase);
  EXPECT_THAT(refused("another passphrase"), HasSubstr("passphrase does not open keys/journal.pem"));
}

TEST_F(Backup, CountsTheRecordsThatTheCheckpointCovers) {
  Note note{.text = format(Checkpoint{.origin = "waterworks/gw-1", .size = 20'001, .root = {}, .extensions = {}}),
            .signatures = {}};
  sign(note, "waterworks/gw-1", *signer_);
  put("checkpoint", format(note));
  EXPECT_EQ(back_up().records, 20'001u - 512);
  EXPECT_EQ(bring_back().records, 20'001u - 512);
}

TEST_F(Backup, TrustedKeysSayWhoMayHaveMadeIt) {
  back_up();
  const auto other = crypto::make_key_file(temporary_ / "other.pem");
  const VerifierKey foreign{.name = "waterworks/gw-1", .key = other->public_key()};
  EXPECT_THAT(refused({}, {foreign}), AllOf(HasSubstr("not among the keys"), HasSubstr(key().text())));
  bring_back({}, {foreign, key()});
}

TEST_F(Backup, NeverReplacesWhatIsThere) {
  back_up();
  EXPECT_THAT(error_of([&] { back_up(); }), HasSubstr("File exists"));
  EXPECT_THAT(names_in(temporary_.path()), ElementsAre("backup", "journal", "plant.yaml"));
  put("../restored/file", "precious");
  EXPECT_THAT(refused(), HasSubstr("not an empty folder"));
  EXPECT_EQ(text_of(target_ + "/file"), "precious");
  target_ = plant_;
  EXPECT_THAT(refused(), HasSubstr("not an empty folder"));
  EXPECT_EQ(text_of(plant_), "rampart: 1\n");
}

TEST_F(Backup, FillsAnEmptyFolder) {
  back_up();
  make_folders(target_);
  bring_back();
  EXPECT_FALSE(all_in(target_).empty());
  target_ = temporary_ / "second/";
  bring_back();
  EXPECT_FALSE(all_in(temporary_ / "second").empty());
}

TEST_F(Backup, KeepsExtraFilesOfAnEarlierRestoreUnlessTheyAreGivenAnew) {
  put("extra/plant.yaml", "older");
  put("extra/notes.txt", "notes");
  back_up();
  bring_back();
  EXPECT_EQ(text_of(target_ + "/extra/plant.yaml"), "rampart: 1\n");
  EXPECT_EQ(text_of(target_ + "/extra/notes.txt"), "notes");
}

TEST_F(Backup, RefusesExtraFilesThatItCannotTake) {
  write(temporary_ / "other.yaml", "x");
  make_folders(temporary_ / "deeper");
  write(temporary_ / "deeper/plant.yaml", "y");
  const auto attempt = [&](const std::vector<std::string>& extra) {
    return error_of([&] { backup(folder_, file_, {.extra = extra, .passphrase = {}}); });
  };
  EXPECT_THAT(attempt({plant_, temporary_ / "deeper/plant.yaml"}), HasSubstr("have the same name"));
  EXPECT_THAT(attempt({temporary_ / "none"}), AllOf(HasSubstr("none"), HasSubstr("No such file")));
  EXPECT_THAT(attempt({temporary_ / "deeper"}), HasSubstr("no regular file"));
  EXPECT_THAT(attempt({temporary_ / "deeper/.."}), HasSubstr("cannot have a file of that name"));
  EXPECT_THAT(names_in(temporary_.path()), ElementsAre("deeper", "journal", "other.yaml", "plant.yaml"));
}

TEST_F(Backup, RefusesLinksInTheJournal) {
  ASSERT_EQ(symlink("/etc/passwd", (folder_ + "/blobs/link").c_str()), 0);
  EXPECT_THAT(error_of([&] { back_up(); }), AllOf(HasSubstr("blobs/link"), HasSubstr("no regular file")));
  EXPECT_THAT(names_in(temporary_.path()), ElementsAre("journal", "plant.yaml"));
}

TEST_F(Backup, NeedsAKeyThatTheJournalKnows) {
  ASSERT_EQ(unlink(layout_.key_file().c_str()), 0);
  EXPECT_THROW(back_up(), Error);
  crypto::make_key_file(layout_.key_file());
  EXPECT_THAT(error_of([&] { back_up(); }), HasSubstr("is none of"));
  EXPECT_THAT(names_in(temporary_.path()), ElementsAre("journal", "plant.yaml"));
}

TEST_F(Backup, LeavesNothingWhereTheDiskIsFull) {
  back_up();
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1'000'000, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string restoring = refused();
  file_ = temporary_ / "second";
  const std::string backing = error_of([&] { back_up(); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(restoring, HasSubstr("File too large"));
  EXPECT_THAT(backing, HasSubstr("File too large"));
  EXPECT_THAT(names_in(temporary_.path()), ElementsAre("backup", "journal", "plant.yaml"));
}

TEST_F(Backup, RefusesEveryTruncation) {
  back_up();
  const std::string whole = text_of(file_);
  const size_t list = 1600;  // octets at the end: list of files and trailer
  for (size_t size = 0; size < whole.size(); size += size + list < whole.size() ? size_t{400'009} : size_t{37}) {
    write(file_, std::string_view(whole).substr(0, size));
    EXPECT_THAT(refused(), AnyOf(HasSubstr("is damaged"), HasSubstr("is no backup"))) << size;
  }
  write(file_, whole + "x");
  EXPECT_THAT(refused(), HasSubstr("is damaged"));
  write(file_, whole);
  bring_back();
}

TEST_F(Backup, RefusesEveryTurnedBit) {
  std::filesystem::remove_all(folder_ + "/segments");
  std::filesystem::remove_all(folder_ + "/blobs");
  back_up();
  std::string octets = text_of(file_);
  for (size_t at = 0; at < octets.size(); at += at < 8 || at + 1600 > octets.size() ? size_t{1} : size_t{41}) {
    octets[at] = static_cast<char>(octets[at] ^ 1 << at % 8);
    write(file_, octets);
    EXPECT_THAT(refused(), Not(HasSubstr("no error"))) << at;
    octets[at] = static_cast<char>(octets[at] ^ 1 << at % 8);
  }
}

TEST_F(Backup, RefusesASignatureByAnotherKey) {
  back_up();
  const auto other = crypto::make_key_file(temporary_ / "other.pem");
  std::string octets = text_of(file_);
  const crypto::Signature signature = other->sign(as_bytes("rampart-backup/v1\n"));
  octets.replace(octets.size() - signature.size(), signature.size(), as_text(signature));
  write(file_, octets);
  EXPECT_THAT(refused(), HasSubstr("its signature does not hold"));
}

// Whoever holds a journal's key could sign any list: none may lead out of the folder.
TEST_F(Backup, RefusesPathsThatAJournalCannotHave) {
  forge({entry("checkpoint", "x")}, "x");
  bring_back();
  std::filesystem::remove_all(target_);
  for (const char* path : {"",
                           ".",
                           "..",
                           "/",
                           "/etc/passwd",
                           "../escape",
                           "segments/../../escape",
                           "segments/..",
                           "segments/.",
                           "segments//x",
                           "segments/x/",
                           "/segments/x",
                           "segments",
                           "tile/0/.hidden",
                           "extra/.new-1-1",
                           "lock",
                           "reserve",
                           "inbox/x",
                           "keys/other",
                           "keys/journal.pem/x",
                           "KEYS/journal.token",
                           "extra/a\\b",
                           "extra/a\nb",
                           "extra/\xff",
                           "blobs/a/b/c/d/e/f/g/h",
                           "checkpoint/x",
                           "settings/",
                           "home/x"}) {
    forge({entry(path, "x")}, "x");
    EXPECT_THAT(refused(), HasSubstr("its list of files cannot be read")) << path;
  }
  forge({entry(std::string("extra/a\0b", 9), "x")}, "x");
  EXPECT_THAT(refused(), HasSubstr("its list of files cannot be read"));
  forge({entry("extra/" + std::string(256, 'x'), "x")}, "x");
  EXPECT_THAT(refused(), HasSubstr("its list of files cannot be read"));
}

TEST_F(Backup, RefusesTwoFilesOfOneName) {
  forge({entry("extra/a", "x"), entry("extra/a", "x")}, "xx");
  EXPECT_THAT(refused(), HasSubstr("its list of files cannot be read"));
  forge({entry("extra/b", "x"), entry("extra/a", "x")}, "xx");
  EXPECT_THAT(refused(), HasSubstr("its list of files cannot be read"));
  forge({entry("extra/a", "x"), entry("extra/a/b", "x")}, "xx");
  EXPECT_THAT(refused(), Not(HasSubstr("no error")));
}

TEST_F(Backup, RefusesSecretsInTheOpenAndHostileSizes) {
  forge({entry("keys/journal.pem", "open")}, "open");
  EXPECT_THAT(refused(kPassphrase), HasSubstr("its list of files cannot be read"));
  const std::string cheat(100, '\x01');
  forge({entry("persons", cheat)}, cheat);
  EXPECT_THAT(refused(kPassphrase), HasSubstr("passphrase does not open persons"));
  for (const uint64_t size : {uint64_t{0}, uint64_t{2}, kMuch, kMuch + 1, uint64_t{1} << 63, ~uint64_t{0}}) {
    BackupEntry wrong = entry("checkpoint", "x");
    wrong.size = size;
    forge({wrong}, "x");
    EXPECT_THAT(refused(), HasSubstr("is damaged")) << size;
  }
  BackupEntry secret = entry("persons", "x");
  secret.size = kMostSecret + crypto::kSealOverhead + 1;
  forge({secret}, "x");
  EXPECT_THAT(refused(), HasSubstr("its list of files cannot be read"));
}

TEST_F(Backup, RefusesContentsThatAreNotTheirHash) {
  BackupEntry wrong = entry("checkpoint", "x");
  wrong.hash[0] ^= 1;
  forge({wrong}, "x");
  EXPECT_THAT(refused(), AllOf(HasSubstr("is damaged"), HasSubstr("checkpoint is not what was signed")));
}

// The name is bound: what was sealed as names of persons cannot come back as a key.
TEST_F(Backup, SealedFilesKeepTheirNames) {
  const Manifest manifest{.key = key().text(), .checkpoint = {}, .records = 0, .entries = {}};
  const std::vector<uint8_t> sealed =
      crypto::seal(as_bytes("names"), kPassphrase, as_bytes(seal_context(manifest, "persons")), 10);
  const std::string content(as_text(sealed));
  forge({entry("persons", content)}, content);
  bring_back(kPassphrase);
  EXPECT_EQ(text_of(target_ + "/persons"), "names");
  std::filesystem::remove_all(target_);
  forge({entry("keys/journal.pem", content)}, content);
  EXPECT_THAT(refused(kPassphrase), HasSubstr("passphrase does not open keys/journal.pem"));
}

TEST_F(Backup, SaysWhatIsNoBackup) {
  EXPECT_THAT(refused(), HasSubstr("No such file"));
  write(file_, {});
  EXPECT_THAT(refused(), HasSubstr("is no backup"));
  write(file_, "something else that is long enough to be one");
  EXPECT_THAT(refused(), HasSubstr("is no backup"));
  ASSERT_EQ(mkfifo((temporary_ / "pipe").c_str(), 0600), 0);
  file_ = temporary_ / "pipe";
  EXPECT_THAT(refused(), HasSubstr("is no backup"));
  file_ = folder_;
  EXPECT_THAT(refused(), HasSubstr("is no backup"));
}

// The whole journal, records and all: restored, it verifies, opens, and goes on under the same key.
TEST(BackupOfAJournal, VerifiesAndGoesOnWhenRestored) {
  const TemporaryFolder folder;
  const Layout layout{folder / "journal"};
  const SystemClock clock;
  make_folders(layout.folder + "/keys");
  const auto signer = crypto::make_key_file(layout.key_file());
  const VerifierKey key{.name = "waterworks/gw-1", .key = signer->public_key()};
  make_journal(layout.folder, key.name, *signer, {});
  const auto append_some = [&](const std::string& where) {
    const auto journal = Journal::open(where, {}, clock);
    for (int i = 0; i < 700; ++i) journal->append(as_bytes("record " + std::to_string(i)), Urgency::normal);
    journal->close();
    return journal->status().size;
  };
  const uint64_t size = append_some(layout.folder);
  EXPECT_EQ(
      backup(layout.folder, folder / "backup", {.extra = {}, .passphrase = std::string(kPassphrase), .seal_cost = 10})
          .records,
      size);
  const std::string restored = folder / "restored";
  restore(folder / "backup", restored, std::string(kPassphrase), {key});
  const VerifyReport report = verify(restored, {.trusted = {key}, .older_checkpoint = text_of(layout.checkpoint())});
  EXPECT_TRUE(report.good());
  EXPECT_EQ(report.records, size);
  EXPECT_EQ(report.signed_size, size);
  EXPECT_GE(append_some(restored), size + 700);  // and what the journal says of itself
  EXPECT_TRUE(verify(restored, {.trusted = {key}, .older_checkpoint = text_of(layout.checkpoint())}).good());
}

}  // namespace
}  // namespace rampart::journal
