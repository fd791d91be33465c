#include "fs/mount_options.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/base/error.h"

namespace backshelf {
namespace {

// Of fstab and mount(8): meant for others, or the default here.
constexpr std::string_view kIgnored[] = {"rw",
                                         "auto",
                                         "noauto",
                                         "nofail",
                                         "_netdev",
                                         "defaults",
                                         "user",
                                         "nouser",
                                         "users",
                                         "owner",
                                         "group",
                                         "nosuid",
                                         "nodev",
                                         "exec",
                                         "async",
                                         "atime",
                                         "noatime",
                                         "relatime",
                                         "norelatime",
                                         "nodiratime",
                                         "dev",
                                         "suid",
                                         "default_permissions",
                                         "fsname",
                                         "subtype"};
constexpr std::string_view kSymlinkPolicies[] = {"asis", "file", "hide"};
constexpr std::string_view kNamePolicies[] = {"asis", "windows"};
constexpr std::string_view kDeletePolicies[] = {"two-phase", "rmdir-only", "deny"};

Error bad_value(std::string_view name, std::string_view value, std::string_view wanted) {
  return Error(ErrorKind::kUsage, concat("option ", name, "=", value), "the value is not valid",
               concat("give ", wanted));
}

std::uint32_t number(std::string_view name, std::string_view value, int base) {
  std::uint32_t result = 0;
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), result, base);
  const bool whole = error == std::errc() && end == value.data() + value.size();
  if (!whole || (base == 8 && result > 0777)) {
    throw bad_value(name, value, base == 8 ? "an octal mask such as 0027" : "a number");
  }
  return result;
}

template <std::size_t N>
std::string word(std::string_view name, std::string_view value,
                 const std::string_view (&known)[N]) {
  if (std::find(std::begin(known), std::end(known), value) == std::end(known)) {
    std::string list;
    for (const std::string_view each : known) list += concat(list.empty() ? "" : " or ", each);
    throw bad_value(name, value, list);
  }
  return std::string(value);
}

bool read_presentation(std::string_view name, std::string_view value, MountConfig& mount) {
  if (name == "uid") {
    mount.uid = number(name, value, 10);
  } else if (name == "gid") {
    mount.gid = number(name, value, 10);
  } else if (name == "fmask") {
    mount.fmask = number(name, value, 8);
  } else if (name == "dmask") {
    mount.dmask = number(name, value, 8);
  } else if (name == "umask") {
    mount.fmask = mount.dmask = number(name, value, 8);
  } else if (name == "symlinks") {
    mount.symlinks = word(name, value, kSymlinkPolicies);
  } else if (name == "names") {
    mount.names = word(name, value, kNamePolicies);
  } else if (name == "delete") {
    mount.delete_policy = word(name, value, kDeletePolicies);
  } else if (name == "allow_other") {
    mount.allow_other = true;
  } else {
    return false;
  }
  return true;
}

void read_one(std::string_view text, MountOptions& options, MountConfig& mount) {
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1);
  if (name.empty() || name.starts_with("x-") || name.starts_with("comment")) return;
  if (read_presentation(name, value, mount)) return;
  if (name == "ro") {
    options.read_only = true;
  } else if (name == "rw") {
    options.read_only = false;
  } else if (name == "noexec") {
    options.no_exec = true;
  } else if (name == "config") {
    options.config_path = std::string(value);
  } else if (std::find(std::begin(kIgnored), std::end(kIgnored), name) == std::end(kIgnored)) {
    options.warnings.push_back(concat("mount option '", text, "' is not known and has no effect"));
  }
}

}  // namespace

void read_mount_options(std::string_view list, MountOptions& options, MountConfig& mount) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    read_one(list.substr(0, comma), options, mount);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
}

std::string fuse_options(const MountOptions& options, bool allow_other) {
  // fsname is constant: Samba's fileid module makes file numbers from it.
  std::string list = "fsname=backshelf,subtype=backshelf,default_permissions,nosuid,nodev";
  if (options.read_only) list += ",ro";
  if (options.no_exec) list += ",noexec";
  if (allow_other) list += ",allow_other";
  return list;
}

}  // namespace backshelf
