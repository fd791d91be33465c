#include "fs/mount_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace backshelf {
namespace {

struct Read {
  MountOptions options;
  MountConfig mount;
};
Read read(std::string_view list) {
  Read result;
  read_mount_options(list, result.options, result.mount);
  return result;
}

TEST(Options, owners_and_masks_with_masks_in_octal) {
  const MountConfig mount = read("uid=1000,gid=0,fmask=0137,dmask=27").mount;
  EXPECT_EQ(mount.uid, 1000U);
  EXPECT_EQ(mount.gid, 0U);
  EXPECT_EQ(mount.fmask, 0137U);
  EXPECT_EQ(mount.dmask, 027U);
}

TEST(Options, umask_is_both_masks_and_the_later_word_wins) {
  const MountConfig mount = read("fmask=0,umask=077,dmask=0").mount;
  EXPECT_EQ(mount.fmask, 077U);
  EXPECT_EQ(mount.dmask, 0U);
}

TEST(Options, the_last_of_ro_and_rw_counts) {
  EXPECT_TRUE(read("rw,ro").options.read_only);
  EXPECT_FALSE(read("ro,rw").options.read_only);
}

TEST(Options, what_fstab_says_to_others_is_taken_in_silence) {
  const Read got =
      read("defaults,noauto,nofail,_netdev,x-systemd.automount,x-gvfs-show,user,,nosuid,dev");
  EXPECT_THAT(got.options.warnings, testing::IsEmpty());
}

TEST(Options, an_unknown_word_is_said_and_does_no_harm) {
  const Read got = read("frobnicate=1,ro,big_writes");
  EXPECT_THAT(got.options.warnings, testing::SizeIs(2));
  EXPECT_THAT(got.options.warnings.front(), testing::HasSubstr("frobnicate=1"));
  EXPECT_TRUE(got.options.read_only);
}

TEST(Options, policies_and_the_path_of_the_configuration) {
  const Read got = read("symlinks=hide,delete=rmdir-only,config=/etc/my shelf.ini,allow_other");
  EXPECT_EQ(got.mount.symlinks, "hide");
  EXPECT_EQ(got.mount.delete_policy, "rmdir-only");
  EXPECT_EQ(got.options.config_path, "/etc/my shelf.ini");
  EXPECT_EQ(got.mount.allow_other, true);
}

TEST(Options, a_wrong_value_is_an_error_that_names_it) {
  for (const char* list : {"uid=", "uid=root", "uid=-1", "uid=4294967296", "fmask=8", "dmask=1000",
                           "umask=0x7", "symlinks=maybe", "delete=always", "uid"}) {
    try {
      (void)read(list);
      ADD_FAILURE() << list;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage) << list;
    }
  }
}

TEST(Options, the_session_never_allows_suid_or_devices) {
  const Read got = read("suid,dev,exec");
  const std::string list = fuse_options(got.options, true);
  EXPECT_THAT(list, testing::HasSubstr(",nosuid,nodev"));
  EXPECT_THAT(list, testing::HasSubstr("fsname=backshelf,subtype=backshelf"));
  EXPECT_THAT(list, testing::HasSubstr("default_permissions"));
  EXPECT_THAT(list, testing::HasSubstr("allow_other"));
  EXPECT_THAT(list, testing::Not(testing::HasSubstr(",suid")));
  EXPECT_THAT(fuse_options(got.options, false), testing::Not(testing::HasSubstr("allow_other")));
}

}  // namespace
}  // namespace backshelf
