#include "engine/archive/agent_record.h"

#include <gtest/gtest.h>

namespace backshelf {
namespace {

TEST(AgentRecord, SaysWhatHomeAssistantKeepsBesideAnArchive) {
  Metadata metadata;
  metadata.slug = "7c984efa";
  metadata.name = "Automatic backup 2025.3.0b0";
  metadata.date = "2025-02-27T04:47:21.001433+01:00";
  metadata.has_homeassistant = true;
  metadata.homeassistant_version = "2025.3.0b0";
  metadata.folders = {"ssl", "addons/local", "homeassistant"};
  metadata.addons = {{"core_ssh", "Terminal & SSH", "9.9.9"}, {"x", "", ""}};
  metadata.extra = Json::object().set("instance_id", "abc");
  EXPECT_EQ(print_json(agent_record(metadata, true, 123)),
            R"({"addons":[{"name":"Terminal & SSH","slug":"core_ssh","version":"9.9.9"},)"
            R"({"name":null,"slug":"x","version":null}],"backup_id":"7c984efa",)"
            R"("date":"2025-02-27T04:47:21.001433+01:00","database_included":true,)"
            R"("extra_metadata":{"instance_id":"abc"},"folders":["ssl","addons/local"],)"
            R"("homeassistant_included":true,"homeassistant_version":"2025.3.0b0",)"
            R"("name":"Automatic backup 2025.3.0b0","protected":true,"size":123})");
  EXPECT_EQ(agent_file_name(metadata), "Automatic_backup_2025.3.0b0_2025-02-27_04.47_21001433.tar");
}

TEST(AgentRecord, WithoutAConfigurationThereIsNoDatabase) {
  Metadata metadata;
  metadata.extra =
      Json::object().set("supervisor.backup_request_date", "2025-02-27T04:47:21.000000+01:00");
  metadata.name = "a";
  metadata.date = "2025-02-27T03:50:00+00:00";
  const Json record = agent_record(metadata, false, 1);
  EXPECT_FALSE(record["database_included"].bool_or(true));
  EXPECT_TRUE(record["homeassistant_version"].is_null());
  EXPECT_EQ(agent_file_name(metadata), "a_2025-02-27_04.47_21000000.tar") << "as HA names it";
}

}  // namespace
}  // namespace backshelf
