#include "engine/job/backup_plan.h"

#include <gmock/gmock.h>

#include "tests/engine/job/job_fixture.h"

namespace backshelf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Plan : public JobTest {
 protected:
  std::vector<std::string> stems(const BackupCommand& command) {
    std::vector<std::string> all;
    for (const PartPlan& part : plan_backup(parts(), command).write.parts) {
      all.push_back(part.member_stem);
    }
    return all;
  }
  std::string error_of(const BackupCommand& command) {
    try {
      (void)plan_backup(parts(), command);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      return error.what();
    }
    return "no error";
  }
};

TEST_F(Plan, everything_that_exists_is_stored_when_nothing_is_said) {
  EXPECT_THAT(stems({}), ElementsAre("homeassistant", "core_ssh", "addons_local", "ssl"));
  EXPECT_THAT(stems({.full = true}),
              ElementsAre("homeassistant", "core_ssh", "addons_local", "ssl"));
}

TEST_F(Plan, parts_come_in_the_homes_order_and_once) {
  EXPECT_THAT(stems({.parts = {"ssl", "config", "ssl"}}), ElementsAre("homeassistant", "ssl"));
  EXPECT_THAT(stems({.parts = {"apps"}}), ElementsAre("core_ssh"));
  EXPECT_THAT(stems({.parts = {"app:core_ssh", "addons"}}),
              ElementsAre("core_ssh", "addons_local"));
}

TEST_F(Plan, an_unknown_part_is_refused_with_those_that_exist) {
  EXPECT_THAT(error_of({.parts = {"confg"}}), HasSubstr("config, app:core_ssh, addons, ssl"));
  EXPECT_THAT(error_of({.parts = {"confg"}}), HasSubstr("did you mean 'config'?"));
  EXPECT_THAT(error_of({.parts = {"media"}}), HasSubstr("this home does not have it"));
  EXPECT_THAT(error_of({.parts = {"app:broken"}}), HasSubstr("addon.json"));
  EXPECT_THAT(error_of({.full = true, .parts = {"ssl"}}), HasSubstr("give one of them"));
}

TEST_F(Plan, what_the_home_cannot_give_is_told_unless_only_other_parts_were_asked_for) {
  EXPECT_EQ(plan_backup(parts(), {}).problems.size(), 1u);
  EXPECT_TRUE(plan_backup(parts(), {.parts = {"ssl"}}).problems.empty());
  EXPECT_EQ(plan_backup(parts(), {.parts = {"apps"}}).problems.size(), 1u);
  const BackupPlan rest = plan_backup(parts(), {.parts = {"app:broken", "ssl"}});
  EXPECT_EQ(rest.write.parts.size(), 1u);
  ASSERT_EQ(rest.problems.size(), 1u);
  EXPECT_EQ(rest.problems[0].path, "apps/broken");
}

TEST_F(Plan, a_schedule_goes_on_without_what_the_home_does_not_have) {
  const BackupPlan plan = plan_backup(parts(), {.parts = {"media", "ssl"}, .automatic = true});
  EXPECT_EQ(plan.write.parts.size(), 1u);
  ASSERT_EQ(plan.problems.size(), 1u);
  EXPECT_EQ(plan.problems[0].path, "media");
  EXPECT_EQ(kind_of([&] { (void)plan_backup(parts(), {.parts = {"media"}, .automatic = true}); }),
            ErrorKind::kUsage);
  EXPECT_THAT(error_of({.parts = {"media", "ssl"}}), HasSubstr("this home does not have it"));
}

TEST_F(Plan, metadata_is_what_home_assistant_accepts) {
  config.home.exclude = {"config/www/cache/**"};
  const Metadata metadata = plan_backup(parts(), {.database = false}).write.metadata;
  EXPECT_EQ(metadata.name, "Custom backup 2026.11.2");
  EXPECT_EQ(metadata.slug, make_slug(metadata.date, metadata.name));
  EXPECT_EQ(metadata.type, "partial");
  EXPECT_EQ(metadata.version, 2);
  EXPECT_EQ(metadata.supervisor_version, "2025.01.0");
  EXPECT_TRUE(metadata.has_homeassistant);
  EXPECT_EQ(metadata.homeassistant_version, "2026.11.2");
  EXPECT_TRUE(metadata.exclude_database);
  EXPECT_THAT(metadata.folders, ElementsAre("addons/local", "ssl"));
  ASSERT_EQ(metadata.addons.size(), 1u);
  EXPECT_EQ(metadata.addons[0].slug, "core_ssh");
  EXPECT_EQ(metadata.addons[0].version, "9.9.9");
  EXPECT_EQ(metadata.date, to_rfc3339_local(clock.now()));
}

TEST_F(Plan, home_assistant_is_not_invited_to_delete_it) {
  const Json extra = plan_backup(parts(), {}).write.metadata.extra;
  EXPECT_EQ(extra["backshelf"]["installation"].text_or(""), state->installation());
  EXPECT_FALSE(extra["backshelf"]["automatic"].bool_or(true));
  EXPECT_TRUE(extra["backshelf"]["excludes"].is_array());
  EXPECT_EQ(extra["supervisor.backup_request_date"].text_or(""),
            plan_backup(parts(), {}).write.metadata.date);
  EXPECT_FALSE(extra.has("instance_id")) << "a home without core.uuid";
  EXPECT_FALSE(extra.has("with_automatic_settings"));
}

TEST_F(Plan, home_assistant_may_delete_an_automatic_one_only_if_the_ini_says_so) {
  disk.write("home/config/.storage/core.uuid", R"({"data": {"uuid": "0123"}})");
  const auto extra_of = [&](bool automatic) {
    return plan_backup(parts(), {.automatic = automatic}).write.metadata.extra;
  };
  EXPECT_EQ(extra_of(true)["instance_id"].text_or(""), "0123");
  EXPECT_TRUE(extra_of(true)["backshelf"]["automatic"].bool_or(false));
  EXPECT_TRUE(extra_of(true)["with_automatic_settings"].is_bool());
  EXPECT_FALSE(extra_of(true)["with_automatic_settings"].bool_or(true));
  config.automatic.ha_retention = true;
  EXPECT_TRUE(extra_of(true)["with_automatic_settings"].bool_or(false));
  EXPECT_FALSE(extra_of(false)["with_automatic_settings"].bool_or(true));
  EXPECT_EQ(plan_backup(parts(), {.automatic = true}).write.metadata.name,
            "Automatic backup 2026.11.2");
}

TEST_F(Plan, only_what_has_a_member_is_listed) {
  const Metadata metadata = plan_backup(parts(), {.parts = {"ssl"}}).write.metadata;
  EXPECT_FALSE(metadata.has_homeassistant);
  EXPECT_THAT(metadata.folders, ElementsAre("ssl"));
  EXPECT_TRUE(metadata.addons.empty());
}

TEST_F(Plan, folders_of_any_name_are_members_that_home_assistant_is_not_told_of) {
  config.home.layout = "folders";
  config.home.folders = {{"documents", disk.path("home/ssl")},
                         {"addons", disk.path("home/addons")}};
  EXPECT_THAT(stems({}), ElementsAre("documents", "addons_local"));
  EXPECT_THAT(stems({.parts = {"documents"}}), ElementsAre("documents"));
  const Metadata metadata = plan_backup(parts(), {}).write.metadata;
  EXPECT_FALSE(metadata.has_homeassistant);
  EXPECT_THAT(metadata.folders, ElementsAre("addons/local"));
  EXPECT_TRUE(metadata.extra["backshelf"]["complete"].bool_or(false));
  const Metadata some = plan_backup(parts(), {.parts = {"documents"}}).write.metadata;
  EXPECT_FALSE(some.extra["backshelf"]["complete"].bool_or(true));
  config.home.folders.emplace_back("gone", disk.path("gone"));
  const Metadata less = plan_backup(parts(), {}).write.metadata;
  EXPECT_FALSE(less.extra["backshelf"]["complete"].bool_or(true));
}

TEST_F(Plan, a_containers_backup_names_no_supervisor) {
  config.home.layout = "container";
  EXPECT_THAT(stems({}), ElementsAre("homeassistant"));
  const Metadata metadata = plan_backup(parts(), {}).write.metadata;
  EXPECT_EQ(metadata.supervisor_version, "");
  EXPECT_TRUE(metadata.repositories.empty());
  EXPECT_THAT(error_of({.parts = {"ssl"}}), HasSubstr("this home does not have it"));
}

TEST_F(Plan, full_is_only_what_holds_every_app_of_a_supervisor_and_was_asked_for) {
  disk.write("super/homeassistant/configuration.yaml", "");
  disk.write("super/addons/data/a/options.json", "{}");
  disk.write("super/addons.json", R"({"user":{"a":{"version":"1"}},"system":{"a":{}}})");
  config.home.layout = "supervised";
  config.home.root = disk.path("super");
  EXPECT_EQ(plan_backup(parts(), {.full = true}).write.metadata.type, "full");
  EXPECT_EQ(plan_backup(parts(), {}).write.metadata.type, "partial");
  EXPECT_EQ(plan_backup(parts(), {.parts = {"config", "apps"}}).write.metadata.type, "partial");
  EXPECT_EQ(plan_backup(parts(), {.full = true, .automatic = true}).write.metadata.type, "partial");
  disk.write("super/addons.json", R"({"user":{"a":{"version":"1"},"b":{}},"system":{"a":{}}})");
  EXPECT_EQ(plan_backup(parts(), {.full = true}).write.metadata.type, "partial");
}

TEST_F(Plan, the_file_name_follows_home_assistants_rule) {
  const BackupPlan plan = plan_backup(parts(), {.name = "Before update"});
  EXPECT_EQ(plan.file, suggested_file_name("Before update", plan.write.metadata.date));
  EXPECT_TRUE(plan.file.starts_with("Before_update_20"));
  EXPECT_EQ(plan_backup(parts(), {.name = "x", .file = "exactly this.tar"}).file,
            "exactly this.tar");
}

TEST_F(Plan, names_that_cannot_be_files_are_refused) {
  EXPECT_THAT(error_of({.name = "a/b"}), HasSubstr("cannot be a file name"));
  EXPECT_THAT(error_of({.name = ".hidden"}), HasSubstr("cannot be a file name"));
  EXPECT_THAT(error_of({.name = std::string(300, 'x')}), HasSubstr("cannot be a file name"));
}

TEST_F(Plan, locations_are_all_or_the_automatic_ones_or_those_named) {
  EXPECT_EQ(plan_backup(parts(), {}).places.size(), 2u);
  config.automatic.locations = {"nas"};
  EXPECT_EQ(plan_backup(parts(), {}).places.at(0).location, nas);
  EXPECT_EQ(plan_backup(parts(), {.to = {"local", "local"}}).places.size(), 1u);
  EXPECT_THAT(error_of({.to = {"cloud"}}), HasSubstr("there is local, nas"));
}

TEST_F(Plan, a_read_only_location_is_left_out_unless_it_is_named) {
  FakeCatalog fixed({local, std::make_shared<MemoryLocation>("nas", /*read_only=*/true)});
  const JobParts all = parts(fixed);
  EXPECT_EQ(plan_backup(all, {}).places.size(), 1u);
  EXPECT_EQ(kind_of([&] { (void)plan_backup(all, {.to = {"nas"}}); }), ErrorKind::kReadOnly);
}

TEST_F(Plan, each_location_has_its_own_encryption) {
  config.archive.encrypt = true;
  config.locations[1].encrypt = false;
  const BackupPlan plan = plan_backup(parts(), {});
  EXPECT_TRUE(plan.places[0].encrypt);
  EXPECT_FALSE(plan.places[1].encrypt);
}

TEST_F(Plan, takes_every_word_for_compression) {
  const std::pair<const char*, Level> words[] = {{"none", Level::kNone},
                                                 {"fast", Level::kFast},
                                                 {"balanced", Level::kBalanced},
                                                 {"small", Level::kSmall},
                                                 {"zstd", Level::kZstd}};
  for (const auto& [word, level] : words) {
    config.archive.compression = word;
    EXPECT_EQ(plan_backup(parts(), {}).write.level, level) << word;
  }
}

TEST_F(Plan, what_is_not_in_this_version_says_so) {
  LocationConfig cloud;
  cloud.name = "cloud";
  cloud.type = "s3";
  config.locations.push_back(cloud);
  EXPECT_THAT(error_of({.to = {"cloud"}}), HasSubstr("s3 is not in this version"));
}

TEST_F(Plan, our_own_directories_are_left_out) {
  config.locations[0].path = "/archives";
  config.cache.path = "/cache";
  EXPECT_THAT(
      plan_backup(parts(), {}).source.leave_out,
      testing::IsSupersetOf({std::string("/archives"), std::string("/cache"), config.state_path}));
}

}  // namespace
}  // namespace backshelf
