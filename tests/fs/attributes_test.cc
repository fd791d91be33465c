#include "fs/attributes.h"

#include <gtest/gtest.h>

#include <limits>

namespace backshelf {
namespace {

FolderAttr stored(EntryType type, std::uint32_t mode) {
  FolderAttr attr;
  attr.type = type;
  attr.mode = mode;
  attr.uid = 1000;
  attr.gid = 100;
  attr.size = 1025;
  attr.mtime = {-5, 7};
  return attr;
}
std::uint32_t mode_bits(const FolderAttr& attr, const Presentation& how) {
  return entry_status(attr, how).st_mode & 07777;
}

TEST(Attributes, a_daemon_of_root_shows_them_as_stored) {
  const struct stat status = entry_status(stored(EntryType::kFile, 0640), Presentation{});
  EXPECT_EQ(status.st_mode, S_IFREG | 0640U);
  EXPECT_EQ(status.st_uid, 1000U);
  EXPECT_EQ(status.st_gid, 100U);
  EXPECT_EQ(status.st_size, 1025);
  EXPECT_EQ(status.st_blocks, 3);
  EXPECT_EQ(status.st_nlink, 1U);
  EXPECT_EQ(status.st_mtim.tv_sec, -5);
  EXPECT_EQ(status.st_atim.tv_nsec, 7);
  EXPECT_EQ(status.st_ctim.tv_sec, -5);
}

TEST(Attributes, blocks_are_exact_at_their_edges) {
  FolderAttr attr = stored(EntryType::kFile, 0600);
  for (const auto& [size, blocks] : std::vector<std::pair<std::uint64_t, blkcnt_t>>{
           {0, 0}, {1, 1}, {511, 1}, {512, 1}, {513, 2}}) {
    attr.size = size;
    EXPECT_EQ(entry_status(attr, Presentation{}).st_blocks, blocks) << size;
  }
}

TEST(Attributes, setuid_setgid_and_sticky_are_never_shown) {
  EXPECT_EQ(mode_bits(stored(EntryType::kFile, 07755), Presentation{}), 0755U);
  Presentation masked;
  masked.fmask = masked.dmask = 0;
  EXPECT_EQ(mode_bits(stored(EntryType::kDirectory, 07000), masked), 0777U);
}

TEST(Attributes, a_daemon_of_anyone_else_shows_its_own_user_who_may_read) {
  Presentation how;
  how.as_own_user = true;
  how.own_uid = 65534;
  how.own_gid = 65533;
  const struct stat status = entry_status(stored(EntryType::kFile, 0), how);
  EXPECT_EQ(status.st_uid, 65534U);
  EXPECT_EQ(status.st_gid, 65533U);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  EXPECT_EQ(mode_bits(stored(EntryType::kDirectory, 0050), how), 0750U);
}

TEST(Attributes, masks_and_owners_of_the_options_win) {
  Presentation how;
  how.uid = 7;
  how.gid = 8;
  how.fmask = 0137;
  how.dmask = 0027;
  const struct stat status = entry_status(stored(EntryType::kFile, 0600), how);
  EXPECT_EQ(status.st_uid, 7U);
  EXPECT_EQ(status.st_gid, 8U);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
  EXPECT_EQ(mode_bits(stored(EntryType::kDirectory, 0700), how), 0750U);
  how.fmask = 0022;
  EXPECT_EQ(mode_bits(stored(EntryType::kFile, 0700), how), 0755U);
  EXPECT_EQ(mode_bits(stored(EntryType::kFile, 0600), how), 0644U);
}

TEST(Attributes, an_owner_that_no_uid_can_hold_is_nobody) {
  FolderAttr attr = stored(EntryType::kFile, 0600);
  for (const std::int64_t uid :
       {std::int64_t{-1}, std::int64_t{std::numeric_limits<std::uint32_t>::max()},
        std::numeric_limits<std::int64_t>::max()}) {
    attr.uid = uid;
    EXPECT_EQ(entry_status(attr, Presentation{}).st_uid, 65534U) << uid;
  }
}

TEST(Attributes, a_size_beyond_every_file_system_is_no_negative_size) {
  FolderAttr attr = stored(EntryType::kFile, 0600);
  attr.size = std::numeric_limits<std::uint64_t>::max();
  EXPECT_GT(entry_status(attr, Presentation{}).st_size, 0);
}

TEST(Attributes, a_folder_has_two_names_at_least) {
  FolderAttr attr = stored(EntryType::kDirectory, 0755);
  attr.link_count = 0;
  EXPECT_EQ(entry_status(attr, Presentation{}).st_nlink, 2U);
  attr.link_count = 9;
  EXPECT_EQ(entry_status(attr, Presentation{}).st_nlink, 9U);
}

TEST(Attributes, what_we_make_ourselves_is_the_daemons_and_closed_to_others) {
  Presentation how;
  how.own_uid = 33;
  EXPECT_EQ(folder_status({}, how).st_mode, S_IFDIR | 0750U);
  EXPECT_EQ(folder_status({}, how).st_uid, 33U);
  EXPECT_EQ(file_status(5, 0660, {}, how).st_mode, S_IFREG | 0660U);
  how.uid = 44;
  EXPECT_EQ(file_status(5, 0660, {}, how).st_uid, 44U);
}

TEST(Attributes, links_by_policy_pipes_yes_devices_no) {
  Presentation how;
  EXPECT_TRUE(is_shown(EntryType::kSymlink, how));
  EXPECT_TRUE(S_ISLNK(entry_status(stored(EntryType::kSymlink, 0777), how).st_mode));
  how.symlinks = SymlinkPolicy::kFile;
  EXPECT_TRUE(S_ISREG(entry_status(stored(EntryType::kSymlink, 0777), how).st_mode));
  how.symlinks = SymlinkPolicy::kHide;
  EXPECT_FALSE(is_shown(EntryType::kSymlink, how));
  EXPECT_TRUE(is_shown(EntryType::kFifo, how));
  EXPECT_TRUE(S_ISFIFO(entry_status(stored(EntryType::kFifo, 0600), how).st_mode));
  EXPECT_FALSE(is_shown(EntryType::kCharDevice, how));
  EXPECT_FALSE(is_shown(EntryType::kBlockDevice, how));
}

}  // namespace
}  // namespace backshelf
