#include "fs/read_ahead.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

constexpr std::string_view kTable =
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    "90 22 0:52 / /mnt/a\\040b rw,nosuid shared:3 - fuse.backshelf backshelf rw\n"
    "91 22 0:60 / /mnt/c rw - tmpfs tmpfs rw\n"
    "92 22 0:61 / /mnt/c rw - fuse.backshelf backshelf rw";

TEST(ReadAhead, finds_the_device_of_a_mount_point_with_a_space) {
  EXPECT_EQ(device_of_mount(kTable, "/mnt/a b"), "0:52");
}

TEST(ReadAhead, the_last_mount_on_a_folder_is_the_one_that_is_seen) {
  EXPECT_EQ(device_of_mount(kTable, "/mnt/c"), "0:61");
}

TEST(ReadAhead, nothing_mounted_no_device) {
  EXPECT_EQ(device_of_mount(kTable, "/mnt"), std::nullopt);
  EXPECT_EQ(device_of_mount("", "/mnt"), std::nullopt);
  EXPECT_EQ(device_of_mount("90 22\n\n  \n", "/mnt"), std::nullopt);
}

}  // namespace
}  // namespace backshelf
