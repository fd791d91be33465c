#include "engine/job/backup_plan.h"

#include <algorithm>

#include "engine/job/part_choice.h"
#include "engine/job/places.h"
#include "engine/location/object_names.h"

namespace backshelf {
namespace {

constexpr std::string_view kApp = "app:";

template <typename Range, typename Name>
std::string listed(const Range& range, const Name& name) {
  std::string text;
  for (const auto& one : range) text += concat(text.empty() ? "" : ", ", name(one));
  return text.empty() ? "nothing" : text;
}

Level level_of(const std::string& compression) {
  if (compression == "none") return Level::kNone;
  if (compression == "fast") return Level::kFast;
  if (compression == "balanced") return Level::kBalanced;
  if (compression == "small") return Level::kSmall;
  return Level::kZstd;  // there is no other word: see config_keys
}

std::vector<BackupPlan::Place> choose_places(const JobParts& parts, const BackupCommand& command) {
  std::vector<std::string> names = command.to;
  if (names.empty()) names = parts.config.automatic.locations;
  const bool by_default = names.empty();
  if (by_default) {
    for (const auto& location : parts.catalog.locations()) names.push_back(location->name());
  }
  std::vector<BackupPlan::Place> places;
  for (const std::string& name : names) {
    const std::shared_ptr<Location> known = parts.catalog.location(name);
    const bool again = std::any_of(places.begin(), places.end(),
                                   [&](const auto& place) { return place.location == known; });
    if (known && (again || (by_default && !is_target(parts, *known)))) continue;
    places.push_back({find_place(parts, name), encrypts(parts.config, name)});
  }
  // One of several fails alone, and is told; here nothing would be left to write to.
  if (places.size() == 1) (void)writable_place(parts, places.front().location->name());
  const bool any = std::any_of(places.begin(), places.end(),
                               [](const auto& place) { return !place.location->read_only(); });
  if (any) return places;
  throw Error(ErrorKind::kReadOnly, "backup", "no location can be written to",
              "add a [location] to the configuration");
}

// As Home Assistant calls it; empty: it knows no such folder, and would refuse the whole backup.
std::string folder_of(const std::string& part) {
  if (part == "share" || part == "ssl" || part == "media") return part;
  return part == "addons" ? "addons/local" : "";
}

// Home Assistant's full restore removes every app that is not in the backup, so it must have been
// asked for; its own automatic backups are never full.
bool is_full(const JobParts& parts, const BackupPlan& plan, const BackupCommand& command) {
  return command.full && !command.automatic && parts.config.home.layout == "supervised" &&
         plan.layout.has_every_app && plan.layout.find("config") != nullptr;
}

// Home Assistant shows a backup with `instance_id` as its own, and deletes it by its own retention
// only if `with_automatic_settings` is true besides.
Json extra_of(const JobParts& parts, const BackupPlan& plan, const BackupCommand& command) {
  Json excludes = Json::array();
  for (const std::string& pattern : parts.config.home.exclude) excludes.push(pattern);
  Json ours = Json::object();
  if (parts.state != nullptr) ours.set("installation", parts.state->installation());
  ours.set("automatic", command.automatic).set("excludes", std::move(excludes));
  Json extra = Json::object();
  extra.set("backshelf", std::move(ours));
  if (plan.layout.uuid.empty()) return extra;
  extra.set("instance_id", plan.layout.uuid);
  extra.set("with_automatic_settings", command.automatic && parts.config.automatic.ha_retention);
  return extra;
}

Metadata metadata_of(const JobParts& parts, const BackupPlan& plan, const BackupCommand& command) {
  Metadata metadata;
  metadata.version = 2;
  if (plan.layout.supervisor) metadata.supervisor_version = kSupervisorVersion;
  metadata.repositories = plan.layout.repositories;
  metadata.type = is_full(parts, plan, command) ? "full" : "partial";
  const char* const kind = command.automatic ? "Automatic backup " : "Custom backup ";
  metadata.name = command.name.empty() ? concat(kind, plan.layout.version) : command.name;
  metadata.date = to_rfc3339_local(parts.clock.now());
  metadata.slug = make_slug(metadata.date, metadata.name);
  metadata.homeassistant_version = plan.layout.version;
  metadata.exclude_database = !plan.source.database;
  for (const PartPlan& part : plan.write.parts) {
    if (part.part == "config") {
      metadata.has_homeassistant = true;
    } else if (const std::string folder = folder_of(part.part); !folder.empty()) {
      metadata.folders.push_back(folder);
    }
  }
  for (const HomeApp& app : plan.layout.apps) {
    const std::string part = concat(kApp, app.slug);
    const bool stored = std::any_of(plan.write.parts.begin(), plan.write.parts.end(),
                                    [&](const PartPlan& one) { return one.part == part; });
    if (stored) metadata.addons.push_back({app.slug, app.name, app.version});
  }
  metadata.extra = extra_of(parts, plan, command);
  metadata.extra.set("supervisor.backup_request_date", metadata.date);
  return metadata;
}

// Any folders have no configuration that tells a good backup; all that were asked for do.
void note_completeness(const JobParts& parts, BackupPlan& plan) {
  if (parts.config.home.layout != "folders") return;
  Json ours = plan.write.metadata.extra["backshelf"];
  ours.set("complete", plan.write.parts.size() == parts.config.home.folders.size());
  plan.write.metadata.extra.set("backshelf", std::move(ours));
}

HomeSourceOptions source_of(const JobParts& parts, const BackupCommand& command) {
  HomeSourceOptions options;
  options.database = command.database.value_or(parts.config.home.database);
  options.exclude = parts.config.home.exclude;
  options.stats = parts.config.backup.trust_stat;
  options.log = &parts.log;
  options.leave_out = parts.leave_out;
  // A backup of our own archives would hold every older one again.
  for (const LocationConfig& place : parts.config.locations)
    options.leave_out.push_back(place.path);
  options.leave_out.push_back(parts.config.cache.path);
  options.leave_out.push_back(parts.config.state_path);
  std::erase_if(options.leave_out, [](const std::string& path) { return path.empty(); });
  return options;
}

void check_file_name(const std::string& file, const std::string& name) {
  if (is_archive_name(file)) return;
  throw Error(ErrorKind::kUsage, concat("the name '", name, "'"), "it cannot be a file name",
              "use a shorter one, without '/' and without a dot in front");
}

}  // namespace

BackupPlan plan_backup(const JobParts& parts, const BackupCommand& command) {
  BackupPlan plan;
  plan.automatic = command.automatic;
  plan.write.level = level_of(parts.config.archive.compression);
  plan.write.trust_stat = parts.config.backup.trust_stat;
  plan.layout = read_home(parts.config.home);
  PartChoice choice = choose_parts(plan.layout, command);
  for (const HomePart& part : choice.parts) {
    plan.write.parts.push_back({part.part, part.member_stem});
  }
  plan.source = source_of(parts, command);
  plan.places = choose_places(parts, command);
  plan.write.metadata = metadata_of(parts, plan, command);
  note_completeness(parts, plan);
  const Metadata& metadata = plan.write.metadata;
  plan.file =
      command.file.empty() ? suggested_file_name(metadata.name, metadata.date) : command.file;
  check_file_name(plan.file, metadata.name);
  plan.problems = std::move(choice.problems);
  return plan;
}

}  // namespace backshelf
