#include "engine/job/first_key.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/engine/job/job_fixture.h"

namespace backshelf {
namespace {

using testing::HasSubstr;

class FirstKey : public JobTest {
 protected:
  FirstKey() {
    disk.write("etc/other", "");
    config.key.file = disk.path("etc/key");
    config.archive.encrypt = true;
  }
  bool ensure() {
    const std::vector<std::shared_ptr<Location>> places = {local, nas};
    return ensure_first_key({config, options, *state, places});
  }
  std::string refusal() {
    try {
      EXPECT_FALSE(ensure());
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_FALSE(disk.has("etc/key"));
      return error.what();
    }
    return "not refused";
  }
  // What an earlier installation of ours, or Home Assistant itself, left.
  void leave_archive(bool ours, bool encrypted) {
    config.archive.encrypt = encrypted;
    JobParts earlier = parts();
    (void)Jobs::make(earlier)->run(BackupCommand{.name = "x", .file = "x.tar"}, {}, {});
    config.archive.encrypt = true;
    state = StateStore::open("");
    if (ours) return;
    local->change([](MemoryStore& store) {
      ByteVec& bytes = store.objects.begin()->second;
      const std::string_view text = as_text(bytes);
      const std::size_t at = text.rfind("\"backshelf\"");
      bytes[at + 1] = std::byte{'x'};
    });
    nas->change([](MemoryStore& store) { store.objects.clear(); });
  }

  std::vector<std::string> options;
};

TEST_F(FirstKey, is_made_once_with_mode_0600) {
  EXPECT_TRUE(ensure());
  struct stat status {};
  ASSERT_EQ(::stat(disk.path("etc/key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ(disk.read("etc/key").size(), 35u);  // 7 groups of 4, 6 dashes, a line end
  const std::string first = disk.read("etc/key");
  EXPECT_FALSE(ensure());
  EXPECT_EQ(disk.read("etc/key"), first);
}

TEST_F(FirstKey, a_second_is_never_made_when_the_first_is_lost) {
  EXPECT_TRUE(ensure());
  std::filesystem::remove(disk.path("etc/key"));
  EXPECT_THAT(refusal(), HasSubstr("put the key back"));
  state = StateStore::open(disk.path("state"));
  EXPECT_THAT(refusal(), HasSubstr("put the key back"));
}

TEST_F(FirstKey, the_first_sealed_backup_makes_a_key_known) {
  (void)Jobs::make(parts())->run(BackupCommand{}, {}, {});
  local->change([](MemoryStore& store) { store.objects.clear(); });
  nas->change([](MemoryStore& store) { store.objects.clear(); });
  EXPECT_THAT(refusal(), HasSubstr("put the key back"));
}

TEST_F(FirstKey, an_encrypted_archive_of_ours_counts_as_an_earlier_key) {
  leave_archive(true, true);
  EXPECT_THAT(refusal(), HasSubstr("x.tar in location local"));
}

TEST_F(FirstKey, plain_archives_and_those_of_home_assistant_do_not) {
  leave_archive(true, false);
  EXPECT_TRUE(ensure());
}

TEST_F(FirstKey, encrypted_archives_of_home_assistant_do_not) {
  leave_archive(false, true);
  EXPECT_TRUE(ensure());
}

TEST_F(FirstKey, a_location_that_cannot_be_searched_forbids_it) {
  nas->change([](MemoryStore& store) { store.away = true; });
  EXPECT_THAT(refusal(), HasSubstr("location nas cannot be searched"));
}

TEST_F(FirstKey, its_directory_must_exist) {
  config.key.file = disk.path("unmounted/key");
  EXPECT_THAT(refusal(), HasSubstr("unmounted does not exist"));
}

TEST_F(FirstKey, is_not_made_when_it_is_not_needed) {
  options = {"kit.txt"};
  EXPECT_FALSE(ensure());
  options.clear();
  config.key.command = "false";
  EXPECT_FALSE(ensure());
  config.key.command.clear();
  config.archive.encrypt = false;
  EXPECT_FALSE(ensure());
  config.archive.encrypt = true;
  config.home.root = disk.path("nowhere");
  EXPECT_FALSE(ensure());
  EXPECT_FALSE(disk.has("etc/key"));
}

}  // namespace
}  // namespace backshelf
