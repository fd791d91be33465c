#include <gmock/gmock.h>

#include <filesystem>
#include <future>

#include "engine/base/error.h"
#include "engine/home/home.h"
#include "engine/home/reach.h"
#include "engine/stream/adapters.h"
#include "tests/support/kind_of.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Layouts : public testing::Test {
 protected:
  [[nodiscard]] HomeLayout read(const std::string& layout) const {
    HomeConfig made = config;
    made.layout = layout;
    return read_home(made);
  }
  static std::vector<std::string> parts_of(const HomeLayout& layout) {
    std::vector<std::string> found;
    for (const HomePart& part : layout.parts) found.push_back(part.part + "=" + part.member_stem);
    return found;
  }
  static std::vector<std::string> problems_of(const HomeLayout& layout) {
    std::vector<std::string> found;
    for (const Skipped& one : layout.problems) found.push_back(one.path + ": " + one.reason);
    return found;
  }
  // Path in the inner tar to content; directories end in '/'.
  static std::map<std::string, std::string> stored(const HomeLayout& layout,
                                                   const std::string& part) {
    std::map<std::string, std::string> all;
    make_home_source(layout, {})->for_each(part, [&](const Entry& entry, Source* body) {
      if (body == nullptr) {
        all[entry.path + "/"] = "";
        return;
      }
      MemorySink sink;
      EXPECT_EQ(pump(*body, sink), entry.size) << entry.path;
      all[entry.path] = as_text(sink.bytes());
    });
    return all;
  }

  TempDirectory disk;
  HomeConfig config;
};

class Container : public Layouts {
 protected:
  Container() { config.root = disk.path(); }
};

TEST_F(Container, TheRootIsTheConfiguration) {
  disk.write(".HA_VERSION", "2026.11.2");
  disk.write("configuration.yaml", "a: b");
  disk.write("share/x", "");
  disk.write("home-assistant.log", "");
  disk.write("homeassistant.json", "{}");
  const HomeLayout layout = read("container");
  EXPECT_THAT(parts_of(layout), ElementsAre("config=homeassistant"));
  EXPECT_EQ(layout.version, "2026.11.2");
  EXPECT_FALSE(layout.supervisor);
  const auto all = stored(layout, "config");
  EXPECT_EQ(all.at("data/configuration.yaml"), "a: b");
  EXPECT_TRUE(all.contains("data/share/x")) << "a folder of the configuration like any other";
  EXPECT_FALSE(all.contains("data/home-assistant.log"));
  EXPECT_FALSE(all.contains("homeassistant.json"));
}

TEST_F(Container, TheConfigurationLiesBelowTheRoot) {
  disk.write("config/configuration.yaml", "a: b");
  disk.write("share/x", "");
  const HomeLayout layout = read("container");
  EXPECT_THAT(parts_of(layout), ElementsAre("config=homeassistant"));
  EXPECT_EQ(layout.find("config")->trees[0].directory, disk.path("config"));
}

TEST_F(Container, TheConfigurationIsSetByItself) {
  disk.write("elsewhere/configuration.yaml", "a: b");
  config.parts["config"] = disk.path("elsewhere");
  EXPECT_EQ(read("container").find("config")->trees[0].directory, disk.path("elsewhere"));
  config.root.clear();
  EXPECT_EQ(read("container").find("config")->trees[0].directory, disk.path("elsewhere"));
  config.parts["config"] = disk.path("gone");
  EXPECT_EQ(read("container").problems.size(), 1u);
}

TEST_F(Container, WhatLooksLikeTwoConfigurationsOrNoneIsRefused) {
  EXPECT_EQ(kind_of([&] { (void)read("container"); }), ErrorKind::kUsage);
  disk.write("configuration.yaml", "");
  disk.write("config/configuration.yaml", "");
  EXPECT_EQ(kind_of([&] { (void)read("container"); }), ErrorKind::kUsage);
}

class Supervised : public Layouts {
 protected:
  Supervised() {
    config.root = disk.path();
    disk.write("homeassistant/configuration.yaml", "a: b");
    disk.write("homeassistant/.HA_VERSION", "2026.11.2");
    disk.write("share/x", "");
    disk.write("ssl/y", "");
    disk.write("media/z", "");
    disk.write("addons/local/mine/config.json", "{}");
    disk.write("addons/core/ssh/config.json", "{}");
    disk.write("addons/data/core_ssh/options.json", "{}");
    disk.write("addons/data/core_ssh/cache/x", "");
    disk.write("addons/data/local_x/options.json", "{}");
    disk.write("addon_configs/core_ssh/authorized", "me");
    disk.write("apparmor/core_ssh", "profile core_ssh {}");
    disk.write("backup/old.tar", "");
    disk.write("addons.json",
               R"({"user": {"core_ssh": {"version": "9.9.9", "boot": "auto", "options": {"p": 1}},
                            "local_x": {"version": "1", "boot": "manual"}},
                   "system": {"core_ssh": {"name": "SSH", "version": "9.9.9", "slug": "core_ssh",
                                           "backup_exclude": ["cache/*"]},
                              "local_x": {"name": "X", "boot": "auto"}}})");
    disk.write("store.json", R"({"repositories": ["core", "https://github.com/a/b#main",
        "https://github.com/a/b#main", "ftp://x", "https://x/ y", "https:///", "", 7]})");
  }
};

TEST_F(Supervised, ThePartsAreFoundWhereTheSupervisorKeepsThem) {
  const HomeLayout layout = read("supervised");
  EXPECT_THAT(problems_of(layout), IsEmpty());
  EXPECT_THAT(parts_of(layout),
              ElementsAre("config=homeassistant", "app:core_ssh=core_ssh", "app:local_x=local_x",
                          "share=share", "addons=addons_local", "ssl=ssl", "media=media"));
  EXPECT_EQ(layout.version, "2026.11.2");
  EXPECT_TRUE(layout.supervisor);
  EXPECT_TRUE(layout.has_every_app);
  EXPECT_THAT(layout.repositories, ElementsAre("core", "https://github.com/a/b#main"));
  EXPECT_TRUE(stored(layout, "addons").contains("mine/config.json")) << "local ones only";
  ASSERT_EQ(layout.apps.size(), 2u);
  EXPECT_EQ(layout.apps[0].name, "SSH");
}

TEST_F(Supervised, AnAppIsStoredAsTheSupervisorDoes) {
  auto all = stored(read("supervised"), "app:core_ssh");
  const Json addon = parse_json(as_bytes(all.at("addon.json")));
  EXPECT_EQ(addon["user"]["options"]["p"].int_or(0), 1);
  EXPECT_EQ(addon["system"]["slug"].text_or(""), "core_ssh");
  EXPECT_EQ(addon["version"].text_or(""), "9.9.9");
  EXPECT_EQ(addon["state"].text_or(""), "started");
  EXPECT_EQ(addon.members().size(), 4u);
  all.erase("addon.json");
  EXPECT_EQ(all, (std::map<std::string, std::string>{{"apparmor.txt", "profile core_ssh {}"},
                                                     {"data/", ""},
                                                     {"data/options.json", "{}"},
                                                     {"data/cache/", ""},
                                                     {"config/", ""},
                                                     {"config/authorized", "me"}}));
  const auto manual = stored(read("supervised"), "app:local_x");
  EXPECT_EQ(parse_json(as_bytes(manual.at("addon.json")))["state"].text_or(""), "stopped");
}

TEST_F(Supervised, TheMadeFileIsCountedAndItsOwnersAlone) {
  const HomeLayout layout = read("supervised");
  const PartEstimate counted = estimate_part(layout, {}, "app:local_x");
  EXPECT_EQ(counted.files, 2u);
  const std::size_t json = stored(layout, "app:local_x").at("addon.json").size();
  EXPECT_EQ(counted.bytes, json + 2);
  make_home_source(layout, {})->for_each("app:local_x", [](const Entry& entry, Source* body) {
    if (body == nullptr || entry.path != "addon.json") return;
    EXPECT_EQ(entry.mode, 0600u) << "it holds tokens";
    EXPECT_GT(entry.mtime.seconds, 0);
  });
}

TEST_F(Supervised, WithoutTheListOfAppsTheRestIsStored) {
  disk.write("addons.json", R"({"user": {)");
  const HomeLayout layout = read("supervised");
  EXPECT_THAT(parts_of(layout), ElementsAre("config=homeassistant", "share=share",
                                            "addons=addons_local", "ssl=ssl", "media=media"));
  ASSERT_EQ(layout.problems.size(), 2u);
  EXPECT_EQ(layout.problems[0].path, "apps/core_ssh");
  EXPECT_THAT(layout.problems[0].reason, HasSubstr("addons.json is missing or cannot be read"));
  EXPECT_FALSE(layout.has_every_app);
}

TEST_F(Supervised, NewerSupervisorsMayCallTheListApps) {
  std::filesystem::rename(disk.path("addons.json"), disk.path("apps.json"));
  EXPECT_TRUE(read("supervised").has_every_app);
}

TEST_F(Supervised, AnAppThatHomeAssistantWouldRefuseIsNotEveryApp) {
  disk.write("addons.json", R"({"user": {"a": {"version": "1"}, "homeassistant": {"version": "1"}},
                                "system": {"b": {"version": "1"}, "homeassistant": {}}})");
  const HomeLayout layout = read("supervised");
  EXPECT_FALSE(layout.has_every_app);
  EXPECT_THAT(layout.apps, IsEmpty());
  EXPECT_THAT(problems_of(layout),
              ElementsAre("apps/a: its addon.json has no \"system\"",
                          "apps/b: its addon.json has no \"user\"",
                          "apps/homeassistant: its name cannot be an app's",
                          "apps/core_ssh: it is not installed, says " + disk.path("addons.json"),
                          "apps/local_x: it is not installed, says " + disk.path("addons.json")));
}

TEST_F(Supervised, AConfigurationThatIsGoneTakesNoAppWithIt) {
  config.parts["config"] = disk.path("gone");
  const HomeLayout layout = read("supervised");
  EXPECT_EQ(layout.problems.size(), 1u);
  EXPECT_TRUE(stored(layout, "app:core_ssh").contains("data/options.json"));
}

TEST_F(Supervised, AnAppWithoutItsDataIsTold) {
  std::filesystem::remove_all(disk.path("addons/data/local_x"));
  EXPECT_THAT(problems_of(read("supervised")),
              ElementsAre("apps/local_x/data: the app has no data folder"));
}

TEST_F(Supervised, AnotherDirectoryIsRefused) {
  std::filesystem::rename(disk.path("homeassistant"), disk.path("config"));
  EXPECT_EQ(kind_of([&] { (void)read("supervised"); }), ErrorKind::kUsage);
  config.root.clear();
  config.parts["config"] = disk.path("config");
  EXPECT_EQ(kind_of([&] { (void)read("supervised"); }), ErrorKind::kUsage);
}

TEST_F(Supervised, OlderOnesKeepTheirRepositoriesInTheConfiguration) {
  std::filesystem::remove(disk.path("store.json"));
  disk.write("config.json", R"({"addons_custom_list": ["https://github.com/c/d"]})");
  EXPECT_THAT(read("supervised").repositories, ElementsAre("https://github.com/c/d"));
}

TEST_F(Layouts, FoldersAreStoredByTheirNames) {
  disk.write("a/report.log", "l");
  disk.write("ha/configuration.yaml", "a: b");
  disk.write("ha/home-assistant.log", "l");
  disk.write("m/film", "");
  config.folders = {{"documents", disk.path("a")},
                    {"media", disk.path("m")},
                    {"gone", disk.path("gone")},
                    {"config", disk.path("ha")}};
  const HomeLayout layout = read("folders");
  EXPECT_THAT(parts_of(layout),
              ElementsAre("documents=documents", "media=media", "config=homeassistant"));
  EXPECT_THAT(problems_of(layout), ElementsAre("gone: " + disk.path("gone") + " is no directory"));
  EXPECT_TRUE(stored(layout, "documents").contains("report.log"))
      << "Home Assistant's excludes are for its configuration";
  EXPECT_FALSE(stored(layout, "config").contains("data/home-assistant.log"));
  config.folders.clear();
  EXPECT_EQ(kind_of([&] { (void)read("folders"); }), ErrorKind::kUsage);
}

TEST(Reach, WhatDoesNotAnswerIsGivenUp) {
  using std::chrono::milliseconds;
  EXPECT_TRUE(ask_within(milliseconds(60'000), "x", [] { return true; }));
  EXPECT_FALSE(ask_within(milliseconds(60'000), "x", [] { return false; }));
  EXPECT_EQ(kind_of([] {
              (void)ask_within(milliseconds(60'000), "x",
                               []() -> bool { throw Error(ErrorKind::kAccess, "x", "y"); });
            }),
            ErrorKind::kAccess);
  const auto done = std::make_shared<std::promise<void>>();
  const std::shared_future<void> hanging = done->get_future().share();
  try {
    (void)ask_within(milliseconds(20), "/mnt/nas", [hanging] {
      hanging.wait();
      return true;
    });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kTimeout);
    EXPECT_THAT(error.what(), HasSubstr("/mnt/nas: it does not answer within 20 ms"));
  }
  done->set_value();
}

}  // namespace
}  // namespace backshelf
