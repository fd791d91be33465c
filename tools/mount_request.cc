#include "tools/mount_request.h"

#include <algorithm>

#include "engine/base/bytes.h"
#include "engine/base/error.h"
#include "tools/argument_parser.h"

namespace backshelf {
namespace {

struct Lists {
  std::vector<std::string> options, places, types;
  bool dash_f = false, ignored = false;
};

void add_options(const ArgumentParser& program, MountRequest& request, Lists& lists,
                 Caller caller) {
  program.repeated("-o", lists.options, "Mount options: allow_other, uid=, gid=, fmask=, ro, …",
                   "OPTIONS");
  program.words("place", lists.places, "[SOURCE] MOUNTPOINT");
  if (caller == Caller::kMountHelper) {
    program.flag("-f", lists.dash_f);
    program.flag("-s,-n,-v", lists.ignored);
    program.repeated("-t,-N", lists.types, "");
    return;
  }
  program.flag("-f", request.foreground, "Stay in the foreground");
  program.option("-c", request.common.config_path, "Configuration file", "INI");
  program.repeated("-k", request.common.key_options, "File with the key, keys, or an emergency kit",
                   "KEYFILE");
  program.flag("-q", request.common.quiet, "Say less");
  program.flag("-v", request.common.verbose, "Say more");
}

// `mount -a` knows by its source that a line of fstab is mounted already, and ours are all called
// backshelf in the kernel's table.
bool means_configuration(const std::string& source, Caller caller) {
  return source == "none" || (caller == Caller::kMountHelper && source == "backshelf");
}

void set_places(MountRequest& request, const std::vector<std::string>& places, Caller caller) {
  if (places.empty() || places.size() > 2) {
    throw Error(ErrorKind::kUsage, "mount",
                places.empty() ? "no mount point given" : "too many words",
                "backshelf mount [SOURCE] MOUNTPOINT");
  }
  request.mount_point = places.back();
  if (places.size() == 2 && !means_configuration(places.front(), caller)) {
    request.source = places.front();
  }
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
  const ArgumentParser program("Show backups as folders.", "backshelf mount");
  add_options(program, request, lists, caller);
  if (!program.parse(words, "mount", "see: backshelf mount --help")) {
    request.only_pretend = true;
    return request;
  }
  request.only_pretend = lists.dash_f;
  set_places(request, lists.places, caller);
  read_options(request, lists.options);
  return request;
}

bool is_mount_fuse_call(const std::vector<std::string>& words) {
  return words.size() >= 3 && !words[0].starts_with("-") && words[1].starts_with("/") &&
         std::find(words.begin() + 2, words.end(), "-o") != words.end();
}

}  // namespace backshelf
