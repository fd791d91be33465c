// A directory that may hold only so much, or only while a disk is mounted.
#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/location/location.h"
#include "tests/support/kind_of.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kLimit = 100;

class LimitedLocationTest : public testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<Location> open(std::uint64_t limit) const {
    DirectoryLocationOptions options;
    options.path = disk_.path();
    options.installation = "aa11";
    options.max_bytes = limit;
    options.mount_point = [this] { return mount_point_; };
    return make_directory_location(std::move(options));
  }
  void store(const std::string& name, std::size_t size) {
    const auto object = location_->create("job");
    object->write(ByteVec(size));
    (void)object->commit(name);
  }
  TempDirectory disk_;
  std::string mount_point_;
  std::unique_ptr<Location> location_ = open(kLimit);
};

TEST_F(LimitedLocationTest, TakesWhatFitsAndNotOneByteMore) {
  store("A.tar", 60);
  EXPECT_EQ(kind_of([&] { store("B.tar", 41); }), ErrorKind::kNoSpace);
  store("B.tar", 40);
  EXPECT_EQ(location_->space().free_bytes, 0u);
  EXPECT_EQ(location_->space().total_bytes, kLimit);
  EXPECT_EQ(kind_of([&] { store("C.tar", 1); }), ErrorKind::kNoSpace);
  EXPECT_EQ(location_->list().size(), 2u);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(disk_.path()), {}), 2);
}

TEST_F(LimitedLocationTest, ManySmallWritesAreLimitedToo) {
  const auto object = location_->create("job");
  for (std::uint64_t i = 0; i < kLimit; ++i) object->write(ByteVec(1));
  object->write(ByteVec(1));
  EXPECT_EQ(kind_of([&] { (void)object->commit("A.tar"); }), ErrorKind::kNoSpace);
  EXPECT_TRUE(location_->list().empty());
}

TEST_F(LimitedLocationTest, DeletedArchivesMakeRoomOldestFirst) {
  store("A.tar", 40);
  store("B.tar", 40);
  (void)location_->hide("A.tar");
  EXPECT_EQ(location_->space().free_bytes, 60u);
  store("C.tar", 30);
  EXPECT_EQ(location_->list_hidden().size(), 0u);
  EXPECT_EQ(location_->list().size(), 2u);
}

TEST_F(LimitedLocationTest, DeletedArchivesStayWhenTheirRoomWouldNotDo) {
  store("A.tar", 30);
  store("B.tar", 60);
  (void)location_->hide("A.tar");
  EXPECT_EQ(kind_of([&] { store("C.tar", 41); }), ErrorKind::kNoSpace);
  EXPECT_EQ(location_->list_hidden().size(), 1u);
}

TEST_F(LimitedLocationTest, AnUploadIsLimited) {
  store("A.tar", 60);
  const auto upload = location_->stage("upload");
  upload->write_at(0, ByteVec(40));
  (void)upload->commit("B.tar");
  const auto more = location_->stage("upload");
  EXPECT_EQ(kind_of([&] { more->write_at(10, ByteVec(1)); }), ErrorKind::kNoSpace);
}

TEST_F(LimitedLocationTest, IsAwayWhileItsDiskIsNotMounted) {
  store("A.tar", 10);
  const auto source = location_->open("A.tar");
  mount_point_ = disk_.path();  // exists, and nothing is mounted there
  EXPECT_EQ(kind_of([&] { (void)location_->list(); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { (void)location_->find("A.tar"); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { (void)location_->open("A.tar"); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { (void)open_object(*location_, "A.tar"); }), ErrorKind::kIo);
  EXPECT_EQ(kind_of([&] { (void)location_->create("job"); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { (void)location_->stage("job"); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { (void)location_->hide("A.tar"); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { location_->rename("A.tar", "B.tar"); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { location_->remove("A.tar"); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { (void)location_->space(); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { (void)location_->remove_leftovers(); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { (void)open(0); }), ErrorKind::kNotFound);
  mount_point_ = "/proc";  // mounted, whatever it is
  EXPECT_EQ(location_->list().size(), 1u);
}

TEST_F(LimitedLocationTest, AnArchiveThatIsGoneIsNotAPlaceThatIsAway) {
  EXPECT_EQ(kind_of([&] { (void)open_object(*location_, "A.tar"); }), ErrorKind::kNotFound);
}

}  // namespace
}  // namespace backshelf
