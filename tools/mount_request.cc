#include "tools/mount_request.h"

#include <algorithm>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "tools/cli_glue.h"

namespace backshelf {
namespace {

// Thrown by --help: not an error.
struct Lists {
  std::vector<std::string> options, places, types;
  bool dash_f = false, ignored = false;
};

void add_options(CLI::App& app, MountRequest& request, Lists& lists, Caller caller) {
  app.add_option("-o", lists.options, "Mount options: allow_other, uid=, gid=, fmask=, ro, …")
      ->type_name("OPTIONS")
      ->allow_extra_args(false);
  app.add_option("place", lists.places, "[SOURCE] MOUNTPOINT");
  if (caller == Caller::kMountHelper) {
    app.add_flag("-f", lists.dash_f);
    app.add_flag("-s,-n,-v", lists.ignored);
    app.add_option("-t,-N", lists.types)->allow_extra_args(false);
    return;
  }
  app.add_flag("-f", request.foreground, "Stay in the foreground");
  app.add_option("-c", request.common.config_path, "Configuration file")->type_name("INI");
  app.add_option("-k", request.common.key_options, "File with the key, keys, or an emergency kit")
      ->type_name("KEYFILE")
      ->allow_extra_args(false);
  app.add_flag("-q", request.common.quiet, "Say less");
  app.add_flag("-v", request.common.verbose, "Say more");
}

void set_places(MountRequest& request, const std::vector<std::string>& places) {
  if (places.empty() || places.size() > 2) {
    throw Error(ErrorKind::kUsage, "mount",
                places.empty() ? "no mount point given" : "too many words",
                "backshelf mount [SOURCE] MOUNTPOINT");
  }
  request.mount_point = places.back();
  if (places.size() == 2 && places.front() != "none") request.source = places.front();
}

void read_options(MountRequest& request, const std::vector<std::string>& lists) {
  for (const std::string& list : lists) {
    request.option_list += concat(request.option_list.empty() ? "" : ",", list);
  }
  MountConfig checked;
  read_mount_options(request.option_list, request.options, checked);
  if (request.common.config_path.empty()) {
    request.common.config_path = request.options.config_path;
  }
}

}  // namespace

MountRequest parse_mount_request(const std::vector<std::string>& words, Caller caller) {
  MountRequest request;
  Lists lists;
  CLI::App app("Show backups as folders.", "backshelf mount");
  add_options(app, request, lists, caller);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::Success& success) {  // boundary: --help
    (void)app.exit(success);
    request.only_pretend = true;
    return request;
  } catch (const CLI::ParseError& error) {  // boundary: the command line library's own errors
    throw Error(ErrorKind::kUsage, "mount", error.what(), "see: backshelf mount --help");
  }
  request.only_pretend = lists.dash_f;
  set_places(request, lists.places);
  read_options(request, lists.options);
  return request;
}

bool is_mount_fuse_call(const std::vector<std::string>& words) {
  return words.size() >= 3 && !words[0].starts_with("-") && words[1].starts_with("/") &&
         std::find(words.begin() + 2, words.end(), "-o") != words.end();
}

}  // namespace backshelf
