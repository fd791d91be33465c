#include <gtest/gtest.h>

#include "engine/base/error.h"
#include "engine/home/app_info.h"
#include "engine/home/home.h"
#include "tests/support/kind_of.h"
#include "tests/support/temp_directory.h"

namespace backshelf {
namespace {

constexpr const char* kGoodApp =
    R"({"user": {}, "system": {"name": "Terminal & SSH", "slug": "core_ssh"},
        "version": "9.9.9", "state": "stopped"})";

class HomeLayoutTest : public testing::Test {
 protected:
  [[nodiscard]] HomeConfig config() const {
    HomeConfig made;
    made.root = home_.path();
    return made;
  }
  [[nodiscard]] HomeLayout read() const { return read_home(config()); }
  [[nodiscard]] static std::vector<std::string> stems(const HomeLayout& layout) {
    std::vector<std::string> found;
    for (const HomePart& part : layout.parts) found.push_back(part.part + "=" + part.member_stem);
    return found;
  }
  TempDirectory home_;
};

using Names = std::vector<std::string>;

TEST_F(HomeLayoutTest, HasThePartsThatExist) {
  home_.write("config/configuration.yaml", "");
  home_.write("ssl/key.pem", "");
  home_.write("addons/local/x", "");
  home_.write("apps/core_ssh/addon.json", kGoodApp);
  home_.write("apps/core_ssh/data/options.json", "{}");
  home_.write("share", "a file, not a folder");
  const HomeLayout layout = read();
  EXPECT_EQ(stems(layout), (Names{"config=homeassistant", "app:core_ssh=core_ssh",
                                  "addons=addons_local", "ssl=ssl"}));
  ASSERT_EQ(layout.apps.size(), 1U);
  EXPECT_EQ(layout.apps[0].name, "Terminal & SSH");
  EXPECT_EQ(layout.apps[0].version, "9.9.9");
  EXPECT_EQ(layout.find("app:core_ssh")->trees.size(), 1U) << "it has no config folder";
  EXPECT_EQ(layout.find("media"), nullptr);
}

TEST_F(HomeLayoutTest, KnowsVersionAndInstallation) {
  home_.write("config/.HA_VERSION", "2026.11.2\n");
  home_.write("config/.storage/core.uuid", R"({"data": {"uuid": "0123456789abcdef"}})");
  EXPECT_EQ(read().version, "2026.11.2");
  EXPECT_EQ(read().uuid, "0123456789abcdef");
}

TEST_F(HomeLayoutTest, DoesWithoutVersionAndInstallation) {
  home_.write("config/.HA_VERSION", std::string(5000, 'x'));
  home_.write("config/.storage/core.uuid", R"({"data": [1, )");
  EXPECT_EQ(read().version, "unknown");
  EXPECT_EQ(read().uuid, "");
  home_.write("config/.HA_VERSION", "\n");
  EXPECT_EQ(read().version, "unknown");
}

TEST_F(HomeLayoutTest, TellsOfAppsThatHomeAssistantWouldRefuse) {
  home_.write("apps/good/addon.json", kGoodApp);
  home_.write("apps/broken/addon.json", "{");
  home_.write("apps/empty/data/x", "");
  home_.write("apps/nostate/addon.json", R"({"user": {}, "system": {}, "version": "1"})");
  home_.write("apps/homeassistant/addon.json", kGoodApp);
  home_.write("apps/a b/addon.json", kGoodApp);
  const HomeLayout layout = read();
  EXPECT_EQ(stems(layout), (Names{"app:good=good"}));
  EXPECT_EQ(layout.problems.size(), 5U);
}

TEST_F(HomeLayoutTest, APartMayLieElsewhere) {
  const TempDirectory elsewhere;
  elsewhere.write("configuration.yaml", "");
  HomeConfig made;
  made.parts = {{"config", elsewhere.path()}, {"media", elsewhere.path("gone")}};
  const HomeLayout layout = read_home(made);
  EXPECT_EQ(stems(layout), (Names{"config=homeassistant"}));
  EXPECT_EQ(layout.find("config")->trees[0].directory, elsewhere.path());
  ASSERT_EQ(layout.problems.size(), 1U);
  EXPECT_EQ(layout.problems[0].path, "media");
}

TEST_F(HomeLayoutTest, WithoutAHomeItSaysWhatToDo) {
  HomeConfig made;
  EXPECT_EQ(kind_of([&] { (void)read_home(made); }), ErrorKind::kUsage);
  made.root = home_.path("gone");
  EXPECT_EQ(kind_of([&] { (void)read_home(made); }), ErrorKind::kNotFound);
  made = config();
  made.layout = "supervised";
  EXPECT_EQ(kind_of([&] { (void)read_home(made); }), ErrorKind::kUsage);
}

TEST_F(HomeLayoutTest, StoresTheSupervisorsSettingsOnlyWhenTheyAreSound) {
  home_.write("config/x", "");
  const std::string sound =
      R"({"uuid": "0123456789abcdef0123456789abcdef", "version": "2026.1.0", "image": "i",
          "access_token": "ab12", "boot": true, "port": 8123, "refresh_token": null, "ssl": false,
          "watchdog": true, "audio_output": null, "audio_input": null})";
  home_.write("homeassistant.json", sound);
  EXPECT_EQ(read().find("config")->files, (Names{home_.path("homeassistant.json")}));
  home_.write("homeassistant.json", R"({"uuid": "x"})");
  EXPECT_TRUE(read().find("config")->files.empty());
}

TEST_F(HomeLayoutTest, AppsMayLieElsewhere) {
  TempDirectory elsewhere;
  elsewhere.write("core_ssh/addon.json", kGoodApp);
  HomeConfig made = config();
  made.parts = {{"apps", elsewhere.path()}};
  EXPECT_EQ(stems(read_home(made)), (Names{"app:core_ssh=core_ssh"}));
  made.parts = {{"apps", elsewhere.path() + "/not-there"}};
  EXPECT_EQ(read_home(made).problems.size(), 1U);
}

TEST(AppSlugs, AreNamesOfOneComponent) {
  for (const char* good : {"core_ssh", "a0d7b954_nodered", "local_foo.bar"}) {
    EXPECT_TRUE(is_app_slug(good)) << good;
  }
  for (const char* bad : {"", ".", "..", ".x", "a/b", "a b", "\xC3\xA4"}) {
    EXPECT_FALSE(is_app_slug(bad)) << bad;
  }
  EXPECT_FALSE(is_app_slug(std::string(201, 'a')));
}

}  // namespace
}  // namespace backshelf
