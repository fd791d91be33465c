#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/home/home.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

TEST(HomeStats, AreThoseOfLargeFilesThatAreNoDatabase) {
  const TempDirectory home;
  const std::string large(70'000, 'x');
  home.write("share/large", large);
  home.write("share/small", "x");
  home.write("share/sqlite", concat("SQLite format 3", large));
  home.write("share/x.db-wal", large);
  home.write("share/x.db-shm", large);
  HomeConfig config;
  config.root = home.path();
  for (const bool asked : {true, false}) {
    std::vector<std::string> told;
    make_home_source(read_home(config), {.stats = asked})
        ->for_each("share", [&](const Entry& entry, const BodySource* body) {
          if (body == nullptr || !body->stat()) return;
          told.push_back(entry.path);
          const auto status = find_status(home.path("share/large"));
          EXPECT_EQ(body->stat()->inode, status->st_ino);
          EXPECT_EQ(body->stat()->device, status->st_dev);
          EXPECT_GT(body->stat()->ctime_ns, 1'600'000'000'000'000'000);
        });
    EXPECT_EQ(told, asked ? std::vector<std::string>{"large"} : std::vector<std::string>{});
  }
}

}  // namespace
}  // namespace backshelf
