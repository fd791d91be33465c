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
  [[nodiscard]] auto open() { return open_locations(config_, usual_, "", false); }

  TempDirectory disk_;
  Config config_, usual_;
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

TEST_F(OpenLocations, ATypeOfALaterVersionIsRefusedByName) {
  disk_.write("local/x", "");
  add("local");
  add("cloud", "s3");
  EXPECT_EQ(kind_of([&] { (void)open(); }), ErrorKind::kUsage);
}

}  // namespace
}  // namespace backshelf
