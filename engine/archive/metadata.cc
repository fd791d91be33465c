#include "engine/archive/metadata.h"

#include <algorithm>
#include <array>

#include "engine/base/error.h"
#include "engine/crypto/hash.h"

namespace backshelf {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw Error(ErrorKind::kBadMetadata, "backup.json", why,
              "its parts stay readable; Home Assistant does not list such a backup");
}

std::string required_text(const Json& json, std::string_view key) {
  if (!json.has(key)) refuse(concat("\"", key, "\" is missing"));
  if (!json[key].is_string()) refuse(concat("\"", key, "\" is no text"));
  return json[key].text_or("");
}

std::vector<std::string> texts(const Json& list) {
  std::vector<std::string> result;
  for (const Json& item : list.items()) {
    if (item.is_string()) result.push_back(item.text_or(""));
  }
  return result;
}

// A digit, an integer, a hex hash (2018 to 2022) or a flag: anything but false and null means yes.
bool is_protected(const Json& value) {
  if (value.is_null()) return false;
  if (value.is_bool()) return value.bool_or(false);
  return !value.is_string() || !value.text_or("").empty();
}

void read_homeassistant(const Json& json, Metadata& metadata) {
  if (json.is_string()) {  // the first releases of July 2017
    metadata.has_homeassistant = true;
    metadata.homeassistant_version = json.text_or("");
  } else if (json.is_object() && json.has("version")) {
    metadata.has_homeassistant = true;
    metadata.homeassistant_version = json["version"].text_or("");
    metadata.exclude_database = json["exclude_database"].bool_or(false);
  }
}

void read_lists(const Json& json, Metadata& metadata) {
  metadata.folders = texts(json["folders"]);
  // Until 2022, and in Container's backups until 2024, the configuration was one of the folders.
  const auto removed =
      std::remove(metadata.folders.begin(), metadata.folders.end(), std::string("homeassistant"));
  if (removed != metadata.folders.end()) metadata.has_homeassistant = true;
  metadata.folders.erase(removed, metadata.folders.end());
  for (const Json& item : json["addons"].items()) {
    AddonInfo addon{item["slug"].text_or(""), item["name"].text_or(""),
                    item["version"].text_or("")};
    if (!addon.slug.empty()) metadata.addons.push_back(std::move(addon));
  }
  metadata.repositories = texts(json["repositories"]);
}

}  // namespace

Metadata parse_metadata(ByteView json) {
  Metadata metadata;
  try {
    metadata.raw = parse_json(json, {.bytes = kMetadataMaxBytes});
  } catch (const Error& error) {  // isolation: bytes that are no JSON are unusable metadata
    if (error.kind() != ErrorKind::kDamaged) throw;
    refuse(concat("it is no readable JSON (", error.why(), ")"));
  }
  const Json& raw = metadata.raw;
  if (!raw.is_object()) refuse("it is JSON, but no object");
  metadata.slug = required_text(raw, "slug");
  metadata.name = required_text(raw, "name");
  metadata.date = required_text(raw, "date");
  metadata.type = required_text(raw, "type");
  if (metadata.slug.empty()) refuse("\"slug\" is empty");
  if (metadata.type != "full" && metadata.type != "partial") {
    refuse("\"type\" is neither \"full\" nor \"partial\"");
  }
  const std::int64_t version = raw["version"].int_or(1);
  metadata.version = static_cast<int>(std::clamp<std::int64_t>(version, 0, 1'000'000));
  metadata.supervisor_version = raw["supervisor_version"].text_or("");
  metadata.compressed = raw["compressed"].bool_or(true);
  metadata.protected_flag = is_protected(raw["protected"]);
  read_homeassistant(raw["homeassistant"], metadata);
  read_lists(raw, metadata);
  metadata.extra = raw["extra"].is_object() ? raw["extra"] : Json::object();
  return metadata;
}

std::string print_metadata(const Metadata& metadata) {
  Json json = Json::object();
  json.set("slug", metadata.slug).set("version", metadata.version);
  json.set("name", metadata.name).set("date", metadata.date).set("type", metadata.type);
  if (!metadata.supervisor_version.empty()) {
    json.set("supervisor_version", metadata.supervisor_version);
  }
  json.set("extra", metadata.extra.is_object() ? metadata.extra : Json::object());
  if (metadata.has_homeassistant) {
    json.set("homeassistant", Json::object()
                                  .set("version", metadata.homeassistant_version)
                                  .set("exclude_database", metadata.exclude_database)
                                  .set("size", 0.0));
  } else {
    json.set("homeassistant", nullptr);
  }
  json.set("compressed", metadata.compressed).set("protected", metadata.protected_flag);
  Json folders = Json::array();
  for (const std::string& folder : metadata.folders) folders.push(folder);
  Json addons = Json::array();
  for (const AddonInfo& addon : metadata.addons) {
    addons.push(Json::object()
                    .set("slug", addon.slug)
                    .set("name", addon.name)
                    .set("version", addon.version)
                    .set("size", 0.0));
  }
  Json repositories = Json::array();
  for (const std::string& repository : metadata.repositories) repositories.push(repository);
  json.set("folders", std::move(folders)).set("addons", std::move(addons));
  json.set("repositories", std::move(repositories));
  return print_json(json);
}

}  // namespace backshelf
