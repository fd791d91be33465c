#include "engine/job/restore_keep.h"

#include <gtest/gtest.h>

#include "engine/job/restore_plan.h"

namespace backshelf {
namespace {

KeepRules config_rules(bool database = false) {
  KeepRules::Facts facts;
  facts.inner = "config";
  facts.database = database;
  facts.ours = {"config/www/cache/**", "config/*.tmp"};
  facts.home_assistants = {
      {"",
       "data",
       {"data/**/__pycache__/*", "data/.HA_RESTORE", "data/*.db-shm", "data/*.log", "data/tts/*"}}};
  facts.mounts = {"www/nas"};
  return KeepRules(std::move(facts));
}

TEST(KeepRules, ArchivesAndMountPointsAlwaysStay) {
  const KeepRules rules = config_rules();
  EXPECT_TRUE(rules.stays("backups"));
  EXPECT_TRUE(rules.stays("tmp_backups"));
  EXPECT_TRUE(rules.stays("www/nas"));
  EXPECT_FALSE(rules.stays("www"));
  EXPECT_FALSE(rules.stays("www/backups"));
  EXPECT_FALSE(rules.stays("home-assistant_v2.db"));
}

TEST(KeepRules, TheBackupsOwnExcludesAndHomeAssistantsCount) {
  const KeepRules rules = config_rules();
  EXPECT_TRUE(rules.was_left_out("home-assistant.log", true));
  EXPECT_TRUE(rules.was_left_out("tts/one.mp3", true));
  EXPECT_TRUE(rules.was_left_out("www/cache/deep/x", true));
  EXPECT_TRUE(rules.was_left_out("x.tmp", true));
  EXPECT_FALSE(rules.was_left_out("automations.yaml", true));
  EXPECT_FALSE(rules.was_left_out("custom/home-assistant.log", true));
}

TEST(KeepRules, CachesOfAFolderThatGoesGoWithIt) {
  const KeepRules rules = config_rules();
  EXPECT_TRUE(rules.was_left_out("custom_components/a/__pycache__/x.pyc", true));
  EXPECT_FALSE(rules.was_left_out("custom_components/a/__pycache__/x.pyc", false));
  EXPECT_TRUE(rules.was_left_out("tts/one.mp3", false));
}

// A restore that Home Assistant was asked for would undo this one, and the index of a database
// that was replaced is wrong.
TEST(KeepRules, WhatIsOnlyTrueOfTheOldHomeGoes) {
  const KeepRules rules = config_rules();
  EXPECT_FALSE(rules.was_left_out(".HA_RESTORE", true));
  EXPECT_FALSE(rules.was_left_out("zigbee.db-shm", true));
}

TEST(KeepRules, AKeptDatabaseStaysWithItsLogAndNothingOfTheBackupsJoinsIt) {
  const KeepRules rules = config_rules(true);
  for (const char* const name : {"home-assistant_v2.db", "home-assistant_v2.db-wal",
                                 "home-assistant_v2.db-shm", "home-assistant_v2.db-journal"}) {
    EXPECT_TRUE(rules.stays(name)) << name;
    EXPECT_TRUE(rules.is_unwanted(name)) << name;
  }
  EXPECT_FALSE(rules.stays("zigbee.db"));
}

TEST(KeepRules, AnAppsExcludesMatchAsTheSupervisorMatchesThem) {
  KeepRules::Facts facts;
  facts.inner = "apps/core_ssh";
  facts.ours = {"apps/core_ssh/data/mine/**"};
  facts.home_assistants = {{"data", "addons/data/core_ssh", {"**/cache/*"}},
                           {"config", "addon_configs/core_ssh", {"**/*.bin"}}};
  const KeepRules rules(std::move(facts));
  EXPECT_TRUE(rules.was_left_out("data/cache/x", true));
  EXPECT_FALSE(rules.was_left_out("config/cache/x", true));
  EXPECT_TRUE(rules.was_left_out("config/x.bin", true));
  EXPECT_TRUE(rules.was_left_out("data/mine/x", true));
  EXPECT_FALSE(rules.was_left_out("addon.json", true));
  EXPECT_FALSE(rules.stays("backups"));
}

TEST(HomeAssistantVersion, IsComparedAsNumbersAndStages) {
  EXPECT_TRUE(is_newer_version("2026.10.0", "2026.9.3"));
  EXPECT_TRUE(is_newer_version("2026.11.2", "2026.11.1"));
  EXPECT_TRUE(is_newer_version("2026.11.0", "2026.11.0b5"));
  EXPECT_TRUE(is_newer_version("2026.11.0b10", "2026.11.0b9"));
  EXPECT_TRUE(is_newer_version("2026.11.0b0", "2026.11.0.dev20261101"));
  EXPECT_TRUE(is_newer_version("2026.1.0", "0.118.5"));
  EXPECT_FALSE(is_newer_version("2026.11.2", "2026.11.2"));
  EXPECT_FALSE(is_newer_version("2026.9.9", "2026.10.0"));
  EXPECT_FALSE(is_newer_version("unknown", "2026.1.0"));
  EXPECT_FALSE(is_newer_version("2026.1.0", "unknown"));
  EXPECT_FALSE(is_newer_version("", ""));
}

}  // namespace
}  // namespace backshelf
