#include "tools/daemon_plan.h"

#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "tools/late_location.h"
#include "tools/mount_point.h"
#include "tools/terminal.h"
#include "tools/workbench.h"

namespace backshelf {
namespace {

// A regular SOURCE is an INI unless it is called like an archive.
bool is_archive_source(const struct stat& status, const std::string& source) {
  return S_ISDIR(status.st_mode) || source.ends_with(".tar");
}

void set_source(DaemonPlan& plan, const std::string& source, const struct stat& status) {
  plan.folder = real_path(source);
  if (S_ISDIR(status.st_mode)) return;
  const std::size_t slash = plan.folder.rfind('/');
  plan.only_file = plan.folder.substr(slash + 1);
  plan.folder = slash == 0 ? "/" : plan.folder.substr(0, slash);
}

void load(DaemonPlan& plan, const MountRequest& request, const std::string& ini) {
  CommonOptions options = request.common;
  if (!ini.empty()) options.config_path = ini;
  const std::string path = config_path_of(options);
  if (!find_status(path)) {
    throw Error(options.config_path.empty() ? ErrorKind::kUsage : ErrorKind::kNotFound,
                "no configuration", concat(path, " does not exist"),
                "backshelf mount FOLDER MOUNTPOINT shows a folder of archives without one");
  }
  plan.config = load_config(path, defaults_of_user());
  plan.from_config = true;
}

std::vector<std::string> folders_of(const DaemonPlan& plan) {
  if (!plan.from_config) {
    return {plan.only_file.empty() ? plan.folder : std::string(), plan.config.cache.path};
  }
  std::vector<std::string> folders = {plan.config.state_path, plan.config.cache.path};
  for (const LocationConfig& place : plan.config.locations) folders.push_back(place.path);
  return folders;
}

// What is read through its own path while the shelf is there.
std::vector<std::string> sources_of(const Config& config) {
  std::vector<std::string> paths = {config.key.file, config.key.old, config.home.root};
  for (const auto& [part, path] : config.home.parts) paths.push_back(path);
  for (const auto& [name, path] : config.home.folders) paths.push_back(path);
  return paths;
}

}  // namespace

DaemonPlan make_plan(const MountRequest& request) {
  DaemonPlan plan;
  std::string ini;
  if (!request.source.empty()) {
    const auto status = find_status(request.source);
    struct stat target {};
    if (!status || ::stat(request.source.c_str(), &target) != 0) {
      throw Error(ErrorKind::kNotFound, request.source, "there is no such file or folder",
                  "give a folder of archives, one archive, an INI file, or none");
    }
    if (is_archive_source(target, request.source)) {
      plan.config = default_config(defaults_of_user());
      plan.config.key = {};
      set_source(plan, request.source, target);
    } else {
      ini = request.source;
    }
  }
  plan.mount_point = check_mount_point(request.mount_point);
  if (plan.folder.empty()) load(plan, request, ini);
  MountOptions options;
  read_mount_options(request.option_list, options, plan.config.mount);
  plan.read_only = !plan.from_config || options.read_only;
  plan.allow_other = plan.config.mount.allow_other.value_or(::geteuid() == 0);
  refuse_overlap(plan.mount_point, folders_of(plan));
  if (plan.from_config) refuse_covering(plan.mount_point, sources_of(plan.config));
  return plan;
}

std::vector<std::shared_ptr<Location>> open_locations(const DaemonPlan& plan, StateStore& state) {
  if (plan.from_config) {
    return open_locations(plan.config, default_config(defaults_of_user()), state, plan.read_only);
  }
  DirectoryLocationOptions options;
  options.path = plan.folder;
  options.only_file = plan.only_file;
  options.installation = state.installation();
  options.read_only = true;
  return {make_directory_location(options)};
}

}  // namespace backshelf
