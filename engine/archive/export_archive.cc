#include "engine/archive/export_archive.h"

#include <algorithm>

#include "engine/archive/archive_impl.h"
#include "engine/archive/export_member.h"
#include "engine/archive/state_failure.h"

namespace backshelf {
namespace {

using Members = std::vector<std::unique_ptr<Member>>;

constexpr const char* kExporting = "the export";
constexpr int kNewestSecuretar = 3;
constexpr int kOldestSecuretar = 2;  // that can be written

const Member* find_sealed(const Members& members) {
  const auto found = std::find_if(members.begin(), members.end(), [](const auto& member) {
    return securetar_version(member->facts().seal).has_value();
  });
  return found == members.end() ? nullptr : found->get();
}

int version_for(const ExportPlan& plan, const Member* sealed) {
  if (plan.securetar) return *plan.securetar;
  if (sealed == nullptr) return kNewestSecuretar;
  return std::max(kOldestSecuretar,
                  securetar_version(sealed->facts().seal).value_or(kNewestSecuretar));
}

std::shared_ptr<const SealKey> key_for(const ExportPlan& plan, const Members& members,
                                       KeySource& keys) {
  if (plan.decrypt) return nullptr;
  const Member* const sealed = find_sealed(members);
  const int version = version_for(plan, sealed);
  if (plan.new_keys != nullptr) return plan.new_keys->seal_key(version);
  if (sealed != nullptr) {
    return keys.seal_key_like(sealed->facts().seal, sealed->facts().start, version);
  }
  if (!plan.securetar) return nullptr;
  throw Error(ErrorKind::kUsage, kExporting, "the archive is not encrypted, so that it has no key",
              "give one with --new-key-file, or leave out --securetar");
}

Timestamp time_of(const Metadata& metadata) {
  const std::optional<Instant> date = parse_iso8601(metadata.date);
  return date ? to_timestamp(*date) : Timestamp{};
}

class Exporter {
 public:
  Exporter(const ExportPlan& plan, const Members& members, const Metadata& metadata,
           SealGroup& group, WorkerPool& pool, const OnPass& on_pass, std::stop_token stop)
      : plan_(plan),
        members_(members),
        metadata_(metadata),
        group_(group),
        pool_(pool),
        on_pass_(on_pass),
        stop_(std::move(stop)),
        outer_(group, time_of(metadata)) {
    for (const auto& member : members_) {
      const auto opened = member->opened();
      compressed_ = compressed_ || opened->gzip || opened->zstd;
      total_bytes_ += member->facts().bytes->size();
    }
  }

  ExportReport run() {
    for (const auto& member : members_) {
      write(*member);
      done_bytes_ += member->facts().bytes->size();
    }
    outer_.finish(
        exported_metadata(metadata_, group_.key != nullptr, compressed_, plan_.without_database));
    return report_;
  }

 private:
  void write(Member& member) {
    const std::shared_ptr<const OpenedMember> opened = member.opened();
    const std::string& name = member.facts().outer.name;
    const std::uint64_t size = member.facts().bytes->size();
    // The verification before was the first half.
    const OnExported told = [&](std::uint64_t done) {
      if (!on_pass_) return;
      on_pass_({name, total_bytes_ + done_bytes_ + std::min(done, size), 2 * total_bytes_});
    };
    std::optional<LeftOut> left_out;
    if (plan_.leaves_out) left_out.emplace(plan_, member.place(), member.content(stop_));
    if (left_out && !left_out->any()) left_out.reset();
    outer_.begin_member(concat(member.facts().name.stem, compressed_ ? ".tar.gz" : ".tar"));
    ++report_.parts;
    if (!left_out && is_as_wanted(member, *opened)) {
      return copy_member(*opened, outer_, told, stop_);
    }
    ++report_.repacked;
    const Level level = compressed_ ? Level::kBalanced : Level::kNone;
    report_.left_out += repack_member(member.content(stop_), left_out ? &*left_out : nullptr, level,
                                      outer_, pool_, told, stop_);
  }

  // What v1's writer leaves behind a stream is not for readers of the others.
  [[nodiscard]] bool is_as_wanted(const Member& member, const OpenedMember& opened) const {
    return !opened.zstd && opened.gzip == compressed_ &&
           member.facts().seal.format != SealFormat::kV1;
  }

  const ExportPlan& plan_;
  const Members& members_;
  const Metadata& metadata_;
  SealGroup& group_;
  WorkerPool& pool_;
  const OnPass& on_pass_;
  const std::stop_token stop_;
  OuterWriter outer_;
  bool compressed_ = false;  // Home Assistant opens all members alike
  std::uint64_t done_bytes_ = 0, total_bytes_ = 0;
  ExportReport report_;
};

}  // namespace

std::string exported_metadata(const Metadata& metadata, bool is_protected, bool compressed,
                              bool without_database) {
  Json json = metadata.raw;
  if (metadata.version == kZstdMetadataVersion) json.set("version", 2);
  json.set("compressed", compressed).set("protected", is_protected);
  if (json.has("crypto")) json.set("crypto", is_protected ? Json("aes128") : Json());
  if (without_database && json["homeassistant"].is_object()) {
    Json core = json["homeassistant"];
    json.set("homeassistant", core.set("exclude_database", true));
  }
  return print_json(json);
}

ExportReport ArchiveImpl::export_to(const ExportPlan& plan, const ExportTarget& target,
                                    const OnPass& on_pass, std::stop_token stop) {
  // All of it first: what is copied without being looked into must be sound as well.
  verify(
      [&](const PassProgress& pass) {
        if (on_pass) on_pass({pass.member, pass.done_bytes, 2 * pass.total_bytes});
      },
      stop);
  if (const auto failure = failure_of(state())) {
    const bool no_key = *failure == ErrorKind::kNeedsKey || *failure == ErrorKind::kWrongKey;
    throw Error(*failure, facts_.file_name, problem(),
                no_key ? "nothing was written"
                       : "nothing was written; copy out what can be read: backshelf extract");
  }
  if (metadata() == nullptr) {
    throw Error(ErrorKind::kBadMetadata, facts_.file_name, "it has no backup.json",
                "Home Assistant restores no backup without one: backshelf extract copies it out");
  }
  SealGroup group{target.object, key_for(plan, members_, keys_)};
  return Exporter(plan, members_, *metadata(), group, target.pool, on_pass, std::move(stop)).run();
}

}  // namespace backshelf
