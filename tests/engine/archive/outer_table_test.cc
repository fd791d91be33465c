#include "engine/archive/outer_table.h"

#include <gtest/gtest.h>

#include "engine/securetar/header.h"
#include "engine/stream/adapters.h"
#include "tests/engine/archive/outer_fixture.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kLarge = 9 * kGiB + 12345;
constexpr char kJson[] = R"({"slug":"x"})";
const ByteVec kGzip = [] {
  const std::string_view text("\x1f\x8b\x08\x08\0\0\0\0\x02\xff\0", 11);
  return ByteVec(as_bytes(text).begin(), as_bytes(text).end());
}();

ByteVec sealed_start(std::uint8_t version, std::uint64_t plain_size) {
  ByteVec start(kV3HeaderBytes);
  std::copy_n(as_bytes("SecureTar").begin(), 9, start.begin());
  start[9] = std::byte{version};
  store_be64(ByteSpan(start).subspan(16), plain_size);
  return start;
}

// The members that must be found behind a large one, whatever its header says.
void expect_sound(OuterBuilder& tar, std::uint64_t size) {
  tar.metadata(kJson);
  tar.zeros(1024);
  const OuterTable table = read_outer_table(*tar.source);
  ASSERT_EQ(table.members.size(), 3U) << table.problem;
  EXPECT_EQ(table.members[0].name, "homeassistant.tar.gz");
  EXPECT_EQ(table.members[0].size, size);
  EXPECT_EQ(table.members[0].available, size);
  EXPECT_EQ(table.members[1].name, "ssl.tar.gz");
  EXPECT_EQ(table.members[1].size, 700U);
  EXPECT_EQ(table.members[2].name, "backup.json");
  EXPECT_FALSE(table.truncated);
  EXPECT_EQ(table.problem, "");
}

TEST(OuterTable, reads_members_of_eight_gigabytes_and_more) {
  OuterBuilder tar;
  tar.member("homeassistant.tar.gz", kLarge, kLarge, kGzip);
  tar.member("ssl.tar.gz", 700, 700, kGzip);
  expect_sound(tar, kLarge);
}

TEST(OuterTable, tells_a_cut_between_two_members_by_the_missing_end) {
  OuterBuilder tar;
  tar.member("ssl.tar.gz", 512, 512, kGzip);
  tar.source->set_size(tar.end());
  EXPECT_FALSE(read_outer_table(*tar.source).end_is_marked);
  tar.zeros(1024);
  EXPECT_TRUE(read_outer_table(*tar.source).end_is_marked);
}

TEST(OuterTable, repairs_the_stale_size_of_a_decrypted_member) {
  for (const std::uint64_t stale : {v3_sealed_size(kLarge), std::uint64_t{10'211'128'739}}) {
    const std::uint64_t size = *v3_plain_size(stale);
    OuterBuilder tar;
    tar.member("homeassistant.tar.gz", stale, size, kGzip);
    tar.member("ssl.tar.gz", 700, 700, kGzip);
    expect_sound(tar, size);
  }
  EXPECT_EQ(*v3_plain_size(10'211'128'739), 10'210'963'057U) << "a backup that was reported";
}

TEST(OuterTable, repairs_the_stale_size_of_a_member_decrypted_from_version_two) {
  for (const std::uint64_t size : {9 * kGiB, 9 * kGiB + 505}) {
    const std::uint64_t stale = v2_sealed_size(size);
    OuterBuilder tar;
    tar.member("homeassistant.tar.gz", stale, size, kGzip);
    tar.member("ssl.tar.gz", 700, 700, kGzip);
    // The padding's length is lost with the encryption: at most 15 zeros more than there were.
    expect_sound(tar, size % kTarBlock == 0 ? size : stale - kV2HeaderBytes - 1);
  }
}

TEST(OuterTable, repairs_the_stale_size_of_an_encrypted_member) {
  for (const std::uint8_t version : {std::uint8_t{2}, std::uint8_t{3}}) {
    const std::uint64_t size = version == 2 ? v2_sealed_size(kLarge) : v3_sealed_size(kLarge);
    OuterBuilder tar;
    tar.member("homeassistant.tar.gz", kLarge, size, sealed_start(version, kLarge));
    tar.member("ssl.tar.gz", 700, 700, kGzip);
    expect_sound(tar, size);
  }
}

TEST(OuterTable, believes_the_plain_header_when_both_sizes_are_there) {
  const std::uint64_t size = 8 * kGiB - 1000;
  const std::uint64_t stale = v3_sealed_size(size) + kMiB;
  OuterBuilder tar;
  MemberHeader header;
  header.name = "homeassistant.tar.gz";
  header.size = stale;
  ByteVec blocks = make_member_header(header);
  header.size = size;
  const ByteVec plain = make_plain_header(header);
  std::copy(plain.begin(), plain.end(), blocks.end() - kTarBlock);
  tar.put(blocks);
  tar.source->put(tar.end(), kGzip);
  tar.skip(padded(size));
  tar.member("ssl.tar.gz", 700, 700, kGzip);
  expect_sound(tar, size);
}

TEST(OuterTable, finds_the_members_behind_one_whose_head_was_overwritten) {
  OuterBuilder tar;
  tar.member("homeassistant.tar.gz", kLarge, kLarge - 1024, ByteVec(64, std::byte{7}));
  tar.metadata(kJson);
  tar.zeros(1024);
  const OuterTable table = read_outer_table(*tar.source);
  ASSERT_EQ(table.members.size(), 2U);
  EXPECT_TRUE(table.members[0].head_lost);
  EXPECT_NE(table.members[0].remark, "");
  EXPECT_EQ(table.members[1].name, "backup.json");
  EXPECT_FALSE(table.truncated);
}

TEST(OuterTable, takes_what_follows_an_unfinished_header_for_its_member) {
  OuterBuilder tar;
  tar.member("ssl.tar.gz", 700, 700, kGzip);
  tar.member("homeassistant.tar.gz", 0, 5 * kGiB, sealed_start(3, 0));
  tar.source->set_size(tar.end());
  const OuterTable table = read_outer_table(*tar.source);
  ASSERT_EQ(table.members.size(), 2U);
  EXPECT_TRUE(table.truncated);
  EXPECT_EQ(table.members[1].size, 5 * kGiB);
  EXPECT_NE(table.problem, "");
}

TEST(OuterTable, takes_an_unfinished_plain_tar_for_one_member) {
  OuterBuilder tar;
  tar.member("share.tar", 0, 0, {});
  tar.put(make_plain_header(
      {.name = "./inside.txt", .size = 3, .mtime_seconds = 1, .mtime_nanoseconds = 0}));
  tar.put(ByteVec(512, std::byte{'x'}));
  const OuterTable table = read_outer_table(*tar.source);
  ASSERT_EQ(table.members.size(), 1U);
  EXPECT_EQ(table.members[0].size, 1024U);
  EXPECT_TRUE(table.truncated);
}

TEST(OuterTable, keeps_empty_members_that_are_meant_so) {
  OuterBuilder tar;
  tar.member("app.tar.gz", 0, 0, {});
  tar.member("ssl.tar.gz", 700, 700, kGzip);
  tar.metadata(kJson);
  tar.zeros(1024);
  const OuterTable table = read_outer_table(*tar.source);
  ASSERT_EQ(table.members.size(), 3U);
  EXPECT_EQ(table.members[0].size, 0U);
  EXPECT_FALSE(table.truncated);
}

ByteVec small_tar(std::uint64_t trailing_zeros) {
  OuterBuilder tar;
  tar.member("ssl.tar.gz", 700, 700, ByteVec(700, std::byte{9}));
  tar.metadata(kJson);
  tar.zeros(trailing_zeros);
  ByteVec bytes(tar.source->size());
  EXPECT_EQ(tar.source->read_at(0, bytes), bytes.size());
  return bytes;
}

TEST(OuterTable, accepts_any_number_of_zeros_at_the_end) {
  for (const std::uint64_t zeros : {0U, 1U, 511U, 512U, 1024U, 10240U, 100'001U}) {
    const OuterTable table = read_outer_table(MemorySource(small_tar(zeros)));
    EXPECT_EQ(table.members.size(), 2U) << zeros;
    EXPECT_FALSE(table.truncated) << zeros;
    EXPECT_EQ(table.problem, "") << zeros;
  }
}

TEST(OuterTable, reports_every_cut_and_lists_what_came_before) {
  const ByteVec whole = small_tar(0);
  const std::uint64_t metadata_end = whole.size() - 512 + sizeof(kJson) - 1;
  for (std::size_t size = 1; size < metadata_end; size += 37) {
    const OuterTable table =
        read_outer_table(MemorySource(ByteVec(whole.begin(), whole.begin() + long(size))));
    const bool between = size >= 1536 + 700 && size <= 1536 + 1024;  // all of it is there
    EXPECT_TRUE(table.truncated || !table.is_tar || between) << size;
    if (size >= 1536) {
      ASSERT_FALSE(table.members.empty()) << size;
      EXPECT_EQ(table.members[0].available, std::min<std::size_t>(700, size - 1536)) << size;
    }
  }
}

TEST(OuterTable, goes_on_behind_a_damaged_header) {
  ByteVec bytes = small_tar(1024);
  bytes[20] ^= std::byte{1};  // of the first member's extension header
  const OuterTable damaged_first = read_outer_table(MemorySource(bytes));
  EXPECT_EQ(damaged_first.members.size(), 2U);
  EXPECT_NE(damaged_first.problem, "");
  bytes[20] ^= std::byte{1};
  bytes[1536 + 1024 + 3] ^= std::byte{1};  // "./backup.json"
  const OuterTable damaged_last = read_outer_table(MemorySource(bytes));
  ASSERT_EQ(damaged_last.members.size(), 1U);
  EXPECT_NE(damaged_last.problem, "");
}

TEST(OuterTable, goes_on_behind_zeros_that_members_follow) {
  OuterBuilder tar;
  tar.member("share.tar.gz", 700, 700, ByteVec(700, std::byte{9}));
  tar.zeros(4096);  // the next header, and the beginning of its member
  tar.put(ByteVec(2048, std::byte{9}));
  tar.member("ssl.tar.gz", 700, 700, ByteVec(700, std::byte{9}));
  tar.metadata(kJson);
  tar.zeros(10240);
  const OuterTable table = read_outer_table(*tar.source);
  ASSERT_EQ(table.members.size(), 3U);
  EXPECT_EQ(table.members[1].name, "ssl.tar.gz");
  EXPECT_NE(table.problem.find("zeros"), std::string::npos) << table.problem;
}

TEST(OuterTable, takes_zeros_that_anything_else_follows_for_the_end) {
  ByteVec bytes = small_tar(1024);
  bytes.resize(bytes.size() + 5000, std::byte{'g'});
  EXPECT_EQ(read_outer_table(MemorySource(bytes)).problem, "");
  SparseSource hollow;
  hollow.put(0, small_tar(0));
  hollow.set_filler(std::byte{0});
  hollow.set_size(1ULL << 44U);
  EXPECT_EQ(read_outer_table(hollow).problem, "") << "soon, though it has 16 TiB";
}

TEST(OuterTable, follows_no_link_and_says_so) {
  OuterBuilder tar;
  ByteVec header = make_plain_header(
      {.name = "homeassistant.tar", .size = 0, .mtime_seconds = 1, .mtime_nanoseconds = 0});
  header[156] = std::byte{'2'};
  std::uint32_t sum = 0;
  std::fill_n(header.begin() + 148, 8, std::byte{' '});
  for (const std::byte b : header) sum += std::to_integer<std::uint32_t>(b);
  for (int i = 0; i < 6; ++i) {
    header[static_cast<std::size_t>(153 - i)] = std::byte('0' + (sum >> (3 * i) & 7));
  }
  header[154] = std::byte{0};
  tar.put(header);
  tar.metadata(kJson);
  const OuterTable table = read_outer_table(*tar.source);
  ASSERT_EQ(table.members.size(), 2U);
  EXPECT_EQ(table.members[0].type, EntryType::kSymlink);
  EXPECT_NE(table.members[0].remark.find("symbolic link"), std::string::npos);
}

TEST(OuterTable, says_what_a_file_is_that_is_no_tar) {
  const std::map<std::string, std::string> kinds = {{"", "empty"},
                                                    {"\x1f\x8b\x08xxx", "gzip"},
                                                    {"BZh9xx", "bzip2"},
                                                    {"PK\x03\x04xx", "zip"},
                                                    {"random bytes", "no tar"}};
  for (const auto& [bytes, word] : kinds) {
    const OuterTable table =
        read_outer_table(MemorySource(ByteVec(as_bytes(bytes).begin(), as_bytes(bytes).end())));
    EXPECT_FALSE(table.is_tar);
    EXPECT_NE(table.problem.find(word), std::string::npos) << table.problem;
  }
}

}  // namespace
}  // namespace backshelf
