#include "engine/disk/mount_table.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

constexpr std::string_view kTable =
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "90 22 0:52 / /mnt/a\\040b rw,nosuid shared:3 master:1 - fuse.backshelf backshelf rw\n"
    "91 22 0:60 / /mnt/c rw - tmpfs tmpfs rw\n"
    "92 22 0:61 / /mnt/c rw - fuse.backshelf backshelf rw";

TEST(MountTables, finds_device_and_type_of_a_mount_point_with_a_space) {
  const auto row = mount_at(kTable, "/mnt/a b");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->device, "0:52");
  EXPECT_EQ(row->type, "fuse.backshelf");
}

TEST(MountTables, the_last_mount_on_a_folder_is_the_one_that_is_seen) {
  const auto row = mount_at(kTable, "/mnt/c");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->device, "0:61");
  EXPECT_EQ(row->type, "fuse.backshelf");
}

TEST(MountTables, nothing_mounted_no_row) {
  EXPECT_FALSE(mount_at(kTable, "/mnt"));
  EXPECT_FALSE(mount_at("", "/mnt"));
  EXPECT_FALSE(mount_at("90 22\n\n  \n", "/mnt"));
  EXPECT_FALSE(mount_at("90 22\n\n  \n", ""));
}

TEST(MountTables, a_line_that_ends_early_has_no_type) {
  const auto row = mount_at("90 22 0:52 / /mnt rw", "/mnt");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->type, "");
}

TEST(MountTables, lists_all_mounts_of_a_type) {
  EXPECT_EQ(mounts_of_type("90 22 0:52 / /a\\040b rw - fuse.backshelf x rw\n"
                           "91 22 0:53 / /c rw - ext4 y rw\n"
                           "92 22 0:54 / /d rw shared:1 - fuse.backshelf z rw\n",
                           "fuse.backshelf"),
            (std::vector<std::string>{"/a b", "/d"}));
}

TEST(MountTables, the_kernels_own_table_has_a_root) {
  EXPECT_TRUE(mount_at(read_mount_table(), "/"));
}

TEST(MountPoints, AreReadFromTheKernelsTable) {
  constexpr std::string_view kHomes =
      "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
      "40 22 8:2 /x /srv/home/media/my\\040nas rw - cifs //nas rw\n"
      "41 22 8:2 / /srv/homestead rw - ext4 /dev/sdb rw\n";
  EXPECT_EQ(mount_points_of(kHomes, "/srv/home"),
            (std::vector<std::string>{"/srv/home/media/my nas"}));
  EXPECT_EQ(mount_points_of(kHomes, "/").size(), 3u);
}

TEST(MountPoints, ANameThatOnlyBeginsAlikeIsNotBelow) {
  EXPECT_TRUE(is_at_or_below("/a/b", "/a"));
  EXPECT_TRUE(is_at_or_below("/a", "/a"));
  EXPECT_TRUE(is_at_or_below("/a", "/"));
  EXPECT_FALSE(is_at_or_below("/ab", "/a"));
}

}  // namespace
}  // namespace backshelf
