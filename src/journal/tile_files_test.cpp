#include "journal/tile_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "base/testing.h"
#include "base/text.h"

namespace rampart::journal {
namespace {

class TileFolder : public testing::Test {
 protected:
  void write(const std::string& name, size_t octets, uint8_t value) {
    const std::string path = folder_ / name;
    make_folders(std::filesystem::path(path).parent_path());
    replace_file(path, std::vector<uint8_t>(octets, value));
  }
  TemporaryFolder folder_;
};

TEST_F(TileFolder, ReadsFullTilesAndPartialOnesThatAreWideEnough) {
  write("tile/0/000", 8'192, 1);
  write("tile/0/001.p/7", 7 * 32, 2);
  write("tile/0/001.p/9", 9 * 32, 3);
  DirectoryTiles tiles(folder_.path());
  ASSERT_TRUE(tiles.tile(0, 0, 256));
  EXPECT_EQ(tiles.tile(0, 0, 5)->size(), 160u);
  EXPECT_EQ(tiles.tile(0, 1, 7)->front(), 2);
  EXPECT_EQ(tiles.tile(0, 1, 8)->front(), 3);
  EXPECT_EQ(tiles.tile(0, 1, 8)->size(), 256u);
  EXPECT_FALSE(tiles.tile(0, 1, 10));
  EXPECT_FALSE(tiles.tile(1, 0, 1));
}

TEST_F(TileFolder, LooksAgainForATileThatHasGrown) {
  write("tile/0/000.p/7", 7 * 32, 2);
  DirectoryTiles tiles(folder_.path());
  ASSERT_TRUE(tiles.tile(0, 0, 7));
  EXPECT_FALSE(tiles.tile(0, 0, 8));
  write("tile/0/000", 8'192, 2);
  EXPECT_TRUE(tiles.tile(0, 0, 8));
}

TEST_F(TileFolder, PassesOverFilesOfAnotherSizeOrName) {
  write("tile/0/000", 8'191, 1);
  write("tile/0/001", 8'193, 1);
  write("tile/0/002.p/7", 6 * 32, 1);
  write("tile/0/002.p/0x9", 9 * 32, 1);
  write("tile/0/002.p/300", 300 * 32, 1);
  write("tile/0/003/000", 8'192, 1);
  DirectoryTiles tiles(folder_.path());
  for (uint64_t index = 0; index < 4; ++index) EXPECT_FALSE(tiles.tile(0, index, 5)) << index;
}

TEST_F(TileFolder, KeepsOnlyAFewTilesAndStillGivesAll) {
  for (uint8_t i = 0; i < 100; ++i) write(tile_path(0, i, 256), 8'192, i);
  DirectoryTiles tiles(folder_.path());
  for (int round = 0; round < 2; ++round) {
    for (uint8_t i = 0; i < 100; ++i) EXPECT_EQ(tiles.tile(0, i, 256)->back(), i);
  }
}

TEST_F(TileFolder, NamesPacksByTheirFirstRecord) {
  EXPECT_EQ(pack_path(0), "tile/0/00000000000000000000.tiles");
  EXPECT_EQ(pack_path(4'095), "tile/0/00000000000000000000.tiles");
  EXPECT_EQ(pack_path(4'096), "tile/0/00000000000001048576.tiles");
  EXPECT_EQ(pack_path((uint64_t{1} << 56) - 1), "tile/0/18446744073708503040.tiles");
}

/// some_tiles are `count` tiles one after the other, no two alike.
std::vector<uint8_t> some_tiles(uint64_t count) {
  std::mt19937_64 random(count);
  std::vector<uint8_t> octets(count * kTileOctets);
  for (uint8_t& octet : octets) octet = static_cast<uint8_t>(random());
  return octets;
}
Bytes tile_of(const std::vector<uint8_t>& octets, uint64_t place) {
  return Bytes(octets).subspan(place * kTileOctets, kTileOctets);
}

TEST_F(TileFolder, PacksLeavesAcrossTheEndOfAPackAndReadsEachBack) {
  const std::vector<uint8_t> octets = some_tiles(7);
  TileFiles files(folder_.path());
  files.put_leaves(4'093, octets);
  for (uint64_t i = 0; i < 7; ++i) {
    const auto tile = read_tile(folder_.path(), 0, 4'093 + i, kBundle);
    ASSERT_TRUE(tile) << i;
    EXPECT_TRUE(std::ranges::equal(*tile, tile_of(octets, i))) << i;
  }
  EXPECT_EQ(std::filesystem::file_size(folder_ / pack_path(0)), kPackTiles * kTileOctets);
  EXPECT_EQ(std::filesystem::file_size(folder_ / pack_path(4'096)), 4 * kTileOctets);
  EXPECT_FALSE(read_tile(folder_.path(), 0, 4'092, kBundle));  // the hole before
  EXPECT_FALSE(read_tile(folder_.path(), 0, 4'100, kBundle));  // behind the end
  EXPECT_FALSE(read_tile(folder_.path(), 1, 4'093, kBundle));
}

TEST_F(TileFolder, CountsATileOnlyWhereThePackIsLongEnough) {
  TileFiles(folder_.path()).put_leaves(0, some_tiles(3));
  std::filesystem::resize_file(folder_ / pack_path(0), 3 * kTileOctets - 1);
  EXPECT_TRUE(read_tile(folder_.path(), 0, 1, kBundle));
  EXPECT_FALSE(read_tile(folder_.path(), 0, 2, kBundle));
}

TEST_F(TileFolder, WritesATileAnewInItsPlace) {
  TileFiles files(folder_.path());
  const std::vector<uint8_t> octets = some_tiles(3);
  files.put_leaves(0, some_tiles(4));
  files.put_leaves(1, Bytes(octets).first(kTileOctets));
  EXPECT_TRUE(std::ranges::equal(*read_tile(folder_.path(), 0, 1, kBundle), tile_of(octets, 0)));
  EXPECT_EQ(std::filesystem::file_size(folder_ / pack_path(0)), 4 * kTileOctets);
}

TEST_F(TileFolder, FallsBackToSingleFilesWhereAPackHasNothing) {
  write("tile/0/000", kTileOctets, 1);
  write("tile/0/001", kTileOctets, 2);
  EXPECT_EQ(read_tile(folder_.path(), 0, 1, kBundle)->front(), 2);
  const std::vector<uint8_t> octets = some_tiles(1);
  TileFiles(folder_.path()).put_leaves(2, octets);  // a journal of before goes on
  DirectoryTiles tiles(folder_.path());
  EXPECT_EQ(tiles.tile(0, 0, 5)->front(), 1);
  EXPECT_EQ(tiles.tile(0, 1, kBundle)->front(), 2);
  EXPECT_TRUE(std::ranges::equal(*tiles.tile(0, 2, kBundle), tile_of(octets, 0)));
}

TEST_F(TileFolder, PrefersThePackToASingleFile) {
  write("tile/0/000", kTileOctets, 1);
  const std::vector<uint8_t> octets = some_tiles(1);
  TileFiles(folder_.path()).put_leaves(0, octets);
  EXPECT_TRUE(std::ranges::equal(*read_tile(folder_.path(), 0, 0, kBundle), octets));
}

TEST_F(TileFolder, KeepsPartialTilesAndThoseAboveInFilesOfTheirOwn) {
  TileFiles files(folder_.path());
  make_folders(folder_ / "tile");
  const std::vector<uint8_t> octets = some_tiles(1);
  files.put(0, 3, 7, Bytes(octets).first(7 * 32));
  files.put(1, 0, kBundle, octets);
  files.put(0, 4, kBundle, octets);
  EXPECT_EQ(std::filesystem::file_size(folder_ / "tile/0/003.p/7"), 7u * 32);
  EXPECT_EQ(std::filesystem::file_size(folder_ / "tile/1/000"), kTileOctets);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "tile/0/004"));
  files.sync();
  files.remove_partials(0, 3);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "tile/0/003.p"));
}

}  // namespace
}  // namespace rampart::journal
