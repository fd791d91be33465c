#include "engine/archive/file_columns.h"

#include <gtest/gtest.h>

#include "engine/archive/index_bytes.h"
#include "tests/engine/archive/odd_files.h"

namespace backshelf {
namespace {

TEST(FileColumns, gives_back_whatever_entries_a_tar_can_hold) {
  const std::vector<IndexedFile> files = odd_files();
  const FileColumns::Sections sections = sections_of(files);
  const auto found = files_of(sections.files, sections.sparse);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_TRUE(same_file((*found)[i], files[i])) << i << ' ' << files[i].entry.path.substr(0, 99);
  }
  const auto stats = read_stats(sections.stat);
  ASSERT_TRUE(stats);
  ASSERT_EQ(stats->size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_TRUE(same_stat((*stats)[i], files[i].stat)) << i;
  }
}

TEST(FileColumns, hold_nothing_where_there_is_nothing) {
  const FileColumns::Sections none = sections_of({});
  const auto found = files_of(none.files, none.sparse);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->empty());
  const FileColumns::Sections plain = sections_of({file_at("a", 0, 1)});
  EXPECT_TRUE(plain.sparse.empty());
  EXPECT_TRUE(plain.stat.empty());
}

TEST(FileColumns, refuse_every_cut_section) {
  const FileColumns::Sections sections = sections_of(odd_files());
  const ByteView files(sections.files), sparse(sections.sparse), stat(sections.stat);
  for (std::size_t size = 0; size < 600; ++size) EXPECT_FALSE(files_of(files.first(size), sparse));
  for (std::size_t cut = 1; cut < 600; ++cut) {
    EXPECT_FALSE(files_of(files.first(files.size() - cut), sparse));
  }
  for (std::size_t size = 0; size < sparse.size(); ++size) {
    EXPECT_FALSE(files_of(files, sparse.first(size))) << size;
  }
  for (std::size_t size = 0; size < stat.size(); ++size) {
    EXPECT_FALSE(read_stats(stat.first(size))) << size;
  }
  ByteVec longer = sections.sparse;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(files_of(files, longer));
}

// A section of one file by hand, with one column replaced.
std::vector<ByteVec> columns_of_one() {
  std::vector<ByteVec> columns(kFileColumns);
  const auto put = [&](FileColumn column, std::initializer_list<int> bytes) {
    for (const int byte : bytes) columns[column].push_back(static_cast<std::byte>(byte));
  };
  put(kFlagColumn, {0});
  put(kSharedColumn, {0});
  put(kSuffixBytesColumn, {1});
  put(kSuffixColumn, {'a'});
  put(kRowColumn, {0});
  put(kRowsColumn, {0, 0, 0, 0, 0, 0});
  put(kSecondsColumn, {0});
  put(kNanosecondsColumn, {0, 0, 0, 0});
  put(kSizeColumn, {3});
  put(kGapColumn, {2});
  put(kHeaderBytesColumn, {0x80, 4});
  return columns;
}

bool is_read(std::vector<ByteVec> columns, const ByteVec& sparse = {}) {
  return files_of(print_columns(columns), sparse).has_value();
}

TEST(FileColumns, refuse_values_that_cannot_be) {
  ASSERT_TRUE(is_read(columns_of_one()));
  const auto refused = [](FileColumn column, std::initializer_list<int> bytes) {
    auto columns = columns_of_one();
    columns[column].clear();
    for (const int byte : bytes) columns[column].push_back(static_cast<std::byte>(byte));
    return !is_read(columns);
  };
  EXPECT_TRUE(refused(kFlagColumn, {32})) << "a flag of a later version";
  EXPECT_TRUE(refused(kSharedColumn, {1})) << "more of the path before than it has";
  EXPECT_TRUE(refused(kRowColumn, {1})) << "a row that is not there";
  EXPECT_TRUE(refused(kRowsColumn, {7, 0, 0, 0, 0, 0})) << "an unknown type";
  EXPECT_TRUE(refused(kRowsColumn, {0, 0, 0, 0, 0})) << "half a row";
  EXPECT_TRUE(refused(kNanosecondsColumn, {0, 0xca, 0x9a, 0x3b})) << "a whole second";
  EXPECT_TRUE(refused(kSizeColumn, {3, 3})) << "a size too many";
  EXPECT_TRUE(refused(kSizeColumn, {})) << "a size missing";
  EXPECT_TRUE(refused(kSizeColumn, {255, 255, 255, 255, 255, 255, 255, 255, 255, 2})) << "65 bits";
  EXPECT_TRUE(refused(kSizeColumn, {255, 255, 255, 255, 255, 255, 255, 255, 255, 1}))
      << "a body behind the end of all numbers";
  EXPECT_TRUE(refused(kHeaderBytesColumn, {255, 255, 255, 255, 255, 255, 255, 255, 255, 1}))
      << "a body in front of its header";
}

TEST(FileColumns, refuse_stats_that_cannot_be) {
  const auto is_stat = [](int present, std::uint64_t nanoseconds) {
    std::vector<ByteVec> columns(kStatColumns, ByteVec(1));
    columns[kPresentColumn][0] = static_cast<std::byte>(present);
    columns[kChangeNanosecondsColumn].clear();
    put_fixed(columns[kChangeNanosecondsColumn], nanoseconds, 4);
    return read_stats(print_columns(columns)).has_value();
  };
  EXPECT_TRUE(is_stat(1, kNanosPerSecond - 1));
  EXPECT_FALSE(is_stat(1, kNanosPerSecond));
  EXPECT_FALSE(is_stat(2, 0));
  EXPECT_FALSE(is_stat(0, 0)) << "a row of no entry";
}

TEST(FileColumns, skip_columns_of_a_later_version) {
  auto columns = columns_of_one();
  columns[kXattrColumn] = {std::byte{0}};
  columns.push_back({std::byte{42}});
  EXPECT_TRUE(is_read(columns));
  columns.resize(kFileColumns - 1);
  EXPECT_FALSE(is_read(columns));
}

TEST(FileColumns, refuse_counts_that_bytes_do_not_justify) {
  auto columns = columns_of_one();
  columns[kFlagColumn] = {std::byte{kSparseFlag}};
  put_varint(columns[kExtentsColumn], std::uint64_t{1} << 60);
  EXPECT_FALSE(is_read(columns, {std::byte{0}, std::byte{0}, std::byte{1}}));
  columns = columns_of_one();
  columns[kFlagColumn].resize(kMaxIndexEntries + 1);
  EXPECT_FALSE(is_read(columns));
  ByteVec section;
  put_varint(section, std::uint64_t{1} << 62);  // columns
  EXPECT_FALSE(files_of(section, {}));
}

TEST(FileColumns, refuse_names_beyond_the_limits_of_a_tar) {
  const auto long_name = sections_of({file_at(std::string(kMaxIndexNameBytes + 1, 'n'), 0, 0)});
  EXPECT_FALSE(files_of(long_name.files, {}));
  // Names that share their bytes are a small section and yet much to hold.
  std::vector<ByteVec> columns(kFileColumns);
  const std::string name(kMaxIndexNameBytes, 'n');
  const std::uint64_t most = kMaxIndexAllNameBytes / name.size();
  for (std::uint64_t i = 0; i <= most; ++i) {
    put_varint(columns[kSharedColumn], i == 0 ? 0 : name.size());
    put_varint(columns[kSuffixBytesColumn], i == 0 ? name.size() : 0);
    put_fixed(columns[kNanosecondsColumn], 0, 4);
    for (const auto column :
         {kFlagColumn, kRowColumn, kSecondsColumn, kSizeColumn, kGapColumn, kHeaderBytesColumn}) {
      columns[column].push_back(std::byte{0});
    }
  }
  put_bytes(columns[kSuffixColumn], as_bytes(name));
  columns[kRowsColumn] = ByteVec(6);
  std::uint64_t seen = 0;
  EXPECT_FALSE(
      read_files(print_columns(columns), {}, [&](const Entry&, const BodyLocation&) { ++seen; }));
  EXPECT_EQ(seen, most);
}

// Any flipped bit gives other entries or none, and never entries that break their promises.
TEST(FileColumns, keep_their_promises_when_bits_flip) {
  const FileColumns::Sections sections = sections_of(odd_files());
  for (std::size_t bit = 0; bit < 8 * sections.files.size(); bit += bit < 8 * 400 ? 1 : 997) {
    ByteVec changed = sections.files;
    changed[bit / 8] ^= std::byte{1} << (bit % 8);
    const auto files = files_of(changed, sections.sparse);
    for (const IndexedFile& file : files.value_or(std::vector<IndexedFile>())) {
      EXPECT_LT(file.entry.mtime.nanoseconds, kNanosPerSecond);
      EXPECT_LE(file.body.header_offset, file.body.data_offset);
      EXPECT_LE(file.body.data_offset, file.body.data_offset + file.body.stored_size);
      std::uint64_t reached = 0;
      for (const Extent& extent : file.body.extents) {
        EXPECT_GT(extent.length, 0U);
        EXPECT_GE(extent.logical_offset, reached);
        reached = extent.logical_offset + extent.length;
      }
    }
  }
}

}  // namespace
}  // namespace backshelf
