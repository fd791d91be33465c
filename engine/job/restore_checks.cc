#include "engine/job/restore_checks.h"

#include <algorithm>
#include <map>
#include <set>

#include "engine/archive/state_failure.h"
#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/disk/mount_table.h"
#include "engine/job/restore_rules.h"

namespace backshelf {
namespace {

constexpr std::uint64_t kBlockBytes = 4096;  // what the smallest file takes on most file systems

std::uint64_t on_disk(std::uint64_t bytes) {
  return (bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
}

Error unforced(const std::string& what, const std::string& why, const std::string& todo) {
  return {ErrorKind::kNotPermitted, what, why, todo};
}

// What one target holds.
class Count {
 public:
  Count(Archive& archive, const std::stop_token& stop) : archive_(archive), stop_(stop) {}

  // Depth is bounded by RelPath::kMaxDepth, which every tree keeps.
  void add(const FolderAttr& attr) {
    if (attr.type == EntryType::kFile) return add_file(attr);
    disk += kBlockBytes;
    if (attr.type != EntryType::kDirectory) return;
    const std::uint32_t count = archive_.child_count(attr.id, stop_);
    for (std::uint32_t i = 0; i < count; ++i) add(archive_.child(attr.id, i).attr);
  }

  std::uint64_t files = 0, bytes = 0, disk = 0;

 private:
  void add_file(const FolderAttr& attr) {
    if (attr.link_count > 1 && !linked_.insert(attr.content_key).second) return;
    ++files;
    bytes += attr.size;
    disk += on_disk(attr.size) + kBlockBytes / 8;  // and its inode
  }

  Archive& archive_;
  const std::stop_token& stop_;
  std::set<std::uint64_t> linked_;
};

// Whether a path below a target outlives the restore.
bool outlives(Archive& archive, const RestoreTarget& target, const KeepRules& rules,
              std::string_view path, const std::stop_token& stop) {
  for (std::size_t end = path.find('/');; end = path.find('/', end + 1)) {
    const std::string_view prefix = path.substr(0, end);
    const auto inner = RelPath::parse(concat(target.inner.text(), "/", prefix));
    const bool comes = !inner || archive.find(*inner, stop).has_value();
    if (rules.stays(prefix) || (!comes && rules.was_left_out(prefix, /*folder_comes=*/false))) {
      return true;
    }
    if (end == std::string_view::npos) return false;
  }
}

}  // namespace

void check_members(const Archive& archive, const RestoreOrder& order,
                   const std::vector<std::string>& inner_paths) {
  for (const MemberInfo& member : archive.members()) {
    const bool wanted =
        std::find(inner_paths.begin(), inner_paths.end(), member.folder) != inner_paths.end();
    const auto failure = failure_of(member.state);
    if (wanted && failure) throw Error(*failure, member.member, member.problem);
  }
  const State state = archive.state();
  const auto failure = failure_of(state);
  if (order.parts.empty() && failure && state > State::kDamaged) {
    throw Error(*failure, order.name, archive.problem(),
                "name the parts that are readable with parts=");
  }
}

void check_version(const Archive& archive, const HomeLayout& layout) {
  if (archive.metadata() == nullptr) return;
  const std::string& version = archive.metadata()->homeassistant_version;
  if (!is_newer_version(version, layout.version)) return;
  throw unforced("restore",
                 concat("You need at least Home Assistant version ", version,
                        " to restore this backup, and ", layout.version, " is installed"),
                 "update Home Assistant first, or add: force");
}

void check_installation(Archive& archive, const HomeLayout& layout, const std::stop_token& stop) {
  if (layout.uuid.empty()) return;
  const std::string text = small_file(archive, "config/.storage/core.uuid", stop);
  std::string uuid;
  try {
    if (!text.empty()) uuid = parse_json(as_bytes(text))["data"]["uuid"].text_or({});
  } catch (const Error&) {  // isolation: a uuid nobody can read says nothing
  }
  if (uuid.empty() || uuid == layout.uuid) return;
  throw unforced("restore", "the backup is of another installation of Home Assistant",
                 "if this home is to become that one, add: force");
}

void check_our_paths(Archive& archive, const RestoreSite& site, const RestorePlan& plan,
                     const std::stop_token& stop) {
  for (const RestoreTarget& target : plan.targets) {
    if (!find_status(target.directory)) continue;
    const KeepRules rules = keep_rules(archive, plan.layout, target, /*keep_database=*/false, stop);
    for (const auto& [what, path] : site.ours) {
      if (path.empty()) continue;
      const std::string real = path_without_links(path);
      if (!is_at_or_below(real, target.directory)) continue;
      const bool same = real.size() == target.directory.size();
      const std::string_view below =
          same ? std::string_view() : std::string_view(real).substr(target.directory.size() + 1);
      if (!same && outlives(archive, target, rules, below, stop)) continue;
      throw Error(ErrorKind::kUsage, concat("the part ", target.part),
                  concat(what, " ", path, " lies in ", target.directory,
                         ", which the restore would replace"),
                  "move it elsewhere, or restore other parts");
    }
  }
}

void check_space(Archive& archive, RestorePlan& plan, const std::stop_token& stop) {
  std::map<dev_t, std::pair<std::string, std::uint64_t>> needs;
  for (const RestoreTarget& target : plan.targets) {
    Count count(archive, stop);
    count.add(target.attr);
    plan.files += count.files;
    plan.bytes += count.bytes;
    const auto status = find_status(target.holder_parent);
    auto& [directory, bytes] = needs[status ? status->st_dev : 0];
    directory = target.holder_parent;
    bytes += count.disk;
  }
  for (const auto& [device, need] : needs) {
    const std::uint64_t free_bytes = disk_space(need.first).free_bytes;
    if (free_bytes >= need.second) continue;
    throw Error(ErrorKind::kNoSpace, concat("restore to ", need.first),
                concat("it needs ", need.second, " bytes beside what is there, and ", free_bytes,
                       " are free: ", need.second - free_bytes, " are missing"),
                "make room, or restore fewer parts");
  }
}

}  // namespace backshelf
