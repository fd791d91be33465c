#include "engine/tar/tar_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/tar/scans.h"

namespace backshelf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Errors first: cut tars.

TEST(TarScan, ACutAtAnyByteLosesNoEntryBeforeItAndIsReported) {
  const ByteVec whole = three_files().end().bytes();
  const std::size_t last = 512 + 1024 + 512 + 1024 + 512 + 512;  // behind the padding of c
  for (std::size_t size = 0; size <= whole.size(); size += size % 512 == 510 ? 1 : 17) {
    const Scan scan =
        both(ByteVec(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    const bool at_edge = size == 0 || size == 1536 || size == 3072 || size >= last;
    EXPECT_EQ(scan.result.end, at_edge ? End::kSound : End::kTruncated) << size;
    EXPECT_EQ(scan.result.end_offset, size) << size;
    const std::size_t headers = (size >= 512 ? 1U : 0U) + (size >= 2048) + (size >= 3584);
    ASSERT_EQ(scan.paths.size(), headers) << size;
    for (std::size_t i = 0; i < headers; ++i) {
      const BodyLocation& body = scan.bodies[i];
      EXPECT_EQ(body.complete, body.data_offset + scan.entries[i].size <= size);
      EXPECT_EQ(body.stored_size, std::min(scan.entries[i].size, size - body.data_offset));
    }
  }
}

TEST(TarScan, AnExtendedHeaderWithoutItsEntryIsACut) {
  EXPECT_EQ(both(TarBits().pax({{"path", "x"}}).bytes()).result.end, End::kTruncated);
  EXPECT_EQ(both(TarBits().pax({{"path", "x"}}).end().bytes()).result.end, End::kDamaged);
}

TEST(TarScan, DamagedStreamsAreTheResultAndOtherErrorsPass) {
  const ByteVec tar = three_files().bytes();
  const ByteVec cut(tar.begin(), tar.begin() + 700);
  Scan scan = in_order(cut, 99, Error(ErrorKind::kDamaged, "inflating", "bad code"));
  EXPECT_EQ(scan.result.end, End::kDamaged);
  EXPECT_THAT(scan.result.problem, HasSubstr("bad code"));
  EXPECT_THAT(scan.paths, ElementsAre("a"));
  EXPECT_FALSE(scan.bodies[0].complete);
  EXPECT_EQ(scan.bodies[0].stored_size, 188U);
  scan = in_order(cut, 99, Error(ErrorKind::kTruncated, "inflating", "no more"));
  EXPECT_EQ(scan.result.end, End::kTruncated);
  EXPECT_THROW((void)in_order(cut, 99, Error(ErrorKind::kIo, "reading", "disk")), Error);
}

TEST(TarScan, AnErrorBehindTheEndBlocksIsReported) {
  const ByteVec tar = three_files().end().bytes();
  const Scan scan = in_order(tar, 512, Error(ErrorKind::kDamaged, "inflating", "wrong CRC"));
  EXPECT_EQ(scan.paths.size(), 3U);
  EXPECT_EQ(scan.result.end, End::kDamaged);
  EXPECT_EQ(scan.result.end_offset, tar.size());
}

// Damaged headers and unreadable ranges.

TEST(TarScan, AfterADamagedHeaderTheNextOneIsFound) {
  ByteVec tar = three_files().end().bytes();
  tar[1536 + 20] = std::byte{'!'};  // in the header of b
  const Scan scan = both(tar);
  EXPECT_THAT(scan.paths, ElementsAre("a", "c"));
  EXPECT_EQ(scan.result.end, End::kDamaged);
  EXPECT_THAT(scan.result.problem, HasSubstr("at byte 1536"));
}

TEST(TarScan, ZerosThatEntriesFollowAreALostPageAndNotTheEnd) {
  ByteVec tar = three_files().end().bytes();
  std::fill_n(tar.begin() + 1536, 1024, std::byte{0});  // the header of b, and half its content
  const Scan scan = both(tar);
  EXPECT_THAT(scan.paths, ElementsAre("a", "c"));
  EXPECT_EQ(scan.result.end, End::kDamaged);
  EXPECT_THAT(scan.result.problem, HasSubstr("zeros stand where entries were, at byte 1536"));
  EXPECT_EQ(scan.result.end_offset, tar.size());
}

TEST(TarScan, ZerosThatNoEntryFollowsAreTheEnd) {
  for (const std::size_t zeros : {0U, 512U, 10240U, 100'352U}) {
    TarBits bits = three_files().end();
    const ByteVec tar = bits.raw(std::string(zeros, '\0')).bytes();
    EXPECT_EQ(both(tar).result.end_offset, tar.size());
    const Scan scan = both(bits.raw(std::string(5000, 'g')).bytes());
    EXPECT_EQ(scan.result.end, End::kSound) << scan.result.problem;
    EXPECT_EQ(scan.result.end_offset, tar.size());
  }
}

TEST(TarScan, ABodyThatIsShorterThanDeclaredCostsItsNeighbourOnly) {
  TarBits tar;
  tar.header("shrunk", '0', 2000).raw(std::string(1024, 's'));
  tar.file("next", std::string(1536, 'n')).file("last", "l").end();
  const Scan scan = both(tar.bytes());
  EXPECT_THAT(scan.paths, ElementsAre("shrunk", "last"));
  EXPECT_EQ(scan.result.end, End::kDamaged);
}

TEST(TarScan, UnreadableHeadersAreSteppedOverToTheNextReadableOne) {
  TarBits tar;
  for (int i = 0; i < 200; ++i) tar.file(concat("f", i), std::string(1500, 'x'));  // 2048 each
  tar.end();
  const Scan scan =
      at_random(tar.bytes(), {{2048 * 50 + 100, 2048 * 60 + 1}, {2048 * 199, 1 << 30}});
  ASSERT_EQ(scan.paths.size(), 50U + 199 - 61);
  EXPECT_EQ(scan.paths[49], "f49");
  EXPECT_EQ(scan.paths[50], "f61");
  EXPECT_EQ(scan.result.end, End::kDamaged);
}

TEST(TarScan, DamageInsideABodyIsLeftToTheReads) {
  const Scan scan = at_random(three_files().end().bytes(), {{600, 900}, {2100, 2101}});
  EXPECT_THAT(scan.paths, ElementsAre("a", "b", "c"));
  EXPECT_EQ(scan.result.end, End::kSound);
}

TEST(TarScan, AWhollyUnreadableTarEndsTheScan) {
  const Scan scan = at_random(ByteVec(5'000'000), {{0, 5'000'000}});
  EXPECT_EQ(scan.result.end, End::kDamaged);
  EXPECT_TRUE(scan.paths.empty());
}

TEST(TarScan, BodiesAreSkippedNotRead) {
  TarBits tar;
  for (int i = 0; i < 4; ++i) tar.file(concat("big", i), std::string(10'000'000, 'x'));
  const HoledSource source(tar.end().bytes());
  Scan scan;
  scan.result = scan_tar(source, collect(scan));
  EXPECT_EQ(scan.paths.size(), 4U);
  EXPECT_LT(source.bytes_read, 300'000U);
}

}  // namespace
}  // namespace backshelf
