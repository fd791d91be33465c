// One root with a folder per part, named as on the shelf: what `extract` and `restore` leave.
#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/home/app_info.h"
#include "engine/home/layout_reader.h"

namespace backshelf {
namespace {

Json regular_json(const std::string& path) {
  const auto status = find_status(path);
  return status && S_ISREG(status->st_mode) ? find_json(path) : Json();
}

void add_apps(LayoutReader& reader, const std::string& apps) {
  for (const std::string& slug : directories_in(apps)) {
    const std::string directory = concat(apps, "/", slug);
    AppFound app{.slug = slug, .addon = regular_json(directory + "/addon.json")};
    for (const char* const file : {"addon.json", "apparmor.txt", "image.tar"}) {
      app.files.push_back(concat(directory, "/", file));
    }
    app.data = directory + "/data";
    app.config = directory + "/config";
    (void)reader.add_app(std::move(app));
  }
}

}  // namespace

void read_homeassistant(LayoutReader& reader) {
  reader.check_root();
  const std::string& root = reader.config().root;
  if (const auto config = reader.find_part(kConfigPart.part, kConfigPart.part)) {
    reader.add_config(*config, root.empty() ? root : root + "/homeassistant.json");
  }
  if (const auto apps = reader.find_part("apps", "apps")) {
    try {
      add_apps(reader, *apps);
    } catch (const Error& error) {  // isolation: one folder that cannot be read
      reader.problem("apps", concat(*apps, ": ", error.why()));
    }
  }
  for (const PartFacts& facts : kFolderParts) {
    const auto folder = reader.find_part(facts.part, facts.part);
    if (folder) reader.add_folder(facts, *folder);
  }
}

}  // namespace backshelf
