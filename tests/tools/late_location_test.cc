#include "tools/late_location.h"

#include <gtest/gtest.h>

#include "tests/support/kind_of.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

class OpenLocations : public testing::Test {
 protected:
  void add(const std::string& name, const std::string& type = "directory") {
    LocationConfig& place = config_.locations.emplace_back();
    place.name = name;
    place.type = type;
    place.path = disk_.path(name);
  }
  [[nodiscard]] auto open() {
    return open_locations(config_, usual_, *state_, false, disk_.path("fstab"));
  }

  TempDirectory disk_;
  Config config_, usual_;
  std::unique_ptr<StateStore> state_ = StateStore::open("");
};

TEST_F(OpenLocations, TheUsualPlaceOfANewInstallationIsMade) {
  add("local");
  usual_ = config_;
  EXPECT_EQ(open().size(), 1U);
  EXPECT_TRUE(disk_.has("local"));
}

TEST_F(OpenLocations, AnyOtherPlaceMayBeADiskThatIsNotMounted) {
  add("nas");
  EXPECT_EQ(kind_of([&] { (void)open(); }), ErrorKind::kNotFound);
  EXPECT_FALSE(disk_.has("nas"));
}

TEST_F(OpenLocations, OneOfSeveralIsAwayAndComesLater) {
  disk_.write("local/x", "");
  add("local");
  add("nas");
  const auto locations = open();
  ASSERT_EQ(locations.size(), 2U);
  EXPECT_EQ(kind_of([&] { (void)locations[1]->list(); }), ErrorKind::kNotFound);
  disk_.write("nas/x", "");
  EXPECT_TRUE(locations[1]->list().empty());
}

TEST_F(OpenLocations, AMountPointOfFstabIsAwayUntilItIsMounted) {
  disk_.write("local/x", "");
  disk_.write("nas/x", "");
  disk_.write("fstab", concat("server:/ ", disk_.path("nas"), " nfs defaults 0 0\n"));
  add("local");
  add("nas");
  const auto locations = open();
  EXPECT_TRUE(locations[0]->list().empty());
  EXPECT_EQ(kind_of([&] { (void)locations[1]->list(); }), ErrorKind::kNotFound);
  EXPECT_EQ(kind_of([&] { (void)locations[1]->create("job"); }), ErrorKind::kNotFound);
}

TEST_F(OpenLocations, TheUsualPlaceIsNotMadeWhereADiskIsMissing) {
  disk_.write("fstab", concat("server:/ ", disk_.path(), " nfs defaults 0 0\n"));
  add("local");
  usual_ = config_;
  EXPECT_EQ(open().size(), 1U);  // the disk is known, so the path is no mistake
  EXPECT_FALSE(disk_.has("local"));
}

TEST_F(OpenLocations, WhatWasSeenMountedIsRememberedForItsPathAlone) {
  disk_.write("local/x", "");
  add("local");
  state_->update([&](Json& state) {
    Json row = Json::object();
    row.set("path", disk_.path("local")).set("mount_point", disk_.path());
    state.set("location_mounts", Json::object().set("local", std::move(row)));
  });
  EXPECT_EQ(kind_of([&] { (void)open().at(0)->list(); }), ErrorKind::kNotFound);
  disk_.write("other/x", "");
  config_.locations[0].path = disk_.path("other");
  EXPECT_TRUE(open().at(0)->list().empty());
}

TEST_F(OpenLocations, AMountPointIsLearnedAsSoonAsItIsSeen) {
  add("odd");
  config_.locations[0].path = "/proc/self";  // a directory on a file system of its own, everywhere
  EXPECT_TRUE(open().at(0)->list().empty());
  EXPECT_EQ(state_->member("location_mounts")["odd"]["mount_point"].text_or(""), "/proc");
}

TEST_F(OpenLocations, ATypeOfALaterVersionIsRefusedByName) {
  disk_.write("local/x", "");
  add("local");
  add("cloud", "s3");
  EXPECT_EQ(kind_of([&] { (void)open(); }), ErrorKind::kUsage);
}

}  // namespace
}  // namespace backshelf
