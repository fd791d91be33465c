#include "engine/job/restore_rules.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/disk/mount_table.h"
#include "engine/home/app_info.h"

namespace backshelf {
namespace {

constexpr std::size_t kSmallFileBytes = 4 * kMiB;
constexpr std::string_view kAppPart = "app:";

std::vector<std::string> our_excludes(const Archive& archive) {
  std::vector<std::string> patterns;
  if (archive.metadata() == nullptr) return patterns;
  const Json& ours = archive.metadata()->extra["backshelf"]["excludes"];
  for (const Json& pattern : ours.items()) patterns.push_back(pattern.text_or({}));
  return patterns;
}

// As the Supervisor matches them: from the right, on the path a file has there.
std::vector<KeepRules::Facts::Excludes> app_excludes(Archive& archive, const RestoreTarget& target,
                                                     const std::stop_token& stop) {
  const std::string slug = target.part.substr(kAppPart.size());
  const std::string text = small_file(archive, concat("apps/", slug, "/addon.json"), stop);
  std::vector<std::string> patterns;
  try {
    for (const std::string& one : read_app_info(parse_json(as_bytes(text))).excludes) {
      patterns.push_back("**/" + one);
    }
  } catch (const Error&) {  // isolation: an app without a usable addon.json excludes nothing
  }
  // The folder may be the app's own, or its data or its configuration alone.
  const std::string_view name = target.inner.name();
  std::vector<KeepRules::Facts::Excludes> all;
  const auto add = [&](const char* folder, const char* supervisors) {
    if (name != slug && name != folder) return;
    all.push_back({name == folder ? "" : folder, concat(supervisors, "/", slug), patterns});
  };
  add("data", "addons/data");
  add("config", "addon_configs");
  return all;
}

}  // namespace

std::string small_file(Archive& archive, const std::string& path, std::stop_token stop) {
  const auto checked = RelPath::parse(path);
  const auto attr = checked ? archive.find(*checked, stop) : std::nullopt;
  if (!attr || attr->type != EntryType::kFile || attr->size > kSmallFileBytes) return {};
  ByteVec bytes(attr->size);
  bytes.resize(archive.read(attr->id, 0, bytes, stop));
  return std::string(as_text(bytes));
}

bool holds_database(Archive& archive, std::stop_token stop) {
  const auto config = archive.find(*RelPath::parse("config"), stop);
  if (!config || config->type != EntryType::kDirectory) return false;
  const std::uint32_t count = archive.child_count(config->id, stop);
  for (std::uint32_t i = 0; i < count; ++i) {
    const FolderChild child = archive.child(config->id, i);
    if (child.name.ends_with(".db") && KeepRules::is_database(child.name)) return true;
  }
  return false;
}

KeepRules keep_rules(Archive& archive, const HomeLayout& layout, const RestoreTarget& target,
                     bool keep_database, std::stop_token stop) {
  KeepRules::Facts facts;
  facts.inner = target.inner.text();
  facts.ours = our_excludes(archive);
  facts.database = keep_database;
  if (target.part.starts_with(kAppPart)) {
    facts.home_assistants = app_excludes(archive, target, stop);
  } else if (const HomePart* const part = layout.find(target.part)) {
    for (const HomeTree& tree : part->trees) {
      facts.home_assistants.push_back({"", tree.excluded_as, tree.excludes});
    }
  }
  for (const std::string& path : mount_points_in(target.directory)) {
    if (path.size() <= target.directory.size()) continue;
    facts.mounts.push_back(path.substr(target.directory.size() + 1));
  }
  return KeepRules(std::move(facts));
}

}  // namespace backshelf
