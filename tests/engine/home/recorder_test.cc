#include "engine/home/recorder.h"

#include <gtest/gtest.h>

#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

std::optional<int> days_of(const std::string& yaml) {
  const TempDirectory disk;
  disk.write("configuration.yaml", yaml);
  return read_recorder(disk.path()).keep_days;
}

TEST(Recorder, TheDaysAreReadWhereTheyStandPlainly) {
  EXPECT_EQ(days_of("default_config:\n\nrecorder:\n  db_url: x\n  purge_keep_days: 30\n"), 30);
  EXPECT_EQ(days_of("recorder: # mine\r\n\r\n# old\r\n  purge_keep_days: 5 # days\r\n"), 5);
  EXPECT_EQ(days_of("default_config:\n"), std::nullopt);
  EXPECT_EQ(days_of("recorder: !include recorder.yaml\n"), std::nullopt);
  EXPECT_EQ(days_of("recorder:\nother:\n  purge_keep_days: 5\n"), std::nullopt);
  for (const char* const bad : {"!secret days", "-1", "0", "3x", "", "99999999999"}) {
    EXPECT_EQ(days_of(std::string("recorder:\n  purge_keep_days: ") + bad), std::nullopt) << bad;
  }
  const TempDirectory empty;
  EXPECT_EQ(read_recorder(empty.path()).keep_days, std::nullopt);
}

TEST(Recorder, UnusedPagesAreReadFromTheHeader) {
  const TempDirectory disk;
  std::string header = "SQLite format 3";
  header.resize(100, '\0');
  header[16] = '\x10';  // pages of 4096 bytes
  header[38] = '\x01';  // 256 of them are free
  disk.write("home-assistant_v2.db", header);
  EXPECT_EQ(read_recorder(disk.path()).unused_bytes, 256U * 4096);
  header[16] = '\0';
  header[17] = '\x01';  // means 65536
  disk.write("home-assistant_v2.db", header);
  EXPECT_EQ(read_recorder(disk.path()).unused_bytes, 256U * 65536);
  disk.write("home-assistant_v2.db", "no database" + header);
  EXPECT_EQ(read_recorder(disk.path()).unused_bytes, 0U);
  disk.write("home-assistant_v2.db", "short");
  EXPECT_EQ(read_recorder(disk.path()).unused_bytes, 0U);
}

}  // namespace
}  // namespace backshelf
