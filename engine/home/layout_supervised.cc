// The Supervisor's data directory, as it lies on the machine (/usr/share/hassio, or
// /mnt/data/supervisor of Home Assistant OS).
#include <set>

#include "engine/base/error.h"
#include "engine/disk/file.h"
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

// What lies in `folder` of the root, by app; told when it cannot be read.
std::vector<std::string> names_in(LayoutReader& reader, const std::string& folder) {
  const std::string path = concat(reader.config().root, "/", folder);
  try {
    if (reaches_directory(path)) return directories_in(path);
  } catch (const Error& error) {  // isolation: one folder that cannot be read
    reader.problem("apps", concat(path, ": ", error.why()));
  }
  return {};
}

// Local apps are not stored as images: the Supervisor builds them again from addons/local.
void add_apps(LayoutReader& reader) {
  const std::string& root = reader.config().root;
  const SupervisorApps apps = read_supervisor_apps(root);
  const std::vector<std::string> with_data = names_in(reader, "addons/data");
  const bool reached = reader.layout.problems.empty();
  bool every = apps.known && reached;
  for (const auto& [slug, addon] : apps.addon) {
    AppFound app{.slug = slug, .addon = addon};
    app.made.push_back(
        {"addon.json", concat("apps/", slug, "/addon.json"), print_json(addon), apps.mtime});
    add_profile(reader, app);
    if (reached) app.data = concat(root, "/addons/data/", slug);
    app.config = concat(root, "/addon_configs/", slug);
    every = reader.add_app(std::move(app)) && every;
  }
  reader.layout.has_every_app = every;
  for (const std::string& slug : with_data) {
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
