#include <gtest/gtest.h>

#include <filesystem>

#include "engine/base/error.h"
#include "engine/home/home.h"
#include "engine/stream/adapters.h"
#include "tests/support/sqlite_program.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

struct StoredFile {
  std::string path, content;
  bool operator==(const StoredFile&) const = default;
};

class HomeDatabaseTest : public testing::Test {
 protected:
  // The regular files of `share`, as stored.
  std::vector<StoredFile> store() {
    HomeConfig config;
    config.root = home_.path();
    const auto source = make_home_source(read_home(config), {});
    std::vector<StoredFile> files;
    source->for_each("share", [&](const Entry& entry, Source* body) {
      if (body == nullptr) return;
      MemorySink sink;
      EXPECT_EQ(pump(*body, sink), entry.size) << entry.path;
      files.push_back({entry.path, std::string(as_text(sink.bytes()))});
    });
    skipped_ = source->skipped();
    return files;
  }

  TempDirectory home_;
  std::vector<Skipped> skipped_;
};

TEST_F(HomeDatabaseTest, OneIsStoredWithoutWhatLiesBesideIt) {
  std::filesystem::create_directories(home_.path("share/zha"));
  const SqliteProgram program(home_.path("share/zha/any name"));
  EXPECT_EQ(program.run("PRAGMA journal_mode=wal; CREATE TABLE t(a);"), "wal\n");
  home_.write("share/zha/any name-journal", "");
  home_.write("share/zha/other-wal", "x");
  const std::vector<StoredFile> files = store();
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].path, "zha/any name");
  EXPECT_EQ(files[0].content.size(), 8192U) << "its second page lies in the log alone";
  EXPECT_EQ(files[1], (StoredFile{"zha/other-wal", "x"}));
  EXPECT_TRUE(skipped_.empty());
}

TEST_F(HomeDatabaseTest, ADamagedOneIsStoredAsItLies) {
  const std::string content = std::string("SQLite format 3\0", 16) + std::string(600, '\xFF');
  home_.write("share/x.db", content);
  home_.write("share/x.db-wal", "log");
  EXPECT_EQ(store(), (std::vector<StoredFile>{{"x.db", content}, {"x.db-wal", "log"}}));
  ASSERT_EQ(skipped_.size(), 1U);
  EXPECT_EQ(skipped_[0].path, "share/x.db");
  EXPECT_EQ(skipped_[0].reason, "stored as it lay; its first page is damaged");
}

}  // namespace
}  // namespace backshelf
