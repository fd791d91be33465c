#include "engine/location/mount_points.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

TEST(MountPoints, TheMountPointOfAPathIsOneAndAtOrAboveIt) {
  const TempDirectory disk;
  disk.write("a/b/file", "x");
  const std::string mount = mount_point_of(disk.path("a/b"));
  EXPECT_TRUE(is_mount_point(mount));
  EXPECT_EQ(disk.path().substr(0, mount == "/" ? 1 : mount.size()), mount);
  EXPECT_FALSE(is_mount_point(disk.path("a/b")));
  EXPECT_TRUE(is_mount_point("/proc"));
  EXPECT_EQ(mount_point_of("/proc/self"), "/proc");
}

TEST(MountPoints, ALinkLeadsToTheMountPointOfWhatItNames) {
  const TempDirectory disk;
  std::filesystem::create_directory_symlink("/proc", disk.path("link"));
  EXPECT_EQ(mount_point_of(disk.path("link")), "/proc");
}

TEST(MountPoints, WhatIsNotThereIsNone) {
  EXPECT_EQ(mount_point_of("/nothing/of/that/name"), "");
  EXPECT_FALSE(is_mount_point("/nothing/of/that/name"));
}

constexpr const char* kTable =
    "# a comment /mnt/comment\n"
    "UUID=1 / ext4 defaults 0 1\n"
    "\n"
    "UUID=2 none swap sw 0 0\n"
    "server:/share\t/mnt/nas/  nfs  noauto,x-systemd.automount 0 0\n"
    "//pc/backups /mnt/my\\040disk cifs credentials=/x 0 0\n"
    "UUID=3 /mnt/nas/inner ext4";

TEST(MountPoints, AnFstabNamesTheNearestOneAtOrAboveAPath) {
  EXPECT_EQ(listed_mount_point(kTable, "/mnt/nas"), "/mnt/nas");
  EXPECT_EQ(listed_mount_point(kTable, "/mnt/nas/homeassistant"), "/mnt/nas");
  EXPECT_EQ(listed_mount_point(kTable, "/mnt/nas/inner/x"), "/mnt/nas/inner");
  EXPECT_EQ(listed_mount_point(kTable, "/mnt/my disk/ha"), "/mnt/my disk");
}

TEST(MountPoints, AnFstabSaysNothingOfOtherPaths) {
  EXPECT_EQ(listed_mount_point(kTable, "/mnt/nas2"), "");
  EXPECT_EQ(listed_mount_point(kTable, "/var/lib/backshelf/archives"), "");
  EXPECT_EQ(listed_mount_point(kTable, "/mnt"), "");
  EXPECT_EQ(listed_mount_point(kTable, "/mnt/comment"), "");
  EXPECT_EQ(listed_mount_point("", "/mnt/nas"), "");
}

}  // namespace
}  // namespace backshelf
