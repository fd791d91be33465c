#include "engine/home/sqlite_body.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "engine/base/error.h"
#include "engine/disk/file_stream.h"
#include "engine/stream/adapters.h"
#include "tests/support/kind_of.h"
#include "tests/support/sqlite_program.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

using Body = std::unique_ptr<DatabaseBody>;

// A database `x` of a few hundred pages in which `n` counts the commits, and a program that has it
// open.
class SqliteBodyTest : public testing::Test {
 protected:
  void SetUp() override { ::signal(SIGPIPE, SIG_IGN); }
  void make(const std::string& mode) {
    const SqliteProgram maker(path());
    EXPECT_EQ(maker.run("PRAGMA page_size=1024; PRAGMA journal_mode=" + mode + ";"), mode + "\n");
    EXPECT_EQ(maker.run("CREATE TABLE t(a, b); CREATE TABLE n(n); INSERT INTO n VALUES(0); "
                        "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s LIMIT 400) "
                        "INSERT INTO t SELECT i, randomblob(700) FROM s;"),
              "");
  }
  void open_program() { program_ = std::make_unique<SqliteProgram>(path()); }
  // Commits that touch pages all over the file and make it longer.
  void commit(int times = 1) const {
    for (int i = 0; i < times; ++i) {
      EXPECT_EQ(
          program_->run("BEGIN; UPDATE n SET n = n + 1; UPDATE t SET b = randomblob(700) "
                        "WHERE a % 9 = 0; INSERT INTO t VALUES(0, randomblob(3000)); COMMIT;"),
          "");
    }
  }
  [[nodiscard]] std::string path() const { return folder_.path("x"); }
  [[nodiscard]] Body open() const { return open_database(open_regular_file(path())); }
  static std::string read(DatabaseBody& body, std::size_t bytes) {
    std::string text(bytes, '\0');
    std::size_t filled = 0;
    const ByteSpan out = std::as_writable_bytes(std::span(text.data(), text.size()));
    while (filled < bytes) {
      const std::size_t got =
          body.read(out.subspan(filled, std::min<std::size_t>(777, bytes - filled)));
      if (got == 0) break;
      filled += got;
    }
    return text.substr(0, filled);
  }
  // The count of commits in what was stored, when it is sound.
  [[nodiscard]] std::string count_in(const std::string& content) const {
    const TempDirectory restored;
    restored.write("r", content);
    const SqliteProgram reader(restored.path("r"));
    const std::string whole = reader.run("PRAGMA integrity_check;");
    return whole == "ok\n" ? reader.run("SELECT n FROM n;") : whole;
  }
  [[nodiscard]] std::string rest(DatabaseBody& body, const std::string& start) const {
    const std::string content = start + read(body, body.size() - start.size());
    EXPECT_EQ(content.size(), body.size());
    EXPECT_EQ(body.read(spare()), 0U);
    return count_in(content);
  }
  static ByteSpan spare() {
    static ByteVec bytes(1);
    return bytes;
  }

  TempDirectory folder_;
  std::unique_ptr<SqliteProgram> program_;
};

TEST_F(SqliteBodyTest, ALiveDatabaseStaysAsItWasWhenItWasOpened) {
  make("wal");
  open_program();
  commit(3);
  const Body body = open();
  const std::string start = read(*body, 100'000);
  commit(5);
  EXPECT_EQ(program_->run("PRAGMA wal_checkpoint(PASSIVE);").substr(0, 2), "0|");
  commit(5);
  EXPECT_EQ(rest(*body, start), "3\n");
  EXPECT_EQ(body->problem(), "");
  EXPECT_GT(body->log_growth_bytes(), 10'000U);
  EXPECT_EQ(folder_.count(), 3U);
}

TEST_F(SqliteBodyTest, OneWhoseLogWasCopiedStaysWhileTheLogStartsAgain) {
  make("wal");
  open_program();
  commit(3);
  EXPECT_EQ(program_->run("PRAGMA wal_checkpoint(RESTART);").substr(0, 2), "0|");
  const Body body = open();
  const std::string start = read(*body, 100'000);
  commit(5);
  (void)program_->run("PRAGMA wal_checkpoint(PASSIVE);");
  commit(5);
  EXPECT_EQ(rest(*body, start), "3\n");
  EXPECT_EQ(body->problem(), "");
  EXPECT_GT(body->log_growth_bytes(), 10'000U);
}

// SQLite's own locks would be gone as soon as this process closes any descriptor of the files.
TEST_F(SqliteBodyTest, ClosingTheFilesElsewhereInThisProcessLosesNoLock) {
  make("wal");
  open_program();
  commit(3);
  const Body body = open();
  const std::string start = read(*body, 100'000);
  for (const char* end : {"", "-wal", "-shm"}) (void)folder_.read(concat("x", end));
  for (const char* kind : {"FULL", "RESTART", "TRUNCATE"}) {
    commit();
    EXPECT_EQ(program_->run(concat("PRAGMA wal_checkpoint(", kind, ");")).substr(0, 2), "1|");
  }
  EXPECT_EQ(rest(*body, start), "3\n");
  EXPECT_EQ(body->problem(), "");
  EXPECT_EQ(program_->run("PRAGMA wal_checkpoint(TRUNCATE);"), "0|0|0\n") << "held after its end";
}

TEST_F(SqliteBodyTest, ABodyThatIsNotReadToItsEndHoldsNothing) {
  make("wal");
  open_program();
  commit(3);
  { EXPECT_EQ(read(*open(), 5000).size(), 5000U); }
  EXPECT_EQ(program_->run("PRAGMA wal_checkpoint(TRUNCATE);"), "0|0|0\n");
}

TEST_F(SqliteBodyTest, TheLastProgramThatClosesItTakesNothingAway) {
  make("wal");
  open_program();
  commit(3);
  const Body body = open();
  const std::string start = read(*body, 100'000);
  commit(2);
  program_.reset();
  EXPECT_EQ(rest(*body, start), "3\n");
  EXPECT_EQ(body->problem(), "");
  EXPECT_EQ(count_in(folder_.read("x")), "0\n") << "it was checkpointed over our reader";
  open_program();
  EXPECT_EQ(program_->run("SELECT n FROM n;"), "5\n");
}

TEST_F(SqliteBodyTest, ASmallOneWithARollbackJournalIsLetGoAtOnce) {
  make("delete");
  open_program();
  const Body body = open();
  commit(4);
  EXPECT_EQ(rest(*body, ""), "0\n");
  EXPECT_EQ(body->problem(), "");
}

TEST_F(SqliteBodyTest, ALargeOneWithARollbackJournalKeepsItsWritersWaiting) {
  make("delete");
  open_program();
  const Body body = open_database(open_regular_file(path()), 100'000);
  const std::string start = read(*body, 100'000);
  (void)folder_.read("x");
  EXPECT_NE(program_->run("UPDATE n SET n = 9;").find("locked"), std::string::npos);
  EXPECT_EQ(rest(*body, start), "0\n");
  EXPECT_EQ(body->problem(), "");
  EXPECT_EQ(program_->run("UPDATE n SET n = 9;"), "");
}

TEST_F(SqliteBodyTest, ALogThatAKilledProgramLeftIsRead) {
  make("wal");
  open_program();
  commit(3);
  program_->kill();
  for (const bool index : {true, false}) {
    if (!index) std::filesystem::remove(path() + "-shm");
    const Body body = open();
    EXPECT_EQ(rest(*body, ""), "3\n");
    EXPECT_EQ(body->problem(), "");
    EXPECT_EQ(folder_.count(), index ? 3U : 2U);
  }
}

TEST_F(SqliteBodyTest, WhoOpensAndChangesItMeanwhileIsSaid) {
  make("wal");
  const Body body = open();
  const std::string start = read(*body, 100'000);
  open_program();
  commit(2);
  EXPECT_EQ(program_->run("PRAGMA wal_checkpoint(TRUNCATE);"), "0|0|0\n");
  (void)rest(*body, start);
  EXPECT_NE(body->problem(), "");
}

TEST_F(SqliteBodyTest, WhoOpensItMeanwhileAndOnlyWritesTheLogIsNoProblem) {
  make("wal");
  const Body body = open();
  const std::string start = read(*body, 100'000);
  open_program();
  commit(2);
  EXPECT_EQ(rest(*body, start), "0\n");
  EXPECT_EQ(body->problem(), "");
}

TEST_F(SqliteBodyTest, WhoOpensItMeanwhileMakesNoCheckpoint) {
  make("wal");
  const Body body = open();
  std::string start = read(*body, 100'000);
  open_program();
  commit(2);
  start += read(*body, 100'000);
  for (const char* kind : {"FULL", "TRUNCATE"}) {
    EXPECT_EQ(program_->run(concat("PRAGMA wal_checkpoint(", kind, ");")).substr(0, 2), "1|");
  }
  commit(2);
  EXPECT_EQ(rest(*body, start), "0\n");
  EXPECT_EQ(body->problem(), "");
  EXPECT_EQ(program_->run("PRAGMA wal_checkpoint(TRUNCATE);"), "0|0|0\n");
  EXPECT_EQ(program_->run("SELECT n FROM n;"), "4\n");
}

TEST_F(SqliteBodyTest, ALogThatIsNoneIsNotTakenForEmpty) {
  make("wal");
  folder_.write("x-wal", "");
  EXPECT_EQ(rest(*open(), ""), "0\n");
  folder_.write("x-wal", std::string(5000, '\0'));
  EXPECT_EQ(kind_of([&] { (void)open(); }), ErrorKind::kDamaged);
}

TEST_F(SqliteBodyTest, OneThatIsLockedOrUsedUnderAnotherNameIsRefused) {
  make("wal");
  std::filesystem::create_hard_link(path(), folder_.path("other"));
  const SqliteProgram elsewhere(folder_.path("other"));
  EXPECT_EQ(elsewhere.run("SELECT n FROM n;"), "0\n");
  EXPECT_EQ(kind_of([&] { (void)open(); }), ErrorKind::kBusy);
}

}  // namespace
}  // namespace backshelf
