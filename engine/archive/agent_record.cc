#include "engine/archive/agent_record.h"

#include <algorithm>

namespace backshelf {
namespace {

constexpr const char* kRequestDate = "supervisor.backup_request_date";

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

}  // namespace

Json agent_record(const Metadata& metadata, bool is_protected, std::uint64_t size) {
  Json addons = Json::array();
  for (const AddonInfo& addon : metadata.addons) {
    addons.push(Json::object()
                    .set("name", text_or_null(addon.name))
                    .set("slug", addon.slug)
                    .set("version", text_or_null(addon.version)));
  }
  const bool core = metadata.has_homeassistant;
  Json folders = Json::array();
  for (const std::string& folder : metadata.folders) {
    if (folder != "homeassistant") folders.push(folder);
  }
  Json record = Json::object();
  record.set("addons", std::move(addons)).set("backup_id", metadata.slug);
  record.set("date", metadata.date);
  record.set("database_included", core && !metadata.exclude_database);
  record.set("extra_metadata", metadata.extra.is_object() ? metadata.extra : Json::object());
  record.set("folders", std::move(folders)).set("homeassistant_included", core);
  record.set("homeassistant_version", core ? text_or_null(metadata.homeassistant_version) : Json());
  record.set("name", metadata.name).set("protected", is_protected).set("size", size);
  return record;
}

std::string agent_file_name(const Metadata& metadata) {
  return suggested_file_name(metadata.name, metadata.extra[kRequestDate].text_or(metadata.date));
}

}  // namespace backshelf
