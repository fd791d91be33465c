// What happens when the disk of a location is full.
#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/location/location.h"
#include "engine/location/object_names.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

class FullDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!disk_.mounted()) GTEST_SKIP() << "cannot mount a file system here";
    DirectoryLocationOptions options;
    options.path = disk_.at().path();
    options.installation = "aa11";
    location_ = make_directory_location(options);
  }
  // A deleted archive of 300 KiB, hidden at `seconds`.
  void hidden(std::int64_t seconds) const {
    disk_.at().write(hidden_name("aa11", seconds, "r", "old.tar"), std::string(300 * kKiB, 'h'));
  }
  [[nodiscard]] std::unique_ptr<PendingObject> written(std::size_t kib) const {
    auto object = location_->create("job");
    const std::string block(kKiB, 'x');
    for (std::size_t i = 0; i < kib; ++i) object->write(as_bytes(block));
    return object;
  }

  SmallDisk disk_{"size=1m"};
  std::unique_ptr<Location> location_;
};

TEST_F(FullDiskTest, TheOldestDeletedArchivesGiveWay) {
  hidden(30);
  hidden(10);
  hidden(20);
  const Space space = location_->space();
  EXPECT_EQ(space.total_bytes, kMiB);
  EXPECT_GT(space.free_bytes, 1000 * kKiB);
  (void)written(500)->commit("A.tar");
  ASSERT_EQ(location_->list_hidden().size(), 1U);
  EXPECT_EQ(parse_hidden_name(location_->list_hidden()[0].name, "aa11")->deleted_seconds, 30);
  EXPECT_EQ(disk_.at().read("A.tar"), std::string(500 * kKiB, 'x'));
}

TEST_F(FullDiskTest, WithNothingLeftToRemoveItIsFullAndStaysSo) {
  hidden(10);
  disk_.at().write("foreign", std::string(300 * kKiB, 'f'));
  auto object = written(700);
  EXPECT_TRUE(location_->list_hidden().empty());
  try {
    for (int i = 0; i < 100; ++i) object->write(as_bytes(std::string(kKiB, 'x')));
    FAIL() << "1 MiB holds more than that";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kNoSpace);
  }
  std::filesystem::remove(disk_.at().path("foreign"));
  EXPECT_THROW(object->write(as_bytes("x")), Error) << "a hole would follow";
  EXPECT_THROW((void)object->commit("A.tar"), Error);
  EXPECT_EQ(disk_.at().count(), 0U);
}

TEST_F(FullDiskTest, AnUploadMayBeginAfreshOnceThereIsRoom) {
  disk_.at().write("foreign", std::string(900 * kKiB, 'f'));
  const auto stage = location_->stage("upload");
  const std::string big(300 * kKiB, 'u');
  EXPECT_THROW(stage->write_at(0, as_bytes(big)), Error);
  EXPECT_THROW(stage->write_at(0, as_bytes("u")), Error);
  std::filesystem::remove(disk_.at().path("foreign"));
  stage->truncate(0);
  stage->write_at(0, as_bytes(big));
  EXPECT_EQ(stage->commit("U.tar").size, big.size());
}

TEST_F(FullDiskTest, DeletingNeedsNoSpace) {
  (void)written(100)->commit("A.tar");
  disk_.at().write("foreign", std::string(kMiB, 'f'));
  const std::string hidden = location_->hide("A.tar");
  EXPECT_EQ(location_->unhide(hidden, "A.tar"), "A.tar");
}

}  // namespace
}  // namespace backshelf
