// Extension headers that cost more than they say.
#include <gtest/gtest.h>

#include "engine/archive/outer_table.h"
#include "engine/stream/adapters.h"
#include "tests/engine/archive/outer_fixture.h"

namespace backshelf {
namespace {

class CountingSource final : public RandomSource {
 public:
  explicit CountingSource(ByteVec bytes) : below_(std::move(bytes)) {}
  [[nodiscard]] std::uint64_t size() const override { return below_.size(); }
  [[nodiscard]] std::size_t read_at(std::uint64_t offset, ByteSpan out) const override {
    const std::size_t count = below_.read_at(offset, out);
    bytes_read += count;
    return count;
  }
  mutable std::uint64_t bytes_read = 0;

 private:
  MemorySource below_;
};

void put_checksum(ByteVec& header) {
  std::uint32_t sum = 0;
  std::fill_n(header.begin() + 148, 8, std::byte{' '});
  for (const std::byte b : header) sum += std::to_integer<std::uint32_t>(b);
  for (std::size_t i = 0; i < 6; ++i) header[153 - i] = std::byte('0' + (sum >> (3 * i) & 7));
  header[154] = std::byte{0};
}

// An extension header of any type, with its records.
ByteVec extension(char type, std::string_view records) {
  MemberHeader facts;
  facts.name = "././@PaxHeader";
  facts.size = records.size();
  ByteVec bytes = make_plain_header(facts);
  bytes[156] = static_cast<std::byte>(type);
  put_checksum(bytes);
  bytes.insert(bytes.end(), as_bytes(records).begin(), as_bytes(records).end());
  bytes.resize(padded(bytes.size()));
  return bytes;
}

std::string record(std::string_view key, std::size_t length) {
  const std::string start = concat(length, " ", key, "=");
  return concat(start, std::string(length - start.size() - 1, 'x'), "\n");
}

ByteVec member_behind(const ByteVec& extensions, const std::string& name) {
  OuterBuilder tar;
  tar.put(extensions);
  tar.member(name, 700, 700, ByteVec(700, std::byte{9}));
  tar.metadata("{}");
  tar.zeros(1024);
  ByteVec bytes(tar.source->size());
  (void)tar.source->read_at(0, bytes);
  return bytes;
}

TEST(OuterHostile, ExtensionsInFrontOfAMemberAreLimitedTogether) {
  const OuterTable fits = read_outer_table(
      MemorySource(member_behind(extension('x', record("comment", 60'000)), "a.tar")));
  EXPECT_EQ(fits.problem, "");
  ByteVec two = extension('x', record("comment", 60'000));
  const ByteVec second = extension('x', record("comment", 6'000));
  two.insert(two.end(), second.begin(), second.end());
  const OuterTable table = read_outer_table(MemorySource(member_behind(two, "a.tar")));
  ASSERT_EQ(table.members.size(), 2U) << "behind what was too much";
  EXPECT_NE(table.problem, "");
}

TEST(OuterHostile, GlobalRecordsNameNoMember) {
  const OuterTable table = read_outer_table(
      MemorySource(member_behind(extension('g', "14 path=x.tar\n16 mtime=1234.5\n"), "a.tar")));
  ASSERT_EQ(table.members.size(), 2U) << table.problem;
  EXPECT_EQ(table.members[0].name, "a.tar");
  EXPECT_EQ(table.members[1].name, "backup.json");
  EXPECT_EQ(table.members[1].mtime.seconds, 1234);
  EXPECT_EQ(table.members[1].mtime.nanoseconds, 500'000'000U);
}

// Every block is a sound extension header and, for the block before it, the start of its records.
TEST(OuterHostile, ASearchReadsEveryBlockAFewTimesOnly) {
  constexpr std::size_t kClaimed = 60 * kKiB;
  MemberHeader facts;
  facts.name = concat(kClaimed, " k=");
  facts.size = kClaimed;
  ByteVec block = make_plain_header(facts);
  block[156] = std::byte{'x'};
  block[511] = std::byte{'\n'};
  put_checksum(block);
  ByteVec tar = make_plain_header(facts);
  tar[0] ^= std::byte{1};  // no header: behind it one is looked for
  for (int i = 0; i < 2000; ++i) tar.insert(tar.end(), block.begin(), block.end());
  const CountingSource source(tar);
  (void)read_outer_table(source);
  EXPECT_LT(source.bytes_read, 40 * tar.size());
}

}  // namespace
}  // namespace backshelf
