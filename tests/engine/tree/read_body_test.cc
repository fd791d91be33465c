#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/stream/adapters.h"
#include "engine/tree/tree.h"

namespace backshelf {
namespace {

// A tar whose byte i is i.
MemorySource counting_tar(std::size_t size) {
  ByteVec bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i);
  return MemorySource(std::move(bytes));
}

std::string read(const BodyLocation& body, std::uint64_t size, std::uint64_t offset,
                 std::size_t count) {
  const MemorySource tar = counting_tar(200);
  ByteVec out(count, std::byte{0xee});
  out.resize(read_body(tar, body, size, offset, out));
  return to_hex(out);
}

void expect_truncated(const BodyLocation& body, std::uint64_t size, std::uint64_t offset,
                      std::size_t count) {
  try {
    (void)read(body, size, offset, count);
    FAIL() << offset;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kTruncated);
  }
}

BodyLocation plain(std::uint64_t at, std::uint64_t stored, bool complete = true) {
  BodyLocation body;
  body.data_offset = at;
  body.stored_size = stored;
  body.complete = complete;
  return body;
}

BodyLocation sparse(std::vector<Extent> extents, std::uint64_t stored, bool complete = true) {
  BodyLocation body = plain(0x10, stored, complete);
  body.extents = std::move(extents);
  return body;
}

TEST(ReadBody, AnIncompleteBodyEndsInAnError) {
  const BodyLocation body = plain(0x10, 4, false);
  EXPECT_EQ(read(body, 10, 0, 4), "10111213");
  expect_truncated(body, 10, 0, 5);
  expect_truncated(body, 10, 4, 1);
  expect_truncated(body, 10, 9, 100);
  expect_truncated(plain(0x10, 0, false), 10, 0, 1);
}

TEST(ReadBody, ATarShorterThanItsBodyIsAnError) {
  expect_truncated(plain(190, 20), 20, 0, 20);
  EXPECT_EQ(read(plain(190, 20), 20, 0, 2), "bebf");
}

TEST(ReadBody, ReadsStopAtTheEndOfTheFile) {
  const BodyLocation body = plain(0x10, 4);
  EXPECT_EQ(read(body, 4, 1, 100), "111213");
  EXPECT_EQ(read(body, 4, 4, 1), "");
  EXPECT_EQ(read(body, 4, ~0ULL, 1), "");
}

TEST(ReadBody, HolesReadAsZeros) {
  const BodyLocation body = sparse({{2, 0x10, 2}, {6, 0x12, 1}}, 3);
  EXPECT_EQ(read(body, 8, 0, 100), "0000101100001200");
  EXPECT_EQ(read(body, 8, 3, 4), "11000012");
  EXPECT_EQ(read(body, 8, 4, 2), "0000");
  EXPECT_EQ(read(body, 8, 7, 5), "00");
}

TEST(ReadBody, AFileThatIsOneHoleReadsAsZeros) {
  EXPECT_EQ(read(plain(0x10, 0), 3, 0, 10), "000000");
}

TEST(ReadBody, ASparseBodyCutShortEndsInAnError) {
  const BodyLocation body = sparse({{2, 0x10, 2}, {6, 0x12, 2}}, 3, false);
  EXPECT_EQ(read(body, 8, 0, 7), "00001011000012");
  expect_truncated(body, 8, 0, 8);
}

}  // namespace
}  // namespace backshelf
