// Every row of docs/tamper.md is a case here: somebody who can write every file of the journal, but has not its key,
// manipulates it; verify names what was done and nothing else.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "base/text.h"
#include "journal/journal_testing.h"
#include "journal/verify.h"

namespace rampart::journal {
namespace {

constexpr uint64_t kRecords = 3000;  // five segments of 512 and one of 440
constexpr uint64_t kSigned = 2990;   // the rest has no checkpoint yet

struct Wanted {
  Fault::Kind kind{};
  uint64_t from = 0, to = 0, other = 0;
  auto operator<=>(const Wanted&) const = default;
};
void PrintTo(const Wanted& wanted, std::ostream* out) {
  *out << to_text(wanted.kind) << " " << wanted.from << ".." << wanted.to << " other " << wanted.other;
}

/// Attack does something to the journal at places that `random` chooses and says which faults must be found.
struct Attack {
  const char* name;  // the row of docs/tamper.md
  std::function<std::vector<Wanted>(MadeJournal&, std::mt19937_64&, VerifyOptions&)> act;
};

/// somewhere is a signed record, not at the edges of its segment so that neighbours can be touched.
uint64_t somewhere(std::mt19937_64& random) {
  const uint64_t segment = random() % 5;
  return segment * 512 + 4 + random() % 500;
}
void flip(const std::string& path, uint64_t at) {
  std::vector<uint8_t> bytes = MadeJournal::get(path);
  bytes.at(at) ^= 0x10;
  MadeJournal::put(path, bytes);
}
Wanted one(Fault::Kind kind, uint64_t number, uint64_t other = 0) { return {kind, number, number + 1, other}; }
/// cut_frames removes frames `from` to `to` (places in the segment) and leaves everything else as it was.
void cut_frames(MadeJournal& journal, uint64_t first, uint64_t from, uint64_t to) {
  const auto begins = journal.frames_of(first);
  std::vector<uint8_t> bytes = MadeJournal::get(journal.layout.segment(first));
  bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(begins[from]), bytes.begin() + static_cast<ptrdiff_t>(begins[to]));
  MadeJournal::put(journal.layout.segment(first), bytes);
}
void remove_from(MadeJournal& journal, uint64_t number) {
  journal.change(number,
                 [](std::vector<Record>& all, size_t at) { all.erase(all.begin() + static_cast<ptrdiff_t>(at)); });
}
void alter(MadeJournal& journal, uint64_t number) {
  journal.change(number, [&](std::vector<Record>& all, size_t at) { all[at] = MadeJournal::record(number, 99); });
}

using Kind = Fault::Kind;

const Attack kAttacks[] = {
    {"A bit of a record flips",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = somewhere(random);
       const uint64_t first = n / 512 * 512;
       flip(journal.path_of(n), journal.frames_of(first)[n - first] + kFrameHeader + 3);
       return {one(Kind::unreadable, n)};
     }},
    {"A record is altered, its CRC made right",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = somewhere(random);
       alter(journal, n);
       return {one(Kind::altered, n)};
     }},
    {"Several records are altered",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       std::vector<Wanted> wanted;
       for (uint64_t segment = 0; segment < 5; ++segment) {
         const uint64_t n = segment * 512 + 10 + random() % 200;
         alter(journal, n);
         alter(journal, n + 2);
         alter(journal, n + 250);
         for (const uint64_t m : {n, n + 2, n + 250}) wanted.push_back(one(Kind::altered, m));
       }
       return wanted;
     }},
    {"A record is cut out of its file",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = somewhere(random);
       const uint64_t first = n / 512 * 512;
       cut_frames(journal, first, n - first, n - first + 1);
       return {one(Kind::removed, n)};
     }},
    {"A record is removed, those behind it renumbered",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = somewhere(random);
       remove_from(journal, n);
       return {one(Kind::removed, n)};
     }},
    {"A record is removed, all later segments renumbered and renamed",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = somewhere(random);
       journal.records.erase(journal.records.begin() + static_cast<ptrdiff_t>(n));
       for (uint64_t first = 0; first < kRecords; first += 512) {
         const auto begin = journal.records.begin() + static_cast<ptrdiff_t>(first);
         const auto end = journal.records.begin() + static_cast<ptrdiff_t>(std::min(first + 512, kRecords - 1));
         journal.rewrite(first, {begin, end});
       }
       return {one(Kind::removed, n)};
     }},
    {"Many records are removed in a row",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = 1024 + random() % 100;
       journal.change(n, [](std::vector<Record>& all, size_t at) {
         all.erase(all.begin() + static_cast<ptrdiff_t>(at), all.begin() + static_cast<ptrdiff_t>(at + 300));
       });
       return {{Kind::removed, n, n + 300}};
     }},
    {"A record is inserted, those behind it renumbered",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = somewhere(random);
       journal.change(n, [&](std::vector<Record>& all, size_t at) {
         all.insert(all.begin() + static_cast<ptrdiff_t>(at), MadeJournal::record(n, 77));
       });
       return {one(Kind::inserted, n)};
     }},
    {"A copy of an earlier record is put in, nothing else touched",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = somewhere(random);
       const uint64_t first = n / 512 * 512;
       const auto begins = journal.frames_of(first);
       std::vector<uint8_t> bytes = MadeJournal::get(journal.path_of(n));
       const std::vector<uint8_t> copy(bytes.begin() + static_cast<ptrdiff_t>(begins[1]),
                                       bytes.begin() + static_cast<ptrdiff_t>(begins[2]));
       bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(begins[n - first]), copy.begin(), copy.end());
       MadeJournal::put(journal.path_of(n), bytes);
       return {one(Kind::inserted, n)};
     }},
    {"A record is overwritten with a copy of another",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = somewhere(random);
       journal.change(n, [](std::vector<Record>& all, size_t at) { all[at] = all[at > 100 ? 7 : 300]; });
       return {one(Kind::altered, n)};
     }},
    {"Two neighbours are swapped",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = somewhere(random);
       journal.change(n, [](std::vector<Record>& all, size_t at) { std::swap(all[at], all[at + 1]); });
       return {one(Kind::moved, n, n + 1), one(Kind::moved, n + 1, n)};
     }},
    {"Two records of different segments are swapped",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = 4 + random() % 500;
       const uint64_t m = 1024 + 4 + random() % 500;
       const Record left = journal.records[n];
       const Record right = journal.records[m];
       journal.change(n, [&](std::vector<Record>& all, size_t at) { all[at] = right; });
       journal.change(m, [&](std::vector<Record>& all, size_t at) { all[at] = left; });
       return {one(Kind::moved, n, m), one(Kind::moved, m, n)};
     }},
    {"A record is moved to another place",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = 512 + 4 + random() % 200;
       journal.change(n, [](std::vector<Record>& all, size_t at) {
         const Record moved = all[at];
         all.erase(all.begin() + static_cast<ptrdiff_t>(at));
         all.insert(all.begin() + static_cast<ptrdiff_t>(at + 250), moved);
       });
       return {one(Kind::moved, n + 250, n)};
     }},
    {"A segment is deleted",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t first = (1 + random() % 4) * 512;
       std::filesystem::remove(journal.layout.segment(first));
       return {{Kind::removed, first, first + 512}};
     }},
    {"The first segments are deleted as if pruned",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t last = random() % 3;
       for (uint64_t i = 0; i <= last; ++i) std::filesystem::remove(journal.layout.segment(i * 512));
       return {{Kind::removed, 0, (last + 1) * 512}};
     }},
    {"A segment is replaced by another's content, CRCs right",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t first = random() % 5 * 512;
       std::vector<Record> all;
       for (uint64_t i = 0; i < 512; ++i) all.push_back(MadeJournal::record(i, 55));
       journal.rewrite(first, all);
       return {{Kind::altered, first, first + 512}};
     }},
    {"A record is altered, its hash tile made right",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = somewhere(random);
       alter(journal, n);
       const uint64_t tile = n / 256;
       std::vector<uint8_t> hashes = read_tile(journal.layout.folder, 0, tile, 256).value();
       const Hash leaf = leaf_hash(MadeJournal::record(n, 99));
       std::ranges::copy(leaf, hashes.begin() + static_cast<ptrdiff_t>(n % 256 * 32));
       journal.put_tile(0, tile, 256, hashes);
       return {{Kind::altered, tile * 256, tile * 256 + 256}};
     }},
    {"A record is altered, all hash tiles built anew",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = somewhere(random);
       alter(journal, n);
       journal.rehash();
       return {{Kind::altered, n / 512 * 512, n / 512 * 512 + 512}};
     }},
    {"The end is cut off",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = 2560 + 1 + random() % 400;
       cut_frames(journal, 2560, n - 2560, kRecords - 2560);
       return {{Kind::cut, n, kSigned}};
     }},
    {"The end is cut off in the middle of a record",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = 2560 + 1 + random() % 400;
       std::filesystem::resize_file(journal.layout.segment(2560), journal.frames_of(2560)[n - 2560] + 11);
       return {{Kind::cut, n, kSigned}};
     }},
    {"The last segments are deleted",
     [](MadeJournal& journal, std::mt19937_64&, VerifyOptions&) -> std::vector<Wanted> {
       std::filesystem::remove(journal.layout.segment(2560));
       std::filesystem::remove(journal.layout.segment(2048));
       return {{Kind::cut, 2048, kSigned}};
     }},
    {"The end is cut off, the newest checkpoint replaced by an older one",
     [](MadeJournal& journal, std::mt19937_64&, VerifyOptions&) -> std::vector<Wanted> {
       std::filesystem::remove(journal.layout.segment(2560));
       std::filesystem::copy_file(journal.layout.checkpoint_of(2048), journal.layout.checkpoint(),
                                  std::filesystem::copy_options::overwrite_existing);
       return {{Kind::cut, 2560, kSigned}};  // the hash tiles of the missing records tell
     }},
    {"The end is cut off with its tiles and checkpoints, an older checkpoint put in place",
     [](MadeJournal& journal, std::mt19937_64&, VerifyOptions& options) -> std::vector<Wanted> {
       options.older_checkpoint = as_text(MadeJournal::get(journal.layout.checkpoint()));
       std::filesystem::remove(journal.layout.segment(2560));
       std::filesystem::remove(journal.layout.segment(2048));
       std::filesystem::remove(journal.layout.checkpoint_of(2560));
       std::filesystem::copy_file(journal.layout.checkpoint_of(2048), journal.layout.checkpoint(),
                                  std::filesystem::copy_options::overwrite_existing);
       journal.rehash();
       EXPECT_TRUE(verify(journal.layout.folder, {.trusted = {journal.key()}}).good());  // without it nothing can tell
       return {{Kind::cut, 2048, kSigned}};
     }},
    {"A hash tile is deleted",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t tile = random() % 11;
       journal.remove_leaves(tile);
       return {{Kind::tile, tile * 256, tile * 256 + 256}};
     }},
    {"A hash tile is altered",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t tile = random() % 11;
       journal.flip_leaves(tile, random() % 8192);
       return {{Kind::tile, tile * 256, tile * 256 + 256}};
     }},
    {"The end of a pack of hash tiles is cut off",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t first = random() % 11;
       const std::string pack = journal.layout.folder + "/" + pack_path(0);
       if (std::filesystem::exists(pack)) std::filesystem::resize_file(pack, first * 8192 + random() % 8192);
       std::vector<Wanted> wanted;
       for (uint64_t tile = first; tile < 11; ++tile) {
         if (!std::filesystem::exists(pack)) journal.remove_leaves(tile);
         wanted.push_back({Kind::tile, tile * 256, tile * 256 + 256});
       }
       return wanted;
     }},
    {"The unfinished tiles of the newest checkpoint are deleted",
     [](MadeJournal& journal, std::mt19937_64&, VerifyOptions&) -> std::vector<Wanted> {
       std::filesystem::remove_all(journal.layout.folder + "/tile/1");
       return {{Kind::tile, 0, 2816}};
     }},
    {"A record and its hash tile are altered in different places",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t n = somewhere(random) / 256 * 256 + 17;
       alter(journal, n);
       journal.flip_leaves(n / 256, 40 * 32);
       return {{Kind::tile, n / 256 * 256, n / 256 * 256 + 256}, one(Kind::altered, n)};
     }},
    {"The signature of the newest checkpoint is altered",
     [](MadeJournal& journal, std::mt19937_64&, VerifyOptions&) -> std::vector<Wanted> {
       std::string text(as_text(MadeJournal::get(journal.layout.checkpoint())));
       char& letter = text[text.size() - 20];
       letter = letter == 'A' ? 'B' : 'A';
       MadeJournal::put(journal.layout.checkpoint(), as_bytes(text));
       return {{Kind::checkpoint, 0, kSigned}};
     }},
    {"The newest checkpoint is deleted",
     [](MadeJournal& journal, std::mt19937_64&, VerifyOptions&) -> std::vector<Wanted> {
       std::filesystem::remove(journal.layout.checkpoint());
       return {{Kind::checkpoint, 0, 0}};
     }},
    {"Everything is rewritten and signed by another key",
     [](MadeJournal& journal, std::mt19937_64&, VerifyOptions&) -> std::vector<Wanted> {
       const VerifierKey was = journal.key();
       journal.signer() = crypto::make_key_file(journal.layout.folder + "/keys/other.pem");
       std::filesystem::remove_all(journal.layout.checkpoints());
       journal.sign();
       journal.signer() = crypto::open_key_file(journal.layout.key_file());
       return {{Kind::checkpoint, 0, kRecords}};
     }},
    {"The journal's key signs another history, an older checkpoint is kept elsewhere",
     [](MadeJournal& journal, std::mt19937_64&, VerifyOptions& options) -> std::vector<Wanted> {
       options.older_checkpoint = as_text(MadeJournal::get(journal.layout.checkpoint()));
       MadeJournal other;
       for (uint64_t i = 0; i < kRecords; ++i) other.append(MadeJournal::record(i, i == 1000 ? 5 : 0));
       other.signer() = crypto::open_key_file(journal.layout.key_file());
       other.sign();
       for (const char* name : {"segments", "tile", "checkpoints", "checkpoint"}) {
         std::filesystem::remove_all(journal.layout.folder + "/" + name);
         std::filesystem::copy(other.layout.folder + "/" + name, journal.layout.folder + "/" + name,
                               std::filesystem::copy_options::recursive);
       }
       std::filesystem::remove_all(journal.layout.checkpoints());
       return {{Kind::fork, 0, kSigned}};
     }},
    {"The header of a segment is altered",
     [](MadeJournal& journal, std::mt19937_64& random, VerifyOptions&) -> std::vector<Wanted> {
       const uint64_t first = random() % 5 * 512;
       flip(journal.layout.segment(first), random() % kSegmentHeader);
       return {{Kind::unreadable, first, first}};
     }},
};

std::vector<Wanted> found_in(const VerifyReport& report) {
  std::vector<Wanted> found;
  for (const Fault& fault : report.faults) found.push_back({fault.kind, fault.from, fault.to, fault.other});
  return found;
}

class Tamper : public testing::TestWithParam<Attack> {};

TEST_P(Tamper, IsNamedExactly) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    MadeJournal journal(512, seed % 2 == 0 ? Tiles::single : Tiles::packed);
    journal.fill(kSigned);
    journal.sign();
    journal.fill(kRecords - kSigned);
    std::mt19937_64 random(seed);
    VerifyOptions options{.trusted = {journal.key()}};
    const std::vector<Wanted> wanted = GetParam().act(journal, random, options);
    const VerifyReport report = verify(journal.layout.folder, options);
    std::string text;
    append_text(text, report);
    EXPECT_THAT(found_in(report), testing::UnorderedElementsAreArray(wanted)) << "seed " << seed << "\n" << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Tamper, testing::ValuesIn(kAttacks), [](const auto& information) {
  std::string name;
  for (const char c : std::string_view(information.param.name)) {
    if (isalnum(static_cast<unsigned char>(c)) != 0) name += c;
  }
  return name;
});

TEST(TamperTable, HasARowForEachCaseAndACaseForEachRow) {
  const auto bytes = read_file(std::string(RAMPART_SOURCE_DIR) + "/docs/tamper.md", 1 << 20);
  ASSERT_TRUE(bytes);
  std::vector<std::string> rows, cases;
  for (const std::string_view line : split(as_text(*bytes), '\n')) {
    const auto cells = split(line, '|');
    if (cells.size() < 5) continue;
    const std::string_view first = trim(cells[1]);
    if (first != "Manipulation" && !first.starts_with("-")) rows.emplace_back(first);
  }
  for (const Attack& attack : kAttacks) cases.emplace_back(attack.name);
  EXPECT_THAT(rows, testing::UnorderedElementsAreArray(cases));
}

}  // namespace
}  // namespace rampart::journal
