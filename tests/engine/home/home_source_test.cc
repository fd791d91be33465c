#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "engine/base/error.h"
#include "engine/base/unique_fd.h"
#include "engine/home/home.h"
#include "engine/stream/adapters.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

using Names = std::vector<std::string>;

struct Stored {
  Names order;
  std::map<std::string, Entry> entries;
  std::map<std::string, std::string> content;
  std::vector<Skipped> skipped;
};

class HomeSourceTest : public testing::Test {
 protected:
  [[nodiscard]] HomeLayout layout() const {
    HomeConfig config;
    config.root = home_.path();
    return read_home(config);
  }
  Stored store(const std::string& part, const HomeSourceOptions& options = {}) const {
    Stored stored;
    const auto source = make_home_source(layout(), options);
    source->for_each(part, [&](const Entry& entry, Source* body) {
      EXPECT_EQ(body != nullptr, entry.type == EntryType::kFile) << entry.path;
      stored.order.push_back(entry.path);
      EXPECT_TRUE(stored.entries.emplace(entry.path, entry).second) << entry.path;
      if (body == nullptr) return;
      MemorySink sink;
      EXPECT_EQ(pump(*body, sink), entry.size) << entry.path;
      stored.content[entry.path] = as_text(sink.bytes());
    });
    stored.skipped = source->skipped();
    return stored;
  }
  void app(const std::string& slug, const std::string& system) const {
    home_.write("apps/" + slug + "/addon.json", R"({"user": {}, "version": "1", "state": "stopped",
      "system": )" + system + "}");
  }

  TempDirectory home_;
};

TEST_F(HomeSourceTest, TheConfigurationLiesBelowData) {
  home_.write("config/configuration.yaml", "a: b");
  home_.write("config/.storage/auth", "{}");
  std::filesystem::create_directories(home_.path("config/empty"));
  const Stored stored = store("config");
  EXPECT_EQ(stored.order, (Names{"data", "data/.storage", "data/.storage/auth",
                                 "data/configuration.yaml", "data/empty"}));
  EXPECT_EQ(stored.content.at("data/configuration.yaml"), "a: b");
  EXPECT_TRUE(stored.skipped.empty());
}

TEST_F(HomeSourceTest, AFolderBeginsWithADot) {
  home_.write("share/sub/note.txt", "n");
  EXPECT_EQ(store("share").order, (Names{".", "sub", "sub/note.txt"}));
}

TEST_F(HomeSourceTest, AnAppHasItsSettingsFirst) {
  app("core_ssh", R"({"backup_exclude": ["cache/*", "core_ssh/tmp", "*.pyc"]})");
  home_.write("apps/core_ssh/data/options.json", "{}");
  home_.write("apps/core_ssh/data/cache/big", "x");
  home_.write("apps/core_ssh/data/deep/cache/big", "x");
  home_.write("apps/core_ssh/data/tmp/x", "x");
  home_.write("apps/core_ssh/data/deep/tmp/x", "x");
  home_.write("apps/core_ssh/config/a.pyc", "x");
  home_.write("apps/core_ssh/config/a.py", "x");
  home_.write("apps/core_ssh/apparmor.txt", "x");
  EXPECT_EQ(
      store("app:core_ssh").order,
      (Names{"addon.json", "apparmor.txt", "data", "data/cache", "data/deep", "data/deep/cache",
             "data/deep/tmp", "data/deep/tmp/x", "data/options.json", "config", "config/a.py"}));
}

TEST_F(HomeSourceTest, HomeAssistantsExcludesAlwaysApply) {
  for (const char* name :
       {"home-assistant.log", "home-assistant.log.1", "home-assistant_v2.db-shm", "x.corrupt.1",
        ".storage/auth.corrupt.2", "OZW_Log.txt", "backups/old.tar", "tmp_backups/x.tar",
        "tts/a.mp3", "tts/deep/b.mp3", ".cache/x", "__pycache__/a.pyc", "py/__pycache__/a.pyc",
        "a/.DS_Store", ".HA_RESTORE"}) {
    home_.write(std::string("config/") + name, "x");
  }
  for (const char* name : {"sub/home-assistant.log", "custom/tts/x", "backups/keep.txt",
                           "home-assistant_v2.db", "home-assistant_v2.db-wal"}) {
    home_.write(std::string("config/") + name, "x");
  }
  Names files;
  for (const auto& [path, content] : store("config").content) files.push_back(path);
  EXPECT_EQ(files, (Names{"data/backups/keep.txt", "data/custom/tts/x", "data/home-assistant_v2.db",
                          "data/home-assistant_v2.db-wal", "data/sub/home-assistant.log"}));
}

TEST_F(HomeSourceTest, TheDatabaseMayStayBehind) {
  home_.write("config/home-assistant_v2.db", "x");
  home_.write("config/home-assistant_v2.db-wal", "x");
  home_.write("config/sub/home-assistant_v2.db", "not the recorder's");
  HomeSourceOptions options;
  options.database = false;
  EXPECT_EQ(store("config", options).order,
            (Names{"data", "data/sub", "data/sub/home-assistant_v2.db"}));
}

TEST_F(HomeSourceTest, TheUsersExcludesCountFromTheHomesRoot) {
  home_.write("config/www/cache/a/b", "x");
  home_.write("config/www/keep", "x");
  home_.write("share/www/cache/a", "x");
  app("x", "{}");
  home_.write("apps/x/data/big", "x");
  HomeSourceOptions options;
  options.exclude = {"config/www/cache/**", "apps/*/data/big"};
  EXPECT_EQ(store("config", options).order,
            (Names{"data", "data/www", "data/www/cache", "data/www/keep"}));
  EXPECT_EQ(store("share", options).order, (Names{".", "www", "www/cache", "www/cache/a"}));
  EXPECT_EQ(store("app:x", options).order, (Names{"addon.json", "data"}));
}

TEST_F(HomeSourceTest, OurOwnPlacesAreStoredEmpty) {
  home_.write("share/backups/A.tar", "x");
  home_.write("share/note", "x");
  std::filesystem::create_directory_symlink(home_.path("share/backups"), home_.path("alias"));
  HomeSourceOptions options;
  options.leave_out = {home_.path("alias"), home_.path("gone")};
  EXPECT_EQ(store("share", options).order, (Names{".", "backups", "note"}));
}

TEST_F(HomeSourceTest, KeepsWhatATarCanKeep) {
  home_.write("share/file", "12345");
  ASSERT_EQ(::chmod(home_.path("share/file").c_str(), 04755), 0);
  ASSERT_EQ(::chown(home_.path("share/file").c_str(), 0, 12345678), 0);
  ASSERT_EQ(::chmod(home_.path("share/file").c_str(), 04755), 0);
  const timespec times[2] = {{5, 0}, {-7, 123456789}};
  ASSERT_EQ(::utimensat(AT_FDCWD, home_.path("share/file").c_str(), times, 0), 0);
  std::filesystem::create_symlink("/no/such/\xFF", home_.path("share/link"));
  ASSERT_EQ(::mkfifo(home_.path("share/pipe").c_str(), 0640), 0);
  const Stored stored = store("share");
  const Entry& file = stored.entries.at("file");
  EXPECT_EQ(file.mode, 04755U);
  EXPECT_EQ(file.user_name, "root");
  EXPECT_EQ(file.gid, 12345678);
  EXPECT_EQ(file.group_name, "");
  EXPECT_EQ(file.mtime, (Timestamp{-7, 123456789}));
  EXPECT_EQ(file.size, 5U);
  EXPECT_EQ(stored.entries.at("link").type, EntryType::kSymlink);
  EXPECT_EQ(stored.entries.at("link").link_target, "/no/such/\xFF");
  EXPECT_EQ(stored.entries.at("pipe").type, EntryType::kFifo);
  EXPECT_EQ(stored.entries.at("pipe").mode, 0640U);
}

TEST_F(HomeSourceTest, DevicesAreStoredAndSocketsAreNot) {
  home_.write("share/x", "");
  if (::mknod(home_.path("share/dev").c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0) {
    GTEST_SKIP() << "cannot make a device here";
  }
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  home_.path("share/sock").copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const Stored stored = store("share");
  EXPECT_EQ(stored.order, (Names{".", "dev", "x"}));
  EXPECT_EQ(stored.entries.at("dev").type, EntryType::kCharDevice);
  EXPECT_EQ(stored.entries.at("dev").device_major, 1U);
  EXPECT_EQ(stored.entries.at("dev").device_minor, 3U);
  EXPECT_TRUE(stored.skipped.empty());
}

TEST_F(HomeSourceTest, AnotherNameOfAFileIsAHardLinkWithinThePart) {
  home_.write("config/b", "content");
  home_.write("share/x", "");
  std::filesystem::create_hard_link(home_.path("config/b"), home_.path("config/a"));
  std::filesystem::create_hard_link(home_.path("config/b"), home_.path("share/c"));
  const Stored config = store("config");
  EXPECT_EQ(config.entries.at("data/a").type, EntryType::kFile);
  EXPECT_EQ(config.entries.at("data/b").type, EntryType::kHardlink);
  EXPECT_EQ(config.entries.at("data/b").link_target, "data/a");
  EXPECT_EQ(config.entries.at("data/b").size, 0U);
  EXPECT_EQ(store("share").entries.at("c").type, EntryType::kFile);
}

TEST_F(HomeSourceTest, AFileThatVanishesIsToldAndTheRestIsStored) {
  for (const char* name : {"share/a", "share/b", "share/c"}) home_.write(name, "x");
  std::filesystem::create_hard_link(home_.path("share/b"), home_.path("share/d"));
  const auto source = make_home_source(layout(), {});
  Names order;
  source->for_each("share", [&](const Entry& entry, Source*) {
    order.push_back(entry.path);
    if (entry.path == "a") std::filesystem::remove(home_.path("share/b"));
    EXPECT_NE(entry.type, EntryType::kHardlink) << "its first name is gone";
  });
  EXPECT_EQ(order, (Names{".", "a", "c", "d"}));
  ASSERT_EQ(source->skipped().size(), 1U);
  EXPECT_EQ(source->skipped()[0].path, "share/b");
}

TEST_F(HomeSourceTest, ANumberWithOneNameIsNeverALink) {
  home_.write("share/a", "x");
  std::filesystem::create_hard_link(home_.path("share/a"), home_.path("share/b"));
  const auto source = make_home_source(layout(), {});
  source->for_each("share", [&](const Entry& entry, Source* body) {
    // Its other name is gone: by now the number may be any file's.
    if (entry.path == "a") std::filesystem::remove(home_.path("share/a"));
    if (entry.path == "b") {
      EXPECT_EQ(entry.type, EntryType::kFile);
      EXPECT_NE(body, nullptr);
    }
  });
}

TEST_F(HomeSourceTest, AFileReplacedByALinkIsNotFollowed) {
  home_.write("share/a", "x");
  home_.write("share/b", "x");
  const auto source = make_home_source(layout(), {});
  source->for_each("share", [&](const Entry& entry, Source*) {
    if (entry.path == "a") {
      std::filesystem::remove(home_.path("share/b"));
      std::filesystem::create_symlink("/etc/passwd", home_.path("share/b"));
    }
    EXPECT_EQ(entry.type == EntryType::kSymlink, entry.path == "b");
  });
}

TEST_F(HomeSourceTest, TheSizeIsThatAtOpening) {
  home_.write("share/a", "x");
  home_.write("share/b", "1");
  const auto source = make_home_source(layout(), {});
  std::uint64_t size = 0;
  source->for_each("share", [&](const Entry& entry, Source* body) {
    if (entry.path == "a") home_.write("share/b", std::string(1000, 'y'));
    if (entry.path != "b") return;
    size = entry.size;
    ByteVec bytes(2000);
    EXPECT_EQ(read_full(*body, bytes), 1000U);
  });
  EXPECT_EQ(size, 1000U);
}

TEST_F(HomeSourceTest, WhatTheVisitorThrowsEndsTheWalk) {
  home_.write("share/a", "x");
  const auto source = make_home_source(layout(), {});
  EXPECT_THROW(source->for_each("share", [](const Entry&, Source*) { throw std::bad_alloc(); }),
               std::bad_alloc);
}

TEST_F(HomeSourceTest, AMissingPartIsAnError) {
  home_.write("share/a", "x");
  const auto source = make_home_source(layout(), {});
  EXPECT_THROW(source->for_each("media", [](const Entry&, Source*) {}), Error);
  std::filesystem::remove_all(home_.path("share"));
  EXPECT_THROW(source->for_each("share", [](const Entry&, Source*) {}), Error);
}

TEST_F(HomeSourceTest, NetworkStorageBelowMediaIsNotEntered) {
  const SmallDisk mounts("size=1m");
  if (!mounts.mounted()) GTEST_SKIP() << "cannot mount a file system here";
  home_.write("media/local", "x");
  std::filesystem::create_directory(home_.path("media/nas"));
  ASSERT_EQ(::mount("none", home_.path("media/nas").c_str(), "tmpfs", 0, "size=1m"), 0);
  home_.write("media/nas/film", "x");
  const Stored stored = store("media");
  ASSERT_EQ(::umount(home_.path("media/nas").c_str()), 0);
  EXPECT_EQ(stored.order, (Names{".", "local", "nas"}));
  ASSERT_EQ(stored.skipped.size(), 1U);
  EXPECT_EQ(stored.skipped[0].path, "media/nas");
}

TEST_F(HomeSourceTest, AnEstimateCountsWhatWouldBeStored) {
  home_.write("config/a", "12345");
  home_.write("config/home-assistant_v2.db", std::string(100, 'd'));
  home_.write("config/x.log", std::string(1000, 'l'));
  std::filesystem::create_hard_link(home_.path("config/a"), home_.path("config/b"));
  const PartEstimate with = estimate_part(layout(), {}, "config");
  EXPECT_EQ(with.files, 2U);
  EXPECT_EQ(with.bytes, 105U);
  EXPECT_EQ(with.database_bytes, 100U);
  HomeSourceOptions options;
  options.database = false;
  EXPECT_EQ(estimate_part(layout(), options, "config").bytes, 5U);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW((void)estimate_part(layout(), {}, "config", stop.get_token()), Error);
}

}  // namespace
}  // namespace backshelf
