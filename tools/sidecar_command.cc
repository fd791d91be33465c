#include <algorithm>

#include "engine/archive/agent_record.h"
#include "engine/base/error.h"
#include "engine/disk/file.h"
#include "tools/commands.h"
#include "tools/terminal.h"

namespace backshelf {
namespace {

constexpr std::string_view kSuffix = ".metadata.json";
constexpr std::string_view kTar = ".tar";
constexpr std::size_t kMaxRecordBytes = 16 * kMiB;
constexpr mode_t kRecordMode = 0640;  // that of archives

const LocationConfig& location_of(const Config& config, const std::string& name) {
  const auto found = std::find_if(config.locations.begin(), config.locations.end(),
                                  [&](const LocationConfig& one) { return one.name == name; });
  if (found == config.locations.end()) {
    std::string all;
    for (const LocationConfig& one : config.locations)
      all += concat(all.empty() ? "" : ", ", one.name);
    throw Error(ErrorKind::kUsage, concat("location '", name, "'"), "there is no such location",
                concat("the configuration has: ", all));
  }
  return *found;
}

class SidecarRepair {
 public:
  SidecarRepair(const Registry& registry, const LocationConfig& place, bool dry_run)
      : registry_(registry),
        place_(place),
        dry_run_(dry_run),
        location_(registry.bench.catalog().location(place.name)) {}

  int run() {
    std::vector<ObjectInfo> archives = location_->list();
    std::sort(archives.begin(), archives.end(),
              [](const ObjectInfo& a, const ObjectInfo& b) { return a.name < b.name; });
    for (const ObjectInfo& archive : archives) {
      if (registry_.stop.stop_requested()) {
        throw Error(ErrorKind::kInterrupted, "repair-sidecars", "it was stopped");
      }
      try {
        take(archive);
      } catch (const Error& error) {  // isolation: one archive of many
        problem(archive.name, error.what());
      }
    }
    name_orphans(archives);
    if (!registry_.bench.options().quiet) {
      print(concat(dry_run_ ? "would write " : "wrote ", written_, ", there already ", present_,
                   ", orphans ", orphans_, ", problems ", problems_, "\n"));
    }
    return problems_ > 0 ? exit_code_of(ErrorKind::kPartial) : 0;
  }

 private:
  [[nodiscard]] std::string path_of(const std::string& name) const {
    return concat(place_.path, "/", name);
  }

  void problem(const std::string& name, const std::string& why) {
    ++problems_;
    print_error(concat(name, ": ", why));
  }

  void take(const ObjectInfo& object) {
    const std::string stem = object.name.substr(0, object.name.size() - kTar.size());
    const std::shared_ptr<Archive> archive =
        registry_.bench.open_source(location_->open(object.name), object.name);
    const Metadata* const metadata = archive->metadata();
    const bool whole = metadata != nullptr && !archive->outer().truncated;
    if (!whole) return problem(object.name, archive->problem());
    const Json record = agent_record(*metadata, archive->is_protected(), archive->size());
    const std::string name = concat(stem, kSuffix);
    if (const auto known = find_file(path_of(name), kMaxRecordBytes)) {
      return compare(name, *known, record);
    }
    const std::string wanted = agent_file_name(*metadata);
    if (wanted != object.name) {
      problem(object.name, concat("Home Assistant looks for this backup under another name "
                                  "(rename it to ",
                                  wanted, ")"));
    }
    if (!dry_run_) {
      write_file(path_of(name), as_bytes(print_json(record)), kRecordMode,
                 AtomicFile::Existing::kKeep);
    }
    ++written_;
    print(concat(dry_run_ ? "missing: " : "wrote: ", shown_name(name), "\n"));
  }

  void compare(const std::string& name, const ByteVec& bytes, const Json& wanted) {
    ++present_;
    const Json known = parse_json(bytes);
    for (const char* const key : {"backup_id", "size", "protected"}) {
      const std::string is = print_json(known[key]);
      const std::string should = print_json(wanted[key]);
      if (is == should) continue;
      return problem(name, concat("it says \"", key, "\": ", is, ", but the archive is ", should,
                                  " (remove it, and run this again)"));
    }
  }

  void name_orphans(const std::vector<ObjectInfo>& archives) {
    for (const DirectoryEntry& entry : list_directory(place_.path)) {
      if (!entry.name.ends_with(kSuffix) || entry.name.starts_with(".")) continue;
      const std::string archive =
          concat(entry.name.substr(0, entry.name.size() - kSuffix.size()), kTar);
      const bool there = std::any_of(archives.begin(), archives.end(),
                                     [&](const ObjectInfo& one) { return one.name == archive; });
      if (there) continue;
      ++orphans_;
      print(
          concat("orphan: ", shown_name(entry.name), ": there is no ", shown_name(archive), "\n"));
    }
  }

  const Registry& registry_;
  const LocationConfig& place_;
  const bool dry_run_;
  const std::shared_ptr<Location> location_;
  std::size_t written_ = 0, present_ = 0, orphans_ = 0, problems_ = 0;
};

int repair_sidecars(const Registry& registry, const std::string& name, bool dry_run) {
  const LocationConfig& place = location_of(registry.bench.config(), name);
  return SidecarRepair(registry, place, dry_run).run();
}

}  // namespace

void add_sidecar_command(const Registry& registry) {
  auto name = std::make_shared<std::string>();
  auto dry_run = std::make_shared<bool>(false);
  const ArgumentParser command = registry.program.command(
      "repair-sidecars", "Write the .metadata.json files that Home Assistant needs in a location");
  command.word("location", *name, "LOCATION of the configuration", Presence::kRequired);
  command.flag("--dry-run", *dry_run, "Only say what is missing");
  command.when_chosen([registry, name, dry_run] {
    registry.chosen = [registry, name, dry_run] {
      return repair_sidecars(registry, *name, *dry_run);
    };
  });
}

}  // namespace backshelf
