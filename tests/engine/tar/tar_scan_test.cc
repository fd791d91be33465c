#include "engine/tar/tar_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/tar/scans.h"

namespace backshelf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Hostile tars.

TEST(TarScan, LimitsEndTheScanOrLeaveOutTheEntry) {
  TarBits tar;
  tar.pax({{"path", std::string(100, 'p')}}).file("long", "1").file("fine", "2");
  tar.longname('L', std::string(100, 'q')).file("long2", "3").file("last", "4").end();
  const ByteVec bytes = tar.bytes();
  const auto scanned = [&](const TarScanLimits& limits) {
    Scan scan;
    scan.result = scan_tar(MemorySource(bytes), collect(scan), limits);
    return scan;
  };
  EXPECT_EQ(scanned({.name_bytes = 100}).result.end, End::kSound);
  const Scan names = scanned({.name_bytes = 99});
  EXPECT_THAT(names.paths, ElementsAre("fine", "last"));
  EXPECT_EQ(names.result.end, End::kDamaged);
  EXPECT_THAT(scanned({.pax_bytes = 50}).paths.front(), "fine");
  EXPECT_THAT(scanned({.entries = 4}).paths.size(), 4U);
  const Scan few = scanned({.entries = 3});
  EXPECT_EQ(few.paths.size(), 3U);
  EXPECT_THAT(few.result.problem, HasSubstr("more entries"));
  EXPECT_EQ(scanned({.all_name_bytes = 150}).paths.size(), 2U);
}

TEST(TarScan, SizesBeyondAllDataAreACut) {
  for (const char* size : {"9223372036854775807", "99999999999"}) {
    const Scan scan = both(TarBits().pax({{"size", size}}).file("huge", "x").bytes());
    ASSERT_EQ(scan.paths.size(), 1U);
    EXPECT_EQ(scan.result.end, End::kTruncated);
    EXPECT_FALSE(scan.bodies[0].complete);
    EXPECT_EQ(scan.bodies[0].stored_size, 512U);
  }
}

TEST(TarScan, MalformedRecordsAreReportedAndTheEntryKept) {
  for (const char* records : {"99 path=x\n", "path=x\n", "13 mtime=x12\n", "9 uid=-x\n"}) {
    const Scan scan = both(TarBits().longname('x', records).file("kept", "x").end().bytes());
    EXPECT_THAT(scan.paths, ElementsAre("kept")) << records;
    EXPECT_EQ(scan.result.end, End::kDamaged) << records;
  }
}

TEST(TarScan, AnEntryWhoseSizeIsLostIsLeftOut) {
  for (const char* records : {"14 size=0x123\n", "99 size=600\n"}) {
    TarBits tar;
    tar.longname('x', records).header("big", '0', 0).raw(std::string(1024, 'b'));
    const Scan scan = both(tar.file("next", "x").end().bytes());
    EXPECT_THAT(scan.paths, ElementsAre("next")) << records;
    EXPECT_EQ(scan.result.end, End::kDamaged);
  }
}

TEST(TarScan, ImpossibleSparseMapsLeaveTheEntryOut) {
  for (const char* map : {"0,5,3,1", "10,1", "0,11", "0", "0,x", "0,-1", "18446744073709551615,2",
                          "0,1,1,1,2,1,3,1,4,1,5,1", "0,4", "0,2,4,2"}) {
    TarBits tar;
    tar.pax({{"GNU.sparse.size", "8"}, {"GNU.sparse.map", map}}).file("sparse", "12345");
    const Scan scan = both(tar.file("next", "x").end().bytes());
    EXPECT_THAT(scan.paths, ElementsAre("next")) << map;
    EXPECT_EQ(scan.result.end, End::kDamaged);
  }
}

TEST(TarScan, AGoodSizeDoesNotMendABadSparseMap) {
  TarBits tar;
  tar.pax({{"GNU.sparse.size", "8"}, {"GNU.sparse.numbytes", "5"}, {"size", "5"}});
  const Scan scan = both(tar.file("sparse", "12345").file("next", "x").end().bytes());
  EXPECT_THAT(scan.paths, ElementsAre("next"));
  EXPECT_EQ(scan.result.end, End::kDamaged);
}

TEST(TarScan, PiecesOfASparseFileAreLimited) {
  std::string map;
  for (int i = 0; i < 100; ++i) map += concat(i > 0 ? "," : "", 2 * i, ",1");
  TarBits tar;
  tar.pax({{"GNU.sparse.size", "1000"}, {"GNU.sparse.map", map}}).file("s", std::string(100, 'x'));
  Scan scan;
  scan.result = scan_tar(MemorySource(tar.bytes()), collect(scan), {.file_extents = 100});
  ASSERT_EQ(scan.bodies.size(), 1U);
  EXPECT_EQ(scan.bodies[0].extents.size(), 100U);
  scan.result = scan_tar(MemorySource(tar.bytes()), collect(scan), {.file_extents = 99});
  EXPECT_EQ(scan.bodies.size(), 1U);
  EXPECT_EQ(scan.result.end, End::kDamaged);
}

TEST(TarScan, AStopIsObeyed) {
  std::stop_source stop;
  stop.request_stop();
  try {
    (void)scan_tar(
        MemorySource(three_files().bytes()), [](const auto&, const auto&) {}, {}, stop.get_token());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  }
}

// Ends.

TEST(TarScan, EndBlocksMayBeMissingFewOrMany) {
  for (const std::size_t blocks : {0U, 1U, 2U, 20U, 3000U}) {
    const Scan scan = both(three_files().raw(std::string(blocks * 512, '\0')).bytes());
    EXPECT_EQ(scan.paths.size(), 3U);
    EXPECT_EQ(scan.result.end, End::kSound);
    EXPECT_EQ(scan.result.end_offset, 4096 + blocks * 512);
  }
}

TEST(TarScan, WhatFollowsTheEndBlocksIsNoPartOfTheTar) {
  const Scan scan = both(three_files().end().raw("\x1f\x8b trailer").bytes());
  EXPECT_EQ(scan.paths.size(), 3U);
  EXPECT_EQ(scan.result.end, End::kSound);
  EXPECT_EQ(scan.result.end_offset, 4096U + 1024);
}

TEST(TarScan, NoBytesAreAnEmptyTar) {
  const Scan scan = both({});
  EXPECT_EQ(scan.result.end, End::kSound);
  EXPECT_EQ(scan.result.entries, 0U);
}

// Odd but sound entries.

TEST(TarScan, SizesOfEntriesWithoutBodyAreIgnoredUnlessABodyFollows) {
  TarBits tar;
  tar.header("dir", '5', 4096).header("link", '1', 10, "dir").file("f", "x");
  tar.header("hard", '1', 5, "f").raw("body5").pad().file("g", "y").end();
  const Scan scan = both(tar.bytes());
  EXPECT_THAT(scan.paths, ElementsAre("dir", "link", "f", "hard", "g"));
  EXPECT_EQ(scan.result.end, End::kSound);
  EXPECT_EQ(scan.entries[3].type, EntryType::kHardlink);
}

TEST(TarScan, VolumeLabelsAreNoEntriesAndUnknownTypesAreFiles) {
  TarBits tar;
  tar.header("label", 'V', 0).file("f", "x").header("contiguous", '7', 3).raw("abc").pad();
  tar.header("vendor", 'Q', 3).raw("abc").pad().header("old/", '0', 0).end();
  const Scan scan = both(tar.bytes());
  EXPECT_THAT(scan.paths, ElementsAre("f", "contiguous", "vendor", "old/"));
  EXPECT_EQ(scan.entries[2].type, EntryType::kFile);
  EXPECT_EQ(scan.entries[3].type, EntryType::kDirectory);
}

TEST(TarScan, GlobalRecordsHoldUntilTheEndAndYieldToLocalOnes) {
  TarBits tar;
  tar.pax({{"uid", "70000000000"}, {"mtime", "-0.25"}}, 'g').file("a", "");
  tar.pax({{"uid", "5"}, {"mtime", "1e3"}}).file("b", "").file("c", "").end();
  const Scan scan = both(tar.bytes());
  EXPECT_EQ(scan.entries[0].uid, 70'000'000'000);
  EXPECT_EQ(scan.entries[0].mtime, (Timestamp{-1, 750'000'000}));
  EXPECT_EQ(scan.entries[1].uid, 5);
  EXPECT_EQ(scan.entries[1].mtime, (Timestamp{1000, 0}));
  EXPECT_EQ(scan.entries[2].uid, 70'000'000'000);
  EXPECT_EQ(scan.bodies[0].header_offset, 1024U);  // the global header belongs to no entry
}

TEST(TarScan, OldSparseFilesMayNeedManyMoreBlocks) {
  TarBits tar;
  tar.gnu_sparse("holes", 100);
  const Scan scan = both(tar.file("next", "x").end().bytes());
  EXPECT_THAT(scan.paths, ElementsAre("holes", "next"));
  ASSERT_EQ(scan.bodies[0].extents.size(), 100U);
  EXPECT_EQ(scan.bodies[0].extents[99].logical_offset, 99'000U);
  EXPECT_EQ(scan.bodies[0].extents[99].stored_offset, scan.bodies[0].data_offset + 99);
  EXPECT_EQ(scan.entries[0].size, 100'000U);
}

}  // namespace
}  // namespace backshelf
