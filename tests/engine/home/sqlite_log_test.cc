#include "engine/home/sqlite_log.h"

#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/stream/adapters.h"
#include "tests/support/kind_of.h"
#include "tests/support/sqlite_program.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

constexpr std::size_t kFrame = kFrameHeaderBytes + 512;

LogPages read_text(const std::string& log, std::optional<std::uint32_t> frames = std::nullopt) {
  const ByteView bytes = as_bytes(log);
  return read_log(MemorySource(ByteVec(bytes.begin(), bytes.end())), frames);
}

// A log of several commits as SQLite writes it.
std::string some_log() {
  const TempDirectory folder;
  const SqliteProgram program(folder.path("x"));
  (void)program.run("PRAGMA page_size=512; PRAGMA journal_mode=wal; CREATE TABLE t(a);");
  for (int i = 0; i < 4; ++i) (void)program.run("INSERT INTO t VALUES(randomblob(700));");
  return folder.read("x-wal");
}

TEST(SqliteLog, ACutOrChangedLogEndsWithTheLastCommitBeforeIt) {
  const std::string log = some_log();
  const LogPages whole = read_text(log);
  EXPECT_EQ(whole.page_bytes, 512U);
  EXPECT_EQ(whole.frames, (log.size() - kLogHeaderBytes) / kFrame);
  EXPECT_GT(whole.database_pages, 4U);
  EXPECT_LT(whole.pages.size(), whole.frames) << "pages are written again";
  std::uint32_t before = 0;
  for (std::size_t bytes = 0; bytes <= log.size(); bytes += 13) {
    const LogPages cut = read_text(log.substr(0, bytes));
    EXPECT_GE(cut.frames, before);
    EXPECT_LE(cut.frames * kFrame + (cut.frames == 0 ? 0 : kLogHeaderBytes), bytes);
    before = cut.frames;
    if (bytes == log.size()) break;
    std::string changed = log;
    changed[bytes] = static_cast<char>(changed[bytes] ^ 1);
    const LogPages damaged = read_text(changed);
    EXPECT_LE(damaged.frames, cut.frames) << bytes;
    for (const LogPage& page : damaged.pages) EXPECT_LE(page.frame, damaged.frames);
  }
}

TEST(SqliteLog, OnlyTheFramesUpToTheOneAskedForCount) {
  const std::string log = some_log();
  const LogPages whole = read_text(log);
  std::size_t commits = 0;
  for (std::uint32_t frame = 1; frame <= whole.frames; ++frame) {
    const char* const at = log.data() + kLogHeaderBytes + (frame - 1) * kFrame;
    const bool is_commit = std::string_view(at + 4, 4) != std::string_view("\0\0\0\0", 4);
    commits += is_commit ? 1 : 0;
    if (!is_commit) {
      EXPECT_EQ(kind_of([&] { (void)read_text(log, frame); }), ErrorKind::kDamaged);
      continue;
    }
    const LogPages part = read_text(log, frame);
    EXPECT_EQ(part.frames, frame);
    for (const LogPage& page : part.pages) EXPECT_LE(page.frame, frame);
  }
  EXPECT_EQ(commits, 5U);
  EXPECT_EQ(kind_of([&] { (void)read_text(log, whole.frames + 1); }), ErrorKind::kDamaged);
  EXPECT_EQ(kind_of([&] { (void)read_text("", 1); }), ErrorKind::kDamaged);
  EXPECT_EQ(read_text("").frames, 0U);
  EXPECT_EQ(read_text("", 0).frames, 0U);
}

TEST(SqliteLog, PlacesBehind4GiBAreRight) {
  LogPages log;
  log.page_bytes = 65536;
  EXPECT_EQ(log.offset_of(1), 56U);
  EXPECT_EQ(log.offset_of(4'000'000'000), 56 + 3'999'999'999ULL * 65560);
}

TEST(SqliteFormat, PageSizesAreThoseOfSqlite) {
  std::string start("SQLite format 3\0\x10\x00\x02\x02", 20);
  const auto with = [&](int high, int low) {
    start[16] = static_cast<char>(high);
    start[17] = static_cast<char>(low);
    return find_database_start(as_bytes(start));
  };
  EXPECT_EQ(with(2, 0)->page_bytes, 512U);
  EXPECT_EQ(with(0x80, 0)->page_bytes, 32768U);
  EXPECT_EQ(with(0, 1)->page_bytes, 65536U);
  EXPECT_TRUE(with(0x10, 0)->has_log);
  for (const auto& [high, low] : {std::pair{0, 0}, {1, 0}, {3, 0}, {0x10, 1}}) {
    EXPECT_FALSE(with(high, low)) << high << low;
  }
  EXPECT_FALSE(is_sqlite(as_bytes("SQLite format 3 ")));
  EXPECT_FALSE(find_database_start(as_bytes("SQLite")));
}

}  // namespace
}  // namespace backshelf
