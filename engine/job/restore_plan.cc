#include "engine/job/restore_plan.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "engine/disk/mount_table.h"
#include "engine/job/restore_checks.h"

namespace backshelf {
namespace {

constexpr std::string_view kAppPrefix = "app:";
constexpr std::string_view kAppFolder = "apps/";
constexpr std::string_view kFolderParts[] = {"config", "share", "addons", "ssl", "media"};

std::string part_of(const std::string& inner) {
  if (!inner.starts_with(kAppFolder)) return inner;
  return concat(kAppPrefix, inner.substr(kAppFolder.size()));
}

bool is_wanted(const std::string& part, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return word == part || (word == "apps" && part.starts_with(kAppPrefix));
  });
}

// Where the parts of a home are, whether they exist yet or not.
class Places {
 public:
  Places(const HomeConfig& home, const HomeLayout& layout) : home_(home), layout_(layout) {}

  struct Place {
    std::string inner, directory;
  };
  // Empty: the home has no place for it.
  [[nodiscard]] std::vector<Place> of(const std::string& part) const {
    if (part.starts_with(kAppPrefix)) return of_app(part.substr(kAppPrefix.size()));
    const HomePart* const known = layout_.find(part);
    if (known != nullptr && !known->trees.empty()) {
      return {{part, known->trees.front().directory}};
    }
    for (const auto& [name, path] : home_.folders) {
      if (name == part) return {{part, path}};
    }
    const auto own = home_.parts.find(part);
    if (own != home_.parts.end()) return {{part, own->second}};
    const bool usual =
        std::find(std::begin(kFolderParts), std::end(kFolderParts), part) != std::end(kFolderParts);
    if (!usual || home_.root.empty()) return {};
    if (home_.layout == "homeassistant") return {{part, concat(home_.root, "/", part)}};
    if (home_.layout == "supervised") return {{part, concat(home_.root, "/", supervised(part))}};
    return {};
  }

 private:
  static std::string supervised(const std::string& part) {
    if (part == "config") return "homeassistant";
    return part == "addons" ? "addons/local" : part;
  }

  [[nodiscard]] std::vector<Place> of_app(const std::string& slug) const {
    const std::string inner = concat(kAppFolder, slug);
    const auto own = home_.parts.find("apps");
    if (own != home_.parts.end()) return {{inner, concat(own->second, "/", slug)}};
    if (home_.root.empty()) return {};
    if (home_.layout == "homeassistant") return {{inner, concat(home_.root, "/apps/", slug)}};
    if (home_.layout != "supervised") return {};
    // What the Supervisor knows of an app is its own, and is not written here.
    return {{inner + "/data", concat(home_.root, "/addons/data/", slug)},
            {inner + "/config", concat(home_.root, "/addon_configs/", slug)}};
  }

  const HomeConfig& home_;
  const HomeLayout& layout_;
};

// Beside the folder, or beside the first of its parents that is missing too.
std::string holder_parent_of(const std::string& directory) {
  const auto status = find_status(directory);
  std::string parent = parent_directory(directory);
  while (!find_status(parent) && parent != "/") parent = parent_directory(parent);
  if (!status) return parent;
  const auto mounts = mount_points_in(directory);
  const bool is_mount = std::find(mounts.begin(), mounts.end(), directory) != mounts.end();
  const auto beside = find_status(parent);
  return is_mount || !beside || beside->st_dev != status->st_dev ? directory : parent;
}

bool is_empty_or_absent(const std::string& directory) {
  const auto status = find_status(directory);
  return !status || (S_ISDIR(status->st_mode) && list_directory(directory).empty());
}

class Planner {
 public:
  Planner(Archive& archive, const RestoreOrder& order, const RestoreSite& site,
          const std::stop_token& stop)
      : archive_(archive), order_(order), site_(site), stop_(stop) {}

  RestorePlan run() {
    archive_.check(stop_);
    if (site_.is_new) {
      plan_.layout.version = kUnknownVersion;
    } else {
      plan_.layout = read_home(site_.home);
    }
    choose_parts();
    check_members(archive_, order_, plan_.members);
    for (const std::string& part : parts_) add_targets(part);
    if (plan_.targets.empty()) {
      throw Error(ErrorKind::kUsage, concat("restore ", order_.name),
                  "it holds no part that this home has a place for",
                  concat("look with: backshelf show ", order_.name));
    }
    check_nesting();
    const bool config = is_wanted("config", parts_);
    if (!order_.force && config) check_version(archive_, plan_.layout);
    if (!order_.force) check_installation(archive_, plan_.layout, stop_);
    check_our_paths(archive_, site_, plan_, stop_);
    check_space(archive_, plan_, stop_);
    return std::move(plan_);
  }

 private:
  void choose_parts() {
    std::vector<std::string> held;
    for (const MemberInfo& member : archive_.members()) {
      const std::string part = part_of(member.folder);
      held.push_back(part);
      const bool wanted = order_.parts.empty() ? member.in_metadata && has_place(part, member)
                                               : is_wanted(part, order_.parts);
      if (!wanted) continue;
      parts_.push_back(part);
      plan_.members.push_back(member.folder);
    }
    for (const std::string& word : order_.parts) {
      if (std::any_of(held.begin(), held.end(),
                      [&](const std::string& part) { return is_wanted(part, {word}); })) {
        continue;
      }
      std::string list;
      for (const std::string& part : held) list += concat(list.empty() ? "" : ", ", part);
      throw Error(ErrorKind::kUsage, concat("the part ", word), "this backup does not hold it",
                  list.empty() ? "choose another backup" : concat("it holds ", list));
    }
  }

  bool has_place(const std::string& part, const MemberInfo& member) {
    if (!Places(site_.home, plan_.layout).of(part).empty()) return true;
    plan_.notes.push_back(concat(member.folder, ": this home has no place for it"));
    return false;
  }

  void add_targets(const std::string& part) {
    const auto places = Places(site_.home, plan_.layout).of(part);
    if (places.empty()) {
      throw Error(ErrorKind::kUsage, concat("the part ", part), "this home has no place for it",
                  concat("give it one in [home], or leave it out of parts="));
    }
    const std::size_t before = plan_.targets.size();
    for (const Places::Place& place : places) {
      const auto inner = RelPath::parse(place.inner);
      const auto attr = inner ? archive_.find(*inner, stop_) : std::nullopt;
      if (!attr || attr->type != EntryType::kDirectory) continue;
      RestoreTarget target{part, *inner, *attr, path_without_links(place.directory), {}};
      check_target(target);
      target.holder_parent = holder_parent_of(target.directory);
      plan_.targets.push_back(std::move(target));
    }
    if (plan_.targets.size() == before) tell_empty(part);
  }

  void tell_empty(const std::string& part) {
    const std::string why = "the backup holds no files of it that have a place here";
    if (!order_.parts.empty()) {
      throw Error(ErrorKind::kUsage, concat("the part ", part), why, "leave it out of parts=");
    }
    plan_.notes.push_back(concat(part, ": ", why));
  }

  void check_target(const RestoreTarget& target) const {
    const auto status = find_status(target.directory);
    if (status && !S_ISDIR(status->st_mode)) {
      throw Error(ErrorKind::kExists, target.directory, "it is no folder", "move it away");
    }
    if (site_.is_new && !is_empty_or_absent(target.directory)) {
      throw Error(ErrorKind::kUsage, target.directory,
                  "it is there already, and --to makes a new home",
                  "choose an empty folder; or name this home in the configuration and restore "
                  "without --to");
    }
  }

  // Two exchanges, one inside the other, would each carry away what the other put there.
  void check_nesting() const {
    for (const RestoreTarget& outer : plan_.targets) {
      for (const RestoreTarget& inner : plan_.targets) {
        if (&outer == &inner || !is_at_or_below(inner.directory, outer.directory)) continue;
        throw Error(
            ErrorKind::kUsage, concat("the part ", inner.part),
            concat(inner.directory, " lies in ", outer.directory, ", the part ", outer.part),
            "restore one of them at a time, with parts=");
      }
    }
  }

  Archive& archive_;
  const RestoreOrder& order_;
  const RestoreSite& site_;
  const std::stop_token& stop_;
  std::vector<std::string> parts_;
  RestorePlan plan_;
};

// "2026.10.0b1": the numbers, then what follows them; a release comes after its betas.
struct Version {
  std::array<std::uint32_t, 3> numbers{};
  int stage = 0;  // dev, alpha, beta, candidate, release
  std::uint32_t stage_number = 0;
  auto operator<=>(const Version&) const = default;
};

std::optional<Version> parse_version(std::string_view text) {
  Version version;
  for (std::uint32_t& number : version.numbers) {
    const char* const end = text.data() + text.size();
    const auto [next, failed] = std::from_chars(text.data(), end, number);
    if (failed != std::errc()) break;
    text = std::string_view(next, static_cast<std::size_t>(end - next));
    if (!text.starts_with('.')) break;
    text.remove_prefix(1);
  }
  if (version.numbers == decltype(version.numbers){}) return std::nullopt;
  constexpr std::string_view kStages[] = {"dev", "a", "b", "rc"};
  version.stage = static_cast<int>(std::size(kStages));
  for (std::size_t i = 0; i < std::size(kStages); ++i) {
    if (!text.starts_with(kStages[i])) continue;
    version.stage = static_cast<int>(i);
    text.remove_prefix(kStages[i].size());
    (void)std::from_chars(text.data(), text.data() + text.size(), version.stage_number);
    break;
  }
  return version;
}

}  // namespace

bool is_newer_version(std::string_view a, std::string_view b) {
  const auto first = parse_version(a), second = parse_version(b);
  return first && second && *first > *second;
}

RestorePlan plan_restore(Archive& archive, const RestoreOrder& order, const RestoreSite& site,
                         std::stop_token stop) {
  return Planner(archive, order, site, stop).run();
}

}  // namespace backshelf
