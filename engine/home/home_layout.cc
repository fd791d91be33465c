#include <algorithm>
#include <array>

#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/home/app_info.h"
#include "engine/home/home.h"

namespace backshelf {
namespace {

constexpr std::size_t kMaxVersionBytes = 64;

struct PartFacts {
  const char* part;
  const char* member_stem;
  bool one_file_system;  // the Supervisor skips network storage mounted below share and media
};
constexpr PartFacts kConfig = {"config", "homeassistant", false};
constexpr std::array kFolders = {PartFacts{"share", "share", true},
                                 PartFacts{"addons", "addons_local", false},
                                 PartFacts{"ssl", "ssl", false}, PartFacts{"media", "media", true}};

// The Supervisor's and Core's lists together (Supervisor 2026.08, Core 2026.7).
const std::vector<std::string>& config_excludes() {
  static const std::vector<std::string> kPatterns = {"data/**/__pycache__/*",
                                                     "data/**/.DS_Store",
                                                     "data/.HA_RESTORE",
                                                     "data/*.db-shm",
                                                     "data/*.corrupt.*",
                                                     "data/*.log.*",
                                                     "data/*.log",
                                                     "data/.storage/*.corrupt.*",
                                                     "data/OZW_Log.txt",
                                                     "data/backups/*.tar",
                                                     "data/tmp_backups/*.tar",
                                                     "data/tts/*",
                                                     "data/.cache/*"};
  return kPatterns;
}

bool is_directory(const std::string& path) {
  // The "/." follows a link: the user may have put a part anywhere.
  const auto status = find_status(concat(path, "/."));
  return status && S_ISDIR(status->st_mode);
}

class Reader {
 public:
  explicit Reader(const HomeConfig& config) : config_(config) {}

  HomeLayout read() {
    check_configured();
    folder(kConfig, [this](const std::string& directory) { add_config(directory); });
    add_apps();
    for (const PartFacts& facts : kFolders) {
      folder(facts, [&](const std::string& directory) {
        layout_.parts.push_back({facts.part,
                                 facts.member_stem,
                                 {},
                                 {HomeTree{.directory = directory,
                                           .prefix = {},
                                           .shown = facts.part,
                                           .excluded_as = {},
                                           .excludes = {},
                                           .one_file_system = facts.one_file_system}}});
      });
    }
    return std::move(layout_);
  }

 private:
  void check_configured() const {
    if (config_.layout != "homeassistant") {
      throw Error(ErrorKind::kUsage, "reading the home",
                  concat("layout ", config_.layout, " is not in this version"),
                  "use layout = homeassistant");
    }
    if (config_.root.empty() && config_.parts.empty()) {
      throw Error(ErrorKind::kUsage, "reading the home", "no home is configured",
                  "set root in [home]");
    }
    if (!config_.root.empty() && !is_directory(config_.root)) {
      throw Error(ErrorKind::kNotFound, "reading the home",
                  concat(config_.root, " is no directory"),
                  "mount its disk, or correct root in [home]");
    }
  }

  // Calls `add` when the part exists, and tells when it was asked for by name and does not.
  template <typename Add>
  void folder(const PartFacts& facts, const Add& add) {
    const auto own = config_.parts.find(facts.part);
    const bool configured = own != config_.parts.end();
    if (!configured && config_.root.empty()) return;
    const std::string directory = configured ? own->second : concat(config_.root, "/", facts.part);
    try {
      if (is_directory(directory)) {
        add(directory);
      } else if (configured) {
        layout_.problems.push_back({facts.part, concat(directory, " is no directory")});
      }
    } catch (const Error& error) {  // isolation: one part that may not be read
      layout_.problems.push_back({facts.part, concat(directory, ": ", error.why())});
    }
  }

  void add_config(const std::string& directory) {
    HomePart part{kConfig.part, kConfig.member_stem, {}, {}};
    const std::string supervisors = concat(config_.root, "/homeassistant.json");
    if (!config_.root.empty() && is_homeassistant_json(find_json(supervisors))) {
      part.files.push_back(supervisors);
    }
    part.trees.push_back({.directory = directory,
                          .prefix = "data",
                          .shown = kConfig.part,
                          .excluded_as = "data",
                          .excludes = config_excludes(),
                          .one_file_system = kConfig.one_file_system});
    layout_.parts.push_back(std::move(part));
    layout_.version = version_in(directory);
    layout_.uuid = find_json(directory + "/.storage/core.uuid")["data"]["uuid"].text_or({});
  }

  static std::string version_in(const std::string& directory) {
    const std::string path = directory + "/.HA_VERSION";
    const auto status = find_status(path);
    if (!status || !S_ISREG(status->st_mode) || status->st_size > off_t{kMaxVersionBytes}) {
      return std::string(kUnknownVersion);
    }
    const ByteVec bytes = read_file(path, kMaxVersionBytes);
    std::string version(as_text(bytes));
    std::erase_if(version, [](char c) { return c <= ' ' || c > '~'; });
    return version.empty() ? std::string(kUnknownVersion) : version;
  }

  void add_apps() {
    const auto own = config_.parts.find("apps");
    const bool configured = own != config_.parts.end();
    const std::string apps = configured ? own->second : concat(config_.root, "/apps");
    if (configured && !is_directory(apps)) {
      layout_.problems.push_back({"apps", concat(apps, " does not exist")});
    }
    if ((!configured && config_.root.empty()) || !is_directory(apps)) return;
    std::vector<DirectoryEntry> entries = list_directory(apps);
    std::sort(entries.begin(), entries.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const DirectoryEntry& entry : entries) {
      const std::string directory = concat(apps, "/", entry.name);
      if (is_directory(directory)) add_app(entry.name, directory);
    }
  }

  void add_app(const std::string& slug, const std::string& directory) {
    const std::string json = directory + "/addon.json";
    AppInfo info = read_app_info(find_json(json));
    const auto status = find_status(json);
    if (status && !S_ISREG(status->st_mode)) info.problem = "its addon.json is no regular file";
    if (!is_app_slug(slug) || is_taken(slug)) info.problem = "its name cannot be an app's";
    if (!info.problem.empty()) {
      layout_.problems.push_back({concat("apps/", slug), info.problem});
      return;
    }
    HomePart part{concat("app:", slug), slug, {}, {}};
    for (const char* const file : {"addon.json", "apparmor.txt", "image.tar"}) {
      part.files.push_back(concat(directory, "/", file));
    }
    add_app_tree(part, info, directory, "data", "addons/data");
    add_app_tree(part, info, directory, "config", "addon_configs");
    layout_.parts.push_back(std::move(part));
    layout_.apps.push_back({slug, info.name.empty() ? slug : info.name, info.version});
  }

  // The Supervisor matches an app's excludes from the right, on the path the file has there.
  static void add_app_tree(HomePart& part, const AppInfo& info, const std::string& directory,
                           const char* name, const char* supervisor_folder) {
    const std::string path = concat(directory, "/", name);
    if (!is_directory(path)) return;
    HomeTree tree{.directory = path,
                  .prefix = name,
                  .shown = concat("apps/", part.member_stem, "/", name),
                  .excluded_as = concat(supervisor_folder, "/", part.member_stem),
                  .excludes = {},
                  .one_file_system = false};
    for (const std::string& pattern : info.excludes) tree.excludes.push_back("**/" + pattern);
    part.trees.push_back(std::move(tree));
  }

  static bool is_taken(std::string_view slug) {
    return slug == kConfig.member_stem || slug == "supervisor" || slug == "backup" ||
           std::any_of(kFolders.begin(), kFolders.end(),
                       [&](const PartFacts& facts) { return slug == facts.member_stem; });
  }

  const HomeConfig& config_;
  HomeLayout layout_;
};

}  // namespace

const HomePart* HomeLayout::find(std::string_view part) const {
  const auto found =
      std::find_if(parts.begin(), parts.end(), [&](const HomePart& p) { return p.part == part; });
  return found == parts.end() ? nullptr : &*found;
}

HomeLayout read_home(const HomeConfig& config) {
  return Reader(config).read();
}

}  // namespace backshelf
