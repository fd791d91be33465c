// The Supervisor's data directory, as it lies on the machine (/usr/share/hassio, or
// /mnt/data/supervisor of Home Assistant OS).
#include <algorithm>

#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/home/app_info.h"
#include "engine/home/layout_reader.h"
#include "engine/home/reach.h"
#include "engine/home/supervisor_files.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxProfileBytes = kMiB;

const char* below_root(const PartFacts& facts) {
  return std::string_view(facts.part) == "addons" ? "addons/local" : facts.part;
}

// The profile that confines the app; the Supervisor keeps it elsewhere under another name.
void add_profile(LayoutReader& reader, AppFound& app) {
  if (!is_app_slug(app.slug)) return;  // it is refused later, and must not name a file here
  const std::string path = concat(reader.config().root, "/apparmor/", app.slug);
  try {
    const std::optional<ByteVec> bytes = find_file(path, kMaxProfileBytes);
    const auto status = find_status(path);
    if (!bytes || !status) return;
    app.made.push_back({"apparmor.txt", concat("apps/", app.slug, "/apparmor.txt"),
                        std::string(as_text(*bytes)), mtime_of(*status)});
  } catch (const Error& error) {  // isolation: one source file
    reader.problem(concat("apps/", app.slug, "/apparmor.txt"), error.why());
  }
}

// Slugs of the apps that have data; nullopt, and told: the folder cannot be read.
std::optional<std::vector<std::string>> slugs_with_data(LayoutReader& reader) {
  const std::string path = reader.config().root + "/addons/data";
  try {
    return reaches_readable_directory(path) ? directories_in(path) : std::vector<std::string>();
  } catch (const Error& error) {  // isolation: one folder that cannot be read
    reader.problem("apps", concat(path, ": ", error.why()));
    return std::nullopt;
  }
}

// Local apps are not stored as images: the Supervisor builds them again from addons/local.
bool add_app(LayoutReader& reader, const SupervisorApps& apps, const std::string& slug,
             bool has_data) {
  const std::string& root = reader.config().root;
  AppFound app{.slug = slug, .addon = apps.addon.at(slug)};
  app.made.push_back(
      {"addon.json", concat("apps/", slug, "/addon.json"), print_json(app.addon), apps.mtime});
  add_profile(reader, app);
  app.data = concat(root, "/addons/data/", slug);
  app.config = concat(root, "/addon_configs/", slug);
  if (!reader.add_app(std::move(app))) return false;
  if (!has_data) reader.problem(concat("apps/", slug, "/data"), "the app has no data folder");
  return true;
}

// An app without its data would be restored as an empty one: where the data cannot be read, none is
// stored.
void add_apps(LayoutReader& reader) {
  const SupervisorApps apps = read_supervisor_apps(reader.config().root);
  const auto with_data = slugs_with_data(reader);
  if (!with_data) return;
  bool every = apps.known;
  for (const auto& [slug, addon] : apps.addon) {
    const bool has_data = std::find(with_data->begin(), with_data->end(), slug) != with_data->end();
    every = add_app(reader, apps, slug, has_data) && every;
  }
  reader.layout.has_every_app = every;
  for (const std::string& slug : *with_data) {
    if (apps.addon.contains(slug)) continue;
    reader.problem(concat("apps/", slug), apps.known
                                              ? concat("it is not installed, says ", apps.path)
                                              : concat("its addon.json cannot be made: ", apps.path,
                                                       " is missing or cannot be read"));
  }
}

void check_kind(const LayoutReader& reader) {
  const std::string& root = reader.config().root;
  if (root.empty()) {
    throw Error(ErrorKind::kUsage, "reading the home", "layout = supervised needs a root",
                "set root in [home] to the Supervisor's data directory");
  }
  if (reader.config().parts.contains(kConfigPart.part) || is_directory(root + "/homeassistant")) {
    return;
  }
  throw Error(ErrorKind::kUsage, "reading the home",
              concat(root, " holds no folder homeassistant, so it is not the Supervisor's"),
              "set root in [home] to its data directory, such as /usr/share/hassio");
}

}  // namespace

void read_supervised(LayoutReader& reader) {
  reader.check_root();
  check_kind(reader);
  const std::string& root = reader.config().root;
  if (const auto config = reader.find_part(kConfigPart.part, "homeassistant")) {
    reader.add_config(*config, root + "/homeassistant.json");
  }
  add_apps(reader);
  for (const PartFacts& facts : kFolderParts) {
    const auto folder = reader.find_part(facts.part, below_root(facts));
    if (folder) reader.add_folder(facts, *folder);
  }
  reader.layout.repositories = read_repositories(root);
}

}  // namespace backshelf
