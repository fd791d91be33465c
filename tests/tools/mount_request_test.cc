#include "tools/mount_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace backshelf {
namespace {

using testing::ElementsAre;

TEST(MountRequests, the_last_word_is_the_mount_point) {
  EXPECT_EQ(parse_mount_request({"/mnt"}, Caller::kPerson).mount_point, "/mnt");
  EXPECT_EQ(parse_mount_request({"/mnt"}, Caller::kPerson).source, "");
  const MountRequest both = parse_mount_request({"/backups", "/mnt"}, Caller::kPerson);
  EXPECT_EQ(both.source, "/backups");
  EXPECT_EQ(both.mount_point, "/mnt");
}

TEST(MountRequests, source_none_is_no_source) {
  EXPECT_EQ(parse_mount_request({"none", "/mnt"}, Caller::kPerson).source, "");
}

TEST(MountRequests, source_backshelf_of_fstab_is_no_source) {
  EXPECT_EQ(parse_mount_request({"backshelf", "/mnt"}, Caller::kMountHelper).source, "");
  EXPECT_EQ(parse_mount_request({"backshelf", "/mnt"}, Caller::kPerson).source, "backshelf");
}

TEST(MountRequests, options_of_a_person_in_any_order) {
  const MountRequest request = parse_mount_request(
      {"-k", "one", "/b", "-o", "ro", "-f", "/mnt", "-k", "two", "-c", "x.ini", "-o", "uid=5"},
      Caller::kPerson);
  EXPECT_THAT(request.common.key_options, ElementsAre("one", "two"));
  EXPECT_EQ(request.common.config_path, "x.ini");
  EXPECT_TRUE(request.foreground);
  EXPECT_TRUE(request.options.read_only);
  EXPECT_EQ(request.option_list, "ro,uid=5");
}

TEST(MountRequests, config_may_come_as_a_mount_option) {
  EXPECT_EQ(parse_mount_request({"none", "/mnt", "-o", "rw,config=/e.ini"}, Caller::kPerson)
                .common.config_path,
            "/e.ini");
}

TEST(MountRequests, as_mount_8_calls_its_helpers) {
  const MountRequest request = parse_mount_request(
      {"/e.ini", "/mnt", "-s", "-n", "-v", "-t", "fuse.backshelf", "-o", "rw,nofail,x-a=b"},
      Caller::kMountHelper);
  EXPECT_EQ(request.source, "/e.ini");
  EXPECT_EQ(request.mount_point, "/mnt");
  EXPECT_FALSE(request.only_pretend);
  EXPECT_THAT(request.options.warnings, testing::IsEmpty());
  EXPECT_TRUE(parse_mount_request({"/e.ini", "/mnt", "-f"}, Caller::kMountHelper).only_pretend);
}

TEST(MountRequests, wrong_words_are_usage_errors) {
  const std::vector<std::vector<std::string>> wrong = {
      {}, {"a", "b", "c"}, {"--no-such-option", "/mnt"}, {"/mnt", "-o", "uid=me"}};
  for (const auto& words : wrong) {
    try {
      (void)parse_mount_request(words, Caller::kPerson);
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    }
  }
}

TEST(MountRequests, mount_fuse3_names_no_command) {
  EXPECT_TRUE(is_mount_fuse_call({"/e.ini", "/mnt", "-o", "rw"}));
  EXPECT_FALSE(is_mount_fuse_call({"mount", "/mnt", "x"}));
  EXPECT_FALSE(is_mount_fuse_call({"ls", "/a.tar"}));
}

}  // namespace
}  // namespace backshelf
