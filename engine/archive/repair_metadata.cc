#include <algorithm>

#include "engine/archive/repair_archive.h"
#include "engine/archive/small_file.h"
#include "engine/archive/write_outer.h"
#include "engine/base/error.h"

namespace backshelf {
namespace {

constexpr std::size_t kVersionBytes = 256;
constexpr std::size_t kAddonJsonBytes = 4 * kMiB;

std::string folder_in_metadata(const std::string& stem) {
  return stem == "addons_local" ? "addons/local" : stem;
}

bool is_folder_stem(const std::string& stem) {
  return stem == "share" || stem == "ssl" || stem == "media" || stem == "addons_local";
}

bool has_stem(const std::vector<SavedMember>& saved, std::string_view stem) {
  return std::any_of(saved.begin(), saved.end(),
                     [&](const SavedMember& member) { return member.stem == stem; });
}

bool has_folder(const std::vector<SavedMember>& saved, const std::string& name) {
  return std::any_of(saved.begin(), saved.end(), [&](const SavedMember& member) {
    return folder_in_metadata(member.stem) == name;
  });
}

std::string trimmed_text(ByteView bytes) {
  std::string text(as_text(bytes));
  const auto space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!text.empty() && space(text.back())) text.pop_back();
  return text;
}

std::string core_version(Archive& archive, const std::stop_token& stop) {
  if (const auto bytes = find_small_file(archive, "config/.HA_VERSION", kVersionBytes, stop)) {
    if (std::string version = trimmed_text(*bytes); !version.empty()) return version;
  }
  const auto json = find_small_file(archive, "homeassistant.json", kAddonJsonBytes, stop);
  if (!json) return {};
  try {
    return parse_json(*json)["version"].text_or("");
  } catch (const Error&) {  // isolation: it is no JSON
    return {};
  }
}

// nullopt: Home Assistant could not restore it, for want of its addon.json.
std::optional<AddonInfo> app_of(Archive& archive, const SavedMember& member,
                                const std::stop_token& stop) {
  if (member.unread) return AddonInfo{member.stem, member.stem, "0"};
  const auto bytes =
      find_small_file(archive, concat(member.folder, "/addon.json"), kAddonJsonBytes, stop);
  if (!bytes) return std::nullopt;
  try {
    const Json json = parse_json(*bytes);
    return AddonInfo{member.stem, json["system"]["name"].text_or(member.stem),
                     json["version"].text_or(json["system"]["version"].text_or("0"))};
  } catch (const Error&) {  // isolation: it is no JSON
    return std::nullopt;
  }
}

// Of a list in backup.json, what `keep` wants; false: all of it.
template <typename Keep>
bool trim(Json& json, std::string_view key, const Keep& keep) {
  Json kept = Json::array();
  for (const Json& item : json[key].items()) {
    if (keep(item)) kept.push(item);
  }
  if (kept.items().size() == json[key].items().size()) return false;
  json.set(key, std::move(kept));
  return true;
}

bool lost_database(const std::vector<SavedMember>& saved) {
  return std::any_of(saved.begin(), saved.end(),
                     [](const SavedMember& member) { return member.has_database == false; });
}

bool has_zstd(const std::vector<SavedMember>& saved) {
  return std::any_of(saved.begin(), saved.end(),
                     [](const SavedMember& member) { return member.suffix == ".tar.zst"; });
}

bool has_database(Archive& archive, const SavedMember& config, const std::stop_token& stop) {
  if (config.has_database) return *config.has_database;
  return !config.unread && archive.find(*RelPath::parse(kDatabasePath), stop).has_value();
}

}  // namespace

RepairedMetadata trimmed_metadata(Archive& archive, const std::vector<SavedMember>& saved) {
  RepairedMetadata result;
  Json json = archive.metadata()->raw;
  bool less = trim(json, "folders", [&](const Json& item) {
    const std::string name = item.text_or("");
    return name == "homeassistant" || has_folder(saved, name);
  });
  less |= trim(json, "addons",
               [&](const Json& item) { return has_stem(saved, item["slug"].text_or("")); });
  const bool no_core = archive.metadata()->has_homeassistant && !has_stem(saved, "homeassistant");
  if (no_core) {
    json.set("homeassistant", nullptr);
    (void)trim(json, "folders",
               [](const Json& item) { return item.text_or("") != "homeassistant"; });
  }
  const bool no_database = !archive.metadata()->exclude_database && lost_database(saved);
  if (no_database && json["homeassistant"].is_object()) {
    Json core = json["homeassistant"];  // so that a restore keeps the one that is there
    json.set("homeassistant", core.set("exclude_database", true));
  }
  const bool sealed =
      std::any_of(saved.begin(), saved.end(), [](const auto& m) { return m.sealed; });
  const bool wrong_flag = archive.metadata()->protected_flag != sealed;
  if (wrong_flag) json.set("protected", sealed);
  if (less || no_core) {
    // Of a full backup, Home Assistant would uninstall the apps that are not in it.
    json.set("type", "partial");
  }
  const bool changed = less || no_core || wrong_flag || no_database;
  result.text = changed ? print_json(json) : std::string(as_text(archive.metadata_bytes()));
  result.metadata = *archive.metadata();
  return result;
}

RepairedMetadata rebuilt_metadata(Archive& archive, const RepairPlan& plan,
                                  const std::vector<SavedMember>& saved,
                                  const std::stop_token& stop) {
  RepairedMetadata result;
  Metadata& made = result.metadata;
  made.name = plan.name;
  made.date = plan.date;
  made.slug = make_slug(plan.date, plan.name);
  made.type = "partial";
  made.version = has_zstd(saved) ? kZstdMetadataVersion : 2;
  made.compressed = std::none_of(saved.begin(), saved.end(),
                                 [](const auto& member) { return member.suffix == ".tar"; });
  for (const SavedMember& member : saved) {
    made.protected_flag = made.protected_flag || member.sealed;
    if (is_folder_stem(member.stem)) {
      made.folders.push_back(folder_in_metadata(member.stem));
    } else if (member.stem == "homeassistant") {
      made.homeassistant_version = core_version(archive, stop);
      made.has_homeassistant = !made.homeassistant_version.empty();
      made.exclude_database = !has_database(archive, member, stop);
      if (made.has_homeassistant) continue;
      result.remarks.push_back(
          "config: which version of Home Assistant it is of cannot be read, so that backup.json "
          "does not list it; copy it out of the new archive: backshelf extract");
    } else if (member.stem != "supervisor") {
      if (auto app = app_of(archive, member, stop)) {
        made.addons.push_back(std::move(*app));
      } else {
        result.remarks.push_back(concat(member.folder,
                                        ": its addon.json cannot be read, so that backup.json does "
                                        "not list it; copy its data out: backshelf extract"));
      }
    }
  }
  result.text = print_metadata(made);
  return result;
}

}  // namespace backshelf
